#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Many partners behind one address, sourced after scenario.sh: sippeer.py stands
# for the node and for the partners' edge, which shows by the name that it is
# asked for the certificate of that partner.

# shellcheck disable=SC2154,SC2034 # what spawn() sets; what the sourcing test reads

PEER=$E2E/sippeer.py

# partner_ca NAME: a CA
partner_ca() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
		-subj "/O=fedpat test/CN=CA of $1" -keyout "$PKI/$1-ca.key" -out "$PKI/$1-ca.pem" \
		-addext basicConstraints=critical,CA:true 2>/dev/null
}

# partner_cert NAME CA DNS-NAME
partner_cert() {
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$3" \
		-keyout "$PKI/$1.key" -out "$PKI/$1.csr" 2>/dev/null
	printf 'subjectAltName=DNS:%s\nextendedKeyUsage=serverAuth,clientAuth\n' "$3" >"$PKI/$1.ext"
	openssl x509 -req -in "$PKI/$1.csr" -CA "$PKI/$2-ca.pem" -CAkey "$PKI/$2-ca.key" -days 10 \
		-set_serial "0x$(openssl rand -hex 8)" -extfile "$PKI/$1.ext" -out "$PKI/$1.pem" 2>/dev/null
}

# files NAME CA: as sippeer.py wants them
files() {
	echo "$PKI/$1.pem:$PKI/$1.key:$PKI/$2.pem"
}

partners_dns() {
	cat >"$WORK/dnsmasq.conf" <<-CONF
		no-resolv
		no-hosts
		no-daemon
		user=root
		listen-address=198.51.100.53
		bind-interfaces
		host-record=edge.example.net,edge.alpha.example,edge.beta.example,198.51.100.20
		host-record=good.gamma.example,bad.gamma.example,198.51.100.20
		srv-host=_sipfederationtls._tcp.alpha.example,edge.alpha.example,5061,0,0
		srv-host=_sipfederationtls._tcp.beta.example,edge.beta.example,5061,0,0
		host-record=sip.open.example,198.51.100.20
		srv-host=_sipfederationtls._tcp.open.example,sip.open.example,5061,0,0
		srv-host=_sipfederationtls._tcp.example.net,edge.example.net,5061,0,0
		srv-host=_sipfederationtls._tcp.gamma.example,bad.gamma.example,5999,10,0
		srv-host=_sipfederationtls._tcp.gamma.example,good.gamma.example,5061,20,0
		srv-host=_sipfederationtls._tcp.aol.example,good.gamma.example,5061,20,0
		host-record=silent.gamma.example,198.51.100.98
		host-record=away.gamma.example,198.51.100.99
		srv-host=_sipfederationtls._tcp.noservice.example
		txt-record=_sipfederationtls._tcp.norecord.example,no SRV
		local=/com/
		local=/net/
		local=/example/
	CONF
	mkdir -p /etc/netns/gw
	echo "nameserver 198.51.100.53" >/etc/netns/gw/resolv.conf
	spawn dns ns dns dnsmasq -C "$WORK/dnsmasq.conf"
	busywait 10 listening dns udp 53 || fail_all "the DNS server does not start"
}

# partners_world: everybody but the policy of the partners
partners_world() {
	local name

	transport=tls1.3
	"$E2E/pki.sh" "$PKI"
	for name in alpha beta gamma; do
		partner_ca $name
		partner_cert edge-$name $name edge.$name.example
	done
	partner_cert edge-beta-of-alpha alpha edge.beta.example
	partner_cert good-gamma gamma good.gamma.example
	partner_cert bad-gamma gamma bad.gamma.example
	partner_cert edge-open public sip.open.example
	partner_cert edge-signed gamma sip.signed.example
	world_namespaces
	world_addresses
	partners_dns
	edge_up 5061
	spawn node ns node1 "$PEER" serve 192.0.2.11 5062 "$WORK/node.log" "$(files node1 inside-ca)"
	"$E2E/contoso.sh" tls "$PKI" >"$WORK/contoso.yaml"
	fedctl federation apply "$WORK/contoso.yaml" >"$LOGS/apply.log" 2>&1 ||
		fail_all "the policy is refused: $(cat "$LOGS/apply.log")"
	daemon_start fedpatd
	busywait 20 listening gw tcp 7061 || fail_all "the daemon does not listen"
}

# edge_up PORT
edge_up() {
	spawn edge ns edge "$PEER" serve 198.51.100.20 "$1" "$WORK/edge.log" \
		"$(files edge public-ca)" "edge.alpha.example=$(files edge-alpha public-ca)" \
		"edge.beta.example=$(files edge-beta public-ca)" \
		"good.gamma.example=$(files good-gamma public-ca)" \
		"bad.gamma.example=$(files bad-gamma public-ca)" \
		"sip.open.example=$(files edge-open public-ca)" \
		"sip.signed.example=$(files edge-signed public-ca)" \
		"sip.plain.example=$(files edge-signed public-ca)"
	edge_pid=$spawned
	busywait 10 listening edge tcp "$1" || fail_all "the edge does not start"
}

# partners_policy PARTNER...: peers, domains and anchors
partners_policy() {
	local name fed

	fed=$(fedctl -j federation show | python3 -c '
import json, sys
v = json.load(sys.stdin)
v = v if isinstance(v, list) else v.get("federation", v)
print(v[0]["name"] if isinstance(v, list) else v["name"])')
	FED=$fed
	for name; do
		[ "$name" != net ] || continue
		fedctl trustpoint add "ca-$name" ca "$PKI/$name-ca.pem" || fail_all "trustpoint $name"
		fedctl peer add "$name" federation "$fed" role outside domain "$name.example" \
			name-rule "suffix:.$name.example" ca "ca-$name" addr 198.51.100.20 \
			transport tls host "edge.$name.example" || fail_all "peer $name"
		fedctl domain add "$name.example" federation "$fed" peer "$name" || fail_all "domain $name"
	done
}

# inside_send TO...: over one connection of the node
inside_send() {
	ns node1 timeout "$(patience 40)" "$PEER" send 198.51.100.20 5061 "$(files node1 inside-ca)" alice@example.com "$@"
}

# outside_send CERT FROM: from the partners' address to us
outside_send() {
	ns edge timeout "$(patience 40)" "$PEER" send 203.0.113.10 5061 "$(files "$1" public-ca)" "$2" alice@example.com
}

counter() {
	fedctl -j counters | python3 -c '
import json, sys
v = json.load(sys.stdin)
v = v if isinstance(v, list) else v.get("counter", v.get("counters", []))
print(sum(int(c["value"]) for c in v if c["name"] == sys.argv[1]))' "$1"
}

# says_counter NAME COMMAND...: it fails, and the counter rises
says_counter() {
	local name=$1 before
	shift

	before=$(counter "$name")
	! "$@" || return
	[ "$(counter "$name")" -gt "${before:-0}" ]
}

refused_as() {
	says_counter "$@"
}

# says TEXT COMMAND...
says() {
	local text=$1 out
	shift

	out=$("$@" 2>&1)
	echo "$out"
	grep -q -- "$text" <<<"$out"
}

fedctl_says() {
	local text=$1
	shift

	says "$text" fedctl "$@"
}

# leg_of PEER: id of its leg
leg_of() {
	fedctl -j leg show | python3 -c '
import json, sys
legs = json.load(sys.stdin)
legs = legs if isinstance(legs, list) else legs.get("leg", legs.get("legs", []))
print(*[l["id"] for l in legs if l["peer"] == sys.argv[1]][:1])' "$1"
}
