#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# urbscope diff on recordings of queues that are known: verdicts, exit status, forms.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

# The device takes 1 ms a transfer, the host 10 us between two: by definition, one at a time is
# 100 transfers in 101 ms, empty for 1 ms in 101.
mkqueue sync 1 2000 >"$tmp/sync"
mkqueue out 8 2000 >"$tmp/out8"
mkqueue in 8 2000 >"$tmp/in8"
mkqueue out 8 40 >"$tmp/brief"
LOSE=1 mkqueue out 8 2000 >"$tmp/lossy"
head -c -200 "$tmp/out8" >"$tmp/cut"

# gives STATUS ARGUMENT...
gives()
{
	local want=$1
	shift
	run urbscope diff "$@"
	wants "$want" || {
		cat "$tmp/out"
		return 1
	}
}

# verdict FIGURE WANTED, of the first endpoint
verdict()
{
	local got
	got=$(jsonget "$tmp/out" "endpoints[0].figures.$1.verdict")
	[ "$got" = "$2" ] || {
		echo "$1 is $got, not $2"
		return 1
	}
}

# near VALUE WANTED: within 1 in 1,000
near()
{
	awk -v got="$1" -v want="$2" 'BEGIN { exit !(got > want - 0.001 && got < want + 0.001) }' || {
		echo "$1, not $2"
		return 1
	}
}

differences()
{
	gives 0 --json "$tmp/sync" "$tmp/out8" || return 1
	[ "$(jsonget "$tmp/out" schema)" = urbscope.diff/1 ] && verdict depth higher &&
		verdict gap_share lower && verdict gaps lower && verdict throughput higher &&
		verdict latency higher && verdict errors no-difference || return 1
	near "$(jsonget "$tmp/out" 'endpoints[0].figures.gap_share.change')" -0.0099 &&
		near "$(jsonget "$tmp/out" 'endpoints[0].figures.throughput.change')" 0.01 &&
		[ "$(jsonget "$tmp/out" noise)" = within-runs ] &&
		[ "$(jsonget "$tmp/out" differences)" = 5 ]
}

# What is compared is what a report of each says.
values()
{
	local path what
	gives 0 --json "$tmp/sync" "$tmp/out8" || return 1
	for path in before.sync after.out8; do
		urbscope report --json "$tmp/${path#*.}" >"$tmp/report" || return 1
		what=endpoints[0].figures
		near "$(jsonget "$tmp/out" "$what.depth.${path%.*}.value")" \
			"$(jsonget "$tmp/report" 'endpoints[0].depth.mean')" &&
			near "$(jsonget "$tmp/out" "$what.gap_share.${path%.*}.value")" \
				"$(jsonget "$tmp/report" 'endpoints[0].gaps.share')" &&
			near "$(jsonget "$tmp/out" "$what.latency.${path%.*}.value")" \
				"$(jsonget "$tmp/report" 'endpoints[0].latency_ns.mean')" || return 1
	done
}

no_difference()
{
	gives 0 --json "$tmp/out8" "$tmp/out8" && [ "$(jsonget "$tmp/out" differences)" = 0 ] &&
		verdict depth no-difference || return 1
	gives 0 "$tmp/out8" "$tmp/out8" &&
		[ "$(grep -c 'no difference told apart from noise$' "$tmp/out")" = 6 ]
}

# fits A B: no line too long, nothing but ASCII
fits()
{
	run urbscope diff "$1" "$2"
	[ -s "$tmp/out" ] || return 1
	awk 'length > 75 { print "too long: " $0; bad = 1 } END { exit bad }' "$tmp/out" &&
		! LC_ALL=C grep -n '[^ -~]' "$tmp/out"
}

# A patch's cover letter, whatever a device or a file is called.
in_a_mail()
{
	local evil file
	evil=$(printf '\033[31m\342\200\256\303\251 much longer than thirty-one characters')
	mkstream 7 500 "$evil" >"$tmp/evil" && mkstream 7 500 "on another port: $evil" >"$tmp/moved"
	file="$tmp/a name of a file that goes on for longer than any line of mail $evil"
	cp "$tmp/evil" "$file"
	fits "$tmp/sync" "$tmp/out8" && fits "$tmp/evil" "$tmp/out8" && fits "$tmp/evil" "$tmp/moved" &&
		fits "$file" "$file"
}

nothing_to_tell()
{
	gives 3 "$tmp/in8" "$tmp/out8" && grep -q '0x81 bulk in: before only' "$tmp/out" &&
		grep -q '0x02 bulk out: after only' "$tmp/out" || return 1
	gives 3 "$tmp/out8" "$tmp/brief" && grep -q 'too short to tell' "$tmp/out" || return 1
	gives 3 "$tmp/sync" "$tmp/lossy" && grep -q 'in doubt: events were lost' "$tmp/out" &&
		grep -q '1 events lost' "$tmp/out" && gives 3 "$tmp/lossy" "$tmp/sync" || return 1
	gives 3 -s 1234:5678 "$tmp/sync" "$tmp/out8"
}

broken_off()
{
	gives 0 "$tmp/out8" "$tmp/cut" && grep -q 'cut: it broke off' "$tmp/out"
}

