#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kernels: 6.1 6.12
# timeout: 600
#
# The whole path: two companies exchange instant messages and presence through
# the gateway over mutual TLS 1.3 and 1.2, plain TCP and UDP, started from both
# sides, two nodes behind one address. Kamailio at the edge refuses whatever
# shows the inside; what it got is searched once more.

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../../e2e/scenario.sh"
need kamailio sipp dnsmasq dig

transports="tls1.3 tls1.2 tcp udp"
[ "$FEDPAT_KERNEL" != 6.1 ] || transports="tls1.3 tcp udp"
transports=${FEDPAT_E2E:-$transports}
[[ $transports != *udp* ]] || need tshark tcpdump conntrack
n=0
for t in $transports; do
	n=$((n + $(scenario_count "$t")))
done
plan $n

for t in $transports; do
	scenario_run "$t"
done
