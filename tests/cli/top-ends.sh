#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# However urbtop ends, or is suspended, the terminal is as it was; and it ends when its terminal does.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/tmux.sh"

# Also while it is stopped: who sends SIGTERM does not wait.
ends_on_a_stopped_terminal()
{
	screen 100 40 'echo before; stty -g >modes; urbtop --speed 1/8 --interval 50ms marks.urb; stty -g >after; echo over'
	sees '0x02' || return 1
	keys C-s
	sleep 0.3
	pkill -TERM -P "$(pane_pid)"
	sees '^before' '^over' && cmp "$tmp/modes" "$tmp/after"
}

restores_what_was_before()
{
	local how
	for how in q F10 C-c INT TERM HUP SEGV ABRT BUS; do
		screen 80 24 'echo before; stty -g >modes; urbtop --speed 1/8 --interval 50ms marks.urb; echo over $?; stty -g >after; echo all'
		sees '0x02' || return 1
		case $how in
		q | F10 | C-c) keys $how ;;
		*) pkill "-$how" -P "$(pane_pid)" ;;
		esac
		sees '^before' '^over' '^all' || {
			echo "after $how"
			return 1
		}
		cmp "$tmp/modes" "$tmp/after" || return 1
		[ $how != SEGV ] || sees '^over 139' || return 1
		# the cursor is there again, and answers are not typed into the shell
		[ "$("${tmux[@]}" display -p -t "s$session" '#{cursor_flag}#{mouse_any_flag}#{alternate_on}')" = 100 ] || {
			echo "cursor, mouse, other screen after $how"
			return 1
		}
		misses '\[0n'
	done
}

suspended_and_continued()
{
	screen 80 24 'stty -g >modes; PS1="prompt> " bash --norc --noprofile -i'
	sees '^prompt>' || return 1
	keys 'urbtop --speed 1/8 --interval 50ms marks.urb' Enter
	sees '^1-1 ' || return 1
	keys C-z
	sees 'Stopped' '^prompt>' || return 1
	misses '\[0n' || return 1
	keys 'stty -a >stopped; echo the shell has it' Enter
	sees '^the shell has it' || return 1
	grep -q ' icanon' "$tmp/stopped" && grep -q ' echo ' "$tmp/stopped" || return 1
	resize 100 30
	keys fg Enter
	sees '^1-1 ' 'h help' || return 1
	keys h
	sees 'this page, and back' || return 1
	keys h
	keys q
	sees 'prompt> *$' || return 1
	keys 'stty -a >after' Enter exit Enter
	sees 'exit' && diff <(sed 's/rows.*line/line/' "$tmp/stopped") <(sed 's/rows.*line/line/' "$tmp/after")
}

# Nobody is left behind, whatever it waits for, and who cannot be told by SIGHUP sees it by itself.
closed_terminals_end_it()
{
	local what pid i
	printf '#!/bin/sh\ntrap "" HUP\necho $$ >pid\nexec urbtop "$@"\n' >"$tmp/told"
	chmod +x "$tmp/told"
	for what in './told --speed 1/8 --interval 50ms marks.urb' '(cat marks.urb; sleep 20) | ./told -'; do
		screen 80 24 "$what"
		sees '0x02' || return 1
		pid=$(cat "$tmp/pid")
		"${tmux[@]}" kill-session -t "s$session"
		for ((i = 0; i < 100; i++)); do
			kill -0 "$pid" 2>/dev/null || break
			sleep 0.1
		done
		! kill -0 "$pid" 2>/dev/null || {
			echo "still there: $what"
			kill -9 "$pid"
			return 1
		}
	done
}

# A pipe whose other side stands still, and one that ends.
pipes_stall_and_end()
{
	local size half
	size=$(stat -c %s "$tmp/marks.urb")
	half=$((size / 2 + 3)) # within a record
	screen 100 40 "(head -c $half marks.urb; until [ -e cue ]; do sleep 0.1; done; tail -c +$((half + 1)) marks.urb) | urbtop -"
	sees '^1-1 ' 'nothing came for [3-9].*s' || return 1
	keys Enter
	sees 'Depth over the last' || return 1
	keys q / 2-1.3 Enter Enter
	sees '2-1.3 0x02' || return 1
	keys q
	touch "$tmp/cue"
	sees 'urbscope .* 6.00 s  ended' || return 1
	misses 'nothing came' || return 1
	sleep 0.5
	keys Enter
	sees '2-1.3 0x02' || return 1
	rm "$tmp/cue"
}

points='ends-on-a-stopped-terminal:ends_on_a_stopped_terminal
	terminal-is-restored-however-it-ends:restores_what_was_before
	suspended-and-continued:suspended_and_continued closed-terminals-end-it:closed_terminals_end_it
	pipes-stall-and-end:pipes_stall_and_end'
mkmarks 6 >"$tmp/marks.urb"
cd "$tmp" || exit 2
for name in $points; do
	if command -v tmux >/dev/null; then
		ok "${name%%:*}" "${name#*:}"
	else
		skip "${name%%:*}" "tmux is missing; install tmux"
	fi
done
finish
