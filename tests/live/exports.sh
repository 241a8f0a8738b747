#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Exports of live traffic with all five moments: what the workload's log counts is in each form, a
# capture tells the time of day, and reads back as what it was made of.
# Once: of the kernel it asks no more than events.sh does.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

plan exports-guest-ends-well capture-has-the-logs-transfers capture-is-of-that-time \
	capture-opens-in-wireshark rows-have-the-logs-transfers rows-name-the-handler \
	rows-of-a-capture-agree-with-its-report trace-of-a-capture-agrees-with-its-report \
	trace-knows-its-clocks no-kernel-address-in-an-export

guest --gadget <<'END'
load='bulkload --device 0525:a4a0 --in --out --mode queued --depth 4 --count 60'
date +%s >before
need urbscope export --level full -o full.pcapng -- $load --log pcapng.log
date +%s >after
need urbscope export --level full -o full.csv -- $load --log csv.log
need urbscope export --level full -o full.perfetto-trace -- $load --log trace.log
need urbscope export --source usbmon -o usbmon.pcapng -- $load --log usbmon.log
END
PATH=$build:$build/tests/tools:$PATH
endpoints=$(awk '$1 == "summary" { print $2 }' "$out/pcapng.log" 2>/dev/null)

capture_transfers()
{
	local ep
	urbscope report --json "$out/full.pcapng" >"$out/full.json"
	for ep in $endpoints; do
		agrees full.json pcapng.log 0525:a4a0 $ep
	done
	is 'the last moment' "$(get full.json 'source.sees[4]')" returned
	is 'the clock' "$(get full.json source.clock)" monotonic
}

capture_time()
{
	local file first
	for file in full usbmon; do
		first=$(tshark -n -r "$out/$file.pcapng" -c 1 -T fields -e frame.time_epoch 2>/dev/null)
		least "the first packet of $file" "$first" "$(cat "$out/before")"
	done
	first=$(tshark -n -r "$out/full.pcapng" -T fields -e frame.time_epoch 2>/dev/null | tail -n 1)
	most 'the last packet' "$first" "$(($(cat "$out/after") + 1))"
}

opens()
{
	local file
	for file in full usbmon; do
		capinfos "$out/$file.pcapng" >/dev/null || wrong=1
		tshark -n -r "$out/$file.pcapng" -q -z expert >"$out/expert" 2>/dev/null || wrong=1
		! grep -E '^(Errors|Warns|Notes)|[Mm]alformed' "$out/expert" || wrong=1
	done
}

# rows FILTER: of the CSV, by awk, in which c[NAME] is the column's number
rows()
{
	awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next }
		{ gsub(/"/, "") }
		$c["product"] == "0xa4a0" && $c["outcome"] == "completed" '"$1" "$out/full.csv"
}

csv_transfers()
{
	local ep
	for ep in $endpoints; do
		is "rows of $ep" "$(rows '&& $c["endpoint"] == "'$ep'"' | wc -l)" "$(logged csv.log $ep completed)"
	done
	# all five of each, in their order
	is 'rows in order' "$(rows '&& $c["type"] == "bulk" && $c["submit_ns"] != "" \
		&& $c["submit_ns"] <= $c["queued_ns"] && $c["queued_ns"] <= $c["done_ns"] \
		&& $c["done_ns"] <= $c["handler_ns"] && $c["handler_ns"] <= $c["returned_ns"]' | wc -l)" \
		"$(rows '&& $c["type"] == "bulk"' | wc -l)"
}

# libusb submits through usbfs.
csv_handler()
{
	is 'handlers' "$(rows '&& $c["type"] == "bulk" { print $c["complete_fn"], $c["comm"] }' | sort -u)" \
		'async_completed bulkload'
}

read_back()
{
	urbscope export --to csv "$out/full.pcapng" >"$out/again.csv" &&
		rowcheck "$out/again.csv" "$out/full.json" || wrong=1
}

trace_read_back()
{
	urbscope export --to perfetto "$out/full.pcapng" | protoc --decode_raw |
		tracecheck "$out/full.json" || wrong=1
}

# The first packet: field 6 has a clock for each of monotonic, realtime and boottime.
trace_clocks()
{
	local clocks
	clocks=$(protoc --decode_raw <"$out/full.perfetto-trace" | awk '
		/^}/ { exit }
		$1 == "1:" { id = $2 }
		/^ *2: / && id { print id, $2; id = 0 }')
	is 'clocks' "$(echo "$clocks" | awk '{ printf "%s ", $1 }')" '3 1 6 '
	least 'the time of day' "$(echo "$clocks" | awk '$1 == 1 { print substr($2, 1, 10) }')" \
		"$(cat "$out/after")"
}

no_address()
{
	local file
	for file in full.csv full.perfetto-trace full.pcapng; do
		! grep -aqiE '0x?ffff[89a-f][0-9a-f]{11}|18446[67][0-9]{14}' "$out/$file" || {
			echo "an address in $file"
			wrong=1
		}
	done
	# as bytes: what begins with ffff and is no small number
	! tshark -n -r "$out/full.pcapng" -T fields -e usb.urb_id 2>/dev/null | grep -vqE '^0x0000000' || wrong=1
}

ok exports-guest-ends-well guest_ended_well
ok capture-has-the-logs-transfers capture_transfers
ok capture-is-of-that-time capture_time
ok capture-opens-in-wireshark opens
ok rows-have-the-logs-transfers csv_transfers
ok rows-name-the-handler csv_handler
ok rows-of-a-capture-agree-with-its-report read_back
ok trace-of-a-capture-agrees-with-its-report trace_read_back
ok trace-knows-its-clocks trace_clocks
ok no-kernel-address-in-an-export no_address
