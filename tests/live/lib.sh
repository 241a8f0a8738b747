# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# lib.sh: what the tests of live behaviour share. Each script boots a kernel on the rig once or
# twice, has urbscope watch traffic there, and judges its figures by independent witnesses: the
# workloads' logs, usbmon's text log, QEMU's captures. Never by figures of urbscope's own.
#
# A script names its test points by `plan`, makes its runs by `guest`, and judges by `ok`:
#
#   plan sync-is-depth-1
#   guest --gadget <<'END'
#   urbscope report --json -o sync.json -- bulkload --device 0525:a4a0 --in --count 100 --log sync.log
#   END
#   sync_is_depth_1() { is "in flight" "$(get sync.json "$(at 0525:a4a0 0x81).in_flight.max")" 1; }
#   ok sync-is-depth-1 sync_is_depth_1
#
# TAP on stdout, exit status 0 or 1. T=NAME (a pattern) runs only the points of that name; a script
# that has none prints 1..0 and does nothing. KERNEL is the kernel, of tests/rig/kernels, 6.1 unless
# told; what it cannot do is for `needs` and `kernel_lacks` to know, and no script names a version.
# KEEP=1 keeps the results folder and says where it is.
set -uo pipefail

live=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repo=$(cd "$live/../.." && pwd)
build=${B:-build}
case $build in /*) ;; *) build=$repo/$build ;; esac
kernel=${KERNEL:-6.1}
# What runs in a guest of another architecture is built beside; what judges it runs here.
arch=$(awk -v v="$kernel" '$1 == v { print $4 }' "$repo/tests/rig/kernels")
toolkit=$build${arch:+/$arch}
out='' point=0 failed=0 wanted=() booted=''

# kernel_lacks WHAT: says why this kernel cannot do it, and fails if it can. Judged by the packaged
# configuration, not by urbscope: a tool that wrongly gives up must fail its tests, not skip them.
# A kernel that cannot be had lacks nothing: then the guest fails.
kernel_lacks()
{
	local config
	config=$("$repo/tests/rig/fetch-kernel" "$kernel" 2>/dev/null)/config
	[ -e "$config" ] || return 1
	case $1 in
	bpf)
		grep -qxF CONFIG_64BIT=y "$config" || echo "kernel $kernel has 32 bits, and the probes are for 64"
		;;
	fentry)
		grep -qxE 'CONFIG_(USB|DEBUG_INFO_BTF_MODULES)=y' "$config" ||
			echo "kernel $kernel has usbcore as a module, and no BTF of modules"
		grep -qxF CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS=y "$config" ||
			echo "kernel $kernel has no direct calls of ftrace, which fentry needs"
		;;
	context)
		# amd64 has its preempt_count in a variable, which is in the BTF since 5.11
		grep -qxE 'CONFIG_(ARM64|DEBUG_INFO_BTF_MODULES)=y' "$config" ||
			echo "the BTF of kernel $kernel does not name preempt_count"
		;;
	*) echo "no test knows what '$1' is" ;;
	esac | grep -m1 .
}

# needs WHAT: after the plan; skips all that was planned if the kernel lacks it.
needs()
{
	local why
	why=$(kernel_lacks "$1") || return 0
	skip_all "$why"
}

# needs_headers: after the plan, for scripts that build a module; skips all that was planned if the
# suite no longer has this kernel's headers: it may keep a kernel longer. If they cannot be had for
# any other reason, the build tells it, and fails.
needs_headers()
{
	"$repo/tests/rig/fetch-headers" "$kernel" >"$out/headers" 2>&1
	[ $? != 3 ] || skip_all "$(tail -n 1 "$out/headers")"
}

# The queues and their modules, for several scripts side by side.
build_queues()
{
	flock "$build/queues.lock" make -s -C "$repo" B="$build" KERNEL="$kernel" queues
}

# plan NAME...: the test points, in order.
plan()
{
	local name
	for name in "$@"; do
		# shellcheck disable=SC2254 # a pattern is welcome
		case $name in ${T:-*}) wanted+=("$name") ;; esac
	done
	echo "1..${#wanted[@]}"
	[ "${#wanted[@]}" -gt 0 ] || exit 0
	out=$(mktemp -d "${TMPDIR:-/tmp}/urbscope-live-XXXXXX")
	trap finish EXIT
}

finish()
{
	if [ $point != "${#wanted[@]}" ]; then
		echo "# ${#wanted[@]} points were planned, $point were run"
		failed=1
	fi
	if [ -n "${KEEP:-}" ]; then
		echo "# kept: $out"
	else
		rm -rf "$out"
	fi
	exit $failed
}

# ok NAME COMMAND...: a test point; what the command said is shown if it fails.
ok()
{
	local name=$1
	shift
	case " ${wanted[*]} " in *" $name "*) ;; *) return ;; esac
	point=$((point + 1))
	if (wrong=0 && "$@" && [ $wrong = 0 ]) >"$out/said" 2>&1; then
		echo "ok $point - $name"
	else
		echo "not ok $point - $name"
		head -n 20 "$out/said" | sed 's/^/# /'
		failed=1
	fi
}

# skip NAME REASON
skip()
{
	case " ${wanted[*]} " in *" $1 "*) ;; *) return ;; esac
	point=$((point + 1))
	echo "ok $point - $1 # SKIP $2"
}

# skip_all REASON: all that was planned; ends the script.
skip_all()
{
	local name
	for name in "${wanted[@]}"; do
		skip "$name" "$1"
	done
	exit
}

# guest OPTION... <SCRIPT: runs it there in the results folder; `ended` is how it ended.
#
# QEMU 7.2 aborts at times when a UAS disk is pulled in the middle of transfers (usb_uas_cancel_io():
# "canceled usb packet not found"). That says nothing of what ran in it: once more, then.
guest()
{
	local script try
	script=$(cat "$live/guest.sh" -)
	for try in 1 2 3; do
		ended=0
		"$repo/tests/rig/boot" --kernel "$kernel" --toolkit "$toolkit" --out "$out" --timeout 300 "$@" \
			-- "$script" >"$out/stdout" 2>"$out/stderr" </dev/null || ended=$?
		[ $ended = 71 ] || break
		echo "# try $try: $(tail -n 1 "$out/stderr")"
	done
	[ -n "$booted" ] || ! booted=$(cat "$out/release" 2>/dev/null) || echo "# booted Linux $booted"
}

# For ok: the guest's script ended well and its kernel did not complain.
guest_ended_well()
{
	[ "$ended" = 0 ] && return
	echo "the guest ended with status $ended"
	tail -n 20 "$out/stdout" "$out/stderr"
	return 1
}

# is WHAT GOT WANTED: several in one point; each mismatch is told, and fails it.
is()
{
	[ "$2" != "$3" ] || return 0
	echo "$1: $2, but it should be $3"
	wrong=1
}

# least WHAT GOT MINIMUM
least()
{
	awk -v got="$2" -v min="$3" 'BEGIN { exit !(got ~ /^-?[0-9.]+$/ && got + 0 >= min + 0) }' &&
		return 0
	echo "$1: $2, but it should be at least $3"
	wrong=1
}

# most WHAT GOT MAXIMUM
most()
{
	awk -v got="$2" -v max="$3" 'BEGIN { exit !(got ~ /^-?[0-9.]+$/ && got + 0 <= max + 0) }' &&
		return 0
	echo "$1: $2, but it should be at most $3"
	wrong=1
}

# get FILE PATH: a value of a JSON result; "nothing" if it is not there.
get()
{
	"$build/tests/tools/jsonget" "$out/$1" "$2" || echo nothing
}

# at VID:PID ENDPOINT, or PORTPATH ENDPOINT: the path of an endpoint in a report.
at()
{
	case $1 in
	*:*) echo "endpoints[device.vid=${1%:*},device.pid=${1#*:},endpoint=$2]" ;;
	*) echo "endpoints[device.path=$1,endpoint=$2]" ;;
	esac
}

# logged LOG ENDPOINT FIELD: of the summary of a workload's log; status:N is how often N came.
logged()
{
	awk -v ep="$2" -v field="$3" '
		$1 != "summary" || $2 != ep { next }
		field ~ /^status:/ {
			n = split($NF, list, ",")
			for (i = 1; i <= n; i++) {
				m = split(list[i], pair, ":")
				if (m == 2 && pair[1] == substr(field, 8))
					got = pair[2]
			}
			print got + 0
			found = 1
			exit
		}
		{ for (i = 3; i < NF; i++) if ($i == field) { print $(i + 1); found = 1 } }
		END { if (!found) print "not-logged" }' "$out/$1"
}

# calls NAME ENDPOINT WHAT: what a queue's caller logged of its calls: good, timed-out, failed,
# first-error
calls()
{
	awk -v ep="$2" -v what="$3" '$1 == "#" && $2 == "calls" && $3 == ep {
		for (i = 4; i < NF; i += 2) if ($i == what) print $(i + 1) }' "$out/$1.log"
}

# The statuses of a log's summary: "0 -2".
logged_statuses()
{
	awk -v ep="$2" '$1 == "summary" && $2 == ep && $NF != "-" {
		gsub(/:[0-9]+/, "", $NF); gsub(/,/, " ", $NF); print $NF }' "$out/$1"
}

# agrees REPORT LOG VID:PID ENDPOINT: counts, bytes and statuses to the last one.
agrees()
{
	local ep status
	ep=$(at "$3" "$4")
	is "$4: unlogged" "$(logged "$2" "$4" unlogged)" 0
	is "$4: submitted" "$(get "$1" "$ep.transfers.submitted")" "$(logged "$2" "$4" submitted)"
	is "$4: completed" "$(get "$1" "$ep.transfers.completed")" "$(logged "$2" "$4" completed)"
	is "$4: bytes" "$(get "$1" "$ep.bytes")" "$(logged "$2" "$4" bytes)"
	for status in $(logged_statuses "$2" "$4"); do
		is "$4: status $status" "$(get "$1" "$ep.status.$status")" \
			"$(logged "$2" "$4" "status:$status")"
	done
	# no other status: the sum is the completions, and every one is in the log
	is "$4: kinds of status" "$(get "$1" "$ep.status" | tr , '\n' | grep -c :)" \
		"$(logged_statuses "$2" "$4" | wc -w)"
	is "$4: inherited" "$(get "$1" "$ep.transfers.inherited")" 0
	is "$4: open" "$(get "$1" "$ep.transfers.open")" 0
	is "$4: unpaired" "$(get "$1" "$ep.transfers.unpaired")" 0
	is "$4: missed" "$(get "$1" "$ep.transfers.missed")" 0
	is "$4: complete" "$(get "$1" "$ep.complete")" true
	is "lost" "$(get "$1" events.lost)" 0
}

# seen_and_lost REPORT LOG: each submission and each completion of SourceSink's log is seen or lost. (Unpaired are the completions
# without a submission, and the transfers whose completion was missed.)
seen_and_lost()
{
	local ep t seen logged=0
	seen=$(get "$1" events.lost)
	for ep in 0x81 0x02; do
		t=$(at 0525:a4a0 $ep).transfers
		seen=$((seen + $(get "$1" "$t.submitted") + $(get "$1" "$t.completed") + \
			$(get "$1" "$t.unpaired") - $(get "$1" "$t.missed")))
		logged=$((logged + $(logged "$2" $ep submitted) + $(logged "$2" $ep completed)))
	done
	is "seen and lost" $seen $logged
}

# No address of the kernel's in a file: they begin with ffff and have 16 digits.
no_kernel_address()
{
	local file
	for file in "$@"; do
		[ -s "$out/$file" ] || { echo "$file is empty"; wrong=1; }
		if grep -aniE -m3 'ffff[0-9a-f]{12}' "$out/$file"; then
			echo "$file: kernel addresses"
			wrong=1
		fi
	done
}

# The 25 submissions that the kernel refused were never in flight: they are in refused.json.
refused_are_never_in_flight()
{
	local path
	path=$(at 46f4:0003 0x83)
	is "refused by the kernel" "$(grep -c '^refused 25 of 25$' "$out/stdout")" 1
	is "failed submissions" "$(get refused.json "$path.transfers.failed_submit")" 25
	is "submitted" "$(get refused.json "$path.transfers.submitted")" 0
	is "open" "$(get refused.json "$path.transfers.open")" 0
	is "max in flight" "$(get refused.json "$path.in_flight.max")" 0
	is "unpaired" "$(get refused.json "$path.transfers.unpaired")" 0
}
