#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# urbtop on a terminal, driven by keys as a user has them, and looked at: the words that a new user
# sees first, its pages, its keys.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/tmux.sh"

# Three devices in a fifth of a second: one URB at a time to 1:5; 1:6 has two posted, then none
# for half of each millisecond; 1:7 is well fed, and every tenth of its transfers stalls.
zoo()
{
	awk 'BEGIN {
		for (t = 0; t < 200; t++) {
			us = 1000000 + t * 1000
			line(us, "a" t, "S Bo:1:005:2 -115 4096 =")
			line(us + 500, "a" t, "C Bo:1:005:2 0 4096 >")
			line(us + 20, "b" t, "S Bi:1:006:1 -115 4096 <")
			line(us + 30, "c" t, "S Bi:1:006:1 -115 4096 <")
			line(us + 400, "b" t, "C Bi:1:006:1 0 4096 = 00000000")
			line(us + 520, "c" t, "C Bi:1:006:1 0 4096 = 00000000")
			line(us + 600, "d" t, "S Bo:1:007:2 -115 4096 =")
			if (t > 1)
				line(us + 700, "d" t - 2, "C Bo:1:007:2 " (t % 10 ? "0 4096 >" : "-32 0"))
		}
	}
	function line(us, tag, rest) {
		printf "%d ffff88%s%08d %d %s\n", us, index("abcd", substr(tag, 1, 1)), substr(tag, 2), us, rest
	}' | sort -n -s -k1,1 | cut -d' ' -f2-
}

# The first screen, without a key: what is wrong stands beside where it is.
tells_at_once()
{
	local size
	for size in '80 24' '132 43' '250 70'; do
		# shellcheck disable=SC2086 # two numbers
		screen $size 'urbtop zoo.txt'
		sees '^1:5' '0x02 +bulk.* synchronous' '0x81 +bulk.*unposted' '0x02 +bulk.*errors' || return 1
		# each under its own device
		grep -A1 '^1:5' "$tmp/shown" | grep -q synchronous &&
			grep -A1 '^1:6' "$tmp/shown" | grep -q unposted &&
			grep -A1 '^1:7' "$tmp/shown" | grep -q errors || {
			cat "$tmp/shown"
			return 1
		}
		! grep -A1 '^1:7' "$tmp/shown" | grep -q synchronous || return 1
	done
}

goes_about()
{
	screen 100 40 'urbtop zoo.txt'
	sees '^1:5' || return 1
	keys Enter
	sees '1:5 0x02 bulk out' 'synchronous: never more than one URB in flight' \
		'Times of the last minute' 'latency +200 +[0-9]' || return 1
	keys d
	sees 'OUT pending' '1:5 0x02 bulk out: synchronous' || return 1
	keys q
	sees '^1:6' || return 1
	keys j j Enter
	sees '1:6 0x81 bulk in' 'unposted for' || return 1
	keys Escape
	sees '^1:7' || return 1
	keys / 1:7
	sees 'Search: 1:7' 'selector: 1 match' || return 1
	keys Enter
	sees 'h help' || return 1
	keys Enter
	sees '1:7 0x02 bulk out' 'EPIPE +the endpoint stalled' || return 1
	keys h
	sees 'this page, and back' 'F10 +quit' || return 1
	keys h
	sees '1:7 0x02 bulk out' || return 1
	keys q
	sees '^1:5' || return 1
	keys '\' 1:6/in Enter
	sees 'only 1:6/in' '^1:6' || return 1
	misses '^1:5'
	keys Escape
	sees '^1:5'
}

broken_choices_stop_nobody()
{
	mkdir -p "$XDG_CONFIG_HOME/urbscope"
	head -c 5000 /dev/urandom >"$XDG_CONFIG_HOME/urbscope/urbtop"
	printf '\nshiny = yes\ntree = no\n' >>"$XDG_CONFIG_HOME/urbscope/urbtop"
	screen 100 30 'urbtop zoo.txt'
	sees '^1:5 +0x02' 'configuration not understood' || return 1
	keys t
	sees '^1:5 *$|^1:5 ' || return 1
	keys q
	over || return 1
	grep -qa '^shiny = yes$' "$XDG_CONFIG_HOME/urbscope/urbtop" || return 1
	rm -rf "$XDG_CONFIG_HOME"
	mkdir -p "$XDG_CONFIG_HOME/urbscope/urbtop"
	screen 100 30 'urbtop zoo.txt'
	sees '^1:5' || return 1
	keys q
	rm -rf "$XDG_CONFIG_HOME"
}

# What was written is what is seen, but for the line that says where it is.
saves_the_screen()
{
	local file
	screen 100 30 'urbtop zoo.txt'
	sees '^1:5' 'h help' ' end ' || return 1
	keys w
	sees 'The screen is in urbtop-' || return 1
	file=$(grep -o 'urbtop-[0-9-]*[.]txt' "$tmp/shown")
	head -n 29 "$tmp/$file" >"$tmp/a"
	head -n 29 "$tmp/shown" >"$tmp/b"
	cmp "$tmp/a" "$tmp/b" && [ "$(wc -l <"$tmp/$file")" = 30 ]
}

# mouse ROW COLUMN, from 0: a click in X10's form, press and release: button, column and row, from 33 on.
mouse()
{
	local at
	# shellcheck disable=SC2059 # the format is made of what is to be printed
	at=$(printf "\\x$(printf %x $((33 + $2)))\\x$(printf %x $((33 + $1)))")
	keys -l "$(printf '\033[M %s\033[M#%s' "$at" "$at")"
}

