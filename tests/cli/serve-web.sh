#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# urbscope serve --web-config: who is let in, by certificates of openssl and passwords of known hashes.
# shellcheck source-path=SCRIPTDIR disable=SC2154,SC2317
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/serve_lib.sh"

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
	tls_config '  client_auth_type: RequireAndVerifyClientCert' '  client_ca_file: ca.crt' '  min_version: TLS12' \
		'http_server_config:' '  headers:' '    X-Frame-Options: deny' '  http2: false'
	# what others take it for
	promtool check web-config "$tmp/web.yml" || return 1
	serve --web-config "$tmp/web.yml" "$tmp/in8" &&
		all_read --cacert "$tmp/server.crt" --cert "$tmp/good.crt" --key "$tmp/good.key" &&
		has_header 'X-Frame-Options: deny' || return 1
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

ok serve-tls tls
ok serve-client-certificates client_certificates
ok serve-passwords passwords
ok serve-slow-passwords-hold-nobody-up slow_passwords_hold_nobody_up
ok serve-changes-are-served changes_are_served
finish
