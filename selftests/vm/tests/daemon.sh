#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# smp: yes
# faults: yes
# kernels: 6.12
# timeout: 400
#
# The fast path outlives the daemon, policy changes, and nodes that go away.

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../../e2e/scenario.sh"
need kamailio sipp dnsmasq python3

transport=tls1.3
"$E2E/pki.sh" "$PKI"
world_namespaces
world_addresses
scenario_servers

# Twenty pager messages, one after the other, while something else happens:
# during COMMAND...
during() {
	local uas uac

	world_uas edge 5080 pager -key contact "$BOB_GRUU" -key me $BOB -key media_host x -m 20
	uas=$spawned
	world_uac node1 5070 pager $ALICE $BOB "$(contact alice)" -key media_host x -m 20 -r 5 &
	uac=$!
	"$@"
	wait $uac && wait "$uas"
}

killed() {
	daemon_stop KILL
}

daemon_again() {
	daemon_start fedpatd-again
	busywait 20 grep -q "living legs adopted" "$LOGS/fedpatd-again.log"
}

# A hundred commits that change nothing for this traffic.
commits() {
	local i

	for ((i = 0; i < 100; i++)); do
		fedctl acl add scratch permit tcp from 198.51.100.99 to 203.0.113.10 port $((10000 + i)) ||
			return
	done
}

reload_daemon() {
	kill -HUP "$gateway"
	busywait 20 grep -q SIGHUP "$LOGS/fedpatd-again.log"
}

# 503 with Retry-After while the node is down, and the next one succeeds.
node_down() {
	kill "$(cat "$WORK/node1/pid")"
	busywait 20 node_gone || return
	ns edge "$E2E/sipraw.py" --cert "$PKI/edge.pem" --key "$PKI/edge.key" \
		--ca "$PKI/public-ca.pem" --seconds 30 --expect "SIP/2.0 503" --expect Retry-After \
		203.0.113.10 5061 "$WORK/request"
}

node_gone() {
	! listening node1 tcp 5062
}

node_back() {
	world_kamailio node1 imp 192.0.2.11 5062 tls node1 inside-ca
	in_ pager
}

cat >"$WORK/request" <<SIP
MESSAGE sip:alice@example.com SIP/2.0
Via: SIP/2.0/TLS edge.example.net:5061;branch=z9hG4bKdown1
Max-Forwards: 70
From: <sip:bob@example.net>;tag=1
To: <sip:alice@example.com>
Call-ID: down1@edge.example.net
CSeq: 1 MESSAGE
Content-Type: text/plain
Content-Length: AUTO

Are you there?
SIP

plan 11
check "legs stand after the first messages" out pager alice node1 5070
before=$(leg_ids)
diag "legs: $before"
# not by check, whose subshell would forget the processes
during killed
result "killed during traffic: no message is lost" $?
check_equal "the same legs relay on" "$before" "$(leg_ids)"
daemon_again
result "a new daemon adopts them" $?
check_equal "under the same ids" "$before" "$(leg_ids)"
during commits
result "a hundred commits during traffic: no message is lost" $?
check "the commits were made" test "$(fedctl -j acl show scratch | grep -c permit)" -ge 100
reload_daemon
result "reload by SIGHUP" $?
check_equal "which closes no leg" "$before" "$(leg_ids)"
check "a node is down: 503 with Retry-After" node_down
node_back
result "it is back: the next one succeeds" $?
