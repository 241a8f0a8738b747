#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Submissions that the host controller refuses: counted as what they are, never in flight. The
# workload knows how many there were.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

plan refused-guest-ends-well refused-is-counted refused-is-never-in-flight refused-says-why

guest --zoo=uas <<'END'
need urbscope report --json -o refused.json -s 46f4:0003/0x83 -- refused 46f4:0003 0x83 25
need urbscope export -o refused.ndjson -s 46f4:0003/0x83 -- refused 46f4:0003 0x83 25
END

e=$(at 46f4:0003 0x83)

counted()
{
	is "refused by the kernel" "$(grep -c '^refused 25 of 25$' "$out/stdout")" 2
	is "failed submissions" "$(get refused.json "$e.transfers.failed_submit")" 25
	is "events" "$(get refused.json events.submit_error)" 25
}

in_flight()
{
	is "submitted" "$(get refused.json "$e.transfers.submitted")" 0
	is "open" "$(get refused.json "$e.transfers.open")" 0
	is "max in flight" "$(get refused.json "$e.in_flight.max")" 0
}

says_why()
{
	is "-EINVAL" "$(grep -c '"event": "submit-error".*"error": -22.*"was_active": false' \
		"$out/refused.ndjson")" 25
	is "stream" "$(grep -c '"event": "submit-error".*"stream": 1000' "$out/refused.ndjson")" 25
}

ok refused-guest-ends-well guest_ended_well
ok refused-is-counted counted
ok refused-is-never-in-flight in_flight
ok refused-says-why says_why
