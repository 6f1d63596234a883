#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kernels: uml
# timeout: 500
#
# Nothing passes that was not inspected: fragments in every order and overlap,
# lengths and checksums that lie, headers in between, guessed Vias, NAT
# slipstreaming, a helper that somebody else assigned (issue 2, section 6.6;
# issue 4, section 3). The witness is what the node got, and a capture there.

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../packet-lib.sh"
. "$(dirname "$0")/../udp-lib.sh"
need python3 tcpdump conntrack nft nstat
plan 41

udp_stage

# kernel NAME COMMAND...: the kernel's own counter goes up: its reassembly comes
# before every hook
kernel() {
	local name=$1 before after
	shift

	before=$(snmp "$name")
	"$@" || return
	after=$(snmp "$name")
	[ "$after" -gt "$before" ] || { echo "$name is $after as before"; return 1; }
}

snmp() {
	ns gw nstat -asz "$1" | awk 'NR > 1 { print $2 }'
}

# --- fragments ---------------------------------------------------------------------

for way in inwards inwards6 outwards outwards6; do
	check "$way: fragments, the first one with the UDP header alone" passes $way pieces --size 8
	check "$way: the last one first" passes $way reverse
	$way
	# over IPv6 the kernel does not count them
	if [[ $way == *6 ]]; then
		check "$way: who overlaps is dropped with all of it" stays $way overlap
	else
		check "$way: who overlaps is dropped with all of it" \
			kernel IpExtReasmOverlaps stays $way overlap
	fi
done
for way in inwards inwards6; do
	check "$way: each one twice" passes $way twice
	check "$way: another first fragment with another port changes nothing" \
		passes $way port --other 7777
	check "$way: nor do other octets within one" passes $way inner --size 48
done
inwards
check "the port that came first counts for the access-list" \
	counts acl-deny-implicit stays inwards portfirst --other 7777
inwards
check "an incomplete datagram is kept" stays inwards gap
message "sip:carl@$PUBLIC:5060" bob@example.org "bob@$EDGE" "$EDGE"
check "what may not pass in one piece may not in many" \
	counts from-domain-not-allowed stays inwards pieces --size 8
message sip:bob@example.net carl@example.com "carl@10.0.1.99:5060" "$NODE:5060"
check "nor what cannot be rewritten" counts alg-no-row stays outwards pieces --size 8
inwards
check "fragments do not hide the port from the access-list" \
	counts acl-deny-implicit eval "ns srv '$TRICKS' pieces $EDGE $PUBLIC 5060 5070 '$WORK/message' --size 8"

# --- lengths, checksums, headers ----------------------------------------------------

printf 'MESSAGE sip:hidden@%s:5060 SIP/2.0\r\n\r\n' $PUBLIC >"$WORK/hidden"
inwards
check "octets behind the UDP length and a checksum without them" \
	counts conntrack-invalid stays inwards short --extra "$WORK/hidden"
check "without a checksum they are cut off" passes inwards shortnosum --extra "$WORK/hidden"
check_not "in no packet either" grep -aq hidden "$WORK/n1.pcap"
inwards
check "a UDP length beyond the packet" counts conntrack-invalid stays inwards long
inwards
check "a wrong checksum" counts conntrack-invalid stays inwards badsum
check "no checksum is one over IPv4" passes inwards nosum
check "options before the UDP header" passes inwards6 options
check "a fragment header without fragments" passes inwards6 atomic

# --- guessed Vias ---------------------------------------------------------------------

