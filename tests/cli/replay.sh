#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Recordings in time: parts of them for every command, and urbtop that plays them, driven by keys in a
# terminal. No test asserts how long anything takes: they wait for what is to be seen.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

# A log of 40 s, 39.995 exactly: bursts of one URB to four, every 10 ms, that differ from second to second.
make_log()
{
	awk 'BEGIN {
		for (t = 0; t < 40000000; t += 10000) {
			s = int(t / 1000000)
			n = 1 + s % 4
			length_ = 512 * (1 + s)
			for (i = 0; i < n; i++)
				printf "%x %d S Bo:1:002:2 -115 %d =\n", 4096 + i, 5000000 + t + i * 100, length_
			for (i = 0; i < n; i++)
				printf "%x %d C Bo:1:002:2 0 %d >\n", 4096 + i, 5000000 + t + 3140 + s * 40 + i * 100, length_
		}
	}'
}

# get PATH: of the report on stdout
get()
{
	jsonget "$tmp/out" "$1"
}

# report OPTION...: of the log, as JSON in $tmp/out
report()
{
	run urbscope report --json "$@" "$log"
	wants 0
}

# equal WHAT IS WANTED
equal()
{
	[ "$2" = "$3" ] && [ -n "$2" ] || {
		echo "$1: '$2', not '$3'"
		return 1
	}
}

# --- parts ---------------------------------------------------------------------------------------

# The log says what there is: 300 bursts a second of so many URBs.
part_has_its_own_figures()
{
	report --from 2s --until 4s &&
		equal window "$(get window_ns)" 2000000000 &&
		equal submitted "$(get endpoints[0].transfers.submitted)" 700 &&
		equal bytes "$(get endpoints[0].bytes)" $((300 * 512 * 3 + 400 * 512 * 4)) &&
		equal inherited "$(get endpoints[0].transfers.inherited)" 0 || return 1
	# in the middle of a burst of four
	report --from 3001ms --until 3002ms &&
		equal inherited "$(get endpoints[0].transfers.inherited)" 4 &&
		equal open "$(get endpoints[0].transfers.open)" 4 &&
		equal busy "$(get endpoints[0].busy_ns)" 1000000 &&
		equal max "$(get endpoints[0].in_flight.max)" 4
}

parts_that_meet_add_up()
{
	local whole sum=0 part
	report || return 1
	whole=$(get endpoints[0].transfers.submitted)
	for part in '--until 1234.5ms' '--from 1234.5ms --until 17.003s' '--from 17.003s'; do
		# shellcheck disable=SC2086 # options
		report $part || return 1
		sum=$((sum + $(get endpoints[0].transfers.submitted)))
	done
	equal sum $sum "$whole"
}

# The same of traces of random lives, whose devices and losses are told.
traces_have_parts()
{
	local seed whole a b cut
	for seed in {1..12}; do
		mkstream $seed 400 >"$tmp/run.urb"
		run urbscope report --json "$tmp/run.urb"
		wants 0 || return 1
		cut=$(($(get window_ns) * seed / 13))ns
		whole=$(get events.submit),$(get events.complete),$(get events.submit_error)
		run urbscope report --json --until $cut "$tmp/run.urb"
		wants 0 || return 1
		a=($(get events.submit) $(get events.complete) $(get events.submit_error))
		run urbscope report --json --from $cut "$tmp/run.urb"
		wants 0 && equal driver "$(get 'endpoints[0].device.driver')" uas || return 1
		b=($(get events.submit) $(get events.complete) $(get events.submit_error))
		equal "parts of $seed" $((a[0] + b[0])),$((a[1] + b[1])),$((a[2] + b[2])) "$whole" || return 1
	done
}

times_count_from_the_end()
{
	local form
	report --from -2s && equal window "$(get window_ns)" 2000000000 || return 1
	for form in '--from -3s --until -1s' '--from 36.995s --until 38.995s'; do
		# shellcheck disable=SC2086 # options
		report $form || return 1
		mv "$tmp/out" "$tmp/part.$((++n))"
	done
	cmp "$tmp/part.1" "$tmp/part.2" || return 1
	report --from -3600s && equal window "$(get window_ns)" 39995000000 || return 1
	fails 'a pipe does not tell its end' urbscope report --from -2s - &&
		fails 'a pipe does not tell its end' urbtop --batch --until -2s -
}

