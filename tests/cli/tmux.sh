# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# tmux.sh: a program on a terminal that is driven by keys and looked at. After lib.sh.
tmux=(tmux -S "$tmp/tmux" -f /dev/null)
end()
{
	"${tmux[@]}" kill-server 2>/dev/null
	rm -rf "$tmp"
}
trap end EXIT

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

# resize WIDTH HEIGHT
resize()
{
	"${tmux[@]}" resize-window -t "s$session" -x "$1" -y "$2"
}

pane_pid()
{
	"${tmux[@]}" list-panes -t "s$session" -F '#{pane_pid}'
}
