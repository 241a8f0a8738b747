#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The tool without a shared library, as a board may want it: it watches like the other, and says the same
# of devices, which it has from sysfs by itself and the other by libudev.
# 32 bits: by usbmon, too.
# Once: the kernel has no part in it.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

plan static-builds static-guest-ends-well static-lists-the-same static-names-devices-by-address \
	static-counts-agree-with-the-log

build_static()
{
	flock "$toolkit" make -s -C "$repo" ${arch:+ARCH="$arch"} B="$toolkit" static || return
	! readelf -l "$toolkit/static/urbscope" | grep -w INTERP
}

ok static-builds build_static

guest --gadget --zoo=stick,kbd,tablet <<'END'
static=/toolkit/static/urbscope
need $static list --json >static.list
need urbscope list --json >dynamic.list
need $static report --json -o depth.json -- \
	bulkload --device 0525:a4a0 --in --out --mode queued --depth 8 --count 300 --log depth.log
# usbmon names no devices: what a submission is of, it looks up while it runs
need $static report --source usbmon --json -o usbmon.json -- parread /dev/disk/stick --readers 1 --count 20
END

same_list()
{
	least "devices" "$(get dynamic.list "devices[#]")" 6
	diff "$out/static.list" "$out/dynamic.list" || wrong=1
}

looked_up()
{
	local path
	path="endpoints[device.vid=46f4,endpoint=0x81]"
	is "driver" "$(get usbmon.json "$path.device.driver")" usb-storage
	is "type" "$(get usbmon.json "$path.type")" bulk
	least "submitted" "$(get usbmon.json "$path.transfers.submitted")" 20
}

counts()
{
	agrees depth.json depth.log 0525:a4a0 0x81
	agrees depth.json depth.log 0525:a4a0 0x02
}

ok static-guest-ends-well guest_ended_well
ok static-lists-the-same same_list
ok static-names-devices-by-address looked_up
ok static-counts-agree-with-the-log counts
