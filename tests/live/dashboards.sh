#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# dashboards/, with a real Prometheus that scrapes the agent of a guest: every panel has data of the shape
# that it draws, with histograms of either form, and the rules say what is wrong there.
# Once: of the kernel it asks no more than serve.sh does.
# shellcheck source-path=SCRIPTDIR disable=SC2016,SC2317
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/../lib/prometheus.sh"

plan dashboards-guest-ends-well dashboards-have-data dashboards-have-data-of-native-histograms \
	rules-know-the-depth rules-name-what-is-wrong rules-leave-the-rest-alone
needs fentry

pids=()
trap 'kill "${pids[@]}" 2>/dev/null; wait; finish' EXIT

# scrape FORM OPTION...: a Prometheus of its own
scrape()
{
	local form=$1
	shift
	mkdir "$out/$form"
	cat >"$out/$form/prometheus.yml" <<-END
		global: {scrape_interval: 1s, evaluation_interval: 1s}
		rule_files: ["$out/rules.yml"]
		scrape_configs:
		  - job_name: urbscope
		    static_configs: [{targets: ["127.0.0.1:$agent"]}]
	END
	prometheus_in "$out/$form" "$@"
}

agent=$(free_ports)
# the same, in a faster time
sed 's/\[5m\]/[10s]/; s/mean5m/mean10s/; s/for: .*/for: 1s/; s/10m/20s/' \
	"$repo/dashboards/rules/urbscope.rules.yml" >"$out/rules.yml"
scrape classic
scrape native --enable-feature=native-histograms

# A driver that sends one URB at a time, and takes its time in between, a device that stalls now and then, and a keyboard that waits.
guest --zoo=kbd --ffs=--in-delay,1ms,--out-delay,1ms --forward "$agent:7531" <<'END'
urbscope serve --listen :7531 --idle 100ms -e 1d6b:0105/bulk --min-depth 2 --window 2s 2>served &
serve=$!
need attached $serve
device 1d6b:0105 | sed 's|.*/||' >path
date +%s >begun
for round in 1 2 3 4; do
	bulkload --device 1d6b:0105 --in --out --keep-going --mode sync --pause 2ms --seconds 6 >/dev/null 2>&1 &
	load=$!
	sleep 3
	killall -USR1 ffs-gadget
	wait $load
done
sleep 2
kill -TERM $serve
wait $serve
END

# When the last good scrape was: the agent is gone since.
last()
{
	curl -sS -G "$1/api/v1/query" --data-urlencode 'query=max_over_time(timestamp(up == 1)[10m:1s])' |
		jq -r '.data.result[0].value[1] | tonumber | floor'
}

# ask QUERY: at the end of the traffic, with classic histograms; a line each: value, endpoint, status
ask()
{
	local url
	url=$(<"$out/classic/url")
	curl -sS -G "$url/api/v1/query" --data "time=$(last "$url")" --data-urlencode "query=$1" |
		jq -r '.data.result[] | "\(.value[1]) \(.metric.endpoint) \(.metric.status)"'
}

have_data() # FORM
{
	local url
	url=$(<"$out/$1/url")
	device=$(cat "$out/path") endpoint=0x81 \
		"$repo/tests/tools/panels-have-data" "$url" "$(last "$url")" "$1" "$repo"/dashboards/*.json
}

# One at a time: there cannot be more than one on average.
know_the_depth()
{
	local rule=instance_device_endpoint:urbscope_depth:mean10s depth rest
	ask "$rule{product_id=\"0105\", type=\"bulk\"}" >"$out/depths"
	is endpoints "$(wc -l <"$out/depths")" 2
	while read -r depth rest; do
		least "depth of $rest" "$depth" 0.05
		most "depth of $rest" "$depth" 1
	done <"$out/depths"
}

firing() # ALERT
{
	ask "max_over_time(ALERTS{alertname=\"$1\", alertstate=\"firing\"}[60s])" | cut -d' ' -f2- | sort -u | paste -sd,
}

name_what_is_wrong()
{
	is stalls "$(firing UrbscopeTransfersFail)" "0x02 EPIPE,0x81 EPIPE"
	is starved "$(firing UrbscopeStarved)" "0x02 null,0x81 null"
	is violated "$(firing UrbscopeAssertionViolated)" "null null"
}

leave_the_rest_alone()
{
	local alert
	for alert in UrbscopeSubmissionsRefused UrbscopeEventsLost UrbscopeInDoubt; do
		is $alert "$(firing $alert)" ""
	done
}

ok dashboards-guest-ends-well guest_ended_well
ok dashboards-have-data have_data classic
ok dashboards-have-data-of-native-histograms have_data native
ok rules-know-the-depth know_the_depth
ok rules-name-what-is-wrong name_what_is_wrong
ok rules-leave-the-rest-alone leave_the_rest_alone
