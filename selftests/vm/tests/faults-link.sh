#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# check: no, half an hour where the CPU is emulated
# faults: yes
# timeout: 900
#
# The network is bad under traffic: loss, duplicates and reordering on both sides,
# octets one at a time, an MTU that shrinks and grows, an interface that comes and
# goes. Whatever is answered was delivered once and exact; then all is well again and
# nothing is left.

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../mill-lib.sh"
. "$(dirname "$0")/../faults-lib.sh"
need conntrack tc

transports=${FEDPAT_FAULTS:-tls1.3 tcp}
harms="loss reorder bad-link mtu flaps drip"

# bad_link SECONDS NETEM...: both cables of the gateway
bad_link() {
	local seconds=$1 dev
	shift

	for dev in in1 out0; do
		ns gw tc qdisc add dev $dev root netem "$@" || return
	done
	sleep "$seconds"
	for dev in in1 out0; do
		ns gw tc qdisc del dev $dev root
	done
}

loss() {
	bad_link 8 loss 5%
}

reorder() {
	bad_link 8 delay 3ms 2ms reorder 40% 50% duplicate 10%
}

bad-link() {
	bad_link 8 delay 2ms 2ms loss 2% duplicate 5% reorder 20% corrupt 1%
}

# Down to the least that IPv4 wants, and far up.
mtu() {
	local size

	for size in 576 1400 296 9000 1500 68 1500; do
		ip -n gw link set out0 mtu $size || return
		sleep 1
	done
}

flaps() {
	local i

	for ((i = 0; i < 6; i++)); do
		ip -n gw link set out0 down
		sleep 0.3
		ip -n gw link set out0 up
		ip -n gw route replace default via 203.0.113.254
		ip -n gw link set in1 down
		sleep 0.2
		ip -n gw link set in1 up
		sleep 0.7
	done
}

drip() {
	sleep 3
}

plan $(($(wc -w <<<"$transports") * ($(wc -w <<<"$harms") + 4)))
for transport in $transports; do
	harm_begin
	for name in $harms; do
		[ "$name" != drip ] || harm_options=(--drip 1)
		harm "$name" "$name"
		result "$transport: $name" $?
		harm_options=()
	done
	harm_end
	daemon_start "fedpatd-$transport-end"
	mill_down
	result "$transport: everything comes down" $?
done