whole_is_a_part()
{
	report --from 0s --until 3600s && mv "$tmp/out" "$tmp/part" && report && cmp "$tmp/part" "$tmp/out"
}

outside_is_told()
{
	local command
	for command in 'report' 'export' 'check -e 1:2 --min-depth 1' 'top --batch' 'top --batch --speed max'; do
		# shellcheck disable=SC2086 # a command and its options
		set -- $command
		fails 'ends 39.995s after it began' urbscope "$@" --from 40s "$log" &&
			fails 'nothing lies between' urbscope "$@" --from 4s --until 4s "$log" || return 1
	done
	fails 'write a time' urbscope report --from soon "$log"
}

live_has_no_parts()
{
	fails 'parts of a recording' urbscope report --from 1s &&
		fails 'parts of a recording' urbscope record -o "$tmp/x" --until 1s &&
		fails 'parts of a recording' urbtop --batch --until 1s &&
		fails '--speed is for a recording' urbtop --batch --speed 2
}

# In [3.990, 4.000) there is nothing of the first millisecond's.
check_of_a_part()
{
	run urbscope check -e '*' --max-depth 1 "$log"
	wants 1 || return 1
	run urbscope check -e '*' --max-depth 1 --from 4s --until 5s "$log"
	wants 0 || return 1
	run urbscope check -e '*' --max-depth 1 --from 7s --until 8s "$log"
	wants 1 || return 1
	run urbscope check -e '*' --max-depth 1 --from 4.996s --until 4.999s "$log"
	wants 3
}

export_of_a_part()
{
	run urbscope export --from 1s --until 2s "$log"
	wants 0 && equal lines "$(wc -l <"$tmp/out")" 400 || return 1
	run urbscope export --from 3001ms --until 3002ms "$log"
	wants 0 && equal lines "$(grep -c '"event": *"in-flight"' "$tmp/out")" 4 &&
		equal lines "$(grep -c '"event": *"sync"' "$tmp/out")" 1 &&
		equal lines "$(wc -l <"$tmp/out")" 5
}

# The window, and what times count from, is the capture's.
selector_keeps_the_window()
{
	local form
	for form in 2 8 12 18; do
		mkcapture $form 3 200 >"$tmp/capture"
		run urbscope report --json "$tmp/capture"
		wants 0 && get window_ns >"$tmp/window" && get endpoints[#] >"$tmp/cnt" || return 1
		run urbscope report --json -s '*/0x81' "$tmp/capture"
		wants 0 && equal window "$(get window_ns)" "$(cat "$tmp/window")" || return 1
		[ "$(get endpoints[#])" -lt "$(cat "$tmp/cnt")" ] || return 1
	done
	mktext 0 4 200 >"$tmp/capture"
	run urbscope report --json "$tmp/capture"
	get window_ns >"$tmp/window"
	run urbscope report --json -s '*/bulk-in' "$tmp/capture"
	wants 0 && equal window "$(get window_ns)" "$(cat "$tmp/window")"
}

# Random captures and logs, cut at random: as a second parser and slow formulas have it.
parts_are_exact()
{
	local seed make from to result exact=0 window
	for seed in {1..60}; do
		make="mkcapture $((seed % 24)) $seed 250"
		[ $((seed % 4)) != 0 ] || make="mktext $((seed % 8)) $seed 250"
		$make >"$tmp/capture"
		run urbscope report --json "$tmp/capture"
		wants 0 || return 1
		window=$(get window_ns)
		from=$((window / 7 * (seed % 5) + seed))
		to=$((from + window / 3))
		run urbscope report --json --from ${from}ns --until ${to}ns "$tmp/capture"
		wants 0 || return 1
		result=0
		capnaive "$tmp/capture" "$tmp/out" 20000 $from $to >"$tmp/naive" || result=$?
		case $result in
		0) exact=$((exact + $(cut -d' ' -f1 "$tmp/naive"))) ;;
		3) ;;
		*) cat "$tmp/naive" && return 1 ;;
		esac
	done
	echo "$exact endpoints compared"
	[ $exact -ge 20 ]
}

