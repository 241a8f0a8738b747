#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What the device may do, against the queue models and the rules: whether it stalls, is silent, is pulled
# out, or sends short packets or too much, the correct queues pass, at every depth.
# Once: models.sh runs the same queues on every kernel.
# Long: some fifty runs, in two guests.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/judged.sh"

plan faults-build faults-guest-ends-well queues-pass-with-faults faults-short-guest-ends-well \
	queues-pass-with-short-packets no-resubmit-on-error-is-caught
# Before 5.11 the context of a call cannot be told, and no rule about it holds.
needs fentry

needs_headers

ok faults-build build_queues

# Slow enough that a host that is not run for some milliseconds still keeps up.
model_guest --timeout 600 --ffs=--in-delay,15ms,--out-delay,15ms <<'END'
# the device stalls, then it is silent for a while, then it is pulled out
faults="$stall; sleep 0.5; $hush; sleep 0.5; $hush; sleep 0.4; $pull"
after=plug
for depth in 1 2 4 8 32; do
	judged_when "$faults" faults-$depth $(model $depth) --rules : \
		dir=both depth=$depth run_ms=60000 timeout_ms=100 give_up=100
done
END

# All of it did happen: the log says how the calls ended. The stall and the silence on both endpoints;
# the unplugging ends a call on one of them at least, as the other may be between two.
survived() # RUN
{
	local e failed=0
	for e in 0x81 0x02; do
		is "$1 $e: first error" "$(calls "$1" $e first-error)" -32
		least "$1 $e: time-outs" "$(calls "$1" $e timed-out)" 1
		failed=$((failed + $(calls "$1" $e failed)))
	done
	least "$1: failed, of the stall and of the unplugging" $failed 3
	passes "$1"
}

faults()
{
	local depth
	for depth in 1 2 4 8 32; do
		survived faults-$depth-mod
		survived faults-$depth-lib
	done
}

ok faults-guest-ends-well guest_ended_well
ok queues-pass-with-faults faults

# 1 KiB now and then: a short packet of 100 bytes else. To a URB of 1000 bytes that is too much.
model_guest \
	--ffs=--in-delay,15ms,--in-lengths,100:100:100:100:100:100:100:100:1024 <<'END'
in='-e 1d6b:0105/bulk-in --model bulk-in-queue:depth='
for depth in 1 2 4 8 32; do
	judged packets-$depth ${in}$depth,buf_len=1000 --rules : dir=in depth=$depth count=$((depth + 20)) buf_len=1000
done
judged starve ${in}4,buf_len=1000 : dir=in depth=4 count=60 buf_len=1000 \
	variant=no-resubmit-on-error timeout_ms=100 give_up=3
END

# 20 at least, each ninth of them an overrun
received() # RUN
{
	least "$1: short packets" "$(logged "$1.log" 0x81 status:0)" 20
	least "$1: overruns" "$(logged "$1.log" 0x81 status:-75)" 2
	passes "$1"
}

packets()
{
	local depth
	for depth in 1 2 4 8 32; do
		received packets-$depth-mod
		received packets-$depth-lib
	done
}

starved()
{
	breaks starve-mod resubmit
	breaks starve-lib resubmit
}

ok faults-short-guest-ends-well guest_ended_well
ok queues-pass-with-short-packets packets
ok no-resubmit-on-error-is-caught starved
