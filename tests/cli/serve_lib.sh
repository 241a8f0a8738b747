# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash source-path=SCRIPTDIR disable=SC2034
# serve_lib.sh: an exporter under test and curl, its client; stands behind lib.sh.

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

# told WORD: on its standard error.
told()
{
	grep -q -- "$1" "$tmp/served"
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

port()
{
	local rest=${url##*:}
	echo "${rest%/}"
}

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
