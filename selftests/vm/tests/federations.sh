#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kernels: uml
# timeout: 600
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
	echo "$(((to - from) / 1000000)) ms: $(tail -n 1 "$WORK/out")"
}

number() {
	fedctl -j "$1" show | python3 -c 'import json, sys; print(len(json.load(sys.stdin)))'
}

world() {
	local i

	setup_ns gw
	ip -n gw link add in0 type dummy
	ip -n gw link add out0 type dummy
	ip -n gw link set in0 up
	ip -n gw link set out0 up
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

plan 6
world
check "one bad file among $count: told at its place, nothing applied" bad_one
check "$count federations with $((count * domains)) domains are applied" apply_all
check "applied again they change nothing" apply_again
check "one of them is changed" one_more
check "one of them is taken away, and nothing of the others" remove_one
check "all of them are taken away, and nothing is left" remove_all
