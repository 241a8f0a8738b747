#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# urbscope serve, as those who are meant to ask see it: curl, promtool, a real Prometheus. All on this
# machine alone; what is served are recordings of queues that are known.
# shellcheck source-path=SCRIPTDIR disable=SC2154,SC2317
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/serve_lib.sh"

clients=$cli/../tools/http-clients
LOSE=1 mkqueue in 8 200 >"$tmp/lossy"

# --- scraping --------------------------------------------------------------------------------

scrapes()
{
	serve "$tmp/in8" && all_read || return 1
	has_header 'Content-Type: text/plain; version=0\.0\.4.*' || return 1
	promtool check metrics <"$tmp/body" || return 1
	grep -q '^urbscope_transferred_bytes_total{.*endpoint="0x81".*} 102400$' "$tmp/body" || {
		grep transferred "$tmp/body"
		return 1
	}
	stops
}

formats()
{
	serve "$tmp/in8" && all_read || return 1
	answers 200 metrics -H 'Accept: application/openmetrics-text; version=1.0.0' &&
		has_header 'Content-Type: application/openmetrics-text; version=1\.0\.0.*' &&
		[ "$(tail -n 1 "$tmp/body")" = '# EOF' ] || return 1
	answers 200 metrics -H 'Accept: application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited' &&
		has_header 'Content-Type: application/vnd\.google\.protobuf.*' || return 1
	# a message, and its name: what gives text does not begin so
	head -c 40 "$tmp/body" | grep -qa urbscope_ || return 1
	stops
}

packed()
{
	serve "$tmp/in8" && all_read || return 1
	answers 200 metrics -H 'Accept-Encoding: gzip' && has_header 'Content-Encoding: gzip' &&
		gunzip -c <"$tmp/body" >"$tmp/unpacked" && grep -q ' 102400$' "$tmp/unpacked" &&
		promtool check metrics <"$tmp/unpacked" || return 1
	answers 200 metrics -H 'Accept-Encoding: gzip;q=0' && ! grep -qi content-encoding "$tmp/head" &&
		stops
}

# 600 endpoints, one transfer each: usbmon's text. A page of megabytes is packed while it is sent.
long_pages()
{
	awk 'BEGIN {
		for (i = 0; i < 600; i++) {
			at = sprintf("Bi:%d:%03d:%d", 1 + i % 3, 1 + int(i / 3) % 100, 1 + int(i / 300))
			printf "ffff%012x %d S %s -115 512 <\nffff%012x %d C %s 0 512 =\n", i, i * 100, at, i, i * 100 + 50, at
		}
	}' >"$tmp/many.mon"
	serve "$tmp/many.mon" && until_true "all is read" serves_value 600 'urbscope_events_total{kind="complete"}' &&
		answers 200 metrics -H 'Accept-Encoding: gzip' && gunzip -c <"$tmp/body" >"$tmp/unpacked" || return 1
	[ "$(wc -c <"$tmp/unpacked")" -gt 1000000 ] &&
		[ "$(grep -c '^urbscope_completions_total{.*} 1$' "$tmp/unpacked")" = 600 ] &&
		grep -v '^\(#\|urbscope_[sh]\|process\)' "$tmp/unpacked" >"$tmp/once" && answers 200 metrics &&
		grep -v '^\(#\|urbscope_[sh]\|process\)' "$tmp/body" | cmp - "$tmp/once" && stops
}

paths()
{
	local path
	serve "$tmp/in8" && all_read || return 1
	answers 404 nowhere && answers 404 metrics/ && answers 200 -/healthy && answers 200 -/ready || return 1
	for method in POST PUT DELETE OPTIONS PATCH; do
		answers 405 metrics -X $method && has_header 'Allow: GET, HEAD' || return 1
	done
	answers 405 metrics -d some=data && answers 400 metrics -X GET -d some=data || return 1
	answers 200 '' && has_header 'Content-Type: text/html.*' || return 1
	cp "$tmp/body" "$tmp/landing"
	for path in $(grep -oE 'href="[^"]*"' "$tmp/landing" | cut -d'"' -f2); do
		answers 200 "${path#/}" || return 1
	done
	[ -n "$path" ] || return 1
	# the same head, and nothing behind it
	answers 200 metrics && grep -i '^content-type' "$tmp/head" >"$tmp/of-get" &&
		answers 200 metrics -I && grep -i '^content-type' "$tmp/head" | cmp - "$tmp/of-get" &&
		has_header 'Content-Length: [1-9][0-9]*' || return 1
	[ "$("$clients" once 127.0.0.1 "$(port)")" = "$(printf 'HTTP/1.1 200 OK\n%.0s' 1 2 3)" ] && stops
}

