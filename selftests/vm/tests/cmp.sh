#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kernels: uml
# timeout: 200
#
# Certificates by CMP, against OpenSSL's CMP server: the first one by reference
# and secret, what is wrong told by name, and renewal by the daemon without a
# restart.

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../../e2e/scenario.sh"
need dnsmasq openssl python3

transport=tls1.3
"$E2E/pki.sh" "$PKI"
public=203.0.113.10
url=http://198.51.100.20:8080/pkix/
export FEDPAT_CERTDIR=$WORK/certs FEDPAT_RUNDIR=$WORK
world_namespaces
world_addresses
world_dns tls
# a trustpoint of its own files, which are written to
mkdir -p "$WORK/certs"
cp "$PKI/gw-public.pem" "$PKI/gw-public.key" "$WORK/certs"
"$E2E/contoso.sh" tls "$PKI" | sed "s#$PKI/gw-public#$WORK/certs/gw-public#" >"$WORK/contoso.yaml"
fedctl federation apply "$WORK/contoso.yaml" >"$LOGS/apply.log" 2>&1 ||
	fail_all "the policy is refused: $(cat "$LOGS/apply.log")"
daemon_start fedpatd
busywait 20 listening gw tcp 7061 || fail_all "the daemon does not listen"
tp=$(fedctl -j trustpoint show | python3 -c '
import json, sys
t = json.load(sys.stdin)
print(next(x["name"] for x in t if "gw-public" in x.get("cert", "")))')
echo correct-horse >"$WORK/secret"
echo wrong-horse >"$WORK/wrong"

# prepare NAME SERIAL DAYS: a key that waits, and the certificate that the CA
# has ready for it
prepare() {
	fedctl trustpoint generate "$tp" --force >"$WORK/$1.csr" 2>>"$LOGS/generate.log" &&
		openssl x509 -req -in "$WORK/$1.csr" -CA "$PKI/public-ca.pem" -CAkey \
			"$PKI/public-ca.key" -set_serial "0x$2" -copy_extensions copyall -days "$3" \
			-out "$WORK/$1.pem" 2>>"$LOGS/generate.log"
}

# server NAME: answers with that certificate
server() {
	spawn "cmp-$1" ns edge sh -c "echo \$\$ >$WORK/cmp.pid; exec openssl cmp -port 8080 \
		-srv_ref 4711 -srv_secret pass:correct-horse -srv_cert $PKI/edge.pem \
		-srv_key $PKI/edge.key -srv_trusted $PKI/public-ca.pem -rsp_cert $WORK/$1.pem \
		-rsp_extracerts $PKI/public-ca.pem"
	busywait 10 listening edge tcp 8080
}

server_stop() {
	kill "$(cat "$WORK/cmp.pid")"
	busywait 10 server_gone
}

server_gone() {
	! listening edge tcp 8080
}

# shows NAME: that is the certificate which partners see
shows() {
	local print
	print=$(openssl x509 -in "$WORK/$1.pem" -noout -fingerprint -sha256)
	ns edge timeout "$(patience 10)" openssl s_client -connect $public:5061 -cert "$PKI/edge.pem" -key \
		"$PKI/edge.key" </dev/null 2>/dev/null |
		openssl x509 -noout -fingerprint -sha256 2>/dev/null | grep -q "$print"
}

# refused WORDS ARGUMENTS...: enrolment fails, and says so
refused() {
	local words=$1
	shift

	! fedctl trustpoint enroll "$tp" "$@" >"$WORK/out" 2>&1 && cat "$WORK/out" &&
		grep -q "$words" "$WORK/out"
}

enrolled() {
	fedctl trustpoint enroll "$tp" server $url reference 4711 secret-file "$WORK/secret"
}

logged() {
	grep -q "$1" "$LOGS/fedpatd.log"
}

failure_told() {
	busywait 20 logged "cert-renewal-failed: trustpoint '$tp'" &&
		fedctl counters show cert-renewal-failed | tee /dev/stderr | grep -q "cert-renewal-failed *[1-9]"
}

renewed() {
	fedctl reload && busywait 20 logged "trustpoint '$tp': renewed by $url"
}

renewals() {
	grep -c "trustpoint '$tp': renewed by\|cert-renewal-failed" "$LOGS/fedpatd.log"
}

# Three looks of the daemon later.
rests() {
	local before _

	before=$(renewals)
	for _ in 1 2 3; do
		fedctl reload || return
		sleep 3
	done
	tail -n 5 "$LOGS/fedpatd.log"
	[ "$(renewals)" = "$before" ]
}

mode_kept() {
	[ "$(stat -c %a "$WORK/certs/gw-public.key")" = 600 ] && [ ! -e "$WORK/certs/gw-public.key.next" ]
}

plan 13
check "no server there: told by name" refused "cannot be reached" server $url reference 4711 \
	secret-file "$WORK/secret"
check "a key waits, and a request" prepare first F1 25
check "the CMP server runs" server first
check "a wrong secret is told as such" refused "secret" server $url reference 4711 \
	secret-file "$WORK/wrong"
check "enrolment by reference and secret" enrolled
check "partners see the new certificate" busywait 20 shows first
server_stop
check "25 days are left and nobody renews: a warning" failure_told
# This server renews what has the serial number of its answer, and nothing else.
# It lives no longer than renew-before: it must not be asked for ever.
prepare second F1 28
server second
check "the daemon renews it" renewed
check "and partners see it" busywait 20 shows second
check "which ends the matter, although it is always due" rests
check "without a restart" kill -0 "$gateway"
check "the key is for its owner alone" mode_kept
check "nothing is wrong with it now" fedctl trustpoint check "$tp"