# Nobody writes on when nobody reads on.
pipe_is_closed_at_its_end()
{
	local statuses
	{ cat "$log" && while :; do echo; done; } | timeout 30 urbscope report --json --until 1s - >"$tmp/out"
	statuses=("${PIPESTATUS[@]}")
	equal status "${statuses[1]}" 0 && equal writer "${statuses[0]}" 141 &&
		equal window "$(get window_ns)" 1000000000
}

# --- frames --------------------------------------------------------------------------------------

# Each second's frame has the figures that a report of that second has; but for the gap before it, of which
# the report knows only its part.
frames_are_parts()
{
	local k
	urbtop --json --speed max --interval 1s "$log" >"$tmp/frames" || return 1
	equal frames "$(wc -l <"$tmp/frames")" 40 || return 1
	for k in 1 2 7 19 40; do
		sed -n "${k}p" "$tmp/frames" >"$tmp/frame"
		report --from $((k - 1))s --until ${k}s || return 1
		for figure in transfers.submitted transfers.completed bytes depth.time_ns[1] latency_ns.p99; do
			equal "$k $figure" "$(jsonget "$tmp/frame" endpoints[0].$figure)" \
				"$(get endpoints[0].$figure)" || return 1
		done
	done
}

pipe_is_paced_too()
{
	urbtop --json --speed max --interval 1s "$log" >"$tmp/frames" &&
		urbtop --json --speed max --interval 1s - <"$log" >"$tmp/stdin" &&
		cat "$log" | urbtop --json --speed max --interval 1s - >"$tmp/pipe" || return 1
	cmp "$tmp/frames" "$tmp/stdin" && cmp "$tmp/frames" "$tmp/pipe" || return 1
	urbtop --json --speed 200 --interval 1s "$log" | cmp - "$tmp/frames"
}

# --- on a screen -----------------------------------------------------------------------------------

tm() { tmux -S "$tmp/tmux" -f /dev/null "$@"; }
trap 'tm kill-server 2>/dev/null; rm -rf "$tmp"' EXIT # a server of its own

# screen WIDTH HEIGHT COMMAND
screen()
{
	tm kill-session -t play 2>/dev/null
	tm new-session -d -s play -x "$1" -y "$2" "sh -c 'TERM=screen; export TERM; $3; echo ended \$?; exec sleep 60'"
}

keys() { tm send-keys -t play "$@"; }

# sees PATTERN: at most 20 s
sees()
{
	local i
	for ((i = 0; i < 200; i++)); do
		tm capture-pane -p -t play >"$tmp/seen" 2>/dev/null
		grep -qE -- "$1" "$tmp/seen" && return
		sleep 0.1
	done
	echo "never seen: $1"
	cat "$tmp/seen"
	return 1
}

quits()
{
	keys q
	sees 'ended 0'
}

# at SECONDS: paused there
at()
{
	sees "PAUSED  $1 / 39.995 s"
}

plays_by_itself()
{
	screen 80 24 "urbtop $log"
	sees ' [12]\.000 / 39\.995 s  x1 ' && sees ' [3-9]\.000 / 39\.995 s  x1 ' && quits
}

changes_its_speed()
{
	local speed
	screen 80 24 "urbtop $log"
	sees ' x1 ' && keys Space && sees PAUSED || return 1
	for speed in 2 4 8 16 32 64; do
		keys + && sees " x$speed " || return 1
	done
	keys + && sees ' flat out ' && keys + && sees ' flat out ' || return 1
	for speed in 64 32 16 8 4 2 1 1/2 1/4 1/8; do
		keys - && sees " x$speed " || return 1
	done
	keys - && sees ' x1/8 ' && quits
}

