# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2154,SC3043
# guest.sh: for guests that run the queues, after tests/live/guest.sh; `module` is the module's file.
# Each run leaves NAME.json, urbscope's report, and NAME.log, the queue's own log.

export PATH=/toolkit/tests/queues:$PATH
queues=/sys/kernel/debug/bulkqueues
udc=/sys/kernel/config/usb_gadget/ffs/UDC
gadget=$(cat /run/ffs-gadget.pid)
need insmod "$module"

# What may happen to the device while a queue runs.
stall="kill -USR1 $gadget"
hush="kill -USR2 $gadget" # or speak again
pull="echo >$udc; while grep -qs 0105 /sys/bus/usb/devices/*/idProduct; do usleep 20000; done; sleep 0.1"

unplug() { eval "$pull"; }

# The device, and the driver bound to it.
plug()
{
	need sh -c "echo dummy_udc.0 >$udc"
	until [ -e "$(device 1d6b:0105)/$(basename "$(device 1d6b:0105)"):1.0/driver" ]; do
		usleep 50000
	done
}

# load mod|lib NAME KEY=VALUE...: the command line of a run, of the module or of libusb.
load()
{
	local name=$2 implementation=$1
	shift 2
	case $implementation in
	mod) echo "echo $* >$queues/run && cat $queues/log >$name.log" ;;
	lib) echo "queueload 1d6b:0105 $name.log $*" ;;
	esac
}

# load_when COMMAND mod|lib NAME KEY=VALUE...: the same, and when it has run for a while the command.
# The log is there whatever became of the run.
load_when()
{
	local happens=$1 implementation=$2 name=$3
	shift 3
	case $implementation in
	mod) echo "(echo $* >$queues/run) & $running; $happens; wait; cat $queues/log >$name.log" ;;
	lib) echo "queueload 1d6b:0105 $name.log $* & $running; $happens; wait" ;;
	esac
}
running="i=0; until grep -qsE '^(bulkqueues|queueload)-' /proc/[0-9]*/task/[0-9]*/comm; do
	[ \$i -lt 500 ] || exit 1; i=\$((i + 1)); usleep 20000; done; sleep 0.4"

# repeat FILE PATH: after a run; is it to be had again? The kernel skips a probe that an interrupt finds
# within itself, now and then; that is told as lost, and such a run proves nothing. `after` is a
# command for after each run.
after=
repeat()
{
	$after
	[ "$(/toolkit/tests/tools/jsonget "$1" "$2")" != 0 ]
}

# watched NAME COMMAND: a shell's command line.
watched()
{
	local i
	for i in 1 2 3; do
		need urbscope report --json -o "$1.json" -- sh -c "$2"
		repeat "$1.json" events.lost || return 0
	done
}

# mod NAME KEY=VALUE...: the module's run, watched. lib: libusb's. both: one after the other, as
# mod-NAME and lib-NAME; both_when COMMAND: and something happens to each.
mod() { watched "$1" "$(load mod "$@")"; }
lib() { watched "$1" "$(load lib "$@")"; }

both()
{
	local name=$1
	shift
	mod "mod-$name" "$@"
	lib "lib-$name" "$@"
}

both_when()
{
	local happens=$1 name=$2
	shift 2
	watched "mod-$name" "$(load_when "$happens" mod "mod-$name" "$@")"
	watched "lib-$name" "$(load_when "$happens" lib "lib-$name" "$@")"
}
