# SPDX-License-Identifier: GPL-2.0
# Two boots' lines of `guest` become tables; see `run`. Instructions: 2 ns of the guest each.

FNR == 1 { boot++ }
$2 == "cost" {
	n = ++times[boot, $1]
	elapsed[boot, $1] = $3
	all_busy[boot, $1, n] = $4
	all_reader[boot, $1, n] = $5
	have[$1] = 1
}
$2 == "prog" && $4 {
	key = $1 " " $3
	if (!((key) in known)) {
		known[key] = ++progs
		name[progs] = key
	}
	runs[boot, key] = $4
	ns[boot, key] = $5
}

# The one in the middle of all[boot, tool, 1..n]: a timer that falls elsewhere now and then changes
# how URBs meet, and that is nobody's cost.
function median(all, b, tool, n,   i, k, less, equal) {
	for (i = 1; i <= n; i++) {
		less = equal = 0
		for (k = 1; k <= n; k++) {
			less += all[b, tool, k] < all[b, tool, i]
			equal += all[b, tool, k] == all[b, tool, i]
		}
		if (less <= (n - 1) / 2 && less + equal > (n - 1) / 2)
			return all[b, tool, i]
	}
}

function mean(a, b) { return (a + b) / 2 }
function apart(a, b,   m) { m = mean(a, b); return m ? (a > b ? a - b : b - a) / m * 100 : 0 }
function per_urb(b, tool) { return (busy[b, tool] - busy[b, "none"]) / count / 2 }
function cost(tool) { return mean(per_urb(1, tool), per_urb(2, tool)) }
function differ(d) { if (d > worst) worst = d; return d }

function row(tool, text,   c) {
	if (!have[tool])
		return
	c = cost(tool)
	printf "| %s | %.0f | %.0f %% | %s | %.1f %% |\n", text, c, c / load * 100,
	       have["dumpcap"] ? sprintf("%.2f", c / cost("dumpcap")) : "n/a",
	       differ(apart(per_urb(1, tool), per_urb(2, tool)))
}

function agent(text, tool, level,   a, b, c, theirs) {
	if (!have[tool])
		return
	a = per_urb(1, tool) - per_urb(1, "stopped-" level)
	b = per_urb(2, tool) - per_urb(2, "stopped-" level)
	c = mean(reader[1, tool], reader[2, tool]) / count / 2
	theirs = mean(reader[1, "dumpcap"], reader[2, "dumpcap"]) / count / 2
	printf "| %s | %s | %.0f | %.0f | %s |\n", text, level, mean(a, b), c,
	       theirs ? sprintf("%.2f", c / theirs) : "n/a"
}

# of a second with nothing to see, per mille
function still(tool) {
	return mean((busy[1, tool] - busy[1, "still"]) / elapsed[1, tool],
		    (busy[2, tool] - busy[2, "still"]) / elapsed[2, tool]) * 1000
}

END {
	for (key in times) {
		split(key, part, SUBSEP)
		busy[key] = median(all_busy, part[1], part[2], times[key])
		reader[key] = median(all_reader, part[1], part[2], times[key])
	}
	load = mean(busy[1, "none"], busy[2, "none"]) / count / 2
	printf "%d bulk IN URBs of %d bytes by usbfs, 16 in flight, on dummy_hcd; kernel %s; QEMU\n", count, size, kernel
	printf "counts instructions; the middle one of %d. The load itself takes %.0f instructions a URB (two boots: %.2f %% apart).\n\n", times[1, "none"], load,
	       apart(busy[1, "none"], busy[2, "none"])
	print "| whole machine, with | instructions per URB | of the load's own | beside usbmon + dumpcap | two boots apart |"
	print "|---|---:|---:|---:|---:|"
	row("stopped-basic", "basic, probes alone")
	row("record-basic", "basic, `record`")
	row("report-basic", "basic, `report`")
	row("top-basic", "basic, `top --batch`")
	row("stopped-full", "full, probes alone")
	row("record-full", "full, `record`")
	row("report-full", "full, `report`")
	row("top-full", "full, `top --batch`")
	row("usbmon", "usbmon + `cat`")
	row("tcpdump", "usbmon + tcpdump")
	row("dumpcap", "usbmon + dumpcap")
	print "\n| agent | level | instructions per URB | its scheduler's count, interrupts included | beside dumpcap's |"
	print "|---|---|---:|---:|---:|"
	agent("`record`", "record-basic", "basic")
	agent("`report`", "report-basic", "basic")
	agent("`top --batch`", "top-basic", "basic")
	agent("`record`", "record-full", "full")
	agent("`report`", "report-full", "full")
	agent("`top --batch`", "top-full", "full")
	printf "\nNothing to see: the agent takes %.2f (basic), %.2f (full) per mille of the processor.\n\n",
	       still("still-basic"), still("still-full")
	print "| level, probe | runs per URB | instructions per run, counting included | two boots apart |"
	print "|---|---:|---:|---:|"
	for (i = 1; i <= progs; i++) {
		key = name[i]
		a = ns[1, key] / runs[1, key] / 2
		b = ns[2, key] / runs[2, key] / 2
		text = key
		sub(/^probes-/, "", text)
		sub(/ /, ", ", text)
		printf "| %s | %.2f | %.0f | %.1f %% |\n", text, runs[1, key] / count, mean(a, b), differ(apart(a, b))
	}
	printf "\nThe two boots are at most %.1f %% apart: %s.\n", worst, worst <= 1 ? "they agree" : "more than 1 %, so do not trust the last digits"
}
