#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# dashboards/, without Prometheus: Grafana's own types, what a reader needs, and the rules.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/../cli/lib.sh"

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
boards=("$top"/dashboards/*.json)
rules=$top/dashboards/rules
npm_home=${URBSCOPE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/urbscope}/npm

# What package-lock.json names, once for all checkouts.
get_types()
{
	mkdir -p "$npm_home" && cp "$here"/package*.json "$tmp" || return 1
	if ! cmp -s "$here/package-lock.json" "$npm_home/package-lock.json"; then
		(cd "$tmp" && npm ci --ignore-scripts --no-audit --no-fund) || return 1
		rm -rf "$npm_home/node_modules" && mv "$tmp/node_modules" "$npm_home" &&
			cp "$here/package-lock.json" "$npm_home"
	fi
	ln -sfn "$npm_home/node_modules" "$tmp/node_modules"
}

# compiles FILE.ts...: in $tmp
compiles()
{
	(cd "$tmp" && node_modules/.bin/tsc --noEmit --strict --skipLibCheck --moduleResolution bundler \
		--module esnext --target es2022 --preserveSymlinks "$@")
}

have_grafanas_shape()
{
	get_types && "$here/grafana-types" "${boards[@]}" >"$tmp/boards.ts" && compiles boards.ts
}

# A check that takes everything is none.
are_not_taken_broken()
{
	local edit i=0
	for edit in '.panels[1].gridPos.w = "wide"' '.panels[1].options.colorMode = "loud"' \
		'.templating.list[0].hide = 9' '.annotation = {}'; do
		i=$((i + 1))
		jq "$edit" "${boards[0]}" >"$tmp/broken.json" &&
			"$here/grafana-types" "$tmp/broken.json" >"$tmp/broken$i.ts" || return 1
	done
	compiles broken{1,2,3,4}.ts >"$tmp/said"
	for i in 1 2 3 4; do
		grep -q "^broken$i.ts(" "$tmp/said" || {
			echo "edit $i is taken; of the others: $(cat "$tmp/said")"
			return 1
		}
	done
}

# none WHAT FILTER: what the filter finds in a dashboard is a fault
none()
{
	local file found
	for file in "${boards[@]}"; do
		found=$(jq -r "$2" "$file") || return 1
		[ -z "$found" ] || {
			echo "${file##*/}: $1: $found"
			return 1
		}
	done
}

are_explained()
{
	none "no description" '.panels[] | select(.type != "row") | select((.description // "") | length < 20) | .title' &&
		none "no unit" '.panels[] | select(.type != "row") | select(.fieldConfig.defaults.unit == null) | .title' &&
		none "two panels of one id" '[.panels[].id] | group_by(.)[] | select(length > 1) | .[0]' &&
		none "panels on each other" '[.panels[] | .title as $t | .gridPos | {$t, x, y, r: (.x + .w), b: (.y + .h)}] | . as $all |
			range(length) as $i | range($i) as $j | $all[$i] as $a | $all[$j] as $b |
			select($a.x < $b.r and $b.x < $a.r and $a.y < $b.b and $b.y < $a.b) | "\($a.t), \($b.t)"' &&
		none "beyond the edge" '.panels[] | select(.gridPos.x + .gridPos.w > 24) | .title'
}

# Where histograms are stored natively there is no _bucket: a panel has both forms, or it is empty there.
ask_in_both_forms()
{
	none "in one form only" '.panels[] | [.targets[]?.expr] as $e |
		([$e[] | select(test("_bucket"))] | length) as $classic |
		([$e[] | select(test("_bucket") | not) |
			select(test("histogram_quantile|increase[(]urbscope_(depth_at_submit|[a-z_]*_seconds)[{]"))] | length) as $native |
		select($classic != $native) | .title'
}

exprs()
{
	jq -r '.panels[].targets[]?.expr' "${boards[@]}"
}

# Names that the exporter's page does not have are misspelt, or were renamed.
ask_for_what_there_is()
{
	local name
	for name in $( (exprs; cat "$rules/urbscope.rules.yml") | grep -oE '\b(urbscope|process)_[a-z_]+' |
		sed -E 's/_(bucket|sum|count)$//' | sort -u); do
		case $name in
		# names of recording rules, behind a colon
		urbscope_gap_share | urbscope_depth | urbscope_busy | urbscope_unposted | urbscope_transferred_bytes) continue ;;
		esac
		grep -q "\`$name[\`{]" "$top/docs/exporter.md" || {
			echo "docs/exporter.md has no $name"
			return 1
		}
	done
}

# Each expression as a rule: promtool parses it.
are_promql()
{
	{
		printf 'groups:\n- name: panels\n  rules:\n'
		exprs | sed -e 's/\$__rate_interval\|\$__interval\|\$__range/1m/g' | awk '{
			gsub(/\\/, "\\\\"); gsub(/"/, "\\\""); printf "  - {record: \"panel:%d\", expr: \"%s\"}\n", NR, $0 }'
	} >"$tmp/panels.yml"
	promtool check rules "$tmp/panels.yml"
}

rules_are_sound()
{
	promtool check rules --lint-fatal "$rules/urbscope.rules.yml"
}

rules_do_as_they_say()
{
	promtool test rules "$rules/urbscope.test.yml"
}

if command -v npm >/dev/null; then
	ok dashboards-have-grafanas-shape have_grafanas_shape
	ok broken-dashboards-are-not-taken are_not_taken_broken
else
	skip dashboards-have-grafanas-shape "no npm here"
	skip broken-dashboards-are-not-taken "no npm here"
fi
ok panels-are-explained are_explained
ok histograms-are-asked-in-both-forms ask_in_both_forms
ok panels-ask-for-what-there-is ask_for_what_there_is
ok panels-are-promql are_promql
ok rules-are-sound rules_are_sound
ok rules-do-as-they-say rules_do_as_they_say
finish
