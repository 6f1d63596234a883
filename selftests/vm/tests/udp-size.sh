#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kernels: uml
# timeout: 500
#
# SIP over UDP at its edges: datagrams that outgrow the MTU or 65535 octets,
# checksums left to the interface or not, segmentation offload, several messages
# in a datagram; PAT and conntrack exhausted, and back (issue 4, section 4).

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../packet-lib.sh"
. "$(dirname "$0")/../udp-lib.sh"
need python3 tcpdump conntrack ethtool
plan 40

udp_stage
watch_events

# filled SIZE FUNCTION: what it makes, with a body that fills the datagram
filled() {
	local size=$1 head

	"$2"
	head=$(stat -c %s "$WORK/message")
	# the number may be up to four digits longer than the 0 that is there
	python3 - "$WORK/message" $((size - head - 4)) <<-'PY'
		import sys
		with open(sys.argv[1], "rb") as f:
		    head = f.read()
		body = b"x" * int(sys.argv[2])
		with open(sys.argv[1], "wb") as f:
		    f.write(head.replace(b"Length: 0", b"Length: %05d" % len(body)) + body)
	PY
}

# deliver WAY: as it was made, by a socket: with DF, and as the kernel fragments
deliver() {
	local file host want got

	where "$1"
	case $1 in
	inwards) ns srv "$TRAFFIC" send "$PUBLIC" 5060 "$WORK/message" --from $EDGE:5077 ;;
	inwards6) ns srv "$TRAFFIC" send "$PUBLIC6" 5060 "$WORK/message" --from "[$EDGE6]:5077" ;;
	outwards) ns n1 "$TRAFFIC" send $EDGE 5060 "$WORK/message" --from $NODE:5077 ;;
	outwards6) ns n1 "$TRAFFIC" send $EDGE6 5060 "$WORK/message" --from "[$NODE6]:5077" ;;
	esac || return
	busywait 3 eval "grep -aq mark$mark- $file.[0-9]*" || { echo "mark$mark did not arrive"; return 1; }
	got=$(grep -al "mark$mark-" "$file".[0-9]*)
	head -c 700 "$got"
	grep -aq "$want" "$got" && whole "$got"
}

# whole FILE: its body is as long as it says
whole() {
	python3 - "$1" <<-'PY'
		import re, sys
		with open(sys.argv[1], "rb") as f:
		    head, _, body = f.read().partition(b"\r\n\r\n")
		sys.exit(int(re.search(rb"Content-Length: (\d+)", head).group(1)) != len(body))
	PY
}

# --- larger than the MTU -----------------------------------------------------------
#
# 1472 and 1452 octets of UDP fill 1500; the rewriting makes them longer. The path
# MTU is what the sender thinks it is: it cannot send less.

# grown: rewriting adds at least forty octets to it, outwards and inwards
long_out() { message sip:bob@example.net carl@example.com "carl@$NODE:5060>, <sip:carl@$NODE:5060>, <sip:carl@$NODE:5060>, <sip:carl@$NODE:5060>, <sip:carl@$NODE:5060" "$NODE:5060"; }
long_out6() { message sip:bob@example.net carl@example.com "carl@[$NODE6]:5060>, <sip:carl@[$NODE6]:5060>, <sip:carl@[$NODE6]:5060>, <sip:carl@[$NODE6]:5060" "[$NODE6]:5060"; }

# grows WAY MTU: it left longer than it came and than the MTU allows
grows() {
	deliver "$1" >/dev/null || return
	local file host want size

	where "$1"
	size=$(stat -c %s "$(grep -al "mark$mark-" "$file".[0-9]*)")
	echo "$(stat -c %s "$WORK/message") octets became $size"
	[ "$size" -gt "$2" ]
}

filled 1472 long_out
check "a datagram that outgrows the MTU arrives over IPv4" grows outwards 1472
filled 1452 long_out6
check "and over IPv6" grows outwards6 1452
for size in 1460 16000; do
	for way in inwards inwards6 outwards outwards6; do
		filled $size $way
		check "$way: $size octets" deliver $way
	done
done
policy <<END
inspect-new name=sip type=sip max-message=65535
END
filled 65400 inwards
check "nearly all that UDP can carry" deliver inwards
filled 65500 long_out
check_not "what no longer fits is dropped" deliver outwards
check "and counted" [ "$(counter udp-no-room)" = 1 ]
check "and told" told udp-no-room
filled 1000 outwards
check "the flow goes on" deliver outwards

# --- checksums and offload ------------------------------------------------------------

# offload on|off HOST:DEVICE...: of checksums
offload() {
	local at state=$1

	shift
	for at; do
		ns "${at%:*}" ethtool -K "${at#*:}" tx "$state" >/dev/null 2>&1 || return
	done
}

