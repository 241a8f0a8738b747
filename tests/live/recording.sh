#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Ends and recordings: signals end a report and a recording well, a recording says the same on
# another machine, and what a guest writes is shown here while it runs.
# Once: of the kernel it asks no more than depth.sh does.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

plan recording-guest-ends-well sigint-ends-report sigterm-ends-report \
	recording-agrees-with-the-log recording-agrees-with-a-report-of-the-run \
	recording-says-the-same-elsewhere killed-recording-is-readable \
	stream-agrees-with-the-log stream-shows-in-batch \
	no-kernel-address-in-a-recording \
	live-trace-is-as-its-page-says rotated-recording-agrees-with-the-log \
	full-disk-leaves-what-reads \
	urbtop-in-a-terminal urbtop-restores-the-terminal urbtop-survives-a-closed-terminal
needs fentry

# What the guest sends, as it comes; and a copy for urbtop.
receive()
{
	trap - EXIT
	tee "$out/stream.urb" <"$out/fifo" | "$build/urbscope" report --json -o "$out/stream.json" -
	echo $? >"$out/stream.status"
}

mkfifo "$out/fifo"
receive &
receiver=$!
guest --gadget --stream "$out/fifo" <<'END'
load='bulkload --device 0525:a4a0 --in --out --mode queued --depth 8'
# ended NAME SIGNAL COMMAND: in the background, with a load, then the signal
ended()
{
	local name=$1 signal=$2
	shift 2
	"$@" &
	watcher=$!
	need attached $watcher
	need $load --count 100 --log $name.log
	# a recording is flushed several times a second, if the machine has time
	sleep 1.5
	kill -$signal $watcher
	wait $watcher
	echo $? >$name.status
}
ended sigint INT urbscope report --json -o sigint.json
ended sigterm TERM urbscope report --json -o sigterm.json
# one run, both recorded and reported
urbscope report --json -o both.json &
other=$!
need attached $other
ended record TERM urbscope record -o record.urb
kill -TERM $other
need wait $other
need urbscope report --json -o record.json record.urb
ended killed KILL urbscope record -o killed.urb
need urbscope record -o /dev/virtio-ports/urbscope -- $load --count 400 --log stream.log
# as fast as it goes, in files of 8 KiB
need urbscope record -o rotated.urb --rotate-size 8K -- \
	bulkload --device 0525:a4a0 --in --out --mode queued --depth 64 --count 4000 --log rotated.log
need urbscope report --json -o rotated.json rotated.urb
# no room for all of it
mkdir small && mount -t tmpfs -o size=16k none small
urbscope record -o small/full.urb 2>full.err &
watcher=$!
need attached $watcher
need $load --count 4000 --log full.log
wait $watcher
echo $? >full.status
cp small/full.urb full.urb
umount small && rmdir small
END
# QEMU has closed its end; should it never have opened it, the receiver must end too
# shellcheck disable=SC2016 # for that shell
timeout 1 sh -c ': >"$1"' sh "$out/fifo"
wait "$receiver"

dev=0525:a4a0

counts()
{
	agrees "$1.json" "$1.log" $dev 0x81
	agrees "$1.json" "$1.log" $dev 0x02
}

signalled()
{
	is "exit status" "$(cat "$out/$1.status")" 0
	counts "$1"
}

both()
{
	local ep what
	for ep in 0x81 0x02; do
		for what in transfers status bytes; do
			is "$ep $what" "$(get both.json "$(at $dev $ep).$what")" \
				"$(get record.json "$(at $dev $ep).$what")"
		done
	done
}

elsewhere()
{
	(cd "$out" && "$build/urbscope" report --json -o here.json record.urb) || wrong=1
	cmp "$out/record.json" "$out/here.json" || wrong=1
	is "kind" "$(get here.json source.kind)" "$(get record.json source.kind)"
}

killed()
{
	"$build/urbscope" report --json -o "$out/killed.json" "$out/killed.urb" 2>"$out/killed.note"
	is "exit status" $? 0
	is "note" "$(grep -c '^urbscope: note: .*killed.urb broke off' "$out/killed.note")" 1
	# the load was over for a while when it was killed
	counts killed
}

streamed()
{
	is "exit status" "$(cat "$out/stream.status")" 0
	counts stream
}

batch()
{
	"$build/urbtop" --batch - <"$out/stream.urb" >"$out/batch.txt"
	is "exit status" $? 0
	grep -q '0x81' "$out/batch.txt" || { echo "no 0x81:"; cat "$out/batch.txt"; wrong=1; }
}

