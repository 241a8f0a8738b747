#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Traces: a second reader agrees, and killed writers leave what reads.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

# The page is enough to write a reader from: one that was agrees event for event, field for field.
second_reader_agrees()
{
	local seed
	for seed in {1..24}; do
		mkstream $seed $((seed * 97)) >"$tmp/trace"
		traceprint "$tmp/trace" >"$tmp/ours" && tracenaive "$tmp/trace" >"$tmp/theirs" || return 1
		[ "$(wc -l <"$tmp/ours")" -ge $((seed * 97)) ] && cmp "$tmp/ours" "$tmp/theirs" || return 1
	done
	mkstream 3 20000 $'a \e[31m\xff device' >"$tmp/trace"
	traceprint "$tmp/trace" >"$tmp/ours" && tracenaive "$tmp/trace" >"$tmp/theirs" &&
		cmp "$tmp/ours" "$tmp/theirs" || return 1
	mkqueue in 300 20000 >"$tmp/trace"
	traceprint "$tmp/trace" >"$tmp/ours" && tracenaive "$tmp/trace" >"$tmp/theirs" &&
		cmp "$tmp/ours" "$tmp/theirs"
}

# Whenever it is killed, what it has written reads, and is not a second old.
killed_writers_leave_traces()
{
	killed "$build/urbscope" 100 "$tmp"
}

# same_figures FILE: a trace of it says what it says.
same_figures()
{
	urbscope export --to urb -o "$tmp/kept.urb" "$1" 2>"$tmp/err" &&
		urbscope report --json "$1" >"$tmp/before" 2>>"$tmp/err" &&
		urbscope report --json "$tmp/kept.urb" >"$tmp/after" 2>>"$tmp/err" || return 1
	sed -i "s|$1|FILE|" "$tmp/before"
	sed -i "s|$tmp/kept.urb|FILE|" "$tmp/after"
	grep -q '"serial": 1' "$tmp/before" && diff "$tmp/before" "$tmp/after"
}

recordings_are_kept_as_they_are()
{
	local i
	for i in {0..23}; do
		mkcapture "$i" $((i + 7)) 200 >"$tmp/any" && same_figures "$tmp/any" || return 1
	done
	for i in {0..7} {16..39}; do
		mktext "$i" $((i + 7)) 200 >"$tmp/any" && same_figures "$tmp/any" || return 1
	done
	for i in {1..20}; do
		mkstream "$i" 3000 >"$tmp/any" && same_figures "$tmp/any" || return 1
	done
	# and those of the corpus
	for i in "${URBSCOPE_CORPUS:-$cli/../../../shared/corpus}"/*; do
		urbscope report "$i" >/dev/null 2>&1 || continue
		urbscope report --json "$i" 2>/dev/null | grep -q '"serial": 1' || continue
		same_figures "$i" || { echo "$i"; return 1; }
	done
}

# Parted by direction and put together again, it says what it said; rows are numbered as they come.
parts_make_the_whole()
{
	local i
	for i in 100 5000 40000; do
		gencapture $i >"$tmp/any" && urbscope export -o "$tmp/whole.urb" "$tmp/any" &&
			urbscope export -s '*/in' -o "$tmp/in.urb" "$tmp/whole.urb" &&
			urbscope export -s '*/out' -s '*/control' -o "$tmp/out.urb" "$tmp/whole.urb" &&
			urbscope export -o "$tmp/both.urb" "$tmp/in.urb" "$tmp/out.urb" &&
			urbscope report --json "$tmp/whole.urb" >"$tmp/before" &&
			urbscope report --json "$tmp/both.urb" >"$tmp/after" || return 1
		sed -i "s|$tmp/[a-z]*.urb|FILE|; /\"serial\"/d" "$tmp/before" "$tmp/after"
		grep -q busy_ns "$tmp/before" && diff "$tmp/before" "$tmp/after" || return 1
	done
}

unknown_times_are_refused()
{
	mkstream 1 300 >"$tmp/one.urb"
	mkstream 2 300 >"$tmp/two.urb"
	fails 'nobody knows what time it was' urbscope export --to urb -o "$tmp/x" "$tmp/one.urb" "$tmp/two.urb"
}

ok second-reader-of-traces-agrees second_reader_agrees
ok figures-of-a-trace-are-those-of-its-source recordings_are_kept_as_they_are
ok parts-of-a-trace-make-the-whole parts_make_the_whole
ok recordings-without-a-time-are-not-put-together unknown_times_are_refused
ok killed-writers-leave-traces killed_writers_leave_traces
finish
