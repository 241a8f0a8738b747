#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# usbmon's text interface as the source: the counts are those of the log as long as nothing is
# lost; what the kernel drops is counted to the last event; and it serves where all else is missing.
# 32 bits: addresses have fewer digits.
# Once: the text is as it has been for years; usbmon.sh runs on every kernel.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

without_fentry=$(kernel_lacks fentry)
without_bpf=$(kernel_lacks bpf)
old='old-kernel-text-guest-ends-well old-kernel-falls-back-on-text'
# shellcheck disable=SC2086 # one word a point
plan usbmon-text-guest-ends-well usbmon-text-agrees-with-the-log usbmon-text-agrees-with-bpf \
	usbmon-text-tells-what-it-cannot-see usbmon-text-selects usbmon-text-refusals-are-never-in-flight \
	usbmon-text-loss-is-exact usbmon-text-loss-is-told usbmon-text-leaves-no-process \
	usbmon-text-log-says-the-same usbmon-text-names-the-cure ${without_fentry:+$old}

guest --gadget --ffs=--in-delay,2ms,--out-delay,2ms --zoo=uas,kbd <<'END'
slow='bulkload --device 1d6b:0105 --in --out --mode queued --depth 8'
mon='urbscope report --source usbmon-text --json'
need $mon -o both.mon.json -- urbscope report --json -o both.bpf.json -- \
	$slow --count 400 --log both.log
need $mon -o in.json -s 1d6b:0105/in -s driver=nobody -- $slow --count 50 --log in.log
need $mon -o refused.json -s 46f4:0003/0x83 -- refused 46f4:0003 0x83 25
# another reader of the same bus, whose log is read afterwards
watch_bus 1d6b:0105 run.mon
need $mon -o run.json -s 1d6b:0105 -- $slow --count 100 --log run.log
watched
need urbscope report --json -o log.json /out/run.mon
cat >load.sh <<'LOAD'
reader=$(pgrep -P $PPID urbscope)
bulkload --device 0525:a4a0 --in --out --mode queued --depth 32 --size 512 --seconds 3 \
	--log loss.log &
load=$!
sleep 0.5
kill -STOP $reader
sleep 1
kill -CONT $reader
wait $load || exit 1
sleep 0.5
LOAD
need $mon -o loss.json -- sh load.sh
pgrep urbscope >left.txt
echo 'nobody:x:65534:65534::/tmp:/bin/sh' >>/etc/passwd
su -s /bin/sh nobody -c 'PATH=/toolkit:$PATH urbscope report --source usbmon-text -t 1' 2>cure.err
echo $? >cure.status
umount /sys/kernel/debug
urbscope report --source usbmon-text -t 1 2>>cure.err
echo $? >>cure.status
mount -t debugfs debug /sys/kernel/debug
rm /dev/usbmon*
rmmod usbmon
urbscope report --source usbmon-text -t 1 2>>cure.err
echo $? >>cure.status
need modprobe usbmon
mount -t securityfs security /sys/kernel/security 2>/dev/null
need sh -c 'echo integrity >/sys/kernel/security/lockdown'
urbscope report --source usbmon-text -t 1 2>>cure.err
echo $? >>cure.status
END

both_agree()
{
	agrees both.mon.json both.log 1d6b:0105 0x81
	agrees both.mon.json both.log 1d6b:0105 0x02
}

# usbmon's S comes before BPF's `queued` and its C after `done`, the stamps are cut to 1 us.
like_bpf()
{
	local ep path figure n
	for ep in 0x81 0x02; do
		path=$(at 1d6b:0105 $ep)
		for figure in transfers.submitted transfers.completed bytes status in_flight.max \
			device.path device.name device.speed device.driver type; do
			is "$ep: $figure" "$(get both.mon.json "$path.$figure")" \
				"$(get both.bpf.json "$path.$figure")"
		done
		n=$(get both.mon.json "$path.latency_ns.count")
		is "$ep: latencies" "$n" "$(get both.bpf.json "$path.service_ns.count")"
		least "$ep: latency" "$(get both.mon.json "$path.latency_ns.total")" \
			$(($(get both.bpf.json "$path.service_ns.total") - n * 1000))
	done
}

cannot_see()
{
	local path figure
	path=$(at 1d6b:0105 0x81)
	is "source" "$(get both.mon.json source.kind)" usbmon-text
	is "clock" "$(get both.mon.json source.clock)" monotonic
	is "resolution" "$(get both.mon.json source.resolution_ns)" 1000
	for figure in service_ns giveback_delay_ns handler_ns; do
		is "$figure" "$(get both.mon.json "$path.$figure")" null
	done
}

