#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kernels: 6.1 6.12
# timeout: 240
#
# Zones and access-lists: first match, implicit deny, what is never touched, hits,
# log, fragments, invalid packets (design 5.8, 5.9, 7).

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../packet-lib.sh"
need python3 nft
plan 32

stage
serve n1 tcp 0.0.0.0 7001
serve n1 tcp 0.0.0.0 7002
serve n1 udp 0.0.0.0 7003
serve n1 tcp :: 7006
serve gw tcp 0.0.0.0 7004
serve srv tcp 0.0.0.0 7005

hooks() {
	ns gw cat /proc/sys/net/netfilter/nf_conntrack_count 2>/dev/null
}

ask srv tcp 10.0.1.2 7001 >/dev/null
check_equal "without a policy nothing is even tracked" 0 "$(hooks)"

must zone-new name=inside role=inside interface=in0 interface=in1
must zone-new name=outside role=outside interface=out0
check "zones without a list let everything in" ask srv tcp 10.0.1.2 7001

policy <<EOF
acl-new name=partner-in
ace-new acl=partner-in action=deny proto=6 src=10.0.2.3/32 dst=10.0.1.2/32 dport-lo=7001
ace-new acl=partner-in action=permit proto=6 dst=10.0.1.2/32 dport-lo=7001 log
ace-new acl=partner-in action=permit proto=17 src=10.0.2.2/32 dst=10.0.1.0/24 dport-lo=7003 dport-hi=7010
ace-new acl=partner-in action=permit proto=6 src=fd00:2::2/128 dport-lo=7006
ace-new acl=partner-in action=permit proto=1 icmp-type=8
zone-new name=outside role=outside interface=out0 access-list=partner-in
EOF

check "what is permitted passes" ask srv tcp 10.0.1.2 7001 --from 10.0.2.2:0
check "the first match decides: denied before it is permitted" \
	counts acl-deny silent srv tcp 10.0.1.2 7001 --from 10.0.2.3:0
check "what no entry matches is denied" \
	counts acl-deny-implicit silent srv tcp 10.0.1.2 7002
check "UDP in the range of ports" ask srv udp 10.0.1.2 7003 --from 10.0.2.2:0
check "and not from elsewhere" \
	counts acl-deny-implicit silent srv udp 10.0.1.2 7003 --from 10.0.2.3:0
check "IPv6 as well" ask srv tcp fd00:1::2 7006 --from "[fd00:2::2]:0"
check "IPv6 from elsewhere" \
	counts acl-deny-implicit silent srv tcp fd00:1::2 7006 --from "[fd00:2::3]:0"
check "ping by its type" ns srv ping -c 1 -W "$(patience 2)" 10.0.1.2
check_not "ICMPv6 echo into the inside is not permitted" ns srv ping -c 1 -W 1 fd00:1::2

# Shorter than a header of UDP: no port that an entry could be asked about.
cut_short() {
	ns srv python3 -c "
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
s.sendto(b'abc', ('10.0.1.2', 0))"
}
cut_counted() {
	cut_short && [ "$(counter transport-header-missing)" -gt 0 ]
}
check "a datagram that ends in its header is dropped by name" busywait 5 cut_counted

# What a list is not asked about.
check "the gateway's own address" ask srv tcp 10.0.2.1 7004
check "the gateway answers pings over IPv6, neighbour discovery works" \
	ns srv ping -c 1 -W "$(patience 2)" fd00:2::1
check "replies to what the inside began" ask n1 tcp 10.0.2.2 7005
check "the inside has no list" ask n2 tcp 10.0.1.2 7002
check "an error of ICMP about a permitted flow comes back" \
	status 4 ask srv udp 10.0.1.2 7009 --from 10.0.2.2:0

# Hits.
check_equal "hits are counted by the flow" 1 "$(hits partner-in 1)"
permits=$(hits partner-in 2)
check "an untouched list is bound again" \
	fp zone-new name=outside role=outside interface=out0 access-list=partner-in
check_equal "hits survive a commit" "$permits" "$(hits partner-in 2)"
must ace-new acl=partner-in action=permit line=1 proto=6 dst=10.0.1.2/32 dport-lo=7999 >/dev/null
check_equal "and move with their line" "$permits" "$(hits partner-in 3)"
last=$(fp field ace-get acl=partner-in line=3 -- last-hit)
check "the last hit is known: $last ms ago" [ "${last:-999999999}" -lt "$(patience 60)000" ]
check "the implicit deny has hits as well" \
	[ "$(fp field acl-get name=partner-in -- deny-hits)" -gt 2 ]

# Log.
watch_events
ask srv tcp 10.0.1.2 7001 --from 10.0.2.2:0 >/dev/null
check "an entry with log tells of the flow, and who it was" \
	told acl-log partner-in '"line": 3' '"remote": "10.0.2.2:' '"local": "10.0.1.2:7001"'
silent srv tcp 10.0.1.2 7002
check "a drop tells its reason" told refused acl-deny-implicit '"zone": "outside"'

# Tricks.
spawn_ns seen n1 tcpdump -lnni eth0 ip dst host 10.0.1.2
busywait 10 grep -q listening "$LOGS/seen.log"
seen() {
	sleep 0.7
	grep -c "$1" "$LOGS/seen.log"
}
ns srv "$TRAFFIC" frag udp 10.0.2.2 10.0.1.2 4444 7003 16
check "a datagram in fragments of what is permitted passes" \
	busywait 3 grep -q '10.0.2.2.4444 > 10.0.1.2.7003' "$LOGS/seen.log"
ns srv "$TRAFFIC" frag udp 10.0.2.2 10.0.1.2 4445 7002 16
check_equal "fragments do not hide a port" 0 "$(seen '4445 >')"
ns srv "$TRAFFIC" frag tcp 10.0.2.2 10.0.1.2 4446 7002 8
check_equal "nor does a TCP header in pieces" 0 "$(seen '4446 >')"
ns gw nft -f - <<'NFT'
table ip loose {
	chain pre {
		type filter hook prerouting priority -450
		udp dport 7003 udp sport 4447 notrack
		ip frag-off & 0x3fff != 0 notrack
	}
}
NFT
check "fragments that nobody put together are dropped by name" \
	counts fragment-not-reassembled ns srv "$TRAFFIC" frag udp 10.0.2.2 10.0.1.2 4448 7003 16
ns gw nft delete table ip loose

check "a packet of no flow is dropped by name" \
	counts conntrack-invalid ns srv "$TRAFFIC" stray 10.0.2.2 10.0.1.2 4449 7001 0x3f
check "an ACK out of nowhere is judged like a first packet" \
	counts acl-deny-implicit ns srv "$TRAFFIC" stray 10.0.2.2 10.0.1.2 4450 7002 0x10

# Unbinding.
must zone-new name=outside role=outside interface=out0
check "without the list everything is let in again" ask srv tcp 10.0.1.2 7002
