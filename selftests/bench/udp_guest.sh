#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What a message of SIP over UDP costs on its way through a gateway that translates
# addresses: without looking at it, with the kernel's own helper, with ours. In the
# guest, by bench/udp. Samples go to $FEDPAT_OUT/samples.

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/../vm/packet-lib.sh"
. "$(dirname "$0")/kload-lib.sh"

rounds=${FEDPAT_BENCH_ROUNDS:-15}
times=${FEDPAT_BENCH_TIMES:-400}
flows=16
NODES=10.0.1.0/24
EDGE=10.0.2.2

# --- gateways -----------------------------------------------------------------

# masquerade NS: where nodes are hidden, and their ports stay
masquerade() {
	ns "$1" nft -f - <<-NFT
		table ip nat {
			chain post {
				type nat hook postrouting priority srcnat;
				oifname "out0" ip saddr $NODES snat to $PUBLIC
			}
		}
	NFT
}

helper() {
	ns "$1" nft -f - <<-'NFT'
		table ip sip {
			ct helper sip { type "sip" protocol udp; }
			chain pre {
				type filter hook prerouting priority filter;
				udp dport 5060 ct helper set "sip"
			}
		}
	NFT
}

rows() {
	local n

	for ((n = 0; n < flows; n++)); do
		echo "static-pat-new name=r$n order=$((n + 1)) federation=contoso zone=outside" \
			"proto=17 public=$PUBLIC:$((5060 + n)) node=10.0.1.$((2 + n)):$((5060 + n))"
	done
}

ours() {
	policy_shell
	policy <<-END
		zone-new name=inside role=inside interface=in0
		zone-new name=outside role=outside interface=out0 access-list=partner-in
		acl-new name=partner-in
		ace-new acl=partner-in action=permit proto=17 src=10.0.2.0/24 dst=$PUBLIC/32
		acl-new name=partner-out
		ace-new acl=partner-out action=permit src=$NODES dst=$EDGE/32
		inspect-new name=sip type=sip max-message=16384
		federation-new name=contoso place=asa public-addr=$PUBLIC inside-addr=10.0.1.1 local-domain=example.com inside-prefix=$NODES inspect=sip key=$(printf '22%.0s' {1..32}) key-version=1
		class-map-new name=in order=10 zone=outside access-list=partner-in inspect=sip
		class-map-new name=out order=20 zone=inside access-list=partner-out inspect=sip
		$(rows)
		pat-new name=nodes order=10 zone=outside src=$NODES to-addr=$PUBLIC
		peer-new name=edge federation=contoso role=outside domain=example.net addr=$EDGE transport=udp host=$EDGE
	END
}

# --- is it what it should be? ---------------------------------------------------

# passed NS: all packets of one turn leave it
passed() {
	local before after

	before=$(($(sent "$1" in0) + $(sent "$1" out0)))
	kload_run "$1" 1000 1 >/dev/null
	after=$(($(sent "$1" in0) + $(sent "$1" out0)))
	[ $((after - before)) = $((4 * flows)) ] || { echo "$((after - before)) of $((4 * flows))"; return 1; }
}

# shows NS TEXT: what leaves to the partner has it
shows() {
	spawn_ns "wire-$1" "$1" tcpdump -Z root -lnni out0 -A -s 0 udp
	busywait 20 grep -q listening "$LOGS/wire-$1.log"
	kload_run "$1" 1000 1 >/dev/null
	busywait 5 grep -q "Contact: <sip:alice@$2:5060>" "$LOGS/wire-$1.log"
	result "$1: the partner reads $2" $?
	reap "$spawned"
}

measure() {
	local round variant

	for ((round = 1; round <= rounds; round++)); do
		for variant in masquerade helper gw; do
			kload_sample message $variant $round \
				"$(kload_run $variant $((4 * flows)) "$times")"
		done
	done
}

plan 7
modprobe nf_nat_sip || fail_all "there is no nf_nat_sip"
kload_start
gateway masquerade helper gw
masquerade masquerade
masquerade helper
helper helper
ours
: >"$FEDPAT_OUT/samples"
"$FEDPAT_REPO/selftests/bench/packets.py" sip $flows >"$WORK/packets"
kload_packets "$WORK/packets"
for name in masquerade helper gw; do
	check "$name: everything passes" passed $name
done
shows masquerade 10.0.1.2
shows helper $PUBLIC
shows gw $PUBLIC
measure
rmmod fpload
check "there are samples" test -s "$FEDPAT_OUT/samples"