# --- beginnings and ends ---------------------------------------------------------------------

ipv6()
{
	start --listen '[::1]:0' "$tmp/in8" && started || return 1
	[[ $url == 'http://[::1]:'* ]] && all_read -g && stops
}

signals()
{
	serve "$tmp/in8" && stops TERM && serve "$tmp/in8" && stops INT && serve "$tmp/in8" && stops HUP &&
		[ ! -s "$tmp/served.out" ] && [ "$(grep -vc '^urbscope: serving http' "$tmp/served")" = 0 ]
}

public_is_told()
{
	start --listen :0 "$tmp/in8" && started && until_true "it says so" told 'note: whoever reaches' && stops || return 1
	printf '%s\n' 'basic_auth_users:' "  a: \$2a$hash" >"$tmp/web.yml"
	start --listen :0 --web-config "$tmp/web.yml" "$tmp/in8" && started && answers 401 metrics -g &&
		! told 'note: whoever reaches' && stops
}

refusals()
{
	serve "$tmp/in8" || return 1
	fails 'another port' urbscope serve --listen "127.0.0.1:$(port)" "$tmp/in8" && stops || return 1
	fails 'ADDRESS:PORT' urbscope serve --listen 127.0.0.1 "$tmp/in8" &&
		fails 'ADDRESS:PORT' urbscope serve --listen ::1:80 "$tmp/in8" &&
		fails 'ADDRESS:PORT' urbscope serve --listen 127.0.0.1:70000 "$tmp/in8" &&
		fails 'no interface has it' urbscope serve --listen 192.0.2.1:0 "$tmp/in8" &&
		fails 'No such file' urbscope serve --listen 127.0.0.1:0 "$tmp/nowhere" &&
		fails 'urbscope report -- true' urbscope serve -- true || return 1
	certificate server localhost
	certificate other localhost
	cp "$tmp/other.key" "$tmp/server.key"
	tls_config
	fails "server.key is not the key of $tmp/server.crt" urbscope serve --web-config "$tmp/web.yml" "$tmp/in8" || return 1
	tls_config '  cipher_suites: [A]'
	fails 'web.yml:4:3: cipher_suites' urbscope serve --web-config "$tmp/web.yml" "$tmp/in8" || return 1
	rm "$tmp/server.crt"
	tls_config
	fails "server.crt: No such file" urbscope serve --web-config "$tmp/web.yml" "$tmp/in8" &&
		fails "nowhere: No such file" urbscope serve --web-config "$tmp/nowhere" "$tmp/in8" &&
		fails 'add an assertion' urbscope serve -e '*' "$tmp/in8" &&
		fails 'from 10ms on' urbscope serve -e '*' --max-errors 0 --window 1ms "$tmp/in8"
}

# A stream: nothing before its first event, and it ends with it.
streams()
{
	mkfifo "$tmp/fifo"
	input=$tmp/fifo start --listen 127.0.0.1:0 -
	exec 3>"$tmp/fifo"
	# what it is, and no event
	head -c 100 "$tmp/in8" >&3
	started || return 1
	answers 503 metrics && answers 503 -/ready && answers 200 -/healthy || return 1
	head -c -200 "$tmp/in8" | tail -c +101 >&3
	until_true "it is ready" answers 200 -/ready >"$tmp/waiting" || return 1
	tail -c 200 "$tmp/in8" >&3
	exec 3>&-
	wait "$server" || return 1
	server=''
	head -c -200 "$tmp/in8" | timeout 30 urbscope serve --listen 127.0.0.1:0 - 2>"$tmp/served"
	[ "${PIPESTATUS[1]}" = 2 ] && told 'broke off'
}

service_manager_is_told()
{
	python3 - "$tmp/notify" >"$tmp/told" <<'PYTHON' &
import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
s.settimeout(60)
while True:
    data = s.recv(4096).decode()
    print(data, flush=True)
    if "STOPPING=1" in data:
        break
PYTHON
	helpers=($!)
	until_true "the manager is there" [ -S "$tmp/notify" ] || return 1
	export NOTIFY_SOCKET=$tmp/notify WATCHDOG_USEC=200000
	serve "$tmp/in8"
	unset NOTIFY_SOCKET WATCHDOG_USEC
	until_true "it is told" grep -q '^READY=1$' "$tmp/told" &&
		until_true "it goes on" grep -q '^WATCHDOG=1$' "$tmp/told" && stops && wait "${helpers[0]}" || return 1
	helpers=()
	[ "$(tail -n 1 "$tmp/told")" = STOPPING=1 ]
}

