# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
# zoo.sh: devices that are to be told apart. Three are used badly, each in one way; the others well.
# For who boots them, sourced:
#
#   tests/rig/boot "${zoo_options[@]}" --stream FIFO -- "... $zoo_begin ... $zoo_end ..."
#
# The loads leave their logs in the results folder, printer.log, radio.log and so on, the devices theirs
# as printer.device ...

zoo_options=(
	--zoo=uas,kbd,audio --disk-delay 20ms
	# 1d6b:0105: the host waits for each URB, and then thinks
	--ffs=Printer,--out-delay,1ms,--log,/out/printer.device
	# 1d6b:0106: the host reads two, slowly, and only then posts two again
	--ffs=Radio,--in-delay,1ms,--log,/out/radio.device
	# 1d6b:0107: now and then it sends more than the host's 1000 bytes; its queue is kept full
	--ffs=Sensor,--in-delay,5ms,--in-lengths,100:100:100:100:100:100:100:100:100:100:100:1024,--log,/out/sensor.device
	# 1d6b:0108: queued both ways; slow enough for a host that is not run for a while to keep up
	--ffs=Camera,--in-delay,6ms,--out-delay,6ms,--log,/out/camera.device)

# shellcheck disable=SC2016 # for the guest
zoo_begin='
export PATH=/toolkit/tests/queues:$PATH
{
	cat /dev/input/event0 &
	readers="$readers $!"
	isoplay --seconds 86400 &
	readers="$readers $!"
	parread /dev/disk/uas --readers 4 --size 65536 --count 1000000 &
	readers="$readers $!"
	bulkload --device 1d6b:0105 --out --mode sync --pause 500us --seconds 86400 --log printer.log &
	loads="$loads $!"
	queueload 1d6b:0106 radio.log dir=in variant=drain-first depth=2 pause_us=7000 run_ms=86400000 &
	loads="$loads $!"
	queueload 1d6b:0107 sensor.log dir=in depth=8 buf_len=1000 run_ms=86400000 &
	loads="$loads $!"
	bulkload --device 1d6b:0108 --in --out --mode queued --depth 12 --seconds 86400 --log camera.log &
	loads="$loads $!"
} >/dev/null
'
# shellcheck disable=SC2016 # for the guest
zoo_end='
kill -INT $loads
wait $loads
kill $readers
for pid in $(cat /run/ffs-gadget*.pid); do
	kill $pid
	while [ -d /proc/$pid ]; do usleep 20000; done
done
'
