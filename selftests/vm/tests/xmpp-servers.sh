#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kernels: uml
# timeout: 400
#
# Real servers through the gateway: Prosody is ours, Prosody the partner's, with
# TLS required and SASL EXTERNAL, then in clear with dialback. Messages and presence
# both ways; no inside address leaves.

. "$(dirname "$0")/../lib.sh"
need prosody dnsmasq python3 openssl tshark
build=$FEDPAT_REPO/build
E2E=$FEDPAT_REPO/selftests/e2e

world() {
	setup_ns node1 gw partner
	link_ns node1 eth0 gw in0
	link_ns gw out0 partner eth0
	addr_ns node1 eth0 192.0.2.11/24
	addr_ns gw in0 192.0.2.1/24
	addr_ns gw out0 203.0.113.10/24
	addr_ns partner eth0 198.51.100.20/24
	forward_ns gw
	ip -n node1 route add default via 192.0.2.1
	ip -n gw route add 198.51.100.0/24 dev out0
	ip -n partner route add default dev eth0
	cat >"$WORK/dns.conf" <<-CONF
		no-resolv
		no-hosts
		no-daemon
		user=root
		port=53
		host-record=xmpp.example.com,203.0.113.10
		host-record=xmpp.example.net,198.51.100.20
		srv-host=_xmpp-server._tcp.example.com,xmpp.example.com,5269,0,0
		srv-host=_xmpp-server._tcp.example.net,xmpp.example.net,5269,0,0
		local=/com/
		local=/net/
	CONF
	local host
	for host in node1 partner; do
		mkdir -p "/etc/netns/$host"
		echo "nameserver 127.0.0.1" >"/etc/netns/$host/resolv.conf"
		spawn "dns-$host" ip netns exec "$host" dnsmasq -C "$WORK/dns.conf" --listen-address=127.0.0.1 \
			--bind-interfaces --pid-file="$WORK/dns-$host.pid"
	done
}

# pki DOMAIN: a certificate of one CA for both
pki() {
	(
		cd "$WORK" || exit
		umask 077
		[ -e ca.key ] || openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 \
			-nodes -keyout ca.key -out ca.pem -days 10 -subj /CN=ca
		openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" \
			-out "$1.csr" -subj "/CN=$1"
		echo "subjectAltName=DNS:$1" >"$1.ext"
		openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -set_serial "0x$RANDOM" \
			-days 9 -extfile "$1.ext" -out "$1.pem"
	) >"$LOGS/pki-$1.log" 2>&1
}

# server HOST DOMAIN ADDRESS MODE: required or none
server() {
	local host=$1 domain=$2 addr=$3 tls=true dir=$WORK/$2-$4

	mkdir -p "$dir/data"
	[ "$4" = required ] || tls=false
	cat >"$dir/prosody.cfg.lua" <<-LUA
		pidfile = "$dir/pid"; data_path = "$dir/data"; run_as_root = true; daemonize = false
		interfaces = { "$addr", "127.0.0.1" }
		modules_enabled = { "roster"; "saslauth"; $([ "$4" = none ] || echo '"tls";') "dialback"; "disco"; "presence"; "message"; "iq" }
		modules_disabled = { "s2s_bidi"; "posix" }
		c2s_require_encryption = false; allow_unencrypted_plain_auth = true
		s2s_require_encryption = $tls; s2s_secure_auth = $tls
		authentication = "internal_plain"
		ssl = { key = "$WORK/$domain.key"; certificate = "$WORK/$domain.pem"; cafile = "$WORK/ca.pem"; verify = { "peer" } }
		log = { debug = "$LOGS/$domain-$4.log" }
		VirtualHost "$domain"
	LUA
	spawn "prosody-$domain-$4" ip netns exec "$host" prosody -F --config "$dir/prosody.cfg.lua"
	server_pids+=("$spawned")
	busywait 40 listening "$host" tcp 5269 || fail_all "Prosody of $domain does not start"
	ns_etc "$host" prosodyctl --config "$dir/prosody.cfg.lua" register "u" "$domain" pw \
		>"$LOGS/register-$domain-$4.log" 2>&1
}

