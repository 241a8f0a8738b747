#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# BPF by kprobes: on a kernel that cannot do with fentry, by itself, and on one that can, if asked.
# The figures are those of the logs, and a run that the kernel skips is never a silent loss.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

depth=32
# by itself, or asked for; and what doctor says of it
if [ -n "$(kernel_lacks fentry)" ]; then
	source=auto needed='used instead of fentry'
else
	source=kprobe needed='not needed while fentry works'
fi

plan kprobes-guest-ends-well kprobes-one-at-a-time kprobes-queued kprobes-at-the-full-level \
	kprobes-refused kprobes-inherits-what-is-posted kprobes-unplugged kprobes-overflow-is-exact \
	kprobes-skipped-runs-are-told kprobes-leaves-no-kprobes kprobes-doctor-holds \
	kprobes-without-tracefs kprobes-attached-in-the-middle

watch_by_kprobes()
{
	guest --timeout 240 --mem 1024 --gadget --ffs=--in-delay,2ms,--out-delay,2ms --zoo=uas,kbd <<END
source=$1
$(cat <<'SCRIPT'
kprobe="--source $source --json"
load='bulkload --device 0525:a4a0 --in --out'
slow='bulkload --device 1d6b:0105 --in --out'
cat /dev/input/event0 >/dev/null &
need urbscope report $kprobe -o sync.json -- $load --mode sync --count 200 --log sync.log
need urbscope report $kprobe -o queued.json -- \
	$slow --mode queued --depth 8 --count 300 --log queued.log
need urbscope report $kprobe --level full -o full.json -- \
	$load --mode queued --depth 8 --count 300 --log full.log
need urbscope export --source $source --level full -s 0525:a4a0/0x81 -o full.ndjson -- \
	sh -c 'echo $$ >full.pid; exec bulkload --device 0525:a4a0 --in --count 20 --log small.log'
need urbscope report $kprobe -o idle.json -s driver=usbhid -t 500ms
cat >overflow.sh <<'LOAD'
bulkload --device 0525:a4a0 --in --out --mode queued --depth 32 --size 512 --seconds 8 \
	--log overflow.log &
load=$!
sleep 0.5
kill -STOP $PPID
sleep 6
kill -CONT $PPID
wait $load || exit 1
sleep 0.5
LOAD
need urbscope report $kprobe --ring 1 -o overflow.json -- sh overflow.sh
# while another program keeps the kernel from running those of kprobes: a disk gives back by hard
# interrupts, which come when they please; the kernel's own count of the hits is the witness
trace=/sys/kernel/tracing
echo 'p:witness usb_hcd_giveback_urb' >>$trace/kprobe_events
echo 1 >$trace/events/kprobes/witness/enable
hits() { awk '$1 == "witness" { print $2 }' $trace/kprobe_profile; }
seen() { /toolkit/tests/tools/jsonget skipped.json events.complete; }
# it does not happen each time
for i in 1 2 3 4 5 6 7 8; do
	hits >before.hits
	need urbscope report $kprobe -o skipped.json -- /toolkit/tests/tools/bpfbusy \
		parread /dev/disk/uas --readers 1 --count 400 --size 4096
	hits >after.hits
	[ "$(seen)" -lt $(($(cat after.hits) - $(cat before.hits))) ] && break
done
echo 0 >$trace/events/kprobes/witness/enable
echo -:witness >>$trace/kprobe_events
# that takes the disk from its driver
need urbscope report $kprobe -o refused.json -s 46f4:0003/0x83 -- refused 46f4:0003 0x83 25
# a killed one leaves its kprobes to the next
urbscope report $kprobe -o killed.json -t 100 &
pid=$!
i=0
until [ "$(grep -c urbscope/ /sys/kernel/tracing/kprobe_events)" -ge 7 ] || [ $i -gt 100 ]; do
	sleep 0.1
	i=$((i + 1))
done
sleep 0.5
kill -KILL $pid
wait $pid 2>/dev/null
grep -c urbscope/ /sys/kernel/tracing/kprobe_events >killed.events
cat >unplug.sh <<'LOAD'
sleep 0.3
monitor 'device_del kbd0'
i=0
while [ -e "$GONE" ] && [ $i -lt 50 ]; do sleep 0.1; i=$((i + 1)); done
sleep 0.3
LOAD
export GONE="$(device 0627:0001)"
need urbscope report $kprobe -s 0627:0001 -o unplug.json -- sh unplug.sh
grep -c urbscope/ /sys/kernel/tracing/kprobe_events >left.events
urbscope doctor >doctor.txt
echo $? >doctor.status
umount /sys/kernel/tracing
umount -l /sys/kernel/debug
urbscope report --source kprobe -t 1 2>tracefs.err
echo $? >tracefs.status
SCRIPT
)
END
}

