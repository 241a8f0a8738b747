#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Bulk streams: who asks for them, what is granted, and the rules for them, by a driver of our own
# (tests/queues/kernel/streams.c) on the rig's UAS disk, which tells what the calls returned; and by
# uas itself, whose streams are on before anybody watches. No gadget of the rig has streams.
# Once: it takes minutes, and asks much the same of each kernel.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

plan streams-build streams-guest-ends-well streams-are-told streams-selectors-hold \
	streams-pass-who-keeps-the-rules streams-catch-each-mistake streams-are-known-at-attach \
	streams-say-the-same-of-a-recording streams-tell-kill-from-unlink \
	streams-ebusy-guest-runs streams-ebusy-while-given-back-ends-nothing

needs_headers

# In the guest: judged VARIANT CHECK...: the module's run under a check; VARIANT.json has the verdicts,
# VARIANT.outcome and VARIANT.end what the module's calls returned.
streams_guest()
{
	guest --zoo=uas --timeout 600 "$@" < <(
		echo "module=/toolkit/tests/queues/$kernel/bulkstreams.ko kprobes='$(kernel_lacks fentry)'"
		cat <<'END'
release() { need sh -c "echo $(basename "$(device 46f4:0003)"):1.0 >/sys/bus/usb/drivers/uas/unbind"; }
# load VARIANT: as a command line
load()
{
	echo "insmod $module variant=$1 && sleep 0.2 &&
		cat /sys/module/bulkstreams/parameters/outcome >$1.outcome && rmmod bulkstreams &&
		dmesg | sed -n 's/.*bulkstreams: //p' | tail -n 1 >$1.end"
}
# the kernel skips a probe now and then, and tells it: such a run proves nothing
judged()
{
	local i name=$1
	shift
	for i in 1 2 3 4 5 6; do
		urbscope check -e 46f4:0003/bulk-in --rules --json -o "$name.json" "$@"
		echo $? >"$name.status"
		[ "$(/toolkit/tests/tools/jsonget "$name.json" lost)" != 0 ] || return 0
	done
}
END
		cat
	)
}

ok streams-build build_queues

streams_guest <<'END'
# uas has its streams on by now; it asked for them before we came
judged uas -- parread /dev/disk/uas --readers 2 --count 20
# the same in the middle of traffic, which has its endpoints known before they are walked
if [ -z "$kprobes" ]; then
	parread /dev/disk/uas --readers 4 --count 100000 >/dev/null &
	reader=$!
	judged busy -t 300ms
	kill $reader
	wait $reader
fi
release
for variant in none modest unlink stream-0 past greedy zero unallocated freed altsetting reset twice \
	alloc-queued free-queued; do
	judged $variant -- sh -c "$(load $variant)"
done
need urbscope export -s 46f4:0003/bulk -o modest.ndjson -- sh -c "$(load modest)"
need urbscope export -s 46f4:0003/bulk-in#2 -o selected.ndjson -- sh -c "$(load free-queued)"
need urbscope export -s 46f4:0003/bulk -o unlink.ndjson -- sh -c "$(load unlink)"
need urbscope record --level full -o past.urb -- sh -c "$(load past)"
urbscope check -e 46f4:0003/bulk-in --rules --json -o again.json past.urb
echo $? >again.status
# endpoints that are not there yet when the queues are walked
at=$(basename "$(device 46f4:0003)")
need sh -c "echo 0 >/sys/bus/usb/drivers_autoprobe"
need sh -c "echo 0 >/sys/bus/usb/devices/$at/authorized"
judged late -- sh -c "
	echo 1 >/sys/bus/usb/devices/$at/authorized && insmod $module variant=unallocated &&
	echo $at:1.0 >/sys/bus/usb/drivers/bulkstreams/bind && sleep 0.2 &&
	cat /sys/module/bulkstreams/parameters/outcome >late.outcome && rmmod bulkstreams"
END

status() { cat "$out/$1.status"; }

# rules VERDICT RUN: the rules of which a check says that, in order: "slots order".
rules()
{
	tr -d ' \n' <"$out/$2.json" | sed 's/{"verdict"/\n&/g' | grep "^{\"verdict\":\"$1\"" |
		grep -oE '"rule":"[a-z]*"' | cut -d'"' -f4 | sort -u | paste -sd' '
}