policy() {
	cat <<-YAML
		zone:
		  inside: { role: inside, interface: [in0] }
		  outside: { role: outside, interface: [out0], access-list: partner-in }
		acl:
		  partner-in:
		    entries:
		      - permit tcp from 198.51.100.20 to 203.0.113.10 port 5269
		  xmpp-out:
		    entries:
		      - permit tcp from 192.0.2.0/24 to any port 5269
		inspect:
		  xmpp: { type: xmpp, tls: $1 }
		federation:
		  chat:
		    public-addr: [203.0.113.10]
		    inside-addr: 192.0.2.1
		    local-domain: [example.com]
		    inspect: xmpp
		tls-proxy:
		  chat-in: { federation: chat, zone: outside, listener-port: 15269, transport: tcp }
		  chat-out: { federation: chat, zone: inside, listener-port: 15270, transport: tcp }
		node:
		  xmpp1: { federation: chat, listener: "192.0.2.11:5269", transport: tcp }
		domain:
		  example.net: { federation: chat }
		pat:
		  nodes: { zone: outside, src: 192.0.2.0/24, to-addr: 203.0.113.10 }
		static-pat:
		  xmpp1: { federation: chat, proto: tcp, zone: outside,
		    public: "203.0.113.10:5269", node: "192.0.2.11:5269" }
		class-map:
		  in: { order: 1, zone: outside, access-list: partner-in, inspect: xmpp,
		    tls-proxy: chat-in }
		  out: { order: 2, zone: inside, access-list: xmpp-out, inspect: xmpp,
		    tls-proxy: chat-out }
	YAML
}

ctl() {
	ns gw "$build/fedctl" "$@"
}

# talk MODE: a user of each, messages and presence both ways
talk() {
	local mode=$1 answerer status

	spawn "answer-$mode" ip netns exec partner python3 "$E2E/xmppuser.py" 198.51.100.20 example.net u \
		u@example.com/r answer 5
	answerer=$spawned
	busywait 20 grep -q online "$LOGS/answer-$mode.log" || return
	ns node1 timeout "$(patience 90)" python3 "$E2E/xmppuser.py" 192.0.2.11 example.com u \
		u@example.net/r send 5 >"$LOGS/send-$mode.log" 2>&1
	status=$?
	wait "$answerer" || status=1
	diag <"$LOGS/send-$mode.log"
	grep -q "presence seen" "$LOGS/answer-$mode.log" || status=1
	ctl -j leg show >"$LOGS/legs-$mode.json"
	return $status
}

# scenario MODE
scenario() {
	server_pids=()
	policy "$1" >"$WORK/policy.yaml"
	check "$1: the policy is applied" ctl apply "$WORK/policy.yaml"
	server node1 example.com 192.0.2.11 "$1"
	server partner example.net 198.51.100.20 "$1"
	check "$1: messages and presence pass both ways" talk "$1"
	check "$1: over raw legs of the kernel" grep -q xmpp "$LOGS/legs-$1.json"
	local pid
	for pid in "${server_pids[@]}"; do
		reap "$pid"
	done
	busywait 20 eval '! listening node1 tcp 5269 && ! listening partner tcp 5269'
}

external() {
	grep -hq "EXTERNAL" "$LOGS/example.com-required.log" "$LOGS/example.net-required.log"
}

dialback() {
	grep -hq "dialback" "$LOGS/example.net-none.log"
}

# What the partner's wire saw: only our public address.
hidden() {
	! tshark -r "$LOGS/wire.pcap" -T fields -e ip.src -e ip.dst tcp 2>/dev/null |
		grep -q "192\.0\.2\."
}

plan 9
world
pki example.com
pki example.net
spawn tshark ip netns exec partner tshark -q -i eth0 -w "$LOGS/wire.pcap"
spawn fedpatd ip netns exec gw "$build/fedpatd" --pidfile "$WORK/fedpatd.pid"
busywait 20 test -s "$WORK/fedpatd.pid" || fail_all "no daemon"
scenario required
check "required: the servers used SASL EXTERNAL" external
scenario none
check "none: the servers used dialback" dialback
check "no inside address on the partner's wire" hidden
