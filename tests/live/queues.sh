#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The bulk queues of tests/queues, the kernel's and libusb's, and their broken variants: they move
# what their logs say, survive what the device does, and make the mistakes that they should.
# Once: models.sh runs the same queues on every kernel, and judges them.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

plan queues-build queues-guest-ends-well \
	queues-agree-with-their-logs queues-fill-their-depth baselines-have-depth-1 \
	queues-close-by-cancelling queues-go-on-after-a-stall queues-go-on-after-silence \
	queues-end-when-unplugged \
	drain-first-drains short-is-one-short wait-each-has-depth-1 gfp-kernel-submits-in-the-handler \
	leave-leaves-the-modules-open leave-is-ended-by-usbfs \
	queues-short-guest-ends-well queues-take-short-packets queues-go-on-after-an-error \
	no-resubmit-on-error-starves \
	queues-refused-guest-runs double-submit-is-refused reuse-is-refused

needs_headers

# queue_guest OPTION... <SCRIPT, with tests/queues/guest.sh before it
queue_guest()
{
	guest "$@" < <(
		echo "module=/toolkit/tests/queues/$kernel/bulkqueues.ko"
		cat "$repo/tests/queues/guest.sh" -
	)
}

ok queues-build build_queues

queue_guest --timeout 600 --ffs=--in-delay,4ms,--out-delay,4ms <<'END'
both d1 dir=both depth=1 count=40
both d8 dir=both depth=8 count=80
both sync dir=both mode=sync count=40
both kill dir=out depth=8 count=30 flush=0
both drain dir=both variant=drain-first depth=4 count=40
both short dir=both variant=short depth=4 count=40
both wait dir=both variant=wait-each depth=4 count=40
need urbscope export --level full -s 1d6b:0105/0x81 -o gfp.ndjson -- sh -c "
	echo dir=in variant=gfp-kernel depth=4 count=40 >$queues/run; cat $queues/log >mod-gfp.log"
both_when "$stall" stall dir=both depth=4 count=300
both_when "$hush; sleep 0.6; $hush" silence dir=both depth=4 count=200 timeout_ms=100 give_up=50
after=plug
both_when "$pull" unplug dir=both depth=4 run_ms=60000
# the device takes one more and is silent then: nothing that was left comes back by itself
replug() { unplug; plug; }
after=replug
$hush
for variant in leave free; do
	both $variant dir=both variant=$variant depth=4 count=40 timeout_ms=300 give_up=1 flush=0
done
END

dev=1d6b:0105
endpoints='0x81 0x02'

# ep NAME ENDPOINT PATH: of a run's report
ep() { get "$1.json" "$(at $dev "$2").$3"; }

# events NAME ENDPOINT PATTERN: how many of the log's events are such
events() { grep -cE "^event [0-9]+ $2 $3" "$out/$1.log"; }

# every RUN... : COMMAND: for each run of both implementations and each endpoint, as $run and $e
every()
{
	local names='' name run e
	while [ "$1" != : ]; do
		names+=" $1"
		shift
	done
	shift
	for name in $names; do
		for run in mod-$name lib-$name; do
			for e in $endpoints; do
				"$@"
			done
		done
	done
}

of() # IMPLEMENTATION COMMAND...
{
	[ "${run%%-*}" != "$1" ] || "${@:2}"
}

agree() { agrees "$run.json" "$run.log" $dev "$e"; }

good() { is "$run $e: calls that went well" "$(calls "$run" "$e" good)" "$1"; }

depth()
{
	is "$run $e: in flight" "$(ep "$run" "$e" in_flight.max)" "$1"
	is "$run $e: by its log" "$(logged "$run.log" "$e" max-outstanding)" "$1"
	is "$run $e: failed" "$(calls "$run" "$e" failed)" 0
}

agree_all()
{
	every d1 sync : good 40
	every d8 : good 80
	every d1 d8 sync : agree
}

fill()
{
	every d1 : depth 1
	every d8 : depth 8
}

baseline()
{
	every sync : depth 1
	is finding "$(get mod-sync.json "findings[kind=sync,device.vid=1d6b].kind")" sync
	is finding "$(get lib-sync.json "findings[kind=sync,device.vid=1d6b].kind")" sync
}

# What was in flight at close ended with -ENOENT, and it was nearly all of the queue: the device
# may have taken one or two while the others were cancelled.
killed()
{
	least "$run: cancelled" "$(ep "$run" 0x02 status.-2)" 5
	is "$run: flights at the end" "$(ep "$run" 0x02 transfers.open)" 0
}

kills()
{
	local endpoints=0x02
	every kill : agree
	every kill : killed
}

stall()
{
	least "$run $e: stalls" "$(logged "$run.log" "$e" status:-32)" 1
	is "$run $e: first error" "$(calls "$run" "$e" first-error)" -32
	is "$run $e: in flight" "$(ep "$run" "$e" in_flight.max)" 4
}

stalls()
{
	every stall : good 300
	every stall : agree
	every stall : stall
}

silence()
{
	least "$run $e: time-outs" "$(calls "$run" "$e" timed-out)" 2
	depth 4
}

silences()
{
	every silence : good 200
	every silence : agree
	every silence : silence
}

# As the device disappears, dummy_hcd ends what it finds with -EPROTO, and usbcore the rest with
# -ESHUTDOWN.
unplugged()
{
	agree
	least "$run $e: ended by it" \
		"$(($(logged "$run.log" "$e" submitted) - $(logged "$run.log" "$e" status:0)))" 1
	is "$run $e: errors" "$(ep "$run" "$e" errors)" \
		"$(($(logged "$run.log" "$e" submitted) - $(logged "$run.log" "$e" status:0)))"
	is "$run $e: open" "$(ep "$run" "$e" transfers.open)" 0
	is "$run $e: gone" "$(ep "$run" "$e" device.gone)" true
	is "$run $e: completions" "$(ep "$run" "$e" transfers.completed)" \
		"$(logged "$run.log" "$e" completed)"
	is "$run $e: bytes" "$(ep "$run" "$e" bytes)" "$(logged "$run.log" "$e" bytes)"
}

