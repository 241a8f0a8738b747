#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What goes wrong before anything is watched: one line on stderr with the object and the cure, and
# exit status 2.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

no_arguments()
{
	run urbscope
	wants 2 && [ ! -s "$tmp/out" ] && grep -q '^Usage: urbscope COMMAND' "$tmp/err"
}

unknown_option()
{
	local command
	for command in top report check diff record export list doctor completion; do
		fails "'--nosuch': \`urbscope $command --help\`" urbscope "$command" --nosuch &&
			fails "'--nosuch=3': \`urbscope $command --help\`" urbscope "$command" --nosuch=3 &&
			fails "'-y': \`urbscope $command --help\`" urbscope "$command" -y || return 1
	done
	fails "\`urbtop --help\`" urbtop --nosuch &&
		fails "'-y'" urbscope report -jy x.urb &&
		fails "is --select meant" urbscope report --slect x &&
		fails "is --max-gap-share meant" urbscope check --max-gap-shar3 1% || return 1
	# what is meant for the command that is watched is not looked at
	run urbscope report -o /dev/null x.urb -- --nosuch
	! grep -q "no option" "$tmp/err"
}

options_and_values()
{
	fails '--output=FILE' urbscope report --output &&
		fails '-o FILE' urbscope report -o &&
		fails '-s SEL' urbscope report -js &&
		fails "leave out '=3'" urbscope report --json=3 &&
		fails '--max-gap, --max-gap-p99, --max-gap-share' urbscope check --max-g 3 &&
		fails '--rules' urbscope check --r &&
		fails "no option '--source'" urbscope diff --source bpf a b
}

# As getopt has it: the beginning of one option only, or all of a name that others begin with.
shortened_options()
{
	run urbscope report --js --sel '*' "$tmp/run.urb"
	wants 0 && grep -q '"schema": "urbscope.report/1"' "$tmp/out" || return 1
	run urbscope check -e '*' --max-gap 1000s "$tmp/run.urb"
	[[ $status == [03] ]] && run urbtop --help --nosuch && wants 0
}

no_operands()
{
	fails "'x' is too much" urbscope list x && fails "'x' is too much" urbscope doctor -- x
}

shells()
{
	fails 'bash, zsh or fish' urbscope completion && fails 'bash, zsh or fish' urbscope completion csh &&
		fails 'one shell' urbscope completion bash zsh
}

bad_selectors()
{
	local command
	for command in top report record export; do
		fails 'write vid:pid' urbscope "$command" -s nosuch || return 1
	done
	fails 'is no endpoint' urbscope report -s '*/nosuch' &&
		fails 'from 1 to 65535' urbscope report -s '*/in#0'
}

bad_durations()
{
	fails '500ms' urbscope report -t tomorrow &&
		fails '500ms' urbscope record -o "$tmp/x" -t 0 &&
		fails '10ms' urbscope report --idle 5parsecs &&
		fails '500ms' urbscope record --rotate-time never &&
		fails 'such as 100M' urbscope record --rotate-size 12 &&
		fails 'such as 100M' urbscope record --max-size much &&
		fails 'half of' urbscope record --max-size 10M --rotate-size 6M &&
		fails '200ms' urbscope record --sync often &&
		fails '50ms' urbtop --interval 1ms
}

bad_values()
{
	fails 'power of two' urbscope report --ring 3 &&
		fails 'basic or full' urbscope report --level most &&
		fails 'bpf, kprobe, usbmon, usbmon-text or auto' urbscope report --source magic &&
		fails 'ndjson' urbscope export --to yaml
}

two_operands()
{
	fails 'stands behind --' urbscope report a.urb b.urb &&
		fails 'stands behind --' urbscope record -o "$tmp/x" true &&
		fails 'either a recording' urbscope report a.urb -- true
}

bad_files()
{
	echo nonsense >"$tmp/nonsense"
	: >"$tmp/empty"
	mkstream 1 50 | head -c 40 >"$tmp/short"
	fails "$tmp/missing: No such file" urbscope report "$tmp/missing" &&
		fails "$tmp: Is a directory" urbscope report "$tmp" || return 1
	seq 1000 >"$tmp/nonsense"
	fails 'urbscope record' urbscope report "$tmp/nonsense" &&
		fails "$tmp/empty: empty" urbscope export "$tmp/empty" &&
		fails 'standard input: empty' urbscope report - &&
		fails 'of its 1000 lines none' urbscope report "$tmp/nonsense" &&
		fails 'ended before it began' urbscope report "$tmp/short" || return 1
	mkcapture 4 1 50 | gzip >"$tmp/packed"
	mkcapture 0 1 50 | head -c 20 >"$tmp/header"
	fails 'zcat' urbscope report "$tmp/packed" &&
		fails "$tmp/header: cut off before its first packet" urbscope report "$tmp/header"
}

no_place_to_write()
{
	fails "$tmp/no/dir: No such file" urbscope report -o "$tmp/no/dir" "$tmp/run.urb" &&
		fails "$tmp/no/dir: No such file" urbscope record -o "$tmp/no/dir" &&
		fails 'into files' urbscope record -o - --max-size 1M &&
		fails 'a file on a disk' urbscope record -o - --sync 1
}

# What was recorded yesterday is not lost because nothing can be recorded today.
older_file_stays()
{
	echo yesterday >"$tmp/older"
	fails "$tmp/missing" urbscope report -o "$tmp/older" "$tmp/missing" &&
		[ "$(cat "$tmp/older")" = yesterday ] || return 1
	run urbscope report -o "$tmp/older" "$tmp/run.urb"
	wants 0 && head -n 1 "$tmp/older" | grep -q '^urbscope report' &&
		! grep -q yesterday "$tmp/older"
}

