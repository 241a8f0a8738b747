#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# urbscope serve, as its clients see it: curl, openssl, a real Prometheus, and clients that mean no good.
# All on this machine alone; what is served are recordings of queues that are known.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

clients=$cli/../tools/http-clients
server='' url='' helpers=()
# shellcheck disable=SC2016 # a hash: "U*U", from the vectors published with crypt_blowfish
hash='$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'

ended()
{
	[ -z "$server" ] || kill -KILL "$server" 2>/dev/null
	[ ${#helpers[@]} = 0 ] || kill -KILL "${helpers[@]}" 2>/dev/null
	rm -rf "$tmp"
}
trap ended EXIT

mkqueue in 8 200 >"$tmp/in8"
mkqueue sync 1 200 >"$tmp/sync"
LOSE=1 mkqueue in 8 200 >"$tmp/lossy"

# until_true WHAT COMMAND...: it becomes true; half a minute is long enough for anything here.
until_true()
{
	local what=$1 i
	shift
	for ((i = 0; i < 600; i++)); do
		"$@" && return
		sleep 0.05
	done
	echo "never: $what"
	return 1
}

told_where()
{
	kill -0 "$server" 2>/dev/null || return 0
	grep -q '^urbscope: serving ' "$tmp/served"
}

# start ARGUMENT...: in the background; what a point before has left is ended.
start()
{
	[ -z "$server" ] || kill -KILL "$server"
	: >"$tmp/served"
	urbscope serve "$@" >"$tmp/served.out" 2>>"$tmp/served" <"${input:-/dev/null}" &
	server=$!
}

# started: it serves; $url ends with a slash.
started()
{
	until_true "it serves" told_where || return 1
	url=$(sed -n 's/^urbscope: serving \(.*\)metrics$/\1/p' "$tmp/served" | head -n 1)
	[ -n "$url" ] || {
		cat "$tmp/served"
		return 1
	}
}

# serve ARGUMENT...: on a port that is free.
serve()
{
	start --listen 127.0.0.1:0 "$@" && started
}

# stops [SIGNAL]: it ends at once and well.
stops()
{
	local pid=$server
	server=''
	kill "-${1:-TERM}" "$pid" && wait "$pid" || {
		echo "ended with status $?"
		cat "$tmp/served"
		return 1
	}
}

# get PATH OPTION...: what curl wrote, with the status in $code.
get()
{
	local path=$1
	shift
	code=$(curl -sS --max-time 60 -o "$tmp/body" -D "$tmp/head" -w '%{http_code}' "$@" "$url$path" 2>"$tmp/curl")
}

# answers CODE PATH OPTION...
answers()
{
	local want=$1
	shift
	get "$@"
	[ "$code" = "$want" ] || {
		echo "$*: answered by $code, not $want: $(cat "$tmp/curl")"
		return 1
	}
}

# value SERIES: of the page that came last.
value()
{
	awk -v series="$1" 'substr($0, 1, length(series) + 1) == series " " { print $NF }' "$tmp/body"
}

# serves_value WANT SERIES OPTION...
serves_value()
{
	local want=$1 series=$2
	shift 2
	get metrics "$@" && [ "$(value "$series")" = "$want" ]
}

in8='device="1-1",vendor_id="17e9",product_id="6006",driver="",endpoint="0x81",direction="in",type="bulk"'

# 200 transfers of 512 bytes, as mkqueue says.
all_read()
{
	until_true "all is read" serves_value 200 'urbscope_events_total{kind="complete"}' "$@"
}

has_header()
{
	grep -qiE "^$1"$'\r?$' "$tmp/head" || {
		echo "no header $1 in:"
		cat "$tmp/head"
		return 1
	}
}

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

port()
{
	local rest=${url##*:}
	echo "${rest%/}"
}

# --- TLS and passwords -----------------------------------------------------------------------

# certificate NAME SUBJECT [CA]: NAME.crt and NAME.key, signed by itself or CA.
certificate()
{
	local sign=()
	[ -z "${3:-}" ] || sign=(-CA "$tmp/$3.crt" -CAkey "$tmp/$3.key")
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
		-keyout "$tmp/$1.key" -out "$tmp/$1.crt" -subj "/CN=$2" \
		-addext 'subjectAltName=IP:127.0.0.1' "${sign[@]}" 2>"$tmp/openssl" || cat "$tmp/openssl"
}

tls_config()
{
	printf '%s\n' 'tls_server_config:' '  cert_file: server.crt' '  key_file: server.key' "$@" >"$tmp/web.yml"
}

tls()
{
	certificate server localhost
	tls_config '  min_version: TLS13'
	serve --web-config "$tmp/web.yml" "$tmp/in8" && all_read --cacert "$tmp/server.crt" || return 1
	[[ $url == https://* ]] && promtool check metrics <"$tmp/body" || return 1
	# a client that does not know the certificate, and one without TLS
	get metrics && return 1
	get metrics --cacert "$tmp/server.crt" --tls-max 1.2 && return 1
	url=${url/https/http}
	get metrics && [ "$code" = 200 ] && return 1
	stops
}

client_certificates()
{
	certificate server localhost
	certificate ca ours
	certificate ca2 theirs
	certificate good client ca
	certificate bad client ca2
	tls_config '  client_auth_type: RequireAndVerifyClientCert' '  client_ca_file: ca.crt'
	serve --web-config "$tmp/web.yml" "$tmp/in8" &&
		all_read --cacert "$tmp/server.crt" --cert "$tmp/good.crt" --key "$tmp/good.key" || return 1
	get metrics --cacert "$tmp/server.crt" && { echo "served without a certificate"; return 1; }
	get metrics --cacert "$tmp/server.crt" --cert "$tmp/bad.crt" --key "$tmp/bad.key" &&
		{ echo "served by a stranger's certificate"; return 1; }
	stops || return 1
	tls_config '  client_auth_type: VerifyClientCertIfGiven' '  client_ca_file: ca.crt'
	serve --web-config "$tmp/web.yml" "$tmp/in8" && all_read --cacert "$tmp/server.crt" || return 1
	get metrics --cacert "$tmp/server.crt" --cert "$tmp/bad.crt" --key "$tmp/bad.key" &&
		{ echo "served by a stranger's certificate"; return 1; }
	answers 200 metrics --cacert "$tmp/server.crt" --cert "$tmp/good.crt" --key "$tmp/good.key" && stops
}

passwords()
{
	local user
	printf '%s\n' 'basic_auth_users:' "  a: \$2a$hash" "  b: \$2b$hash" "  y: \$2y$hash" >"$tmp/web.yml"
	serve --web-config "$tmp/web.yml" "$tmp/in8" || return 1
	for user in a b y a b y; do
		answers 200 metrics -u "$user:U*U" || return 1
	done
	answers 401 metrics && has_header 'WWW-Authenticate: Basic .*' || return 1
	for user in 'a:U*U*' 'a:' 'a:U*' 'c:U*U' ':U*U' 'A:U*U' 'a:u*u'; do
		answers 401 metrics -u "$user" || return 1
		# a wrong one is not remembered as right
		answers 401 metrics -u "$user" || return 1
	done
	answers 401 metrics -H 'Authorization: Bearer abc' && answers 401 -/healthy && answers 401 nowhere &&
		answers 401 metrics -H "Authorization: Basic $(printf 'a:U*U\0x' | base64)" &&
		answers 401 metrics -X POST && answers 405 metrics -X POST -u 'a:U*U' && answers 200 metrics -u 'a:U*U' &&
		stops
}

# A dozen wrong passwords wait for a bcrypt of 2^13 each; who is known is served all the same.
slow_passwords_hold_nobody_up()
{
	local i
	printf '%s\n' 'basic_auth_users:' "  a: \$2a$hash" "  slow: \$2a\$13${hash#\$05}" >"$tmp/web.yml"
	serve --web-config "$tmp/web.yml" "$tmp/in8" && answers 200 metrics -u 'a:U*U' || return 1
	for i in {1..12}; do
		curl -sS -o /dev/null -w '%{http_code}\n' -u slow:guess "$url" >"$tmp/slow.$i" 2>&1 &
		helpers+=($!)
	done
	until_true "the first one is refused" first_refused && answers 200 metrics -u 'a:U*U' || return 1
	cat "$tmp"/slow.* >"$tmp/slow"
	[ "$(grep -c 401 "$tmp/slow")" -lt 12 ] || { echo "all of them were checked before"; return 1; }
	# and who waits does not hold up the end
	stops && wait "${helpers[@]}"
	helpers=()
	! grep -q 200 "$tmp"/slow.*
}

first_refused()
{
	grep -qs 401 "$tmp"/slow.*
}

serial()
{
	openssl s_client -connect "127.0.0.1:$(port)" </dev/null 2>/dev/null | openssl x509 -noout -serial
}

renewed()
{
	[ "$(serial)" = "$(openssl x509 -in "$tmp/server.crt" -noout -serial)" ]
}

told()
{
	grep -q -- "$1" "$tmp/served"
}

changes_are_served()
{
	local before
	certificate server localhost
	tls_config 'basic_auth_users:' "  a: \$2a$hash"
	serve --web-config "$tmp/web.yml" "$tmp/in8" && renewed || return 1
	before=$(serial)
	certificate server localhost
	until_true "the new certificate is served" renewed && [ "$(serial)" != "$before" ] || return 1
	tls_config 'basic_auth_users:' "  b: \$2a$hash"
	until_true "the new user is served" serves_value 1 'urbscope_build_info{version="0.1"}' -k -u 'b:U*U' &&
		answers 401 metrics -k -u 'a:U*U' || return 1
	# a key that is not that of the certificate, and a file that says nothing: all stays
	cp "$tmp/server.key" "$tmp/kept.key"
	openssl ecparam -name prime256v1 -genkey -noout -out "$tmp/server.key" 2>/dev/null
	until_true "the wrong key is told" told 'server.key is not the key of .*server.crt; served as before' &&
		renewed && answers 200 metrics -k -u 'b:U*U' || return 1
	cp "$tmp/kept.key" "$tmp/server.key"
	echo 'basic_auth_users:' >"$tmp/web.yml"
	until_true "the wrong file is told" told 'web.yml:1:18: .*; served as before' &&
		answers 401 metrics -k && answers 200 metrics -k -u 'b:U*U' && stops
}

# --- clients that mean no good ---------------------------------------------------------------

broken_requests()
{
	serve "$tmp/in8" && all_read || return 1
	"$clients" broken 127.0.0.1 "$(port)" && answers 200 metrics && stops
}

# They send a byte now and then, and never finish; others are served, and they are cut off.
slow_clients_are_cut_off()
{
	serve "$tmp/in8" && all_read || return 1
	"$clients" loris 127.0.0.1 "$(port)" 40 >"$tmp/loris" &
	helpers=($!)
	until_true "they are there" grep -q open "$tmp/loris" && answers 200 metrics || return 1
	# 16 of one address
	until_true "the others are cut off at once" sockets_below 24 || return 1
	wait "${helpers[0]}"
	helpers=()
	[ "$(tail -n 1 "$tmp/loris")" = ended ] || { cat "$tmp/loris"; return 1; }
	answers 200 metrics && stops
}

sockets_below()
{
	[ "$(find "/proc/$server/fd" -lname 'socket:*' | wc -l)" -lt "$1" ]
}

# More than there is room for, from many addresses, all silent: who comes later finds room all the same.
crowds_make_room()
{
	serve "$tmp/in8" && all_read || return 1
	"$clients" crowd 127.0.0.1 "$(port)" 80 >"$tmp/crowd" &
	helpers=($!)
	until_true "they are there" grep -q open "$tmp/crowd" && answers 200 metrics && answers 200 metrics || return 1
	sockets_below 70 || { echo "connections without bound"; return 1; }
	kill "${helpers[@]}"
	helpers=()
	stops
}

# Both get all of it, and each page is whole.
two_at_once()
{
	local i
	serve "$tmp/in8" && all_read || return 1
	for i in 1 2; do
		for _ in {1..25}; do
			curl -sS "${url}metrics" -H 'Accept: application/openmetrics-text' | tail -n 1
		done >"$tmp/last.$i" &
		helpers[i]=$!
	done
	wait "${helpers[@]}"
	helpers=()
	[ "$(cat "$tmp"/last.? | sort | uniq -c | tr -s ' ')" = ' 50 # EOF' ] && stops
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
ok serve-tls tls
ok serve-client-certificates client_certificates
ok serve-passwords passwords
ok serve-slow-passwords-hold-nobody-up slow_passwords_hold_nobody_up
ok serve-changes-are-served changes_are_served
ok serve-broken-requests broken_requests
ok serve-slow-clients-are-cut-off slow_clients_are_cut_off
ok serve-crowds-make-room crowds_make_room
ok serve-two-at-once two_at_once
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
