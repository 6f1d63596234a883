#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The end-to-end scenario, sourced after selftests/vm/lib.sh by the VM test and
# by the demo: scenario_run TRANSPORT, where TRANSPORT is tls1.3, tls1.2, tcp
# or udp.

# shellcheck disable=SC2154 # what spawn() of selftests/vm/lib.sh sets

. "$(dirname "${BASH_SOURCE[0]}")/world.sh"
. "$(dirname "${BASH_SOURCE[0]}")/scenario_udp.sh"

ROOT=$(cd "$E2E/../.." && pwd)
PKI=$WORK/pki
KINDS="im pager presence cancel options"

# users and how the other side may reach them; with mail addresses $home is another
home=example.com
ALICE=alice@$home
BOB=bob@example.net
BOB_GRUU="sip:bob@example.net;opaque=user:epid:0123456789abcdef;gruu"

fedctl() {
	ns gw "$ROOT/build/fedctl" "$@"
}

# scenario_count TRANSPORT: what scenario_run will say: both directions of each
# kind, the second node's dialog, and the proofs.
scenario_count() {
	local proofs=2

	[ "$1" != udp ] || proofs=$UDP_CHECKS
	echo $((2 * $(wc -w <<<"$KINDS") + 1 + 3 + proofs))
}

# contact USER: as a node of that transport writes it
contact() {
	local port=5060 kind=tcp host=192.0.2.11

	[ "$1" = alice ] || host=192.0.2.12
	case $transport in
	tls*) port=5062 kind=tls ;;
	udp) kind=udp ;;
	esac
	echo "sip:$1@$host:$port;transport=$kind"
}

# out KIND USER NODE PORT: somebody inside begins; $times of it, one after the other
times=1
out() {
	local kind=$1 user=$2 node=$3 port=$4 uas

	world_uas edge 5080 "$kind" -key contact "$BOB_GRUU" -key me $BOB \
		-key media_host 198.51.100.77 -m "$times" || return
	uas=$spawned
	world_uac "$node" "$port" "$kind" "$user@$home" $BOB "$(contact "$user")" \
		-key media_host 192.0.2.11 -m "$times" -l 1 || { reap "$uas"; return 1; }
	wait "$uas"
}

# in_ KIND: somebody outside begins, likewise
in_() {
	local kind=$1 uas

	world_uas node1 5070 "$kind" -key contact "$(contact alice)" -key me $ALICE \
		-key media_host 192.0.2.11 -m "$times" || return
	uas=$spawned
	world_uac edge 5080 "$kind" $BOB $ALICE "$BOB_GRUU" -key media_host 198.51.100.77 \
		-m "$times" -l 1 ||
		{ reap "$uas"; return 1; }
	wait "$uas"
}

# daemon_start LOG: in the gateway, with $daemon_options; its own pid is in $gateway (what spawn()
# knows is a shell around it)
daemon_options=()
daemon_start() {
	rm -f "$WORK/fedpatd.pid"
	spawn "$1" ns_etc gw "$ROOT/build/fedpatd" --dns 198.51.100.53 \
		--pidfile "$WORK/fedpatd.pid" "${daemon_options[@]}"
	busywait 20 test -s "$WORK/fedpatd.pid" ||
		fail_all "the daemon does not start: $(tail -n 5 "$LOGS/$1.log")"
	gateway=$(cat "$WORK/fedpatd.pid")
}

# daemon_stop [SIGNAL]: and wait until it is gone
daemon_stop() {
	kill -s "${1:-TERM}" "$gateway"
	busywait 20 gone "$gateway"
}

gone() {
	! kill -0 "$1"
}

