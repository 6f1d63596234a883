#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kernels: 6.12
# smp: yes
# faults: yes
# timeout: 500
# module: no
#
# Under traffic through module and daemon: the outside interface goes down and
# its address away and they come back, the module is unloaded, the namespace is
# deleted. Nothing is lost that could be kept, each connection ends in order,
# and TLS contexts, sockets, conntrack and memory are as they were before.

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../mill-lib.sh"
. "$(dirname "$0")/../faults-lib.sh"
need conntrack

transport=tls1.3

# flow_start NAME SECONDS: traffic; its pid is in $flow, its log in $flow_log
flow_start() {
	flow_log=$LOGS/flow-$1.log
	mill_run flow "$2" 8 >"$flow_log" 2>&1 &
	flow=$!
	lib_pids+=("$flow")
	busywait 30 flow_ready
}

flow_ready() {
	grep -q '^ready$' "$flow_log" || ! kill -0 "$flow"
}

# flow_end: all that was sent was seen and answered, and ended in order.
# With "cut" the last ones may be under way when the end comes.
flow_end() {
	wait "$flow" || { cat "$flow_log"; return 1; }
	diag <"$flow_log"
	grep -q '^disorderly ends: 0$' "$flow_log" || return
	[ "${1-}" = cut ] || awk '/^in sent/ {
		exit !($3 > 10 && $3 == $5 && $3 == $7 && $10 == $12 && $10 == $14)
	}' FS='[ ,]+' "$flow_log"
}

out0_down_and_up() {
	flow_start link 12 || return
	ip -n gw link set out0 down
	sleep 1.5
	ip -n gw link set out0 up
	ip -n gw route add default via 203.0.113.254
	flow_end
}

address_away_and_back() {
	flow_start address 12 || return
	ip -n gw addr add 203.0.113.9/24 dev out0
	ip -n gw addr del 203.0.113.10/24 dev out0
	sleep 1.5
	ip -n gw addr add 203.0.113.10/24 dev out0
	ip -n gw addr del 203.0.113.9/24 dev out0
	flow_end
}

unload() {
	flow_start unload 20 || return
	sleep 1
	timeout "$(patience 20)" rmmod fedpat || return
	flow_end cut
	# each of the connections was told
	[ "$(grep -c '^end .* n$' "$flow_log")" -ge 3 ] && ! grep -q '^end .* -$' "$flow_log"
}

# The namespace has a name no more, the legs go on; once they are killed it is
# gone, and with it the other end of its cable.
namespace_goes() {
	local id

	flow_start namespace 30 || return
	daemon_stop KILL
	exec {gw_fd}</run/netns/gw
	ip netns del gw
	lib_namespaces=(node1 node2 inet edge dns stranger)
	sleep 1
	kill -0 "$flow" || { echo "traffic has ended with the name"; return 1; }
	for id in $(gw_fedctl -j leg show | grep -o '"id": *[0-9]*' | grep -o '[0-9]*'); do
		gw_fedctl leg kill "$id" || ! leg_lives "$id" || return
	done
	exec {gw_fd}<&-
	flow_end cut || return
	busywait 20 cable_gone
}

# One of the flow before may be gone by the time that it is its turn.
leg_lives() {
	gw_fedctl -j leg show | grep -q "\"id\": *$1[,}]"
}

gw_fedctl() {
	nsenter --net="/proc/$$/fd/$gw_fd" -- "$ROOT/build/fedctl" "$@"
}

cable_gone() {
	! ip -n inet link show gw0
}

plan 9
"$E2E/pki.sh" "$PKI"
modprobe -a nf_nat tls 2>/dev/null
module_load || fail_all "the module does not load"
mill_up
short_conntrack
daemon_stop TERM
before=$(settled in_use)
diag "in use: $before"
daemon_start fedpatd-again
busywait 20 mill_listens
# not by check, whose subshell would forget the processes
out0_down_and_up
result "the outside interface goes down and up: nothing is lost, no connection ends" $?
address_away_and_back
result "its address goes and comes back: the same" $?
unload
result "rmmod drains: each connection ends with close_notify" $?
daemon_stop TERM
check "TLS contexts, sockets and conntrack are as before" busywait 30 as_before ||
	diag "now: $(in_use)"
module_load && mill_apply && daemon_start fedpatd-third && busywait 20 mill_listens
result "the module loads again, policy and daemon come back" $?
slab_before=$(slabs)
flow_start again 3 && flow_end
result "and traffic passes" $?
namespace_goes
result "the namespace goes once its legs are killed, which end in order" $?
mill_down_rest() {
	local name

	pkill -x dnsmasq
	for name in "${lib_namespaces[@]}"; do
		ip netns del "$name"
	done
	lib_namespaces=()
}
mill_down_rest
check "the module goes" module_unload
slab_after=$(slabs)
diag "unreclaimable slabs: $slab_before KiB before, $slab_after KiB after"
check "slabs have not grown" test "$slab_after" -le $((slab_before + 256))
