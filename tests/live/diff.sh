#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What a queue changes, told from recordings: four runs one at a time, four queued, in turn.
# Once: of the kernel it asks no more than recording.sh does.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

plan diff-guest-ends-well diff-counts-agree-with-the-logs diff-tells-what-a-queue-changes \
	diff-of-two-runs-tells-the-queue-too diff-of-the-same-driver-is-no-certainty

needs fentry

guest --ffs=--in-delay,500us,--out-delay,500us <<'END'
load='bulkload --device 1d6b:0105 --in --out --count 400'
for i in 1 2 3 4; do
	need urbscope record -o sync$i.urb -- $load --mode sync --log sync$i.log
	need urbscope record -o deep$i.urb -- $load --mode queued --depth 8 --log deep$i.log
done
END

# differ NAME SELECTOR FILE...: by the tool of this machine; the guest's would say the same
differ()
{
	local name=$1 sel=$2
	shift 2
	(cd "$out" && "$build/urbscope" diff --json -s "$sel" "$@" >"$name.json")
}

runs() { echo "$1"{1..4}.urb; }

# logs KIND ENDPOINT: completions of all four, by the logs
logs()
{
	local i sum=0
	for i in 1 2 3 4; do
		sum=$((sum + $(logged "$1$i.log" "$2" completed)))
	done
	echo $sum
}

# figure NAME PATH: of the one endpoint
figure() { get "$1.json" "endpoints[0].figures.$2"; }

counts()
{
	local ep
	for ep in 0x81 0x02; do
		is "$ep: before" "$(figure "all-$ep" errors.before.of)" "$(logs sync $ep)"
		is "$ep: after" "$(figure "all-$ep" errors.after.of)" "$(logs deep $ep)"
	done
}

# One at a time is never more than one in flight, and leaves the endpoint empty after each. How long,
# is a matter of how busy the machine is: of the share only its direction is sure.
queue()
{
	local ep
	for ep in 0x81 0x02; do
		is "$ep: noise" "$(get "all-$ep.json" noise)" between-runs
		is "$ep: depth" "$(figure "all-$ep" depth.verdict)" higher
		most "$ep: gap share" "$(figure "all-$ep" gap_share.change)" -0.01
		is "$ep: gaps" "$(figure "all-$ep" gaps.verdict)" lower
		is "$ep: errors" "$(figure "all-$ep" errors.verdict)" no-difference
		most "$ep: depth before" "$(figure "all-$ep" depth.before.value)" 1
		least "$ep: depth after" "$(figure "all-$ep" depth.after.value)" 2
		is "$ep: worse" "$(figure "all-$ep" gap_share.worse)" false
	done
}

# Batches of one run each: the verdict may be that noise is too slow, but no other.
two_runs()
{
	local verdict
	verdict=$(figure two depth.verdict)
	is "not enough batches" "$(figure two depth.before.batches | grep -c '^0$')" 0
	[ "$verdict" = too-short ] || is "depth" "$verdict" higher
	verdict=$(figure two gaps.verdict)
	[ "$verdict" = too-short ] || is "gaps" "$verdict" lower
}

# Two runs and two of the same: that it is as good as certain that they differ would be wrong.
same()
{
	local what
	for what in depth gap_share gaps; do
		least "$what: p" "$(figure same "$what.p")" 0.0001
	done
}

# shellcheck disable=SC2046 # names
differ all-0x81 1d6b:0105/0x81 $(runs sync) --vs $(runs deep)
# shellcheck disable=SC2046 # names
differ all-0x02 1d6b:0105/0x02 $(runs sync) --vs $(runs deep)
differ two 1d6b:0105/0x81 sync1.urb deep1.urb
differ same 1d6b:0105/0x81 sync1.urb sync3.urb --vs sync2.urb sync4.urb

ok diff-guest-ends-well guest_ended_well
ok diff-counts-agree-with-the-logs counts
ok diff-tells-what-a-queue-changes queue
ok diff-of-two-runs-tells-the-queue-too two_runs
ok diff-of-the-same-driver-is-no-certainty same
