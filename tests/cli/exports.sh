#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What `urbscope export` writes, by the programs that it is written for, and against the report.
# Captures of the corpus are not ours to copy: without them there is one skip less to pass.
# MAX: endpoints of more rows than that are compared in their counts; larger captures are passed over.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

corpus=${URBSCOPE_CORPUS:-$cli/../../../shared/corpus}
max=${MAX:-1500}
dir=$(cd "$cli/.." && pwd)

# each_of_corpus COMMAND...: of every recording of the corpus that can be read and is not large
each_of_corpus()
{
	local file seen=0
	for file in "$corpus"/*.pcap "$corpus"/*.pcapng "$corpus"/*.mon "$corpus"/*.log "$corpus"/*.txt; do
		case ${file##*/} in
		bad-* | other-* | mixed-* | *usbsnoop*) continue ;;
		esac
		[ "$(stat -c %s "$file")" -le "${size_max:-1000000}" ] || continue
		seen=$((seen + 1))
		"$@" "$file" || {
			echo "... of $file"
			return 1
		}
	done
	[ $seen -ge 10 ]
}

# Streams of random lives, with five moments, streams, losses.
each_of_streams()
{
	local seed
	for seed in 1 2 3 4 5 6 7 8 9 10 11 12; do
		mkstream $seed 900 >"$tmp/random.urb"
		"$@" "$tmp/random.urb" || {
			echo "... of mkstream $seed 900"
			return 1
		}
	done
}

figures()
{
	urbscope report --json "$1" 2>/dev/null | grep -v '"path": "/'
}

# A recording and the capture that is made of it: the same figures; and made again, the same bytes.
same_figures()
{
	urbscope export --to pcapng -o "$tmp/one.pcapng" "$1" 2>/dev/null &&
		figures "$1" >"$tmp/before" && figures "$tmp/one.pcapng" >"$tmp/after" &&
		[ -s "$tmp/before" ] && diff "$tmp/before" "$tmp/after" || return 1
	urbscope export --to pcapng "$tmp/one.pcapng" 2>/dev/null | cmp - "$tmp/one.pcapng"
}

same_events()
{
	urbscope export "$1" >"$tmp/before" 2>/dev/null
	urbscope export --to pcapng "$1" 2>/dev/null | urbscope export - >"$tmp/after"
	[ -s "$tmp/before" ] && cmp "$tmp/before" "$tmp/after"
}

# Wireshark's own programs find nothing to remark, but for the comments.
opens_in_wireshark()
{
	local remarks
	urbscope export --to pcapng -o "$tmp/one.pcapng" "$1" 2>/dev/null || return 1
	capinfos "$tmp/one.pcapng" >"$tmp/capinfos" 2>"$tmp/err" &&
		grep -q 'usb-linux-mmap' "$tmp/capinfos" || return 1
	tshark -n -r "$tmp/one.pcapng" -q -z expert >"$tmp/expert" 2>"$tmp/err" || return 1
	# a capture may have no URBs at all
	grep -q 'Number of packets: *0$' "$tmp/capinfos" && return
	remarks=$(grep -v 'Running as user' "$tmp/err")
	[ -z "$remarks" ] || {
		echo "$remarks"
		return 1
	}
	! grep -qE '^(Errors|Warns|Notes|Chats)|[Mm]alformed' "$tmp/expert" || {
		cat "$tmp/expert"
		return 1
	}
}

# And usb.time is the latency, of what tells no more than usbmon.
agrees_with_wireshark()
{
	opens_in_wireshark "$1" || return 1
	grep -q 'Number of packets: *0$' "$tmp/capinfos" || "$dir/tools/tshark-agrees" "$tmp/one.pcapng"
}

rows_agree()
{
	urbscope report --json "$1" >"$tmp/report" 2>/dev/null &&
		urbscope export -o "$tmp/one.csv" "$1" 2>/dev/null &&
		rowcheck "$tmp/one.csv" "$tmp/report" "$max"
}

traces_agree()
{
	urbscope report --json "$1" >"$tmp/report" 2>/dev/null &&
		urbscope export -o "$tmp/one.perfetto-trace" "$1" 2>/dev/null &&
		protoc --decode_raw <"$tmp/one.perfetto-trace" >"$tmp/decoded" &&
		tracecheck "$tmp/report" "$max" <"$tmp/decoded"
}

# NDJSON has the same rows as CSV, with the names of the columns.
ndjson_has_the_rows()
{
	urbscope export --to csv "$tmp/run.urb" >"$tmp/csv" 2>/dev/null
	urbscope export --to ndjson --of transfers "$tmp/run.urb" >"$tmp/ndjson" 2>/dev/null
	[ "$(wc -l <"$tmp/ndjson")" = $(($(wc -l <"$tmp/csv") - 1)) ] || return 1
	# nothing that mkstream writes needs an escape
	sed 's/^{//; s/}$//; s/"[a-z_]*": //g; s/, /,/g; s/null//g' "$tmp/ndjson" >"$tmp/values"
	tail -n +2 "$tmp/csv" | diff -q - "$tmp/values" || return 1
	head -n 1 "$tmp/ndjson" | grep -o '"[a-z_]*":' | tr -d '":' | paste -sd, | diff - <(head -n 1 "$tmp/csv")
}

