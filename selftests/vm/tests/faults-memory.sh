#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# check: no, needs a kernel with fault injection
# smp: yes
# faults: yes
# timeout: 900
#
# Memory that is not there: each allocation of each netlink operation fails once; then
# allocations of the module's own work, slab objects and pages, fail at random under
# traffic, in its workers and in softirq. Whatever is answered was delivered once and
# exact; then all is well again and nothing is left.

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../mill-lib.sh"
. "$(dirname "$0")/../faults-lib.sh"
need conntrack python3
python3 -c 'import yaml' 2>/dev/null || skip_all "python3-yaml is not installed; run: make deps"
debugfs=/sys/kernel/debug
[ -e $debugfs/failslab/require-start ] || skip_all "the kernel cannot inject faults by the stack"

# Where the module's code begins and ends.
text_of_module() {
	local size

	read -r text_start </sys/module/fedpat/sections/.text
	size=$(awk '$1 == "fedpat" { print $2 }' /proc/modules)
	printf -v text_end '0x%x' $((text_start + size))
}

# failing PERCENT SECONDS: so many of the allocations that the module makes, or has
# others make for it
failing() {
	local percent=$1 knob

	text_of_module
	for knob in failslab fail_page_alloc; do
		{
			echo "$text_start" >$debugfs/$knob/require-start
			echo "$text_end" >$debugfs/$knob/require-end
			echo 32 >$debugfs/$knob/stacktrace-depth
			echo N >$debugfs/$knob/ignore-gfp-wait
			echo 0 >$debugfs/$knob/verbose
			echo -1 >$debugfs/$knob/times
			[ ! -e $debugfs/$knob/min-order ] || echo 0 >$debugfs/$knob/min-order
			echo "$percent" >$debugfs/$knob/probability
		} || return
	done
	sleep "$2"
	for knob in failslab fail_page_alloc; do
		echo 0 >$debugfs/$knob/probability
	done
}

few_fail() {
	failing 1 10
}

many_fail() {
	failing 20 5
}

all_fail() {
	failing 100 2
}

plan $((2 * 3 + 8 + 1))
ns_ok() {
	"$FEDPAT_REPO/selftests/net/nomem.py" >"$LOGS/nomem.log" 2>&1
	status=$?
	grep -v '^ok' "$LOGS/nomem.log" | diag
	return $status
}
ns_ok
result "each allocation of each netlink operation fails once" $?
for transport in tls1.3 tcp; do
	harm_begin
	for name in few_fail many_fail all_fail; do
		harm "$name" "$name"
		result "$transport: ${name//_/ }" $?
	done
	harm_end
	daemon_start "fedpatd-$transport-end"
	mill_down
	result "$transport: everything comes down" $?
done
