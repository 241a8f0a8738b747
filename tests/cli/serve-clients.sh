#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# urbscope serve, and clients that mean no good: others are served all the same.
# shellcheck source-path=SCRIPTDIR disable=SC2154,SC2317
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/serve_lib.sh"

clients=$cli/../tools/http-clients

broken_requests()
{
	serve "$tmp/in8" && all_read || return 1
	"$clients" broken 127.0.0.1 "$(port)" && answers 200 metrics && stops
}

# They send a byte now and then, and never finish; others are served, and they are cut off.
slow_clients_are_cut_off()
{
	serve "$tmp/in8" && all_read || return 1
	"$clients" loris 127.0.0.1 "$(port)" 40 >"$tmp/loris" &
	helpers=($!)
	until_true "they are there" grep -q open "$tmp/loris" && answers 200 metrics || return 1
	# 16 of one address
	until_true "the others are cut off at once" sockets_below 24 || return 1
	wait "${helpers[0]}"
	helpers=()
	[ "$(tail -n 1 "$tmp/loris")" = ended ] || { cat "$tmp/loris"; return 1; }
	answers 200 metrics && stops
}

sockets_below()
{
	[ "$(find "/proc/$server/fd" -lname 'socket:*' | wc -l)" -lt "$1" ]
}

# More than there is room for, from many addresses, all silent: who comes later finds room all the same.
crowds_make_room()
{
	serve "$tmp/in8" && all_read || return 1
	"$clients" crowd 127.0.0.1 "$(port)" 80 >"$tmp/crowd" &
	helpers=($!)
	until_true "they are there" grep -q open "$tmp/crowd" && answers 200 metrics && answers 200 metrics || return 1
	sockets_below 70 || { echo "connections without bound"; return 1; }
	kill "${helpers[@]}"
	helpers=()
	stops
}

# Both get all of it, and each page is whole.
two_at_once()
{
	local i
	serve "$tmp/in8" && all_read || return 1
	for i in 1 2; do
		for _ in {1..25}; do
			curl -sS "${url}metrics" -H 'Accept: application/openmetrics-text' | tail -n 1
		done >"$tmp/last.$i" &
		helpers[i]=$!
	done
	wait "${helpers[@]}"
	helpers=()
	[ "$(cat "$tmp"/last.? | sort | uniq -c | tr -s ' ')" = ' 50 # EOF' ] && stops
}

ok serve-broken-requests broken_requests
ok serve-slow-clients-are-cut-off slow_clients_are_cut_off
ok serve-crowds-make-room crowds_make_room
ok serve-two-at-once two_at_once
finish
