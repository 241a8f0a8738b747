#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Strings that devices, drivers, captures and people choose never reach a terminal raw: every place
# that shows one is attacked with every kind of byte that acts on a terminal.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

# Short enough for the smallest field (16 bytes), and visible: "pwn" shows that it was printed.
attacks=($'pwn\e]0;x\apwn' $'pwn\e[2Jpwn' $'pwn\rpwn\b\t' $'pwn\x7fpwn' $'pwn\x9b2Jpwn\x90'
	$'pwn\xc2\x9b2J\xc2\x9d' $'pwn\xe2\x80\xaepwn' $'pwn\xe2\x81\xa6pwn' $'pwn\xd8\x9cpwn'
	$'pwn\xe2\x80\xa8pwn' $'pwn\xc0\xaf\xed\xa0\x80' $'pwn\xf4\x90\x80\x80' $'pwn\xff\xfe'
	$'pwn\npwn: ok')

# clean FILE: text in UTF-8, and of controls only line ends. By iconv and PCRE, not by our own decoder.
clean()
{
	iconv -f UTF-8 -t UTF-8 "$1" >"$tmp/converted" 2>&1 || {
		echo "not UTF-8: $(cat -v "$1")"
		return 1
	}
	! grep -aqP '[\x00-\x09\x0b-\x1f\x7f\x{80}-\x{9f}\x{61c}\x{200e}\x{200f}\x{2028}-\x{202e}\x{2066}-\x{2069}]' \
		"$1" || {
		echo "controls: $(cat -v "$1")"
		return 1
	}
}

# plain FILE: ASCII, for a terminal that knows no other.
plain()
{
	! LC_ALL=C grep -aq '[^ -~]' "$1" || {
		echo "not ASCII: $(cat -v "$1")"
		return 1
	}
}

shows()
{
	grep -aq pwn "$1" || {
		echo "the attack is not to be seen, so nothing was tested: $(cat -v "$1")"
		return 1
	}
}

# error COMMAND...: exit status 2, and one clean line on stderr, that shows the attack.
error()
{
	run "$@"
	wants 2 && says pwn && clean "$tmp/err"
}

in_error_lines()
{
	local a
	for a in "${attacks[@]}"; do
		error urbscope "$a" &&
			error urbscope report "$tmp/$a" &&
			error urbscope export "$tmp/$a" &&
			error urbtop --batch "$tmp/$a" &&
			error urbscope record -o "$tmp/no/$a" &&
			error urbscope report -o "$tmp/no/$a" "$tmp/run.urb" &&
			error urbscope report -s "$a" &&
			error urbscope report -s "*/$a" &&
			error urbscope report -t "$a" &&
			error urbscope report --idle "$a" &&
			error urbscope report --ring "$a" &&
			error urbscope report --level "$a" &&
			error urbscope report --source "$a" &&
			error urbtop --interval "$a" &&
			error urbscope export --to "$a" &&
			error urbscope report "$a" b &&
			error urbscope report "$a" -- b &&
			error urbscope record -o "$tmp/x" "$a" || return 1
		LC_ALL=C run urbscope report "$tmp/$a"
		wants 2 && says pwn && plain "$tmp/err" || return 1
	done
}

in_unknown_options()
{
	local a command
	for a in "${attacks[@]}"; do
		for command in top report record export list doctor; do
			error urbscope "$command" "--$a" && error urbscope "$command" "--$a=3" || return 1
		done
		error urbscope report "--json=$a" && error urbscope list "$a" &&
			error urbscope completion "$a" || return 1
		run urbscope report "-$a"
		wants 2 && says 'no option' && clean "$tmp/err" || return 1
	done
}

# A recording that exists and is bad, or broke off, under a hostile name.
in_names_of_recordings()
{
	local a
	mkdir "$tmp/files"
	for a in "${attacks[@]}"; do
		a=$tmp/files/$a
		echo nonsense >"$a"
		error urbscope report "$a" || return 1
		mkcapture 8 3 50 | head -c 30 >"$a"
		run urbscope export "$a"
		wants 0 && says pwn 'broke off' && clean "$tmp/err" || return 1
		cp "$tmp/run.urb" "$a"
		run urbscope report "$a"
		wants 0 && shows "$tmp/out" && clean "$tmp/out" || return 1
		run urbscope report --json "$a"
		wants 0 && shows "$tmp/out" && clean "$tmp/out" || return 1
		run urbtop --batch --once "$a"
		wants 0 && clean "$tmp/out" || return 1
	done
}

