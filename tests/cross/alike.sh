#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# alike.sh: what is built for another machine (ARCH, armhf unless told; qemu-user runs it) makes of a recording,
# to the byte, what is made of it here; and each reads what the other has written. In between lie another width of
# long, another alignment, and floating point of another processor.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/../cli/lib.sh"

arch=${ARCH:-armhf}
case $arch in
armhf) emulator=qemu-arm-static ;;
arm64) emulator=qemu-aarch64-static ;;
*) echo "1..0 # SKIP nothing runs programs for $arch"; exit 0 ;;
esac
sysroot=$("$cli/../rig/fetch-sysroot" "$arch") || exit 2

# there PROGRAM [ARGUMENT...]: of build/ARCH
there()
{
	local program=$1
	shift
	"$emulator" -L "$sysroot" "$build/$arch/$program" "$@"
}

# alike PROGRAM ARGUMENT...: the same bytes and the same status here and there
alike()
{
	local here=0 far=0
	timeout 60 "$build/$1" "${@:2}" >"$tmp/here" 2>"$tmp/here.err" </dev/null || here=$?
	there "$@" >"$tmp/far" 2>"$tmp/far.err" </dev/null || far=$?
	[ "$here" = "$far" ] && [ -s "$tmp/here" ] && cmp "$tmp/here" "$tmp/far" && diff "$tmp/here.err" "$tmp/far.err" || {
		echo "... $* (status here $here, there $far)"
		cat "$tmp/far.err"
		return 1
	}
}

make_recordings()
{
	local n
	mkdir "$tmp/run"
	for n in 1 2 3 4; do
		mkstream $n 900 >"$tmp/run/stream-$n.urb"
	done
	for n in 0 5 10 15 20 23; do
		mkcapture $n $n 200 >"$tmp/run/capture-$n"
	done
	for n in 0 11 37 63; do
		mktext $n $n 200 >"$tmp/run/text-$n"
	done
	gencapture 20000 >"$tmp/run/bulk.pcapng"
	genload 40 20000 >"$tmp/run/load.pcap"
	genload 5 20000 2 >"$tmp/run/other.pcap"
}

reports()
{
	local file
	for file in "$tmp"/run/*; do
		alike urbscope report "$@" "$file" || return 1
	done
}

exports()
{
	local form file
	for form in "events ndjson" "transfers ndjson" "transfers csv" "events pcapng" "transfers perfetto"; do
		for file in "$tmp"/run/{stream-1.urb,stream-3.urb,capture-10,text-37,load.pcap}; do
			alike urbscope export --of "${form% *}" --to "${form#* }" "$file" || return 1
		done
	done
}

judgements()
{
	alike urbscope diff --json "$tmp/run/load.pcap" "$tmp/run/other.pcap" &&
		alike urbscope diff "$tmp/run/load.pcap" "$tmp/run/other.pcap" &&
		alike urbscope check -e '*/bulk' --max-gap-p99 1us --min-mean-depth 2 "$tmp/run/load.pcap"
}

# A trace has a number of its own at each writing, so bytes differ; events do not.
traces()
{
	local n
	for n in 1 2 3; do
		there tests/tools/mkstream $n 900 >"$tmp/theirs.urb" &&
			cmp "$tmp/theirs.urb" "$tmp/run/stream-$n.urb" || return 1
	done
	there urbscope export --to urb -o "$tmp/theirs.urb" "$tmp/run/load.pcap" &&
		urbscope export --to ndjson "$tmp/theirs.urb" >"$tmp/here" &&
		urbscope export --to urb -o "$tmp/ours.urb" "$tmp/run/load.pcap" &&
		there urbscope export --to ndjson "$tmp/ours.urb" >"$tmp/far" &&
		[ -s "$tmp/here" ] && cmp "$tmp/here" "$tmp/far"
}

static_one()
{
	urbscope report --json "$tmp/run/load.pcap" >"$tmp/here" &&
		there static/urbscope report --json "$tmp/run/load.pcap" >"$tmp/far" && cmp "$tmp/here" "$tmp/far"
}

make_recordings
ok reports-in-json-are-alike reports --json
ok reports-in-words-are-alike reports
ok pages-are-alike reports --html
ok exports-are-alike exports
ok judgements-are-alike judgements
ok traces-go-both-ways traces
ok static-is-alike static_one
finish