# Once a round nothing is in flight, and then all at once.
drained()
{
	depth 4
	least "$run $e: gaps" "$(ep "$run" "$e" gaps.count)" 5
}

short()
{
	depth 3
	good 40
}

wait_each()
{
	depth 1
	good 40
}

# 0xcc0 is GFP_KERNEL; the first four were submitted by open().
gfp()
{
	local n
	n=$(logged mod-gfp.log 0x81 submitted)
	least "submitted" "$n" 44
	is "in the handler, with GFP_KERNEL" \
		"$(grep -c '"event": "submit".*"gfp": 3264.*"in_irq": true' "$out/gfp.ndjson")" $((n - 4))
	is "elsewhere" "$(grep -c '"event": "submit".*"in_irq": false' "$out/gfp.ndjson")" 4
}

# A process that ends has its URBs ended by usbfs, which unbinds from the interface.
left() # OPEN SHUT-DOWN
{
	is "$run $e: left by its log" \
		"$(($(logged "$run.log" "$e" submitted) - $(logged "$run.log" "$e" completed)))" 4
	is "$run $e: open" "$(ep "$run" "$e" transfers.open)" "$1"
	is "$run $e: shut down" "$(ep "$run" "$e" status.-108)" "$2"
}

ok queues-guest-ends-well guest_ended_well
ok queues-agree-with-their-logs agree_all
ok queues-fill-their-depth fill
ok baselines-have-depth-1 baseline
ok queues-close-by-cancelling kills
ok queues-go-on-after-a-stall stalls
ok queues-go-on-after-silence silences
ok queues-end-when-unplugged every unplug : unplugged
ok drain-first-drains every drain : drained
ok short-is-one-short every short : short
ok wait-each-has-depth-1 every wait : wait_each
ok gfp-kernel-submits-in-the-handler gfp
ok leave-leaves-the-modules-open every leave free : of mod left 4 nothing
ok leave-is-ended-by-usbfs every leave free : of lib left 0 4

# Most transfers are short packets, and each ninth is more than a buffer of 1000 bytes holds.
queue_guest --timeout 200 \
	--ffs=--in-delay,4ms,--in-lengths,100:100:100:100:100:100:100:100:1024 <<'END'
both packets dir=in depth=8 count=60 buf_len=1024
both babble dir=in depth=4 count=60 buf_len=1000
both starve dir=in depth=4 count=60 buf_len=1000 variant=no-resubmit-on-error timeout_ms=100 give_up=3
END
endpoints=0x81

packets()
{
	depth 8
	good 60
	most "$run: bytes of a transfer" \
		"$(($(ep "$run" 0x81 bytes) / $(ep "$run" 0x81 transfers.completed)))" 300
}

babble()
{
	good 60
	least "$run: overruns" "$(logged "$run.log" 0x81 status:-75)" 6
	is "$run: first error" "$(calls "$run" 0x81 first-error)" -75
	is "$run: in flight" "$(ep "$run" 0x81 in_flight.max)" 4
}

# The slot of the first error is never posted again: the others make one more round at most.
starve()
{
	is "$run: time-outs" "$(calls "$run" 0x81 timed-out)" 3
	is "$run: submissions after the error" "$(awk '$1 != "event" { next }
		$4 == "reap" && $8 == -75 { error = 1 } error && $4 == "submit-call" { n++ }
		END { print n + 0 }' "$out/$run.log")" 3
	is "$run: cancelled" "$(logged "$run.log" 0x81 status:-2)" 0
}

ok queues-short-guest-ends-well guest_ended_well
ok queues-take-short-packets every packets : packets
ok queues-go-on-after-an-error every babble : babble
ok no-resubmit-on-error-starves every starve : starve

# The kernel warns of a URB that is submitted while active, once.
queue_guest --timeout 200 --allow-splat --ffs=--in-delay,4ms,--out-delay,4ms <<'END'
# the warning itself takes longer than a transfer
mod warning dir=in depth=4 count=10 variant=double-submit
both double dir=both depth=4 count=40 variant=double-submit
both reuse dir=out depth=4 count=100 variant=reuse pause_us=1000
END
endpoints='0x81 0x02'

refused()
{
	local n
	n=$(events "$run" "$e" 'submit-return [0-9]+ [0-9]+ -16')
	least "$run $e: refused" "$n" "$1"
	is "$run $e: open" "$(ep "$run" "$e" transfers.open)" 0
	is "$run $e: unpaired" "$(ep "$run" "$e" transfers.unpaired)" 0
	# libusb refuses it itself
	[ "${run%%-*}" = mod ] || n=0
	is "$run $e: refused by the kernel" "$(ep "$run" "$e" transfers.failed_submit)" "$n"
}

only_that_warning()
{
	guest_ended_well
	is "warnings" "$(grep -cE 'WARNING: ' "$out/dmesg")" 1
	is "URB submitted while active" "$(grep -c 'URB .* submitted while active' "$out/dmesg")" 1
}

doubled()
{
	every double : refused 30
	every double : agree
	every double : good 40
}

# A transfer that ends just before its slot is used again is never reaped: the log has not all.
reused()
{
	local endpoints=0x02
	every reuse : refused 20
}

ok queues-refused-guest-runs only_that_warning
ok double-submit-is-refused doubled
ok reuse-is-refused reused