# What nobody can tell here: before 5.11 the context of a call cannot be.
untold=''
[ -z "$(kernel_lacks fentry)" ] || untold=gfp

# passes RUN OUTCOME RULES: nothing is violated, nothing else in doubt, and these rules were judged
passes()
{
	local rule
	is "$1: the calls said" "$(cat "$out/$1.outcome")" "$2"
	is "$1: violated" "$(rules violated "$1")" ""
	is "$1: inconclusive" "$(rules inconclusive "$1")" "$untold"
	for rule in $3; do
		case " $(rules holds "$1") " in
		*" $rule "*) ;;
		*) is "$1: $rule" "not judged" holds ;;
		esac
	done
}

# blamed RUN OUTCOME RULE: for that one, and no other; the outcome is a pattern of grep -E
blamed()
{
	grep -qxE "$2" "$out/$1.outcome" || is "$1: the calls said" "$(cat "$out/$1.outcome")" "$2"
	is "$1: status" "$(status "$1")" 1
	is "$1: violated" "$(rules violated "$1")" "$3"
}

# breaks RUN OUTCOME RULE: the same, and nothing is in doubt
breaks()
{
	blamed "$@"
	is "$1: inconclusive" "$(rules inconclusive "$1")" "$untold"
}

all='stream allocated twice drained two'

keepers()
{
	passes none "alloc 4 submit 0 0 0 0" "$all"
	passes modest "alloc 16 submit 0 0 0 0" "$all"
	passes unlink "alloc 4 submit 0 0 0 0" "$all"
	is "modest: asked for" "$(get modest.json 'results[rule=stream].streams_asked')" 64
	is "modest: granted" "$(get modest.json 'results[rule=stream].streams_granted')" 16
}

mistakes()
{
	breaks stream-0 "alloc 4 submit 0 0 0 -22" stream
	breaks past "alloc 4 submit 0 0 0 -22" stream
	breaks greedy "alloc 16 submit 0 0 0 -22" stream
	breaks zero "alloc -22 alloc 4 submit 0 0 0 0" two
	# xhci takes no notice of the stream; of old it refuses all that, and who an endpoint is on which
	# nothing was ever accepted is not told
	if grep -qx 'submit 0 0 0 0' "$out/unallocated.outcome"; then
		breaks unallocated "submit 0 0 0 0" allocated
		breaks late "submit 0 0 0 0" allocated
	else
		blamed unallocated "submit -22 -22 -22 -22" allocated
	fi
	breaks freed "alloc 4 submit 0 0 0 0 free 0 submit (0|-22)" allocated
	breaks altsetting "alloc 4 submit 0 0 0 0 submit (0|-22)" allocated
	breaks reset "alloc 4 submit 0 0 0 0 submit (0|-22)" allocated
	breaks twice "alloc 4 alloc -22 submit 0 0 0 0" twice
	breaks alloc-queued "submit 0 alloc -22 alloc 4 submit 0 0 0 0" drained
	breaks free-queued "alloc 4 submit 0 0 0 0 free -22" drained
}

# events FILE ENDPOINT: what its streams events say, in order
events()
{
	grep '"event": "streams"' "$out/$1" | grep "\"endpoint\": \"$2\"" | sed 's/.*"type": "bulk", //'
}

told()
{
	is "the calls said" "$(cat "$out/modest.outcome"), $(cat "$out/modest.end")" \
		"alloc 16 submit 0 0 0 0, free 0 ended -2 -2 -2 -2"
	# those of the bind and the unbind; usbcore frees no more, as nothing is left
	is "calls" "$(events modest.ndjson 0x82 | grep -v '"call": null' | sed 's/"gfp": [0-9]*/"gfp": N/')" \
"\"call\": \"usb_alloc_streams\", \"asked\": 64, \"streams\": 16, \"gfp\": N, \"was_queued\": false}
\"call\": \"usb_free_streams\", \"streams\": 0, \"gfp\": N, \"was_queued\": false}"
	is "other endpoints" "$(grep '"call": "usb_' "$out/modest.ndjson" | grep -vc '"endpoint": "0x82"')" 0
	# GFP_KERNEL
	least "gfp" "$(events modest.ndjson 0x82 | grep -c '"gfp": 3264')" 2
}

