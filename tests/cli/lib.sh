# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# lib.sh: what the tests of the command line share. TAP on stdout; T=NAME (a pattern) runs only
# the points of that name.
set -uo pipefail

cli=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=$(cd "$cli/../../${B:-build}" && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
PATH=$build:$build/tests/tools:$PATH
export LC_ALL=C.UTF-8 XDG_CONFIG_HOME=$tmp/config
point=0 failed=0 status=0

# run COMMAND...: leaves $status, $tmp/out and $tmp/err.
run()
{
	status=0
	timeout 30 "$@" >"$tmp/out" 2>"$tmp/err" </dev/null || status=$?
}

# wants STATUS: how the last command ended.
wants()
{
	[ "$status" = "$1" ] || {
		echo "ended with status $status, not $1"
		cat "$tmp/err"
		return 1
	}
}

# says WORD...: the one line on stderr has all of these.
says()
{
	local word
	[ "$(wc -l <"$tmp/err")" = 1 ] || {
		echo "not one line on stderr, but:"
		cat "$tmp/err"
		return 1
	}
	for word in "$@"; do
		grep -qF -- "$word" "$tmp/err" || {
			echo "does not say '$word', but: $(cat "$tmp/err")"
			return 1
		}
	done
}

# fails CURE COMMAND...: exit status 2, nothing on stdout, one line on stderr that has CURE.
fails()
{
	local cure=$1
	shift
	run "$@"
	wants 2 && says "$cure" || return 1
	[ ! -s "$tmp/out" ] || {
		echo "wrote to standard output: $(head -n 3 "$tmp/out")"
		return 1
	}
}

# ok NAME COMMAND...: a test point.
ok()
{
	local name=$1
	shift
	# shellcheck disable=SC2053 # a pattern
	[[ -z ${T:-} || $name == $T ]] || return 0
	point=$((point + 1))
	if "$@" >"$tmp/said" 2>&1; then
		echo "ok $point - $name"
	else
		echo "not ok $point - $name"
		sed 's/^/# /' "$tmp/said"
		failed=1
	fi
}

# skip NAME WHY
skip()
{
	# shellcheck disable=SC2053 # a pattern
	[[ -z ${T:-} || $1 == $T ]] || return 0
	point=$((point + 1))
	echo "ok $point - $1 # SKIP $2"
}

finish()
{
	echo "1..$point"
	exit $failed
}
