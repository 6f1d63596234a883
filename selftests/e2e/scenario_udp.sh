#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What the scenario proves over UDP, sourced by scenario.sh. There are no legs:
# the proof is what was on the wire, flow by flow and octet by octet.

# shellcheck disable=SC2034 # used by scenario.sh

# The routing node's public endpoint, and what must not be seen outside.
UDP_PUBLIC=203.0.113.10
UDP_INSIDE='ip.addr == 192.0.2.0/24 or frame contains "192.0.2."
	or frame contains "127.0.0.1:507" or frame contains "imp1.example.com"
	or frame contains "imp2.example.com" or frame contains "IM-and-Presence"'
UDP_CHECKS=8

# udp_begin: witnesses on both sides of the gateway, and on a node
udp_begin() {
	local at

	for at in inet:gw0 node1:eth0; do
		spawn "tcpdump-${at%:*}" nsenter --net="/run/netns/${at%:*}" -- tcpdump -Z root -Uni "${at#*:}" -s 0 \
			-w "$WORK/${at%:*}.pcap" udp or ip[6:2] \& 0x3fff != 0
		busywait 20 grep -q listening "$LOGS/tcpdump-${at%:*}.log" ||
			fail_all "no witness: $(cat "$LOGS/tcpdump-${at%:*}.log")"
	done
}

# udp_fresh: who talks next begins a flow, so that it is classified anew
udp_fresh() {
	ns gw conntrack -D -p udp >/dev/null 2>&1
	return 0
}

# udp_exact: every message as it must be, and each of them counted
udp_exact() {
	local text

	text=$("$E2E/udp_exact.py" "$WORK/node1/dump" "$WORK/node2/dump" "$WORK/edge/dump") ||
		{ echo "$text"; return 1; }
	echo "$text"
	fedctl -j counters >"$WORK/counters.json" && python3 -c '
import json, re, sys
rows = {r["name"]: r["value"] for r in json.load(open(sys.argv[1]))}
seen = sum(map(int, re.findall(r"\d+", sys.argv[2])))
quiet = {"commits", "udp-messages", "events"}
print(seen, "messages seen, counters:", rows)
sys.exit(rows.get("udp-messages") != seen or bool(set(rows) - quiet))
' "$WORK/counters.json" "$text"
}

# udp_witness: tshark on the outside wire
udp_witness() {
	local leaks sip

	leaks=$(tshark -r "$WORK/inet.pcap" -Y "${UDP_INSIDE//$'\n'/ }" 2>/dev/null) || return
	[ -z "$leaks" ] || { echo "$leaks"; return 1; }
	sip=$(tshark -r "$WORK/inet.pcap" -Y sip -T fields -e ip.src -e ip.dst 2>/dev/null |
		sort | uniq -c) || return
	echo "$sip"
	awk '{ n[$2] += $1; all += $1 }
		END { exit !(n["203.0.113.10"] > 20 && n["198.51.100.20"] > 20 &&
			all == n["203.0.113.10"] + n["198.51.100.20"]) }' <<<"$sip"
}

# udp_helped out|in_ SOURCE: one flow, begun by SOURCE, with the gateway's helper
udp_helped() {
	local flows

	udp_fresh
	if [ "$1" = out ]; then
		out pager alice node1 5070 || return
	else
		in_ pager || return
	fi
	flows=$(ns gw conntrack -L -p udp 2>/dev/null | grep -E 'port=(5060|45060) ')
	echo "$flows"
	[ "$(grep -c . <<<"$flows")" = 1 ] && [[ $flows == *" src=$2 "*"helper=fedpat-sip "* ]]
}

# udp_hits: rows of static PAT and class maps did it, both ways and for both nodes
udp_hits() {
	fedctl -j static-pat show >"$WORK/rows.json" &&
		fedctl -j class-map show >"$WORK/classes.json" && python3 -c '
import json, sys
hits = {r["name"]: r["hits"] for f in sys.argv[1:] for r in json.load(open(f))}
print(hits)
sys.exit(any(hits["contoso." + n] < 1 for n in (
    "imp1.udp.5060", "imp2.udp.45060", "ent_ext_to_imp", "ent_imp_to_ext",
    "ent_second_imp_to_ext")))' "$WORK/rows.json" "$WORK/classes.json"
}