# Product, driver, port path, comm, kind and clock, all of them the attack.
in_streams()
{
	local a command
	for a in "${attacks[@]}"; do
		mkstream 3 200 "$a" >"$tmp/attack.urb"
		for command in 'report' 'report --json' 'export' 'export --of transfers' 'export --to csv' \
			'top --batch --once --all' 'top --json --once'; do
			# shellcheck disable=SC2086 # a command and its options
			run urbscope $command "$tmp/attack.urb"
			wants 0 && shows "$tmp/out" && clean "$tmp/out" && clean "$tmp/err" || return 1
		done
		# shellcheck disable=SC2086
		for command in 'report' 'top --batch --once --all'; do
			LC_ALL=C run urbscope $command "$tmp/attack.urb"
			wants 0 && shows "$tmp/out" && plain "$tmp/out" || return 1
		done
	done
	run urbscope export "$tmp/attack.urb"
	grep -q '"comm": "pwn' "$tmp/out"
}

# on_screen COMMAND...: on a terminal, until the attack is seen, then it is quit. What came is in
# $tmp/screen; the library's own sequences are in it, so only those of the attack are looked for.
on_screen()
{
	local keys i
	rm -f "$tmp/keys" "$tmp/screen"
	mkfifo "$tmp/keys"
	TERM=xterm SHELL=/bin/sh timeout 30 script -qfec "$*" "$tmp/screen" <"$tmp/keys" >/dev/null &
	exec {keys}>"$tmp/keys"
	for ((i = 0; i < 200; i++)); do
		grep -aqs pwn "$tmp/screen" && break
		sleep 0.05
	done
	printf q >&"$keys"
	exec {keys}>&-
	wait $!
}

on_the_live_screen()
{
	local a part
	for a in "${attacks[@]}"; do
		mkstream 3 200 "$a" >"$tmp/attack.urb"
		on_screen urbtop "$tmp/attack.urb" && shows "$tmp/screen" || return 1
		for part in $'\e]0' $'\e[2Jp' $'\a' $'\x7f' $'\x9b2J' $'\xc2\x9b' $'\xc2\x9d' $'\xe2\x80\xae' \
			$'\xe2\x81\xa6' $'\xd8\x9c' $'\xe2\x80\xa8' $'\xc0\xaf' $'\xff'; do
			[[ $a == *"$part"* ]] || continue
			! LC_ALL=C grep -aqF "$part" "$tmp/screen" || {
				echo "on the screen: $(printf %s "$part" | cat -v)"
				return 1
			}
		done
	done
}

terminal_of_no_type()
{
	TERM=$'pwn\e]0;x' SHELL=/bin/sh timeout 30 script -qec 'urbtop run.urb' "$tmp/screen" \
		<"/dev/null" >/dev/null
	shows "$tmp/screen" && ! LC_ALL=C grep -aqF $'\e]0' "$tmp/screen"
}

# A device as sysfs shows it, by umockdev; its strings in hex.
in_the_list()
{
	local a
	for a in "${attacks[@]}"; do
		cat >"$tmp/device" <<END
P: /devices/pci0000:00/0000:00:14.0/usb1/1-1
N: bus/usb/001/005
E: DEVTYPE=usb_device
E: SUBSYSTEM=usb
E: DEVNAME=/dev/bus/usb/001/005
E: MAJOR=189
E: MINOR=4
A: busnum=1\\n
A: devnum=5\\n
A: idVendor=17e9\\n
A: idProduct=6006\\n
A: speed=480\\n
H: product=$(printf %s "$a" | od -An -tx1 | tr -d ' \n')
A: ep_00/bEndpointAddress=00\\n
A: ep_00/bmAttributes=00\\n
A: ep_00/wMaxPacketSize=0040\\n
END
		run umockdev-run -d "$tmp/device" -- urbscope list
		wants 0 && grep -q '17e9:6006' "$tmp/out" && shows "$tmp/out" && clean "$tmp/out" || return 1
		LC_ALL=C run umockdev-run -d "$tmp/device" -- urbscope list
		wants 0 && shows "$tmp/out" && plain "$tmp/out" || return 1
		run umockdev-run -d "$tmp/device" -- urbscope list --selectors
		tr -d '\t' <"$tmp/out" >"$tmp/rows"
		wants 0 && shows "$tmp/rows" && clean "$tmp/rows" || return 1
		run umockdev-run -d "$tmp/device" -- urbscope list --json
		wants 0 && shows "$tmp/out" && clean "$tmp/out" || return 1
	done
}

mkstream 7 500 >"$tmp/run.urb"
cd "$tmp" || exit 2

ok error-lines-are-clean in_error_lines
ok unknown-options-are-clean in_unknown_options
ok names-of-recordings-are-clean in_names_of_recordings
ok strings-of-a-stream-are-clean in_streams
if command -v script >/dev/null; then
	ok strings-on-the-live-screen-are-clean on_the_live_screen
	ok unknown-terminal-type-is-clean terminal_of_no_type
else
	skip strings-on-the-live-screen-are-clean "no script(1) here"
	skip unknown-terminal-type-is-clean "no script(1) here"
fi
if [ "${B:-build}" != build ]; then
	skip strings-of-sysfs-are-clean "the sanitizers want to be loaded first"
elif command -v umockdev-run >/dev/null; then
	ok strings-of-sysfs-are-clean in_the_list
else
	skip strings-of-sysfs-are-clean "no umockdev here"
fi
finish
