#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What urbtop shows of a recording that was made for it: each mark stands on its row, at every size, and
# figures are what the recording was made to have, or what `urbscope report` says of the same time.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/tmux.sh"

# marked WIDTH HEIGHT [OPTION...]: the recording of mkmarks at its end
marked()
{
	screen "$1" "$2" "urbtop --speed max ${*:3} marks.urb"
	sees ' 6\.000 / 6\.000 s ' ' end( |$)' '(^| )EP '
}

# rows: the list, all of it, in $tmp/rows: what the screen has, and after PgDn the rest.
rows()
{
	local last all i
	keys Home
	sees "^$first_path " || return 1
	cp "$tmp/shown" "$tmp/rows"
	while read -r last all < <(grep -oE ' [0-9]+-[0-9]+ of [0-9]+$' "$tmp/shown" | sed 's/.*-//; s/of//') &&
		[ -n "$last" ] && [ "$last" -lt "$all" ]; do
		keys PageDown
		for ((i = 0; i < 100; i++)); do
			shown >"$tmp/shown"
			grep -q -- "-$last of $all\$" "$tmp/shown" || break
			sleep 0.1
		done
		cat "$tmp/shown" >>"$tmp/rows"
	done
}
first_path=1-1

# row PATH ENDPOINT: its line in $tmp/rows, under that of its device
row()
{
	awk -v path="$1" -v ep="$2" '
		/^[0-9]+-[0-9.]+( |$)/ { at = $1 }
		at == path && ($1 == ep || $2 == ep) { print; exit }' "$tmp/rows"
}

