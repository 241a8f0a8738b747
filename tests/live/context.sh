#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Whether a submission came from an interrupt: by the flags that the kernel's own tracing has for each call
# of usb_submit_urb(). A program submits by itself, a keyboard's driver from its completion handler.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

plan context-guest-ends-well context-is-the-kernels
needs context

guest --gadget --zoo=kbd <<'END'
cat >load.sh <<'LOAD'
trace=/sys/kernel/tracing
echo 'p:called usb_submit_urb' >>$trace/kprobe_events
echo 1 >$trace/events/kprobes/called/enable
bulkload --device 0525:a4a0 --in --mode sync --count 20 || exit 1
for key in a b c d; do
	monitor "sendkey $key"
	sleep 0.3
done
echo 0 >$trace/events/kprobes/called/enable
grep ' called: ' $trace/trace >calls.trace
LOAD
cat /dev/input/event0 >/dev/null &
need urbscope export --level full -o calls.ndjson -- sh load.sh
END

# "bulkload-105 [000] d..2. 21.4: called: ...": the third flag is of hard and soft interrupts.
traced()
{
	sed 's/.*\] //' "$out/calls.trace" | grep -cE "^..$1"
}

told()
{
	grep '"event": "submit"' "$out/calls.ndjson" | grep -c "\"in_irq\": $1"
}

context()
{
	least "from the program" "$(traced '\.')" 20
	# a key goes down and up
	least "from the keyboard's handler" "$(traced '[shH]')" 8
	is "not from an interrupt" "$(told false)" "$(traced '\.')"
	is "from an interrupt" "$(told true)" "$(traced '[shH]')"
}

ok context-guest-ends-well guest_ended_well
ok context-is-the-kernels context