# --- assertions ------------------------------------------------------------------------------

# state ASSERTION VERDICT: it is that one, and none of the others.
state()
{
	local v want
	for v in pass fail inconclusive; do
		want=0
		[ $v != "$2" ] || want=1
		[ "$(value "urbscope_assertion_state{assertion=\"$1\",verdict=\"$v\"}")" = $want ] || {
			echo "not $2:"
			grep "$1" "$tmp/body"
			return 1
		}
	done
}

# The recordings last for 202 ms: three windows of 70 ms.
assertions()
{
	printf '%s\n' "- endpoint: '*/bulk-in'" '  min-depth: 7' >"$tmp/spec.yml"
	serve --window 70ms -f "$tmp/spec.yml" -e '*' --max-depth 7 --max-errors 0 -e 1234:5678 --rules "$tmp/in8" &&
		all_read || return 1
	state '*/bulk-in: min-depth 7' pass && state '*: max-depth 7' fail && state '*: max-errors 0' pass &&
		state '1234:5678: rules' inconclusive || return 1
	[ "$(value 'urbscope_assertion_violations_total{assertion="*: max-depth 7"}')" = 3 ] &&
		[ "$(value 'urbscope_assertion_violations_total{assertion="*/bulk-in: min-depth 7"}')" = 0 ] &&
		stops || { grep violations "$tmp/body"; return 1; }
	# the loss is in the middle, and nothing says afterwards what is in flight
	serve --window 70ms -e '*' --max-errors 0 "$tmp/lossy" && all_read_lossy &&
		state '*: max-errors 0' inconclusive && stops
}

all_read_lossy()
{
	until_true "all is read" serves_value 1 urbscope_lost_events_total
}

# --- Prometheus ------------------------------------------------------------------------------

asks()
{
	curl -sS -G "http://127.0.0.1:$1/api/v1/query" --data-urlencode "query=$2" 2>/dev/null >"$tmp/answer" &&
		grep -q "\"$3\"\]" "$tmp/answer"
}

prometheus_scrapes()
{
	local at
	certificate server localhost
	tls_config 'basic_auth_users:' "  prometheus: \$2y$hash"
	serve --web-config "$tmp/web.yml" "$tmp/in8" || return 1
	cat >"$tmp/prometheus.yml" <<YAML
scrape_configs:
  - job_name: urbscope
    scrape_interval: 1s
    scrape_timeout: 1s
    scheme: https
    tls_config: {ca_file: $tmp/server.crt}
    basic_auth: {username: prometheus, password: 'U*U'}
    static_configs: [{targets: ['127.0.0.1:$(port)']}]
YAML
	at=$((20000 + RANDOM % 12000))
	prometheus --config.file="$tmp/prometheus.yml" --storage.tsdb.path="$tmp/tsdb" \
		--web.listen-address="127.0.0.1:$at" --enable-feature=native-histograms >"$tmp/prometheus.log" 2>&1 &
	helpers=($!)
	until_true "Prometheus has it" asks $at 'sum(urbscope_transferred_bytes_total)' 102400 &&
		asks $at 'up{job="urbscope"}' 1 &&
		until_true "it has native histograms" asks $at 'sum(histogram_count(urbscope_service_seconds))' 200 || { tail -n 5 "$tmp/prometheus.log"; cat "$tmp/answer"; return 1; }
	kill "${helpers[@]}"
	wait "${helpers[@]}"
	helpers=()
	stops
}

ok serve-scrapes scrapes
ok serve-formats formats
ok serve-packed packed
ok serve-long-pages long_pages
ok serve-paths paths
if [ -e /proc/net/if_inet6 ]; then
	ok serve-ipv6 ipv6
else
	skip serve-ipv6 "no IPv6 here"
fi
ok serve-signals signals
ok serve-public-is-told public_is_told
ok serve-refusals refusals
ok serve-streams streams
ok serve-service-manager-is-told service_manager_is_told
ok serve-assertions assertions
ok serve-prometheus prometheus_scrapes
finish
