#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Why the bus waited, and what would help: gaps by their parts against the workloads' own logs, and a queue of
# the depth that was named.
# Once: of the kernel it asks no more than events.sh does.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

plan causes-guest-ends-well parts-add-up-to-the-gaps the-caller-is-late-as-its-log-says \
	a-handler-that-resubmits-is-not-late the-depth-named-bridges-the-gaps \
	a-queue-cannot-help-a-slow-host a-basic-level-names-its-cure
needs fentry

make -s -C "$repo" B="$build" queueload >"$out/made" 2>&1 || cat "$out/made"

# A slow device, and one that is faster than its host.
guest --zoo=kbd --ffs=--in-delay,4ms,--out-delay,4ms --ffs <<'END'
PATH=/toolkit/tests/queues:$PATH
slow=1d6b:0105 fast=1d6b:0106
sync="dir=out mode=sync"
need urbscope report --level full --json -o late.json -- queueload $fast late.log $sync count=200 pause_us=4000
need urbscope report --level full -o late.txt -- queueload $fast text.log $sync count=50 pause_us=4000
need urbscope report -o basic.txt -- queueload $fast basic.log $sync count=50 pause_us=4000
need urbscope report --level full --json -o thrifty.json -- queueload $slow thrifty.log $sync count=200 pause_us=300
depth=$(/toolkit/tests/tools/jsonget thrifty.json 'findings[kind=sync].values.bridged_by_depth')
echo "$depth" >depth
need urbscope report --json -o named.json -- queueload $slow named.log dir=out depth="$depth" count=200 pause_us=300
need urbscope report --json -o deep.json -- queueload $fast deep.log dir=out depth=16 count=200 pause_us=4000
cat /dev/input/event0 >/dev/null &
need urbscope report --level full --json -o keys.json -s 1-1 -- sh -c '
	for key in a b c d e f g h; do monitor "sendkey $key"; sleep 0.2; done'
END

slow=$(at 1d6b:0105 0x02) fast=$(at 1d6b:0106 0x02) keys=$(at 1-1 0x81)
part() { get "$1.json" "$2.gaps.parts_ns.$3"; }

add_up()
{
	local name at
	for name in late thrifty keys; do
		case $name in late) at=$fast ;; thrifty) at=$slow ;; keys) at=$keys ;; esac
		least "$name: gaps" "$(get $name.json "$at.gaps.count")" 4
		is "$name: parts" "$(($(part $name "$at" before_handler) + $(part $name "$at" in_handler) +
			$(part $name "$at" after_handler) + $(part $name "$at" in_submit)))" \
			"$(get $name.json "$at.gaps.total_ns")"
	done
}

# From each reap to the next call by the log; only those that are gaps, as all are here that are short enough.
between()
{
	awk '$1 == "event" && $3 == "0x02" && $4 == "reap" { reaped = $2 }
		$1 == "event" && $3 == "0x02" && $4 == "submit-call" && reaped && $2 - reaped < 9500000 { sum += $2 - reaped }
		END { print sum + 0 }' "$out/late.log"
}

# The kernel does not call complete() later than the program knows of it, nor is usb_submit_urb() called before.
late()
{
	local after total
	after=$(part late "$fast" after_handler) total=$(get late.json "$fast.gaps.total_ns")
	least "after the handler" "$after" "$(between)"
	least "of all" "$after" $((total / 2))
	grep -q "of that between the completion handler's return and the next usb_submit_urb()" "$out/late.txt" || {
		echo "no word of it:"
		tail -n 4 "$out/late.txt"
		wrong=1
	}
}

handler_resubmits()
{
	is "after the handler" "$(part keys "$keys" after_handler)" 0
	least "in it" "$(part keys "$keys" in_handler)" 1
}

share() { get "$1.json" "$2.gaps.share"; }

bridges()
{
	least "depth" "$(cat "$out/depth")" 2
	most "max in flight" "$(get named.json "$slow.in_flight.max")" "$(cat "$out/depth")"
	least "gap share of one at a time" "$(share thrifty "$slow")" 0.1
	most "gap share of the queue" "$(share named "$slow")" "$(awk -v s="$(share thrifty "$slow")" 'BEGIN { print s / 4 }')"
}

# 4 ms for what the device does in less than one: most of the time are gaps, whatever the depth.
slow_host()
{
	is "depth" "$(get late.json 'findings[kind=sync].values.bridged_by_depth')" null
	least "gap share of a queue" "$(share deep "$fast")" 0.4
}

names_the_cure()
{
	is "cure" "$(grep -c -- '--level full' "$out/basic.txt")" 1
	is "cure at that level" "$(grep -c -- '--level full' "$out/late.txt")" 0
}

ok causes-guest-ends-well guest_ended_well
ok parts-add-up-to-the-gaps add_up
ok the-caller-is-late-as-its-log-says late
ok a-handler-that-resubmits-is-not-late handler_resubmits
ok the-depth-named-bridges-the-gaps bridges
ok a-queue-cannot-help-a-slow-host slow_host
ok a-basic-level-names-its-cure names_the_cure