for case in "on off" "off off"; do
	read -r hosts gateway <<<"$case"
	offload "$hosts" n1:eth0 srv:eth0
	offload "$gateway" gw:in0 gw:out0
	for way in inwards inwards6 outwards outwards6; do
		filled 900 $way
		check "$way: checksums by the interface: hosts $hosts, gateway $gateway" deliver $way
	done
done
offload on n1:eth0 srv:eth0 gw:in0 gw:out0

# Several datagrams in one buffer (UDP_SEGMENT): nobody can rewrite that.
segmented() {
	ns n1 python3 - "$WORK/message" <<-PY
		import socket, sys
		with open(sys.argv[1], "rb") as f:
		    data = f.read()
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		s.setsockopt(17, 103, len(data))  # UDP_SEGMENT
		s.bind(("$NODE", 5078))
		s.sendto(data * 3, ("$EDGE", 5060))
	PY
	! busywait 1 eval "grep -aq mark$mark- $WORK/edge.[0-9]*"
}
filled 600 outwards
check "joined datagrams are dropped by name" counts udp-coalesced segmented
check "one by one they pass" deliver outwards

# --- more than a message ----------------------------------------------------------------

arrives_without() {
	deliver "$1" >/dev/null || return
	local file host want got

	where "$1"
	got=$(grep -al "mark$mark-" "$file".[0-9]*)
	! grep -aq "$2" "$got"
}

filled 500 inwards
cp "$WORK/message" "$WORK/one"
sed 's/MESSAGE sip/REGISTER sip/; s/mark/second/g' "$WORK/one" >"$WORK/two"
cat "$WORK/one" "$WORK/two" >"$WORK/message"
check "of two messages in a datagram the first arrives, alone" arrives_without inwards second
check_equal "the second is in no packet" 0 "$(grep -ac second "$WORK/n1.pcap")"
filled 500 inwards
{ printf '\r\n\r\n'; cat "$WORK/message"; } >"$WORK/one"
mv "$WORK/one" "$WORK/message"
check "nor does one behind empty lines, which are for streams" \
	counts start-line-malformed eval "! deliver inwards"

# --- no port, no room -----------------------------------------------------------------

# from_port PORT: the node sends from a port that has no row, so PAT gives it one
from_port() {
	filled 400 outwards
	ns n1 "$TRAFFIC" send $EDGE 5060 "$WORK/message" --from "$NODE:$1" || return
	busywait 2 eval "grep -aq mark$mark- $WORK/edge.[0-9]*"
}

must pat-new name=nodes order=10 zone=outside src=10.0.0.0/16 to-addr=$PUBLIC port-lo=40000 port-hi=40001
ns gw conntrack -D -p udp >/dev/null 2>&1
check "two ports of PAT carry two senders" eval "from_port 5081 && from_port 5082"
check_not "a third one finds none" from_port 5083
check "which is counted" [ "$(counter pat-exhausted)" -ge 1 ]
check "and told" told pat-exhausted
check "the node itself has its own endpoint" passes outwards whole
ns gw conntrack -D -p udp >/dev/null 2>&1
check "ports that are free again serve" from_port 5083

must pat-new name=nodes order=10 zone=outside src=10.0.0.0/16 to-addr=$PUBLIC
# Conntrack's table is one for all namespaces, the limit counts for each.
max=$(sysctl -n net.netfilter.nf_conntrack_max)
full() {
	local drops

	drops=$(ns gw conntrack -S | grep -o ' drop=[0-9]*' | awk -F= '{ n += $2 } END { print n + 0 }')
	echo "drops: ${drops:-0}"
	[ "${drops:-0}" -gt 0 ]
}
stands() {
	passes outwards whole && passes inwards whole
}
# Conntrack gives up flows that nobody has answered for two seconds.
check "a flow that stands" eval "stands && sleep 2.2 && stands"
serve srv tcp 0.0.0.0 7005
established() {
	ns gw conntrack -L -p tcp --state ESTABLISHED 2>/dev/null | grep -c .
}
ns n2 "$TRAFFIC" many $EDGE 7005 20 --wait 12 >"$WORK/many" &
many=$!
# shellcheck disable=SC2016 # eval does it
busywait 10 eval '[ "$(established)" = 20 ]'
sysctl -qw net.netfilter.nf_conntrack_max=18
check_not "with the table full a new flow does not pass" from_port 5084
check "conntrack counts it, and logs it" eval "full && dmesg | grep -q 'table full, dropping packet'"
check "the flow that stands goes on" stands
wait $many
check_equal "and so do connections" 20 "$(cat "$WORK/many")"
sysctl -qw net.netfilter.nf_conntrack_max="$max"
check "with room again new flows pass" from_port 5085
