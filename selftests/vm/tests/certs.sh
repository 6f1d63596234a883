#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# faults: yes
# kernels: uml
# timeout: 500
#
# Certificates while the gateway runs: exchange, revocation by list, OCSP and
# staple in both roles, what happens when nobody answers, legs that a changed mode
# forbids, warnings before the end, the end itself, and a thousand reloads under traffic.

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../../e2e/scenario.sh"
need kamailio sipp dnsmasq python3 openssl

transport=tls1.3
"$E2E/pki.sh" "$PKI"
public=203.0.113.10
responder=http://198.51.100.20:8888
export FEDPAT_CERTDIR=$WORK/certs FEDPAT_RUNDIR=$WORK

# edge_cert NAME SERIAL STATUS: one more certificate of the partner, in the
# responder's index as V (good) or R (revoked)
edge_cert() {
	local name=$1 serial=$2 status=$3 revoked=

	[ "$status" = V ] || revoked=260101000000Z
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$PKI/$name.key"
	openssl req -new -key "$PKI/$name.key" -subj "/CN=edge.example.net" -out "$PKI/$name.csr"
	openssl x509 -req -in "$PKI/$name.csr" -CA "$PKI/public-ca.pem" -CAkey "$PKI/public-ca.key" \
		-set_serial "0x$serial" -days 10 -out "$PKI/$name.pem" \
		-extfile <(echo "subjectAltName=DNS:edge.example.net,DNS:example.net"
			echo "extendedKeyUsage=serverAuth,clientAuth")
	# OpenSSL's index wants each subject once
	printf '%s\t361231000000Z\t%s\t%s\tunknown\t/CN=%s\n' \
		"$status" "$revoked" "$serial" "$name" >>"$PKI/index.txt"
}

pki_more() {
	local serial

	: >"$PKI/index.txt"
	edge_cert good1 A1 V
	edge_cert bad1 B1 R
	edge_cert bad2 B2 R
	edge_cert good2 A2 V
	edge_cert good3 A3 V
	edge_cert good4 A4 V
	serial=$(openssl x509 -in "$PKI/gw-public.pem" -noout -serial | cut -d= -f2)
	printf 'V\t361231000000Z\t\t%s\tunknown\t/CN=x\n' "$serial" >>"$PKI/index.txt"
	cat >"$PKI/crl.cnf" <<-CONF
		[ca]
		default_ca = c
		[c]
		database = $PKI/index.txt
		default_md = sha256
		default_crl_days = 5
	CONF
	openssl ca -gencrl -config "$PKI/crl.cnf" -cert "$PKI/public-ca.pem" \
		-keyfile "$PKI/public-ca.key" -out "$PKI/public.crl"
	openssl ca -gencrl -config "$PKI/crl.cnf" -crlsec 1 -cert "$PKI/public-ca.pem" \
		-keyfile "$PKI/public-ca.key" -out "$PKI/old.crl"
}
pki_more >"$LOGS/pki.log" 2>&1
world_namespaces
world_addresses
scenario_servers

