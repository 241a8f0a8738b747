# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC3043,SC2016
# guest.sh: stands before every guest's script (busybox sh). `need` ends it at the first failure.

need()
{
	"$@" && return
	echo "guest: status $?: $*" >&2
	exit 20
}

# device VID:PID: its folder in sysfs
device()
{
	local d
	for d in /sys/bus/usb/devices/[0-9]*; do
		[ -e "$d/idVendor" ] || continue
		[ "$(cat "$d/idVendor"):$(cat "$d/idProduct")" = "$1" ] && echo "$d" && return
	done
	return 1
}

# attached PID: once urbscope's probes are attached and the queues walked, it waits for events, and
# never before.
attached()
{
	local i=0
	until grep -q poll "/proc/$1/wchan"; do
		[ -d "/proc/$1" ] && [ $i -lt 1200 ] || return 1
		usleep 50000
		i=$((i + 1))
	done
}

# watch_bus VID:PID NAME: usbmon's text log of that bus. Into memory, as the text log drops events
# if its reader is slow; in blocks, as each read() brings one event. `watched` ends it.
watch_bus()
{
	cat "/sys/kernel/debug/usb/usbmon/$(cat "$(device "$1")/busnum")u" >"/tmp/$2" &
	usbmon_pid=$!
	usbmon_log=$2
	sleep 0.2
}

watched()
{
	sleep 0.3
	kill "$usbmon_pid"
	wait "$usbmon_pid" 2>/dev/null
	cp "/tmp/$usbmon_log" /out/
}

# A kprobe event `done` for each URB given back, into the trace.
watch_givebacks()
{
	echo mono >/sys/kernel/tracing/trace_clock
	echo 'p:done usb_hcd_giveback_urb urb=$arg2:x64' >/sys/kernel/tracing/kprobe_events
	echo 1 >/sys/kernel/tracing/events/kprobes/done/enable
}

# tag VID:PID Bi:1: what usbmon calls the endpoint: Bi:4:002:1
tag()
{
	local d
	d=$(device "$1")
	printf '%s:%s:%03d:%s' "${2%:*}" "$(cat "$d/busnum")" "$(cat "$d/devnum")" "${2#*:}"
}
