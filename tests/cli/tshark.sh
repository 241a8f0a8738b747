#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Captures, held against tshark's own pairing of requests with responses: random ones, and those
# from the wild if they are here (see corpus.sh). Larger files than MAX bytes are left out: tshark takes
# its time, and MAX=100000000 takes minutes.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

corpus=${URBSCOPE_CORPUS:-$cli/../../../shared/corpus}
max=${MAX:-50000}
compare=$cli/../tools/tshark-agrees

# agrees CAPTURE: its last line is kept, for the totals
agrees()
{
	local status=0
	"$compare" "$1" >"$tmp/compared" || status=$?
	tail -n 1 "$tmp/compared" >>"$tmp/totals"
	cat "$tmp/compared"
	return $status
}

# Of each link type, byte order, unit of stamps, and of pcap and pcapng.
random_agree()
{
	local form
	for form in 0 3 6 9 12 15 18 21; do
		mkcapture $form $((form + 1)) 250 >"$tmp/capture" || return 1
		agrees "$tmp/capture" || return 1
	done
}

# "N same, N ..., N compared": the sums of such lines
totals()
{
	awk -F, '{
		for (i = 1; i <= NF; i++) {
			split($i, pair, " ")
			sum[pair[2]] += pair[1]
			name[i] = pair[2]
		}
	}
	END { for (i = 1; i <= NF; i++) printf "%d %s%s", sum[name[i]], name[i], i < NF ? ", " : "\n" }' \
		"$tmp/totals"
}

# A test that compared nothing has shown nothing.
were_compared()
{
	totals
	totals | grep -q '^[1-9].* same, .* [1-9][0-9]* compared$'
}

if ! command -v tshark >/dev/null; then
	skip captures-agree-with-tshark "no tshark here"
	finish
fi
: >"$tmp/totals"
ok random-captures-agree-with-tshark random_agree
if [ ! -d "$corpus" ]; then
	skip captures-from-the-wild-agree-with-tshark "no corpus here: URBSCOPE_CORPUS names its folder"
else
	for file in "$corpus"/*.pcap "$corpus"/*.pcapng "$corpus"/*.pcapng.gz; do
		[ "$(stat -c %s "$file")" -le "$max" ] || continue
		capture=$file
		# what is no capture of URBs, corpus.sh has refused
		case ${file##*/} in
		bad-* | other-* | mixed-* | derived-two-*) continue ;;
		*.gz) capture=$tmp/capture && zcat "$file" >"$capture" ;;
		esac
		ok "${file##*/}-agrees-with-tshark" agrees "$capture"
	done
fi
[ ! -s "$tmp/totals" ] || ok latencies-were-compared-with-tshark were_compared
echo "# $(totals)"
finish