plays_to_its_end()
{
	local speed
	for speed in 64 max; do
		screen 80 24 "urbtop --speed $speed $log"
		sees ' 39\.995 / 39\.995 s .* end ' && quits || return 1
	done
}

# Below its own pace there are frames within an interval.
plays_slowly()
{
	screen 80 24 "urbtop --speed 1/8 $log"
	sees ' 0\.(125|250|375) / 39' && quits
}

pauses()
{
	local before
	screen 80 24 "urbtop --speed 16 $log"
	sees ' x16 ' && keys Space && sees PAUSED || return 1
	sleep 0.3 # what was on its way has come
	tm capture-pane -p -t play >"$tmp/before"
	sleep 1
	tm capture-pane -p -t play >"$tmp/after"
	cmp "$tmp/before" "$tmp/after" || return 1
	before=$(grep -oE '[0-9.]+ / ' "$tmp/before")
	keys Space && sees 'urbscope  [0-9]' && sees ' 39\.995 / .* end ' || return 1
	[ "$before" != '39.995 / ' ] && quits
}

jumps_and_steps()
{
	screen 80 24 "urbtop --speed 1/8 $log"
	sees x1/8 && keys Space 0 && at 0.000 && keys . && at 1.000 && keys . && at 2.000 &&
		keys , && at 1.000 && keys Right && at 2.000 && keys '>' && at 12.000 && keys Left && at 11.000 &&
		keys '<' && at 1.000 && keys '<' && at 0.000 && keys '>' '>' '>' '>' '>' && at 39.995 &&
		keys , && at 39.000 && keys 0 && at 0.000 && keys G && at 39.995 && sees ' end ' &&
		keys '<' && at 29.995 && keys . && at 30.000 && quits
}

# row: the line of the endpoint on the screen, without its trailing blanks
row() { grep 0x02 "$tmp/seen" | sed 's/ *$//'; }

# batch_row K: the same of the frame of that number when it is played straight on
batch_row() { grep 0x02 "$tmp/straight" | sed -n "${1}p" | sed 's/ *$//'; }

