#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Recordings that are cut, damaged or something else: one clear line with the name of the file, and
# the exit status that README.md promises, from every command that reads. What is to become of a
# file follows from how it was made, or from what the corpus's index says of it.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

corpus=${URBSCOPE_CORPUS:-$cli/../../../shared/corpus}
RANDOM=77

# bytes HEX...: on stdout
bytes()
{
	local all
	all=$(printf %s "$@")
	[ ${#all} = $((${#all} / 2 * 2)) ] || return 1
	# shellcheck disable=SC2001 # of every two
	printf '%b' "$(echo "$all" | sed 's/../\\x&/g')"
}

# refused FILE: by all, with status 2, its name and WORD... in the one line.
refused()
{
	local file=$1
	shift
	fails "$file" urbscope report "$file" && says "$@" &&
		fails "$file" urbscope report --json "$file" &&
		fails "$file" urbscope export "$file" &&
		fails "$file" urbtop --batch --once "$file"
}

# noted FILE WORD...: what is whole is told, what is missing is noted.
noted()
{
	local file=$1 command
	shift
	for command in report export 'top --batch --once'; do
		# shellcheck disable=SC2086 # a command and its options
		run urbscope $command "$file"
		wants 0 && says "$file" 'broke off' "$@" && [ -s "$tmp/out" ] || return 1
	done
}

# quiet FILE: read, and nothing to note but that time runs backwards in it.
quiet()
{
	local file=$1 command
	for command in report export 'top --batch --once'; do
		# shellcheck disable=SC2086
		run urbscope $command "$file"
		wants 0 || return 1
		[ ! -s "$tmp/err" ] || says 'too late' || return 1
	done
}

# --- made here, as those of the corpus are ------------------------------------------------------

section=0a0d0d0a1c0000004d3c2b1a01000000ffffffffffffffff1c000000
# interface LINK SNAPLEN (little endian, in hex): of a pcapng
interface()
{
	echo "0100000014000000${1}0000${2}14000000"
}

# trace_head VERSION FEATURES (little endian, in hex): of a trace, with its CRC-32, as gzip reckons it
trace_head()
{
	local head
	head=895552420d0a1a0a${1}3000${2}$(printf '%056d' 0)
	bytes "$head"
	bytes "$head" | gzip | tail -c 8 | head -c 4
}

make_files()
{
	local dir=$tmp/bad
	mkdir "$dir"
	: >"$dir/empty"
	bytes d4c3b2a1020004000000000000000000ffff00000100 00 >"$dir/header-short"
	bytes ${section/1c000000/00002000} >"$dir/section-insane"
	bytes ${section/1c000000/14000000} >"$dir/section-small"
	bytes $section 010000001500000000000000000000000015000000 >"$dir/block-odd"
	bytes $section >"$dir/no-interface"
	bytes $section 0600000024000000000000000000000000000000040000000400000041414141 24000000 \
		>"$dir/packet-first"
	bytes $section 0100000020000000dc000000ffff000009000100c8000000 00000000 20000000 \
		>"$dir/resolution"
	mkcapture 8 3 50 | LC_ALL=C sed 's/[\x80-\xff]/\xef\xbf\xbd/g' >"$dir/through-utf8"
	bytes d4c3b2a1020004000000000000000000ffff000020010000 >"$dir/link-288"
	bytes d4c3b2a1020004000000000000000000ffff0000c9000000 >"$dir/link-201"
	bytes $section "$(interface 0100 00000400)" "$(interface f900 00000400)" >"$dir/link-mixed"
	mkcapture 8 3 50 | gzip >"$dir/packed"
	echo 'Bulk or Interrupt Transfer, URB 5 going down' >"$dir/words"
	mkstream 3 50 | head -c 100 >"$dir/trace-head"
	trace_head 6300 00000000 >"$dir/trace-version"
	trace_head 0100 00010000 >"$dir/trace-features"
	head -c 300 /dev/zero >"$dir/zeros"
}

# The first one is whole, and is told where that goes event by event.
second_trace_is_refused()
{
	{
		mkstream 3 50
		mkstream 4 50
	} >"$tmp/two"
	fails "$tmp/two" urbscope report "$tmp/two" && says 'another recording begins behind'
}

made_here_is_refused()
{
	local d=$tmp/bad
	refused "$d/empty" && refused "$d/header-short" 'cut off' 'fetch it anew' &&
		refused "$d/section-insane" 'broken' 'length' && refused "$d/section-small" 'broken' 'length' &&
		refused "$d/block-odd" 'broken' 'multiple of 4' &&
		refused "$d/no-interface" 'no Interface Description' &&
		refused "$d/packet-first" 'before any Interface' &&
		refused "$d/resolution" 'broken' 'resol' &&
		refused "$d/through-utf8" 'no recording that urbscope reads' &&
		refused "$d/link-288" '288' '189 and 220' && refused "$d/link-201" '201' '189 and 220' &&
		refused "$d/link-mixed" 'editcap' && refused "$d/packed" 'zcat' &&
		refused "$d/words" && refused "$d/zeros" 'no recording' &&
		refused "$d/trace-head" 'nothing in it is whole' && refused "$d/trace-version" 'version 99' &&
		refused "$d/trace-features" 'features' && second_trace_is_refused &&
		refused "$d" 'Is a directory' && refused "$d/none" 'No such file'
}

# u32 FILE OFFSET
u32()
{
	od -An -tu4 -j "$2" -N 4 "$1" | tr -d ' '
}

# Where packets end in a pcap of this machine's byte order: the only places where a cut is not seen.
packet_ends()
{
	local at=24 size
	size=$(stat -c %s "$1")
	while [ "$at" -lt "$size" ]; do
		echo "$at"
		at=$((at + 16 + $(u32 "$1" $((at + 8)))))
	done
	echo "$at"
}

cut_capture_is_noted()
{
	local at ends
	mkcapture 8 5 12 >"$tmp/whole"
	ends=" $(packet_ends "$tmp/whole" | tr '\n' ' ')"
	for ((at = 1; at < $(stat -c %s "$tmp/whole"); at += 1 + RANDOM % 80)); do
		head -c "$at" "$tmp/whole" >"$tmp/cut"
		if [ "$at" -lt 24 ]; then
			refused "$tmp/cut" || return 1
		elif [[ $ends == *" $at "* ]]; then
			quiet "$tmp/cut" || return 1
		else
			run urbscope report "$tmp/cut"
			wants 0 && says "$tmp/cut" 'broke off' 'tried to read' || return 1
		fi
	done
	head -c $(($(packet_ends "$tmp/whole" | tail -n 1) - 3)) "$tmp/whole" >"$tmp/cut"
	noted "$tmp/cut" 'tried to read'
}

# Its last 16 bytes say where its end is, in front of them; nothing is missing without them.
cut_trace_is_noted()
{
	local at first end
	mkstream 3 200 >"$tmp/whole"
	first=$((48 + 72 + $(od -An -tu4 -j $((48 + 8)) -N 4 "$tmp/whole")))
	end=$(($(stat -c %s "$tmp/whole") - 16))
	for ((at = first; at < end; at += 1 + RANDOM % 200)); do
		head -c "$at" "$tmp/whole" >"$tmp/cut"
		run urbscope report "$tmp/cut"
		wants 0 && grep -qF "$tmp/cut broke off" "$tmp/err" || return 1
	done
	head -c $((first - 1)) "$tmp/whole" >"$tmp/cut"
	refused "$tmp/cut" 'nothing in it is whole' || return 1
	head -c "$end" "$tmp/whole" >"$tmp/cut"
	run urbscope report "$tmp/cut"
	wants 0 && [ ! -s "$tmp/err" ]
}

# in_bounds FILE: read or refused, in either case in so many words and no more.
in_bounds()
{
	run urbscope report "$1"
	[ "$status" = 0 ] || [ "$status" = 2 ] || {
		echo "ended with status $status: $(cat "$tmp/err")"
		cp "$1" "$build/malformed-input"
		return 1
	}
	if [ "$status" = 2 ]; then
		says "$1" && [ ! -s "$tmp/out" ]
	else
		! grep -qvE '^urbscope: note: ([0-9]+ events came too late|.* broke off|.* is damaged in)' "$tmp/err"
	fi
}

# change FILE OFFSET: one byte of it becomes any other
change()
{
	bytes "$(printf %02x $((RANDOM % 256)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

changed_bytes_are_survived()
{
	local form i size
	for form in 0 4 9 12 16 21 trace; do
		if [ "$form" = trace ]; then
			mkstream 4 100 >"$tmp/whole"
		else
			mkcapture "$form" 4 60 >"$tmp/whole"
		fi
		size=$(stat -c %s "$tmp/whole")
		for ((i = 0; i < 16; i++)); do
			cp "$tmp/whole" "$tmp/changed"
			change "$tmp/changed" $((i % 2 ? RANDOM % size : RANDOM % 140))
			in_bounds "$tmp/changed" || return 1
		done
	done
}

joined_files_are_survived()
{
	local a b
	for a in 0 4 13 20; do
		for b in 4 8 20; do
			{
				mkcapture "$a" 1 30
				mkcapture "$b" 2 30
			} >"$tmp/joined"
			in_bounds "$tmp/joined" || return 1
		done
	done
	{
		mkstream 1 50
		mkstream 2 50
	} >"$tmp/joined"
	in_bounds "$tmp/joined"
}

# Two captures of pcapng behind one another are a capture: events of both.
sections_are_joined()
{
	local first second
	mkcapture 12 1 40 >"$tmp/first"
	mkcapture 12 2 40 >"$tmp/second"
	first=$(urbscope export "$tmp/first" | grep -c '"submit"\|"complete"')
	second=$(urbscope export "$tmp/second" | grep -c '"submit"\|"complete"')
	cat "$tmp/first" "$tmp/second" >"$tmp/joined"
	run urbscope export "$tmp/joined"
	wants 0 && [ "$first" -gt 20 ] &&
		[ "$(grep -c '"submit"\|"complete"' "$tmp/out")" = $((first + second)) ]
}

damage_inside_names_what_is_whole()
{
	local end
	mkcapture 8 5 200 >"$tmp/whole"
	end=$(packet_ends "$tmp/whole" | sed -n 31p)
	bytes ffffff7f | dd of="$tmp/whole" bs=1 seek=$((end + 8)) conv=notrunc status=none
	fails "$tmp/whole" urbscope report "$tmp/whole" && says 'after packet 30' 'editcap'
}

# --- the corpus -----------------------------------------------------------------------------------

# By its index: what each of the malformed and foreign files is.
of_the_corpus()
{
	local file name
	for file in "$corpus"/bad-* "$corpus"/other-* "$corpus"/mixed-* "$corpus"/derived-cut* \
		"$corpus"/f196-usbsnoop*; do
		name=${file##*/}
		case $name in
		bad-utf8-mangled*) ok "$name" refused "$file" 'no recording that urbscope reads' ;;
		bad-empty*) ok "$name" refused "$file" ;;
		bad-truncated-hdr*) ok "$name" refused "$file" 'cut off' ;;	# one byte short
		bad-shb-len*) ok "$name" refused "$file" 'broken' 'length' ;;
		bad-block-len*) ok "$name" refused "$file" 'broken' 'multiple of 4' ;;
		bad-no-idb*) ok "$name" refused "$file" 'no Interface Description' ;; # SHB only
		bad-packet-before-idb*) ok "$name" refused "$file" 'before any Interface' ;;
		bad-tsresol*) ok "$name" refused "$file" 'broken' 'if_tsresol' ;;
		other-dlt288*) ok "$name" refused "$file" '288' '189 and 220' ;;
		other-dlt201*) ok "$name" refused "$file" '201' '189 and 220' ;;
		mixed-ether*) ok "$name" refused "$file" 'EN10MB' 'editcap' ;;
		derived-cut-midblock*) ok "$name" noted "$file" ;;
		f196-usbsnoop*) ok "$name" refused "$file" ;; # of Windows, not usbmon
		*) ok "$name-has-a-class" false ;;
		esac
	done
	for file in "$corpus"/derived-{two,nsec,snap,uac,fx2}*; do
		ok "${file##*/}" quiet "$file"
	done
}

