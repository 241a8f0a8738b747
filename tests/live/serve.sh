#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# urbscope serve, live: what it tells is what the workload has logged, to the last transfer, while
# clients scrape without a pause and others guess passwords, each of which takes a bcrypt.
# Once: of the kernel it asks no more than depth.sh does.
# shellcheck source-path=SCRIPTDIR disable=SC2016,SC2317
. "$(dirname "$0")/lib.sh"

plan serve-guest-ends-well serve-counts-as-the-workload serve-loses-nothing serve-knows-the-depth \
	serve-judges-live serve-guesses-are-refused
needs fentry

guest --gadget --ffs=--in-delay,1ms,--out-delay,1ms <<'END'
ifconfig lo 127.0.0.1 up
at=127.0.0.1:7531/metrics
# "U*U"; nobody knows the other one, and under emulation a guess takes about a second
cat >/tmp/web.yml <<'WEB'
basic_auth_users:
  scraper: $2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW
  guessed: $2a$10$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW
WEB
urbscope serve -s 1d6b:0105 --web-config /tmp/web.yml -e 1d6b:0105/bulk --max-depth 8 --max-depth 4 \
	--window 500ms 2>served &
serve=$!
need attached $serve
need wget -q -O before.prom "http://scraper:U*U@$at"

scrape()
{
	local n=0
	until [ -e /tmp/stop ]; do
		wget -q -O /tmp/page.$1 "http://scraper:U*U@$at" && n=$((n + 1))
	done
	echo $n >scrapes.$1
}
guess()
{
	until [ -e /tmp/stop ]; do
		wget -q -O /dev/null "http://guessed:guess$1@$at" && echo let in >guessed
	done
}
scrape 1 &
scrape 2 &
guess 1 &
guess 2 &
load='bulkload --device 1d6b:0105 --in --out'
need $load --mode queued --depth 8 --count 600 --log queued.log
need $load --mode sync --count 100 --log sync.log
# what is told is 200 ms behind
sleep 1
touch /tmp/stop
need wget -q -O after.prom "http://scraper:U*U@$at"
wget -q -O /dev/null "http://$at" && echo let in >guessed
kill -TERM $serve
wait $serve
echo $? >code
END

# prom FILE NAME ENDPOINT: of the one series of that endpoint.
prom()
{
	awk -v name="$2{" -v ep="endpoint=\"$3\"" 'index($0, name) == 1 && index($0, ep) {
		print $NF; found++ } END { if (found != 1) print found + 0, "series" }' "$out/$1"
}

# alone FILE SERIES
alone()
{
	awk -v series="$2" '{ value = $NF; sub(/ [^ ]*$/, "") } $0 == series { print value }' "$out/$1"
}

both_logged()
{
	echo $(($(logged queued.log "$1" "$2") + $(logged sync.log "$1" "$2")))
}

counts_as_the_workload()
{
	local ep
	for ep in 0x81 0x02; do
		is "$ep: unlogged" "$(both_logged $ep unlogged)" 0
		is "$ep: submissions" "$(prom after.prom urbscope_submissions_total $ep)" "$(both_logged $ep submitted)"
		is "$ep: completions" "$(prom after.prom urbscope_completions_total $ep)" "$(both_logged $ep completed)"
		is "$ep: bytes" "$(prom after.prom urbscope_transferred_bytes_total $ep)" "$(both_logged $ep bytes)"
		is "$ep: latencies" "$(prom after.prom urbscope_latency_seconds_count $ep)" "$(both_logged $ep completed)"
		least "$ep: completed" "$(both_logged $ep completed)" 700
	done
}

loses_nothing()
{
	is lost "$(alone after.prom urbscope_lost_events_total)" 0
	is skipped "$(alone after.prom urbscope_skipped_events_total)" 0
	least "scrapes meanwhile" "$(cat "$out"/scrapes.1)" 5
	least "scrapes meanwhile" "$(cat "$out"/scrapes.2)" 5
}

knows_the_depth()
{
	local ep
	for ep in 0x81 0x02; do
		is "$ep: in flight" "$(prom after.prom urbscope_in_flight $ep)" 0
		is "$ep: at most" "$(prom after.prom urbscope_in_flight_max $ep)" 8
		is "$ep: certain" "$(prom after.prom urbscope_endpoint_certain $ep)" 1
	done
}

judges_live()
{
	is "of 8" "$(alone after.prom 'urbscope_assertion_violations_total{assertion="1d6b:0105/bulk: max-depth 8"}')" 0
	least "of 4" "$(alone after.prom 'urbscope_assertion_violations_total{assertion="1d6b:0105/bulk: max-depth 4"}')" 1
}

guesses_are_refused()
{
	[ ! -e "$out/guessed" ] || { echo "somebody was let in"; wrong=1; }
	least "refused" "$(alone after.prom 'urbscope_http_requests_total{code="401"}')" 1
	is "the exporter's end" "$(cat "$out/code")" 0
	is "its first line" "$(head -n 1 "$out/served")" 'urbscope: serving http://127.0.0.1:7531/metrics'
}

ok serve-guest-ends-well guest_ended_well
ok serve-counts-as-the-workload counts_as_the_workload
ok serve-loses-nothing loses_nothing
ok serve-knows-the-depth knows_the_depth
ok serve-judges-live judges_live
ok serve-guesses-are-refused guesses_are_refused
