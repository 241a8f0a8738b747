#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What an event knows, who is watched, and streams: the five moments and the caller at the full
# level, filters, an idle keyboard, and a UAS disk under parallel readers.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

plan events-guest-ends-well five-moments-in-order one-handler-per-completion \
	moments-lie-in-the-logs-calls caller-is-known facts-are-those-of-sysfs \
	no-kernel-address-leaks filter-in-by-ids filter-by-driver filter-by-port-path \
	idle-keyboard-is-posted-at-once uas-streams-have-depths uas-streams-add-up \
	uas-bytes-agree-with-the-disk
# Before 5.11 the context of a call cannot be told, and kprobes skip some of a disk's givebacks.
needs fentry

guest --gadget --zoo <<'END'
load='bulkload --device 0525:a4a0 --in --out'
for i in 0 1 2; do cat /dev/input/event$i >/dev/null & done
for f in idVendor idProduct product busnum devnum; do
	cat "$(device 0525:a4a0)/$f" >"gadget.$f"
done
basename "$(device 0525:a4a0)" >gadget.path
need urbscope export --level full -o full.ndjson -- \
	sh -c "echo \$\$ >full.pid; exec $load --mode queued --depth 4 --count 60 --log full.log"
mixed="$load --mode queued --depth 4 --count 60 --log filter.log &
	parread /dev/disk/uas --readers 2 --count 20 --size 4096; wait"
need urbscope export -s 0525:a4a0/in -o ids.ndjson -- sh -c "$mixed"
need urbscope export -s driver=uas -o driver.ndjson -- sh -c "$mixed"
need urbscope report --json -s 1-3 -o keyboard.json -t 1
trace=/sys/kernel/tracing
sectors() { awk '{ print $3 }' "/sys/class/block/$(basename "$(readlink -f /dev/disk/uas)")/stat"; }
echo 16384 >$trace/buffer_size_kb
echo 1 >$trace/events/xhci-hcd/xhci_urb_enqueue/enable
sectors >before
need urbscope report --json -s driver=uas -o uas.json -- \
	parread /dev/disk/uas --readers 4 --count 150 --size 4096
sectors >after
cp $trace/trace uas.trace
need urbscope report -s driver=uas -o uas.txt -- parread /dev/disk/uas --readers 4 --count 20 --size 4096
END

# moments: a line for each transfer of the gadget's endpoints, by the export: endpoint, submit call,
# queued, done, handler, returned, status, length; "-" for what there is not.
moments()
{
	awk -v dev="$(cat "$out/gadget.devnum")" -v bus="$(cat "$out/gadget.busnum")" '
		function field(name,   v) {
			if (!match($0, "\"" name "\": ?(\"[^\"]*\"|-?[0-9]+)"))
				return "-"
			v = substr($0, RSTART, RLENGTH)
			sub(/^"[^"]*": ?/, "", v)
			gsub(/"/, "", v)
			return v
		}
		{ ep = field("endpoint"); t = field("transfer"); event = field("event") }
		field("bus") != bus || field("address") != dev || ep == "0x00" { next }
		event == "submit" {
			line[t] = ep " " field("submit_ns") " " field("time_ns")
			order[++n] = t
		}
		event == "complete" {
			line[t] = line[t] " " field("time_ns")
			tail[t] = field("status") " " field("length")
		}
		event == "handler" { of[ep, field("time_ns")] = t; line[t] = line[t] " " field("time_ns") }
		# it carries the time of its handler, not the number of a URB that may be gone
		event == "returned" {
			t = of[ep, field("handler_ns")]
			line[t] = line[t] " " field("time_ns")
		}
		END { for (i = 1; i <= n; i++) print line[order[i]], tail[order[i]] }' "$out/full.ndjson"
}

in_order()
{
	moments >"$out/moments"
	least "transfers" "$(wc -l <"$out/moments")" 120
	awk 'NF != 8 { print "not 8 fields: " $0; bad = 1; next }
		!($2 <= $3 && $3 <= $4 && $4 <= $5 && $5 <= $6) { print "order: " $0; bad = 1 }
		END { exit bad }' "$out/moments" || wrong=1
}

lines() { grep -cE "$2" "$out/$1"; }

one_handler()
{
	local ep event
	for ep in 0x81 0x02; do
		for event in complete handler returned; do
			is "$ep: $event" \
				"$(grep -E "\"event\": ?\"$event\".*\"endpoint\": ?\"$ep\".*\"bulk\"" \
					"$out/full.ndjson" | grep -cE "\"address\": ?$(cat "$out/gadget.devnum")\b")" \
				"$(logged full.log $ep completed)"
		done
	done
}

