#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# urbtop on terminals as they are: of any size, that change it while it runs, slow, stopped, of old types,
# multiplexed.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/tmux.sh"

# While it runs, down to one cell, and up; then it still does what it is told.
any_size_while_it_runs()
{
	local size
	screen 80 24 'urbtop --speed 1/8 --interval 50ms marks.urb; echo ended $?'
	sees '0x02' || return 1
	for size in '1 1' '400 100' '2 1' '1 50' '300 1' '10 3' '20 2' '400 100' '5 5' '79 23' '1 1' '120 40'; do
		# shellcheck disable=SC2086 # two numbers
		resize $size
		keys Down Enter PageDown q C Escape h h
		sleep 0.1
	done
	sees '^urbscope ' '0x02' || return 1
	keys Enter
	resize 1 1
	keys d z a
	resize 200 60
	keys q q
	sees 'ended 0'
}

# Each line is as long as the screen at most, and the head and what was chosen are there.
every_size_is_drawn()
{
	local w h
	for w in 9 16 32 40 79 80 100 132 400; do
		h=$((w / 4 < 12 ? 12 : w / 4))
		screen $w $h 'urbtop --speed max marks.urb'
		sees '^urbscope' '0x02' || return 1
		[ "$(wc -L <"$tmp/shown")" -le $w ] || return 1
	done
}

types_of_terminals()
{
	local type
	for type in xterm-256color xterm-mono vt100 linux screen tmux-256color rxvt; do
		infocmp "$type" >/dev/null 2>&1 || continue
		screen 80 24 "stty -g >modes; TERM=$type urbtop --speed max marks.urb; stty -g >after; echo over"
		sees ' end ' '0x02 .*starved' && keys Enter && sees 'Depth over the last' && keys q q && sees '^over' &&
			cmp "$tmp/modes" "$tmp/after" || {
			echo "as $type"
			return 1
		}
	done
	for type in dumb ''; do
		run env TERM="$type" script -qec 'urbtop marks.urb' "$tmp/typescript"
		grep -q "terminal type '$type' .*--batch" "$tmp/typescript" || {
			cat -v "$tmp/typescript"
			return 1
		}
	done
}

# Every byte that leaves, not what a terminal makes of it.
ascii_is_all_that_leaves()
{
	local locale key i
	trap '' PIPE
	mkfifo "$tmp/keys"
	for locale in C POSIX; do
		rm -f "$tmp/typescript"
		LC_ALL=$locale TERM=xterm timeout 60 script -qfec 'stty cols 120 rows 60; urbtop --speed max marks.urb' \
			"$tmp/typescript" <"$tmp/keys" >/dev/null &
		exec 5>"$tmp/keys"
		for ((i = 0; i < 200; i++)); do
			grep -aq 'starved' "$tmp/typescript" 2>/dev/null && break
			sleep 0.1
		done
		for key in $'\r' d q h q C q $'/1-1\r' w q; do
			printf %s "$key" >&5
			sleep 0.2
		done
		exec 5>&-
		wait $!
		# what script itself says may be of any kind
		sed '1d;$d' "$tmp/typescript" >"$tmp/bytes"
		grep -aq 'Depth' "$tmp/bytes" && ! LC_ALL=C grep -aq '[^[:print:][:cntrl:]]' "$tmp/bytes" || {
			cat -v "$tmp/bytes"
			return 1
		}
		rm -f "$tmp"/urbtop-*.txt
	done
}

# A line of 9600 baud that takes whatever it is given: what is on its way stays little, a key is answered
# after that, and at the end all is as on a fast one.
slow_lines_shed_frames()
{
	local rate backlog
	for rate in 960 10000000; do
		screen 100 40 "slowline $rate log.$rate urbtop --interval 100ms marks.urb; echo ended \$?"
		sees ' end ' || return 1
		keys h
		sees 'this page, and back' || return 1
		keys h Enter
		sees 'Depth over the last' || return 1
		keys q
		sees '^2-1.3' ' end ' || return 1
		# all of it has come when nothing changes any more
		cp "$tmp/shown" "$tmp/last"
		while sleep 1; do
			shown >"$tmp/shown"
			cmp -s "$tmp/shown" "$tmp/last" && break
			cp "$tmp/shown" "$tmp/last"
		done
		cp "$tmp/shown" "$tmp/end.$rate"
		keys q
		sees 'ended 0' || return 1
	done
	diff "$tmp/end.960" "$tmp/end.10000000" || return 1
	cat "$tmp/log.960" "$tmp/log.10000000"
	read -r _ _ _ slow _ backlog <"$tmp/log.960"
	read -r _ _ _ fast _ _ <"$tmp/log.10000000"
	# a frame of 100 x 40 in full has some 4000 bytes and its attributes
	[ "$slow" -gt 3 ] && [ "$slow" -lt $((fast / 2)) ] && [ "$backlog" -lt 8000 ]
}

