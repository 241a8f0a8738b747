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
	for command in top report check diff record export list doctor completion; do
		grep -q "^  $command " "$tmp/out" || return 1
	done
	for command in top report check diff record export list doctor completion; do
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
	jsonget "$tmp/out" "$1"
}

options_on_both_sides()
{
	run urbscope report --json "$tmp/run.urb" -o "$tmp/after"
	wants 0 || return 1
	run urbscope report --json -o "$tmp/before" "$tmp/run.urb"
	wants 0 && [ -s "$tmp/before" ] && cmp "$tmp/before" "$tmp/after"
}

from_stdin()
{
	urbscope report --json "$tmp/run.urb" >"$tmp/file"
	urbscope report --json - <"$tmp/run.urb" >"$tmp/pipe"
	sed -i 's/"path": *"[^"]*\(urb\|-\)"/"path": null/' "$tmp/file" "$tmp/pipe"
	[ -s "$tmp/file" ] && diff "$tmp/file" "$tmp/pipe"
}

# What export writes is what mkstream has put in: an object an event, in order of time.
exports_every_event()
{
	run urbscope export "$tmp/run.urb"
	wants 0 || return 1
	[ "$(grep -c '^{.*}$' "$tmp/out")" = "$(wc -l <"$tmp/out")" ] || return 1
	[ "$(wc -l <"$tmp/out")" -ge 500 ]
}

broken_off()
{
	head -c 5000 "$tmp/run.urb" >"$tmp/cut.urb"
	run urbscope report "$tmp/cut.urb"
	wants 0 && says 'broke off'
}

# from_pipes MAKE FORM...: the same figures from a file, from a pipe, and from one that takes its
# time in odd places.
from_pipes()
{
	local make=$1 form
	shift
	for form in "$@"; do
		$make "$form" 3 200 >"$tmp/whole"
		urbscope report --json "$tmp/whole" >"$tmp/file" || return 1
		urbscope report --json - <"$tmp/whole" >"$tmp/stdin" || return 1
		{
			head -c 3 "$tmp/whole"
			sleep 0.1
			tail -c +4 "$tmp/whole" | head -c 1111
			sleep 0.1
			tail -c +1115 "$tmp/whole"
		} | urbscope report --json - >"$tmp/pipe" || return 1
		sed -i 's/"path": *"[^"]*\(whole\|-\)"/"path": null/' "$tmp/file" "$tmp/stdin" "$tmp/pipe"
		[ -s "$tmp/file" ] && diff "$tmp/file" "$tmp/stdin" && diff "$tmp/file" "$tmp/pipe" ||
			return 1
	done
}

