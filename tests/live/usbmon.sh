#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# usbmon as the source: the figures are those of BPF, on kernels with it and without; what cannot
# be seen is n/a; and losses are counted to the last event.
# 32 bits: what serves there.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

without_fentry=$(kernel_lacks fentry)
# why BPF will not do, once tracefs is taken away
reason=kprobe_events
! kernel_lacks bpf >/dev/null || reason='needs 64 bits'
beside='urbscope report --level full --json -o both.bpf.json --'
[ -z "$without_fentry" ] || beside=''

points='usbmon-guest-ends-well usbmon-agrees-with-the-log usbmon-agrees-with-bpf
	usbmon-times-lie-between-bpfs usbmon-tells-what-it-cannot-see usbmon-selects
	usbmon-inherits-what-was-posted usbmon-refusals-are-never-in-flight
	usbmon-recording-says-the-same usbmon-knows-what-is-plugged-in usbmon-loss-is-exact
	usbmon-loss-is-told usbmon-loss-leaves-depth-possible'
old='old-kernel-guest-ends-well old-kernel-is-watched-by-usbmon old-kernel-agrees-with-the-log
	old-kernel-doctor-holds old-kernel-refuses-bpf-if-asked
	old-kernel-without-usbmon-names-modprobe'
# shellcheck disable=SC2086 # one word a point
plan $points ${without_fentry:+$old}

