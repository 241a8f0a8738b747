#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Devices pulled in the middle of transfers, and another one at the same place.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

plan unplug-guest-ends-well unplug-balances unplug-leaves-nothing-open unplug-marks-gone \
	unplug-statuses-are-counted replug-is-another-endpoint \
	driver-is-known-while-it-probes
# An interrupt that hits a kprobe within another is skipped, and told: a disk that is
# asked by four has some of those.
needs fentry

guest --zoo=stick,uas,kbd <<'END'
cat /dev/input/event0 >/dev/null &
cat >load.sh <<'LOAD'
parread /dev/disk/uas --readers 4 --count 1000000 --size 4096 &
parread /dev/disk/stick --readers 2 --count 1000000 --size 65536 &
sleep 0.7
monitor 'device_del uas0'
monitor 'device_del stick0'
monitor 'device_del kbd0'
wait
sleep 0.5
monitor 'device_add usb-kbd,id=kbd1,bus=xhci.0,port=3'
i=0
until [ -e /sys/bus/usb/devices/1-3/idVendor ] || [ $i -gt 50 ]; do sleep 0.1; i=$((i + 1)); done
cat /sys/bus/usb/devices/1-3/devnum >kbd1.devnum
i=0
until [ -e /dev/input/event1 ] || [ -e /dev/input/event0 ] || [ $i -gt 50 ]; do sleep 0.1; i=$((i + 1)); done
sleep 0.5
exit 0
LOAD
need urbscope report --json -o unplug.json -- sh load.sh
END

# every COMMAND...: for each endpoint, with `i` and `ep`
every()
{
	local i n ep
	n=$(get unplug.json "endpoints[#]")
	least "endpoints" "$n" 8
	for ((i = 0; i < n; i++)); do
		ep="endpoints[$i]"
		"$@"
	done
}

name() { echo "$(get unplug.json "$ep.device.name") $(get unplug.json "$ep.endpoint")"; }
n() { get unplug.json "$ep.transfers.$1"; }

balance()
{
	is "$(name): submitted + inherited" "$(($(n submitted) + $(n inherited)))" \
		"$(($(n completed) + $(n open) + $(n missed)))"
	is "$(name): unpaired" "$(n unpaired)" 0
	is "$(name): missed" "$(n missed)" 0
}

balances()
{
	every balance
	is "lost" "$(get unplug.json events.lost)" 0
}

closed()
{
	[ "$(get unplug.json "$ep.device.gone")" = true ] || return 0
	is "$(name): open" "$(n open)" 0
	is "$(name): in flight" "$(get unplug.json "$ep.in_flight.now")" 0
}

gone()
{
	local driver
	for driver in uas usb-storage; do
		is "$driver" "$(get unplug.json "endpoints[device.driver=$driver].device.gone")" true
		is "$driver still there" \
			"$(get unplug.json "endpoints[device.driver=$driver,device.gone=false].endpoint")" nothing
		least "$driver: moved" \
			"$(get unplug.json "endpoints[device.driver=$driver,type=bulk,endpoint=0x81].bytes" |
				sed "s/nothing/$(get unplug.json "endpoints[device.driver=$driver,endpoint=0x83].bytes")/")" 4096
	done
}

# In the middle of transfers, so some ended by it; and a posted interrupt URB did.
statuses()
{
	local errors=0 i n
	n=$(get unplug.json "endpoints[#]")
	for ((i = 0; i < n; i++)); do
		errors=$((errors + $(get unplug.json "endpoints[$i].status" | tr ',{}' '\n\n\n' |
			awk -F'[":]+' '$2 ~ /^-/ { sum += $3 } END { print sum + 0 }')))
	done
	least "transfers that ended with an error" "$errors" 2
	is "the keyboard's posted URB" \
		"$(get unplug.json "endpoints[device.path=1-3,endpoint=0x81,device.gone=true].transfers.completed")" 1
}

another()
{
	local old new
	old="endpoints[device.path=1-3,endpoint=0x81,device.gone=true]"
	# while it is being enumerated, a device has address 0
	new="endpoints[device.bus=1,device.address=$(cat "$out/kbd1.devnum"),endpoint=0x00]"
	least "old serial" "$(get unplug.json "$old.serial")" 0
	is "new device's place" "$(get unplug.json "$new.device.path")" 1-3
	is "new device is there" "$(get unplug.json "$new.device.gone")" false
	[ "$(get unplug.json "$old.serial")" != "$(get unplug.json "$new.serial")" ] ||
		is "serials" same different
	least "new device: control transfers" "$(get unplug.json "$new.transfers.submitted")" 1
}

# The console listens to keyboards: the URB is posted in probe(), and no key was pressed.
probed()
{
	local new
	new="endpoints[device.path=1-3,endpoint=0x81,device.gone=false]"
	is "posted" "$(get unplug.json "$new.in_flight.now")" 1
	is "completed" "$(get unplug.json "$new.transfers.completed")" 0
	is "driver" "$(get unplug.json "$new.device.driver")" usbhid
}

ok unplug-guest-ends-well guest_ended_well
ok unplug-balances balances
ok unplug-leaves-nothing-open every closed
ok unplug-marks-gone gone
ok unplug-statuses-are-counted statuses
ok replug-is-another-endpoint another
ok driver-is-known-while-it-probes probed
