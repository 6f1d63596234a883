#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kernels: uml
# timeout: 600
#
# A MESSAGE, an INVITE with SDP and a NOTIFY with PIDF, each way, cut at every
# octet over TCP segments and over TLS records, octet by octet, and glued: the
# same octets come out. With FEDPAT_SCALE only every n-th octet, and it says so.

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../mill-lib.sh"

cuts_run() {
	local step=$((100 / ${FEDPAT_SCALE:-100}))
	transport=$1

	[ $step -gt 0 ] || step=1
	[ $step = 1 ] || diag "only every ${step}th octet is cut at (FEDPAT_SCALE=$FEDPAT_SCALE)"
	mill_up
	mill_run cuts $step >"$LOGS/mill-$transport.log" 2>&1
	result "$transport: however it is cut, the same messages come out" $?
	diag <"$LOGS/mill-$transport.log"
	check "$transport: at more than $((3000 / step)) places" \
		test "$(sed -n 's/^cuts=\([0-9]*\) .*/\1/p' "$LOGS/mill-$transport.log")" -gt $((3000 / step))
	mill_down
	result "$transport: everything comes down" $?
}

transports=${FEDPAT_E2E:-tcp tls1.3}
plan $((3 * $(wc -w <<<"$transports")))
for t in $transports; do
	cuts_run "$t"
done
