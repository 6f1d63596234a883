#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kernels: 6.12
# faults: yes
# timeout: 240
#
# PAT to an address and to an interface, static PAT to two nodes behind one
# address, exhaustion, leaks, nft beside (issue 2, section 2; features.md b14).

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../packet-lib.sh"
need python3 nft conntrack
plan 36

stage
serve n1 tcp 0.0.0.0 5062
serve n2 tcp 0.0.0.0 5062
serve n1 udp 0.0.0.0 7003
serve n1 tcp :: 5066
serve srv tcp 0.0.0.0 7005
serve srv udp 0.0.0.0 7005
serve srv tcp :: 7006
serve gw tcp 0.0.0.0 7004

policy <<END
zone-new name=inside role=inside interface=in0 interface=in1
zone-new name=outside role=outside interface=out0
pat-new name=nodes order=10 zone=outside src=10.0.1.2/32 to-addr=$PUBLIC
pat-new name=rest order=20 zone=outside src=10.0.0.0/8
pat-new name=nodes6 order=30 zone=outside src=fd00:1::2/128 to-addr=$PUBLIC6
pat-new name=rest6 order=40 zone=outside src=fd00::/16
static-pat-new name=r1 order=1 zone=outside proto=6 public=$PUBLIC:5061 node=10.0.1.2:5062
static-pat-new name=r2 order=2 zone=outside proto=6 public=$PUBLIC:45062 node=10.0.3.2:5062
static-pat-new name=r3 order=3 zone=outside proto=17 public=$PUBLIC:7003 node=10.0.1.2:7003
static-pat-new name=r6 order=6 zone=outside proto=6 public=[$PUBLIC6]:5061 node=[fd00:1::2]:5066
END

field() {
	fp field "$1" name="$2" -- "$3"
}

# Static PAT.
check "static PAT 5061 to 5062 of the first node" \
	says "local 10.0.1.2 5062" ask srv tcp $PUBLIC 5061
check "the partner keeps its address" \
	says "peer 10.0.2.2 4451 " ask srv tcp $PUBLIC 5061 --from 10.0.2.2:4451
check "45062 to 5062 of the second" \
	says "local 10.0.3.2 5062" ask srv tcp $PUBLIC 45062
check "UDP" says "local 0.0.0.0 7003" ask srv udp $PUBLIC 7003
check "IPv6" says "local fd00:1::2 5066" ask srv tcp $PUBLIC6 5061
check_equal "hits of a row" 2 "$(field static-pat-get r1 hits)"
check "a port without a row is the gateway's" ask srv tcp $PUBLIC 7004
check "from inside the row does not hold" status 4 ask n2 tcp $PUBLIC 5061

# PAT.
check "PAT to the public address" says "peer $PUBLIC " ask n1 tcp 10.0.2.2 7005
check "the source port stays when it is free" \
	says "peer $PUBLIC 34567 " ask n1 tcp 10.0.2.2 7005 --from 10.0.1.2:34567
check "a port below the range does not" \
	says "peer $PUBLIC " ask n1 tcp 10.0.2.2 7005 --from 10.0.1.2:900
check_not "indeed" says "peer $PUBLIC 900 " ask n1 tcp 10.0.2.2 7005 --from 10.0.1.2:901
check "the rest goes to the address of the interface" \
	says "peer 10.0.2.1 " ask n2 tcp 10.0.2.2 7005
check "UDP" says "peer $PUBLIC " ask n1 udp 10.0.2.2 7005
check "ICMP" ns n1 ping -c 1 -W "$(patience 2)" 10.0.2.2
check "IPv6 to an address" says "peer $PUBLIC6 " ask n1 tcp fd00:2::2 7006
check "IPv6 to the interface" says "peer fd00:2::1 " ask n2 tcp fd00:2::2 7006
check "inside to inside is left alone" says "peer 10.0.3.2 " ask n2 tcp 10.0.1.2 5062
check "the gateway's own packets are" says "peer 10.0.2.1 " ask gw tcp 10.0.2.2 7005
check "hits of a rule" [ "$(field pat-get nodes hits)" -ge 4 ]