selects()
{
	agrees in.json in.log 1d6b:0105 0x81
	is "endpoints" "$(get in.json "endpoints[#]")" 1
}

# Nothing else was on the buses.
exact()
{
	seen_and_lost loss.json loss.log
	is "endpoints" "$(get loss.json "endpoints[#]")" 2
}

told()
{
	local ep
	least "lost" "$(get loss.json events.lost)" 100
	for ep in 0x81 0x02; do
		is "$ep: complete" "$(get loss.json "$(at 0525:a4a0 $ep).complete")" false
	done
}

nothing_left()
{
	is "processes" "$(wc -c <"$out/left.txt")" 0
}

# What cat has read at the same time: each reader has stamps of its own, but the same counts, and
# the figures of its log are what the slow formulas make of it.
log_agrees()
{
	local ep where figure
	"$build/tests/tools/capnaive" "$out/run.mon" "$out/log.json" || wrong=1
	for ep in 0x81 0x02; do
		where="endpoints[endpoint=$ep,device.address=$(get run.json "$(at 1d6b:0105 $ep).device.address"),\
device.bus=$(get run.json "$(at 1d6b:0105 $ep).device.bus")]"
		for figure in transfers.submitted transfers.completed bytes status complete; do
			is "$ep: $figure" "$(get log.json "$where.$figure")" \
				"$(get run.json "$(at 1d6b:0105 $ep).$figure")"
		done
		is "$ep: submitted" "$(get log.json "$where.transfers.submitted")" \
			"$(logged run.log $ep submitted)"
	done
}

cure()
{
	is "exit statuses" "$(paste -sd' ' "$out/cure.status")" "2 2 2 2"
	is "lines" "$(wc -l <"$out/cure.err")" 4
	is "not root" "$(grep -c 'run it as root' "$out/cure.err")" 1
	is "locked down" "$(grep -c 'lockdown=none' "$out/cure.err")" 1
	is "not mounted" "$(grep -c 'mount -t debugfs debugfs /sys/kernel/debug' "$out/cure.err")" 1
	is "not loaded" "$(grep -c 'modprobe usbmon' "$out/cure.err")" 1
}

ok usbmon-text-guest-ends-well guest_ended_well
ok usbmon-text-agrees-with-the-log both_agree
if [ -z "$without_bpf" ]; then
	ok usbmon-text-agrees-with-bpf like_bpf
else
	skip usbmon-text-agrees-with-bpf "$without_bpf"
fi
ok usbmon-text-tells-what-it-cannot-see cannot_see
ok usbmon-text-selects selects
ok usbmon-text-refusals-are-never-in-flight refused_are_never_in_flight
ok usbmon-text-loss-is-exact exact
ok usbmon-text-loss-is-told told
ok usbmon-text-leaves-no-process nothing_left
ok usbmon-text-log-says-the-same log_agrees
ok usbmon-text-names-the-cure cure

# Where neither BPF nor /dev/usbmon0 will do, debugfs has usbmon's text.
[ -n "$without_fentry" ] || exit
guest --ffs=--in-delay,2ms,--out-delay,2ms <<'END'
rm -f /dev/usbmon*
umount /sys/kernel/tracing
# debugfs would mount it again by itself
mkdir -p /tmp/empty
need mount --bind /tmp/empty /sys/kernel/debug/tracing
need urbscope report --json -o old.json -- \
	bulkload --device 1d6b:0105 --in --out --mode queued --depth 8 --count 400 --log old.log 2>old.err
urbscope doctor >doctor.txt
echo $? >doctor.status
END

falls_back()
{
	is "source" "$(get old.json source.kind)" usbmon-text
	is "lines on stderr" "$(grep -cE '^urbscope: note: .*(kprobe_events|needs 64 bits).* Watching by usbmon.s text' \
		"$out/old.err")" 1
	agrees old.json old.log 1d6b:0105 0x81
	agrees old.json old.log 1d6b:0105 0x02
	is "doctor" "$(cat "$out/doctor.status")" 0
	is "doctor's line" "$(grep -c '^ok  *usbmon-text .*last resort' "$out/doctor.txt")" 1
}

ok old-kernel-text-guest-ends-well guest_ended_well
ok old-kernel-falls-back-on-text falls_back
