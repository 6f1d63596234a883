#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kernels: uml
# timeout: 300
#
# That the benchmarks measure something: their load, their topology, each gateway.
# No figure is judged here. FEDPAT_BENCH_SECS=0.3 for each.

. "$(dirname "$0")/../lib.sh"
transport=tcp
. "$(dirname "$0")/../../bench/world.sh"

secs=${FEDPAT_BENCH_SECS:-0.3}

# answered JSON: some requests were, and none was refused
answered() {
	echo "$1"
	python3 -c 'import json, sys
s = json.loads(sys.argv[1])
sys.exit(not (s["done"] > 0 and not s.get("refused") and not s.get("failed")))' "$1"
}

one() {
	check "$transport: $*" answered "$(bench_run "$@" "secs=$secs" warm=0.1)"
}

rival() {
	if ! command -v "$1" >/dev/null; then
		skip "$transport: $1" "$1 is not installed; run: scripts/deps bench"
		return
	fi
	"bench_$1"
	one "$1" run conns=3
}

variants() {
	transport=$1
	bench_world
	bench_ours
	one direct run conns=3
	one ours run conns=3
	one ours run conns=2 window=8
	one ours run conns=3 window=4 rate=50
	one ours sessions
	rival haproxy
	rival kamailio
	bench_down
	result "$transport: everything comes down" $?
}

# Short forms of what runs in a boot of its own; each says in KTAP what it finds.
packets() {
	local piece=$1 part=$2
	shift 2

	if [ ! -e "${FEDPAT_MODULE%/*}/kload/fpload.ko" ]; then
		skip "$piece" "the load generator is not built; run: make kload-$FEDPAT_KERNEL"
		return
	fi
	mkdir -p "$WORK/$piece"
	# shellcheck disable=SC2086 # part of it
	check "$piece${part:+ $part}" env FEDPAT_OUT="$WORK/$piece" "$@" \
		"$FEDPAT_REPO/selftests/bench/${piece}_guest.sh" $part
}

bench_lists() {
	if [ -x "$FEDPAT_REPO/build/bench-native/bench_acl" ]; then
		"$FEDPAT_REPO/selftests/bench/acl" --short --lists "$WORK/lists"
	else
		echo "bench_acl is not built; run: make bench-native"
		return 1
	fi
}

plan 20
variants tcp
variants tls1.3
packets udp '' FEDPAT_BENCH_ROUNDS=1 FEDPAT_BENCH_TIMES=10
check "lists for acl" bench_lists
for part in connections commits; do
	packets acl $part FEDPAT_BENCH_ROUNDS=1 FEDPAT_BENCH_COMMITS=1 \
		FEDPAT_BENCH_LISTS="$WORK/lists" FEDPAT_BENCH_SIZES="10 100 1000"
done