# marks_are FULL|BRIEF: each on its row
marks_are()
{
	local path ep full brief line words
	rows
	while read -r path ep full brief; do
		line=$(row "$path" "$ep")
		words=${full//_/ }
		[ "$1" = FULL ] || words=${brief//_/ }
		[ "$words" = - ] && words=' -| [0-9]+%?'
		[[ $line =~ ($words)\ *$ ]] || {
			echo "$path $ep: '$line' does not end with '$words'"
			cat "$tmp/rows"
			return 1
		}
	done <<-END
		1-1 0x02 starved starved
		1-2 0x02 synchronous synchronous
		1-3 0x02 too_deep too_deep
		1-3.1 0x81 unposted unposted
		1-4 0x02 errors errors
		1-5 0x81 lost lost
		1-6 0x83 waiting waiting
		1-7 0x02 refused refused
		1-8 0x81 partial partial
		1-9 0x02 errors,_idle errors,_idle
		1-10 0x81 errors,_refused,_sync,_unposted err_ref_sync(\\+|_unposted)
		2-1 0x02 - -
		2-1 0x81 - -
		2-1.3 0x02 - -
	END
}

every_mark_is_on_its_row()
{
	marked 80 24 && marks_are BRIEF || return 1
	marked 120 40 && marks_are BRIEF || return 1
	marked 200 60 && marks_are FULL || return 1
	marked 400 100 && marks_are FULL || return 1
	# the worst is there as long as anything is
	marked 40 12 && marks_are BRIEF || return 1
	screen 24 12 'urbtop --speed max marks.urb'
	sees '0x02 .*starved' && rows && [[ $(row 1-10 0x81) =~ err && $(row 1-2 0x02) =~ sync ]] || {
		cat "$tmp/rows"
		return 1
	}
}

loss_is_told()
{
	marked 80 24 && sees '^ 1 EVENTS LOST \(1 now\)'
}

ports_are_in_order()
{
	marked 120 60 && rows || return 1
	grep -oE '^[0-9]+-[0-9.]+' "$tmp/shown" | tr '\n' ' ' >"$tmp/order"
	[ "$(cat "$tmp/order")" = '1-1 1-2 1-3 1-3.1 1-4 1-5 1-6 1-7 1-8 1-9 1-10 2-1 2-1.3 ' ] || {
		cat "$tmp/order"
		return 1
	}
}

# The head counts what is wrong; ! goes from one to the next, and round.
trouble_is_found()
{
	local seen
	marked 160 16 || return 1
	sees '1 lost, 3 with errors, 1 refused, 1 synchronous, 1 starved' || return 1
	keys Home '!' Enter
	sees '1-1 0x02 bulk out' || return 1
	keys q '!' Enter
	sees '1-2 0x02 bulk out' || return 1
	keys q End '!' Enter
	sees '1-1 0x02 bulk out' || return 1
	seen=$(grep -c '1-1 0x02' "$tmp/shown")
	[ "$seen" -ge 1 ]
}

# Each turn of 2 ms: one URB for 1.5 ms; three for 1.5 ms. In the turns of a second one gap is still open.
rows_have_the_figures_of_the_recording()
{
	mkdir -p "$XDG_CONFIG_HOME/urbscope"
	echo 'columns = ep now mean max bar gaps gap-max rate urbs words' >"$XDG_CONFIG_HOME/urbscope/urbtop"
	marked 120 60 && rows || return 1
	rm -r "$XDG_CONFIG_HOME"
	[[ $(row 1-2 0x02) =~ ^\ +0x02\ +[01]\ +0\.75\ +1\ +[━─]+\ +25\.0%\ +500us\ +2\.05\ +500\ +sync ]] &&
		[[ $(row 1-10 0x81) =~ ^\ +0x81\ +[01]\ +0\.50\ +1\ +[━─]+\ +50\.0%\ +1\.00ms\ +1\.84\ +500\ +err ]] &&
		[[ $(row 1-3 0x02) =~ ^\ +0x02\ +4\ +4\.00\ +4\ +━+\ +0%\ +-\ +0\.08\ +20\.0\ +too ]] &&
		[[ $(row 1-1 0x02) =~ ^\ +0x02\ +0\ +2\.2[0-9]\ +3\ +─+\ +25\.0%\ +500us\ +6\.14\ +1\.50k\ +starved ]] &&
		[[ $(row 1-9 0x02) =~ ^\ +0x02\ +0\ +-\ +1\  ]] || {
		cat "$tmp/rows"
		return 1
	}
}

# sorted COLUMN-NUMBER ORDER: the numbers there, of rows that have one
sorted()
{
	shown >"$tmp/shown"
	grep -E '^ *0x' "$tmp/shown" | awk -v n="$1" '$n ~ /^[0-9.]+%?$/ { print $n + 0 }' >"$tmp/col"
	sort "-$2" -s "$tmp/col" | cmp - "$tmp/col" && [ "$(wc -l <"$tmp/col")" -ge 5 ] || {
		cat "$tmp/shown"
		return 1
	}
}

# Flat: DEVICE is not repeated for the second endpoint, so only rows that have it are compared.
sorts_by_columns()
{
	local title n=0
	mkdir -p "$XDG_CONFIG_HOME/urbscope"
	printf 'tree = no\ncolumns = ep now mean max gaps rate\n' >"$XDG_CONFIG_HOME/urbscope/urbtop"
	marked 200 40 || return 1
	keys i
	for title in EP NOW MEAN MAX SHARE MB/s; do
		n=$((n + 1))
		keys F6
		[ $title = EP ] && continue # from DEVICE, which is not shown, to the first
		sees "by $title" || return 1
		sorted $n gr || return 1
		keys r
		sees "by $title, reversed" || return 1
		sorted $n g || return 1
		keys r
		sees "by $title  " || return 1
	done
	keys q
	over || return 1
	rm -r "$XDG_CONFIG_HOME"
}

# What was chosen is there the next time: order, columns, sorting, which way, idle rows, tree, streams.
choices_come_back()
{
	rm -rf "$XDG_CONFIG_HOME"
	marked 200 40 || return 1
	keys t i s C
	sees '\[x\] device' || return 1
	keys + + Down Down Down s s q
	sees 'by .*, reversed' || return 1
	shown | sed 1d >"$tmp/first"
	keys q
	over || return 1
	marked 200 40 || return 1
	sees 'by .*, reversed' || return 1
	shown | sed 1d >"$tmp/second"
	cmp "$tmp/first" "$tmp/second" || {
		diff "$tmp/first" "$tmp/second"
		return 1
	}
	grep -q '^sort = ' "$XDG_CONFIG_HOME/urbscope/urbtop" && grep -q '^reverse = yes' "$XDG_CONFIG_HOME/urbscope/urbtop" &&
		grep -q '^hide-idle = no' "$XDG_CONFIG_HOME/urbscope/urbtop" && grep -q '^streams = yes' "$XDG_CONFIG_HOME/urbscope/urbtop"
	local good=$?
	rm -r "$XDG_CONFIG_HOME"
	return $good
}

# A mark for each quarter of a second in which IN was not posted: those of the odd seconds.
device_page_marks_what_was_not_posted()
{
	marked 120 40 || return 1
	keys / 2-1/in Enter d
	sees 'IN has posted against' 'both at once' || return 1
	grep 'both at once' "$tmp/shown" | tr -cd '!.' >"$tmp/marks"
	[ "$(cat "$tmp/marks")" = '!!!!!!!!!!!!' ] || {
		cat "$tmp/shown"
		return 1
	}
	# OUT, which always had one pending, is a full line under every mark of the six seconds
	[ "$(grep 'OUT pending' "$tmp/shown" | grep -o '█' | wc -l)" -ge 24 ]
}

# --- pages against the report --------------------------------------------------------------------

# ns TEXT: "1.09ms" as nanoseconds
ns()
{
	awk -v t="$1" 'BEGIN {
		u = t; sub(/^[0-9.]+/, "", u); sub(/[a-z%]+$/, "", t)
		f = u == "ns" ? 1 : u == "us" ? 1e3 : u == "ms" ? 1e6 : u == "s" ? 1e9 : -1
		printf "%.0f\n", t * f }'
}

# near A B: of three digits, or of so many as there are
near()
{
	awk -v a="$1" -v b="$2" 'BEGIN { d = a - b; d = d < 0 ? -d : d; exit !(d <= b * 0.005 + 0.5) }'
}

# count TEXT: "9.00k" as a number
count()
{
	awk -v t="$1" 'BEGIN { u = t; sub(/^[0-9.]+/, "", u); print t * (u == "k" ? 1e3 : u == "M" ? 1e6 : 1) }'
}

# times_agree NAME KEY SUFFIX I: the line on the page, and the same of the report
times_agree()
{
	local line got key
	line=$(grep -E "^  $1 " "$tmp/page") || return 1
	read -r -a got <<<"${line#"  $1"}"
	if [ "$(jsonget "$tmp/report" "endpoints[$4].$2")" = null ]; then
		[ "${got[0]}" = n/a ]
		return
	fi
	if [ "$(jsonget "$tmp/report" "endpoints[$4].$2.count")" = 0 ]; then
		[ "${got[0]}" = - ]
		return
	fi
	near "$(count "${got[0]}")" "$(jsonget "$tmp/report" "endpoints[$4].$2.count")" || return 1
	set -- "$2" "$3" "$4" 1
	for key in p50 p99 max; do
		near "$(ns "${got[$4]}")" "$(jsonget "$tmp/report" "endpoints[$3].$1.$key$2")" || {
			echo "$1.$key: ${got[$4]}, not $(jsonget "$tmp/report" "endpoints[$3].$1.$key$2")"
			return 1
		}
		set -- "$1" "$2" "$3" $(($4 + 1))
	done
}

# depths_agree I: shares of the busy time, a row a depth
depths_agree()
{
	local level share busy time
	busy=$(jsonget "$tmp/report" "endpoints[$1].busy_ns")
	while read -r level share; do
		time=$(jsonget "$tmp/report" "endpoints[$1].depth.time_ns[$level]") || return 1
		awk -v s="$share" -v t="$time" -v b="$busy" 'BEGIN {
			want = 100 * t / b
			if (s == "-") exit t != 0
			if (s ~ /^</) exit !(want < 0.05)
			if (s ~ /^>/) exit !(want >= 99.95)
			d = s - want
			exit !(d < 0.051 && d > -0.051) }' || {
			echo "depth $level: $share, not $time of $busy"
			return 1
		}
	done < <(sed -n '/^Depth in the whole run/,/^$/p' "$tmp/page" |
		awk '$1 ~ /^[0-9]+$/ { if ($2 == "(gaps)") $2 = $3; print $1, $2 }')
}

