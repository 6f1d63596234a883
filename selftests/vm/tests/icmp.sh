#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kernels: uml
# timeout: 200
#
# ICMP: errors about datagrams of SIP tell the sender that they came to nothing, and
# quote no line that was rewritten; neighbours find a public address of IPv6 that is
# on the outside interface, whatever list is bound.

# shellcheck disable=SC2154 # mark is message()'s
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../packet-lib.sh"
. "$(dirname "$0")/../udp-lib.sh"
need python3 tcpdump tshark
plan 17

udp_stage
spawn_ns errors srv tcpdump -Z root -Uni eth0 -s 0 -w "$WORK/errors.pcap" \
	'icmp or (icmp6 and ip6[40] < 128)'
busywait 20 grep -q listening "$LOGS/errors.log" || fail_all "no witness of errors"

# refused WAY ERROR: a sender at the edge of what message() made is told ERROR
refused() {
	local from=$EDGE to=$PUBLIC

	[ "$1" = inwards ] || from=$EDGE6 to=$PUBLIC6
	"$1"
	ns srv python3 - "$from" "$to" "$WORK/message" "$2" "$(patience 3)" <<-'PY'
		import errno
		import socket
		import sys

		here, to, file, want, seconds = sys.argv[1:]
		sock = socket.socket(socket.AF_INET6 if ":" in to else socket.AF_INET, socket.SOCK_DGRAM)
		sock.settimeout(float(seconds))
		# IP_RECVERR, IPV6_RECVERR: errors that may pass are told, too
		sock.setsockopt(*((41, 25) if ":" in to else (0, 11)), 1)
		sock.bind((here, 0))
		sock.connect((to, 5060))
		with open(file, "rb") as f:
		    sock.send(f.read())
		try:
		    sys.exit(f"somebody answered: {sock.recv(2000)!r}")
		except OSError as why:
		    print(why)
		    sys.exit(why.errno != getattr(errno, want))
	PY
}

# quotes FILTER LENGTH: the last error of that kind quotes ports, and nothing behind them
quotes() {
	local text

	text=$(tshark -r "$WORK/errors.pcap" -Y "$1" -T fields -e frame.len -e udp.dstport | tail -n 1)
	echo "$text"
	# Ethernet, IP, ICMP, and the quoted IP and UDP headers.
	grep -qP "^$2\t" <<<"$text" && grep -q 5060 <<<"$text"
}

# shows: what the errors show of the inside, or of any message
shows() {
	tcpdump -r "$WORK/errors.pcap" -nA 2>/dev/null | grep -aE "MESSAGE|sip:|mark[0-9]" && return
	grep -aqE "$NODE|$NODE6" "$WORK/errors.pcap"
}

check "a request reaches the node" passes inwards whole
check "over IPv6 too" passes inwards6 whole

pkill -f "record $NODE 5060"
pkill -f "record $NODE6 5060"
check "a closed port of the node is told" refused inwards ECONNREFUSED
check "by an error that ends with the ports" quotes "icmp.type == 3 && icmp.code == 3" 70
check "over IPv6 too" refused inwards6 ECONNREFUSED
check "by an error that ends with the ports" quotes "icmpv6.type == 1 && icmpv6.code == 4" 110

ip -n n1 link set eth0 down
ip -n gw neigh flush dev in0
ip -n gw -6 neigh flush dev in0
check "a node that is off is told by the gateway itself" refused inwards EHOSTUNREACH
check "by an error that ends with the ports" quotes "icmp.type == 3 && icmp.code == 1" 70
check "over IPv6 too" refused inwards6 EHOSTUNREACH
check "by an error that ends with the ports" quotes "icmpv6.type == 1 && icmpv6.code == 3" 110
check_not "no error shows a message or an inside address" shows
# seen FILTER: how many
seen() {
	tshark -r "$WORK/errors.pcap" -o ip.check_checksum:TRUE -Y "$1" | grep -c .
}
check_equal "the checksums are right" "$(seen 'icmp || icmpv6')" "$(seen '
	(icmp.checksum.status == "Good" && ip.checksum.status == "Good") ||
	icmpv6.checksum.status == "Good"')"

# --- neighbours -------------------------------------------------------------------

ip -n n1 link set eth0 up
addr_ns n1 eth0 $NODE6/64
ip -n n1 route replace default via 10.0.1.1
ip -n n1 -6 route replace default via fd00:1::1
ip -n gw addr del "$PUBLIC6/128" dev lo
ip -n gw addr add "$PUBLIC6/128" dev out0 nodad
ip -n gw -6 neigh flush dev out0
ip -n srv -6 route add "$PUBLIC6/128" dev eth0
before=$(counter acl-deny-implicit)
check "from the public address, the gateway finds who is next to it" passes outwards6 whole
check "a neighbour finds the public address" eval \
	"refused inwards6 ECONNREFUSED && ip -n srv -6 neigh show $PUBLIC6 | grep -q lladdr"
# A probe of one that is known goes to the address itself (RFC 4861 section 7.3.3).
stale() {
	ip -n srv -6 neigh change "$PUBLIC6" dev eth0 nud probe || return
	busywait 10 eval "ip -n srv -6 neigh show $PUBLIC6 | grep -q REACHABLE"
}
check "and reaches it again when it asks later" stale
check_equal "the list was asked about none of it" "$before" "$(counter acl-deny-implicit)"
check_not "and a ping, which no entry permits, is dropped" ns srv ping -6 -c 1 -W 1 "$PUBLIC6"
