#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# check: no, ten minutes where the CPU is emulated
# smp: yes
# faults: yes
# timeout: 900
#
# Who stands around the gateway dies under traffic and comes back: partner, node, DNS,
# daemon, one after the other and all together; connections are half closed and
# killed. Whatever is answered was delivered once and exact; then all is well again and
# nothing is left.

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../mill-lib.sh"
. "$(dirname "$0")/../faults-lib.sh"
need conntrack

kill_legs() {
	local id

	for id in $(leg_ids); do
		fedctl leg kill "$id"
	done
}

partner_dies() {
	order edge down
	sleep 3
	order edge up
}

node_dies() {
	order node down
	sleep 3
	order node up
}

half_closes() {
	local i

	for ((i = 0; i < 5; i++)); do
		order edge shut
		sleep 0.5
		order node shut
		sleep 0.5
	done
}

legs_killed() {
	local i

	for ((i = 0; i < 10; i++)); do
		kill_legs
		sleep 0.3
	done
}

# Connections must be dialled anew, and nobody knows where.
dns_dies() {
	pkill -KILL -x dnsmasq
	kill_legs
	sleep 4
	spawn dns-again ns dns dnsmasq -C "$WORK/dnsmasq.conf"
	busywait 10 listening dns udp 53
}

# Nobody shakes hands for a while.
daemon_dies() {
	daemon_stop KILL
	kill_legs
	sleep 3
	daemon_start "fedpatd-$transport-third"
	busywait 20 mill_listens
}

daemon_dies_often() {
	local i

	for ((i = 0; i < 5; i++)); do
		daemon_stop KILL
		order edge down
		sleep 0.2
		daemon_start "fedpatd-$transport-often"
		order edge up
		sleep 1
	done
	busywait 20 mill_listens
}

all_die() {
	daemon_stop KILL
	order edge down
	order node down
	pkill -KILL -x dnsmasq
	sleep 2
	spawn dns-third ns dns dnsmasq -C "$WORK/dnsmasq.conf"
	order node up
	order edge up
	daemon_start "fedpatd-$transport-fifth"
	busywait 20 mill_listens
}

harms="partner_dies node_dies half_closes legs_killed dns_dies daemon_dies daemon_dies_often all_die"
transports=${FEDPAT_FAULTS:-tls1.3 tcp}
plan $(($(wc -w <<<"$transports") * ($(wc -w <<<"$harms") + 4)))
for transport in $transports; do
	harm_begin
	for name in $harms; do
		harm "$name" "$name"
		result "$transport: ${name//_/ }" $?
	done
	harm_end
	daemon_start "fedpatd-$transport-end"
	mill_down
	result "$transport: everything comes down" $?
done
