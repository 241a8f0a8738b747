#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The queue models and the rules against the queues of tests/queues, the module's and libusb's: the
# correct ones pass at every depth; each mistake is caught by the rule that it breaks, and by no other.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/judged.sh"

plan models-build models-guest-ends-well models-pass-correct-queues models-fail-the-baseline \
	models-catch-each-mistake models-say-the-same-of-a-recording \
	models-refused-guest-runs models-catch-double-submissions
# Before 5.11 the context of a call cannot be told, and no rule about it holds.
needs fentry

needs_headers

ok models-build build_queues

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
replug() { unplug; plug; }
after=replug
$hush
judged leave $(model 4) : dir=both variant=leave depth=4 count=40 timeout_ms=300 give_up=1 flush=0
END

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
ok models-catch-each-mistake mistakes
ok models-say-the-same-of-a-recording recording

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
