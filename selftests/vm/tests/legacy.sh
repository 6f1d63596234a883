#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kernels: uml
# timeout: 300
#
# TLS profiles against peers that speak nothing else: AES-CBC only for who asks
# for it, over a leg whose TLS ends in the daemon; fips without ChaCha20. SIP
# both ways with Kamailio, suites one by one with OpenSSL.

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../../e2e/scenario.sh"
need kamailio sipp dnsmasq python3 openssl

transport=tls1.2
"$E2E/pki.sh" "$PKI"

# rsa NAME CN: suites without elliptic curves in the signature want such a key
rsa() {
	openssl req -newkey rsa:2048 -nodes -subj "/O=fedpat test/CN=$2" -keyout "$PKI/$1.key" \
		-out "$PKI/$1.csr"
	openssl x509 -req -in "$PKI/$1.csr" -CA "$PKI/public-ca.pem" -CAkey "$PKI/public-ca.key" \
		-days 10 -set_serial "0x$(openssl rand -hex 8)" -out "$PKI/$1.pem" \
		-extfile <(echo "subjectAltName=DNS:$2"; echo "extendedKeyUsage=serverAuth,clientAuth")
}
{ rsa edge edge.example.net && rsa gw-public imp-public.example.com; } 2>"$LOGS/pki.log"
world_namespaces
world_addresses
export E2E_CIPHERS=ECDHE-RSA-AES256-SHA384:AES256-SHA256
scenario_servers
peer=$(fedctl -j peer show | python3 -c '
import json, sys
print(next(p["name"] for p in json.load(sys.stdin) if p["role"] == "outside"))')

counter() {
	fedctl counters --all | awk -v name="$1" '$1 == name { print $2 }'
}

moved() {
	[ "$(counter "$1")" -gt "$2" ]
}

# counts REASON COMMAND...: the command makes that counter move
counts() {
	local reason=$1 before
	shift

	before=$(counter "$reason")
	"$@" >"$WORK/counts.out" 2>&1
	busywait 10 moved "$reason" "$before" && return
	cat "$WORK/counts.out"
	fedctl counters
	tail -n 3 "$LOGS/fedpatd.log"
	return 1
}

# hello SUITE [s_client options...]: from the edge; prints what was agreed
hello() {
	local suite=$1
	shift

	ns edge timeout "$(patience 10)" openssl s_client -connect 203.0.113.10:5061 -tls1_2 \
		-cipher "$suite" -cert "$PKI/edge.pem" -key "$PKI/edge.key" "$@" </dev/null 2>&1
}

# agrees SUITE: and a leg comes of it
agrees() {
	local before

	before=$(grep -c "up: accepted.*$1, not offloaded" "$LOGS/fedpatd.log")
	hello "$1" >/dev/null
	busywait 10 more_ups "$1" "$before" || { tail -n 3 "$LOGS/fedpatd.log"; return 1; }
}

more_ups() {
	[ "$(grep -c "up: accepted.*$1, not offloaded" "$LOGS/fedpatd.log")" -gt "$2" ]
}

profile() {
	local before

	before=$(grep -c "in force" "$LOGS/fedpatd.log")
	fedctl peer set "$peer" tls-profile "$1" && busywait 10 reloaded "$before"
}

reloaded() {
	[ "$(grep -c "in force" "$LOGS/fedpatd.log")" -gt "$1" ]
}

told() {
	fedctl session show >"$WORK/sessions" && cat "$WORK/sessions" &&
		grep -q "AES-CBC, which the kernel does not do" "$WORK/sessions"
}

# The pager scenario with a body of its own size, through the join.
many() {
	times=20
	out pager alice node1 5070 && in_ pager
	local status=$?
	times=1
	return $status
}

closed() {
	grep -q "closed: .*AES-CBC, which only peers with tls-profile legacy may use" "$LOGS/fedpatd.log"
}

# serve_chacha: a server of ours-to-dial that does nothing but ChaCha20
serve_chacha() {
	kill "$(cat "$WORK/edge/pid")"
	busywait 20 edge_gone || return
	spawn chacha ns edge openssl s_server -accept 198.51.100.20:5061 -cert "$PKI/edge.pem" \
		-key "$PKI/edge.key" -CAfile "$PKI/public-ca.pem" -Verify 3 -tls1_2 \
		-cipher ECDHE-RSA-CHACHA20-POLY1305 -rev
	busywait 10 listening edge tcp 5061
}

edge_gone() {
	! listening edge tcp 5061
}

pager_out() {
	world_uac node1 5070 pager $ALICE $BOB "$(contact alice)" -key media_host x
}


lint_says() {
	sed '/eku: both/a\    tls_profile: legacy' "$WORK/contoso.yaml" >"$WORK/legacy.yaml"
	fedctl federation lint "$WORK/legacy.yaml" >"$WORK/lint" 2>&1
	cat "$WORK/lint"
	grep -q "3DES and RC4 are not to be had" "$WORK/lint"
}

plan 18
check "default: an edge that speaks AES-CBC only cannot be dialled" counts tls-peer-alert pager_out
check "nor may it dial" counts tls-cipher hello ECDHE-RSA-AES256-SHA384
check "the lint says what legacy means, and that there is no 3DES" lint_says
check "legacy for that peer" profile legacy
check "a message out, with Kamailio" out pager alice node1 5070
check "and in" in_ pager
check "a dialog out" out im alice node1 5070
check "and in" in_ im
check "twenty each way" many
check "session show says why it is not offloaded" told
check "it is counted" moved legs-not-offloaded 0
check "nothing of the inside is seen outside" "$E2E/ladder.py" leak "$WORK/edge/dump"
check "OpenSSL: ECDHE-RSA-AES256-SHA384" agrees ECDHE-RSA-AES256-SHA384
check "OpenSSL: AES256-SHA256, without forward secrecy" agrees AES256-SHA256
check "OpenSSL: AES128-SHA" agrees AES128-SHA
profile default
busywait 20 closed
result "taken back, the legs that stand on it are closed" $?
serve_chacha
profile fips
check "fips: a server that does ChaCha20 only is refused" counts tls-peer-alert pager_out
check "fips: so is a caller" counts tls-cipher hello ECDHE-RSA-CHACHA20-POLY1305
