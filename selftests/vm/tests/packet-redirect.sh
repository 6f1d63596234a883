#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kernels: uml
# timeout: 240
#
# Class maps: redirection to the daemon's listener from outside and from inside,
# what was dialled, nobody there, dialling the listener itself, SIP that no class
# takes (design 5.6, 5.8, 7; issue 2, section 2).

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../packet-lib.sh"
need python3 nft
plan 30

stage
serve n1 tcp 0.0.0.0 5062
serve srv tcp 0.0.0.0 5061
serve srv tcp 0.0.0.0 7005
serve srv tcp :: 5161
serve gw tcp 0.0.0.0 15061
serve gw tcp :: 15061
serve gw tcp 0.0.0.0 15062

policy <<END
zone-new name=inside role=inside interface=in0 interface=in1
zone-new name=outside role=outside interface=out0 access-list=partner-in
acl-new name=partner-in
ace-new acl=partner-in action=permit proto=6 src=10.0.2.2/32 dst=$PUBLIC/32 dport-lo=5061
ace-new acl=partner-in action=permit proto=6 src=fd00:2::2/128 dst=$PUBLIC6/128 dport-lo=5061
acl-new name=partner-out
ace-new acl=partner-out action=permit proto=6 src=10.0.1.2/32 dst=10.0.2.2/32 dport-lo=5061
ace-new acl=partner-out action=permit proto=6 src=fd00:1::2/128 dst=fd00:2::2/128 dport-lo=5161
federation-new name=contoso place=asa public-fqdn=im.example.com public-addr=$PUBLIC public-addr=$PUBLIC6 inside-addr=10.0.1.1 local-domain=example.com key=$(printf '11%.0s' {1..32}) key-version=1
tls-proxy-new name=from-outside federation=contoso zone=outside listener-port=15061 transport=tcp
tls-proxy-new name=from-inside federation=contoso zone=inside listener-port=15062 transport=tcp
class-map-new name=in order=10 zone=outside access-list=partner-in tls-proxy=from-outside
class-map-new name=out order=20 zone=inside access-list=partner-out tls-proxy=from-inside
static-pat-new name=r1 order=1 federation=contoso zone=outside proto=6 public=$PUBLIC:5061 node=10.0.1.2:5062
pat-new name=nodes order=10 zone=outside src=10.0.1.2/32 to-addr=$PUBLIC
END

# From outside.
check "a partner that dials the public address reaches the listener" \
	says "peer 10.0.2.2 4451 local $PUBLIC 15061" \
	ask srv tcp $PUBLIC 5061 --from 10.0.2.2:4451
check "which is told what was dialled" \
	says " orig $PUBLIC 5061" ask srv tcp $PUBLIC 5061 --from 10.0.2.2:0
check "IPv6: what was dialled" \
	says "local $PUBLIC6 15061 orig $PUBLIC6 5061" \
	ask srv tcp $PUBLIC6 5061 --from '[fd00:2::2]:0'
check_equal "hits of the class map" 3 "$(fp field class-map-get name=in -- hits)"
check_equal "hits of the row that the daemon will use" 2 \
	"$(fp field static-pat-get name=r1 -- hits)"
check "a stranger meets the access-list first" \
	counts acl-deny-implicit silent srv tcp $PUBLIC 5061 --from 10.0.2.3:0

# From inside.
check "a node that dials the partner reaches the other listener" \
	says "local 10.0.1.1 15062 orig 10.0.2.2 5061" ask n1 tcp 10.0.2.2 5061
serve gw tcp fd00:1::1 15062
check "IPv6, by the interface's address" \
	says "local fd00:1::1 15062 orig fd00:2::2 5161" ask n1 tcp fd00:2::2 5161

# Two connections that differ in what was dialled only.
ask srv tcp $PUBLIC 5061 --from 10.0.2.2:4460 >/dev/null
policy <<END
ace-new acl=partner-in action=permit proto=6 src=10.0.2.2/32 dst=$PUBLIC/32 dport-lo=45062
END
check "two rows dialled from one client port both get through" \
	says "orig $PUBLIC 45062" ask srv tcp $PUBLIC 45062 --from 10.0.2.2:4460

# A gateway without an address of that family but link-local ones, which no listener has.
ns n1 ip -6 neigh replace fd00:1::1 lladdr "$(ns gw cat /sys/class/net/in0/address)" dev eth0 nud permanent
for at in in0=fd00:1::1/64 in1=fd00:3::1/64 out0=fd00:2::1/64 lo=$PUBLIC6/128; do
	ip -n gw addr del "${at#*=}" dev "${at%%=*}"