# The k-th submission of an endpoint is made within the k-th submitting call of the log, and is
# through before it is reaped; status and length are those of the log.
within_calls()
{
	local ep
	for ep in 0x81 0x02; do
		moments | awk -v ep=$ep -v log_file="$out/full.log" '
			BEGIN {
				while ((getline line <log_file) > 0) {
					split(line, f, " ")
					if (f[1] != "event" || f[3] != ep)
						continue
					if (f[4] == "submit-call") call[f[5]] = f[2]
					if (f[4] == "submit-return") ret[f[5]] = f[2]
					if (f[4] == "reap") { reap[f[5]] = f[2]; end[f[5]] = f[8] " " f[9] }
				}
			}
			$1 == ep {
				k = n++
				if (!(call[k] <= $2 && $3 <= ret[k] && $5 <= reap[k] && end[k] == $7 " " $8)) {
					print "transfer " k ": " $0 "; log: " call[k], ret[k], reap[k], end[k]
					bad = 1
				}
			}
			END { exit bad || !n }' || wrong=1
	done
}

caller()
{
	local submits
	submits=$(grep -E '"event": ?"submit"' "$out/full.ndjson" | grep -E '"type": ?"bulk"' |
		grep -E "\"bus\": ?$(cat "$out/gadget.busnum")\b")
	least "submissions" "$(echo "$submits" | wc -l)" 120
	# usbfs submits bulk URBs in the caller's own call, under a spinlock: GFP_ATOMIC, which is
	# 0xa20 up to 6.1 and 0x820 later
	is "not from the load" "$(echo "$submits" | grep -vcE \
		"\"gfp\": ?(2592|2080),.*\"pid\": ?$(cat "$out/full.pid"), ?\"comm\": ?\"bulkload\", ?\"in_irq\": ?false, ?\"complete_fn\": ?\"async_completed\"")" 0
}

facts()
{
	local line
	line=$(grep -E '"event": ?"facts".*"endpoint": ?"0x81"' "$out/full.ndjson" |
		grep -E "\"bus\": ?$(cat "$out/gadget.busnum"), ?\"address\": ?$(cat "$out/gadget.devnum")," | tail -n 1)
	echo "$line" >"$out/facts.json"
	is vid "$(get facts.json vid)" "$(cat "$out/gadget.idVendor")"
	is pid "$(get facts.json pid)" "$(cat "$out/gadget.idProduct")"
	is path "$(get facts.json path)" "$(cat "$out/gadget.path")"
	is name "$(get facts.json name)" "$(cat "$out/gadget.product")"
	is speed "$(get facts.json speed)" high
	is driver "$(get facts.json driver)" usbfs
	is max_packet "$(get facts.json max_packet)" 512
}

# only FILE PATTERN: each line about an endpoint matches, and there are some
only()
{
	least "lines" "$(lines "$1" '"endpoint"')" 1
	is "lines of others" "$(grep -E '"(endpoint|address)"' "$out/$1" | grep -vcE "$2")" 0
}

filter_ids()
{
	local bus dev
	bus=$(cat "$out/gadget.busnum") dev=$(cat "$out/gadget.devnum")
	only ids.ndjson "\"bus\": ?$bus, ?\"address\": ?$dev, ?\"endpoint\": ?\"0x81\""
	# and all of it: IN was the same in each run of the mixed load, 60 and what stood in the queue
	least "submissions" "$(lines ids.ndjson '"event": ?"submit"')" 60
	is "completions" "$(lines ids.ndjson '"event": ?"complete"')" \
		"$(lines ids.ndjson '"event": ?"submit"')"
}

