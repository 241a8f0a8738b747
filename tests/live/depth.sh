#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# How many URBs are in flight, and how many came and went: one at a time and queued, IN and OUT,
# on a device that answers at once and on one that takes 2 ms a transfer.
# 32 bits: by usbmon, too.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

plan depth-guest-ends-well \
	sync-has-depth-1-and-gaps sync-counts-agree-with-the-log \
	queued-counts-agree-with-the-log queued-fills-its-depth \
	depth-distribution-in depth-distribution-out posted-in-is-never-unposted \
	levels-count-alike report-takes-the-commands-status

guest --icount --gadget --ffs=--in-delay,2ms,--out-delay,2ms <<'END'
load='bulkload --device 0525:a4a0 --in --out'
slow='bulkload --device 1d6b:0105 --in --out'
need urbscope report --json -o sync.json -- $load --mode sync --count 300 --log sync.log
need urbscope report --json -o fast.json -- $load --mode queued --depth 16 --count 3000 --log fast.log
need urbscope report --level full --json -o full.json -- \
	$load --mode queued --depth 16 --count 3000 --log full.log
tag 1d6b:0105 Bi:1 >in.tag
tag 1d6b:0105 Bo:2 >out.tag
watch_bus 1d6b:0105 slow.mon
watch_givebacks
need urbscope report --json -o slow.json -- \
	$slow --mode queued --depth 8 --count 400 --log slow.log
cp /sys/kernel/tracing/trace slow.done
watched
$slow --mode queued --depth 8 --seconds 100 --log steady.log &
load=$!
sleep 0.5
need urbscope report --json -o steady.json -t 500ms
kill -INT $load
wait $load
urbscope report --json -o failing.json -- sh -c 'exit 7'
echo $? >failing.status
END

sync_depth()
{
	local ep
	for ep in 0x81 0x02; do
		is "$ep: max in flight" "$(get sync.json "$(at 0525:a4a0 $ep).in_flight.max")" 1
		is "$ep: deepest at submit" "$(get sync.json "$(at 0525:a4a0 $ep).depth.max")" 1
		least "$ep: gap share" "$(get sync.json "$(at 0525:a4a0 $ep).gaps.share")" 0.0001
		is "$ep: finding" \
			"$(get sync.json "findings[kind=sync,device.vid=0525,endpoint=$ep].kind")" sync
	done
}

counts()
{
	agrees "$1.json" "$1.log" "$2" 0x81
	agrees "$1.json" "$1.log" "$2" 0x02
}

queued_counts()
{
	counts fast 0525:a4a0
	counts slow 1d6b:0105
}

# The log's bound from above; and the slow device leaves the host time to reach it.
queued_depth()
{
	local ep
	for ep in 0x81 0x02; do
		is "$ep: max in flight" "$(get slow.json "$(at 1d6b:0105 $ep).in_flight.max")" \
			"$(logged slow.log $ep max-outstanding)"
		most "$ep: max in flight" "$(get fast.json "$(at 0525:a4a0 $ep).in_flight.max")" \
			"$(logged fast.log $ep max-outstanding)"
	done
	is "finding sync" "$(get slow.json "findings[kind=sync,device.vid=1d6b].kind")" nothing
}

distribution()
{
	"$build/tests/tools/depthlog" --report "$out/slow.json" --at "$(at 1d6b:0105 "$1")" \
		--usbmon "$out/slow.mon" --tag "$(cat "$out/$2.tag")" --host "$out/slow.log" \
		--probe "$out/slow.done" --endpoint "$1"
}

# In the middle of a run that, by its log, always had the whole queue posted.
never_unposted()
{
	local ep
	ep=$(at 1d6b:0105 0x81)
	is "the log's depth" "$(logged steady.log 0x81 max-outstanding)" 8
	least "submitted" "$(get steady.json "$ep.transfers.submitted")" 50
	is "max in flight" "$(get steady.json "$ep.in_flight.max")" 8
	is "inherited" "$(get steady.json "$ep.transfers.inherited")" 8
	is "gaps" "$(get steady.json "$ep.gaps.count")" 0
	is "unposted" "$(get steady.json "$ep.unposted_ns")" 0
	is "idle" "$(get steady.json "$ep.idle_ns")" 0
	is "bursts" "$(get steady.json "$ep.bursts")" 1
	is "finding" \
		"$(get steady.json "findings[kind=unposted,device.vid=1d6b,endpoint=0x81].kind")" nothing
}

levels()
{
	counts full 0525:a4a0
	is "what full sees" "$(get full.json "source.sees[#]")" 5
	is "what basic sees" "$(get fast.json "source.sees[#]")" 2
	is "handlers" "$(get full.json "$(at 0525:a4a0 0x81).handler_ns.count")" \
		"$(logged full.log 0x81 completed)"
	is "giveback delays" "$(get full.json "$(at 0525:a4a0 0x02).giveback_delay_ns.count")" \
		"$(logged full.log 0x02 completed)"
	is "basic's handlers" "$(get fast.json "$(at 0525:a4a0 0x81).handler_ns")" null
}

ok depth-guest-ends-well guest_ended_well
ok sync-has-depth-1-and-gaps sync_depth
ok sync-counts-agree-with-the-log counts sync 0525:a4a0
ok queued-counts-agree-with-the-log queued_counts
ok queued-fills-its-depth queued_depth
without_bpf=$(kernel_lacks bpf)
if [ -z "$without_bpf" ]; then
	ok depth-distribution-in distribution 0x81 in
	ok depth-distribution-out distribution 0x02 out
else
	skip depth-distribution-in "$without_bpf"
	skip depth-distribution-out "$without_bpf"
fi
ok posted-in-is-never-unposted never_unposted
if [ -z "$without_bpf" ]; then
	ok levels-count-alike levels
else
	skip levels-count-alike "$without_bpf"
fi
ok report-takes-the-commands-status is "exit status" "$(cat "$out/failing.status")" 4