done
check "without an address to end at it is dropped by name" \
	counts redirect-without-address silent n1 tcp fd00:2::2 5161
for at in in0=fd00:1::1/64 in1=fd00:3::1/64 out0=fd00:2::1/64 lo=$PUBLIC6/128; do
	addr_ns gw "${at%%=*}" "${at#*=}"
done
check "with one it ends there again" \
	says "local fd00:1::1 15062 orig fd00:2::2 5161" ask n1 tcp fd00:2::2 5161

# The guard.
check "who dials the listener is reset" \
	counts listener-not-redirected status 4 ask n1 tcp 10.0.1.1 15062
check "from outside the access-list lets nobody that far" \
	silent srv tcp $PUBLIC 15061 --from 10.0.2.2:0
check "at another address of the gateway" \
	counts listener-not-redirected status 4 ask srv tcp 10.0.2.1 15061
check "over IPv6" \
	counts listener-not-redirected status 4 ask n1 tcp fd00:1::1 15061
check "from the gateway itself" \
	counts listener-not-redirected status 4 ask gw tcp 127.0.0.1 15061
ns gw nft -f - <<'NFT'
table ip early {
	chain pre {
		type nat hook prerouting priority -110
		tcp dport 7777 redirect to :15062
	}
}
NFT
check "and who is sent there by nft" \
	counts listener-not-redirected status 4 ask n1 tcp 10.0.1.1 7777
ns gw nft delete table ip early

# Nobody there.
must tls-proxy-new name=from-outside federation=contoso zone=outside listener-port=15063 transport=tcp
check "without a listener the SYN is dropped by name" \
	counts no-listener silent srv tcp $PUBLIC 5061 --from 10.0.2.2:0
check "over IPv6 too" \
	counts no-listener silent srv tcp $PUBLIC6 5061 --from '[fd00:2::2]:0'
late_listener() {
	local caller

	spawn_ns late srv "$TRAFFIC" ask tcp $PUBLIC 5061 --from 10.0.2.2:0 --wait "$(patience 9)"
	caller=$spawned
	sleep 0.3
	serve gw tcp $PUBLIC 15063
	wait "$caller"
}
check "a listener that comes late is reached by the next try" late_listener
must tls-proxy-new name=from-outside federation=contoso zone=outside listener-port=15061 transport=tcp

# SIP from inside that no class takes.
check "SIP of another node to the partner is refused" \
	counts inside-sip-unclassed silent n2 tcp 10.0.2.2 5061
check "and of this node to somebody else" \
	counts inside-sip-unclassed silent n1 tcp 10.0.2.3 5061
check "and from a node's listener" \
	counts inside-sip-unclassed silent n1 udp 10.0.2.2 7005 --from 10.0.1.2:5062
check "other traffic is not SIP" says "peer $PUBLIC " ask n1 tcp 10.0.2.2 7005
check "the gateway's own address is not the way out" status 4 ask n1 tcp 10.0.1.1 5060

# Somebody else translated first.
ns gw nft -f - <<NFT
table ip early {
	chain pre {
		type nat hook prerouting priority -110
		iifname out0 ip daddr $PUBLIC tcp dport 5061 dnat to 10.0.1.2:5062
	}
}
NFT
check "nft cannot lead a flow past the inspection" \
	counts class-map-bypassed silent srv tcp $PUBLIC 5061 --from 10.0.2.2:0
ns gw nft delete table ip early
check "and without it all is well" ask srv tcp $PUBLIC 5061 --from 10.0.2.2:0

# A class that asks for what cannot be.
policy <<END
inspect-new name=sip type=sip
class-map-new name=out order=20 zone=inside access-list=partner-out inspect=sip
END
check "SIP over TCP without a tls-proxy is refused" \
	counts class-needs-tls-proxy silent n1 tcp 10.0.2.2 5061

# Without class maps nothing is inspected, unless the operator wants it so.
policy <<END
class-map-del name=in
class-map-del name=out
END
check "a policy without class maps lets SIP pass" ask n2 tcp 10.0.2.2 5061
must settings-set strict-inside
check "and with strict-inside it does not" \
	counts inside-sip-unclassed silent n2 tcp 10.0.2.2 5061
