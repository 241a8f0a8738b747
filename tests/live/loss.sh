#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Losing events: the agent is stopped for a while, its smallest ring runs over. How much is lost is
# known to the last event, nothing is called complete that is not, and soon after everything is
# certain again: idle endpoints at 0, a posted queue at what is posted.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

plan loss-guest-ends-well loss-is-told loss-is-exact loss-is-certain-again \
	loss-leaves-what-is-posted loss-balances loss-leaves-depth-possible loss-does-not-touch-others

# A ring of 1 MiB has room for the records of 13,107 URBs; it is made to run over however slow the
# machine is, by what the device has seen of URBs (sysfs tells). The first load ends, and its
# endpoints drain, when nobody looks any more and nothing is lost yet.
guest --mem 1024 --gadget --ffs=--in-delay,20ms,--out-delay,20ms --zoo=kbd <<'END'
cat /dev/input/event0 >/dev/null &
gadget=$(cat /run/ffs-gadget.pid)
cat >load.sh <<'LOAD'
# a queue that stays posted: the device answers for a while, then no more
bulkload --device 1d6b:0105 --in --mode queued --depth 7 --seconds 1000 --log posted.log &
posted=$!
queued='bulkload --device 0525:a4a0 --in --out --mode queued --depth 32 --size 512'
$queued --count 500 --log first.log &
first=$!
usleep 100000
kill -STOP $PPID
wait $first || exit 1
$queued --count 14000 --log load.log &
load=$!
enough=$(($(cat $URBNUM) + 17000))
until [ $(cat $URBNUM) -ge $enough ] || ! kill -0 $load; do usleep 20000; done
kill -CONT $PPID
wait $load || exit 1
kill -USR2 $GADGET
sleep 3
echo $posted >posted.pid
exit 0
LOAD
export GADGET=$gadget URBNUM=$(device 0525:a4a0)/urbnum
need urbscope report --ring 1 --json -o loss.json -- sh load.sh
urbscope report --json -o after.json -t 300ms
kill -INT "$(cat posted.pid)"
i=0
until grep -qs '^summary' posted.log || [ $i -gt 50 ]; do sleep 0.1; i=$((i + 1)); done
END

e() { get loss.json "$(at "${2:-0525:a4a0}" "$1").$3"; }

told()
{
	local ep
	least "lost" "$(get loss.json events.lost)" 1
	for ep in 0x81 0x02; do
		least "$ep: lost" "$(e $ep '' transfers.lost)" 1
		is "$ep: complete" "$(e $ep '' complete)" false
		is "$ep: finding" "$(get loss.json "findings[kind=lost,device.vid=0525,endpoint=$ep].kind")" lost
	done
}

# both ENDPOINT FIELD: of the two loads
both() { echo $(($(logged first.log "$1" "$2") + $(logged load.log "$1" "$2"))); }

# Each submission and each completion of the logs is seen or lost: nothing else is. (Unpaired are the
# completions without a submission and the transfers whose completion was missed.)
exact()
{
	local ep t
	for ep in 0x81 0x02; do
		t=$(at 0525:a4a0 $ep).transfers
		is "$ep: seen and lost" \
			$(($(get loss.json "$t.submitted") + $(get loss.json "$t.completed") + \
				$(get loss.json "$t.unpaired") - $(get loss.json "$t.missed") + \
				$(get loss.json "$t.lost"))) \
			$(($(both $ep submitted) + $(both $ep completed)))
	done
}

certain()
{
	local ep
	for ep in 0x81 0x02; do
		is "$ep: certain" "$(e $ep '' certain)" true
		is "$ep: in flight" "$(e $ep '' in_flight.now)" 0
		is "$ep: open" "$(e $ep '' transfers.open)" 0
	done
}

posted()
{
	is "the log's depth" "$(logged posted.log 0x81 max-outstanding)" 7
	is "in flight at the end" "$(e 0x81 1d6b:0105 in_flight.now)" 7
	is "certain" "$(e 0x81 1d6b:0105 certain)" true
	is "a fresh look" "$(get after.json "$(at 1d6b:0105 0x81).in_flight.now")" 7
}

# No level that was ever called certain is above what the workload had posted.
possible()
{
	local ep
	for ep in 0x81 0x02; do
		most "$ep: max in flight" "$(e $ep '' in_flight.max)" "$(logged load.log $ep max-outstanding)"
		most "$ep: depth" "$(e $ep '' depth.max)" "$(logged load.log $ep max-outstanding)"
	done
	most "posted: max in flight" "$(e 0x81 1d6b:0105 in_flight.max)" 7
	most "posted: depth" "$(e 0x81 1d6b:0105 depth.max)" 7
}

balances()
{
	local ep
	for ep in 0x81 0x02; do
		is "$ep: balance" $(($(e $ep '' transfers.submitted) + $(e $ep '' transfers.inherited))) \
			$(($(e $ep '' transfers.completed) + $(e $ep '' transfers.open) + \
				$(e $ep '' transfers.missed)))
	done
}

others()
{
	local ep
	ep=$(get loss.json "endpoints[device.driver=usbhid,endpoint=0x81].transfers.lost")
	is "keyboard: lost" "$ep" 0
	is "keyboard: in flight" \
		"$(get loss.json "endpoints[device.driver=usbhid,endpoint=0x81].in_flight.now")" 1
	is "keyboard: certain" "$(get loss.json "endpoints[device.driver=usbhid,endpoint=0x81].certain")" true
}

ok loss-guest-ends-well guest_ended_well
ok loss-is-told told
ok loss-is-exact exact
ok loss-is-certain-again certain
ok loss-leaves-what-is-posted posted
ok loss-balances balances
ok loss-leaves-depth-possible possible
ok loss-does-not-touch-others others
