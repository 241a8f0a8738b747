#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The sources agree: BPF, usbmon and a capture watch the same transfers, and the device has a
# witness of its own. Where they differ, they differ by what one of them cannot see, and that way
# round only (docs/agreement.md).
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

plan agree-guest-ends-well \
	sync-is-the-same-to-both queued-is-the-same-to-both fast-is-the-same-to-both \
	stall-is-the-same-to-both silence-is-the-same-to-both short-is-the-same-to-both \
	usbmon-sees-every-depth-longer usbmon-sees-zero-shorter \
	every-stamp-of-usbmon-lies-between-bpfs capture-says-what-usbmon-says \
	capture-agrees-with-tshark \
	device-witnesses-a-disks-life device-witnesses-streams device-has-it-shorter
# Kprobes skip some of a disk's givebacks, and tell: not all figures can be the same.
needs fentry

# A capture is taken in the guest by the host's dumpcap, which is no part of the rig: it brings its
# libraries along. It is for this machine.
sniffer=''
if [ -z "$arch" ] && sniffer=$(PATH=$PATH:/usr/sbin command -v dumpcap); then
	mkdir "$out/sniffer"
	ldd "$sniffer" | awk '$2 == "=>" && $3 ~ /^\// { print $3 }' |
		xargs cp -L -t "$out/sniffer" "$sniffer"
fi
printf '%s\n' "$out" >"$out/host.path"

guest --mem 1024 --timeout 300 --gadget --ffs=--size,1000,--in-delay,2ms,--out-delay,2ms \
	--zoo=uas,kbd --disk-delay 2ms --pcap "$out/pcap" --qemu -blockdev --qemu \
	driver=null-co,node-name=witness,size=67108864,read-zeroes=on <<'END'
slow='bulkload --device 1d6b:0105 --size 1000'
gadget=$(cat /run/ffs-gadget.pid)

# both NAME COMMAND...: one run, seen by both. The load may fail (4), neither report may.
both()
{
	local name=$1
	shift
	urbscope report --source usbmon --json -o $name.mon.json -- \
		urbscope report --source bpf --level full --json -o $name.bpf.json -- "$@"
	case $? in 0 | 4) ;; *) exit 21 ;; esac
}

both sync $slow --in --out --mode sync --count 150 --log sync.log
# without a snapshot length: libpcap makes usbmon's ring as small as that, and it runs over
if [ -e sniffer/dumpcap ]; then
	cp -r sniffer /tmp/
	LD_LIBRARY_PATH=/tmp/sniffer /tmp/sniffer/dumpcap -q -i usbmon0 -w /tmp/queued.pcapng 2>dumpcap.log &
	dumpcap=$!
	i=0
	until grep -q 'File: ' dumpcap.log || [ $i -gt 100 ]; do usleep 50000; i=$((i + 1)); done
fi
both queued $slow --in --out --mode queued --depth 8 --count 300 --log queued.log
if [ -n "$dumpcap" ]; then
	sleep 1
	kill -INT $dumpcap
	wait $dumpcap
	cp /tmp/queued.pcapng .
fi
both fast bulkload --device 0525:a4a0 --in --out --mode queued --depth 16 --count 1500 --log fast.log
both stall sh -c "$slow --in --out --mode sync --count 300 --keep-going --log stall.log &
	sleep 0.3; kill -USR1 $gadget; wait \$!"
both short $slow --in --mode queued --depth 5 --count 100 --size 4096 --log short.log
kill -USR2 $gadget
both silence $slow --in --out --mode queued --depth 8 --count 100 --timeout 200ms --log silence.log
kill -USR2 $gadget

need urbscope record --source usbmon -o each.mon.urb -- \
	urbscope record --source bpf --level full -o each.bpf.urb -- sh -c "
		$slow --in --out --mode queued --depth 8 --count 200 --log each-slow.log
		bulkload --device 0525:a4a0 --in --out --mode queued --depth 16 --count 1000 --log each.log"

