#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Attaching in the middle of traffic: what is in flight then is known at once and exactly, while
# two processors submit and give back. A wrong one would show: as a completion without a
# submission, as a depth above what the load ever posts, or as a transfer that never ends.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

rounds=6
exports=3
depth=32

plan attach-guest-ends-well attach-never-unpaired attach-never-missed attach-is-complete \
	attach-depth-is-what-is-posted attach-balance attach-names-what-is-in-flight
# Kprobes have an attach of their own: kprobes.sh.
needs fentry

guest --smp 2 --gadget <<END
rounds=$rounds depth=$depth exports=$exports
$(cat <<'SCRIPT'
bulkload --device 0525:a4a0 --in --out --mode queued --depth $depth --seconds 100 --log load.log &
load=$!
sleep 0.5
i=0
while [ $i -lt $rounds ]; do
	level=basic
	[ $((i % 3)) != 1 ] || level=full
	need urbscope report --level $level --json -o attach$i.json -t 200ms
	i=$((i + 1))
done
kill -INT $load
need wait $load
# the load begins before and ends within: whatever was in flight comes back in sight
i=0
while [ $i -lt $exports ]; do
	bulkload --device 0525:a4a0 --in --out --mode queued --depth $depth --seconds 100 \
		--log load$i.log &
	load=$!
	sleep 0.3
	urbscope export -s 0525:a4a0/bulk -o export$i.ndjson &
	export=$!
	need attached $export
	sleep 1
	kill -INT $load
	need wait $load
	sleep 0.2
	kill -INT $export
	need wait $export
	i=$((i + 1))
done
SCRIPT
)
END

# each CHECK ENDPOINT-PATH-MEMBER WANT, for all attaches and both directions
each()
{
	local check=$1 what=$2 want=$3 i ep
	for ((i = 0; i < rounds; i++)); do
		for ep in 0x81 0x02; do
			"$check" "attach $i, $ep, $what" "$(get "attach$i.json" "$(at 0525:a4a0 $ep).$what")" \
				"$want"
		done
	done
}

never_unpaired() { each is transfers.unpaired 0; }

never_missed()
{
	each is transfers.missed 0
	each is transfers.lost 0
}

whole()
{
	each is complete true
	each is certain true
}

# The log tells what was posted at most; the count over the whole run bounds every moment's.
posted()
{
	is "the log's depth in" "$(logged load.log 0x81 max-outstanding)" $depth
	is "the log's depth out" "$(logged load.log 0x02 max-outstanding)" $depth
	each most in_flight.max $depth
	each least transfers.submitted 50
}

balance()
{
	local i ep path
	for ((i = 0; i < rounds; i++)); do
		for ep in 0x81 0x02; do
			path="$(at 0525:a4a0 $ep).transfers"
			is "attach $i, $ep, submitted + inherited - completed" \
				$(($(get "attach$i.json" "$path.submitted") + $(get "attach$i.json" "$path.inherited") - \
					$(get "attach$i.json" "$path.completed"))) \
				"$(get "attach$i.json" "$path.open")"
		done
	done
}

# In the events themselves, where the tracker has not made sense of them yet: each completion is of
# a transfer named as in flight or submitted since, none is so twice, and none stays behind.
names_in_flight()
{
	local i
	for ((i = 0; i < exports; i++)); do
		awk -v i="$i" '
			{ t = $0; sub(/.*"transfer": ?/, "", t); sub(/[^0-9].*/, "", t) }
			/"event": ?"(submit|in-flight)"/ { if (t in open) twice++; open[t] = 1 }
			/"event": ?"in-flight"/ { inherited++ }
			/"event": ?"complete"/ { if (!(t in open)) never++; delete open[t]; completed++ }
			/"event": ?"(lost|submit-error)"/ { other++ }
			END {
				for (t in open) left++
				printf "export %d: %d in flight at attach, %d completed; open twice %d, ", i,
					inherited, completed, twice
				printf "never opened %d, never completed %d, lost or refused %d\n", never, left,
					other
				exit twice || never || left || other || completed < 100
			}' "$out/export$i.ndjson" || wrong=1
	done
}

ok attach-guest-ends-well guest_ended_well
ok attach-never-unpaired never_unpaired
ok attach-never-missed never_missed
ok attach-is-complete whole
ok attach-depth-is-what-is-posted posted
ok attach-balance balance
ok attach-names-what-is-in-flight names_in_flight
