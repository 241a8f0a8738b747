#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What a new user sees: urbtop on 80 by 24 cells, a few seconds after its start and before any key, on a
# machine with seven devices. It names the endpoint that is synchronous, the IN endpoint that is unposted
# and the one whose transfers fail, and no other; and, a search and Enter further, which error it is. What is
# to be named follows from the logs of those who made the traffic. The UAS disk and the sound card are let
# off: no log tells when their URBs were in flight, and on a busy machine they run empty at times.
# Once: what is asked is what the screen says; the figures are asked for on every kernel elsewhere.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"
. "$repo/tests/rig/zoo.sh"

plan zoo-guest-ends-well zoo-does-what-it-is-to-do zoo-first-screen-names-what-is-wrong \
	zoo-first-screen-has-all-devices zoo-page-tells-the-error
needs fentry

LOOKS=5
# Longer than by default: on a busy machine the host's own pauses are, too, and they are gaps, not idleness.
IDLE_MS=100
export LC_ALL=C.UTF-8 XDG_CONFIG_HOME=$out/config
tmux=(tmux -u -S "$out/tmux" -f /dev/null)

shown() { "${tmux[@]}" capture-pane -p; }

# seen PATTERN FILE: waits until the screen has it; FILE is that screen.
seen()
{
	local i
	for ((i = 0; i < 100; i++)); do
		shown >"$2"
		! grep -qE -- "$1" "$2" || return 0
		sleep 0.1
	done
}

# Looks at the first screen a few times, then at the page of the sensor from its top and a screen further
# down; `seen` lets the guest end.
look()
{
	local i
	until [ -e "$out/ready" ]; do
		sleep 0.2
	done
	for ((i = 1; i <= LOOKS; i++)); do
		sleep 1
		shown >"$out/look.$i"
	done
	"${tmux[@]}" send-keys / 1d6b:0107/0x81
	seen '1 match' "$out/search"
	"${tmux[@]}" send-keys Enter Enter
	seen 'packets of' "$out/page.1"
	"${tmux[@]}" send-keys NPage
	seen '^Errors' "$out/page.2"
	touch "$out/seen"
}

mkfifo "$out/events"
"${tmux[@]}" new-session -d -x 80 -y 24 "'$build/urbtop' --idle ${IDLE_MS}ms - <'$out/events'; sleep 100"
look &
looker=$!
guest "${zoo_options[@]}" --stream "$out/events" <<END
urbscope record -o /dev/virtio-ports/urbscope &
agent=\$!
need attached \$agent
$zoo_begin
sleep 5
touch ready
i=0
until [ -e seen ] || [ \$i -ge 600 ]; do sleep 0.1; i=\$((i + 1)); done
$zoo_end
kill -INT \$agent
wait \$agent
END
kill $looker 2>/dev/null
"${tmux[@]}" kill-server 2>/dev/null

# begins_and_ends LOG ENDPOINT: "NS 1" for each submission by the host's log, "NS -1" for each end: when the
# host reaped it, or before that when the device had done it; until the host cancels.
begins_and_ends()
{
	awk -v ep="$2" '
		$1 != "event" || $3 != ep { next }
		$4 == "cancel" { exit }
		FILENAME ~ /[.]device$/ && $4 == "done" && $9 > 0 { done[devices++] = $2 }
		FILENAME ~ /[.]log$/ && $4 == "submit-call" { print $2, 1 }
		FILENAME ~ /[.]log$/ && $4 == "reap" {
			print $5 in done && done[$5] < $2 ? done[$5] : $2, -1
		}' "$out/$1.device" "$out/$1.log" | sort -n
}

# The words that an endpoint deserves by the logs, by what docs/urbtop.md and figures.md define.
deserved() # LOG ENDPOINT
{
	begins_and_ends "$1" "$2" |
		awk -v ep="$2" -v failed="$(failures "$1" "$2")" -v idle_ms=$IDLE_MS '
			$2 > 0 && emptied {
				pause = $1 - emptied
				if (pause < idle_ms * 1e6)
					gaps += pause
				else
					idle += pause
				emptied = 0
			}
			{
				first = first ? first : $1
				last = $1
				n += $2
				max = n > max ? n : max
				if (n <= 0)
					emptied = $1
			}
			END {
				busy = last - first - idle
				empty = busy > 0 && gaps >= 0.01 * busy
				if (failed > 0)
					word = word ", errors"
				if (empty && max == 1)
					word = word ", synchronous"
				if (empty && ep ~ /^0x8/)
					word = word ", unposted"
				else if (empty && max > 1)
					word = word ", starved"
				print max ? substr(word, 3) : "nothing logged"
			}'
}

