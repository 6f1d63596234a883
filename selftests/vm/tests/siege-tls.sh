#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# check: no, an hour where the CPU is emulated
# faults: yes
# timeout: 900
#
# Ten thousand bad TLS peers, five hundred at once, of forty kinds: those that say
# nothing, half of a hello or an octet a second; alerts at every state; records cut,
# split, too long, repeated, left out, with a wrong MAC; early data, renegotiation,
# KeyUpdates. Good peers lose nothing and wait no more than twice as long; each bad one
# is counted under its name; memory is bounded, and nothing is left. One address that
# opens as many as it can is bounded by itself. FEDPAT_SCALE=10 for a tenth.

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../siege-lib.sh"

# More silent ones of one address than it may have: the rest is told so at once, and
# the address beside it is served meanwhile.
alone_begin() {
	ns stranger "$besieger" --pki "$PKI" --sources 1 --total 200 --parallel 200 silent \
		>"$LOGS/alone.log" 2>&1 &
	alone_pid=$!
	lib_pids+=("$alone_pid")
	busywait 8 limit_reached
}

limit_reached() {
	[ "$(counter handshake-limit)" -ge 100 ]
}

beside_it() {
	ns stranger "$besieger" --pki "$PKI" --from 198.51.100.101 --sources 1 --total 20 \
		--busy 4 good good-1.2
}

plan $(($(siege_checks) + 8))
siege_begin
siege "$(scaled 10000)" half-handshake hello record
siege_results
check_equal "none of many addresses had too many at once" 0 "$(counter handshake-limit)"
alone_begin
result "one address alone opens too many" $?
check "the one beside it is served" beside_it
wait "$alone_pid"
result "those let in are ended in time" $?
# Of 200 that stay for ten seconds.
check_equal "64 were let in, the others counted" 136 "$(counter handshake-limit)"
harm_end
