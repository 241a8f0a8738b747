#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Privileges: which ones are needed to attach, and that they are gone afterwards, while everything goes
# on. What /proc tells of a process is the witness. (Losses, unplugging and what else happens after the
# probes were attached: all the other tests run without privileges by then.)
# Once: capabilities are asked for alike by all kernels that can be watched by fentry.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

plan privileges-guest-ends-well attached-agent-has-no-capability agent-can-stop-its-command command-has-its-callers-capabilities \
	counts-agree-without-privileges recorder-writes-where-only-root-may \
	server-becomes-another-user cap-sys-admin-suffices cap-bpf-does-not-suffice-for-a-module cap-syslog-gives-names
needs fentry

guest --gadget <<'END'
load='bulkload --device 0525:a4a0 --in --out --mode queued --depth 8'
cat >look.sh <<'LOAD'
grep -E '^(Cap|NoNew)' /proc/self/status >command.caps
bulkload --device 0525:a4a0 --in --out --mode queued --depth 8 --count 200 --log dropped.log || exit 1
cat /proc/$PPID/status >agent.caps
LOAD
grep -E '^(Cap|NoNew)' /proc/self/status >caller.caps
need urbscope report --json -o dropped.json -- sh look.sh
# root may write there only by CAP_DAC_OVERRIDE
mkdir /tmp/foreign && chown 65534:65534 /tmp/foreign && chmod 755 /tmp/foreign
urbscope record -o /tmp/foreign/run.urb --rotate-size 8K &
watcher=$!
need attached $watcher
need $load --count 2000 --log foreign.log
cat /proc/$watcher/status >recorder.caps
kill -TERM $watcher
need wait $watcher
ls /tmp/foreign >foreign.files
need urbscope report --json -o foreign.json /tmp/foreign/run.urb
# --user
echo 'nobody:x:65534:65534::/tmp:/bin/sh' >>/etc/passwd
urbscope serve --user nobody 2>serve.err &
watcher=$!
need attached $watcher
cat /proc/$watcher/status >server.caps
need $load --count 150 --log served.log
# figures are this much behind
sleep 1
need wget -q -O metrics http://127.0.0.1:7531/metrics
kill -TERM $watcher
need wait $watcher
# as nobody, with some capabilities
mkdir /tmp/as && chmod 777 /tmp/as
# with NAME MASK: a report of a load
with()
{
	withcaps $2 urbscope report --json -o /tmp/as/$1.json 2>$1.err &
	watcher=$!
	attached $watcher && $load --count 100 --log $1.log
	cat /proc/$watcher/status >$1.caps
	kill -TERM $watcher 2>/dev/null
	wait $watcher
	echo $? >$1.status
	cp /tmp/as/$1.json . 2>/dev/null
}
# named NAME MASK: the names of completion handlers
named()
{
	withcaps $2 urbscope export --level full -s 0525:a4a0/0x81 --of transfers --to ndjson -o /tmp/as/$1.ndjson &
	watcher=$!
	need attached $watcher
	need $load --count 20 --log $1.log
	kill -TERM $watcher
	need wait $watcher
	cp /tmp/as/$1.ndjson .
}
with admin 200000
with bpf c000000000
named names 400200000
named nameless 200000
exit 0
END

cap() { awk -v key="$2:" '$1 == key { print $2 }' "$out/$1"; }

# has_none FILE: of a process that has no capability
has_none()
{
	local set
	for set in CapInh CapPrm CapEff CapAmb; do
		is "$set" "$(cap "$1" $set)" 0000000000000000
	done
	is NoNewPrivs "$(cap "$1" NoNewPrivs)" 1
}

# Who the command may have become, urbscope cannot know: CAP_KILL is all that it keeps.
can_stop()
{
	is CapBnd "$(cap agent.caps CapBnd)" 0000000000000000
	is CapPrm "$(cap agent.caps CapPrm)" 0000000000000020
	is CapEff "$(cap agent.caps CapEff)" 0000000000000020
	is NoNewPrivs "$(cap agent.caps NoNewPrivs)" 1
}

command_has_all()
{
	diff "$out/caller.caps" "$out/command.caps" || wrong=1
	is "the caller's" "$(cap caller.caps CapEff | tr -d 0 | grep -c .)" 1
}

counts()
{
	agrees "$1.json" "$1.log" 0525:a4a0 0x81
	agrees "$1.json" "$1.log" 0525:a4a0 0x02
}

foreign()
{
	counts foreign
	least files "$(grep -c '^run[.]' "$out/foreign.files")" 3
	# bit 1
	is "CapEff" "$(cap recorder.caps CapEff)" 0000000000000002
}

# scraped ENDPOINT: completions
scraped()
{
	awk -v ep="endpoint=\"$1\"" 'index($0, "urbscope_completions_total{") == 1 && index($0, ep) &&
		/product_id="a4a0"/ { print $NF }' "$out/metrics"
}

server()
{
	local ep
	has_none server.caps
	is "Uid" "$(cap server.caps Uid)" 65534
	is "Gid" "$(cap server.caps Gid)" 65534
	for ep in 0x81 0x02; do
		is "$ep: completions" "$(scraped $ep)" "$(logged served.log $ep completed)"
	done
}

admin()
{
	is "exit status" "$(cat "$out/admin.status")" 0
	counts admin
}

bpf()
{
	is "exit status" "$(cat "$out/bpf.status")" 2
	is "lines" "$(wc -l <"$out/bpf.err")" 1
	grep -q 'CAP_SYS_ADMIN' "$out/bpf.err" || { cat "$out/bpf.err"; wrong=1; }
}

# bulkload goes by usbfs, whose handler has that name in every kernel.
handlers() { grep -c '"async_completed"' "$out/$1.ndjson"; }

names()
{
	is "named, with it" "$(handlers names)" "$(logged names.log 0x81 completed)"
	is "named, without" "$(handlers nameless)" 0
}

ok privileges-guest-ends-well guest_ended_well
ok attached-agent-has-no-capability has_none admin.caps
ok agent-can-stop-its-command can_stop
ok command-has-its-callers-capabilities command_has_all
ok counts-agree-without-privileges counts dropped
ok recorder-writes-where-only-root-may foreign
ok server-becomes-another-user server
ok cap-sys-admin-suffices admin
ok cap-bpf-does-not-suffice-for-a-module bpf
ok cap-syslog-gives-names names