# The interface changes its address under a connection.
spawn_ns hold n2 "$TRAFFIC" hold 10.0.2.2 7005 "$WORK/hold"
busywait 10 test -s "$WORK/hold"
ns gw sysctl -qw net.ipv4.conf.out0.promote_secondaries=1
ip -n gw addr add 10.0.2.9/24 dev out0
ip -n gw addr del 10.0.2.1/24 dev out0
ip -n srv route replace default via 10.0.2.9
check "a flow ends with the address that it was translated to" \
	busywait 10 eval "! kill -0 $spawned"
check "new flows get the new one" says "peer 10.0.2.9 " ask n2 tcp 10.0.2.2 7005
ip -n gw addr del 10.0.2.9/24 dev out0
ip -n gw route add 10.0.2.0/24 dev out0
check "without an address they are dropped by name" \
	counts pat-without-address silent n2 tcp 10.0.2.2 7005
ip -n gw addr add 10.0.2.1/24 dev out0
ip -n srv route replace default via 10.0.2.1

# Exhaustion.
must pat-new name=nodes order=10 zone=outside src=10.0.1.2/32 to-addr=$PUBLIC \
	port-lo=40000 port-hi=40009 >/dev/null
up=$(ns n1 "$TRAFFIC" many 10.0.2.2 7005 30 --wait 2)
check_equal "ten ports carry ten connections to one destination" 10 "$up"
check "who finds none is counted" [ "$(counter pat-exhausted)" -ge 20 ]
check "at the rule as well" [ "$(field pat-get nodes exhausted)" -ge 20 ]
serve srv tcp 0.0.0.0 7007
check "another destination has all ports again" ask n1 tcp 10.0.2.2 7007

# Leaks: what is not tracked is not translated.
ns gw nft -f - <<'NFT'
table ip raw {
	chain pre {
		type filter hook prerouting priority raw
		tcp dport 7005 notrack
	}
}
NFT
spawn_ns leak srv tcpdump -lnni eth0 net 10.0.1.0/24
busywait 10 grep -q listening "$LOGS/leak.log"
check "an untracked packet does not leave untranslated" \
	counts untracked-untranslated silent n1 tcp 10.0.2.2 7005
ns gw nft delete table ip raw
check "an invalid one neither" counts untracked-untranslated \
	ns n1 "$TRAFFIC" stray 10.0.1.2 10.0.2.2 4449 7005 0x3f
check_equal "no inside address was seen outside" 0 "$(grep -c '10\.0\.1\.' "$LOGS/leak.log")"

# nft in the same namespace.
ns gw nft -f - <<NFT
table ip beside {
	chain pre {
		type nat hook prerouting priority dstnat
		iifname out0 tcp dport 8001 dnat to 10.0.1.2:5062
		iifname out0 ip daddr $PUBLIC tcp dport 5061 dnat to 10.0.3.2:5062
	}
	chain post {
		type nat hook postrouting priority srcnat
		oifname out0 masquerade
	}
	chain across {
		type filter hook forward priority filter
		counter
	}
}
NFT
check "a rule of nft for what is not ours" says "local 10.0.1.2 5062" ask srv tcp 10.0.2.1 8001
check "at the standard priority nft comes second" \
	says "local 10.0.1.2 5062" ask srv tcp $PUBLIC 5061
must pat-del name=nodes
check "and has what no rule of ours takes" says "peer 10.0.2.1 " ask n1 tcp 10.0.2.2 7007
ns gw nft -f - <<NFT
table ip beside {
	chain early {
		type nat hook prerouting priority -110
		iifname out0 ip daddr $PUBLIC tcp dport 5061 dnat to 10.0.3.2:5062
	}
}
NFT
check "an earlier chain comes first" says "local 10.0.3.2 5062" ask srv tcp $PUBLIC 5061
ns gw nft delete table ip beside

# Clash of sources: two connections of one client port to two rows.
check "two rows, one client port" says "local 10.0.3.2 5062" \
	ask srv tcp $PUBLIC 45062 --from 10.0.2.2:4460
check "and the other" says "local 10.0.1.2 5062" \
	ask srv tcp $PUBLIC 5061 --from 10.0.2.2:4460