# response VIA...
response() {
	mark=$(($(<"$WORK/mark") + 1))
	echo $mark >"$WORK/mark"
	{
		printf '%s\r\n' "SIP/2.0 200 OK"
		printf 'Via: SIP/2.0/UDP %s;branch=z9hG4bKmark%d-\r\n' "$1" $mark
		[ $# -lt 2 ] || printf 'Via: SIP/2.0/UDP %s;branch=z9hG4bK2\r\n' "$2"
		printf '%s\r\n' "From: <sip:carl@example.com>;tag=1" "To: <sip:bob@example.net>;tag=2" \
			"Call-ID: 1" "CSeq: 1 MESSAGE" "Content-Length: 0" ""
	} >"$WORK/message"
}

response "$NODE:5060"
check "a response cannot name a node" counts via-not-ours stays inwards whole
response "$PUBLIC:5060" "10.0.3.2:5060"
check "nor a second hop" counts via-extra stays inwards whole
response "$PUBLIC:5060;fpv=AYCAlEFzLVoPJxbgpcc5ePy9sOAFlERmgTw87GrJemBhijqAMloZSecJH1RZ5on71"
check "nor with a token that we never made" counts via-forged stays inwards whole

# --- NAT slipstreaming ------------------------------------------------------------------

expectations() {
	ns gw conntrack -L expect 2>/dev/null | grep -c .
}

# A browser inside, made to send SIP in HTTP to an attacker.
post() {
	printf 'POST / HTTP/1.1\r\nHost: 10.0.2.3\r\nContent-Length: 9999\r\n\r\n%01400d' 0
	printf '%s\r\n' "REGISTER sip:10.0.2.3;transport=TCP SIP/2.0" \
		"Via: SIP/2.0/TCP 10.0.3.2:5060;branch=z9hG4bKslip" \
		"Contact: <sip:x@10.0.3.2:3306;transport=TCP>" "Content-Length: 0" ""
}

serve srv tcp 0.0.0.0 5060
serve srv tcp 0.0.0.0 8080
check "a browser does not reach an attacker's SIP port" \
	counts inside-sip-unclassed silent n2 tcp 10.0.2.3 5060
check "a node reaches only whom its class map names, and no proxy is there" \
	counts class-needs-tls-proxy silent n1 tcp $EDGE 5060
post >"$WORK/post"
slip() {
	local got

	got=$(ns n2 timeout "$(patience 10)" bash -c "exec 3<>/dev/tcp/10.0.2.3/8080 && read -r _ <&3 &&
		cat '$WORK/post' >&3 && head -c $(stat -c %s "$WORK/post") <&3 | sha256sum")
	[ "$got" = "$(sha256sum <"$WORK/post")" ] && [ "$(expectations)" = 0 ]
}
check "elsewhere it passes as it is, and opens nothing" slip
check "the port that it asked for stays shut" \
	counts acl-deny-implicit silent srv tcp $PUBLIC 3306

# Somebody gives SIP conntrack's own helper.
modprobe nf_conntrack_sip 2>/dev/null
ns gw nft -f - 2>"$LOGS/nft" <<'NFT'
table inet theirs {
	ct helper sip-udp { type "sip" protocol udp; }
	chain pre {
		type filter hook prerouting priority filter
		udp dport 5060 ct helper set "sip-udp"
	}
	chain early {
		type filter hook prerouting priority -150
		udp dport 5060 ct helper set "sip-udp"
	}
}
NFT
theirs=$?
helpers() {
	ns gw conntrack -L -p udp 2>/dev/null | grep 'port=5060' | grep -o 'helper=[^ ]*' | sort | uniq -c
}
ours_only() {
	local got

	ns gw conntrack -D -p udp >/dev/null 2>&1
	passes inwards whole || return
	got=$(helpers)
	echo "$got"
	[[ $got =~ ^\ *1\ helper=fedpat-sip$ ]] && [ "$(expectations)" = 0 ]
}
if [ $theirs = 0 ]; then
	check "conntrack's SIP helper gives way to ours" ours_only
else
	skip "conntrack's SIP helper gives way to ours" "$(head -n 1 "$LOGS/nft")"
fi
check_equal "no inside address was seen outside" 0 \
	"$(tcpdump -r "$WORK/srv.pcap" -n net 10.0.1.0/24 or net 10.0.3.0/24 or net fd00:1::/64 2>/dev/null | wc -l)"
check_equal "nor in what was said" 0 \
	"$(tcpdump -r "$WORK/srv.pcap" -nA src $PUBLIC or src $PUBLIC6 2>/dev/null |
		grep -c "10\.0\.1\.\|fd00:1::")"