# On two processors: each submits and gives back while the queues are walked.
attach_in_the_middle()
{
	guest --timeout 160 --smp 2 --gadget <<END
depth=$depth source=$1
$(cat <<'SCRIPT'
bulkload --device 0525:a4a0 --in --out --mode queued --depth $depth --seconds 150 --log attach.log &
pid=$!
sleep 0.5
for i in 0 1 2; do need urbscope report --source $source --json -o attach$i.json -t 200ms; done
kill -INT $pid
need wait $pid
SCRIPT
)
END
}

both_agree()
{
	agrees "$1.json" "$1.log" "$2" 0x81
	agrees "$1.json" "$1.log" "$2" 0x02
}

# deep REPORT LOG VID:PID: the deepest is what the log had posted.
deep()
{
	local ep
	for ep in 0x81 0x02; do
		is "$ep: max in flight" "$(get "$1.json" "$(at "$2" $ep).in_flight.max")" \
			"$(logged "$1.log" $ep max-outstanding)"
		is "$ep: the log's depth" "$(logged "$1.log" $ep max-outstanding)" "$3"
	done
}

one_at_a_time()
{
	is "source" "$(get sync.json source.kind)" kprobe
	both_agree sync 0525:a4a0
	deep sync 0525:a4a0 1
	is "driver" "$(get sync.json "$(at 0525:a4a0 0x81).device.driver")" usbfs
}

queued()
{
	both_agree queued 1d6b:0105
	deep queued 1d6b:0105 8
}

full()
{
	local ep path figure
	both_agree full 0525:a4a0
	for ep in 0x81 0x02; do
		path=$(at 0525:a4a0 $ep)
		for figure in latency_ns service_ns giveback_delay_ns handler_ns; do
			is "$ep: $figure" "$(get full.json "$path.$figure.count")" \
				"$(logged full.log $ep completed)"
		done
	done
	is "submissions with their call" "$(grep '"event": "submit"' "$out/full.ndjson" |
		grep -c "\"submit_ns\": [0-9].*\"gfp\": .*\"pid\": $(cat "$out/full.pid"), \"comm\": \"bulkload\"")" \
		"$(logged small.log 0x81 submitted)"
	is "handlers by name" "$(grep '"event": "submit"' "$out/full.ndjson" | grep -c async_completed)" \
		"$(logged small.log 0x81 submitted)"
}

# It was posted before anybody watched, and nobody presses a key.
posted()
{
	local path
	path=$(at 0627:0001 0x81)
	is "driver" "$(get idle.json "$path.device.driver")" usbhid
	is "inherited" "$(get idle.json "$path.transfers.inherited")" 1
	is "in flight" "$(get idle.json "$path.in_flight.now")" 1
	is "submitted" "$(get idle.json "$path.transfers.submitted")" 0
	is "complete" "$(get idle.json "$path.complete")" true
}

in_the_middle()
{
	local i ep path
	guest_ended_well || wrong=1
	for i in 0 1 2; do
		for ep in 0x81 0x02; do
			path=$(at 0525:a4a0 $ep)
			is "attach $i, $ep: unpaired" "$(get attach$i.json "$path.transfers.unpaired")" 0
			is "attach $i, $ep: missed" "$(get attach$i.json "$path.transfers.missed")" 0
			is "attach $i, $ep: complete" "$(get attach$i.json "$path.complete")" true
			most "attach $i, $ep: max in flight" "$(get attach$i.json "$path.in_flight.max")" $depth
			least "attach $i, $ep: submitted" "$(get attach$i.json "$path.transfers.submitted")" 50
		done
	done
}