# are_exact MAKE FORM...: as a second parser and slow formulas have it; if time has not run backwards.
are_exact()
{
	local make=$1 form result exact=0
	shift
	for form in "$@"; do
		$make "$form" $((form + 40)) 200 >"$tmp/capture"
		urbscope report --json "$tmp/capture" >"$tmp/report" 2>"$tmp/err" || return 1
		result=0
		capnaive "$tmp/capture" "$tmp/report" || result=$?
		case $result in
		0) exact=$((exact + 1)) ;;
		3) grep -q 'too late to be put in order' "$tmp/err" || return 1 ;;
		*) return 1 ;;
		esac
	done
	echo "$exact of $# compared"
	[ $exact -ge $(($# / 6)) ]
}

# Mail programs break lines, people write between them, and it says the same.
mail_says_the_same()
{
	local form
	for form in 0 1 2 8 10 14; do
		mktext $form 4 200 >"$tmp/mail"
		run urbscope report --json "$tmp/mail"
		wants 0 && mv "$tmp/out" "$tmp/mail.$form" || return 1
	done
	for form in 2 8 10 14; do
		diff "$tmp/mail.0" "$tmp/mail.$form" || return 1
	done
	! cmp -s "$tmp/mail.0" "$tmp/mail.1"
}

log_broken_off()
{
	{
		mktext 0 4 200
		printf 'a1 2000000000 S Bi:1:005:1 -115 81'
	} >"$tmp/cut.mon"
	run urbscope report "$tmp/cut.mon"
	wants 0 && says 'broke off (its last line has no end)'
}

# The clock of a log is a matter of where it began; its selectors are those of a capture.
log_is_for_all()
{
	mktext 0 4 200 >"$tmp/log"
	run urbscope export "$tmp/log"
	wants 0 && [ "$(grep -c '^{.*}$' "$tmp/out")" -ge 50 ] || return 1
	run urbtop --batch "$tmp/log"
	wants 0 && [ -s "$tmp/out" ] || return 1
	run urbscope report --json -s 17e9:6006/bulk-in "$tmp/log"
	wants 0 && [ "$(get 'endpoints[#]')" -ge 1 ] && [ "$(get source.clock)" = unknown ] &&
		[ "$(get source.tells_losses)" = false ]
}

capture_broken_off()
{
	mkcapture 8 3 200 | head -c 5000 >"$tmp/cut.pcap"
	run urbscope report "$tmp/cut.pcap"
	wants 0 && grep -q 'broke off (.*tried to read' "$tmp/err"
}

# A capture is for all that reads: a line an event, and the live view.
captures_for_all()
{
	mkcapture 12 3 200 >"$tmp/capture"
	run urbscope export "$tmp/capture"
	wants 0 && [ "$(grep -c '^{.*}$' "$tmp/out")" -ge 50 ] || return 1
	run urbtop --batch "$tmp/capture"
	wants 0 && [ -s "$tmp/out" ]
}

# outcome COMMAND...: what it says and how it ends; the name of what it reads apart
outcome()
{
	local status=0
	timeout 30 "$@" 2>&1 || status=$?
	echo "ended with $status"
}

# As long as "standard input": what a head has room for depends on it.
file=the-whole-file named=the-named-pipe
nameless() { sed -e "s#$file\|$named\|standard input#IT#g" \
	-e 's/"path": *"-"/"path": "IT"/' -e 's/^\(urbscope [a-z]*: \)- (/\1IT (/' -e 's/  \([a-z-]*\) -  /  \1 IT  /'; }

# Every command, every form: the same from a file, as standard input, from a pipe, and from a named one.
every_reader_takes_a_pipe()
{
	local make command said
	cd "$tmp" || return 1
	mkfifo $named
	for make in 'mkcapture 8 3 200' 'mkcapture 1 4 200' 'mkcapture 12 5 200' 'mkcapture 18 6 200' 'mktext 0 4 200' \
		'mktext 8 6 200' 'mkstream 7 500'; do
		$make >$file
		for command in 'report' 'report --json' 'export' 'check -e * --max-errors 5' \
			'check --json -e */bulk-in --min-depth 1' 'top --batch --all --speed max --interval 50ms' \
			'top --json --speed max --interval 50ms'; do
			set -f
			# shellcheck disable=SC2086 # a command and its options
			set -- $command
			set +f
			outcome urbscope "$@" $file | nameless >"$tmp/from-file"
			outcome urbscope "$@" - <$file | nameless >"$tmp/stdin"
			cat $file | outcome urbscope "$@" - | nameless >"$tmp/pipe"
			cat $file >$named &
			outcome urbscope "$@" $named | nameless >"$tmp/named"
			for said in stdin pipe named; do
				diff "$tmp/from-file" "$tmp/$said" || {
					echo "$command of $make by $said"
					return 1
				}
			done
			[ "$(wc -l <"$tmp/from-file")" -ge 2 ] && ! grep -q 'ended with 2' "$tmp/from-file" || {
				cat "$tmp/from-file"
				return 1
			}
		done
	done
}

closed_pipe()
{
	local statuses
	urbscope export "$tmp/long.urb" 2>"$tmp/err" | head -n 1 >/dev/null
	statuses=("${PIPESTATUS[@]}")
	echo "statuses ${statuses[*]}; $(cat "$tmp/err")"
	[ ! -s "$tmp/err" ] && [ "${statuses[0]}" = 0 ]
}

mkstream 7 500 >"$tmp/run.urb"
mkstream 8 20000 >"$tmp/long.urb"

ok help-is-there-and-ends-well helps
ok version-is-there-and-ends-well versions
ok options-may-stand-behind-the-recording options_on_both_sides
ok dash-is-standard-input from_stdin
ok export-writes-a-line-an-event exports_every_event
ok broken-recording-is-told broken_off
ok capture-is-the-same-from-a-pipe from_pipes mkcapture 2 4 8 13 16 22
ok captures-are-exact are_exact mkcapture {0..23}
ok log-is-the-same-from-a-pipe from_pipes mktext 0 3 6 8 10 16
ok logs-are-exact are_exact mktext {0..7} {16..23} {32..39}
ok mail-says-the-same mail_says_the_same
ok broken-log-says-what-is-missing log_broken_off
ok log-is-read-by-every-command log_is_for_all
ok broken-capture-says-what-is-missing capture_broken_off
ok capture-is-read-by-every-command captures_for_all
ok every-reader-takes-a-pipe every_reader_takes_a_pipe
ok closed-pipe-ends-an-export-quietly closed_pipe
finish
