#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# How transfers end: stalled, cancelled while the device is silent, short. The workload's log has
# each status and each byte.
# 32 bits: by usbmon, too.
# Once: models.sh ends transfers in all of these ways on every kernel.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

plan endings-guest-ends-well stall-sync stall-queued silence-sync silence-queued \
	short-sync short-queued cancelled-is-no-finding stall-is-a-finding

guest --ffs=--in-delay,1ms,--out-delay,1ms <<'END'
load='bulkload --device 1d6b:0105'
gadget=$(cat /run/ffs-gadget.pid)
# failing NAME COMMAND: the load may fail (status 4), the report not
failing()
{
	local name=$1
	shift
	urbscope report --json -o "$name.json" -- "$@"
	case $? in 0 | 4) ;; *) exit 21 ;; esac
}
# cue NAME OPTION...: a halt in the middle of the load
cue()
{
	failing "$1" sh -c "$load --in --out $2 --log $1.log & sleep 0.3; kill -USR1 $gadget; wait \$!"
}
cue stall-sync '--mode sync --count 400 --keep-going'
cue stall-queued '--mode queued --depth 4 --count 2000 --timeout 500ms'
kill -USR2 $gadget
failing silence-sync $load --in --out --mode sync --count 6 --keep-going --timeout 60ms \
	--log silence-sync.log
failing silence-queued $load --in --out --mode queued --depth 8 --count 100 --timeout 200ms \
	--log silence-queued.log
# the same device, but one that sends less than it is asked for
kill -TERM $gadget
wait_for_ep() { until [ -e /dev/ffs-rig/ep2 ]; do usleep 20000; done; }
echo >/sys/kernel/config/usb_gadget/ffs/UDC
while [ -e /dev/ffs-rig/ep2 ]; do usleep 20000; done
ffs-gadget --size 1000 --in-delay 200us /dev/ffs-rig </dev/null >/dev/null 2>&1 &
wait_for_ep
need sh -c 'echo dummy_udc.0 >/sys/kernel/config/usb_gadget/ffs/UDC'
until device 1d6b:0105 >/dev/null && [ -n "$(cat $(device 1d6b:0105)/bConfigurationValue)" ]; do
	usleep 50000
done
need urbscope report --json -o short-sync.json -- $load --in --mode sync --count 100 --log short-sync.log
need urbscope report --json -o short-queued.json -- \
	$load --in --mode queued --depth 5 --count 100 --log short-queued.log
END

dev=1d6b:0105

both()
{
	agrees "$1.json" "$1.log" $dev 0x81
	agrees "$1.json" "$1.log" $dev 0x02
}

# has NAME ENDPOINT STATUS: the run was what its name says
has()
{
	least "$2: the log's status $3" "$(logged "$1.log" "$2" "status:$3")" 1
}

stalled() { both "$1"; has "$1" 0x81 -32; }
silenced() { both "$1"; has "$1" 0x81 -2; has "$1" 0x02 -2; }

short()
{
	agrees "$1.json" "$1.log" $dev 0x81
	is "the log's bytes" "$(logged "$1.log" 0x81 bytes)" "$(($(logged "$1.log" 0x81 status:0) * 1000))"
}

finding() { get "$1.json" "findings[kind=errors,device.vid=1d6b,endpoint=$2].values.count"; }

stall_finding()
{
	is "errors" "$(finding stall-sync 0x81)" "$(logged stall-sync.log 0x81 status:-32)"
	is "of" "$(get stall-sync.json "findings[kind=errors,endpoint=0x81].values.of")" \
		"$(logged stall-sync.log 0x81 completed)"
}

ok endings-guest-ends-well guest_ended_well
ok stall-sync stalled stall-sync
ok stall-queued stalled stall-queued
ok silence-sync silenced silence-sync
ok silence-queued silenced silence-queued
ok short-sync short short-sync
ok short-queued short short-queued
ok cancelled-is-no-finding is "errors" "$(finding silence-queued 0x81)" nothing
ok stall-is-a-finding stall_finding
