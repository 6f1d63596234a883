#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# acl_guest.sh connections|commits: what an access list costs a new connection, or
# its commit in time and memory, in fedpat and in nft. In the guest, by bench/acl.
# Samples go to $FEDPAT_OUT/samples.

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/kload-lib.sh"

rounds=${FEDPAT_BENCH_ROUNDS:-7}
lists=$FEDPAT_BENCH_LISTS
read -r few middle most <<<"$FEDPAT_BENCH_SIZES"
apart=apart-${FEDPAT_BENCH_APART:-$most}

# --- gateways: one for each list ------------------------------------------------

# Everything goes to in0, where it is swallowed.
gateways() {
	local name

	gateway "$@"
	for name; do
		ip -n "$name" route add default dev in0
		ip -n "$name" -6 route add default dev in0
	done
}

# Connection tracking alone, which a rule that no packet meets asks for.
tracked() {
	ns "$1" nft -f - <<-'NFT'
		table inet track {
			chain out {
				type filter hook output priority 0;
				ct state new accept
			}
		}
	NFT
}

now_ms() {
	echo $((${EPOCHREALTIME/[.,]/} / 1000))
}

# took CASE VARIANT ROUND COMMAND...: milliseconds of it
took() {
	local start case=$1 variant=$2 round=$3
	shift 3

	start=$(now_ms)
	"$@" >"$LOGS/took" 2>&1 || fail_all "$* failed: $(tail -n 5 "$LOGS/took")"
	kload_sample "$case" "$variant" "$round" $(($(now_ms) - start))
}

# bytes_used: what the kernel has allocated and cannot take back by itself
bytes_used() {
	sleep 1
	awk '/^(SUnreclaim|VmallocUsed):/ { n += $2 } END { print n * 1024 }' /proc/meminfo
}

# --- commits ----------------------------------------------------------------------

# commit VARIANT ENTRIES COMMAND...: time and memory of a long list
commit() {
	local round variant=$1 name=$1 entries=$2 before after
	shift 2

	for ((round = 1; round <= ${FEDPAT_BENCH_COMMITS:-3}; round++)); do
		[ "$variant" = ours ] || ns "$name" nft flush ruleset
		[ "$variant" != ours ] || ns "$name" fedctl apply "$WORK/empty" >/dev/null
		before=$(bytes_used)
		took commit "$variant" $round ns "$name" "$@"
		after=$(bytes_used)
		kload_sample memory "$variant" $round $(((after - before) / entries))
	done
}

# The same list again where there is room for half of it.
refused() {
	fedctl_cap=$((most * 30))
	printf 'settings: {acl-memory-cap: %d}\n' $fedctl_cap |
		cat - "$lists/mixed-$most.yaml" >"$WORK/capped.yaml"
	! ns capped fedctl apply "$WORK/capped.yaml" >"$WORK/refused" 2>&1 || return
	cat "$WORK/refused"
	grep -q 'line [0-9]* .*memory limit\|line [0-9]*: .*memory limit' "$WORK/refused"
}

# --- connections ------------------------------------------------------------------

# connections CASE VARIANT NS: each is new
connections() {
	ns "$3" conntrack -F >/dev/null 2>&1
	sleep 0.1
	kload_sample "$1" "$2" "$round" "$(kload_run "$3" 64 1)"
}

# permitted NS: the connections that were chosen for its list pass whole
permitted() {
	local before after want

	want=$(wc -l <"$lists/$2.keys")
	ns "$1" conntrack -F >/dev/null 2>&1
	before=$(sent "$1" in0)
	kload_run "$1" 64 1 >/dev/null
	after=$(sent "$1" in0)
	echo "$((after - before)) packets of $want connections"
	# A connection that comes twice is one that was reset.
	[ $((after - before)) -ge $((want * 4 * 98 / 100)) ]
}

# with LIST CASE VARIANT=NS...
with() {
	local one list=$1 case=$2
	shift 2

	kload_packets "$lists/$list.packets"
	for one; do
		if [ "$round" = 0 ]; then
			check "$case: what ${one%=*} permits passes" permitted "${one#*=}" "$list"
		else
			connections "$case" "${one%=*}" "${one#*=}"
		fi
	done
}

measure() {
	for ((round = 0; round <= rounds; round++)); do
		with "mixed-$few" "$few" plain=plain ours="mixed-$few"
		with "mixed-$middle" "$middle" plain=plain ours="mixed-$middle" chain=chain
		with "mixed-$most" "$most" plain=plain ours="mixed-$most"
		with "$apart" apart plain=plain ours="$apart" set=set
	done
}

# --- parts --------------------------------------------------------------------------

connections_run() {
	local name

	plan 11
	gateways plain "mixed-$few" "mixed-$middle" "mixed-$most" "$apart" chain set
	tracked plain
	for name in "mixed-$few" "mixed-$middle" "mixed-$most" "$apart"; do
		ns "$name" fedctl apply "$lists/$name.yaml" >"$LOGS/apply.log" 2>&1 ||
			fail_all "$name is refused: $(tail -n 3 "$LOGS/apply.log")"
	done
	ns chain nft -f "$lists/mixed-$middle.nft" || fail_all "nft refuses the chain"
	ns set nft -f "$lists/$apart.nft" || fail_all "nft refuses the set"
	kload_start
	measure
	rmmod fpload
}

commits_run() {
	plan 2
	gateways ours chain set capped
	: >"$WORK/empty"
	check "a list that passes the memory cap is refused, and the entry named" refused
	diag <"$WORK/refused"
	commit ours "$most" fedctl apply "$lists/mixed-$most.yaml"
	commit chain "$most" nft -f "$lists/mixed-$most.nft"
	commit set "${apart#apart-}" nft -f "$lists/$apart.nft"
}

need nft conntrack
: >"$FEDPAT_OUT/samples"
"${1}_run"
check "there are samples" test -s "$FEDPAT_OUT/samples"
