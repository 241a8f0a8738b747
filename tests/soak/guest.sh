# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC3043,SC2016,SC2012,SC2086,SC2154
# What goes on in the guest of a soak, for $soak seconds; after tests/live/guest.sh.
#
# It leaves: deeds (a word a line), trouble (what went wrong), samples and pages/ (of every ten seconds), the
# summaries of the workloads' logs, what the kernel itself has counted of URBs, and the exporter's end.

tracing=/sys/kernel/tracing
sourcesink=0525:a4a0 steady=1d6b:0105 sleeper=1d6b:0106
at='http://scraper:U*U@127.0.0.1:7531/metrics'
udc_file=/sys/kernel/config/usb_gadget/sourcesink/UDC

did() { echo "$1" >>deeds; }
trouble() { echo "$(now): $*" >>trouble; }
now() { cut -d. -f1 /proc/uptime; }

# within SECONDS COMMAND...: until it succeeds
within()
{
	local until=$(($(now) + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$(now)" -lt $until ] || { trouble "not in time: $*"; return 1; }
		usleep 100000
	done
}

configured()
{
	local d
	d=$(device "$1") && [ -n "$(cat "$d/bConfigurationValue")" ]
}
absent() { ! device "$1"; }
there() { [ -e "$1" ]; }
gone() { [ ! -e "$1" ]; }
said() { [ "$(cat "$1")" = "$2" ]; }

# --- the kernel's own count --------------------------------------------------------------------

count_urbs()
{
	echo 'p:given usb_hcd_giveback_urb' >$tracing/kprobe_events &&
		echo 'r:linked usb_hcd_link_urb_to_ep ret=$retval:s32' >>$tracing/kprobe_events &&
		echo 'hist:keys=ret' >$tracing/events/kprobes/linked/trigger &&
		echo 1 >$tracing/events/kprobes/given/enable
}

# counted: URBs that were accepted, given back, and returns that were missed
counted()
{
	echo "$(awk '$2 == "ret:" && $3 == 0 { print $6 }' $tracing/events/kprobes/linked/hist)" \
		"$(awk '$1 == "given" { print $2 + $3 }' $tracing/kprobe_profile)" \
		"$(awk '$1 == "linked" { print $3 }' $tracing/kprobe_profile)"
}

# skipped: runs of the exporter's programs that the kernel has skipped, because one was within the same
skipped()
{
	awk '$1 == "recursion_misses:" { n += $2 } END { print n + 0 }' /proc/$serve/fdinfo/*
}

# settle NAME: a page and the kernel's count of one moment, NAME.gz and NAME.counted: nothing happens meanwhile
settle()
{
	local i=0 before=
	while [ $i -lt 20 ]; do
		before=$(counted)
		sleep 1
		page "$1.gz" || return 1
		counted >"$1.counted"
		said "$1.counted" "$before" && return
		i=$((i + 1))
	done
	trouble "it does not come to rest: $before, then $(cat "$1.counted")"
}

# --- watching the exporter ---------------------------------------------------------------------

# (busybox' own -T 60 makes it crash)
page()
{
	timeout 60 wget -q -O "$1" --header 'Accept-Encoding: gzip' "$at"
}

# uptime, resident and anonymous KiB, threads, descriptors and sockets among them, ticks, URBs of the steady device
sample()
{
	local p=/proc/$serve
	echo "$(now)" "$(awk '$1 == "VmRSS:" { r = $2 } $1 == "RssAnon:" { a = $2 } $1 == "Threads:" { t = $2 }
			END { print r, a, t }' $p/status)" \
		"$(ls -l $p/fd | awk '/ -> / { n++ } /socket:/ { s++ } END { print n + 0, s + 0 }')" \
		"$(awk '{ print $14 + $15 }' $p/stat)" "$(cat "$(device $steady)/urbnum")" >>samples
}

sampler()
{
	local n=0
	until there /tmp/stop; do
		n=$((n + 1))
		sample
		page "pages/$n.gz" || trouble "sample $n: no page"
		sleep 10
	done
}

# --- loads -------------------------------------------------------------------------------------

# paused NAME: in each turn of a load; waits as long as the loads are held.
paused()
{
	while there /tmp/hold; do
		: >"/tmp/held.$1"
		usleep 100000
	done
	rm -f "/tmp/held.$1"
}

hold()
{
	local name
	: >/tmp/hold
	for name in steady uas stick; do
		within 120 there /tmp/held.$name
	done
}

release()
{
	local name
	rm -f /tmp/hold
	for name in steady uas stick; do
		within 120 gone /tmp/held.$name
	done
}

steady_load()
{
	local load="bulkload --device $steady --in --out --keep-going --log-events 20000"
	until there /tmp/stop; do
		paused steady
		$load --mode queued --depth 8 --count 1500 >>steady.log 2>>steady.err
		$load --mode sync --count 200 >>steady.log 2>>steady.err
	done
}

disk_load() # NAME OPTION...
{
	local name=$1
	shift
	until there /tmp/stop; do
		paused "$name"
		parread "/dev/disk/$name" "$@" >/tmp/parread.$name 2>&1 && echo $name >>/tmp/disk_loads
		usleep 100000
	done
}

input() { find "/sys/bus/usb/devices/$1:1.0/" -name 'event[0-9]*' 2>/dev/null | sed 's|.*/|/dev/input/|;q'; }

# A keyboard that somebody listens to: a URB that stays in flight.
keyboard()
{
	local file
	until there /tmp/stop; do
		file=$(input 1-2)
		[ ! -e "$file" ] || dd if="$file" of=/tmp/keys 2>/tmp/dd
		usleep 200000
	done
}

# --- deeds -------------------------------------------------------------------------------------

replug_gadget()
{
	local udc
	udc=$(cat $udc_file)
	echo '' >$udc_file
	within 20 absent $sourcesink
	echo "$udc" >$udc_file
	within 20 configured $sourcesink && did replugged-gadget
}

# As many endpoints that are gone as the exporter remembers: in each round it must forget some, then.
storm()
{
	local n=0
	while [ $n -lt 70 ]; do
		bulkload --device $sourcesink --in --out --mode sync --count 2 --size 512 >>sourcesink.log
		replug_gadget
		n=$((n + 1))
	done
}

# The exporter is stopped until its ring has run over, and goes on while the load does. Loads that are to be known
# to the last event pause meanwhile.
overload()
{
	local urbnum enough load
	hold
	urbnum=$(device $sourcesink)/urbnum
	enough=$(($(cat "$urbnum") + 17000))
	kill -STOP $serve
	bulkload --device $sourcesink --in --out --mode queued --depth 32 --size 512 --count 14000 --log-events 1 >>sourcesink.log &
	load=$!
	until [ "$(cat "$urbnum")" -ge $enough ] || ! kill -0 $load 2>/dev/null; do usleep 20000; done
	kill -CONT $serve
	wait $load
	release
	did overloaded
}

unplug_under_load()
{
	local load
	bulkload --device $sourcesink --in --out --mode queued --depth 8 --size 512 --seconds 30 --log-events 1 \
		>>sourcesink.log 2>>sourcesink.err &
	load=$!
	sleep 2
	replug_gadget
	wait $load
}

# QEMU aborts at times if a UAS disk is pulled under requests: that load pauses.
replug_disks()
{
	turn=$((turn + 1))
	monitor "device_del $stick"
	within 20 absent 46f4:0001
	stick=stick$turn
	monitor "device_add usb-storage,id=$stick,bus=xhci.0,port=4,drive=stickdrive"
	hold
	monitor "device_del $uas"
	within 20 absent 46f4:0003
	uas=uasdrv$turn
	monitor "device_add usb-uas,id=$uas,bus=xhci.0,port=1"
	monitor "device_add scsi-hd,id=uasdisk$turn,bus=$uas.0,scsi-id=0,lun=0,drive=uasdrive"
	monitor "qom-set /machine/peripheral/$uas attached true"
	disks_there && did replugged-disks
	release
}

link_disks() { rig-disks && [ -e /dev/disk/uas ] && [ -e /dev/disk/stick ]; }
disks_there() { within 30 link_disks; }

replug_keyboard()
{
	monitor "device_del $kbd"
	within 20 gone /sys/bus/usb/devices/1-2
	kbd=kbdagain$turn
	monitor "device_add usb-kbd,id=$kbd,bus=xhci.0,port=2"
	within 20 there /sys/bus/usb/devices/1-2/bConfigurationValue && did replugged-keyboard
}

# asleep DEVICE WAKE...: it falls asleep by itself, and WAKE needs it awake
asleep()
{
	local d=$1 name=$2
	shift 2
	within 20 said "$d/power/runtime_status" suspended || return
	did "suspended-$name"
	"$@"
}

sleep_and_wake()
{
	asleep "$(device $sleeper)" gadget bulkload --device $sleeper --in --out --mode queued --depth 4 --count 100 >>sleeper.log
	asleep /sys/bus/usb/devices/1-3 tablet timeout 1 cat "$(input 1-3)" >/tmp/tablet
}

stall()
{
	kill -USR1 "$(cat /run/ffs-gadget.pid)"
	did stalled
	sleep 3
}

may_sleep()
{
	local d
	for d in "$(device $sleeper)" /sys/bus/usb/devices/1-3; do
		echo 500 >"$d/power/autosuspend_delay_ms"
		echo auto >"$d/power/control"
	done
}

# --- all of it ---------------------------------------------------------------------------------

# "U*U"; the other one's password nobody knows, and a guess takes about a second
cat >/tmp/web.yml <<'WEB'
basic_auth_users:
  scraper: $2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW
  guessed: $2a$10$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW
WEB
mkdir pages
stick=stick0 uas=uas0 kbd=kbd0 turn=0
need count_urbs
monitor "device_add usb-storage,id=$stick,bus=xhci.0,port=4,drive=stickdrive"
need disks_there
urbscope serve --listen :7531 --ring 1 --web-config /tmp/web.yml 2>served &
serve=$!
need attached $serve
need settle begin
cat "$(device $steady)/urbnum" >begin.urbnum
sample
: >ready

end=$(($(now) + soak))
loops=
sampler & loops="$loops $!"
keyboard &
keyboard=$!
may_sleep
storm
steady_load & loops="$loops $!"
disk_load uas --readers 4 --size 4096 --count 200 & loops="$loops $!"
disk_load stick --readers 2 --size 65536 --count 20 & loops="$loops $!"
while [ "$(now)" -lt $end ] && kill -0 $serve; do
	overload
	unplug_under_load
	replug_disks
	replug_keyboard
	sleep_and_wake
	stall
	did round
done

: >/tmp/stop
while kill -0 $keyboard 2>/dev/null; do
	killall dd 2>/dev/null
	usleep 100000
done
wait $loops
[ ! -e /tmp/disk_loads ] || sort /tmp/disk_loads | uniq -c >disk_loads
: >calm
within 300 there alone
need settle end
sample
skipped >skipped
cat "$(device $steady)/urbnum" >end.urbnum
kill -TERM $serve
wait $serve
echo $? >code
