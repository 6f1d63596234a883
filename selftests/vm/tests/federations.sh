#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kernels: uml
# timeout: 900
#
# Many federations in one gateway: applied in one transaction within seconds,
# applied again without a change, each taken away by itself, and nothing left.

. "$(dirname "$0")/../lib.sh"
need python3

ROOT=$(cd "$(dirname "$0")/../../.." && pwd)
E2E=$ROOT/selftests/e2e
count=${FEDPAT_FEDERATIONS:-1000} domains=${FEDPAT_DOMAINS:-10}
export FEDPAT_KEYDIR=$WORK/keys FEDPAT_STATEDIR=$WORK/state

fedctl() {
	ns gw "$ROOT/build/fedctl" "$@"
}

# seconds COMMAND...: and its last line
seconds() {
	local from to

	from=$(date +%s%N)
	"$@" >"$WORK/out" 2>&1 || { tail -n 5 "$WORK/out"; return 1; }
	to=$(date +%s%N)
	echo "$(((to - from) / 1000000)) ms: $(tail -n 1 "$WORK/out")" | tee -a "$WORK/figures"
}

# What legbench attaches legs between; its policy comes beside what there is.
ends=(10.0.0.1/32 10.0.0.11/32 10.0.0.12/32 203.0.113.10/32 198.51.100.20/32
	fd00::1/128 fd00::11/128 2001:db8::10/128)

# round_trips NAMESPACE: in a second, many outstanding: CPUs are what they wait for
round_trips() {
	ns "$1" "$ROOT/build/net/legbench" among 4 2 16 |
		sed -n 's/.* rate=\([0-9]*\).*/\1/p'
}

# A message costs the same among many federations as it does with one: medians of
# rounds in turn, and room for a busy machine. A walk over 10,000 domains would not
# fit into it.
flat() {
	local one many

	fedctl save "$WORK/before.yaml" || return
	for _ in 1 2 3 4 5; do
		round_trips alone >>"$WORK/alone"
		round_trips gw >>"$WORK/gw"
	done
	one=$(sort -n "$WORK/alone" | sed -n 3p)
	many=$(sort -n "$WORK/gw" | sed -n 3p)
	echo "round trips a second: $one alone, $many among $count federations" |
		tee -a "$WORK/figures"
	[ "$many" -gt 0 ] && [ $((many * 3)) -ge $((one * 2)) ]
}

number() {
	fedctl -j "$1" show | python3 -c 'import json, sys; print(len(json.load(sys.stdin)))'
}

# interfaces NAMESPACE
interfaces() {
	setup_ns "$1"
	ip -n "$1" link add in0 type dummy
	ip -n "$1" link add out0 type dummy
	ip -n "$1" link set in0 up
	ip -n "$1" link set out0 up
}

world() {
	local i

	interfaces alone
	addr_ns alone lo "${ends[@]}"
	interfaces gw
	addr_ns gw lo "${ends[@]}"
	ip -n gw addr add 192.0.2.1/24 dev in0
	for ((i = 0; i < count; i++)); do
		echo "addr add 198.18.$((i / 250)).$((i % 250 + 1))/32 dev out0"
	done | ip -n gw -batch -
	"$E2E/many.py" "$WORK/f" "$count" "$domains"
}

apply_all() {
	seconds fedctl federation apply "$WORK"/f/*.yaml || return
	[ "$(number federation)" = "$count" ] && [ "$(number domain)" = $((count * domains)) ]
}

# What the load brought is gone again.
put_back() {
	seconds fedctl apply "$WORK/before.yaml" || return
	fedctl save "$WORK/after.yaml" && cmp "$WORK/before.yaml" "$WORK/after.yaml"
}

apply_again() {
	seconds fedctl federation apply "$WORK"/f/*.yaml && grep -q "nothing to change" "$WORK/out"
}

one_more() {
	sed -e 's/d0\.p/new.p/' "$WORK/f/f0007.yaml" >"$WORK/one.yaml"
	seconds fedctl federation apply "$WORK/one.yaml" &&
		fedctl domain show new.p7.example.net >/dev/null &&
		[ "$(number domain)" = $((count * domains)) ]
}

remove_one() {
	seconds fedctl federation remove f0003 || return
	[ "$(number federation)" = $((count - 1)) ] &&
		[ "$(number domain)" = $(((count - 1) * domains)) ] &&
		[ ! -e "$FEDPAT_STATEDIR/f0003.yaml" ]
}

remove_all() {
	local names

	names=$(fedctl -j federation show |
		python3 -c 'import json, sys; print(*(f["name"] for f in json.load(sys.stdin)))')
	# shellcheck disable=SC2086 # many words
	seconds fedctl federation remove $names || return
	fedctl save "$WORK/rest.yaml" && cat "$WORK/rest.yaml"
	! grep -E "^(federation|acl|zone|domain|peer|node|pat|static-pat|class-map|tls-proxy):" \
		"$WORK/rest.yaml"
}

bad_one() {
	sed -e 's/^local_domains.*/local_domains: [1]/' "$WORK/f/f0001.yaml" >"$WORK/f/f9999.yaml"
	! seconds fedctl federation apply "$WORK"/f/*.yaml && grep -q "f9999.yaml:4:1[0-9]" "$WORK/out" &&
		[ "$(number federation)" = 0 ]
	local ret=$?
	rm "$WORK/f/f9999.yaml"
	return $ret
}

plan 8
world
check "one bad file among $count: told at its place, nothing applied" bad_one
check "$count federations with $((count * domains)) domains are applied" apply_all
check "applied again they change nothing" apply_again
check "one of them is changed" one_more
check "a message among them costs what it costs alone" flat
check "the file of the whole policy puts back what it was" put_back
check "one of them is taken away, and nothing of the others" remove_one
check "all of them are taken away, and nothing is left" remove_all
diag <"$WORK/figures"
