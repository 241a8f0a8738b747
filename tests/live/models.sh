#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The queue models and the rules against the queues of tests/queues, the module's and libusb's: the
# correct ones pass at every depth and whatever the device does; each mistake is caught by the rule
# that it breaks, and by no other.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

plan models-build models-guest-ends-well models-pass-correct-queues models-fail-the-baseline \
	models-pass-what-the-device-does models-catch-each-mistake models-say-the-same-of-a-recording \
	models-short-guest-ends-well models-pass-short-packets models-catch-no-resubmit-on-error \
	models-refused-guest-runs models-catch-double-submissions
# Before 5.11 the context of a call cannot be told, and no rule about it holds.
needs fentry

needs_headers

# In the guest: judged NAME CHECK... : WORD...: the module's run with these words under a check, then
# libusb's; NAME-mod and NAME-lib have the status and the verdicts. judged_when COMMAND: and something
# happens to each.
model_guest()
{
	guest "$@" < <(
		echo "module=/toolkit/tests/queues/$kernel/bulkqueues.ko"
		cat "$repo/tests/queues/guest.sh" - <<'END'
one()
{
	local name=$1 run=$2 i
	shift 2
	for i in 1 2 3; do
		urbscope check "$@" --json -o "$name.json" -- sh -c "$run"
		echo $? >"$name.status"
		repeat "$name.json" lost || return 0
	done
}
judged_when()
{
	local happens=$1 name=$2 what='' implementation
	shift 2
	while [ "$1" != : ]; do
		what="$what $1"
		shift
	done
	shift
	for implementation in mod lib; do
		set -- $implementation $name-$implementation "$@"
		if [ -n "$happens" ]; then
			one $2 "$(load_when "$happens" "$@")" $what
		else
			one $2 "$(load "$@")" $what
		fi
		shift 2
	done
}
judged() { judged_when '' "$@"; }
model() { echo "-e 1d6b:0105/bulk-in --model bulk-in-queue:depth=$1 -e 1d6b:0105/bulk-out --model bulk-out-queue:depth=$1"; }
END
		cat
	)
}

ok models-build make -s -C "$repo" B="$build" KERNEL="$kernel" queues

# Slow enough that a host that is not run for some milliseconds still keeps up.
model_guest --timeout 600 --ffs=--in-delay,15ms,--out-delay,15ms <<'END'
for depth in 1 2 4 8 32; do
	judged right-$depth $(model $depth) --rules : dir=both depth=$depth count=$((depth * 2 + 50))
done
judged base -e 1d6b:0105/bulk --min-depth 2 : dir=both mode=sync count=30
judged drain-first $(model 4) : dir=both variant=drain-first depth=4 count=60
judged wait-each $(model 4) : dir=both variant=wait-each depth=4 count=40
words='dir=both variant=short depth=4 count=40'
one short-lib "$(load lib short-lib $words)" $(model 4)
# the same run, recorded at the same time
one short-mod "urbscope record -o run.urb -- sh -c 'echo $words >$queues/run'" $(model 4)
urbscope check $(model 4) --json -o again.json run.urb
echo dir=in variant=gfp-kernel depth=4 count=40 >gfp
one gfp-mod "cat gfp >$queues/run" -e 1d6b:0105/bulk-in --rules
# the device stalls, then it is silent for a while, then it is pulled out
faults="$stall; sleep 0.5; $hush; sleep 0.5; $hush; sleep 0.4; $pull"
after=plug
for depth in 1 2 4 8 32; do
	judged_when "$faults" faults-$depth $(model $depth) --rules : \
		dir=both depth=$depth run_ms=60000 timeout_ms=100 give_up=100
done
replug() { unplug; plug; }
after=replug
$hush
judged leave $(model 4) : dir=both variant=leave depth=4 count=40 timeout_ms=300 give_up=1 flush=0
END

status() { cat "$out/$1.status"; }

# The rules that a check found violated, in order, once each: "slots order".
violated()
{
	tr -d ' \n' <"$out/$1.json" | sed 's/{"verdict"/\n&/g' | grep '^{"verdict":"violated"' |
		grep -oE '"rule":"[a-z]*"' | cut -d'"' -f4 | sort -u | paste -sd' '
}

# passes RUN: nothing is violated and nothing in doubt
passes()
{
	is "$1: status" "$(status "$1")" 0
	is "$1: violated" "$(violated "$1")" ""
	is "$1: verdict" "$(get "$1.json" verdict)" holds
}

# breaks RUN RULE: that one, and no other
breaks()
{
	is "$1: status" "$(status "$1")" 1
	is "$1: violated" "$(violated "$1")" "$2"
}

correct()
{
	local depth
	for depth in 1 2 4 8 32; do
		passes right-$depth-mod
		passes right-$depth-lib
	done
}

baseline()
{
	is "module" "$(status base-mod)" 1
	is "libusb" "$(status base-lib)" 1
	is "module: depth then" "$(get base-mod.json 'results[endpoint=0x81].first.in_flight')" 1
}

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

mistakes()
{
	local implementation
	for implementation in mod lib; do
		breaks drain-first-$implementation 'filled posted'
		breaks short-$implementation slots
		breaks wait-each-$implementation 'pipelined posted'
		breaks leave-$implementation closed
	done
	breaks gfp-mod gfp
}

recording()
{
	is "recorded" "$(violated again)" slots
	is "results" "$(tr -d ' \n' <"$out/again.json" | grep -o '"verdict":"[a-z]*"' | paste -sd' ')" \
		"$(tr -d ' \n' <"$out/short-mod.json" | grep -o '"verdict":"[a-z]*"' | paste -sd' ')"
}

ok models-guest-ends-well guest_ended_well
ok models-pass-correct-queues correct
ok models-fail-the-baseline baseline
ok models-pass-what-the-device-does faults
ok models-catch-each-mistake mistakes
ok models-say-the-same-of-a-recording recording

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

ok models-short-guest-ends-well guest_ended_well
ok models-pass-short-packets packets
ok models-catch-no-resubmit-on-error starved

# The kernel warns of those. libusb refuses them itself: nothing to see.
model_guest --allow-splat --ffs=--in-delay,15ms,--out-delay,15ms <<'END'
echo dir=out variant=double-submit depth=4 count=20 >$queues/run # the warning takes its time, once
one double-mod "echo dir=both variant=double-submit depth=4 count=40 >$queues/run" $(model 4)
one double-rules "echo dir=both variant=double-submit depth=4 count=40 >$queues/run" -e 1d6b:0105/bulk --rules
one reuse-mod "echo dir=out variant=reuse depth=4 count=40 >$queues/run" -e 1d6b:0105/bulk-out --model bulk-out-queue:depth=4
END

refused()
{
	breaks double-mod active
	breaks double-rules active
	is "reuse: status" "$(status reuse-mod)" 1
	is "reuse: violated" "$(violated reuse-mod | grep -o active)" active
}

ok models-refused-guest-runs test "$ended" = 0
ok models-catch-double-submissions refused
