# SPDX-License-Identifier: GPL-2.0
# The judgement of tshark-agrees: FRAMES of tshark, EVENTS of the export, the REPORT.

BEGIN { FS = "\t" }

# any of them may be empty
FNR == 1 { for (file = 1; ARGV[file] != FILENAME;) file++ }

function hex(s,   i, value)
{
	s = tolower(s)
	sub(/^0x/, "", s)
	for (i = 1; i <= length(s); i++)
		value = value * 16 + index("0123456789abcdef", substr(s, i, 1)) - 1
	return value + 0
}

function name_of(bus, device, endpoint)
{
	endpoint = hex(endpoint)
	return bus + 0 ":" device + 0 ":" sprintf("0x%02x", endpoint % 128 ? endpoint : 0)
}

# Stamps have more digits than a number holds: their difference goes by halves.
function between(from, to,   s, ns)
{
	s = substr(to, 1, length(to) - 9) - substr(from, 1, length(from) - 9)
	ns = substr(to, length(to) - 8) - substr(from, length(from) - 8)
	return s * 1000000000 + ns
}

function padded(stamp)
{
	sub(/^0+/, "", stamp)
	while (length(stamp) < 10)
		stamp = "0" stamp
	return stamp
}

# "-0.000012000" in nanoseconds
function nanoseconds(time,   sign, part)
{
	sign = sub(/^-/, "", time) ? -1 : 1
	split(time, part, ".")
	return sign * (part[1] * 1000000000 + part[2])
}

function disagree(what)
{
	if (++wrong <= 10)
		print what
}

# --- what tshark shows: frames that begin or end a transfer are numbered 1, 2, ... ---

# "S", "C", "E" of usbmon. Of USBPcap: down begins, up ends; of a control transfer SETUP begins, and
# STATUS or a record of all stages ends; 0xfe and 0xff are no URBs.
function kind_of(   up)
{
	if ($3 != "") {
		gsub(/'/, "", $3)
		return $3
	}
	up = hex($4) % 2
	if ($10 == "" || hex($10) > 3 || (hex($10) == 2 && up != ($11 >= 2)))
		return ""
	return up ? "C" : hex($10) == 2 && $11 != 0 ? "" : "S"
}

file == 1 {
	for (i = 3; i <= 13; i++)
		sub(/,.*/, "", $i)
	ep = name_of($7, $8, $9)
	frame_ep[$1] = ep
	frame_stage[$1] = $11
	if ($14 != "") {
		n = split($14, list, ",")
		for (i = 1; i <= n; i++)
			described[name_of($7, $8, list[i])] = $1
	}
	kind = kind_of()
	if (kind == "")
		next
	number[$1] = ++cnt
	frame_of[cnt] = $1
	kinds[cnt] = kind
	sub(/[.]/, "", $2)
	stamps[cnt] = padded($2)
	# of two stamps of one length the later one is the greater string
	if (stamps[cnt] < latest)
		odd[ep] = 1
	else
		latest = stamps[cnt]
	eps[cnt] = ep
	requests[cnt] = $12
	times[cnt] = $13
	# what a pairing by id and endpoint makes of it, for `neither` and `forgot`
	key = ep " " $5 $6
	if (kind == "S")
		open[key] = $1
	begins[cnt] = open[key]
	described_at[cnt] = described[ep]
	if (kind != "S")
		delete open[key]
	next
}

# --- what urbscope exports: each of them has its event ---

function field(name,   v)
{
	if (!match($0, "\"" name "\": (\"[^\"]*\"|-?[0-9]+)"))
		return ""
	v = substr($0, RSTART, RLENGTH)
	sub(/^"[^"]*": /, "", v)
	gsub(/"/, "", v)
	return v
}

file == 2 {
	kind = field("event")
	if (kind == "facts" || kind == "gone")
		next
	kind = kind == "submit" ? "S" : kind == "complete" ? "C" : "E"
	i = ++at
	ep = field("bus") ":" field("address") ":" field("endpoint")
	if (kind != kinds[i] || ep != eps[i] || padded(field("time_ns")) != stamps[i]) {
		disagree("event " i ": " kind " " ep " " field("time_ns") "; tshark: frame " \
			 frame_of[i] " " kinds[i] " " eps[i] " " stamps[i])
		exit
	}
	key = ep " " field("transfer")
	if (kind == "S") {
		begun[key] = i
	} else if (key in begun) {
		paired[i] = 1
		latency[i] = between(stamps[begun[key]], stamps[i])
		delete begun[key]
	}
	next
}

# --- what the report says ---

file == 3 && /"device": / { ep = field("bus") ":" field("address") }
file == 3 && /^ *"endpoint": / && ep !~ /0x/ { ep = ep ":" field("endpoint") }
file == 3 && /"latency_ns": / {
	report_cnt[ep] = field("count") + 0
	report_total[ep] = field("total") + 0
	report_max[ep] = field("max") + 0
}

function class_of(i,   request, by_tshark)
{
	request = requests[i]
	by_tshark = times[i] != ""
	if (by_tshark && kinds[i] == "E")
		return "failed"
	if (by_tshark && paired[i] && nanoseconds(times[i]) == latency[i])
		return "same"
	if (!by_tshark && !paired[i])
		return begins[i] == "" ? "neither" : "missed by both"
	if (by_tshark && paired[i])
		return frame_stage[request] == 1 ? "stage" : "different"
	if (by_tshark) {
		if (frame_ep[request] != eps[i])
			return "crossed"
		return request in answered ? "again" : "paired by tshark alone"
	}
	return begins[i] < described_at[i] ? "forgot" : "paired by urbscope alone"
}

function compare_report(   ep, of)
{
	for (ep in ends) {
		endpoints++
		if (ep in odd)
			continue
		compared++
		if (report_cnt[ep] + 0 != cnts[ep] + 0 || report_total[ep] + 0 != sum[ep] + 0 ||
		    report_max[ep] + 0 != max[ep] + 0)
			disagree(sprintf("%s: report: %d latencies, %.0f ns, at most %.0f; tshark: %d, %.0f, %.0f",
				 ep, report_cnt[ep], report_total[ep], report_max[ep], cnts[ep], sum[ep], max[ep]))
	}
}

END {
	if (at != cnt)
		disagree(at " events of " cnt " records")
	for (i = 1; i <= cnt && !wrong; i++) {
		ep = eps[i]
		if (kinds[i] == "S")
			continue
		class = class_of(i)
		many[class]++
		if (class !~ /^(same|neither|again|failed|crossed|stage|forgot)$/)
			disagree("frame " frame_of[i] ", " ep ": " class ": request " requests[i] ", " times[i] \
				 "; urbscope: " (paired[i] ? latency[i] " ns" : "none"))
		answered[requests[i]] = 1
		ends[ep] = 1
		if (class == "stage" || class == "forgot")
			odd[ep] = 1
		if (class == "same") {
			cnts[ep]++
			sum[ep] += latency[i]
			if (latency[i] > max[ep])
				max[ep] = latency[i]
		}
	}
	if (!wrong)
		compare_report()
	n = split("same neither again failed crossed stage forgot", list, " ")
	for (i = 1; i <= n; i++)
		printf "%d %s, ", many[list[i]], list[i]
	printf "%d endpoints, %d compared\n", endpoints, compared
	exit wrong > 0
}
