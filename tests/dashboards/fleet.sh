#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A fleet's histograms are those of one machine that saw it all: a run is parted by device over three exporters, a
# fourth one has the whole, and a Prometheus of each kind of histogram scrapes them. The witness is the list of the
# transfers themselves.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/../cli/lib.sh"
. "$(dirname "$0")/../lib/prometheus.sh"

points='fleet-native-buckets-add-up fleet-classic-buckets-add-up fleet-quantiles-are-the-transfers'
histograms='latency_seconds service_seconds gap_duration_seconds turnaround_seconds depth_at_submit'
pids=()
trap 'kill -KILL "${pids[@]}" 2>/dev/null; wait 2>/dev/null; rm -rf "$tmp"' EXIT

# waits PID COMMAND...: until it is true, as long as PID lives
waits()
{
	local pid=$1 i
	shift
	for ((i = 0; i < 600; i++)); do
		"$@" && return
		kill -0 "$pid" || break
		sleep 0.1
	done
	echo "never: $*"
	return 1
}

# exporter JOB FILE: adds its address to $tmp/JOB
exporter()
{
	local said=$2.said
	: >"$said"
	urbscope serve --listen 127.0.0.1:0 "$2" 2>"$said" &
	pids+=($!)
	waits $! grep -q '^urbscope: serving' "$said" || return 1
	sed -n 's|.*http://\(.*\)/metrics|"\1"|p' "$said" >>"$tmp/$1"
}

# ask KIND QUERY: what that Prometheus answers
ask()
{
	curl -sS -G "$(<"$tmp/$1/url")/api/v1/query" --data-urlencode "query=$2" | jq -ce '.data.result'
}

has_all()
{
	[ "$(ask "$1" 'count(urbscope_build_info)' 2>/dev/null | jq -r '.[0].value[1]')" = 4 ]
}

# scrape KIND OPTION...
scrape()
{
	local kind=$1
	shift
	mkdir "$tmp/$kind"
	cat >"$tmp/$kind/prometheus.yml" <<-END
		global: {scrape_interval: 1s}
		scrape_configs:
		  - {job_name: parts, static_configs: [{targets: [$(paste -sd, "$tmp/parts")]}]}
		  - {job_name: whole, static_configs: [{targets: [$(paste -sd, "$tmp/whole")]}]}
	END
	prometheus_in "$tmp/$kind" "$@"
}

set_up()
{
	local device
	fleetstream 1 30 3000 10 at-once >"$tmp/all.urb" && exporter whole "$tmp/all.urb" || return 1
	for device in 1-1 1-2 1-3; do
		urbscope export -s "$device" "$tmp/all.urb" -o "$tmp/$device.urb" && exporter parts "$tmp/$device.urb" || return 1
	done
	scrape native --enable-feature=native-histograms && scrape classic &&
		waits "${pids[-2]}" has_all native && waits "${pids[-1]}" has_all classic
}

# agree KIND QUERY FILTER: of parts and whole, and it is not nothing
agree()
{
	local parts whole
	parts=$(ask "$1" "${2//JOB/parts}" | jq -c "$3") && whole=$(ask "$1" "${2//JOB/whole}" | jq -c "$3") || return 1
	[ "$parts" = "$whole" ] && [ "${#whole}" -gt 100 ] || {
		echo "$2: $parts, not $whole"
		return 1
	}
}

native_buckets_add_up()
{
	local name
	for name in $histograms; do
		agree native "sum(urbscope_$name{job=\"JOB\"})" '.[0].histogram[1] | {count, buckets}' || return 1
	done
	[ "$(ask native 'count(count by (instance) (urbscope_latency_seconds{job="parts"}))' | jq -r '.[0].value[1]')" = 3 ]
}

classic_buckets_add_up()
{
	local name
	for name in $histograms; do
		agree classic "sum by (le) (urbscope_${name}_bucket{job=\"JOB\"})" \
			'map([.metric.le, .value[1]]) | sort' || return 1
	done
}

# The latency that no more than a share Q of the transfers have exceeded, in seconds: nearest rank.
exact()
{
	awk -v q="$1" '{ t[NR] = $1 } END { r = q * NR; i = int(r); print t[i < r ? i + 1 : i] / 1e9 }' "$tmp/latencies"
}

# near WHAT SAID EXACT FACTOR
near()
{
	awk -v what="$1" -v said="$2" -v exact="$3" -v factor="$4" 'BEGIN {
		ok = said >= exact / factor && said <= exact * factor
		if (!ok)
			print what ": " said ", not " exact " or " factor " times that"
		exit !ok }'
}

# value KIND QUERY
value()
{
	ask "$1" "$2" | jq -re '.[0].value[1]'
}

# Buckets are the powers of 2^(1/8), of 2 in the classic form: anywhere in one, and at its geometric middle.
quantiles_are_the_transfers()
{
	local q said native classic
	urbscope export --to csv "$tmp/all.urb" | awk -F, '
		NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		$at["outcome"] ~ /completed/ { print $at["done_ns"] - $at["queued_ns"] }' | sort -n >"$tmp/latencies"
	[ "$(wc -l <"$tmp/latencies")" -gt 10000 ] || return 1
	native='urbscope_latency_seconds{job="parts"}' classic='urbscope_latency_seconds_bucket{job="parts"}'
	for q in 0.1 0.5 0.9 0.99 0.999; do
		said="histogram_quantile($q, sum($native))"
		near "native $q" "$(value native "$said")" "$(exact $q)" 1.0906 &&
			near "middle $q" "$(value native "2 ^ ((ceil(8 * log2($said) - 1e-9) - 0.5) / 8)")" "$(exact $q)" 1.0444 &&
			near "classic $q" "$(value classic "histogram_quantile($q, sum by (le) ($classic))")" "$(exact $q)" 2 ||
			return 1
	done
}

if ! command -v prometheus >/dev/null; then
	for point_name in $points; do
		skip "$point_name" "no prometheus here"
	done
	finish
fi
set_up >"$tmp/set-up" 2>&1 || {
	cat "$tmp/set-up" >&2
	exit 1
}
ok fleet-native-buckets-add-up native_buckets_add_up
ok fleet-classic-buckets-add-up classic_buckets_add_up
ok fleet-quantiles-are-the-transfers quantiles_are_the_transfers
finish