# The ending of a name tells the format, and whether to pack it.
names_tell()
{
	local ending
	for ending in ndjson csv pcapng perfetto-trace; do
		urbscope export -o "$tmp/named.$ending" "$tmp/run.urb" 2>/dev/null &&
			urbscope export -o "$tmp/named.$ending.zst" "$tmp/run.urb" 2>/dev/null &&
			zstd -dqc "$tmp/named.$ending.zst" | cmp - "$tmp/named.$ending" || return 1
		[ "$(stat -c %s "$tmp/named.$ending.zst")" -lt "$(stat -c %s "$tmp/named.$ending")" ] || return 1
	done
	urbscope export --to csv -o "$tmp/named.txt" "$tmp/run.urb" && cmp "$tmp/named.txt" "$tmp/named.csv"
}

wrong_forms()
{
	fails 'ndjson, urb, csv, pcapng, perfetto' urbscope export --to yaml "$tmp/run.urb" &&
		fails 'csv has transfers' urbscope export --to csv --of events "$tmp/run.urb" &&
		fails 'ndjson has events, transfers' urbscope export --of things "$tmp/run.urb"
}

full_disk()
{
	local ending
	for ending in csv pcapng perfetto-trace csv.zst; do
		ln -sf /dev/full "$tmp/full.$ending"
		run urbscope export -o "$tmp/full.$ending" "$tmp/run.urb"
		wants 2 && tail -n 1 "$tmp/err" | grep -q "full.$ending: No space left" || return 1
	done
}

closed_pipes()
{
	local format
	for format in csv pcapng perfetto 'ndjson --of transfers'; do
		# shellcheck disable=SC2086
		urbscope export --to $format "$tmp/run.urb" 2>"$tmp/err" | head -c 10 >/dev/null
		[ "${PIPESTATUS[0]}" = 0 ] && ! grep -v note: "$tmp/err" || return 1
	done
}

# Cut anywhere, it is told up to there, and that it broke off.
cut_captures()
{
	local size at
	urbscope export --to pcapng -o "$tmp/whole.pcapng" "$tmp/run.urb" 2>/dev/null
	size=$(stat -c %s "$tmp/whole.pcapng")
	for ((at = 400; at < size; at += size / 40)); do
		head -c $at "$tmp/whole.pcapng" >"$tmp/cut.pcapng"
		run urbscope report "$tmp/cut.pcapng"
		wants 0 && grep -q 'broke off' "$tmp/err" || {
			[ $status = 2 ] && says 'before its first packet' || return 1
		}
	done
}

# A terminal sees how far it is, nothing of that stays; a pipe never sees it. What is read takes
# longer than the line waits before it shows.
slow_report()
{
	{
		head -c 20000 "$tmp/run.urb"
		sleep 1.5
		tail -c +20001 "$tmp/run.urb"
	} | urbscope report - >/dev/null
}

progress_on_a_terminal()
{
	export -f slow_report
	export tmp
	TERM=xterm SHELL=/bin/bash timeout 30 script -qec slow_report "$tmp/screen" >/dev/null </dev/null
	grep -aq 'events, .*/s' "$tmp/screen" && tail -n 2 "$tmp/screen" | grep -aq $'\r *\r'
}

no_progress_in_a_pipe()
{
	slow_report 2>"$tmp/err"
	[ ! -s "$tmp/err" ]
}

mkstream 3 900 >"$tmp/run.urb"
ok streams-keep-their-figures-as-captures each_of_streams same_figures
ok streams-keep-their-events-as-captures each_of_streams same_events
ok rows-of-streams-agree-with-the-report each_of_streams rows_agree
ok ndjson-has-the-rows-of-csv ndjson_has_the_rows
ok names-tell-the-format names_tell
ok wrong-forms-name-the-right-ones wrong_forms
ok full-disk-is-told-by-every-form full_disk
ok closed-pipe-ends-every-form-quietly closed_pipes
ok cut-captures-are-told-up-to-there cut_captures
ok progress-shows-on-a-terminal progress_on_a_terminal
ok progress-is-silent-in-a-pipe no_progress_in_a_pipe
if command -v protoc >/dev/null; then
	ok traces-of-streams-agree-with-the-report each_of_streams traces_agree
else
	skip traces-of-streams-agree-with-the-report "no protoc here"
fi
if command -v tshark >/dev/null; then
	ok streams-open-in-wireshark each_of_streams opens_in_wireshark
else
	skip streams-open-in-wireshark "no tshark here"
fi
if [ ! -d "$corpus" ]; then
	skip exports-of-captures-from-the-wild "no corpus here: URBSCOPE_CORPUS names its folder"
	finish
fi
ok wild-captures-keep-their-figures each_of_corpus same_figures
ok rows-of-wild-captures-agree-with-the-report each_of_corpus rows_agree
size_max=300000
! command -v protoc >/dev/null || ok traces-of-wild-captures-agree-with-the-report each_of_corpus traces_agree
size_max=30000
! command -v tshark >/dev/null || ok wild-captures-agree-with-wireshark each_of_corpus agrees_with_wireshark
finish
