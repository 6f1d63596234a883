#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kernels: 6.12
# timeout: 240
#
# Segment tricks on a redirected port: however TCP segments are cut, ordered,
# repeated and forged, a node gets whole messages that the gateway wrote, or
# nothing; SIP wrapped in HTTP and placed at a segment boundary opens nothing
# (issue 2, section 6.6; issue 4, section 3). The witness is what the node got.

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../../e2e/scenario.sh"
need python3 nft openssl tcpdump conntrack
plan 17

EDGE=198.51.100.20
RAW=$ROOT/selftests/net/rawtcp.py
GOT=$WORK/got

"$E2E/pki.sh" "$PKI" >/dev/null 2>&1
world_namespaces
world_addresses
transport=tcp
"$E2E/contoso.sh" tcp "$PKI" >"$WORK/contoso.yaml"
fedctl federation apply "$WORK/contoso.yaml" >"$LOGS/apply.log" 2>&1 ||
	fail_all "the policy is refused: $(cat "$LOGS/apply.log")"
daemon_start fedpatd
busywait 20 listening gw tcp 7061 || fail_all "the daemon does not listen"
: >"$GOT"
spawn sink nsenter --net=/run/netns/node1 -- "$RAW" sink 192.0.2.11 5060 "$GOT"
busywait 10 listening node1 tcp 5060 || fail_all "no witness on the node"
spawn tcpdump nsenter --net=/run/netns/node1 -- tcpdump -Z root -Uni eth0 -s 0 -w "$WORK/node1.pcap" tcp
busywait 20 grep -q listening "$LOGS/tcpdump.log" || fail_all "no capture on the node"
ns edge nft -f - <<'NFT' || fail_all "the edge cannot keep its resets"
table ip quiet {
	chain out {
		type filter hook output priority 0
		tcp sport 6000-6999 tcp flags & rst == rst drop
	}
}
NFT

cleanup() {
	daemon_stop
}

echo 0 >"$WORK/mark"

# message [FROM [BODY]]: a MESSAGE with a mark of its own, to standard output
message() {
	local body=${2-hello}

	printf '%s\r\n' "MESSAGE sip:alice@example.com SIP/2.0" \
		"Via: SIP/2.0/TCP $EDGE:5060;branch=z9hG4bKmark$mark-" "Max-Forwards: 70" \
		"From: <sip:${1-bob@example.net}>;tag=1" "To: <sip:alice@example.com>" \
		"Call-ID: mark$mark-" "CSeq: 1 MESSAGE" "Contact: <sip:bob@$EDGE>" \
		"Content-Type: text/plain" "Content-Length: ${#body}" ""
	printf '%s' "$body"
}

next() {
	mark=$(($(<"$WORK/mark") + 1))
	echo $mark >"$WORK/mark"
}

# got TIMES: the node has that many messages with the mark, each as it must be
got() {
	python3 - "$GOT" "mark$mark-" "$1" <<-'PY'
		import re, sys
		with open(sys.argv[1], "rb") as f:
		    text = f.read()
		mark, times, seen = sys.argv[2].encode(), int(sys.argv[3]), 0
		while text:
		    head, gap, rest = text.partition(b"\r\n\r\n")
		    if not gap or not re.match(rb"MESSAGE sip:alice@\S+ SIP/2\.0\r\nVia: SIP/2\.0/TCP 192\.0\.2\.1[:;]", head):
		        sys.exit("the node got: %r" % text[:300])
		    size = int(re.search(rb"\r\nContent-Length: (\d+)", head).group(1))
		    if rest[:size] != b"hello":
		        sys.exit("the body is %r" % rest[:size])
		    seen += b"\r\nCall-ID: " + mark in head
		    text = rest[size:]
		print(seen, "messages with the mark")
		sys.exit(seen != times)
	PY
}

# arrives TIMES: within some seconds, and no more of them later
arrives() {
	busywait 8 got "$1"
	sleep 0.2
	got "$1"
}

port() {
	echo $((6000 + mark))
}

# raw TRICK [OPTION...]: one message over a connection made by hand
raw() {
	local trick=$1
	shift

	next
	message >"$WORK/raw"
	ns edge timeout "$(patience 20)" "$RAW" "$trick" $EDGE 203.0.113.10 "$(port)" 5060 "$WORK/raw" "$@" &&
		arrives 1
}

# said OPTION... FILE: over an honest connection
said() {
	ns edge timeout "$(patience 20)" "$E2E/sipraw.py" --binary --seconds 5 "${@:1:$#-1}" 203.0.113.10 5060 "${!#}" \
		>"$WORK/answer" 2>&1
}

counter() {
	fedctl -j counters | python3 -c '
import json, sys
print(next((r["value"] for r in json.load(sys.stdin) if r["name"] == sys.argv[1]), 0))' "$1"
}

counts() {
	local name=$1 before
	shift

	before=$(counter "$name")
	"$@" || return
	busywait 5 eval "[ \$(counter $name) -gt $before ]" || { fedctl counters; return 1; }
}

check "segments of 40 octets" raw order
check "of one octet" raw order --size 1
check "the last one first" raw reverse
check "each one twice" raw twice
check "each one again with other octets: TCP keeps the first" raw overlap
check "each one forged before it, with a wrong checksum" counts conntrack-invalid raw badsum
check "or outside the window" raw window
check "each one in IP fragments" raw pieces

glued() {
	next
	{ message; message; printf '\r\n\r\n'; message; } >"$WORK/glued"
	said --cut "$1" "$WORK/glued"
	arrives 3
}
check "three messages glued together, cut every 7 octets" glued 7
check "and not cut at all" glued 0

# A second request hidden behind what the first one declares.
smuggled() {
	next
	{ message; message mallory@example.org; } >"$WORK/glued"
	said --expect "SIP/2.0 403" "$WORK/glued" || { cat "$WORK/answer"; return 1; }
	arrives 1
}
check "a forged request behind a good one is refused by itself" \
	counts from-domain-not-allowed smuggled

# NAT slipstreaming: the request begins where a segment begins.
slip() {
	next
	{
		printf 'POST / HTTP/1.1\r\nHost: 203.0.113.10:5060\r\nContent-Length: 99999\r\n\r\n'
		printf '%01379d' 0
		message
	} >"$WORK/slip"
	said --cut 1460 --closed "$WORK/slip" || { cat "$WORK/answer"; return 1; }
	sleep 0.5
	got 0
}
check "HTTP with SIP at a segment boundary is closed" counts http-on-sip-port slip
check_equal "the node did not see it in any packet" 0 "$(grep -ac "POST /" "$WORK/node1.pcap")"

garbage() {
	next
	{ head -c 3000 /dev/urandom | tr -d 'M'; message; } >"$WORK/slip"
	said --closed "$WORK/slip" || { cat "$WORK/answer"; return 1; }
	sleep 0.5
	got 0
}
check "SIP behind garbage is closed" counts not-sip garbage
outside_packets() {
	tcpdump -r "$WORK/node1.pcap" -n 'not host 192.0.2.1' 2>/dev/null | grep -c .
}
check_equal "the node spoke with nobody but the gateway" 0 "$(outside_packets)"
check_equal "nothing was expected" 0 "$(ns gw conntrack -L expect 2>/dev/null | grep -c .)"
check "good messages still pass" raw order