takes_the_mouse()
{
	local y x
	screen 160 24 'TERM=screen urbtop zoo.txt'
	sees '^1:7' 'SHARE' || return 1
	y=$(grep -n SHARE "$tmp/shown" | cut -d: -f1)
	x=$(grep SHARE "$tmp/shown" | grep -bo SHARE | cut -d: -f1)
	mouse $((y - 1)) $((x + 1))
	sees 'by SHARE' || return 1
	y=$(grep -n '^1:7' "$tmp/shown" | cut -d: -f1)
	mouse "$y" 5
	keys Enter
	sees '1:7 0x02 bulk out'
}

# Begun in the middle: what was in flight then is known, and what comes after is all there.
records_from_the_middle()
{
	local file submits
	rm -f "$tmp"/urbtop-*.urb
	head -n 803 "$tmp/zoo.txt" >"$tmp/one"
	tail -n +804 "$tmp/zoo.txt" >"$tmp/two"
	screen 100 30 '(cat one; until [ -e cue ]; do sleep 0.1; done; cat two) | urbtop -'
	sees '^1:7' || return 1
	keys R
	sees 'RECORDING' 'Recording to urbtop-.*urb' || return 1
	touch "$tmp/cue"
	sees 'urbscope +RECORDING .* 200 ms' || return 1
	keys R
	sees 'The recording is in urbtop-' || return 1
	misses 'RECORDING ' || return 1
	file=$(cd "$tmp" && echo urbtop-*.urb)
	run urbscope report --json "$tmp/$file"
	wants 0 || return 1
	submits=$(grep -c ' S Bo:1:007:2' "$tmp/two")
	# two were in flight on 1:7, whose completions are in the second half
	report_has 7 submitted "$submits" && report_has 7 inherited "$(open_at_cut)" &&
		report_has 7 unpaired 0 && report_has 5 unpaired 0 && report_has 6 unpaired 0
}

# Submissions of 1:7 in the first half that it did not see the end of.
open_at_cut()
{
	echo $(($(grep -c ' S Bo:1:007:2' "$tmp/one") - $(grep -c ' C Bo:1:007:2' "$tmp/one")))
}

# report_has ADDRESS FIGURE VALUE: of the one endpoint of that device; its transfers are on a line.
report_has()
{
	grep -A6 -F "\"address\": $1," "$tmp/out" | grep '"transfers"' | grep -q "\"$2\": $3[,}]" || {
		echo "$1: $2 is not $3:"
		grep -A6 -F "\"address\": $1," "$tmp/out"
		return 1
	}
}

# growing: bursts each 100 ms, of one URB more each second, as they come from a running kernel.
growing()
{
	awk 'BEGIN {
		for (t = 0; t < 400; t++) {
			us = 1000000 + t * 20000
			n = 1 + int(t / 25)
			for (i = 0; i < n; i++)
				printf "%x %d S Bo:1:005:2 -115 512 =\n", 4096 + i, us
			for (i = 0; i < n; i++)
				printf "%x %d C Bo:1:005:2 0 512 >\n", 4096 + i, us + 19000
			print "----"
			fflush()
		}
	}' | while read -r line; do
		[ "$line" = ---- ] && sleep 0.02 || echo "$line"
	done
}

most()
{
	grep ' 0x02 ' "$tmp/shown" | awk '{ print $6 }'
}

# Paused, it stays as it is, while time goes on; back there is less in flight than later; then it goes on
# with the newest.
goes_back()
{
	local at back
	growing >"$tmp/growing.txt" &
	screen 100 30 'sleep 2; tail -n +1 -f growing.txt | urbtop --interval 100ms -'
	sees '^1:5' ' 0x02 +bulk out +[0-9]+ +[0-9.]+ +[6-9] ' || return 1
	keys Space
	sees 'PAUSED' || return 1
	shown | sed 1d >"$tmp/held"
	sees 'PAUSED [2-9][.][0-9]* s ago' || return 1
	shown | sed 1d | cmp - "$tmp/held" || return 1
	at=$(most)
	keys '[' '['
	sees 'PAUSED [4-9][.][0-9]* s ago' || return 1
	back=$(most)
	[ "$back" -lt "$at" ] || {
		echo "$back in flight at most before $at"
		return 1
	}
	keys Space
	sees '^urbscope  usb' || return 1
	[ "$(most)" -gt "$at" ]
}

# The row of one endpoint stays, those of others go on.
freezes_a_row()
{
	screen 100 30 'urbtop --speed 1/8 --interval 50ms zoo.txt'
	sees '^1:7' ' 0x81 ' || return 1
	keys / 1:6 Enter f
	sees '^[*].*0x81' || return 1
	grep 0x81 "$tmp/shown" >"$tmp/frozen"
	keys G
	sees ' end ' || return 1
	grep 0x81 "$tmp/shown" | cmp - "$tmp/frozen" || return 1
	sees '^1:7' ' 0x02 .*errors' || return 1
	keys f
	sees '^  0x81 .*unposted' && misses '^[*]'
}

points='top-tells-at-once:tells_at_once top-goes-about:goes_about
	top-broken-choices-stop-nobody:broken_choices_stop_nobody top-saves-the-screen:saves_the_screen
	top-takes-the-mouse:takes_the_mouse top-records-from-the-middle:records_from_the_middle
	top-goes-back-in-time:goes_back top-freezes-a-row:freezes_a_row'
zoo >"$tmp/zoo.txt"
for name in $points; do
	if command -v tmux >/dev/null; then
		ok "${name%%:*}" "${name#*:}"
	else
		skip "${name%%:*}" "no tmux here"
	fi
done
finish
