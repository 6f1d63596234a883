#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kernels: 6.1 6.12
# smp: yes
# timeout: 600
# module: no
#
# The stream plane without the daemon: sockets are attached as legs and both
# far ends are driven by build/net/legtool, which prints KTAP of its own. Here:
# that nothing is left afterwards, and that the module goes under traffic.

. "$(dirname "$0")/../lib.sh"

tool=$FEDPAT_REPO/build/net/legtool
[ -x "$tool" ] || fail_all "$tool is not built; run: make net-programs"
groups="attach relay frame close held load raw"

# TLS contexts and sockets in use; what must be the same before and after.
in_use() {
	ns legs cat /proc/net/tls_stat /proc/net/sockstat |
		awk '/^TlsCurr/ { n += $2 } /^TCP:/ { tcp = $3 } END { print n + 0, tcp }'
}

traffic_ready() {
	grep -q ready "$LOGS/traffic.log"
}

world() {
	setup_ns legs
	ns legs ip link add in0 type dummy
	ns legs ip link add out0 type dummy
	ns legs ip link set in0 up
	ns legs ip link set out0 up
	addr_ns legs lo 10.0.0.1/32 10.0.0.11/32 10.0.0.12/32 \
		203.0.113.10/32 198.51.100.20/32 198.51.100.30/32 \
		fd00::1/128 fd00::11/128 2001:db8::10/128 2001:db8::20/128
}

# The module goes while messages flow: both far ends see close_notify.
unload_under_traffic() {
	spawn traffic ns legs "$tool" traffic 20
	busywait 10 traffic_ready || return
	sleep 1
	module_unload || return
	wait "$spawned"
	diag <"$LOGS/traffic.log"
	grep -Eq '^[1-9][0-9]* round trips, ends n n$' "$LOGS/traffic.log"
}

# The namespace is deleted while legs live in it: it goes once they are gone.
namespace_goes() {
	local before

	spawn traffic ns legs "$tool" traffic 1
	busywait 10 traffic_ready || return
	before=$(ls -Li /run/netns/legs)
	drop_ns legs
	lib_namespaces=()
	wait "$spawned"
	[ -n "$before" ]
}

plan 11
modprobe tls 2>/dev/null
check "the module loads" module_load
world
before=$(settled in_use)
for group in $groups; do
	if ns legs "$tool" "$group" >"$LOGS/$group.log" 2>&1; then
		diag <"$LOGS/$group.log"
		ok "$group"
	else
		diag <"$LOGS/$group.log"
		not_ok "$group"
	fi
done
check_equal "sockets and TLS contexts are back where they were" "$before" "$(settled in_use)"
check "the module is unloaded under traffic, legs end with close_notify" unload_under_traffic
check "it loads again and relays, and goes after the namespace" \
	eval 'module_load && namespace_goes && module_unload'