cut_ups_of_the_corpus()
{
	local file size i
	for file in "$corpus"/{usbrply-one-urb.pcap,mxu11x0-tiny.pcapng,usbrply-irp-neg.pcapng} \
		"$corpus"/{umockdev-usbkbd.pcapng,synaptics-fp-all.pcapng,ryujin-edited.pcap,leap-init.pcap}; do
		size=$(stat -c %s "$file")
		for ((i = 0; i < 5; i++)); do
			head -c $((RANDOM * 32768 % size + RANDOM % 200)) "$file" >"$tmp/cut"
			in_bounds "$tmp/cut" || return 1
			cp "$file" "$tmp/changed"
			change "$tmp/changed" $((i % 2 ? (RANDOM * 32768 + RANDOM) % size : RANDOM % 200))
			in_bounds "$tmp/changed" || return 1
		done
	done
}

make_files
ok what-is-no-recording-is-refused made_here_is_refused
ok cut-capture-tells-what-was-read cut_capture_is_noted
ok cut-trace-tells-what-was-read cut_trace_is_noted
ok changed-bytes-are-survived changed_bytes_are_survived
ok joined-files-are-survived joined_files_are_survived
ok sections-behind-one-another-are-read sections_are_joined
ok damage-inside-names-what-is-whole damage_inside_names_what_is_whole
if [ -d "$corpus" ]; then
	of_the_corpus
	ok cut-ups-of-the-corpus-are-survived cut_ups_of_the_corpus
else
	skip malformed-files-of-the-corpus "no corpus here: URBSCOPE_CORPUS names its folder"
fi
finish
