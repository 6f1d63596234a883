#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kernels: 6.12
# timeout: 600
#
# Ten thousand requests over legs that stand, half of them from each side, and
# as many answers: each is delivered once, in order, and octet by octet what it
# must be. All legs are offloaded, and the daemon sleeps. FEDPAT_SCALE=1 for a
# hundred.

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../mill-lib.sh"

# value NAME: out of the line that sipmill printed
value() {
	sed -n "s/.*\b$1=\([0-9.]*\).*/\1/p" "$log"
}

mill_ready() {
	grep -q '^ready$' "$log" || ! kill -0 "$pid"
}

daemon_sleeps() {
	echo "switches: $(value switches) under traffic, $(value idle) in an idle run as long"
	[ $(($(value switches) - $(value idle))) -le 20 ]
}

messages_run() {
	local count hold
	transport=$1
	count=$(scaled 10000)

	log=$LOGS/mill-$transport.log
	mill_up
	mkfifo "$WORK/hold"
	mill_run messages "$count" 16 <"$WORK/hold" >"$log" 2>&1 &
	pid=$!
	lib_pids+=("$pid")
	exec {hold}>"$WORK/hold"
	busywait 500 mill_ready
	diag <"$log"
	check_equal "$transport: $count requests and their answers, each once, in order, exact" \
		"$count" "$(value requests)"
	check "$transport: all legs are offloaded" offloaded
	check "$transport: the daemon sleeps meanwhile" daemon_sleeps
	exec {hold}>&-
	wait "$pid"
	rm "$WORK/hold"
	mill_down
	result "$transport: everything comes down" $?
}

transports=${FEDPAT_E2E:-tls1.3 tcp}
plan $((4 * $(wc -w <<<"$transports")))
for t in $transports; do
	messages_run "$t"
done
