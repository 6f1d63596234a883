#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Sourced in the guest after selftests/vm/lib.sh: one partner, one node, and what
# may lie between them, side by side so that variants can run in turn.
#
#	edge 198.51.100.20 --+---------- direct -----------+-- node 192.0.2.11
#	                     +-- gw  203.0.113.10 192.0.2.1 +	fedpat
#	                     +-- rv  203.0.113.20 192.0.2.2 +	HAProxy, Kamailio
#
# Before it: transport=tcp, tls1.2 or tls1.3.

# shellcheck disable=SC2154,SC2034 # transport is the caller's, spawned is spawn()'s, serve_pid the users'
# shellcheck disable=SC2119,SC2120 # who passes bench_serve() its option is elsewhere

# Checked by itself: in one piece with this file it takes shellcheck 13 GB.
# shellcheck source=/dev/null
. "$(dirname "${BASH_SOURCE[0]}")/../e2e/scenario.sh"

load=$FEDPAT_REPO/build/net/sipload
[ -x "$load" ] || fail_all "$load is not built; run: make net-programs"

bench_tls() {
	case $transport in
	tls*) return 0 ;;
	*) return 1 ;;
	esac
}

# bench_creds CERT: options of sipload for that certificate
bench_creds() {
	! bench_tls || echo "tls=${transport#tls} cert=$PKI/$1.pem key=$PKI/$1.key ca=$PKI/both-ca.pem"
}

bench_ports() {
	node_port=5060 public_port=5060
	! bench_tls || node_port=5062 public_port=5061
}

# between NS PUBLIC INSIDE: a gateway's two links
between() {
	link_ns edge "$1" "$1" out0
	link_ns node "$1" "$1" in0
	addr_ns "$1" out0 "$2/32"
	addr_ns "$1" in0 "$3/32"
	ip -n edge route add "$2" dev "$1" src 198.51.100.20
	ip -n node route add "$3" dev "$1" src 192.0.2.11
	ip -n "$1" route add 198.51.100.20 dev out0 src "$2"
	ip -n "$1" route add 192.0.2.11 dev in0 src "$3"
}

bench_world() {
	[ -d "$PKI" ] || "$E2E/pki.sh" "$PKI"
	bench_ports
	setup_ns edge node gw rv
	addr_ns edge lo 198.51.100.20/32
	addr_ns node lo 192.0.2.11/32
	link_ns edge direct node direct
	ip -n edge route add 192.0.2.11 dev direct src 198.51.100.20
	ip -n node route add 198.51.100.20 dev direct src 192.0.2.11
	between gw 203.0.113.10 192.0.2.1
	between rv 203.0.113.20 192.0.2.2
	bench_serve
}

# bench_serve [once=1]: the responder
bench_serve() {
	# shellcheck disable=SC2046 # options
	spawn serve ns node "$load" serve "to=192.0.2.11:$node_port" $(bench_creds node1) "$@"
	serve_pid=$spawned
	busywait 10 listening node tcp "$node_port" || fail_all "the responder does not listen"
}

# --- ours ---------------------------------------------------------------------

bench_kind() {
	if bench_tls; then echo tls; else echo tcp; fi
}

bench_ours() {
	"$E2E/contoso.sh" "$(bench_kind)" "$PKI" | sed 's/br0/in0/' >"$WORK/contoso.yaml"
	fedctl federation apply "$WORK/contoso.yaml" >"$LOGS/apply.log" 2>&1 ||
		fail_all "the policy is refused: $(cat "$LOGS/apply.log")"
	fedctl settings set max-legs 4096 >"$LOGS/settings.log" 2>&1
	daemon_start fedpatd
	busywait 20 bench_listens || fail_all "the daemon does not listen"
}

bench_listens() {
	ns gw ss -Hltnp | grep -q fedpatd
}

# --- rivals -------------------------------------------------------------------

bench_haproxy() {
	local front="" back="" versions="" threads=${FEDPAT_BENCH_HAPROXY_THREADS:+nbthread $FEDPAT_BENCH_HAPROXY_THREADS}

	if bench_tls; then
		cat "$PKI/gw-public.pem" "$PKI/gw-public.key" >"$WORK/ha-public.pem"
		cat "$PKI/gw-inside.pem" "$PKI/gw-inside.key" >"$WORK/ha-inside.pem"
		front="ssl crt $WORK/ha-public.pem ca-file $PKI/public-ca.pem verify required"
		back="ssl crt $WORK/ha-inside.pem ca-file $PKI/inside-ca.pem verify required"
		back+=" verifyhost imp1.example.com no-ssl-reuse"
		versions="ssl-min-ver TLSv${transport#tls} ssl-max-ver TLSv${transport#tls} no-tls-tickets"
	fi
	cat >"$WORK/haproxy.cfg" <<-CONF
		global
		  maxconn 8000
		  $threads
		  ${versions:+ssl-default-bind-options $versions}
		  ${versions:+ssl-default-server-options $versions}
		defaults
		  mode tcp
		  timeout connect 60s
		  timeout client 1h
		  timeout server 1h
		frontend f
		  bind 203.0.113.20:6061 $front
		  default_backend b
		backend b
		  server s 192.0.2.11:$node_port $back
	CONF
	spawn haproxy ns rv haproxy -db -f "$WORK/haproxy.cfg"
	busywait 20 listening rv tcp 6061 ||
		fail_all "HAProxy does not start: $(tail -n 5 "$LOGS/haproxy.log")"
}