# full COMMAND...: what cannot be written is an error, in plain words.
full()
{
	status=0
	"$@" >/dev/full 2>"$tmp/err" || status=$?
	wants 2 && says 'No space left'
}

full_disk()
{
	full urbscope report "$tmp/run.urb" &&
		full urbscope report --json "$tmp/run.urb" &&
		full urbscope report --html "$tmp/run.urb" &&
		full urbscope export "$tmp/run.urb" &&
		full urbtop --batch "$tmp/run.urb" &&
		fails 'No space left' urbscope report -o /dev/full "$tmp/run.urb" &&
		fails 'No space left' urbscope export -o /dev/full "$tmp/run.urb" &&
		fails 'No space left' urbscope export --to urb -o /dev/full "$tmp/run.urb"
}

no_terminal()
{
	fails '--batch' urbtop && fails '--batch' urbscope top
}

# A program without capabilities, in a place that nobody may read.
forbidden()
{
	local as_nobody=()
	if [ "$(id -u)" = 0 ]; then
		as_nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all
			--bounding-set=-all)
		chmod 755 "$tmp"
	fi
	cp "$build/urbscope" "$tmp/urbscope"
	fails 'setcap' "${as_nobody[@]}" "$tmp/urbscope" report -t 1 &&
		fails 'setcap' "${as_nobody[@]}" "$tmp/urbscope" record -o /dev/null -t 1
}

# What usbmon cannot tell is refused before the device is looked for.
usbmon_cannot()
{
	fails 'needs BPF' urbscope report --source usbmon --level full -t 1 &&
		fails 'needs BPF' urbscope report --source usbmon-text --level full -t 1 &&
		fails 'without #3' urbscope report --source usbmon -s '1:1/in#3' -t 1 &&
		fails 'without #3' urbscope report --source usbmon-text -s '1:1/in#3' -t 1
}

no_usbmon()
{
	fails 'modprobe usbmon' urbscope report --source usbmon -t 1 &&
		fails 'modprobe usbmon' urbtop --source usbmon --batch --once
}

no_usbmon_text()
{
	if grep -q ' /sys/kernel/debug debugfs ' /proc/mounts; then
		fails 'modprobe usbmon' urbscope report --source usbmon-text -t 1
	else
		fails 'mount -t debugfs' urbscope report --source usbmon-text -t 1
	fi
}

no_usb()
{
	fails 'run it on a machine with a USB bus' urbscope report -t 1
}

doctor_without_usb()
{
	run urbscope doctor
	wants 2 && grep -q '^MISSING *usbcore' "$tmp/out" && [ ! -s "$tmp/err" ]
}

# Nobody reads a page off a terminal; into a file or a pipe it goes.
page_on_terminal()
{
	fails 'ask for one' urbscope report --json --html "$tmp/run.urb" || return 1
	run urbscope report --html "$tmp/run.urb"
	wants 0 && grep -q '^<!DOCTYPE html>' "$tmp/out" || return 1
	status=0
	SHELL=/bin/sh timeout 30 script -qec "urbscope report --html $tmp/run.urb" /dev/null >"$tmp/out" ||
		status=$?
	wants 2 && [ "$(wc -l <"$tmp/out")" = 1 ] && grep -q 'add -o report.html' "$tmp/out"
}

mkstream 7 500 >"$tmp/run.urb"

ok no-arguments-shows-the-commands no_arguments
ok unknown-command-is-named fails "\`urbscope --help\`" urbscope nosuch
ok unknown-option-is-named unknown_option
ok value-of-an-option-is-asked-for options_and_values
ok beginning-of-an-option-is-enough shortened_options
ok operand-of-a-command-without-is-named no_operands
ok completion-names-the-shells shells
ok bad-selector-says-how-to-write-one bad_selectors
ok bad-duration-says-how-to-write-one bad_durations
ok bad-value-says-what-there-is bad_values
ok second-operand-is-refused two_operands
ok unreadable-recording-is-named bad_files
ok unwritable-file-is-named no_place_to_write
ok older-file-stays-if-there-is-nothing-to-write older_file_stays
ok full-disk-is-told full_disk
if command -v script >/dev/null; then
	ok page-on-a-terminal-names-the-cure page_on_terminal
else
	skip page-on-a-terminal-names-the-cure "no script(1) here"
fi
ok urbtop-without-terminal-names-batch no_terminal
ok missing-capabilities-name-setcap forbidden
ok usbmon-names-what-it-cannot-tell usbmon_cannot
if [ -e /dev/usbmon0 ]; then
	skip missing-usbmon-names-modprobe "this machine has it"
else
	ok missing-usbmon-names-modprobe no_usbmon
fi
if [ -e /sys/kernel/debug/usb/usbmon ] || [ "$(id -u)" != 0 ]; then
	skip missing-usbmon-text-names-the-cure "this machine has it, or its user is not root"
else
	ok missing-usbmon-text-names-the-cure no_usbmon_text
fi
if [ -e /sys/bus/usb ] || [ "$(id -u)" != 0 ] ||
	grep -qs '/usbcore\.ko' "/lib/modules/$(uname -r)/modules.dep"; then
	skip machine-without-usb-names-the-cure "this one has USB, or its user is not root"
else
	ok machine-without-usb-names-the-cure no_usb
fi
if [ -e /sys/bus/usb ]; then
	skip doctor-tells-that-usb-is-missing "this machine has USB"
else
	ok doctor-tells-that-usb-is-missing doctor_without_usb
fi
finish
