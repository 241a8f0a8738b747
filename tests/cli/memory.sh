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

# load HOURS ENDPOINTS URBS [REPLUGS]
load()
{
	livestream -f "$2" "$3" $(($1 * 3600)) "${4:-0}"
}

# same_after_an_hour MEMORY_OF LOAD...: of one hour and of four.
same_after_an_hour()
{
	local of=$1 one four
	shift
	one=$($of 1 "$@") && four=$($of 4 "$@") || return 1
	echo "one hour: $one KiB, four: $four KiB"
	[ "$one" -gt 500 ] && [ "$four" -le $((one + room_kib)) ]
}

lines()
{
	load "$@" | peak urbtop --json --all --speed max --interval 10s -
}

# shows PATTERN...: the terminal has got all of these, soon.
shows()
{
	local i pattern
	for pattern in "$@"; do
		for ((i = 0; i < 300; i++)); do
			grep -aqs -- "$pattern" "$tmp/screen" && break
			sleep 0.1
		done
		[ $i -lt 300 ] || return 1
	done
}

# on_screen OPTIONS KEYS SEEN LOAD...: on a terminal, where keys are pressed at the beginning, after which
# SEEN is there.
on_screen()
{
	local options=$1 keys=$2 seen=$3 to script load
	shift 3
	rm -f "$tmp"/{live,keys,screen,peak}
	mkfifo "$tmp/live" "$tmp/keys"
	TERM=xterm SHELL=/bin/sh script -qfec "cd $tmp; peak -o peak urbtop $options live" "$tmp/screen" \
		<"$tmp/keys" >/dev/null 2>&1 &
	script=$!
	exec {to}>"$tmp/keys"
	load "$@" >"$tmp/live" &
	load=$!
	shows 0x81 || return 1
	printf %s "$keys" >&"$to"
	wait $load
	shows "$seen" || return 1
	printf q >&"$to"
	wait $script || return 1
	exec {to}>&-
	cat "$tmp/peak"
}

overview()
{
	on_screen '--speed max --interval 10s' '' 0x81 "$@"
}

endpoint_page()
{
	on_screen '--speed max --interval 10s' $'j\r' 'Times of' "$@"
}

# As it comes, with a frame at each twentieth of a second, and all of it into a file.
recorded()
{
	on_screen '--interval 50ms' R RECORDING "$@"
	[ "$(stat -c %s "$tmp"/urbtop-*.urb | tail -n 1)" -gt 100000 ] || return 1
	rm "$tmp"/urbtop-*.urb
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
ok live-lines-for-hours-take-the-same-memory same_after_an_hour lines 50 100
ok live-lines-of-replugged-devices-take-the-same-memory same_after_an_hour lines 2 10 42
if command -v script >/dev/null; then
	ok live-screen-for-hours-takes-the-same-memory same_after_an_hour overview 50 100
	ok page-of-an-endpoint-for-hours-takes-the-same-memory same_after_an_hour endpoint_page 50 100
	ok live-screen-of-replugged-devices-takes-the-same-memory same_after_an_hour overview 2 10 42
	ok recording-from-the-screen-takes-the-same-memory same_after_an_hour recorded 2 10 42
else
	skip live-screen-takes-the-same-memory "no script(1) here"
fi
finish