scenario_servers() {
	local kind=tcp method=TLSv1.2+ port=5060 outer=5060

	case $transport in
	tls1.2) kind=tls method=TLSv1.2 ;;
	tls1.3) kind=tls ;; # what both prefer; Kamailio 5.6 has no word for it alone
	udp) kind=udp ;;
	esac
	[ $kind != tls ] || port=5062 outer=5061
	world_dns $kind
	world_kamailio node1 imp 192.0.2.11 $port $kind node1 inside-ca $method
	world_kamailio node2 imp 192.0.2.12 $port $kind node2 inside-ca $method
	world_kamailio edge edge 198.51.100.20 $outer $kind edge public-ca $method
	"$E2E/contoso.sh" $kind "$PKI" >"$WORK/contoso.yaml"
	fedctl federation apply "$WORK/contoso.yaml" >"$LOGS/apply.log" 2>&1 ||
		fail_all "the policy is refused: $(cat "$LOGS/apply.log")"
	daemon_start fedpatd
	[ $kind = udp ] || busywait 20 listening gw tcp 7061 ||
		fail_all "the daemon does not listen: $(tail -n 5 "$LOGS/fedpatd.log")"
}

# offloaded: legs there are, and none is joined over loopback
offloaded() {
	fedctl -j status >"$WORK/status.json" && cat "$WORK/status.json" &&
		python3 -c '
import json, sys
s = json.load(open(sys.argv[1]))
s = s.get("status", s)
sys.exit(not (int(s["legs"]) > 1 and s["legs"] == s["legs-offloaded"]))' "$WORK/status.json"
}

no_refusal() {
	! grep -h "STRICT" "$LOGS"/kamailio-edge.log
}

asleep() {
	awk '/ctxt_switches/ { n += $2 } END { print n }' "/proc/$gateway/task/"*/status
}

# Ten MESSAGEs over standing legs must not wake the daemon.
sleeps() {
	local before after times=5

	before=$(settled asleep)
	out pager alice node1 5070 && in_ pager || return
	after=$(asleep)
	echo "context switches of the daemon: $before before, $after after"
	[ $((after - before)) -le 20 ]
}

# scenario_run TRANSPORT
scenario_run() {
	local kind
	transport=$1

	[ -d "$PKI" ] || "$E2E/pki.sh" "$PKI"
	world_namespaces
	world_addresses
	scenario_servers
	[ "$transport" != udp ] || udp_begin
	for kind in $KINDS; do
		[ "$transport" != udp ] || udp_fresh
		check "$transport: $kind, begun inside" out "$kind" alice node1 5070
		[ "$transport" != udp ] || udp_fresh
		check "$transport: $kind, begun outside" in_ "$kind"
	done
	check "$transport: a second node behind the same address" out im carl node2 5071
	check "$transport: the edge refused nothing" no_refusal
	check "$transport: nothing of the inside is seen outside" "$E2E/ladder.py" leak "$WORK/edge/dump"
	if [ "$transport" = udp ]; then
		udp_proofs
	else
		check "$transport: every leg is offloaded" offloaded
		check "$transport: the daemon sleeps while messages flow" sleeps
	fi
	fedctl counters >"$LOGS/counters.$transport" 2>&1
	fedctl session show >"$LOGS/sessions.$transport" 2>&1
	# not by check, whose subshell would forget what is gone
	scenario_down
	result "$transport: everything comes down" $?
}

scenario_down() {
	local pid name id

	# a direct workflow has none
	[ -z "${gateway-}" ] || daemon_stop TERM || return
	gateway=
	for pid in "${lib_pids[@]}"; do
		reap "$pid"
	done
	lib_pids=()
	pkill -x kamailio
	busywait 20 no_kamailio || pkill -KILL -x kamailio
	rm -rf "$WORK/node1" "$WORK/node2" "$WORK/edge"
	for id in $(leg_ids); do
		fedctl leg kill "$id" || return
	done
	busywait 20 no_legs || return
	for name in "${lib_namespaces[@]}"; do
		ip netns del "$name" || return
	done
	lib_namespaces=()
}

no_kamailio() {
	! pgrep -x kamailio
}

# leg_ids: of every leg, in order
leg_ids() {
	fedctl -j leg show | python3 -c '
import json, sys

def rows(v):
    if isinstance(v, dict):
        return [v] if "id" in v else [r for x in v.values() for r in rows(x)]
    return [r for x in v for r in rows(x)] if isinstance(v, list) else []

print(*sorted(int(r["id"]) for r in rows(json.load(sys.stdin))))'
}

no_legs() {
	[ -z "$(leg_ids)" ]
}
