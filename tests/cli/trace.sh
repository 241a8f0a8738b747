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

ok second-reader-of-traces-agrees second_reader_agrees
finish