# Ctrl-S: nothing is drawn and nothing is missed; Ctrl-Q: the newest is there.
stopped_terminals_go_on()
{
	screen 100 40 '(cat marks.urb; sleep 30) | urbtop --interval 100ms -'
	sees '^2-1.3' || return 1
	keys C-s
	keys h
	sleep 0.5
	shown >"$tmp/shown"
	misses 'this page, and back' || return 1
	keys C-q
	sees 'this page, and back' || return 1
	keys h
	sees '^2-1.3'
}

under_gnu_screen()
{
	local i
	local -x SCREENDIR=$tmp/screens
	mkdir -m 700 "$SCREENDIR"
	"${tmux[@]}" set-environment -g SCREENDIR "$SCREENDIR"
	screen 100 40 "TERM=screen screen -U -c /dev/null -S urb bash -c 'stty -g >modes; urbtop --speed max marks.urb; stty -g >after; echo over; sleep 100'"
	sees ' end ' '0x02 .*starved' '^1-10 ' || return 1
	keys Enter
	sees '1-1 0x02 bulk out' 'Depth over the last' || return 1
	# from there to another terminal of another size
	command screen -S urb -X detach
	sees 'detached' || return 1
	screen 80 24 'TERM=screen screen -U -r urb'
	sees '1-1 0x02 bulk out' 'h help' || return 1
	keys q
	sees '^1-1 ' '0x02 .*starved' || return 1
	keys q
	sees '^over' && cmp "$tmp/modes" "$tmp/after"
	i=$?
	command screen -S urb -X quit
	return $i
}

# sgr BUTTON ROW COLUMN, from 0: press and release, as terminals send it today.
sgr()
{
	keys -l "$(printf '\033[<%d;%d;%dM\033[<%d;%d;%dm' "$1" $(($3 + 1)) $(($2 + 1)) "$1" $(($3 + 1)) $(($2 + 1)))"
}

# The terminal is tmux, in a terminal: what the mouse does there goes through both.
mouse_goes_through_tmux()
{
	local y x
	screen 200 40 "unset TMUX; TERM=xterm-256color tmux -S $tmp/inner -f /dev/null new 'tmux -S $tmp/inner set -g mouse on; urbtop --speed max marks.urb'"
	sees ' end ' 'SHARE' || return 1
	y=$(grep -n SHARE "$tmp/shown" | cut -d: -f1)
	x=$(grep SHARE "$tmp/shown" | grep -bo SHARE | cut -d: -f1)
	sgr 0 $((y - 1)) $((x + 1))
	sees 'by SHARE' || {
		tmux -S "$tmp/inner" kill-server
		return 1
	}
	y=$(grep -n '^1-3.1 ' "$tmp/shown" | cut -d: -f1)
	sgr 0 "$y" 10
	keys Enter
	sees '1-3.1 0x81 bulk in'
	x=$?
	tmux -S "$tmp/inner" kill-server
	return $x
}

points='any-size-while-it-runs:any_size_while_it_runs every-size-is-drawn:every_size_is_drawn
	types-of-terminals:types_of_terminals ascii-is-all-that-leaves:ascii_is_all_that_leaves
	slow-lines-shed-frames:slow_lines_shed_frames stopped-terminals-go-on:stopped_terminals_go_on
	under-gnu-screen:under_gnu_screen mouse-goes-through-tmux:mouse_goes_through_tmux'
mkmarks 6 >"$tmp/marks.urb"
cd "$tmp" || exit 2
for name in $points; do
	if ! command -v tmux >/dev/null; then
		skip "${name%%:*}" "tmux is missing; install tmux"
	elif [[ $name == *gnu-screen* ]] && [ ! -x /usr/bin/screen ]; then
		skip "${name%%:*}" "GNU screen is missing; install screen"
	else
		ok "${name%%:*}" "${name#*:}"
	fi
done
finish
