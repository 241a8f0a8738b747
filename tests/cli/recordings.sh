#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Help, and what the commands make of a recording.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

helps()
{
	local command
	run urbscope --help
	wants 0 && [ ! -s "$tmp/err" ] || return 1
	for command in top report record export list doctor; do
		grep -q "^  $command " "$tmp/out" || return 1
	done
	for command in top report record export list doctor; do
		run urbscope "$command" --help
		wants 0 && grep -q '^Usage: ' "$tmp/out" && [ ! -s "$tmp/err" ] || return 1
	done
}

versions()
{
	run urbscope --version
	wants 0 && grep -qE '^urbscope [0-9]+\.[0-9]+' "$tmp/out" || return 1
	run urbtop --version
	wants 0 && grep -qE '^urbscope [0-9]+\.[0-9]+' "$tmp/out"
}

# get PATH: of the report on stdout
get()
{
	jsonget "$1" <"$tmp/out"
}

options_on_both_sides()
{
	run urbscope report --json "$tmp/run.urbs" -o "$tmp/after"
	wants 0 || return 1
	run urbscope report --json -o "$tmp/before" "$tmp/run.urbs"
	wants 0 && [ -s "$tmp/before" ] && cmp "$tmp/before" "$tmp/after"
}

from_stdin()
{
	urbscope report --json "$tmp/run.urbs" >"$tmp/file"
	urbscope report --json - <"$tmp/run.urbs" >"$tmp/pipe"
	sed -i 's/"path": *"[^"]*\(urbs\|-\)"/"path": null/' "$tmp/file" "$tmp/pipe"
	[ -s "$tmp/file" ] && diff "$tmp/file" "$tmp/pipe"
}

# What export writes is what mkstream has put in: an object an event, in order of time.
exports_every_event()
{
	run urbscope export "$tmp/run.urbs"
	wants 0 || return 1
	[ "$(grep -c '^{.*}$' "$tmp/out")" = "$(wc -l <"$tmp/out")" ] || return 1
	[ "$(wc -l <"$tmp/out")" -ge 500 ]
}

broken_off()
{
	head -c 5000 "$tmp/run.urbs" >"$tmp/cut.urbs"
	run urbscope report "$tmp/cut.urbs"
	wants 0 && says 'broke off'
}

closed_pipe()
{
	local statuses
	urbscope export "$tmp/long.urbs" 2>"$tmp/err" | head -n 1 >/dev/null
	statuses=("${PIPESTATUS[@]}")
	echo "statuses ${statuses[*]}; $(cat "$tmp/err")"
	[ ! -s "$tmp/err" ] && [ "${statuses[0]}" = 0 ]
}

mkstream 7 500 >"$tmp/run.urbs"
mkstream 8 20000 >"$tmp/long.urbs"

ok help-is-there-and-ends-well helps
ok version-is-there-and-ends-well versions
ok options-may-stand-behind-the-recording options_on_both_sides
ok dash-is-standard-input from_stdin
ok export-writes-a-line-an-event exports_every_event
ok broken-recording-is-told broken_off
ok closed-pipe-ends-an-export-quietly closed_pipe
finish
