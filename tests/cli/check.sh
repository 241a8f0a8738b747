#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# urbscope check on recordings of queues that are known: verdicts, exit status, forms.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

mkqueue in 8 200 >"$tmp/in8"
mkqueue out 8 200 >"$tmp/out8"
mkqueue sync 1 200 >"$tmp/sync"
LOSE=1 mkqueue in 8 200 >"$tmp/lossy"
head -c -200 "$tmp/in8" >"$tmp/cut"

# gives STATUS ARGUMENT...
gives()
{
	local want=$1
	shift
	run urbscope check "$@"
	wants "$want" || {
		cat "$tmp/out"
		return 1
	}
}

holds()
{
	gives 0 -e '17e9:6006/0x81' --min-depth 7 --max-depth 8 --max-gap-share 0% --max-errors 0 \
		--min-transfers 200 --max-unposted 0ms "$tmp/in8" || return 1
	grep -q '^holds: 6 hold, 0 violated, 0 inconclusive$' "$tmp/out"
}

violated()
{
	gives 1 -e '*' --min-depth 2 "$tmp/sync" || return 1
	grep -q '^violated  .*min-depth 2' "$tmp/out" && grep -q 'first at 0\.000000 s' "$tmp/out" &&
		gives 1 -e '*' --min-depth 8 "$tmp/in8"
}

# 8 posted, one gone for 10 of each 1,000 us: 8 for 99.0%, as long as there are submissions
shares()
{
	gives 0 -e '*' --min-depth 8 --share 98.9% "$tmp/in8" &&
		gives 1 -e '*' --min-depth 8 --share 99.1% "$tmp/in8"
}

inconclusive()
{
	gives 3 -e '*' --min-depth 1 "$tmp/lossy" && grep -q lost "$tmp/out" &&
		gives 3 -e '*' --max-errors 0 "$tmp/cut" && grep -q 'broke off' "$tmp/out" &&
		gives 3 -e '1234:5678' --max-errors 0 "$tmp/in8" && grep -q 'no such endpoint' "$tmp/out" &&
		gives 3 -e '*' --max-latency 1s "$tmp/lossy"
}

unseen()
{
	gives 3 -e '*/bulk-out' --max-unposted 1s "$tmp/out8" && grep -q 'about IN' "$tmp/out"
}

commands()
{
	gives 2 -e '*' --max-errors 0 "$tmp/nowhere"
	fails 'min-depth' urbscope check "$tmp/in8" &&
		fails '--endpoint' urbscope check --min-depth 2 "$tmp/in8" &&
		fails 'such as 2' urbscope check -e '*' --min-depth many "$tmp/in8" &&
		fails 'min-depth' urbscope check -e '*' "$tmp/in8"
}

models()
{
	gives 0 -e '*' --model bulk-in-queue:depth=8,buf_len=512 "$tmp/in8" &&
		gives 0 -e '*' --model bulk-out-queue:depth=8 "$tmp/out8" &&
		gives 1 -e '*' --model bulk-in-queue:depth=7 "$tmp/in8" && grep -q '^violated.*slots' "$tmp/out" &&
		gives 1 -e '*' --model bulk-in-queue:depth=8,buf_len=64 "$tmp/in8" &&
		grep -q '^violated.*length' "$tmp/out" && gives 3 -e '*' --model bulk-in-queue:depth=8 "$tmp/lossy"
}

specs()
{
	printf '%s\n' '- endpoint: 17e9:6006/bulk-in' '  min-depth: 7' '  max-depth: 8' >"$tmp/good.yaml"
	printf '%s\n' '- endpoint: 17e9:6006/bulk-in' '  max-gap: 5' >"$tmp/bad.yaml"
	gives 0 -f "$tmp/good.yaml" "$tmp/in8" && fails 'bad.yaml:2:12:' urbscope check -f "$tmp/bad.yaml" "$tmp/in8"
}

tap()
{
	gives 1 --tap -e '*' --min-depth 2 --max-errors 0 "$tmp/sync" || return 1
	[ "$(head -n 2 "$tmp/out")" = "TAP version 14
1..2" ] && grep -q '^not ok 1 - 1-1 0x02 bulk out: min-depth 2$' "$tmp/out" && grep -q '^ok 2 - ' "$tmp/out" || return 1
	gives 3 --tap -e '*' --max-errors 0 "$tmp/lossy" && grep -q '^not ok 1 - ' "$tmp/out" || return 1
	gives 1 --ktap -e '*' --min-depth 2 "$tmp/sync" && [ "$(head -n 1 "$tmp/out")" = 'KTAP version 1' ] &&
		grep -q '^not ok 1 1-1 0x02 ' "$tmp/out"
}

# By an XML parser that is not ours.
junit()
{
	gives 1 --junit "$tmp/check.xml" -e '*' --min-depth 2 --max-errors 0 "$tmp/sync" || return 1
	python3 - "$tmp/check.xml" <<'PYTHON'
import sys, xml.etree.ElementTree as tree
suite = tree.parse(sys.argv[1]).getroot()
cases = suite.findall("testcase")
assert suite.get("tests") == "2" and suite.get("failures") == "1" and suite.get("errors") == "0"
assert len(cases) == 2 and len(suite.findall("testcase/failure")) == 1
assert "first at" in cases[0].find("failure").text
PYTHON
}

json()
{
	gives 1 --json -e '*' --min-depth 2 "$tmp/sync" || return 1
	[ "$(jsonget "$tmp/out" schema)" = urbscope.check/1 ] &&
		[ "$(jsonget "$tmp/out" verdict)" = violated ] &&
		[ "$(jsonget "$tmp/out" 'results[endpoint=0x02].assertion')" = min-depth ] &&
		[ "$(jsonget "$tmp/out" 'results[endpoint=0x02].first.in_flight')" = 1 ]
}

annotations()
{
	gives 1 --annotate -e '*' --min-depth 2 "$tmp/sync" &&
		grep -q '^::error title=urbscope check violated::1-1 0x02 ' "$tmp/err" && [ "$(wc -l <"$tmp/err")" = 1 ]
}

# The same events give the same verdict, whichever way they come.
from_stdin()
{
	gives 1 -e '*' --min-depth 2 "$tmp/sync" || return 1
	status=0
	timeout 30 urbscope check -e '*' --min-depth 2 - <"$tmp/sync" >"$tmp/piped" || status=$?
	wants 1 && cmp "$tmp/out" "$tmp/piped"
}

ok check-holds holds
ok check-violated violated
ok check-takes-shares shares
ok check-never-passes-on-doubt inconclusive
ok check-says-what-it-is-about unseen
ok check-refuses-what-it-cannot-do commands
ok check-models models
ok check-specs specs
ok check-as-tap tap
if command -v python3 >/dev/null; then
	ok check-as-junit junit
else
	skip check-as-junit 'no python3'
fi
ok check-as-json json
ok check-as-annotations annotations
ok check-from-stdin from_stdin
finish
