#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# check: no, it is for a night
# timeout: 7200
#
# FEDPAT_SOAK seconds (60) of requests both ways over TLS 1.3, each compared octet by
# octet, each once and in order, while memory is looked at twenty times: after a
# quarter of the time neither the daemon's, nor that of the legs, nor the kernel's
# slabs may go on growing.

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../mill-lib.sh"
. "$(dirname "$0")/../faults-lib.sh"
need conntrack python3

seconds=${FEDPAT_SOAK:-60}
transport=tls1.3

# sample: seconds, KiB of the daemon, octets of the legs, KiB of slabs
sample() {
	echo "$SECONDS $(awk '/^VmRSS/ { print $2 }' "/proc/$gateway/status") $(leg_memory)" \
		"$(awk '/^SUnreclaim:/ { print $2 }' /proc/meminfo)"
}

# flat COLUMN PERCENT: how much the line of best fit rises from the first quarter on
flat() {
	awk -v col="$1" -v most="$2" '
		NR > 5 { n++; x = $1; y = $col; sx += x; sy += y; sxx += x * x; sxy += x * y
			if (n == 1) first = x; last = x }
		END {
			slope = (n * sxy - sx * sy) / (n * sxx - sx * sx)
			rise = slope * (last - first)
			printf "mean %.0f, rises by %.0f in %d s\n", sy / n, rise, last - first
			exit rise > sy / n * most / 100 + 512
		}' "$WORK/samples"
}

all_answered() {
	awk '/^in sent/ { good = $3 > 100 && $3 == $5 && $3 == $7 && $10 == $12 && $10 == $14 }
		END { exit !good }' FS='[ ,]+' "$LOGS/flow.log"
}

plan 8
harm_begin
mill_run flow "$seconds" 16 >"$LOGS/flow.log" 2>&1 &
flow=$!
lib_pids+=("$flow")
busywait 30 grep -qx ready "$LOGS/flow.log"
result "messages flow" $?
while kill -0 "$flow" 2>/dev/null; do
	sample >>"$WORK/samples"
	sleep $((seconds / 20 + 1))
done
wait "$flow"
diag <"$LOGS/flow.log"
check "every request once, in order, exact, and answered" all_answered
diag <"$WORK/samples"
check "the daemon's memory is flat" flat 2 2
check "slabs are flat" flat 4 3
harm_end
daemon_start fedpatd-end
mill_down
result "everything comes down" $?
