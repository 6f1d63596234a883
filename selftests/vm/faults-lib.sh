#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Sourced after lib.sh and mill-lib.sh by the tests that do harm under traffic: see
# selftests/net/mill/faults.c for what must hold meanwhile.

# shellcheck disable=SC2154 # transport, gateway

# harm NAME COMMAND...: traffic, the command does its harm, and all must be well again
# afterwards. More options for sipmill are in the array harm_options.
harm_options=()
harm() {
	local name=$1 mill_pid orders status
	shift

	harm_log=$LOGS/harm-${name//[^a-z0-9.]/-}.log
	rm -f "$WORK/orders"
	mkfifo "$WORK/orders"
	mill_run "${harm_options[@]}" faults 8 <"$WORK/orders" >"$harm_log" 2>&1 &
	mill_pid=$!
	lib_pids+=("$mill_pid")
	exec {orders}>"$WORK/orders"
	order_fd=$orders
	harm_mill=$mill_pid
	busywait 60 harm_ready || { cat "$harm_log"; return 1; }
	"$@"
	status=$?
	[ $status = 0 ] || diag "the harm itself failed: status $status of $*"
	order over
	wait "$mill_pid" || status=1
	exec {orders}>&-
	diag <"$harm_log"
	return $status
}

harm_ready() {
	grep -q '^ready$' "$harm_log" || ! kill -0 "$harm_mill"
}

# order WORD...: to sipmill
order() {
	echo "$*" >&"$order_fd"
}

# What a gateway has in use. Connections that are over wait for a while in
# conntrack: not for longer than it is told to, here.
in_use() {
	ns gw conntrack -L >/dev/null 2>&1
	{
		ns gw cat /proc/net/tls_stat /proc/sys/net/netfilter/nf_conntrack_count
		ns gw ss -Hta exclude time-wait
	} | awk '/^TlsCurr/ { n += $2; next } /^Tls/ { next } /^[0-9]+$/ { ct = $1; next } { tcp++ }
		END { print "TLS", n + 0, "TCP", tcp + 0, "conntrack", ct + 0 }'
}

short_conntrack() {
	local state

	for state in syn_sent syn_recv fin_wait close_wait last_ack time_wait close; do
		ns gw sysctl -qw net.netfilter.nf_conntrack_tcp_timeout_$state=1
	done
	ns gw sysctl -qw net.netfilter.nf_conntrack_udp_timeout=1 \
		net.netfilter.nf_conntrack_udp_timeout_stream=1 net.ipv4.tcp_fin_timeout=2
}

# Nothing is in use that was not before.
as_before() {
	paste -d" " <(tr " " "\n" <<<"$before") <(in_use | tr " " "\n") | awk '$2 > $1 && $1 ~ /^[0-9]/ { exit 1 }'
}

# Unreclaimable slabs, in KiB.
slabs() {
	sync
	echo 3 >/proc/sys/vm/drop_caches
	sleep 1
	awk '/^SUnreclaim:/ { print $2 }' /proc/meminfo
}

# Ends of connections are remembered for a minute, by sockets in TIME-WAIT and by
# conntrack. That is memory, and nobody's leak.
forget_ends() {
	busywait 80 no_time_wait
	ns gw conntrack -L >/dev/null 2>&1
}

no_time_wait() {
	local name

	for name in "${lib_namespaces[@]}"; do
		! ns "$name" ss -Hta state time-wait | grep -q . || return
	done
}

# Memory that the stream plane has taken, in octets.
leg_memory() {
	fedctl -j status | sed -n 's/.*"memory": \([0-9]*\).*/\1/p'
}

no_leg_memory() {
	[ "$(leg_memory)" = 0 ]
}

# harm_begin: the world, the daemon, and what is in use before anything was sent
harm_begin() {
	"$E2E/pki.sh" "$PKI"
	mill_up
	short_conntrack
	daemon_stop TERM
	before=$(settled in_use)
	diag "in use: $before"
	daemon_start "fedpatd-$transport-again"
	busywait 20 mill_listens || fail_all "the daemon does not listen"
}

# harm_end: three results. Nothing of all that is left.
harm_end() {
	local id

	daemon_stop TERM
	for id in $(leg_ids); do
		fedctl leg kill "$id"
	done
	check "no leg is left" busywait 20 no_legs
	check "nor memory of one" busywait 20 no_leg_memory
	check "TLS contexts, sockets and conntrack are as before" busywait 30 as_before ||
		diag "now: $(in_use)"
}
