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

# A suite may keep a kernel longer than its headers.
"$repo/tests/rig/fetch-headers" "$kernel" >"$out/headers" 2>&1
if [ $? = 3 ]; then
	for name in "${wanted[@]}"; do
		skip "$name" "$(tail -n 1 "$out/headers")"
	done
	exit
fi

# In the guest: judged NAME CHECK... : WORD...: the module's run with these words under a check, then
# libusb's; NAME-mod and NAME-lib have the status and the verdicts.
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
		[ -z "$once" ] && [ "$(/toolkit/tests/tools/jsonget "$name.json" lost)" != 0 ] || return 0
	done
}
judged()
{
	local name=$1 what=''
	shift
	while [ "$1" != : ]; do
		what="$what $1"
		shift
	done
	shift
	one "$name-mod" "echo $* >$queues/run; cat $queues/log >$name-mod.log" $what
	one "$name-lib" "queueload 1d6b:0105 $name-lib.log $*" $what
}
model() { echo "-e 1d6b:0105/bulk-in --model bulk-in-queue:depth=$1 -e 1d6b:0105/bulk-out --model bulk-out-queue:depth=$1"; }
END
		cat
	)
}

ok models-build make -s -C "$repo" B="$build" KERNEL="$kernel" queues

# Slow enough that a host that is not run for some milliseconds still keeps up.
model_guest --ffs=--in-delay,15ms,--out-delay,15ms <<'END'
for depth in 1 2 4 8 32; do
	judged right-$depth $(model $depth) --rules : dir=both depth=$depth count=$((depth * 3 + 20))
done
judged base -e 1d6b:0105/bulk --min-depth 2 : dir=both mode=sync count=30
for variant in drain-first short wait-each; do
	judged $variant $(model 4) : dir=both variant=$variant depth=4 count=40
done
# the same run, recorded at the same time
one live "urbscope record -o run.urbs -- sh -c 'echo dir=both variant=short depth=4 count=40 >$queues/run'" \
	$(model 4)
urbscope check $(model 4) --json -o again.json run.urbs
echo dir=in variant=gfp-kernel depth=4 count=40 >gfp
one gfp-mod "cat gfp >$queues/run" -e 1d6b:0105/bulk-in --rules
# cues for the device, once the load runs
cue() { echo "(sleep 0.4; $1) & "; }
one stall-mod "$(cue "kill -USR1 $gadget") echo dir=both depth=4 count=200 >$queues/run" $(model 4)
one stall-lib "$(cue "kill -USR1 $gadget") queueload 1d6b:0105 stall.log dir=both depth=4 count=200" $(model 4)
words='dir=both depth=4 count=120 timeout_ms=100 give_up=50'
silent="kill -USR2 $gadget; sleep 0.6; kill -USR2 $gadget"
one silence-mod "$(cue "$silent") echo $words >$queues/run" $(model 4)
one silence-lib "$(cue "$silent") queueload 1d6b:0105 silence.log $words" $(model 4)
left='dir=both variant=leave depth=4 count=40 timeout_ms=300 give_up=1 flush=0'
kill -USR2 $gadget
one leave-lib "queueload 1d6b:0105 leave.log $left" $(model 4)
kill -USR2 $gadget
once=1
one unplug-mod "(sleep 1; echo >$udc) & echo dir=both depth=4 run_ms=60000 >$queues/run; wait; sleep 0.5" $(model 4)
plug
one unplug-lib "(sleep 1; echo >$udc) & queueload 1d6b:0105 unplug.log dir=both depth=4 run_ms=60000; wait; sleep 0.5" $(model 4)
plug
# nothing comes after it: unplugging a device under what it has left in flight was seen to hang
kill -USR2 $gadget
one leave-mod "echo $left >$queues/run" $(model 4)
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

# Without the rules that presume a host which keeps up: what happens to the device takes its time.
untimed() { tr ' ' '\n' | grep -vxE 'posted|filled' | paste -sd' '; }

device()
{
	local name
	for name in stall silence unplug; do
		is "$name, module: violated" "$(violated $name-mod | untimed)" ""
		is "$name, libusb: violated" "$(violated $name-lib | untimed)" ""
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
	is "live" "$(violated live)" slots
	is "recorded" "$(violated again)" slots
	is "results" "$(tr -d ' \n' <"$out/again.json" | grep -o '"verdict":"[a-z]*"' | paste -sd' ')" \
		"$(tr -d ' \n' <"$out/live.json" | grep -o '"verdict":"[a-z]*"' | paste -sd' ')"
}

ok models-guest-ends-well guest_ended_well
ok models-pass-correct-queues correct
ok models-fail-the-baseline baseline
ok models-pass-what-the-device-does device
ok models-catch-each-mistake mistakes
ok models-say-the-same-of-a-recording recording

# 1 KiB now and then: a short packet of 100 bytes else; to a URB of 1000 bytes that is too much
model_guest \
	--ffs=--in-delay,15ms,--in-lengths,100:100:100:100:100:100:100:100:1024 <<'END'
in='-e 1d6b:0105/bulk-in --model bulk-in-queue:depth='
judged packets ${in}8,buf_len=1024 : dir=in depth=8 count=60 buf_len=1024
judged babble ${in}4,buf_len=1000 : dir=in depth=4 count=60 buf_len=1000
judged starve ${in}4,buf_len=1000 : dir=in depth=4 count=60 buf_len=1000 \
	variant=no-resubmit-on-error timeout_ms=100 give_up=3
END

packets()
{
	passes packets-mod
	passes packets-lib
	passes babble-mod
	passes babble-lib
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
