#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kernels: uml
# timeout: 400
#
# The daemon under odd conditions: the module goes and comes back under it, its
# port is somebody else's, its source address is missing, its trust anchor is none.
# It says what to do.

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../../e2e/scenario.sh"
need kamailio sipp dnsmasq python3

transport=tls1.3
"$E2E/pki.sh" "$PKI"
world_namespaces
world_addresses
scenario_servers

daemon_log=fedpatd

logged() {
	grep -q "$1" "$LOGS/$daemon_log.log"
}

no_module() {
	ns gw timeout 10 "$ROOT/build/fedpatd" --pidfile "$WORK/none.pid" >"$WORK/none.log" 2>&1
	local status=$?
	cat "$WORK/none.log"
	[ $status = 3 ] && grep -q "module fedpat is not loaded.*load it" "$WORK/none.log"
}

# no_anchor FILE WORDS: the daemon ends and says why, and where to get one
no_anchor() {
	ns gw timeout "$(patience 10)" "$ROOT/build/fedpatd" --trust-anchor "$1" \
		--pidfile "$WORK/none.pid" >"$WORK/none.log" 2>&1
	local status=$?
	cat "$WORK/none.log"
	[ $status = 1 ] && grep -q "error: trust anchor $1 cannot be used: $2.*apt install dns-root-data.*/etc/default/fedpatd" \
		"$WORK/none.log"
}

# nobody's leg is in the way of a new dial
no_outside_leg() {
	local id

	for id in $(leg_ids); do
		fedctl leg kill "$id"
	done
	busywait 20 no_legs
}

address_gone() {
	no_outside_leg || return
	ip -n gw addr del 203.0.113.10/24 dev out0
	world_uac node1 5070 pager $ALICE $BOB "$(contact alice)" -key media_host x
	busywait 10 logged "source address 203.0.113.10 is on no interface: ip addr add 203.0.113.10 dev"
	local status=$?
	ip -n gw addr add 203.0.113.10/24 dev out0
	return $status
}

# Not nc, which shares its port with whoever asks for that.
squatted() {
	spawn squatter ns gw python3 -c "
import socket, time
s = socket.create_server(('0.0.0.0', 7061))
time.sleep(10000)"
	squatter=$spawned
	busywait 10 listening gw tcp 7061 || return
	daemon_log=fedpatd-squatted
	daemon_start $daemon_log
	busywait 10 logged "port 7061: Address already in use; end the program that has it (ss -ltnp) and run fedctl reload"
}

plan 12
check "a trust anchor that is missing: said so" no_anchor "$WORK/none.key" "No such file"
check "a file that is none: said so" no_anchor "$ROOT/README.md" "it holds no DS or DNSKEY record"
check "legs stand" out pager alice node1 5070
check "the public address is missing: said which, and how to add it" address_gone
sleep 2
check "it is there again: the next one succeeds" out pager alice node1 5070
fedctl save >"$WORK/saved.yaml"
module_unload
busywait 20 logged "module fedpat was unloaded.*modprobe fedpat"
result "the module goes: the daemon says so and waits" $?
check "another daemon says what to load" no_module
module_load
busywait 20 logged "the module was loaded again"
result "the module is back: noticed" $?
check "with its policy it relays again, by the same daemon" sh -c "
	nsenter --net=/run/netns/gw $ROOT/build/fedctl apply $WORK/saved.yaml && kill -0 $gateway"
busywait 20 listening gw tcp 7061
out pager alice node1 5070
result "a message passes" $?
daemon_stop
squatted
result "somebody else has the port: said what to do" $?
reap "$squatter"
FEDPAT_RUNDIR=$WORK fedctl reload
busywait 20 listening gw tcp 7061
result "done, it listens" $?
