#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kernels: 6.1 uml
# timeout: 300
#
# XMPP streams through module and daemon, both far ends driven octet by octet:
# two nodes behind one address by their ports, both directions, every TLS mode,
# bytes glued behind <proceed/> and cut at every offset, refusals by name, and
# a daemon that is killed while a stream stands.

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../../e2e/xmpp.sh"
need python3
far=$FEDPAT_REPO/selftests/net/xmppfar.py
build=$FEDPAT_REPO/build

policy() {
	cat <<-'YAML'
		zone:
		  inside: { role: inside, interface: [br0] }
		  outside: { role: outside, interface: [out0], access-list: partner-in }
		acl:
		  partner-in:
		    entries:
		      - permit tcp from 198.51.100.20 to 203.0.113.10 port 5269
		      - permit tcp from 198.51.100.20 to 203.0.113.10 port 25269
		      - permit tcp from 198.51.100.20 to 203.0.113.10 port 35269
		  xmpp-out:
		    entries:
		      - permit tcp from 192.0.2.0/24 to any port 5269
		inspect:
		  xmpp: { type: xmpp, tls: required }
		federation:
		  chat:
		    public-addr: [203.0.113.10]
		    inside-addr: 192.0.2.1
		    local-domain: [example.com, "*.example.com"]
		    inspect: xmpp
		tls-proxy:
		  chat-in: { federation: chat, zone: outside, listener-port: 15269, transport: tcp }
		  chat-out: { federation: chat, zone: inside, listener-port: 15270, transport: tcp }
		node:
		  xmpp1: { federation: chat, listener: "192.0.2.11:5269", transport: tcp }
		  xmpp2: { federation: chat, listener: "192.0.2.12:5269", transport: tcp }
		domain:
		  example.net: { federation: chat }
		  "*.example.org": { federation: chat, direction: in }
		  optional.example: { federation: chat, tls: optional }
		  none.example: { federation: chat, tls: none }
		  out.example: { federation: chat, direction: out }
		  inclear.example: { federation: chat, direction: in, tls: none }
		  blocked.example: { federation: chat, blocked: true }
		pat:
		  nodes: { zone: outside, src: 192.0.2.0/24, to-addr: 203.0.113.10 }
		static-pat:
		  xmpp1: { federation: chat, proto: tcp, zone: outside, order: 1,
		    public: "203.0.113.10:5269", node: "192.0.2.11:5269" }
		  xmpp2: { federation: chat, proto: tcp, zone: outside, order: 2,
		    public: "203.0.113.10:25269", node: "192.0.2.12:5269" }
		class-map:
		  in: { order: 1, zone: outside, access-list: partner-in, inspect: xmpp,
		    tls-proxy: chat-in }
		  out: { order: 2, zone: inside, access-list: xmpp-out, inspect: xmpp,
		    tls-proxy: chat-out }
	YAML
}

daemon_start() {
	rm -f "$WORK/fedpatd.pid"
	spawn "$1" ns gw "$build/fedpatd" --pidfile "$WORK/fedpatd.pid"
	busywait 20 test -s "$WORK/fedpatd.pid" && busywait 10 listening gw tcp 15269
}

ctl() {
	ns gw "$build/fedctl" "$@"
}

# counted NAME...: each has been counted
counted() {
	local name

	for name; do
		ctl -j counters | python3 -c '
import json, sys
rows = json.load(sys.stdin)
print({r["name"]: r["value"] for r in rows}[sys.argv[1]] > 0)' "$name" | grep -q True ||
			{ echo "not counted: $name"; return 1; }
		grep -q "refused $name: " "$LOGS"/fedpatd*.log ||
			{ echo "not in the log: $name"; return 1; }
	done
}

no_legs() {
	ctl status | grep -Eq 'legs +0'
}

# A stream that stands outlives the daemon, is adopted, and shown for what it is.
killed() {
	mkfifo "$WORK/go"
	exec 7<>"$WORK/go"
	spawn hold bash -c "exec python3 '$far' node1 node2 partner hold <'$WORK/go'"
	busywait 20 grep -q stands "$LOGS/hold.log" || return
	ctl -j leg show >"$LOGS/legs.json"
	kill -9 "$(cat "$WORK/fedpatd.pid")"
	daemon_start fedpatd-again || return
	busywait 10 grep -q "2 living legs adopted" "$LOGS/fedpatd-again.log" || return
	echo >&7
	busywait 10 grep -q passed "$LOGS/hold.log"
}

shown() {
	python3 - "$LOGS/legs.json" <<-'PY'
		import json, sys
		legs = json.load(open(sys.argv[1]))
		legs = legs if isinstance(legs, list) else legs["leg"]
		out = next(l for l in legs if l["role"] == "outside")
		node = next(l for l in legs if l["role"] == "inside")
		assert out["protocol"] == node["protocol"] == "xmpp", legs
		assert out["starttls"] and out["domain"] == ["example.net"], out
		assert out["identity"] == "example.com" and out["peer"] == "example.net", out
		assert node["peer"] == "xmpp1" and node["domain"] == ["example.com"], node
		assert out["link"] == [node["id"]], (out, node)
	PY
}

plan 7
xmpp_world
addr_ns node1 eth0 192.0.2.77/24
policy >"$WORK/policy.yaml"
check "the policy is applied" ctl apply "$WORK/policy.yaml" || fail_all "no policy"
check "the daemon listens" daemon_start fedpatd || fail_all "no daemon"
timeout "$(patience 200)" python3 "$far" node1 node2 partner >"$LOGS/far.log" 2>&1
status=$?
diag <"$LOGS/far.log"
result "streams" $status
check "every refusal is counted and logged under its name" counted xmpp-not-xml xmpp-direct-tls \
	xmpp-restricted-xml xmpp-too-long xmpp-namespace xmpp-to-missing xmpp-from-missing \
	xmpp-domain-malformed xmpp-version xmpp-from-not-allowed xmpp-to-not-allowed \
	xmpp-direction xmpp-tls-not-offered xmpp-stanza-before-tls xmpp-tls-forbidden \
	xmpp-not-tls xmpp-tls-failed xmpp-timeout xmpp-stream-error xmpp-closed xmpp-no-node \
	peer-address
check "no leg is left" busywait 10 no_legs
check "a stream outlives kill -9 of the daemon and is adopted" killed
check "leg show tells protocol, domains and TLS" shown
