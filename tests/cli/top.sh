#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# urbtop on a terminal, driven by keys as a user has them, and looked at: the words that a new user
# sees first, its pages, sizes, terminals and ends.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

tmux=(tmux -S "$tmp/tmux" -f /dev/null)
end()
{
	"${tmux[@]}" kill-server 2>/dev/null
	rm -rf "$tmp"
}
trap end EXIT

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

# screen WIDTH HEIGHT COMMAND: in a new terminal, after whose end the screen stays. One server for
# all of them: one that ends takes its time, and the next would find it.
session=0
screen()
{
	session=$((session + 1))
	"${tmux[@]}" new-session -d -s "s$session" -x "$1" -y "$2" "cd $tmp; $3; sleep 100" || return 1
	"${tmux[@]}" kill-session -t "s$((session - 1))" 2>/dev/null
	return 0
}

shown()
{
	"${tmux[@]}" capture-pane -p -t "s$session"
}

keys()
{
	"${tmux[@]}" send-keys -t "s$session" "$@"
}

# sees PATTERN...: the screen has all of them, soon.
sees()
{
	local i pattern all
	for ((i = 0; i < ${PATIENCE:-300}; i++)); do
		shown >"$tmp/shown"
		all=1
		for pattern in "$@"; do
			grep -qE -- "$pattern" "$tmp/shown" || all=0
		done
		[ $all = 1 ] && return 0
		sleep 0.1
	done
	printf 'not on the screen: %s\n' "$*"
	cat "$tmp/shown"
	return 1
}

# misses PATTERN: after what was seen, this is not there.
misses()
{
	! grep -qE -- "$1" "$tmp/shown" || {
		echo "on the screen, but should not: $1"
		cat "$tmp/shown"
		return 1
	}
}

# over: urbtop has ended, and left the screen as it was before, which was empty.
over()
{
	local i
	for ((i = 0; i < 300; i++)); do
		[ -n "$(shown)" ] || return 0
		sleep 0.1
	done
	echo 'it did not end'
	shown
	return 1
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

# Nothing is cut at the right end: the last line has its keys, no line is longer than the screen.
fits()
{
	local width
	for width in 40 80 100 160 320; do
		screen $width 30 'urbtop zoo.txt'
		sees '0x81' 'h help' || return 1
		[ "$(wc -L <"$tmp/shown")" -le $width ] || return 1
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

remembers()
{
	rm -rf "$XDG_CONFIG_HOME"
	screen 100 30 'urbtop zoo.txt'
	sees '^1:5' || return 1
	keys t
	sees '^1:5 +0x02' || return 1
	keys C
	sees '\[x\] device' || return 1
	keys Down Down Down Down Space q
	sees '^1:5' || return 1
	misses ' bulk'
	keys q
	over || return 1
	grep -q '^tree = no$' "$XDG_CONFIG_HOME/urbscope/urbtop" || return 1
	screen 100 30 'urbtop zoo.txt'
	sees '^1:5 +0x02' || return 1
	misses ' bulk' || return 1
	rm -rf "$XDG_CONFIG_HOME"
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

follows_the_size()
{
	screen 80 24 'urbtop zoo.txt'
	sees '^1:5' || return 1
	misses 'URB/s' || return 1
	"${tmux[@]}" resize-window -t "s$session" -x 200 -y 50
	sees 'URB/s' || return 1
	"${tmux[@]}" resize-window -t "s$session" -x 60 -y 10
	sees 'urbscope' '0x02' || return 1
	misses 'URB/s'
}

# Without colours, without UTF-8, and under the names that terminals have.
on_any_terminal()
{
	local term
	for term in xterm xterm-mono vt100 vt220 linux screen screen-256color tmux-256color rxvt; do
		infocmp "$term" >/dev/null 2>&1 || continue
		screen 80 24 "TERM=$term urbtop zoo.txt"
		sees '^1:5' '0x02 .*synchronous' || {
			echo "as $term"
			return 1
		}
		keys Enter
		sees 'Depth over the last minute' || return 1
	done
	screen 100 45 'LC_ALL=C urbtop zoo.txt'
	sees '0x02 .*synchronous' || return 1
	! LC_ALL=C grep -q '[^ -~]' "$tmp/shown" || return 1
	keys Enter
	sees 'Depth over the last minute' || return 1
	! LC_ALL=C grep -q '[^ -~]' "$tmp/shown"
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
	screen 120 24 'TERM=screen urbtop zoo.txt'
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

# However it ends, the terminal is as it was: its modes, and what stood on it.
restores_the_terminal()
{
	local how
	for how in q F10 C-c TERM HUP; do
		screen 80 24 'echo before; stty -g >modes; urbtop zoo.txt; stty -g >after; echo over'
		sees '^1:5' || return 1
		case $how in
		TERM | HUP) "${tmux[@]}" list-panes -t "s$session" -F '#{pane_pid}' | xargs -r pkill "-$how" -P ;;
		*) keys $how ;;
		esac
		sees '^before' '^over' || {
			echo "after $how"
			return 1
		}
		cmp "$tmp/modes" "$tmp/after" || return 1
	done
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

if ! command -v tmux >/dev/null; then
	for name in tells-at-once fits-every-width goes-about remembers-what-was-chosen \
		broken-choices-stop-nobody saves-the-screen follows-the-size on-any-terminal takes-the-mouse \
		restores-the-terminal records-from-the-middle; do
		skip top-$name "no tmux here"
	done
	finish
fi
zoo >"$tmp/zoo.txt"
ok top-tells-at-once tells_at_once
ok top-fits-every-width fits
ok top-goes-about goes_about
ok top-remembers-what-was-chosen remembers
ok top-broken-choices-stop-nobody broken_choices_stop_nobody
ok top-saves-the-screen saves_the_screen
ok top-follows-the-size follows_the_size
ok top-on-any-terminal on_any_terminal
ok top-takes-the-mouse takes_the_mouse
ok top-restores-the-terminal restores_the_terminal
ok top-records-from-the-middle records_from_the_middle
finish
