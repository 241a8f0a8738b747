#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Where it cannot watch, urbscope says so in one line, with the cure, and exits with 2.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

plan refusals-guest-ends-well refuses-without-privileges refuses-in-lockdown \
	refuses-without-usbcore refuses-an-unreadable-file refuses-an-unwritable-file \
	refuses-a-command-that-is-not-there

guest <<'END'
# refused NAME COMMAND...
refused()
{
	local name=$1
	shift
	"$@" >"$name.out" 2>"$name.err" </dev/null
	echo $? >"$name.status"
}
echo 'nobody:x:65534:65534::/tmp:/bin/sh' >>/etc/passwd
refused user-report su -s /bin/sh nobody -c 'PATH=/toolkit:$PATH urbscope report -t 1'
refused user-top su -s /bin/sh nobody -c 'PATH=/toolkit:$PATH urbtop --batch --once'
refused user-record su -s /bin/sh nobody -c 'PATH=/toolkit:$PATH urbscope record -o /tmp/x -t 1'
refused file urbscope report /out/none.urb
refused output urbscope record -t 1 -o /none/x
refused command urbscope report -- /none/command
need rmmod usbmon
lsmod | awk '$4 != "" { print $1 ": " $4 }' >modules
need rmmod -f usbcore 2>/dev/null || need modprobe -r usbcore
refused module-report urbscope report -t 1
refused module-top urbtop --batch --once
refused module-list urbscope list
refused module-doctor urbscope doctor
need modprobe usbcore
need urbscope report -t 1 -o again.txt
mount -t securityfs security /sys/kernel/security 2>/dev/null
need sh -c 'echo confidentiality >/sys/kernel/security/lockdown'
refused locked-report urbscope report -t 1
refused locked-top urbtop --batch --once
umount /sys/kernel/security
# and if nothing tells of the lockdown
refused hidden-report urbscope report -t 1
exit 0
END

# one_line NAME PATTERN: status 2, nothing on stdout, one line that says that
one_line()
{
	is "$1: exit status" "$(cat "$out/$1.status")" 2
	is "$1: output" "$(wc -c <"$out/$1.out")" 0
	is "$1: lines" "$(wc -l <"$out/$1.err")" 1
	grep -qE "^urbscope: .*$2" "$out/$1.err" || { echo "$1 says:"; cat "$out/$1.err"; wrong=1; }
}

user()
{
	one_line user-report 'CAP_[A-Z_]*: run it as root'
	one_line user-top 'CAP_[A-Z_]*: run it as root'
	one_line user-record 'CAP_[A-Z_]*: run it as root'
}

locked()
{
	one_line locked-report 'lockdown.*confidentiality'
	one_line locked-top 'lockdown.*confidentiality'
	one_line hidden-report ''
}

no_module()
{
	one_line module-report 'modprobe usbcore'
	one_line module-top 'modprobe usbcore'
	one_line module-list ''
	is "doctor: exit status" "$(cat "$out/module-doctor.status")" 2
	grep -q 'modprobe usbcore' "$out/module-doctor.out" || { echo "doctor has no cure"; wrong=1; }
}

ok refusals-guest-ends-well guest_ended_well
ok refuses-without-privileges user
ok refuses-in-lockdown locked
ok refuses-without-usbcore no_module
ok refuses-an-unreadable-file one_line file 'none.urb: No such file'
ok refuses-an-unwritable-file one_line output '/none/x: No such file'
ok refuses-a-command-that-is-not-there one_line command '/none/command'