# A stream is selected: its URBs, and what is told of the streams of its endpoint.
selected()
{
	is "streams of URBs" "$(grep -v '"event": "streams"' "$out/selected.ndjson" |
		grep -oE '"stream": [0-9]+' | sort -u)" '"stream": 2'
	is "URBs" "$(grep -c '"event": "submit"' "$out/selected.ndjson")" 1
	is "calls" "$(events selected.ndjson 0x82 | grep -oE '"(call|error)": ("usb_[a-z]*|-[0-9]*)' | paste -sd' ')" \
		'"call": "usb_alloc "call": "usb_free "error": -22 "call": "usb_free'
	is "of other endpoints" "$(grep '"event": "streams"' "$out/selected.ndjson" |
		grep -vcE '"endpoint": "0x8[0-9a-f]"')" 0
}

# Nobody has seen uas ask for its streams; that they are on is known all the same.
at_attach()
{
	local run
	for run in uas $([ -n "$(kernel_lacks fentry)" ] || echo busy); do
		is "$run: violated" "$(rules violated $run)" ""
		is "$run: inconclusive" "$(rules inconclusive $run)" "$untold"
		is "$run: judged" "$(rules holds $run | tr ' ' '\n' | grep -cxE 'stream|allocated')" 2
		is "$run: calls" "$(rules holds $run | tr ' ' '\n' | grep -cxE 'twice|drained|two')" 0
	done
}

recorded()
{
	is "live" "$(rules violated past)" stream
	is "recorded" "$(rules violated again)" stream
	is "status" "$(status again)" 1
	is "judged" "$(rules holds again)" "$(rules holds past)"
}

# statuses FILE: how the URBs ended, each as often
statuses()
{
	grep '"event": "complete"' "$out/$1" | grep -oE '"status": -?[0-9]+' | sort | uniq -c |
		awk '{ print $1, $3 }'
}

# By the status: whoever takes a URB back first says how it ends, and a kill after it changes nothing.
unlinked()
{
	is "unlinked, then killed: the driver saw" "$(cat "$out/unlink.end")" "free 0 ended -104 -104 -104 -104"
	is "unlinked, then killed" "$(statuses unlink.ndjson)" "4 -104"
	is "killed" "$(statuses modest.ndjson)" "4 -2"
}

ok streams-guest-ends-well guest_ended_well
ok streams-are-told told
ok streams-selectors-hold selected
ok streams-pass-who-keeps-the-rules keepers
ok streams-catch-each-mistake mistakes
ok streams-are-known-at-attach at_attach
ok streams-say-the-same-of-a-recording recorded
ok streams-tell-kill-from-unlink unlinked

# A URB that is submitted again while it is being given back: on no queue any more, and not done yet.
# The kernel warns of it. No kprobe sees what another kprobe's handler does.
if [ -n "$(kernel_lacks fentry)" ]; then
	skip streams-ebusy-guest-runs "kprobes do not nest"
	skip streams-ebusy-while-given-back-ends-nothing "kprobes do not nest"
	exit
fi
streams_guest --allow-splat <<'END'
release
judged early -- sh -c "$(load early)"
need urbscope report --json -o early.report -- sh -c "$(load early)"
dmesg | grep -c 'bulkstreams: early -16$' >early.refused
END

being_given_back()
{
	local ep
	ep=$(at 46f4:0003 0x82)
	is "the kernel refused" "$(cat "$out/early.refused")" 8
	is "violated" "$(rules violated early)" active
	is "inconclusive" "$(rules inconclusive early)" ""
	is "refused" "$(get early.report "$ep.transfers.failed_submit")" 4
	is "submitted" "$(get early.report "$ep.transfers.submitted")" 4
	is "completed" "$(get early.report "$ep.transfers.completed")" 4
	is "unpaired" "$(get early.report "$ep.transfers.unpaired")" 0
	is "complete" "$(get early.report "$ep.complete")" true
}

ok streams-ebusy-guest-runs test "$ended" = 0
ok streams-ebusy-while-given-back-ends-nothing being_given_back
