#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kernels: 6.12
# smp: yes
# faults: yes
# timeout: 400
#
# How TLS connections end, with OpenSSL at the far end: KeyUpdate, tickets,
# alerts, close_notify both ways, FIN without it, resets in each state. Each has
# its name and counter, and another connection takes its place.

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../mill-lib.sh"

cases13="key-update-partner key-update-node tickets alert close-partner close-node close-gateway
	truncated-partner truncated-node truncated-message reset-partner reset-node
	reset-in-message reset-in-handshake reset-while-full bad-record"
cases12="renegotiation close-partner truncated-partner reset-partner"

plan $(($(wc -w <<<"$cases13 $cases12") + 3))
transport=tls1.3
mill_up
for name in $cases13; do
	check "TLS 1.3: $name" mill_run ends "$name"
done
transport=tls1.2
for name in $cases12; do
	check "TLS 1.2: $name" mill_run ends "$name"
done
check "no leg is left" busywait 20 no_legs
check_equal "nor memory" 0 "$(fedctl -j status | sed -n 's/.*"memory": \([0-9]*\).*/\1/p')"
mill_down
result "everything comes down" $?