# a disk's whole life, from the plug to the unplugging
cat >life.sh <<'LIFE'
monitor "device_add usb-storage,id=stick1,bus=xhci.0,drive=witness,pcap=$(cat host.path)/life.pcap"
wait_disk() { i=0; until [ -e /sys/block/sdb ] || [ $i -gt 100 ]; do usleep 100000; i=$((i + 1)); done; }
wait_disk
sleep 0.5
dd if=/dev/sdb of=/dev/null bs=64k count=40 iflag=direct 2>/dev/null || exit 1
dd if=/dev/zero of=/dev/sdb bs=16k count=30 oflag=direct 2>/dev/null || exit 1
sleep 0.5
monitor 'device_del stick1'
i=0
while [ -e /sys/block/sdb ] && [ $i -lt 100 ]; do usleep 100000; i=$((i + 1)); done
sleep 0.3
LIFE
modprobe usb-storage
both life sh life.sh
# a stretch of a disk's life, while nobody else asks it for anything
stat -c %s pcap/uas0.pcap >uas.from
both uas parread /dev/disk/uas --readers 4 --count 100 --size 4096
stat -c %s pcap/uas0.pcap >uas.to
END

dev=1d6b:0105

# alike NAME VID:PID ENDPOINT...: what both must say alike, to the last one; by the log, too
alike()
{
	local name=$1 id=$2 ep path figure
	shift 2
	for ep in "$@"; do
		path=$(at "$id" "$ep")
		agrees "$name.mon.json" "$name.log" "$id" "$ep"
		agrees "$name.bpf.json" "$name.log" "$id" "$ep"
		for figure in transfers status bytes errors in_flight.now depth.at_submit[#] complete; do
			is "$ep: $figure" "$(get "$name.mon.json" "$path.$figure")" \
				"$(get "$name.bpf.json" "$path.$figure")"
		done
	done
}

# The device's 2 ms leave the host time to fill the queue.
alike_in_depth()
{
	local name=$1 ep
	alike "$@"
	shift 2
	for ep in "$@"; do
		is "$ep: deepest, by usbmon" "$(get "$name.mon.json" "$(at $dev "$ep").in_flight.max")" \
			"$(logged "$name.log" "$ep" max-outstanding)"
		is "$ep: deepest, by BPF" "$(get "$name.bpf.json" "$(at $dev "$ep").in_flight.max")" \
			"$(logged "$name.log" "$ep" max-outstanding)"
	done
}

# has NAME ENDPOINT STATUS: the run was what its name says
has()
{
	least "$2: the log's status $3" "$(logged "$1.log" "$2" "status:$3")" 1
}

sync_alike() { alike_in_depth sync $dev 0x81 0x02; }
queued_alike() { alike_in_depth queued $dev 0x81 0x02; has queued 0x81 -2; }
stall_alike() { alike_in_depth stall $dev 0x81 0x02; has stall 0x81 -32; }
silence_alike() { alike_in_depth silence $dev 0x81 0x02; has silence 0x81 -2; has silence 0x02 -2; }

short_alike()
{
	alike_in_depth short $dev 0x81
	is "bytes, 1000 of 4096 asked for" "$(logged short.log 0x81 bytes)" \
		$((1000 * $(logged short.log 0x81 status:0)))
}

# time_ns FILE PATH: the list, a number a line
time_ns()
{
	local i n
	n=$(get "$1" "$2.depth.time_ns[#]")
	for ((i = 0; i < n; i++)); do
		get "$1" "$2.depth.time_ns[$i]"
	done
}

# for_all CHECK: CHECK NAME ENDPOINT PATH for each endpoint of each run
for_all()
{
	local name ep
	for name in sync queued fast stall silence short; do
		for ep in 0x81 0x02; do
			[ $name$ep != short0x02 ] || continue
			$1 $name $ep "$(at "$([ $name = fast ] && echo 0525:a4a0 || echo $dev)" $ep)"
		done
	done
}

# To usbmon a transfer is in flight from before `queued` to after `done`, but for the microsecond
# that its stamp of the end may be cut by: so the time with at least i in flight is not shorter than
# by BPF, by more than a microsecond a transfer.
longer()
{
	local n
	n=$(get "$1.mon.json" "$3.transfers.completed")
	least "$1 $2: transfers" "$n" 1
	awk -v what="$1 $2" -v slack=$((n * 1000)) '
		FNR == NR { bpf[FNR] = $1; cnt = FNR; next }
		{ mon[FNR] = $1; if (FNR > cnt) cnt = FNR }
		END {
			for (i = cnt; i > 1; i--) {
				b += bpf[i]
				m += mon[i]
				if (m + slack < b) {
					printf "%s: at least %d in flight: %.0f ns, by BPF %.0f\n", what, i - 1, m, b
					bad = 1
				}
			}
			exit bad || !b
		}' <(time_ns "$1.bpf.json" "$3") <(time_ns "$1.mon.json" "$3") || wrong=1
}

# The other side of it. Whether a stretch is gap or idle time depends on its length, so both count.
zero() { echo $(($(get "$1" "$2.gaps.total_ns") + $(get "$1" "$2.idle_ns"))); }

shorter()
{
	most "$1 $2: time with none in flight" "$(zero "$1.mon.json" "$3")" \
		$(($(zero "$1.bpf.json" "$3") + 1000 * $(get "$1.mon.json" "$3.transfers.completed")))
}

# Of each transfer: one offset of the clocks puts S between `submit` and `queued`, C between `done`
# and `handler`, all of them.
stamps()
{
	"$build/urbscope" export "$out/each.bpf.urb" >"$out/each.bpf" || wrong=1
	"$build/urbscope" export "$out/each.mon.urb" >"$out/each.mon" || wrong=1
	awk -f "$live/stamps.awk" "$out/each.bpf" "$out/each.mon" >"$out/stamps" || wrong=1
	cat "$out/stamps"
}

captured()
{
	local ep path figure
	"$build/urbscope" report --json "$out/queued.pcapng" >"$out/queued.cap.json" || wrong=1
	for ep in 0x81 0x02; do
		path="endpoints[device.bus=$(get queued.mon.json "$(at $dev $ep).device.bus")"
		path+=",device.address=$(get queued.mon.json "$(at $dev $ep).device.address"),endpoint=$ep]"
		for figure in transfers status bytes in_flight.now in_flight.max depth.max type \
			depth.at_submit[#] latency_ns.count complete; do
			is "$ep: $figure" "$(get queued.cap.json "$path.$figure")" \
				"$(get queued.mon.json "$(at $dev $ep).$figure")"
		done
	done
	is "skipped" "$(get queued.cap.json events.skipped)" 0
}

tshark_agrees()
{
	PATH=$build:$PATH "$repo/tests/tools/tshark-agrees" "$1" >"$out/tshark" || wrong=1
	cat "$out/tshark"
	grep -q '^[1-9][0-9]* same' "$out/tshark" || wrong=1
}

# witness PCAP JSON: QEMU's capture as a report
witness()
{
	"$build/urbscope" report --json "$out/$1" >"$out/$2" || wrong=1
}

# asked PCAP ENDPOINT: bytes of all submissions
asked()
{
	"$build/urbscope" export "$out/$1" | awk -v ep="\"endpoint\": \"$2\"" '
		/"event": "submit"/ && index($0, ep) && match($0, /"length": [0-9]+/) {
			sum += substr($0, RSTART + 10, RLENGTH - 10)
		}
		END { print sum + 0 }'
}

# witnessed PCAP JSON NAME PATH ENDPOINT: as many transfers to the device as to BPF and to usbmon, the
# same bytes and no errors. QEMU repeats no length at the end of an OUT transfer: what counts there
# is what it was given.
witnessed()
{
	local source figure of="endpoints[endpoint=$5]" bytes
	bytes=$(get "$2" "$of.bytes")
	[ $(($5 & 0x80)) != 0 ] || [ "$5" = 0x00 ] || bytes=$(asked "$1" "$5")
	for source in bpf mon; do
		for figure in submitted completed open inherited unpaired missed; do
			is "$5: $figure, by $source" "$(get "$3.$source.json" "$4.transfers.$figure")" \
				"$(get "$2" "$of.transfers.$figure")"
		done
		is "$5: bytes, by $source" "$(get "$3.$source.json" "$4.bytes")" "$bytes"
		is "$5: status, by $source" "$(get "$3.$source.json" "$4.status")" "$(get "$2" "$of.status")"
	done
	least "$5: transfers" "$(get "$2" "$of.transfers.completed")" 10
}

life()
{
	local ep
	witness life.pcap life.json
	is "endpoints" "$(get life.json "endpoints[#]")" 3
	for ep in 0x00 0x02 0x81; do
		witnessed life.pcap life.json life "endpoints[device.vid=46f4,device.pid=0001,endpoint=$ep]" $ep
	done
}

# The stretch of QEMU's capture, behind a file's header.
streams()
{
	local ep
	{
		head -c 24 "$out/pcap/uas0.pcap"
		tail -c "+$(($(cat "$out/uas.from") + 1))" "$out/pcap/uas0.pcap" |
			head -c $(($(cat "$out/uas.to") - $(cat "$out/uas.from")))
	} >"$out/uas.pcap"
	witness uas.pcap uas.json
	for ep in 0x01 0x82 0x83; do
		witnessed uas.pcap uas.json uas "endpoints[device.driver=uas,endpoint=$ep]" $ep
		most "$ep: max in flight" "$(get uas.json "endpoints[endpoint=$ep].in_flight.max")" \
			"$(get uas.bpf.json "endpoints[device.driver=uas,endpoint=$ep].in_flight.max")"
	done
	least "0x83: max in flight" "$(get uas.json "endpoints[endpoint=0x83].in_flight.max")" 2
	is "bytes read" "$(get uas.json "endpoints[endpoint=0x83].bytes")" $((4 * 100 * 4096))
}

# The device has a transfer after it was queued and before it is done.
device_shorter()
{
	local ep
	witness life.pcap life.json
	for ep in 0x02 0x81; do
		most "$ep: time at the device" "$(get life.json "endpoints[endpoint=$ep].latency_ns.total")" \
			"$(get life.bpf.json "endpoints[device.vid=46f4,device.pid=0001,endpoint=$ep].service_ns.total")"
	done
}

ok agree-guest-ends-well guest_ended_well
ok sync-is-the-same-to-both sync_alike
ok queued-is-the-same-to-both queued_alike
ok fast-is-the-same-to-both alike fast 0525:a4a0 0x81 0x02
ok stall-is-the-same-to-both stall_alike
ok silence-is-the-same-to-both silence_alike
ok short-is-the-same-to-both short_alike
ok usbmon-sees-every-depth-longer for_all longer
ok usbmon-sees-zero-shorter for_all shorter
ok every-stamp-of-usbmon-lies-between-bpfs stamps
[ ! -e "$out/stamps" ] || head -n 5 "$out/stamps" | sed 's/^/# /'
if [ -z "$sniffer" ]; then
	skip capture-says-what-usbmon-says "no dumpcap here"
	skip capture-agrees-with-tshark "no dumpcap here"
else
	ok capture-says-what-usbmon-says captured
	if command -v tshark >/dev/null; then
		ok capture-agrees-with-tshark tshark_agrees "$out/queued.pcapng"
	else
		skip capture-agrees-with-tshark "no tshark here"
	fi
fi
ok device-witnesses-a-disks-life life
ok device-witnesses-streams streams
ok device-has-it-shorter device_shorter