regressions()
{
	gives 1 --fail-on-regression "$tmp/out8" "$tmp/sync" &&
		gives 0 --fail-on-regression "$tmp/sync" "$tmp/out8" &&
		gives 0 --fail-on-regression "$tmp/out8" "$tmp/out8" &&
		gives 3 --fail-on-regression "$tmp/out8" "$tmp/lossy" &&
		gives 0 "$tmp/out8" "$tmp/sync"
}

refused()
{
	fails 'two recordings' urbscope diff && fails 'two recordings' urbscope diff "$tmp/sync" &&
		fails '--vs' urbscope diff "$tmp/sync" "$tmp/sync" "$tmp/out8" &&
		fails 'at least two' urbscope diff "$tmp/sync" --vs "$tmp/out8" "$tmp/out8" &&
		fails 'once' urbscope diff - - && fails 'nowhere' urbscope diff "$tmp/sync" "$tmp/nowhere" &&
		fails 'no recording' urbscope diff "$build/urbscope" "$tmp/sync"
}

from_stdin()
{
	gives 0 "$tmp/sync" "$tmp/out8" && sed 's|[^ ]*/out8|-|' "$tmp/out" >"$tmp/files" || return 1
	urbscope diff "$tmp/sync" - <"$tmp/out8" >"$tmp/piped" && diff "$tmp/files" "$tmp/piped"
}

page()
{
	gives 0 --html "$tmp/sync" "$tmp/out8" && [ "$(head -n 1 "$tmp/out")" = '<!DOCTYPE html>' ] &&
		[ "$(tail -n 1 "$tmp/out")" = '</html>' ] && grep -qF '0x02 bulk out' "$tmp/out" &&
		fails 'ask for one' urbscope diff --json --html "$tmp/sync" "$tmp/out8" || return 1
	command -v script >/dev/null || return 0
	status=0
	SHELL=/bin/sh timeout 30 script -qec "urbscope diff --html $tmp/sync $tmp/out8" /dev/null >"$tmp/out" ||
		status=$?
	wants 2 && [ "$(wc -l <"$tmp/out")" = 1 ] && grep -q 'add > diff.html' "$tmp/out"
}

# Each side's runs are alike to the nanosecond: what differs between the sides is no noise.
repeats()
{
	gives 0 --json "$tmp/sync" "$tmp/sync" --vs "$tmp/out8" "$tmp/out8" "$tmp/out8" || return 1
	[ "$(jsonget "$tmp/out" noise)" = between-runs ] && [ "$(jsonget "$tmp/out" 'after[#]')" = 3 ] &&
		verdict depth higher && verdict gap_share lower || return 1
	gives 0 "$tmp/sync" "$tmp/sync" --vs "$tmp/out8" "$tmp/out8" && grep -q "the noise between" "$tmp/out" &&
		! grep -q 'One run a side' "$tmp/out"
}

# Captures: by address, if nothing tells ids.
captures()
{
	gencapture 100000 >"$tmp/ng" && gencapture 100000 pcap >"$tmp/pcap" || return 1
	gives 0 --json "$tmp/ng" "$tmp/pcap" && [ "$(jsonget "$tmp/out" differences)" = 0 ] &&
		[ "$(jsonget "$tmp/out" 'endpoints[#]')" = 7 ] &&
		[ "$(jsonget "$tmp/out" 'endpoints[0].moved')" = true ] || return 1
	gives 0 "$tmp/ng" "$tmp/pcap" && grep -q 'do not tell what they have lost' "$tmp/out" || return 1
	gives 0 --json -s 1:2/0x81 "$tmp/ng" "$tmp/pcap" && [ "$(jsonget "$tmp/out" 'endpoints[#]')" = 1 ]
}

idle()
{
	gives 0 --json --idle 5us "$tmp/sync" "$tmp/out8" && verdict gap_share no-difference
}

# The reader has gone before the first word; and a disk that is full.
unwritable()
{
	local statuses
	{
		sleep 1
		urbscope diff "$tmp/sync" "$tmp/out8" 2>"$tmp/err"
	} | true
	statuses=("${PIPESTATUS[@]}")
	echo "statuses ${statuses[*]}; $(cat "$tmp/err")"
	[ ! -s "$tmp/err" ] && [ "${statuses[0]}" = 0 ] || return 1
	[ -e /dev/full ] || return 0
	status=0
	urbscope diff "$tmp/sync" "$tmp/out8" >/dev/full 2>"$tmp/err" || status=$?
	wants 2 && says 'standard output'
}

ok diff-tells-what-changed differences
ok diff-compares-what-a-report-says values
ok diff-of-the-same-is-none no_difference
ok diff-fits-into-a-mail in_a_mail
ok diff-says-when-nothing-can-be-told nothing_to_tell
ok diff-says-what-broke-off broken_off
ok diff-may-fail-on-a-regression regressions
ok diff-refuses-what-it-cannot-do refused
ok diff-from-stdin from_stdin
ok diff-as-a-page page
ok diff-of-repeats repeats
ok diff-of-captures captures
ok diff-takes-the-idle-threshold idle
ok diff-that-cannot-be-written unwritable
finish
