#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Sourced in the guest after selftests/vm/lib.sh: the load generator in the kernel,
# and gateways that it is let loose on, each in a namespace of its own between two
# devices that swallow what is sent.

KLOAD=${FEDPAT_MODULE%/*}/kload/fpload.ko

kload_start() {
	[ -e "$KLOAD" ] || fail_all "$KLOAD is missing; run: make kload-$FEDPAT_KERNEL"
	insmod "$KLOAD" || fail_all "the load generator cannot be loaded"
	sysctl -qw net.netfilter.nf_conntrack_max=1000000
	echo 131072 >/sys/module/nf_conntrack/parameters/hashsize
}

# gateway NS...: in0 10.0.1.1, out0 10.0.2.1, and a public address
gateway() {
	local name dev

	setup_ns "$@"
	for name; do
		for dev in in0 out0; do
			ip -n "$name" link add $dev type dummy
			ip -n "$name" link set $dev up arp off
		done
		addr_ns "$name" in0 10.0.1.1/24
		addr_ns "$name" out0 10.0.2.1/24
		addr_ns "$name" lo 203.0.113.10/32
		forward_ns "$name"
		ns "$name" sysctl -qw net.ipv4.conf.all.send_redirects=0 \
			net.ipv4.conf.default.send_redirects=0
	done
}

# kload_packets FILE: what is sent from now on
kload_packets() {
	dd if="$1" of=/proc/fpload bs=1M status=none
}

sent() {
	ip -n "$1" -s -j link show dev "$2" | python3 -c '
import json, sys
print(json.load(sys.stdin)[0]["stats64"]["tx"]["packets"])'
}

# kload_run NS BATCH TIMES: nanoseconds a packet. What else runs on the machine makes
# batches slower and none faster: of all batches the one that a tenth beat.
kload_run() {
	ns "$1" sh -c "echo $2 $3 in0 out0 >/proc/fpload_run" || return
	sort -n /proc/fpload_run | awk '{ n[NR] = $1 } END { print n[int((NR + 9) / 10)] }'
}

# kload_sample CASE VARIANT ROUND NANOSECONDS: kept for the rows
kload_sample() {
	echo "$*"
	printf '{"case": "%s", "variant": "%s", "round": %s, "ns": %s}\n' "$@" >>"$FEDPAT_OUT/samples"
}