frames_do_not_depend_on_the_way()
{
	local at way
	urbtop --batch --all --speed max "$log" >"$tmp/straight"
	equal frames "$(grep -c 0x02 "$tmp/straight")" 40 || return 1
	# the columns of --batch, which has no past to show
	mkdir -p "$tmp/config/urbscope"
	echo 'tree = no
		columns = device name driver ep type now mean max bar gaps gap-p99 gap-max latency-p50 latency-p99 rate link urbs errors words' >"$tmp/config/urbscope/urbtop"
	screen 132 40 "urbtop --speed 1/8 $log"
	sees x1/8 && keys Space 0 && at 0.000 || return 1
	# onwards, back, and by steps; the number is the second that it leads to
	for way in '>:10' 'Left:9' '<:0' 'Right:1' '.:2' '>:12' '>:22' '>:32' '<:22' ',:21' '<:11' 'Left:10'; do
		at=${way#*:}
		keys "${way%%:*}" && at "$at.000" || return 1
		[ "$at" = 0 ] || equal "row at $at" "$(row)" "$(batch_row "$at")" || return 1
	done
	keys G && at 39.995 && equal 'row at the end' "$(row)" "$(batch_row 40)" && quits || return 1
	# back within one interval
	screen 132 40 "urbtop --speed 1/8 --interval 5s $log"
	sees x1/8 && keys Space 0 && at 0.000 && keys Right && at 1.000 || return 1
	way=$(row)
	keys Right && at 2.000 && [ "$way" != "$(row)" ] && keys Left && at 1.000 && equal 'row at 1' "$(row)" "$way" &&
		quits || return 1
	rm -r "$XDG_CONFIG_HOME"
}

part_is_played()
{
	screen 80 24 "urbtop --speed 1/8 --from 10s --until 20s $log"
	sees x1/8 && keys Space 0 && sees 'PAUSED  10.000 / 20.000 s' && keys Right &&
		sees 'PAUSED  11.000 / 20.000 s' && keys G && sees 'PAUSED  20.000 / 20.000 s .* end ' && quits
}

pipe_cannot_jump()
{
	local key
	screen 80 24 "cat $log | urbtop --speed 1/8 -"
	sees x1/8 && keys Space && sees PAUSED || return 1
	for key in 0 G , '<' '>' Left Right; do
		keys "$key" && sees 'a pipe cannot jump' && keys + && sees 'PAUSED  [0-9.]+ s  x1/4  usb' &&
			keys - && sees 'PAUSED  [0-9.]+ s  x1/8  usb' || return 1
	done
	keys . && sees 'PAUSED  1.000 s' && keys . && sees 'PAUSED  2.000 s' && quits
}

# As it comes, from a pipe of which nobody knows who writes it.
pipe_plays_as_it_comes()
{
	screen 80 24 "cat $log | urbtop -"
	sees '^urbscope  usbmon-text -  40.0 s' && quits
}

screens_of_all_sizes()
{
	local long
	long=$tmp/a-recording-with-a-name-that-is-much-longer-than-a-terminal-of-eighty-columns-is-wide.mon
	cp "$log" "$long"
	screen 80 24 "urbtop --speed 1/8 $long"
	sees ' [0-9.]+ / 39.995 s  x1/8 ' && sees 'q quit.* jump|jump.* q quit' && keys h &&
		sees '0 +its start' && keys h && sees 0x02 && quits || return 1
	screen 20 5 "urbtop --speed 1/8 $long"
	sees '^urbscope  [0-9.]+' && quits || return 1
	screen 200 60 "urbtop --speed 1/8 $long"
	sees ' [0-9.]+ / 39.995 s  x1/8 .* losses not told' && quits
}

# A note at the end, and only to who has seen it.
broken_off_is_told()
{
	{
		cat "$log"
		printf 'a1 2000000000 S Bi:1:005:1 -115 81'
	} >"$tmp/cut.mon"
	screen 80 24 "urbtop $tmp/cut.mon"
	sees ' x1 ' && quits || return 1
	! grep -q 'broke off' "$tmp/seen" || return 1
	screen 80 24 "urbtop $tmp/cut.mon"
	sees ' x1 ' && keys G && sees ' end ' && quits && grep -q 'broke off' "$tmp/seen"
}

mkdir "$tmp/d"
log=$tmp/d/long.mon n=0
tm new-session -d -s base 'exec sleep 900' # a server that stays
make_log >"$log"
cd "$tmp/d" && log=long.mon

ok part-has-its-own-figures part_has_its_own_figures
ok parts-that-meet-add-up parts_that_meet_add_up
ok traces-have-parts traces_have_parts
ok times-count-from-the-end-too times_count_from_the_end
ok whole-is-a-part whole_is_a_part
ok part-outside-is-told outside_is_told
ok live-runs-have-no-parts live_has_no_parts
ok check-is-of-the-part check_of_a_part
ok export-is-of-the-part export_of_a_part
ok selector-keeps-the-window selector_keeps_the_window
ok parts-of-captures-are-exact parts_are_exact
ok pipe-is-closed-at-the-end-of-a-part pipe_is_closed_at_its_end
ok frames-have-the-figures-of-their-parts frames_are_parts
ok pipe-has-the-same-frames pipe_is_paced_too
for name in plays_by_itself:recording-plays-by-itself changes_its_speed:keys-change-the-speed \
	plays_to_its_end:recording-plays-to-its-end plays_slowly:slow-play-has-frames-between \
	pauses:pause-holds-everything jumps_and_steps:keys-jump-and-step \
	frames_do_not_depend_on_the_way:frames-do-not-depend-on-the-way part_is_played:part-is-played \
	pipe_cannot_jump:pipe-says-that-it-cannot-jump pipe_plays_as_it_comes:pipe-plays-as-it-comes \
	screens_of_all_sizes:time-line-fits-every-screen broken_off_is_told:end-of-a-broken-recording-is-told; do
	if command -v tmux >/dev/null; then
		ok "${name#*:}" "${name%%:*}"
	else
		skip "${name#*:}" "tmux is missing; install tmux"
	fi
done
finish