tp=$(fedctl -j trustpoint show | python3 -c '
import json, sys
t = json.load(sys.stdin)
print(next(x["name"] for x in t if "gw-public" in x.get("cert", "")))')
diag "trustpoint $tp"

counter() {
	fedctl -j counters show "$1" | python3 -c '
import json, sys
c = json.load(sys.stdin)
print(int(c[0]["value"]))'
}

moved() {
	[ "$(counter "$1")" -gt "$2" ]
}

# counts REASON COMMAND...: the command makes that counter move
counts() {
	local reason=$1 before
	shift

	before=$(counter "$reason")
	"$@" || { echo "status $?: $*"; return 1; }
	busywait 10 moved "$reason" "$before" && return
	fedctl counters
	tail -n 3 "$LOGS/fedpatd.log"
	return 1
}

# shake CERT [s_client options...]
shake() {
	local cert=$1
	shift

	ns edge timeout "$(patience 10)" openssl s_client -connect $public:5061 -cert "$PKI/$cert.pem" \
		-key "$PKI/$cert.key" "$@" </dev/null >"$WORK/shake" 2>&1
	return 0
}

ups() {
	grep -c "leg .* up: accepted" "$LOGS/fedpatd.log"
}

more_ups() {
	[ "$(ups)" -gt "$1" ]
}

# passes CERT: it becomes a leg
passes() {
	local before
	before=$(ups)
	shake "$1"
	busywait 10 more_ups "$before" && return
	tail -n 3 "$LOGS/fedpatd.log"
	return 1
}

# hold CERT: a leg of it that stands, its id in $held
hold() {
	local before
	before=$(ups)
	spawn "hold-$1" ns edge openssl s_client -connect $public:5061 -cert "$PKI/$1.pem" \
		-key "$PKI/$1.key" -ign_eof
	busywait 10 more_ups "$before" || return
	held=$(sed -n 's/.*leg \([0-9]*\) up: accepted.*/\1/p' "$LOGS/fedpatd.log" | tail -n 1)
}

stands() {
	[[ " $(leg_ids) " = *" $1 "* ]]
}

# closed ID REASON: by the daemon, under that name
closed() {
	grep -q "leg $1 closed: $2" "$LOGS/fedpatd.log" && ! stands "$1"
}

# The new daemon knows no answer, and nobody gives it one.
stands_again() {
	counts tls-revocation-unknown shake good2 || return
	sleep 3
	stands "$1"
}

reloads() {
	grep -c 'in force' "$LOGS/fedpatd.log"
}

reloaded() {
	[ "$(reloads)" -gt "$1" ]
}

# with ATTRIBUTES...: the trustpoint is changed, and the daemon knows it
with() {
	local before
	before=$(reloads)
	fedctl trustpoint set "$tp" "$@" || return
	busywait 10 reloaded "$before"
}

responder_start() {
	spawn ocsp ns edge sh -c "echo \$\$ >$WORK/ocsp.pid; exec openssl ocsp -port 8888 -nmin 60 \
		-index $PKI/index.txt -CA $PKI/public-ca.pem -rsigner $PKI/public-ca.pem \
		-rkey $PKI/public-ca.key"
	busywait 10 listening edge tcp 8888
}

stapled() {
	shake good1 -status
	grep -q "OCSP Response Status: successful" "$WORK/shake"
}

# A server whose staple is all there is: its responder is gone.
dials_stapled() {
	ns edge openssl ocsp -index "$PKI/index.txt" -CA "$PKI/public-ca.pem" -rsigner \
		"$PKI/public-ca.pem" -rkey "$PKI/public-ca.key" -issuer "$PKI/public-ca.pem" \
		-cert "$PKI/good4.pem" -reqout "$WORK/req.der" -nmin 60 || return
	ns edge openssl ocsp -index "$PKI/index.txt" -CA "$PKI/public-ca.pem" -rsigner \
		"$PKI/public-ca.pem" -rkey "$PKI/public-ca.key" -reqin "$WORK/req.der" \
		-respout "$WORK/staple.der" -nmin 60 || return
	kill "$(cat "$WORK/edge/pid")"
	busywait 20 edge_gone || return
	spawn stapler ns edge openssl s_server -accept 198.51.100.20:5061 -cert "$PKI/good4.pem" \
		-key "$PKI/good4.key" -CAfile "$PKI/public-ca.pem" -Verify 3 -status_file "$WORK/staple.der" \
		-num_tickets 0 -rev
	busywait 10 listening edge tcp 5061 || return
	world_uac node1 5070 pager $ALICE $BOB "$(contact alice)" -key media_host x
	tail -n 40 "$LOGS/fedpatd.log" | grep "up: dialled"
}

edge_gone() {
	! listening edge tcp 5061
}

# The clock is the VM's own; this process's sense of time is not.
warned_days() {
	fedctl monitor warning count 1 timeout "$(patience 30)" >"$WORK/monitor" &
	local watcher=$!
	sleep 1
	date -s "+4 days" >/dev/null
	wait $watcher
	cat "$WORK/monitor"
	grep -q "cert-ends-soon.*ends in 5 days" "$WORK/monitor" ||
		grep "ends in 5 days" "$LOGS/fedpatd.log"
}

status_warns() {
	fedctl status | tee /dev/stderr | grep -q "certs .*ends in"
}

exported() {
	fedctl metrics >"$WORK/metrics" && head -n 5 "$WORK/metrics" &&
		grep -q "^fedpat_certificate_expires_seconds{trustpoint=\"$tp\",kind=\"identity\"" \
			"$WORK/metrics" &&
		grep -q '^fedpat_events_total{name="cert-ends-soon"} [1-9]' "$WORK/metrics"
}

flat() {
	local uas uac small files rss fds

	world_uas edge 5080 pager -key contact "$BOB_GRUU" -key me $BOB -key media_host x -m 60
	uas=$spawned
	world_uac node1 5070 pager $ALICE $BOB "$(contact alice)" -key media_host x -m 60 -r 2 &
	uac=$!
	selftests/net/reload.py "$gateway" "$LOGS/fedpatd.log" "${RELOADS:-1000}" >"$WORK/flat" || return
	{ read -r small files; read -r rss fds; } <"$WORK/flat"
	echo "resident $small KiB, $files files after a tenth; $rss KiB, $fds files at the end"
	{ wait $uac && wait "$uas"; } || { echo "messages were lost"; return 1; }
	# the answers of malloc wobble by pages, a leak of one context would be megabytes
	[ "$files" = "$fds" ] && [ "$rss" -le $((small + 2048)) ]
}

explained() {
	fedctl trustpoint show "$tp" >"$WORK/show" && cat "$WORK/show" &&
		grep -q "partners that dial in: tls-proxy .* federation 'contoso'" "$WORK/show" &&
		grep -q "belongs to it" "$WORK/show" && grep -q "clientAuth" "$WORK/show"
}

exchange() {
	ns_etc gw "$ROOT/build/fedctl" trustpoint exchange example.net "$@" </dev/null
}

exchanged() {
	exchange >"$WORK/exchange" && cat "$WORK/exchange" &&
		grep -q "none: it chains to CN=Public CA" "$WORK/exchange"
}

# The partner's CA is taken out, refused by a wrong fingerprint, and put back.
trusted_anew() {
	local print old

	print=$(openssl x509 -in "$PKI/public-ca.pem" -noout -fingerprint -sha256 | cut -d= -f2)
	old=$(fedctl -j trustpoint show "$tp" | python3 -c 'import json, sys; print(json.load(sys.stdin)["ca"])')
	cp "$PKI/other-ca.pem" "$WORK/bundle.pem"
	fedctl trustpoint set "$tp" ca "$WORK/bundle.pem" || return
	exchange | grep -q "+ CN=Public CA" || return
	! exchange --yes "00${print#??}" || return
	! exchange | grep -q "none: it chains" || return
	exchange --yes "$print" && exchange | grep -q "none: it chains" || return
	fedctl trustpoint set "$tp" ca "$old"
}

told_ended() {
	! fedctl trustpoint check "$tp" >"$WORK/check" && cat "$WORK/check" &&
		grep -q "WRONG $tp: it ended" "$WORK/check"
}

plan 28
check "legs stand" out pager alice node1 5070
check "what is shown is explained" explained
check "exchange: the partner is trusted already" exchanged
check "exchange: trusted anew, on his fingerprint only" trusted_anew
# Whose CA was taken out lost its leg: it stands again from here on.
out pager alice node1 5070 >/dev/null
before=$(leg_ids)
flat >"$WORK/flat.out" 2>&1
result "${RELOADS:-1000} reloads under traffic: nothing lost, memory and files flat" $?
diag <"$WORK/flat.out"
check_equal "and the same legs" "$before" "$(leg_ids)"

check "no list yet: the revoked one passes" passes bad1
check "a list is read" with crl "$PKI/public.crl"
check "the list revokes it" counts tls-cert-revoked shake bad1
check "and no other" passes good1
responder_start
with no crl revocation hard ocsp "$responder"
result "an OCSP responder is asked" $?
check "which says good" passes good2
check "or revoked" counts tls-cert-revoked shake bad2
check "our own answer is stapled" busywait 20 stapled
kill "$(cat "$WORK/ocsp.pid")"
check "nobody answers, hard: refused" counts tls-revocation-unknown shake good3
check "the server's own staple is enough" dials_stapled
with revocation soft
check "nobody answers, soft: a warning" counts revocation-not-checked shake good3
hold good3
unknown=$held
hold good4
known=$held
with revocation hard
check "soft becomes hard: a leg that nobody answers for is closed by name" \
	busywait 10 closed "$unknown" tls-revocation-unknown
check "and none whose staple said good" stands "$known"
daemon_stop KILL
daemon_start fedpatd
busywait 20 listening gw tcp 7061
check "which a restart does not close, though the new daemon learns nothing" stands_again "$known"
with revocation soft
with revocation hard
check "but the next change does, for it knows the chain" \
	busywait 10 closed "$known" tls-revocation-unknown
with revocation soft crl "$PKI/old.crl"
hold good1
with no revocation
check "lists alone decide, and theirs is old: closed by name" \
	busywait 10 closed "$held" tls-revocation-unknown
with no crl revocation soft
check "warnings before the end, as events" warned_days
check "in the status" status_warns
check "and for Prometheus" exported
date -s "+10 days" >/dev/null
check "behind the end: refused" counts tls-cert-expired shake good1
check "and ours is told" told_ended
check "and nobody else is hurt: the daemon runs" kill -0 "$gateway"
date -s "-14 days" >/dev/null
