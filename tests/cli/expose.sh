#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Expositions of random runs, read by others: promtool, Prometheus' Python library, Prometheus itself.
# What they read is held against the report of the same snapshot.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

agrees=$cli/../tools/exposition-agrees

# promtool remarks on stdout and stderr, and ends with 0 for some remarks
no_remark()
{
	exposition "$tmp" 1 40 400 || return 1
	grep -q '^urbscope_depth_at_submit_bucket' "$tmp/text" || return 1
	promtool check metrics <"$tmp/text" >"$tmp/remarks" 2>&1 || {
		cat "$tmp/remarks"
		return 1
	}
	[ ! -s "$tmp/remarks" ] || {
		cat "$tmp/remarks"
		return 1
	}
}

texts_agree()
{
	local seed
	for seed in 1 2 3; do
		exposition "$tmp" $seed 12 300 && "$agrees" texts "$tmp" || return 1
	done
}

prometheus_agrees()
{
	exposition "$tmp" 4 12 300 && "$agrees" protobuf "$tmp"
}

if command -v promtool >/dev/null; then
	ok promtool-has-no-remark no_remark
	ok native-histograms-agree-in-prometheus prometheus_agrees
else
	skip promtool-has-no-remark "no prometheus here"
	skip native-histograms-agree-in-prometheus "no prometheus here"
fi
if /usr/bin/python3 -c 'import prometheus_client' 2>/dev/null; then
	ok both-texts-are-the-report texts_agree
else
	skip both-texts-are-the-report "no python3-prometheus-client here"
fi
finish
