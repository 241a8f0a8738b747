#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# urbtop for scripts: --batch, --json, --once, --seconds, --interval, without a terminal.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

# top OPTION...: of the recording; what it prints is in $tmp/out
top()
{
	run urbtop "$@" "$tmp/marks.urb"
	wants 0
}

# get N PATH: of the object in line N
get()
{
	sed -n "$1p" "$tmp/out" >"$tmp/object"
	jsonget "$tmp/object" "$2"
}

equal()
{
	[ "$2" = "$3" ] && [ -n "$2" ] || {
		echo "$1: '$2', not '$3'"
		return 1
	}
}

# A line an interval, and each is the part of the recording that it says: counts of the intervals add up.
json_adds_up()
{
	local i sum=0 n
	top --json --speed max --interval 500ms || return 1
	equal lines "$(wc -l <"$tmp/out")" 12 || return 1
	for ((i = 1; i <= 12; i++)); do
		equal schema "$(get $i schema)" urbscope.top/1 &&
			equal interval "$(get $i interval_ns)" 500000000 &&
			equal time "$(get $i time_ns)" $((10000000000 + i * 500000000)) || return 1
		n=$(get $i 'endpoints[2].transfers.completed') || return 1
		sum=$((sum + n))
	done
	cp "$tmp/out" "$tmp/lines"
	run urbscope report --json "$tmp/marks.urb"
	equal transfers $sum "$(jsonget "$tmp/out" 'endpoints[2].transfers.completed')"
}

# What docs/urbtop.md says that an object has is there, and nothing else is.
json_is_as_documented()
{
	local doc
	doc=$(dirname "$0")/../../docs/urbtop.md
	top --json --speed max --interval 1s || return 1
	sed -n 2p "$tmp/out" | grep -oE '"[a-z_0-9]+":' | tr -d '":' | grep -vE '^[0-9]+$' | sort -u >"$tmp/has"
	sed -n '/^### JSON/,/^##* /p' "$doc" | grep -oE '`[a-z_0-9.]+`' | tr -d '`' | tr . '\n' | sort -u >"$tmp/told"
	comm -23 "$tmp/has" "$tmp/told" >"$tmp/missing"
	[ ! -s "$tmp/missing" ] || {
		echo "not in $doc: $(tr '\n' ' ' <"$tmp/missing")"
		return 1
	}
	# names of the table's first column, each of which is a key somewhere
	sed -n '/^### JSON/,/^##* /p' "$doc" | grep -oE '^\| `[^|]*\|' | grep -oE '`[a-z_0-9.]+`' | tr -d '`' |
		tr . '\n' | sort -u >"$tmp/rows"
	comm -23 "$tmp/rows" "$tmp/has" >"$tmp/missing"
	[ ! -s "$tmp/missing" ] || {
		echo "in $doc, and not there: $(tr '\n' ' ' <"$tmp/missing")"
		return 1
	}
}

once_is_one()
{
	top --json --once && equal lines "$(wc -l <"$tmp/out")" 1 || return 1
	top --json --once --speed max --interval 2s && equal lines "$(wc -l <"$tmp/out")" 1 &&
		equal interval "$(get 1 interval_ns)" 2000000000 || return 1
	top --batch --once --speed max && equal tables "$(grep -c '^urbscope ' "$tmp/out")" 1
}

# Half of a second of something that has no end.
seconds_are_an_end()
{
	timeout 50 urbtop --json --seconds 500ms --interval 100ms - < <(cat "$tmp/marks.urb"; exec sleep 9) >"$tmp/out"
	equal status $? 0 && [ -s "$tmp/out" ] && equal schema "$(get 1 schema)" urbscope.top/1
}

# The same figures as the object of that interval, for people.
batch_says_what_json_says()
{
	local row
	top --json --speed max --interval 3s && cp "$tmp/out" "$tmp/json" && top --batch --all --speed max --interval 3s || return 1
	row=$(grep -E '^1-2 +' "$tmp/out" | tail -n 1)
	cp "$tmp/json" "$tmp/out"
	equal device "$(get 2 'endpoints[1].device.path')" 1-2 || return 1
	# an interval of 3 s: 500 transfers each, of 4096 bytes, a quarter of the busy time without one
	equal transfers "$(get 2 'endpoints[1].transfers.completed')" 1500 || return 1
	[[ $row =~ ' 25.0% '.*' 2.05 '.*' 500 '.*synchronous ]] || {
		echo "$row"
		return 1
	}
}

# Idle rows and hubs that wait are left out, unless asked for.
batch_has_all_on_demand()
{
	top --batch --speed max --interval 6s && equal rows "$(grep -c '^1-9 ' "$tmp/out")" 1 || return 1
	top --batch --speed max --interval 1s && equal rows "$(grep -c '^1-9 ' "$tmp/out")" 1 || return 1
	top --batch --all --speed max --interval 1s && equal rows "$(grep -c '^1-9 ' "$tmp/out")" 6
}

wrong_options_are_told()
{
	fails '--interval 1ms: write a time such as' urbtop --batch --interval 1ms &&
		fails '--seconds soon: write a time such as' urbtop --batch --seconds soon &&
		fails 'one recording at a time' urbtop --batch a b &&
		fails 'no terminal to draw on: --batch' urbtop "$tmp/marks.urb" || return 1
	run urbtop --json --speed max "$tmp/marks.urb"
	wants 0 || return 1
	# a reader that goes, as head does, is no error
	urbtop --json --speed max --interval 50ms "$tmp/marks.urb" 2>"$tmp/err" | head -n 1 >"$tmp/out"
	equal status "${PIPESTATUS[0]}" 0 && equal stderr "$(wc -c <"$tmp/err")" 0
}

mkmarks 6 >"$tmp/marks.urb"
ok top-json-adds-up json_adds_up
ok top-json-is-as-documented json_is_as_documented
ok top-once-is-one once_is_one
ok top-seconds-are-an-end seconds_are_an_end
ok top-batch-says-what-json-says batch_says_what_json_says
ok top-batch-has-all-on-demand batch_has_all_on_demand
ok top-wrong-options-are-told wrong_options_are_told
finish
