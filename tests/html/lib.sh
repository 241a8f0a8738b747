# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# lib.sh: a Chromium without a screen, told what to do through its DevTools pipe. What it says of itself
# (exceptions, messages, requests) is kept in $tmp/events, a line each, since the page was opened.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/../cli/lib.sh"

browser=$(command -v chromium || command -v chromium-browser || true)
said='' asked=0 session=''

# browser_start: false if it does not come up.
browser_start()
{
	mkfifo "$tmp/to" "$tmp/from"
	"$browser" --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --hide-scrollbars \
		--no-first-run --disable-background-networking --user-data-dir="$tmp/profile" \
		--remote-debugging-pipe about:blank 3<"$tmp/to" 4>"$tmp/from" >"$tmp/browser" 2>&1 &
	browser_pid=$!
	exec 7>"$tmp/to" 8<"$tmp/from"
	trap 'kill "$browser_pid" 2>/dev/null; wait "$browser_pid" 2>/dev/null; rm -rf "$tmp"' EXIT
	local target
	ask Target.createTarget '{"url":"about:blank"}' || return 1
	target=$(answer result.targetId)
	ask Target.attachToTarget "{\"targetId\":\"$target\",\"flatten\":true}" || return 1
	session=$(answer result.sessionId)
	for domain in Page Runtime Log Network; do
		ask "$domain.enable" || return 1
	done
}

# ask METHOD [PARAMETERS]: waits for the answer, leaves it in $tmp/answer.
ask()
{
	local id=$((++asked))
	printf '{"id":%d,"method":"%s","params":%s%s}\0' "$id" "$1" "${2:-{\}}" \
		"${session:+,\"sessionId\":\"$session\"}" >&7
	while hear; do
		case $said in
		"{\"id\":$id,"*)
			printf '%s\n' "$said" >"$tmp/answer"
			[[ $said != *'"error":{'* ]] && return
			echo "$1: $said"
			return 1
			;;
		esac
	done
	echo "$1: no answer"
	return 1
}

# hear: the next message; events are kept.
hear()
{
	IFS= read -r -d '' -t 60 said <&8 || return 1
	case $said in
	'{"id":'*) ;;
	*) printf '%s\n' "$said" >>"$tmp/events" ;;
	esac
}

# answer PATH: of the last answer.
answer()
{
	jsonget "$tmp/answer" "$1"
}

# json TEXT: as a string of JSON
json()
{
	local s=${1//\\/\\\\}
	s=${s//\"/\\\"}
	s=${s//$'\n'/\\n}
	printf '"%s"' "${s//$'\t'/ }"
}

# eval_js EXPRESSION: prints its value; false if it throws.
eval_js()
{
	ask Runtime.evaluate \
		"{\"expression\":$(json "$1"),\"returnByValue\":true,\"awaitPromise\":true}" || return 1
	if grep -q '"exceptionDetails"' "$tmp/answer"; then
		echo "threw: $(cat "$tmp/answer")"
		return 1
	fi
	answer result.result.value
}

# holds EXPRESSION: it is true in the page.
holds()
{
	local value
	value=$(eval_js "String($1)")
	[ "$value" = true ] || {
		echo "not true, but $value: $1"
		return 1
	}
}

# becomes EXPRESSION: it is true in the page, or soon is: a link is followed some time after its key.
becomes()
{
	local deadline=$((SECONDS + 20))
	while [ "$(eval_js "String($1)")" != true ] && [ $SECONDS -lt $deadline ]; do
		sleep 0.1
	done
	holds "$1"
}

# look WIDTH HEIGHT light|dark: how the page is seen.
look()
{
	ask Emulation.setDeviceMetricsOverride \
		"{\"width\":$1,\"height\":$2,\"deviceScaleFactor\":1,\"mobile\":false}" &&
		ask Emulation.setEmulatedMedia \
			"{\"features\":[{\"name\":\"prefers-color-scheme\",\"value\":\"$3\"}]}"
}

# open_page FILE: until it is loaded.
open_page()
{
	: >"$tmp/events"
	ask Page.navigate "{\"url\":\"file://$1\"}" || return 1
	until grep -q '"Page.loadEventFired"' "$tmp/events"; do
		hear || return 1
	done
}

# press KEY...: keys as a reader presses them: Tab, Enter, ArrowRight, End.
press()
{
	local key code text
	declare -A codes=([Tab]=9 [Enter]=13 [End]=35 [Home]=36 [ArrowRight]=39 [ArrowLeft]=37)
	for key in "$@"; do
		code=${codes[$key]} text=''
		[ "$key" != Enter ] || text=',"text":"\r"'
		ask Input.dispatchKeyEvent \
			"{\"type\":\"keyDown\",\"key\":\"$key\",\"code\":\"$key\",\"windowsVirtualKeyCode\":$code$text}" &&
			ask Input.dispatchKeyEvent \
				"{\"type\":\"keyUp\",\"key\":\"$key\",\"code\":\"$key\",\"windowsVirtualKeyCode\":$code}" ||
			return 1
	done
}

# type_text TEXT
type_text()
{
	ask Input.insertText "{\"text\":$(json "$1")}"
}

# screenshot FILE
screenshot()
{
	ask Page.captureScreenshot '{"format":"png"}' && answer result.data | base64 -d >"$1"
}
