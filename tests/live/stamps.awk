# SPDX-License-Identifier: GPL-2.0
# stamps.awk BPF MON: two exports of one run, by BPF at the full level (monotonic clock) and by
# usbmon (wall clock, cut to microseconds). The k-th submission of an endpoint is the same transfer
# in both. For each
#
#   submit <= S <= queued    and    done <= C <= handler
#
# so the offset of the clocks is at least submit - S and done - C, and at most queued - S and
# handler - C, with the microsecond that may be cut off: one offset must do for all. Exit 1 if none
# does, or nothing was compared.
#
# Then what the two differ by: how much later BPF counts a transfer (S to `queued`), how much longer
# usbmon does (`done` to C), and by how many at a time usbmon's count is above BPF's.

function field(name,   v)
{
	if (!match($0, "\"" name "\": (\"[^\"]*\"|-?[0-9]+)"))
		return ""
	v = substr($0, RSTART, RLENGTH)
	sub(/^"[^"]*": /, "", v)
	gsub(/"/, "", v)
	return v
}

# A stamp as a number: nanoseconds since the first second of its source.
function stamp(text,   seconds)
{
	seconds = substr(text, 1, length(text) - 9) + 0
	if (!(file in base))
		base[file] = seconds
	return (seconds - base[file]) * 1000000000 + substr(text, length(text) - 8)
}

function at_least(value) { if (lower == "" || value > lower) lower = value }
function at_most(value) { if (upper == "" || value < upper) upper = value }

FNR == 1 { file++ }

{
	event = field("event")
	if (field("type") != "bulk")
		next
	ep = field("bus") ":" field("address") ":" field("endpoint")
	key = file " " ep " " field("transfer")
}

event == "submit" {
	k = ep " " ++cnt[file, ep]
	number[key] = k
	if (file == 1) {
		submit[k] = stamp(field("submit_ns"))
		queued[k] = stamp(field("time_ns"))
	} else {
		s[k] = stamp(field("time_ns"))
	}
	eps[ep] = 1
}

event == "complete" && file == 1 {
	done[number[key]] = stamp(field("time_ns"))
	ends[number[key]] = field("status") " " field("length")
}
event == "handler" && file == 1 { handler[number[key]] = stamp(field("time_ns")) }
event == "complete" && file == 2 {
	c[number[key]] = stamp(field("time_ns"))
	if (ends[number[key]] != field("status") " " field("length")) {
		print number[key] ": status and length " field("status"), field("length") ", by BPF " ends[number[key]]
		wrong++
	}
}

# In place; what comes is nearly in order, or short.
function sort(list, n,   i, j, v)
{
	for (i = 2; i <= n; i++) {
		v = list[i]
		for (j = i - 1; j > 0 && list[j] > v; j--)
			list[j + 1] = list[j]
		list[j + 1] = v
	}
}

# The stretches that only usbmon counts, as borders: begins are odd and ends even, so that at one
# time ends come first.
function stretch(ep, from, to)
{
	if (to <= from)
		return
	border[ep, ++borders[ep]] = 2 * from + 1
	border[ep, ++borders[ep]] = 2 * to
}

function most_at_once(   ep, list, n, i, level, most)
{
	for (ep in eps) {
		n = borders[ep]
		for (i = 1; i <= n; i++)
			list[i] = border[ep, i]
		sort(list, n)
		level = 0
		for (i = 1; i <= n; i++) {
			level += list[i] % 2 ? 1 : -1
			if (level > most)
				most = level
		}
	}
	return most
}

function check(k)
{
	if (!(k in c && k in done && k in handler)) {
		print k ": not seen to its end"
		wrong++
		return
	}
	at_least(submit[k] - s[k] - 1000)
	at_least(done[k] - c[k] - 1000)
	at_most(queued[k] - s[k])
	at_most(handler[k] - c[k])
}

function difference(k,   ep)
{
	ep = k
	sub(/ .*/, "", ep)
	before[++n] = queued[k] - s[k] - offset
	after[n] = c[k] + offset - done[k]
	longer[n] = before[n] + after[n]
	stretch(ep, s[k] + offset, queued[k])
	stretch(ep, done[k], c[k] + offset)
}

function show(what, list)
{
	sort(list, n)
	printf "%s: %.1f us (median), %.1f (p99), %.1f (max)\n", what, list[int((n + 1) / 2)] / 1000,
	       list[int(n * 0.99)] / 1000, list[n] / 1000
}

END {
	for (ep in eps) {
		if (cnt[1, ep] != cnt[2, ep]) {
			print ep ": " cnt[1, ep] " submissions, by usbmon " cnt[2, ep]
			wrong++
		}
		for (i = 1; i <= cnt[2, ep]; i++)
			check(ep " " i)
	}
	if (wrong || upper == "" || lower > upper) {
		print "no offset of the clocks: from " lower " to " upper
		exit 1
	}
	# stamps are cut: the truth is nearer to the upper end
	offset = upper
	for (ep in eps)
		for (i = 1; i <= cnt[2, ep]; i++)
			difference(ep " " i)
	printf "%d transfers; offset of the clocks known to %d ns\n", n, upper - lower
	show("S before queued", before)
	show("C after done", after)
	show("longer in flight to usbmon", longer)
	printf "more in flight to usbmon: by %d at most\n", most_at_once()
}