# udp_counter NAME
udp_counter() {
	fedctl -j counters | python3 -c '
import json, sys
print(next((r["value"] for r in json.load(sys.stdin) if r["name"] == sys.argv[1]), 0))' "$1"
}

# udp_send HOST FROM TO PORT FILE
udp_send() {
	ns "$1" "$ROOT/selftests/net/traffic.py" send "$3" "$4" "$WORK/$5" --from "$2"
}

# udp_text FILE URI FROM CONTACT MARK: a MESSAGE that can be told by its MARK
udp_text() {
	printf '%s\r\n' "MESSAGE $2 SIP/2.0" "Via: SIP/2.0/UDP ${4#*@};branch=z9hG4bK$5" \
		"Max-Forwards: 70" "From: <sip:$3>;tag=1" "To: <$2>" "Call-ID: $5" \
		"CSeq: 1 MESSAGE" "Contact: <sip:$4>" "Content-Length: 0" "" >"$WORK/$1"
}

# udp_dropped WITNESS REASON MARK COMMAND...: it is counted by that name, once,
# and the witness has seen nothing of it
udp_dropped() {
	local pcap=$WORK/$1.pcap reason=$2 mark=$3 before
	shift 3

	udp_fresh
	before=$(udp_counter "$reason")
	"$@" || return
	busywait 5 eval "[ \$(udp_counter $reason) = $((before + 1)) ]" ||
		{ echo "$reason is $(udp_counter "$reason") after $before"; return 1; }
	sleep 0.3
	! grep -aq "$mark" "$pcap" || { echo "$mark was seen"; return 1; }
}

udp_unrewritable() {
	udp_text kept "sip:bob@example.net" "$ALICE" "alice@192.0.2.11:5060" passed-outwards
	udp_fresh
	udp_send node1 192.0.2.11:5060 198.51.100.20 5060 kept || return
	# who can be rewritten is seen: the witness is not blind
	busywait 5 grep -aq passed-outwards "$WORK/inet.pcap" || return
	udp_text kept "sip:bob@example.net" "$ALICE" "alice@192.0.2.99:5060" kept-inside
	udp_dropped inet alg-no-row kept-inside \
		udp_send node1 192.0.2.11:5060 198.51.100.20 5060 kept
}

udp_hostile() {
	local to=$UDP_PUBLIC

	udp_text in sip:alice@example.com "$BOB" bob@198.51.100.20 passed-inwards
	udp_fresh
	udp_send edge 198.51.100.20:5066 $to 5060 in || return
	busywait 5 grep -aq passed-inwards "$WORK/node1.pcap" || return
	udp_text in sip:alice@example.com "$BOB" bob@198.51.100.66 kept-stranger
	udp_dropped node1 acl-deny-implicit kept-stranger \
		udp_send stranger 198.51.100.66:5060 $to 5060 in || return
	udp_text in sip:alice@example.com mallory@example.org bob@198.51.100.20 kept-forged
	udp_dropped node1 from-domain-not-allowed kept-forged \
		udp_send edge 198.51.100.20:5066 $to 5060 in || return
	printf 'POST / HTTP/1.1\r\nkept-http: yes\r\n\r\n' >"$WORK/in"
	udp_dropped node1 start-line-malformed kept-http \
		udp_send edge 198.51.100.20:5066 $to 5060 in
}

# udp_proofs: UDP_CHECKS results
udp_proofs() {
	check "udp: each datagram is rewritten exactly and counted" udp_exact
	check "udp: tshark saw nothing of the inside outside" udp_witness
	check "udp: the gateway's helper has the flow that a node begins" udp_helped out 192.0.2.11
	check "udp: and the one that the partner begins" udp_helped in_ 198.51.100.20
	check "udp: rows and class maps were hit, both ways" udp_hits
	check "udp: the daemon sleeps while messages flow" sleeps
	check "udp: what cannot be rewritten stays inside, counted" udp_unrewritable
	check "udp: what may not come in does not, counted" udp_hostile
}
