#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# relay_guest.sh TRANSPORT: what relaying costs; in the guest, by bench/relay.
# Samples go to $FEDPAT_OUT/samples.

. "$(dirname "$0")/../vm/lib.sh"
transport=$1
. "$(dirname "$0")/world.sh"

secs=${FEDPAT_BENCH_SECS:-2}
rounds=${FEDPAT_BENCH_ROUNDS:-3}
variants=${FEDPAT_BENCH_VARIANTS:-direct ours haproxy kamailio}
cases=${FEDPAT_BENCH_CASES:-1 10 100 1000 4x16}

# Debian's Kamailio crashes with more over TLS; many TLS handshakes take too long here.
possible() {
	case $transport:$1:$2 in
	tls*:*:1000 | tls1.3:kamailio:100) return 1 ;;
	esac
}

options() {
	case $1 in
	*x*) echo "conns=${1%x*} window=${1#*x}" ;;
	*) echo "conns=$1" ;;
	esac
}

measure() {
	local case variant round

	for case in $cases; do
		for ((round = 1; round <= rounds; round++)); do
			for variant in $variants; do
				possible "$variant" "$case" || continue
				# shellcheck disable=SC2046 # options
				sample "$case" "$variant" "$round" \
					"$(bench_run "$variant" run $(options "$case") secs="$secs" warm=0.4)"
			done
		done
	done
}

# Half of what HAProxy can do with a hundred connections, for everybody.
half_load() {
	local rate variant round

	rate=$(python3 -c '
import json, statistics, sys
r = [s["rate"] for s in map(json.loads, open(sys.argv[1]))
     if s["part"] == sys.argv[2] and s["case"] == "100" and s["variant"] == "haproxy"]
print(int(statistics.median(r) / 2) if r else 0)' "$FEDPAT_OUT/samples" "$transport")
	[ "$rate" != 0 ] || return
	for ((round = 1; round <= rounds; round++)); do
		for variant in direct ours haproxy; do
			sample half "$variant" "$round" "$(bench_run "$variant" run conns=100 window=4 \
				rate="$rate" secs="$secs" warm=0.4)"
		done
	done
}

plan 1
bench_world
bench_ours
case $variants in *haproxy*) bench_haproxy ;; esac
case $variants in *kamailio*) bench_kamailio ;; esac
: >"$FEDPAT_OUT/samples"
! bench_tls || sample aead all 1 "$("$load" aead secs=1)"
measure
case $variants in *haproxy*) half_load ;; esac
fedctl session show >"$FEDPAT_OUT/sessions" 2>&1
fedctl counters >"$FEDPAT_OUT/counters" 2>&1
check "there are samples" test -s "$FEDPAT_OUT/samples"
