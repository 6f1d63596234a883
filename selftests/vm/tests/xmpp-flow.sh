#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kernels: uml
# timeout: 400
#
# Real servers through the gateway, from a workflow's file to messages: Prosody and
# ejabberd on either side, every TLS mode, SASL EXTERNAL and dialback; behind one
# public address by ports, then behind one each. Presence and messages both ways;
# no inside address leaves. FEDPAT_XMPP_OTHER=prosody: Prosody in ejabberd's place, too.

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../../e2e/xmpp.sh"
need prosody dnsmasq python3 openssl tshark
[ "$XMPP_OTHER" = prosody ] || need erl

# list SUFFIX: as YAML
list() {
	domains "$1" | paste -sd, | sed 's/,/, /g; s/^/[/; s/$/]/'
}

# partner NAME KIND WAY TLS-MODE: of both companies of the partner's side
partner() {
	cat <<-YAML
		  - name: $1
		    kind: $2
		    domains: [$3.example.net, $3.example.org]
		    edge: edge.example.net
		    addresses: [198.51.100.20, 198.51.100.21]
		    tls_mode: $4
	YAML
}

# flow NODE2-PLACE: the workflow's file
flow() {
	cat <<-YAML
		workflow: xmpp
		name: contoso
		local_domains: $(list example.com)
		public_fqdn: imp-public.example.com
		public_address: 203.0.113.10
		inside_address: 192.0.2.1
		inside_interface: br0
		outside_interface: out0
		require_client_cert: no
		nodes:
		  - name: imp1
		    address: 192.0.2.11
		    fqdn: imp1.example.com
		  - name: imp2
		    address: 192.0.2.12
		    fqdn: imp2.example.com
		    $1
		    chat_aliases: $(list chat.example.com)
		partners:
	YAML
	partner imp imp ext default
	partner webex webex dial required
	partner opt other opt optional
	partner clear other clear optional
	partner sametime sametime none none
}

ctl() {
	ns gw "$FEDPAT_REPO/build/fedctl" "$@"
}

# flow_apply NODE2-PLACE
flow_apply() {
	flow "$1" >"$WORK/contoso.yaml"
	ctl federation lint "$WORK/contoso.yaml" && ctl federation plan "$WORK/contoso.yaml" \
		>"$LOGS/plan" && ctl federation apply "$WORK/contoso.yaml"
}

# pairs: arguments of xmpptalk.py
pairs() {
	local way

	for way in $XMPP_WAYS; do
		echo "$way-prosody-ejabberd node1 192.0.2.11 $way.example.com" \
			"partner 198.51.100.20 $way.example.net"
		echo "$way-ejabberd-prosody node2 192.0.2.12 $way.chat.example.com" \
			"partner 198.51.100.21 $way.example.org"
	done
}

# talk ROUND: all pairs; a result each
talk() {
	local name

	# shellcheck disable=SC2046 # words are arguments
	timeout "$(patience 150)" python3 "$FEDPAT_REPO/selftests/e2e/xmpptalk.py" 3 $(pairs) >"$LOGS/talk-$1.log" 2>&1
	ctl -j leg show >"$LOGS/legs-$1.json"
	for name in $(pairs | cut -d' ' -f1); do
		check "$1: $name: presence and messages both ways" talked "$name" "$LOGS/talk-$1.log"
	done
}

talked() {
	grep -q "^$1 ok" "$2" || { grep "^$1 " "$2"; return 1; }
}

# legs FILE: in TLS what should be, in clear what should be, nothing else
legs() {
	python3 - "$1" <<-'PY'
		import json, sys
		legs = json.load(open(sys.argv[1]))
		legs = legs if isinstance(legs, list) else legs["leg"]
		ways = {}
		for l in legs:
		    assert l["protocol"] == "xmpp", l
		    names = l["domain"][0].split("."), l["identity"].split(".")
		    assert names[0][0] == names[1][0], l
		    ways.setdefault(names[0][0], []).append(bool(l.get("starttls")))
		print({w: (len(v), all(v), any(v)) for w, v in ways.items()})
		assert set(ways) == {"ext", "dial", "opt", "clear", "none"}, ways
		for way, tls in ways.items():
		    # two pairs of servers, a stream each way at least, two legs a stream
		    assert len(tls) >= 8, (way, tls)
		    assert all(tls) if way in ("ext", "dial", "opt") else not any(tls), (way, tls)
	PY
}

# proved_by WAY MECHANISM LOG
proved_by() {
	grep -q "ccepted inbound s2s $2 authentication .*$1\." "$3" &&
		grep -q "ccepted outbound s2s $2 authentication $1\." "$3"
}

# proved WAY MECHANISM: so the ejabberds say, of streams in and out; Prosody names no domain
proved() {
	local suffix

	if [ "$XMPP_OTHER" = prosody ]; then
		grep -q "$2" "$LOGS/prosody-example.net.log"
		return
	fi
	for suffix in example.net chat.example.com; do
		proved_by "$1" "$2" "$LOGS/ejabberd-$suffix.log" && continue
		grep "s2s" "$LOGS/ejabberd-$suffix.log"
		return 1
	done
}

# What the partner's wire saw: only our public addresses.
hidden() {
	tshark -r "$LOGS/wire.pcap" -T fields -e ip.src -e ip.dst tcp 2>/dev/null >"$WORK/wire"
	grep -q "203\.0\.113\.1[02]" "$WORK/wire" && ! grep -q "192\.0\.2\." "$WORK/wire"
}

again() {
	ctl federation apply "$WORK/contoso.yaml" | grep "nothing to change"
}

status() {
	ctl federation status contoso | tee "$LOGS/status" || return
	! grep -q "^  failing" "$LOGS/status" && grep -q "^  done *objects" "$LOGS/status" &&
		grep -q "^  done *xmpp-service" "$LOGS/status"
}

removed() {
	ctl federation remove contoso && ctl save "$WORK/rest.yaml" &&
		! grep -E "^(federation|acl|zone|node|domain|static-pat|class-map|inspect):" \
			"$WORK/rest.yaml"
}

no_legs() {
	ctl status | grep -Eq 'legs +0'
}

plan 31
xmpp_world
xmpp_pki || fail_all "no certificates"
xmpp_dns 25269
spawn tshark ip netns exec partner tshark -q -i eth0 -w "$LOGS/wire.pcap"
check "the file is applied: one public address, a port for each node" flow_apply "digit: 2"
check "applied again it changes nothing" again
spawn fedpatd ip netns exec gw "$FEDPAT_REPO/build/fedpatd" --pidfile "$WORK/fedpatd.pid"
busywait 20 test -s "$WORK/fedpatd.pid" || fail_all "no daemon"
xmpp_prosody node1 example.com 192.0.2.11
"xmpp_$XMPP_OTHER" node2 chat.example.com 192.0.2.12
"xmpp_$XMPP_OTHER" partner example.net 198.51.100.20
xmpp_prosody partner example.org 198.51.100.21
talk ports
check "over legs of the kernel, in TLS where it should be" legs "$LOGS/legs-ports.json"
check "ext: SASL EXTERNAL proves the domains" proved ext EXTERNAL
check "dial: dialback proves them within TLS" proved dial dialback
check "none: dialback proves them in clear" proved none dialback
check "the checklist fails nowhere" status

xmpp_dns 5269 imp2.example.com
check "the file is changed: a public address for each node" flow_apply "public_address: 203.0.113.12"
talk addresses
check "no inside address on the partner's wire" hidden
check "removed, and nothing of it is left" removed
check "nor a leg" busywait 20 no_legs