# one run is seen by both
guest --mem 1024 --gadget --ffs=--in-delay,2ms,--out-delay,2ms --zoo=uas,kbd <<END
beside='$beside'
$(cat <<'SCRIPT'
load='bulkload --device 0525:a4a0 --in --out'
slow='bulkload --device 1d6b:0105 --in --out --mode queued --depth 8'
mon='urbscope report --source usbmon --json'
need $mon -o both.mon.json -- $beside $slow --count 400 --log both.log
need $mon -o fast.json -- $load --mode queued --depth 16 --count 3000 --log fast.log
need $mon -o in.json -s 1d6b:0105/in -s driver=nobody -- $slow --count 50 --log in.log
need $mon -o refused.json -s 46f4:0003/0x83 -- refused 46f4:0003 0x83 25
need urbscope record --source usbmon -o run.urb -- $slow --count 100 --log run.log
need urbscope report --json -o run.json run.urb
cat >load.sh <<'LOAD'
bulkload --device 0525:a4a0 --in --out --mode queued --depth 32 --size 512 --seconds 6 \
	--log loss.log &
load=$!
sleep 0.5
kill -STOP $PPID
sleep 4
kill -CONT $PPID
wait $load || exit 1
sleep 0.5
LOAD
need $mon --ring 1 -o loss.json -- sh load.sh
cat >plug.sh <<'PLUG'
gone=$(grep -l 0627 /sys/bus/usb/devices/*/idVendor)
monitor 'device_del kbd0'
i=0
while [ -e "$gone" ] && [ $i -lt 50 ]; do sleep 0.1; i=$((i + 1)); done
monitor 'device_add usb-kbd,id=kbd1,bus=xhci.0'
i=0
until grep -q 0627 /sys/bus/usb/devices/*/idVendor || [ $i -gt 50 ]; do sleep 0.1; i=$((i + 1)); done
sleep 1
cat /dev/input/event* >/dev/null &
sleep 0.5
basename "$(dirname "$(grep -l 0627 /sys/bus/usb/devices/*/idVendor)")" >kbd.path
kill $!
exit 0
PLUG
need $mon -o plug.json -- sh plug.sh
# a queue that stays posted, as the device has gone silent, until its owner ends in the window
bulkload --device 1d6b:0105 --in --mode queued --depth 7 --seconds 100 --log posted.log &
posted=$!
sleep 1
kill -USR2 "$(cat /run/ffs-gadget.pid)"
sleep 1
need $mon -o posted.json -- sh -c "sleep 0.5; kill -INT $posted; sleep 1"
SCRIPT
)
END

agree()
{
	agrees both.mon.json both.log 1d6b:0105 "$1"
	agrees fast.json fast.log 0525:a4a0 "$1"
}

both_agree()
{
	agree 0x81
	agree 0x02
}

# The device's 2 ms leave the host time to fill the queue; and nothing is in two places at once.
like_bpf()
{
	local ep path figure
	for ep in 0x81 0x02; do
		path=$(at 1d6b:0105 $ep)
		for figure in transfers.submitted transfers.completed bytes status in_flight.max \
			in_flight.now device.path device.name device.speed device.driver type; do
			is "$ep: $figure" "$(get both.mon.json "$path.$figure")" \
				"$(get both.bpf.json "$path.$figure")"
		done
		is "$ep: max in flight" "$(get both.mon.json "$path.in_flight.max")" \
			"$(logged both.log $ep max-outstanding)"
	done
}

# usbmon's S lies between the driver's call and the queueing, its C between giveback and handler: the
# sum of its latencies is at least that of BPF's service times and at most that of BPF's latencies,
# but for the microsecond that each stamp is cut to. The mean depth is that sum over the busy time.
between()
{
	local ep path n least most busy
	for ep in 0x81 0x02; do
		path=$(at 1d6b:0105 $ep)
		n=$(get both.mon.json "$path.latency_ns.count")
		is "$ep: latencies" "$n" "$(get both.bpf.json "$path.latency_ns.count")"
		least=$(($(get both.bpf.json "$path.service_ns.total") - n * 1000))
		most=$(($(get both.bpf.json "$path.latency_ns.total") + n * 1000))
		busy=$(get both.mon.json "$path.busy_ns")
		least "$ep: latency" "$(get both.mon.json "$path.latency_ns.total")" $least
		most "$ep: latency" "$(get both.mon.json "$path.latency_ns.total")" $most
		least "$ep: mean depth" "$(get both.mon.json "$path.depth.mean")" \
			"$(awk "BEGIN { printf \"%.9f\", $least / $busy }")"
		most "$ep: mean depth" "$(get both.mon.json "$path.depth.mean")" \
			"$(awk "BEGIN { printf \"%.9f\", $most / $busy }")"
	done
}

cannot_see()
{
	local path figure
	path=$(at 1d6b:0105 0x81)
	is "source" "$(get "$1" source.kind)" usbmon
	is "clock" "$(get "$1" source.clock)" realtime
	is "resolution" "$(get "$1" source.resolution_ns)" 1000
	is "sees" "$(get "$1" "source.sees[0]") $(get "$1" "source.sees[1]")" "submit handler"
	is "moments" "$(get "$1" "source.sees[#]")" 2
	for figure in service_ns giveback_delay_ns handler_ns; do
		is "$figure" "$(get "$1" "$path.$figure")" null
	done
}

selects()
{
	agrees in.json in.log 1d6b:0105 0x81
	is "endpoints" "$(get in.json "endpoints[#]")" 1
}

# Only their completions show them; they were in flight since the window began.
inherits()
{
	local path
	path=$(at 1d6b:0105 0x81)
	is "the log's depth" "$(logged posted.log 0x81 max-outstanding)" 7
	is "inherited" "$(get posted.json "$path.transfers.inherited")" 7
	is "completed" "$(get posted.json "$path.transfers.completed")" 7
	is "submitted" "$(get posted.json "$path.transfers.submitted")" 0
	is "max in flight" "$(get posted.json "$path.in_flight.max")" 7
	is "unpaired" "$(get posted.json "$path.transfers.unpaired")" 0
}

recorded()
{
	agrees run.json run.log 1d6b:0105 0x81
	agrees run.json run.log 1d6b:0105 0x02
	is "clock" "$(get run.json source.clock)" realtime
	is "resolution" "$(get run.json source.resolution_ns)" 1000
}

# Its first transfers come before sysfs knows of it.
plugged()
{
	local path
	path=$(at "$(cat "$out/kbd.path")" 0x81)
	is "driver" "$(get plug.json "$path.device.driver")" usbhid
	is "vid" "$(get plug.json "$path.device.vid")" 0627
	is "type" "$(get plug.json "$path.type")" int
	is "complete" "$(get plug.json "$path.complete")" true
	is "max in flight" "$(get plug.json "$path.in_flight.max")" 1
	least "control transfers" \
		"$(get plug.json "$(at "$(cat "$out/kbd.path")" 0x00).transfers.submitted")" 1
}

# No submission failed, and nothing else was on the buses.
exact()
{
	seen_and_lost loss.json loss.log
	is "refused" "$(get loss.json events.submit_error)" 0
	is "endpoints" "$(get loss.json "endpoints[#]")" 2
}

told()
{
	local ep
	least "lost" "$(get loss.json events.lost)" 100
	for ep in 0x81 0x02; do
		is "$ep: complete" "$(get loss.json "$(at 0525:a4a0 $ep).complete")" false
		is "$ep: finding" \
			"$(get loss.json "findings[kind=lost,device.vid=0525,endpoint=$ep].kind")" lost
	done
}

possible()
{
	local ep path
	for ep in 0x81 0x02; do
		path=$(at 0525:a4a0 $ep)
		most "$ep: max in flight" "$(get loss.json "$path.in_flight.max")" \
			"$(logged loss.log $ep max-outstanding)"
		most "$ep: depth" "$(get loss.json "$path.depth.max")" \
			"$(logged loss.log $ep max-outstanding)"
		# nothing is in flight at the end: known to be so, or not known
		case $(get loss.json "$path.certain") in
		true) is "$ep: in flight, for certain" "$(get loss.json "$path.in_flight.now")" 0 ;;
		*) is "$ep: in flight, in doubt" "$(get loss.json "$path.in_flight.now")" null ;;
		esac
	done
}

ok usbmon-guest-ends-well guest_ended_well
ok usbmon-agrees-with-the-log both_agree
if [ -z "$without_fentry" ]; then
	ok usbmon-agrees-with-bpf like_bpf
	ok usbmon-times-lie-between-bpfs between
else
	skip usbmon-agrees-with-bpf "$without_fentry"
	skip usbmon-times-lie-between-bpfs "$without_fentry"
fi
ok usbmon-tells-what-it-cannot-see cannot_see both.mon.json
ok usbmon-selects selects
ok usbmon-inherits-what-was-posted inherits
ok usbmon-refusals-are-never-in-flight refused_are_never_in_flight
ok usbmon-recording-says-the-same recorded
ok usbmon-knows-what-is-plugged-in plugged
ok usbmon-loss-is-exact exact
ok usbmon-loss-is-told told
ok usbmon-loss-leaves-depth-possible possible

# Where the kernel cannot do with BPF, usbmon serves without being asked for.
[ -n "$without_fentry" ] || exit
guest --gadget --ffs=--in-delay,2ms,--out-delay,2ms <<'END'
umount /sys/kernel/tracing
umount -l /sys/kernel/debug
urbscope doctor >doctor.txt
echo $? >doctor.status
need urbscope report --json -o old.json -- \
	bulkload --device 1d6b:0105 --in --out --mode queued --depth 8 --count 400 --log old.log 2>old.err
need urbscope report --json -o old-fast.json -- \
	bulkload --device 0525:a4a0 --in --out --mode queued --depth 16 --count 500 --log old-fast.log
urbscope report --source bpf -t 1 2>asked.err
echo $? >asked.status
rmmod usbmon
urbscope report -t 1 2>missing.err
echo $? >missing.status
urbscope doctor >missing.txt
echo $? >>missing.status
END

by_usbmon()
{
	cannot_see old.json
	is "lines on stderr" "$(grep -c "^urbscope: note: .*$reason.* Watching by usbmon instead" \
		"$out/old.err")" 1
	is "max in flight" "$(get old.json "$(at 1d6b:0105 0x02).in_flight.max")" 8
}

old_agrees()
{
	local ep
	for ep in 0x81 0x02; do
		agrees old.json old.log 1d6b:0105 $ep
		agrees old-fast.json old-fast.log 0525:a4a0 $ep
	done
}

doctor()
{
	is "exit status" "$(cat "$out/doctor.status")" 0
	is "usbmon" "$(grep -c '^ok  *usbmon .*instead of BPF' "$out/doctor.txt")" 1
}

asked()
{
	is "exit status" "$(cat "$out/asked.status")" 2
	is "cure" "$(grep -cE "kprobe_events.*mount -t tracefs|needs 64 bits.*run a static" "$out/asked.err")" 1
	is "reason" "$(grep -c "$reason" "$out/asked.err")" 1
}

missing()
{
	is "exit statuses" "$(paste -sd' ' "$out/missing.status")" "2 2"
	is "cure" "$(grep -c "$reason.*modprobe usbmon" "$out/missing.err")" 1
	is "doctor" "$(grep -c '^MISSING *usbmon .*modprobe usbmon' "$out/missing.txt")" 1
}

ok old-kernel-guest-ends-well guest_ended_well
ok old-kernel-is-watched-by-usbmon by_usbmon
ok old-kernel-agrees-with-the-log old_agrees
ok old-kernel-doctor-holds doctor
ok old-kernel-refuses-bpf-if-asked asked
ok old-kernel-without-usbmon-names-modprobe missing