unplugged()
{
	local path
	path="endpoints[device.vid=0627,endpoint=0x81]"
	is "gone" "$(get unplug.json "$path.device.gone")" true
	is "completed" "$(get unplug.json "$path.transfers.completed")" 1
	is "open" "$(get unplug.json "$path.transfers.open")" 0
	is "unpaired" "$(get unplug.json "$path.transfers.unpaired")" 0
}

# Each submission and each completion of the log is seen or lost. Unpaired are the completions
# without a submission, missed the transfers whose completion was not seen.
overflow()
{
	local ep t
	for ep in 0x81 0x02; do
		t=$(at 0525:a4a0 $ep).transfers
		least "$ep: lost" "$(get overflow.json "$t.lost")" 1
		is "$ep: complete" "$(get overflow.json "$(at 0525:a4a0 $ep).complete")" false
		is "$ep: seen and lost" \
			$(($(get overflow.json "$t.submitted") + $(get overflow.json "$t.completed") + \
				$(get overflow.json "$t.unpaired") - $(get overflow.json "$t.missed") + \
				$(get overflow.json "$t.lost"))) \
			$(($(logged overflow.log $ep submitted) + $(logged overflow.log $ep completed)))
	done
}

# Not only givebacks may have been skipped.
skipped()
{
	local hits seen
	hits=$(($(cat "$out/after.hits") - $(cat "$out/before.hits")))
	seen=$(get skipped.json events.complete)
	echo "$seen seen of $hits givebacks, $(get skipped.json events.lost) lost; $(grep calls "$out/stdout")"
	least "seen and lost" $((seen + $(get skipped.json events.lost))) $hits
	is "complete" "$(get skipped.json "$(at 46f4:0003 0x83).complete")" false
}

some_skipped()
{
	[ "$(get skipped.json events.complete)" -lt $(($(cat "$out/after.hits") - $(cat "$out/before.hits"))) ]
}

# Some kernels do not, as far as we have seen.
none_skipped()
{
	is "seen" "$(get skipped.json events.complete)" \
		$(($(cat "$out/after.hits") - $(cat "$out/before.hits")))
	is "lost" "$(get skipped.json events.lost)" 0
}

leaves_none()
{
	least "left by one that was killed" "$(cat "$out/killed.events")" 6
	is "left in the end" "$(cat "$out/left.events")" 0
}

doctor()
{
	is "exit status" "$(cat "$out/doctor.status")" 0
	is "kprobes" "$(grep -c "^ok  *kprobes .*$1" "$out/doctor.txt")" 1
	is "levels" "$(grep -c '^ok .*level .*attached and detached' "$out/doctor.txt")" 2
}

without_tracefs()
{
	is "exit status" "$(cat "$out/tracefs.status")" 2
	is "cure" "$(grep -c 'mount -t tracefs' "$out/tracefs.err")" 1
}

watch_by_kprobes $source
ok kprobes-guest-ends-well guest_ended_well
ok kprobes-one-at-a-time one_at_a_time
ok kprobes-queued queued
ok kprobes-at-the-full-level full
ok kprobes-refused refused_are_never_in_flight
ok kprobes-inherits-what-is-posted posted
ok kprobes-unplugged unplugged
ok kprobes-overflow-is-exact overflow
ok kprobes-skipped-runs-are-told "$(some_skipped && echo skipped || echo none_skipped)"
ok kprobes-leaves-no-kprobes leaves_none
ok kprobes-doctor-holds doctor "$needed"
ok kprobes-without-tracefs without_tracefs
case " ${wanted[*]} " in *' kprobes-attached-'*) ;; *) exit ;; esac
attach_in_the_middle $source
ok kprobes-attached-in-the-middle in_the_middle
