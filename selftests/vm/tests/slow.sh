#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# faults: yes
# kernels: uml
# timeout: 300
#
# A partner that reads nothing, one that sips and one that drips delay no other:
# its answers take at most twice as long. Memory is bounded, refusals are counted.

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../mill-lib.sh"

plan 3
transport=tls1.3
mill_up
mill_run slow "$(scaled 400)" >"$LOGS/slow.log" 2>&1
result "one slow partner does not delay another, nor take memory" $?
diag <"$LOGS/slow.log"
check "what was refused is counted by name" test "$(counter send-queue-full)" -gt 0
mill_down
result "everything comes down" $?
