#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Captures and logs from the wild, against a second parser and slow formulas (tests/tools/capnaive.c). They
# are not ours to copy: without them (URBSCOPE_CORPUS, else ../shared/corpus) there is one skip.
# MAX: endpoints of more events than that are compared in their counts only.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

corpus=${URBSCOPE_CORPUS:-$cli/../../../shared/corpus}

# as_file CAPTURE: its path, unpacked
as_file()
{
	case $1 in
	*.gz) zcat "$1" >"$tmp/capture" ;;
	*) cat "$1" >"$tmp/capture" ;;
	esac
}

exact()
{
	local status=0
	as_file "$1"
	run urbscope report --json "$tmp/capture"
	wants 0 || return 1
	capnaive "$tmp/capture" "$tmp/out" "${MAX:-3000}" || status=$?
	# where time runs backwards the formulas say nothing; but then we do
	case $status in
	3) says 'too late to be put in order' ;;
	*) return $status ;;
	esac
}

same_through_a_pipe()
{
	as_file "$1"
	urbscope report --json - <"$tmp/capture" | sed 's/"path": "-"/"path": 0/' >"$tmp/piped"
	run urbscope report --json "$tmp/capture"
	wants 0 && [ -s "$tmp/piped" ] || return 1
	sed "s|\"path\": \"$tmp/capture\"|\"path\": 0|" "$tmp/out" | diff - "$tmp/piped"
}

# The same packets in pcap and in pcapng.
same_in_both_forms()
{
	local form
	for form in pcap pcapng; do
		run urbscope report --json "$corpus/leap-init.$form"
		wants 0 || return 1
		grep -v '"path": "/' "$tmp/out" >"$tmp/$form"
	done
	diff "$tmp/pcap" "$tmp/pcapng"
}

# is PATH VALUE: of the report on stdout
is()
{
	[ "$(jsonget "$tmp/out" "$1")" = "$2" ] || {
		echo "$1 is $(jsonget "$tmp/out" "$1"), not $2"
		return 1
	}
}

submit_error_is_seen()
{
	run urbscope report --json "$corpus/h115i-merged-dups.pcapng"
	wants 0 && is events.submit_error 2
}

irp_info_is_counted()
{
	run urbscope report --json "$corpus/hp-m175-scan.pcapng"
	wants 0 && is events.skipped 18
}

cut_capture_is_told()
{
	run urbscope report "$corpus/derived-cut-midblock.pcapng"
	wants 0 && says 'broke off' 'tried to read'
}

device_is_named()
{
	run urbscope report --json "$corpus/umockdev-usbkbd.pcapng"
	wants 0 && is 'endpoints[device.vid=04d9,device.address=11,endpoint=0x81].device.pid' 1603
}

# Another tool's log, of which the records that it wrote in its own way are lost.
lost_records_are_told()
{
	run urbscope report --json "$corpus/blackberry-enhanced.txt"
	wants 0 && is events.skipped 291 && is events.lost 291 &&
		is 'endpoints[device.address=13,endpoint=0x00].complete' false
}

text_names_the_device()
{
	run urbscope report --json "$corpus/ant-pairing.mon"
	wants 0 && is 'endpoints[device.vid=0fcf,device.address=2,endpoint=0x81].device.pid' 1008
}

if [ ! -d "$corpus" ]; then
	skip captures-from-the-wild-are-exact "no corpus here: URBSCOPE_CORPUS names its folder"
	finish
fi
for file in "$corpus"/*.pcap "$corpus"/*.pcapng "$corpus"/*.pcapng.gz "$corpus"/*.mon \
	"$corpus"/*.log "$corpus"/*.txt; do
	name=${file##*/}
	case $name in
	bad-* | other-* | mixed-ether-*) ;; # malformed.sh has those
	f196-usbsnoop*) ok "$name-is-refused" fails 'usbmon' urbscope report "$file" ;;
	*) ok "$name-is-exact" exact "$file" ;;
	esac
done
ok packed-capture-names-zcat fails 'zcat' urbscope report "$corpus/mct-t6-usb3-display.pcapng.gz"
ok capture-may-come-through-a-pipe same_through_a_pipe "$corpus/mct-t6-usb3-display.pcapng.gz"
ok pcap-and-pcapng-say-the-same same_in_both_forms
ok submission-error-is-an-event submit_error_is_seen
ok irp-info-is-skipped-and-counted irp_info_is_counted
ok cut-capture-is-told cut_capture_is_told
ok device-is-known-by-its-descriptor device_is_named
ok text-device-is-known-by-its-descriptor text_names_the_device
ok text-that-is-not-understood-is-lost lost_records_are_told
finish