errors_agree()
{
	local n name status
	while read -r n name; do
		case $name in
		ENOENT) status=-2 ;; EPIPE) status=-32 ;; EPROTO) status=-71 ;; ECONNRESET) status=-104 ;;
		EILSEQ) status=-84 ;; EOVERFLOW) status=-75 ;; EREMOTEIO) status=-121 ;; ESHUTDOWN) status=-108 ;;
		ETIME) status=-62 ;; ENOSR) status=-63 ;; ECOMM) status=-70 ;; EXDEV) status=-18 ;;
		*) continue ;;
		esac
		near "$(count "$n")" "$(jsonget "$tmp/report" "endpoints[$1].status.$status")" || return 1
		seen=$((${seen:-0} + 1))
	done < <(sed -n '/^Errors of the run/,/^$/p' "$tmp/page" | awk '$2 ~ /^E[A-Z]+$/ { print $1, $2 }')
}

# pages_agree I: of the endpoint of that index
pages_agree()
{
	local bus address ep head name key suffix
	bus=$(jsonget "$tmp/report" "endpoints[$1].device.bus")
	address=$(jsonget "$tmp/report" "endpoints[$1].device.address")
	ep=$(jsonget "$tmp/report" "endpoints[$1].endpoint")
	keys '\' C-u "$bus:$address/$ep" Enter # one row, and that of its device
	sees "only $bus:$address/$ep" || return 1
	keys Home
	# the device's line may have the cursor
	keys Down Enter
	sees 'Times of' || return 1
	grep -q 'Times of the whole run' "$tmp/shown" || keys a
	sees "^[^ ]+ $ep " 'Times of the whole run' 'Who submits' 'The last transfers' || return 1
	cp "$tmp/shown" "$tmp/page"
	for head in 'gap:gaps:_ns' 'latency:latency_ns:' 'service:service_ns:' 'giveback delay:giveback_delay_ns:' \
		'handler:handler_ns:' 'turnaround:turnaround_ns:'; do
		IFS=: read -r name key suffix <<<"$head"
		times_agree "$name" "$key" "$suffix" "$1" || {
			echo "$bus:$address/$ep $name"
			return 1
		}
	done
	depths_agree "$1" && errors_agree "$1" && callers_agree "$bus" "$address" "$ep" &&
		streams_agree "$1" || return 1
	keys q
	sees "only $bus:$address/$ep" 'MAX'
}

