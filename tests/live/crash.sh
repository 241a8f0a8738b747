#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A machine dies while it records: what --sync has brought to the disk is there, all that is older than it says.
# Once: of the kernel it asks no more than depth.sh does.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

plan crash-machine-is-dead crash-takes-what-is-not-synced crash-leaves-what-is-synced \
	crash-leaves-all-files-of-a-rotation sync-needs-a-disk
needs fentry

PATH=$PATH:/usr/sbin
truncate -s 64M "$out/disk"
mkfs.ext4 -q -m 0 "$out/disk" || skip_all "no disk to crash: mkfs.ext4 failed"

# The kernel writes nothing by itself, so whatever is on the disk was brought there. One write is for the
# disk's own journal: it takes the sizes of all files along, but not what is in them.
guest --gadget --qemu -drive --qemu "file=$out/disk,if=virtio,format=raw,cache=writeback" <<'END'
modprobe -a virtio_blk crc32c_generic ext4 2>/dev/null
mkdir mnt && mount -t ext4 -o commit=1000 /dev/vda mnt || exit 1
echo 0 >/proc/sys/vm/dirty_writeback_centisecs
urbscope record --sync 100ms -o /dev/null 2>refused -- true
echo $? >refused.status
for how in plain '--sync 200ms' '--sync 200ms --rotate-size 8K'; do
	set -- $how
	name=$(echo "$how" | tr -d ' -')
	[ "$1" != plain ] || shift
	urbscope record "$@" -o mnt/$name.urb &
	need attached $!
done
need bulkload --device 0525:a4a0 --in --out --mode queued --depth 32 --count 2500 --log crash.log
sleep 3
ls -l mnt >listing
monitor quit
sleep 60
END

# What is on the disk, when its journal was played back as by a mount.
e2fsck -fy "$out/disk" >"$out/fsck" 2>&1
mkdir "$out/left"
debugfs -R "rdump / $out/left" "$out/disk" >"$out/rdump" 2>&1

size() { stat -c %s "$out/left/$1" 2>/dev/null || echo 0; }

dead()
{
	is "the guest's end" "$ended" 69
	is "files in it" "$(grep -c '\.urb$' "$out/listing")" "$(find "$out/left" -name '*.urb' | wc -l)"
}

# Else the disk proves nothing.
plain()
{
	local was
	was=$(awk '$NF == "plain.urb" { print $5 }' "$out/listing")
	least "written" "$was" 10000
	most "left" "$(size plain.urb)" $((was / 2))
}

agrees_with_the_log()
{
	"$build/urbscope" report --json -o "$out/$1.json" "$out/left/$1.urb" 2>"$out/$1.note" ||
		{ cat "$out/$1.note"; wrong=1; }
	agrees "$1.json" crash.log 0525:a4a0 0x81
	agrees "$1.json" crash.log 0525:a4a0 0x02
}

rotated()
{
	least "files" "$(find "$out/left" -name 'sync200msrotatesize8K.*.urb' | wc -l)" 4
	agrees_with_the_log sync200msrotatesize8K
}

refused()
{
	is "status" "$(cat "$out/refused.status")" 2
	is "words" "$(cat "$out/refused")" "urbscope: /dev/null is not on a disk: without --sync"
}

ok crash-machine-is-dead dead
ok crash-takes-what-is-not-synced plain
ok crash-leaves-what-is-synced agrees_with_the_log sync200ms
ok crash-leaves-all-files-of-a-rotation rotated
ok sync-needs-a-disk refused