as_the_page_says()
{
	local tools=$build/tests/tools
	"$tools/tracenaive" "$out/record.urb" >"$out/naive.txt" && "$tools/traceprint" "$out/record.urb" \
		>"$out/ours.txt" && cmp "$out/naive.txt" "$out/ours.txt" || wrong=1
	is "numbers above a million" "$(grep -cE ' (id|slot)=[0-9]{7}' "$out/naive.txt")" 0
	[ "$(wc -l <"$out/naive.txt")" -gt 400 ] || { echo "few events"; wrong=1; }
}

rotated()
{
	counts rotated
	is "lost" "$(get rotated.json events.lost)" 0
	[ -e "$out/rotated.00001.urb" ] && [ ! -e "$out/rotated.urb" ] || { ls "$out"; wrong=1; }
}

full_disk()
{
	is "exit status" "$(cat "$out/full.status")" 2
	is "said" "$(grep -c '^urbscope: small/full.urb: No space left' "$out/full.err")" 1
	"$build/urbscope" report --json -o "$out/full.json" "$out/full.urb" 2>"$out/full.note"
	is "exit status of the report" $? 0
	! grep -q 'damaged' "$out/full.note" || wrong=1
	[ "$(get full.json "$(at $dev 0x81).transfers.completed")" -gt 100 ] || wrong=1
}

tm() { tmux -S "$out/tmux" -f /dev/null "$@"; }

# session WIDTH HEIGHT: a shell in a terminal; urbtop is typed into it
session()
{
	tm kill-server 2>/dev/null
	rm -f "$out/top.status" "$out/after.tty"
	sleep 0.2
	tm new-session -d -x "$1" -y "$2" "sh -c 'stty -a >$out/before.tty; TERM=screen; export TERM
		$build/urbtop $out/stream.urb; echo \$? >$out/top.status; stty -a >$out/after.tty
		exec sleep 60'"
}

# until COMMAND: at most 5 s
until_true()
{
	local i
	for ((i = 0; i < 50; i++)); do
		"$@" && return
		sleep 0.1
	done
	echo "in vain: $*"
	return 1
}

top_pid() { pgrep -f "^$build/urbtop $out/stream.urb" | head -n 1; }
shows() { tm capture-pane -p 2>/dev/null | grep -q "$1"; }
top_runs() { [ -n "$(top_pid)" ]; }
top_ended() { [ -s "$out/top.status" ]; }
top_is_gone() { ! top_runs; }

terminal()
{
	session 80 24
	until_true shows 0x81 || wrong=1
	tm send-keys q
	until_true top_ended || wrong=1
	is "exit status after q" "$(cat "$out/top.status")" 0
	session 1 1
	until_true top_runs || wrong=1
	sleep 0.5
	tm send-keys q
	until_true top_ended || wrong=1
	is "exit status in 1x1" "$(cat "$out/top.status")" 0
	session 4096 50
	until_true shows 0x81 || wrong=1
	tm send-keys q
	until_true top_ended || wrong=1
	is "exit status in 4096x50" "$(cat "$out/top.status")" 0
}

restores()
{
	session 80 24
	until_true shows 0x81 || wrong=1
	kill -TERM "$(top_pid)"
	until_true top_ended || wrong=1
	until_true [ -s "$out/after.tty" ] || wrong=1
	is "exit status after SIGTERM" "$(cat "$out/top.status")" 0
	cmp "$out/before.tty" "$out/after.tty" || wrong=1
}

closed()
{
	session 80 24
	until_true shows 0x81 || wrong=1
	tm kill-server
	until_true top_is_gone || wrong=1
}

ok recording-guest-ends-well guest_ended_well
ok sigint-ends-report signalled sigint
ok sigterm-ends-report signalled sigterm
ok recording-agrees-with-the-log signalled record
ok recording-agrees-with-a-report-of-the-run both
ok recording-says-the-same-elsewhere elsewhere
ok killed-recording-is-readable killed
ok stream-agrees-with-the-log streamed
ok stream-shows-in-batch batch
ok no-kernel-address-in-a-recording no_kernel_address record.json stream.json batch.txt
ok live-trace-is-as-its-page-says as_the_page_says
ok rotated-recording-agrees-with-the-log rotated
ok full-disk-leaves-what-reads full_disk
for name in terminal:urbtop-in-a-terminal restores:urbtop-restores-the-terminal \
	closed:urbtop-survives-a-closed-terminal; do
	if command -v tmux >/dev/null; then
		ok "${name#*:}" "${name%%:*}"
	else
		skip "${name#*:}" "tmux is missing; install tmux"
	fi
done