# Who has submitted how often, by the recording's events.
callers_agree()
{
	local n who
	while read -r n who; do
		near "$(count "$n")" "$(grep -F "\"bus\": $1, \"address\": $2, \"endpoint\": \"$3\"" "$tmp/events" |
			grep '"event": "submit"' | grep -cF "\"pid\": ${who//[!0-9]/}, \"comm\": \"${who%%[*}\"")" || {
			echo "$n by $who?"
			return 1
		}
		seen_callers=$((${seen_callers:-0} + 1))
	done < <(sed -n '/^Who submits/,/^$/p' "$tmp/page" | awk '$2 ~ /\[[0-9]+\]$/ { print $1, $2 }')
}

streams_agree()
{
	local i=0 stream max
	while stream=$(jsonget "$tmp/report" "endpoints[$1].streams[$i].stream"); do
		max=$(jsonget "$tmp/report" "endpoints[$1].streams[$i].in_flight.max")
		grep -qE "^  #$stream +[0-9]+ in flight, $max at most" "$tmp/page" || {
			echo "stream $stream of at most $max is not there"
			return 1
		}
		i=$((i + 1))
		seen_streams=$((${seen_streams:-0} + 1))
	done
	return 0
}

# Random lives of URBs, all five moments seen, with callers and streams: all that a page can show.
pages_say_what_the_report_says()
{
	local seed n i
	rm -rf "$XDG_CONFIG_HOME"
	for seed in 7 2; do
		mkstream $seed 400 dd >"$tmp/lives.urb"
		urbscope report --json "$tmp/lives.urb" >"$tmp/report" || return 1
		urbscope export --to ndjson "$tmp/lives.urb" >"$tmp/events" || return 1
		screen 140 200 'urbtop --speed max lives.urb'
		sees ' end ' || return 1
		keys i
		sees '[0-9] endpoints' || return 1
		n=$(jsonget "$tmp/report" 'endpoints[#]')
		for ((i = 0; i < n; i++)); do
			pages_agree $i || {
				echo "seed $seed, endpoint $i"
				cat "$tmp/page"
				return 1
			}
		done
		keys q
	done
	echo "${seen:-0} statuses, ${seen_callers:-0} callers, ${seen_streams:-0} streams"
	[ "${seen:-0}" -ge 3 ] && [ "${seen_callers:-0}" -ge 1 ] && [ "${seen_streams:-0}" -ge 1 ]
}

points='every-mark-is-on-its-row:every_mark_is_on_its_row marks-tell-losses:loss_is_told
	tree-is-in-order-of-ports:ports_are_in_order trouble-is-found:trouble_is_found
	rows-have-the-figures-of-the-recording:rows_have_the_figures_of_the_recording
	top-sorts-by-columns:sorts_by_columns top-choices-come-back:choices_come_back
	device-page-marks-what-was-not-posted:device_page_marks_what_was_not_posted
	pages-say-what-the-report-says:pages_say_what_the_report_says'
mkmarks 6 >"$tmp/marks.urb"
for name in $points; do
	if command -v tmux >/dev/null; then
		ok "${name%%:*}" "${name#*:}"
	else
		skip "${name%%:*}" "tmux is missing; install tmux"
	fi
done
finish
