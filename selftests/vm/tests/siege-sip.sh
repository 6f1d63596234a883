#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# check: no, an hour where the CPU is emulated
# faults: yes
# timeout: 900
#
# A partner gone bad, three thousand connections, hundreds at once: 10,000 headers, heads without
# end, messages of 10 MB, unknown methods by the score, floods whose answers are not
# read, messages begun and never ended, an octet a second, keepalives by the hundred
# thousand. Other partners lose nothing and wait no more than twice as long; each
# refusal is counted under its name; memory is bounded, and nothing is left.
# FEDPAT_SCALE=10 for a tenth.

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../siege-lib.sh"

plan $(($(siege_checks) + 3))
siege_begin
siege "$(scaled 3000)" hoard flood
siege_results
harm_end
