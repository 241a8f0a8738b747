# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154
# judged.sh: for scripts that have urbscope judge the queues of tests/queues, after lib.sh.

# In the guest: judged NAME CHECK... : WORD...: the module's run with these words under a check, then
# libusb's; NAME-mod and NAME-lib have the status and the verdicts. judged_when COMMAND: and something
# happens to each.
model_guest()
{
	guest "$@" < <(
		echo "module=/toolkit/tests/queues/$kernel/bulkqueues.ko"
		cat "$repo/tests/queues/guest.sh" - <<'END'
one()
{
	local name=$1 run=$2 i
	shift 2
	for i in 1 2 3; do
		urbscope check "$@" --json -o "$name.json" -- sh -c "$run"
		echo $? >"$name.status"
		repeat "$name.json" lost || return 0
	done
}
judged_when()
{
	local happens=$1 name=$2 what='' implementation
	shift 2
	while [ "$1" != : ]; do
		what="$what $1"
		shift
	done
	shift
	for implementation in mod lib; do
		set -- $implementation $name-$implementation "$@"
		if [ -n "$happens" ]; then
			one $2 "$(load_when "$happens" "$@")" $what
		else
			one $2 "$(load "$@")" $what
		fi
		shift 2
	done
}
judged() { judged_when '' "$@"; }
model() { echo "-e 1d6b:0105/bulk-in --model bulk-in-queue:depth=$1 -e 1d6b:0105/bulk-out --model bulk-out-queue:depth=$1"; }
END
		cat
	)
}

status() { cat "$out/$1.status"; }

# The rules that a check found violated, in order, once each: "slots order".
violated()
{
	tr -d ' \n' <"$out/$1.json" | sed 's/{"verdict"/\n&/g' | grep '^{"verdict":"violated"' |
		grep -oE '"rule":"[a-z]*"' | cut -d'"' -f4 | sort -u | paste -sd' '
}

# passes RUN: nothing is violated and nothing in doubt
passes()
{
	is "$1: status" "$(status "$1")" 0
	is "$1: violated" "$(violated "$1")" ""
	is "$1: verdict" "$(get "$1.json" verdict)" holds
}

# breaks RUN RULE: that one, and no other
breaks()
{
	is "$1: status" "$(status "$1")" 1
	is "$1: violated" "$(violated "$1")" "$2"
}