filter_driver()
{
	local line
	line=$(grep -m1 '"path"' "$out/driver.ndjson")
	echo "$line" >"$out/uas-facts.json"
	is "driver" "$(get uas-facts.json driver)" uas
	only driver.ndjson "\"bus\": ?$(get uas-facts.json bus), ?\"address\": ?$(get uas-facts.json address)\b"
	is "control" "$(lines driver.ndjson '"endpoint": ?"0x00"')" 0
	least "submissions" "$(lines driver.ndjson '"event": ?"submit"')" 40
}

filter_path()
{
	local i n
	n=$(get keyboard.json "endpoints[#]")
	least "endpoints" "$n" 1
	for ((i = 0; i < n; i++)); do
		is "path" "$(get keyboard.json "endpoints[$i].device.path")" 1-3
	done
}

keyboard()
{
	local ep
	ep=$(at 1-3 0x81)
	is "inherited" "$(get keyboard.json "$ep.transfers.inherited")" 1
	is "in flight" "$(get keyboard.json "$ep.in_flight.now")" 1
	is "submitted" "$(get keyboard.json "$ep.transfers.submitted")" 0
	is "complete" "$(get keyboard.json "$ep.complete")" true
	is "type" "$(get keyboard.json "$ep.type")" int
	is "driver" "$(get keyboard.json "$ep.device.driver")" usbhid
}

# A tag is a stream, and a tag has one data transfer at a time: 4 readers, at most 4 of them.
streams()
{
	local ep n i
	ep="endpoints[device.driver=uas,endpoint=0x83]"
	n=$(get uas.json "$ep.streams[#]")
	least "streams" "$n" 2
	for ((i = 0; i < n; i++)); do
		is "stream $i: deepest" "$(get uas.json "$ep.streams[$i].in_flight.max")" 1
		is "stream $i: now" "$(get uas.json "$ep.streams[$i].in_flight.now")" 0
	done
	least "all: deepest" "$(get uas.json "$ep.in_flight.max")" 2
	most "all: deepest" "$(get uas.json "$ep.in_flight.max")" 4
}

# By the host controller's own trace: "ep3in-bulk: ... stream 2 ..."
traced()
{
	grep -cE "ep3in-bulk: .* stream $1 " "$out/uas.trace"
}

streams_add_up()
{
	local ep n i sum=0 stream got
	ep="endpoints[device.driver=uas,endpoint=0x83]"
	n=$(get uas.json "$ep.streams[#]")
	is "streams" "$n" "$(grep -oE 'ep3in-bulk: .* stream [0-9]+ ' "$out/uas.trace" |
		awk '{ print $NF }' | sort -u | wc -l)"
	for ((i = 0; i < n; i++)); do
		stream=$(get uas.json "$ep.streams[$i].stream")
		got=$(get uas.json "$ep.streams[$i].transfers.submitted")
		is "stream $stream" "$got" "$(traced "$stream")"
		sum=$((sum + got))
	done
	is "sum" "$sum" "$(get uas.json "$ep.transfers.submitted")"
}

uas_bytes()
{
	local read=$((4 * 150 * 4096))
	is "the disk's sectors" "$((512 * ($(cat "$out/after") - $(cat "$out/before"))))" $read
	is "bytes" "$(get uas.json "endpoints[device.driver=uas,endpoint=0x83].bytes")" $read
}

ok events-guest-ends-well guest_ended_well
ok five-moments-in-order in_order
ok one-handler-per-completion one_handler
ok moments-lie-in-the-logs-calls within_calls
ok caller-is-known caller
ok facts-are-those-of-sysfs facts
ok no-kernel-address-leaks no_kernel_address full.ndjson ids.ndjson driver.ndjson uas.json uas.txt
ok filter-in-by-ids filter_ids
ok filter-by-driver filter_driver
ok filter-by-port-path filter_path
ok idle-keyboard-is-posted-at-once keyboard
ok uas-streams-have-depths streams
ok uas-streams-add-up streams_add_up
ok uas-bytes-agree-with-the-disk uas_bytes