# Transfers that failed by the host's log, cancelled ones left out.
failures() # LOG ENDPOINT
{
	awk -v ep="$2" '$1 == "event" && $3 == ep && $4 == "reap" && $8 < 0 && $8 != -2' "$out/$1.log" | wc -l
}

# All endpoints of the logs: "1d6b:0105 0x02 synchronous", if there is a word to say.
wanted_words()
{
	local row log id ep word
	for row in 'printer 1d6b:0105 0x02' 'radio 1d6b:0106 0x81' 'sensor 1d6b:0107 0x81' \
		'camera 1d6b:0108 0x81' 'camera 1d6b:0108 0x02'; do
		read -r log id ep <<<"$row"
		word=$(deserved "$log" "$ep")
		[ -z "$word" ] || echo "$id $ep $word"
	done
}

# The same, of screens. "too deep" is left out: how long a transfer takes is a matter of how busy this
# machine is.
words_of() # FILE
{
	awk '
		/^urbscope/ { id = "" }
		/^[^ ]/ && match($0, /[0-9a-f][0-9a-f][0-9a-f][0-9a-f]:[0-9a-f][0-9a-f][0-9a-f][0-9a-f]/) {
			id = substr($0, RSTART, 9)
		}
		/^[ *]+0x[0-9a-f][0-9a-f] / {
			match($0, /0x../)
			ep = substr($0, RSTART, 4)
			said = ""
			n = split("errors refused sync starved unposted lost partial", words, " ")
			for (i = 1; i <= n; i++)
				if (match($0, "[ ,]" words[i]))
					said = said ", " words[i]
			sub(/sync/, "synchronous", said)
			if (said && id && id !~ /^46f4/)
				print id, ep, substr(said, 3)
		}' "$1" | sort -u
}

as_meant()
{
	is "the printer's OUT" "$(deserved printer 0x02)" synchronous
	is "the radio's IN" "$(deserved radio 0x81)" unposted
	is "the sensor's IN" "$(deserved sensor 0x81)" errors
	is "the camera's IN" "$(deserved camera 0x81)" ""
	is "the camera's OUT" "$(deserved camera 0x02)" ""
	is "queued for the camera" "$(logged camera.log 0x81 max-outstanding)" 12
}

# All but one of the looks: what was not run for half a second shows that in one interval.
names_them()
{
	local i right=0
	for ((i = 1; i <= LOOKS; i++)); do
		if [ "$(words_of "$out/look.$i")" = "$(wanted_words)" ]; then
			right=$((right + 1))
		else
			cat "$out/look.$i"
			words_of "$out/look.$i"
		fi
	done
	least "looks that were right" "$right" $((LOOKS - 1))
}

# By the ids that QEMU and the gadgets have, each with a row.
has_all()
{
	local id
	for id in 46f4:0003 46f4:0002 0627:0001 1d6b:0105 1d6b:0106 1d6b:0107 1d6b:0108; do
		least "rows of $id" "$(grep -A1 -F " $id " "$out/look.$LOOKS" | grep -cE '^ +0x')" 1
	done
	is "width" "$(wc -L <"$out/look.$LOOKS" | awk '{ print $1 <= 80 }')" 1
	[ "$wrong" = 0 ] || cat "$out/look.$LOOKS"
}

# The number is of the log, its name of the C library's headers.
error_is_told()
{
	local status name
	status=$(logged_statuses sensor.log 0x81 | tr ' ' '\n' | grep -v -e '^0$' -e '^-2$')
	name=$(awk -v n="${status#-}" '$1 == "#define" && $3 == n { print $2 }' \
		/usr/include/asm-generic/errno*.h)
	is "the sensor's error" "$name" EOVERFLOW
	grep -qE "^ +[0-9]+ +$name +[a-z]+" "$out/page".? || { cat "$out/search" "$out/page".?; wrong=1; }
}

ok zoo-guest-ends-well guest_ended_well
ok zoo-does-what-it-is-to-do as_meant
ok zoo-first-screen-names-what-is-wrong names_them
ok zoo-first-screen-has-all-devices has_all
ok zoo-page-tells-the-error error_is_told