bench_kamailio() {
	local kind=tcp tls=no

	mkdir -p "$WORK/kamailio"
	! bench_tls || kind=tls tls=yes
	cat >"$WORK/kamailio/tls.cfg" <<-CONF
		[server:default]
		method = TLSv${transport#tls}$([ "$transport" = tls1.2 ] || echo +)
		verify_certificate = yes
		require_certificate = yes
		private_key = $PKI/gw-public.key
		certificate = $PKI/gw-public.pem
		ca_list = $PKI/public-ca.pem
		[client:default]
		method = TLSv${transport#tls}$([ "$transport" = tls1.2 ] || echo +)
		verify_certificate = yes
		require_certificate = yes
		private_key = $PKI/gw-inside.key
		certificate = $PKI/gw-inside.pem
		ca_list = $PKI/inside-ca.pem
	CONF
	sed -i 's/TLSv1.3+/TLSv1.2+/' "$WORK/kamailio/tls.cfg"
	cat >"$WORK/kamailio/kamailio.cfg" <<-CONF
		#!KAMAILIO
		debug=0
		log_stderror=yes
		fork=yes
		children=1
		tcp_children=2
		tcp_connection_lifetime=3600
		tcp_max_connections=4096
		enable_tls=$tls
		dns=no
		rev_dns=no
		auto_aliases=no
		listen=$kind:203.0.113.20:$public_port
		listen=$kind:192.0.2.2:$public_port
		mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules"
		loadmodule "pv.so"
		loadmodule "sl.so"
		$(! bench_tls || printf 'loadmodule "tls.so"\nmodparam("tls", "config", "%s")\n' \
			"$WORK/kamailio/tls.cfg")
		request_route {
			force_rport();
			\$du = "sip:192.0.2.11:$node_port;transport=$kind";
			\$fs = "$kind:192.0.2.2:$public_port";
			forward();
			exit;
		}
	CONF
	spawn kamailio ns rv kamailio -f "$WORK/kamailio/kamailio.cfg" -DD -E -m 256 -M 16 \
		-Y "$WORK/kamailio" -P "$WORK/kamailio/pid"
	busywait 30 listening rv tcp "$public_port" ||
		fail_all "Kamailio does not start: $(tail -n 5 "$LOGS/kamailio.log")"
}

# --- one run ------------------------------------------------------------------

# Only who is measured may run.
bench_freeze() {
	local name

	for name in haproxy kamailio; do
		if [ "$name" = "$1" ]; then
			pkill -CONT -x "$name"
		else
			pkill -STOP -x "$name"
		fi
	done
	true
}

bench_to() {
	case $1 in
	direct) echo "192.0.2.11:$node_port" ;;
	ours) echo "203.0.113.10:$public_port" ;;
	haproxy) echo 203.0.113.20:6061 ;;
	kamailio) echo "203.0.113.20:$public_port" ;;
	esac
}

# bench_run VARIANT MODE [OPTION...]: its line of JSON
bench_run() {
	local variant=$1 mode=$2
	shift 2

	bench_freeze "$variant"
	# shellcheck disable=SC2046 # options
	ns edge timeout "$(patience 60)" "$load" "$mode" from=198.51.100.20 \
		"to=$(bench_to "$variant")" $(bench_creds edge) "$@" 2>>"$LOGS/run.err"
}

# sample CASE VARIANT ROUND JSON: kept for rows.py
sample() {
	if [ -z "$4" ]; then
		echo "# $1 $2: no result: $(tail -n 1 "$LOGS/run.err")"
		return 1
	fi
	echo "$1 $2: $4"
	python3 -c '
import json, sys
part, case, variant, round_, text = sys.argv[1:]
print(json.dumps(dict(json.loads(text), part=part, case=case, variant=variant, round=int(round_))))' \
		"${part:-$transport}" "$1" "$2" "$3" "$4" >>"$FEDPAT_OUT/samples"
}

# bench_down: the world is gone, and nothing of it is left
bench_down() {
	local name id

	pkill -CONT -x haproxy
	pkill -CONT -x kamailio
	pkill -x haproxy
	daemon_stop TERM || return
	for id in $(leg_ids); do
		fedctl leg kill "$id" || return
	done
	busywait 20 no_legs || return
	for id in "${lib_pids[@]}"; do
		reap "$id"
	done
	lib_pids=()
	pkill -x kamailio
	busywait 20 no_kamailio || pkill -KILL -x kamailio
	for name in "${lib_namespaces[@]}"; do
		ip netns del "$name" || return
	done
	lib_namespaces=()
}
