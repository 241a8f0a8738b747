#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Memory does not grow with the length of a recording, nor with the time that the live view is up.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

room_kib=1024	# what two runs may differ by; of a packet that is kept there would be 18 MiB more

# flat MAKE...: what it makes for a count, by each command that reads.
flat()
{
	local command short long
	"$@" 20000 >"$tmp/short" && "$@" 200000 >"$tmp/long" || return 1
	for command in 'report --json' 'report' 'report --html' 'export' 'export --to csv' \
		'export --to pcapng' 'export --to perfetto' 'top --batch --once'; do
		# shellcheck disable=SC2086 # a command and its options
		short=$(peak urbscope $command "$tmp/short") && long=$(peak urbscope $command "$tmp/long") ||
			return 1
		echo "$command: $short KiB, ten times as long: $long KiB"
		[ "$short" -gt 500 ] && [ "$long" -le $((short + room_kib)) ] || return 1
	done
}

# flat_from_a_pipe MAKE...: nobody can go back in one.
flat_from_a_pipe()
{
	local short long
	short=$("$@" 20000 | peak urbscope report -) && long=$("$@" 200000 | peak urbscope report -) ||
		return 1
	echo "$short KiB, ten times as long: $long KiB"
	[ "$short" -gt 500 ] && [ "$long" -le $((short + room_kib)) ]
}

# A check knows the driver's URBs, and forgets transfers.
flat_check()
{
	local short long what='--min-depth 7 --model bulk-in-queue:depth=8'
	mkqueue in 8 20000 >"$tmp/short" && mkqueue in 8 200000 >"$tmp/long" || return 1
	# shellcheck disable=SC2086 # options
	short=$(peak urbscope check -e '*' $what "$tmp/short") &&
		long=$(peak urbscope check -e '*' $what "$tmp/long") || return 1
	echo "check: $short KiB, ten times as long: $long KiB"
	[ "$short" -gt 500 ] && [ "$long" -le $((short + room_kib)) ]
}

# A comparison keeps batches, not transfers.
flat_diff()
{
	local short long
	mkqueue out 8 20000 >"$tmp/short" && mkqueue out 8 200000 >"$tmp/long" || return 1
	short=$(peak urbscope diff "$tmp/short" "$tmp/short") &&
		long=$(peak urbscope diff "$tmp/long" "$tmp/long") || return 1
	echo "diff: $short KiB, ten times as long: $long KiB"
	[ "$short" -gt 500 ] && [ "$long" -le $((short + room_kib)) ]
}

# load SECONDS ENDPOINTS URBS [REPLUGS]
load()
{
	livestream -f "$2" "$3" "$1" "${4:-0}"
}

# same_for_hours MEMORY_OF LOAD...: of ten minutes, as many as are kept, and of four hours.
same_for_hours()
{
	local of=$1 minutes hours
	shift
	minutes=$($of 600 "$@") && hours=$($of 14400 "$@") || return 1
	echo "ten minutes: $minutes KiB, four hours: $hours KiB"
	[ "$minutes" -gt 500 ] && [ "$hours" -le $((minutes + room_kib)) ]
}

lines()
{
	load "$@" | peak urbtop --json --all --speed max --interval 10s -
}

pcap()
{
	gencapture "$1" pcap
}

ok pcapng-of-any-length-takes-the-same-memory flat gencapture
ok pcap-of-any-length-takes-the-same-memory flat pcap
ok stream-of-any-length-takes-the-same-memory flat mkstream 1
ok capture-from-a-pipe-takes-the-same-memory flat_from_a_pipe gencapture
ok check-of-any-length-takes-the-same-memory flat_check
ok diff-of-any-length-takes-the-same-memory flat_diff
ok live-lines-for-hours-take-the-same-memory same_for_hours lines 50 100
ok live-lines-of-replugged-devices-take-the-same-memory same_for_hours lines 2 10 42
finish
