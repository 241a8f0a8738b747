# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2154,SC3043
# guest.sh: for guests that run the queues, after tests/live/guest.sh; `module` is the module's file.
# Each run leaves NAME.json, urbscope's report, and NAME.log, the queue's own log.

export PATH=/toolkit/tests/queues:$PATH
queues=/sys/kernel/debug/bulkqueues
udc=/sys/kernel/config/usb_gadget/ffs/UDC
gadget=$(cat /run/ffs-gadget.pid)
need insmod "$module"

# watched NAME COMMAND: a shell's command line, watched. The kernel skips a probe that an interrupt
# finds within itself, now and then; that is told as lost, and such a run proves no counts. Where `once`
# is set it cannot be had again.
once=
watched()
{
	local i
	for i in 1 2 3; do
		need urbscope report --json -o "$1.json" -- sh -c "$2"
		[ -z "$once" ] && [ "$(/toolkit/tests/tools/jsonget "$1.json" events.lost)" != 0 ] || return 0
	done
}

# mod NAME KEY=VALUE...: the module. lib: libusb. both: one after the other, as mod-NAME and lib-NAME.
mod()
{
	local name=$1
	shift
	watched "$name" "echo $* >$queues/run && cat $queues/log >$name.log"
}

lib()
{
	local name=$1
	shift
	watched "$name" "queueload 1d6b:0105 $name.log $*"
}

both()
{
	local name=$1
	shift
	mod "mod-$name" "$@"
	lib "lib-$name" "$@"
}

# The same, and when it has run for a while something happens: mod_when COMMAND NAME KEY=VALUE...
running="i=0; until grep -qs bulkqueues- /proc/[0-9]*/comm || ls /sys/bus/usb/drivers/usbfs | grep -q :; do
	[ \$i -lt 500 ] || exit 1; i=\$((i + 1)); usleep 20000; done; sleep 0.4"

mod_when()
{
	local happens=$1 name=$2
	shift 2
	watched "$name" "(echo $* >$queues/run) & $running; $happens; wait; cat $queues/log >$name.log"
}

lib_when()
{
	local happens=$1 name=$2
	shift 2
	watched "$name" "queueload 1d6b:0105 $name.log $* & $running; $happens; wait"
}

both_when()
{
	local happens=$1 name=$2
	shift 2
	mod_when "$happens" "mod-$name" "$@"
	lib_when "$happens" "lib-$name" "$@"
}

unplug()
{
	echo >$udc
}

# The device, and the driver bound to it.
plug()
{
	need sh -c "echo dummy_udc.0 >$udc"
	until [ -e "$(device 1d6b:0105)/$(basename "$(device 1d6b:0105)"):1.0/driver" ]; do
		usleep 50000
	done
}
