#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# urbscope check, live: what holds and what is violated on queues of known depth, by the workload's own
# settings; the same verdicts of a recording; a loss that is forced is never passed.
# Once: of the kernel it asks no more than depth.sh, loss.sh and models.sh do.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

plan check-guest-ends-well check-live-holds check-live-violated check-live-of-a-recording \
	check-live-inconclusive check-live-out-pending check-live-command-failed
# Before 5.11 the context of a call cannot be told, and no rule about it holds.
needs fentry

# The device takes 5 ms a transfer: a queue is refilled long before it has run empty.
guest --timeout 300 --mem 1024 --gadget --ffs=--in-delay,5ms,--out-delay,5ms <<'END'
load='bulkload --device 1d6b:0105'
check() { urbscope check "$@"; echo $? >>codes; }
# The kernel skips a probe that an interrupt finds within itself, now and then: told, and nothing holds.
surely()
{
	local i code
	for i in 1 2 3; do
		urbscope check "$@"
		code=$?
		[ $code = 3 ] || break
	done
	echo $code >>codes
}

surely -e 1d6b:0105/bulk --max-depth 8 --min-p50-depth 7 --max-errors 0 --min-transfers 200 \
	-e 1d6b:0105/bulk-in --model bulk-in-queue:depth=8,buf_len=16384 \
	-e 1d6b:0105/bulk-out --model bulk-out-queue:depth=8 --rules --json -o holds.json -- \
	$load --in --out --mode queued --depth 8 --count 200 --log holds.log
check -e 1d6b:0105/bulk --min-depth 2 --json -o sync.json -- \
	$load --in --out --mode sync --count 100
spec="-e 1d6b:0105/bulk --min-depth 2 --max-gap-share 1% --max-errors 0 --max-depth 1 --max-latency 1us"
check $spec --json -o live.json -- \
	urbscope record -o run.urb -- $load --in --out --mode sync --count 50
check $spec --json -o again.json run.urb
# a silent device takes one more (it has asked for that), then OUT pends; nothing is posted to IN
cat >pend.sh <<'PEND'
bulkload --device 1d6b:0105 --in --mode sync --count 2
kill -USR2 $GADGET
bulkload --device 1d6b:0105 --out --mode sync --count 3 --timeout 400ms
kill -USR2 $GADGET
exit 0
PEND
export GADGET=$(cat /run/ffs-gadget.pid)
check -e 1d6b:0105/bulk-in --max-unposted-pending 300ms --json -o pend.json -- sh pend.sh
check -e 1d6b:0105/bulk --max-errors 0 --json -o failed.json -- \
	sh -c "$load --in --mode sync --count 5; exit 7"
cat >lose.sh <<'LOSE'
kill -STOP $PPID
bulkload --device 0525:a4a0 --in --out --mode queued --depth 32 --size 512 --count 12000
kill -CONT $PPID
exit 0
LOSE
check --ring 1 -e 0525:a4a0/bulk --max-depth 32 --max-errors 0 --min-transfers 1 --json -o lost.json -- \
	sh lose.sh
check -e 1-9 --max-errors 0 --json -o none.json -t 200ms
END

code() { sed -n "$1p" "$out/codes"; }
verdicts() { tr -d ' \n' <"$out/$1" | grep -oE '"verdict":"[a-z]*"(,"doubt":[a-z"-]*,"target":"[^"]*","assertion":"[a-z0-9-]*")?'; }

holds()
{
	is "status" "$(code 1)" 0
	is "verdicts other than holds" "$(verdicts holds.json | grep -vc '"holds"')" 0
	least "verdicts" "$(verdicts holds.json | wc -l)" 30
	is "the log's depth" "$(logged holds.log 0x81 max-outstanding)" 8
}

violated()
{
	is "status" "$(code 2)" 1
	is "violated" "$(verdicts sync.json | sed 1d | grep -c violated)" 2
	is "in flight then" "$(get sync.json 'results[endpoint=0x02].first.in_flight')" 1
}

recorded()
{
	is "status" "$(code 3)" 1
	is "status of the recording" "$(code 4)" 1
	is "verdicts of the recording" "$(verdicts again.json)" "$(verdicts live.json)"
	is "results" "$(verdicts live.json | sed 1d | wc -l)" 10
}

inconclusive()
{
	is "status" "$(code 7)" 3
	is "doubts" "$(verdicts lost.json | sed 1d | grep -c '"inconclusive","doubt":"lost"')" 6
	is "status of nothing" "$(code 8)" 3
	is "doubt of nothing" "$(get none.json 'results[0].doubt')" not-found
}

out_pending()
{
	is "status" "$(code 5)" 1
	least "unposted" "$(get pend.json 'results[0].measured')" 390000000
}

command_failed()
{
	is "status" "$(code 6)" 4
	is "verdict" "$(get failed.json verdict)" holds
}

ok check-guest-ends-well guest_ended_well
ok check-live-holds holds
ok check-live-violated violated
ok check-live-of-a-recording recorded
ok check-live-inconclusive inconclusive
ok check-live-out-pending out_pending
ok check-live-command-failed command_failed
