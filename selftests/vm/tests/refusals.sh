#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kernels: uml
# timeout: 300
#
# Whoever is refused is refused under a name, counted, and told to the operator
# with the peer, the reason and what to do.

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../../e2e/scenario.sh"
need kamailio dnsmasq python3 openssl

transport=tls1.3
"$E2E/pki.sh" "$PKI"
world_namespaces
world_addresses
scenario_servers

public=203.0.113.10

counter() {
	fedctl counters --all | awk -v name="$1" '
		$1 == name { value = $2; seen = 1 }
		END { print seen ? value : -1 }'
}

# counts REASON COMMAND...: the command makes that counter move
counts() {
	local reason=$1 before after
	shift

	before=$(counter "$reason")
	[ "$before" -ge 0 ] || { echo "no counter has the name $reason"; return 1; }
	"$@" || { echo "status $?: $*"; return 1; }
	busywait 5 moved "$reason" "$before" && return
	after=$(counter "$reason")
	echo "$reason was $before and is $after; what moved:"
	fedctl counters
	tail -n 3 "$LOGS/fedpatd.log"
	return 1
}

moved() {
	[ "$(counter "$1")" -gt "$2" ]
}

# told REASON COMMAND...: and the daemon's log names who, why and what to do
told() {
	local reason=$1

	counts "$@" || return
	grep "refused $reason: connection from 198.51.100.20:.* to $public:5061, federation 'contoso'.*[.] [a-z]" \
		"$LOGS/fedpatd.log" >/dev/null || { tail -n 5 "$LOGS/fedpatd.log"; return 1; }
}

# named REASON COMMAND...: and a line of that log names the peer of the leg likewise
named() {
	local reason=$1

	counts "$@" || return
	busywait 5 grep "refused $reason: message from 198.51.100.20:.*, peer 'contoso.example.net', [0-9]* times: .*; " \
		"$LOGS/fedpatd.log" || { tail -n 5 "$LOGS/fedpatd.log"; return 1; }
}

# shake CERT [s_client options...]
shake() {
	local shown=()

	[ "$1" = - ] || shown=(-cert "$PKI/$1.pem" -key "$PKI/$1.key")
	shift
	ns edge timeout "$(patience 10)" openssl s_client -connect $public:5061 "${shown[@]}" "$@" \
		</dev/null >/dev/null 2>&1
	return 0
}

raw() {
	ns edge "$E2E/sipraw.py" --cert "$PKI/edge.pem" --key "$PKI/edge.key" \
		--ca "$PKI/public-ca.pem" "$@"
}

# request METHOD [HEADER...]: from bob to alice; a header given replaces ours
request() {
	local method=$1 line name h
	shift

	declare -A head=(
		[Via]="SIP/2.0/TLS edge.example.net:5061;branch=z9hG4bK$RANDOM$RANDOM"
		[Max-Forwards]=70 [From]="<sip:bob@example.net>;tag=1" [To]="<sip:alice@example.com>"
		[Call-ID]="$RANDOM$RANDOM@edge.example.net" [CSeq]="1 $method"
		[Content-Length]=AUTO
	)
	local uri=${URI:-sip:alice@example.com}
	for line; do
		name=${line%%:*}
		head[$name]=${line#*: }
	done
	echo "$method $uri SIP/2.0"
	for h in "${!head[@]}"; do
		[ -z "${head[$h]}" ] || echo "$h: ${head[$h]}"
	done
	echo
	[ -z "${BODY-}" ] || printf '%s' "$BODY"
}

# answered STATUS METHOD [HEADER...]: the request is answered so
answered() {
	local status=$1
	shift

	request "$@" >"$WORK/request"
	raw --expect "SIP/2.0 $status" "$public" 5061 "$WORK/request"
}

# unanswered METHOD [HEADER...]: no response can be made of it
unanswered() {
	request "$@" >"$WORK/request"
	raw --silent 2 "$public" 5061 "$WORK/request" >/dev/null
}

# closed_after FILE: the connection ends
closed_after() {
	raw --closed "$public" 5061 "$1" >/dev/null
}

audio() {
	BODY=$'v=0\r\no=- 0 0 IN IP4 198.51.100.77\r\ns=-\r\nc=IN IP4 198.51.100.77\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n' \
		answered 488 INVITE "Content-Type: application/sdp" "Contact: <sip:bob@example.net>"
}

stranger() {
	ns stranger nc -w 1 -z $public 5061
	return 0
}

unclassed() {
	ns node1 nc -w 1 -z 198.51.100.66 5060
	return 0
}

oversize() {
	head -c 70000 /dev/zero | tr '\0' x >"$WORK/big"
	{
		request MESSAGE "Content-Type: text/plain" "Content-Length: 70000"
		cat "$WORK/big"
	} >"$WORK/request"
	raw --expect "SIP/2.0 513" "$public" 5061 "$WORK/request"
}

# flood N: connections of the partner's address, one after the other, that are no TLS
flood() {
	ns edge python3 - $public "$1" <<-'PY'
	import socket, sys
	for _ in range(int(sys.argv[2])):
	    s = socket.create_connection((sys.argv[1], 5061), 30)
	    s.sendall(b"OPTIONS sip:x SIP/2.0\r\n\r\n")
	    try:
	        s.recv(100)
	    except OSError:
	        pass
	    s.close()
	PY
}

# Each refusal is a line, or one of those that a line counts.
all_told() {
	local lines kept

	lines=$(grep -c "refused tls-not-tls: connection from 198.51.100.20:" "$LOGS/fedpatd.log")
	kept=$(sed -n "s/.*refused tls-not-tls '198.51.100.20': \([0-9]*\) more in 10 s were not logged.*/\1/p" \
		"$LOGS/fedpatd.log" | awk '{ n += $1 } END { print n + 0 }')
	echo "$lines lines, $kept left out, $(counter tls-not-tls) counted"
	[ "$kept" -gt 0 ] && [ $((lines + kept)) = "$(counter tls-not-tls)" ]
}

plan 28
check "no certificate" told tls-no-certificate shake -
check "an expired certificate" told tls-cert-expired shake edge-expired
check "a certificate of a CA that nobody trusts" told tls-unknown-ca shake edge-wrong-ca
check "the certificate of somebody else" told tls-wrong-name shake edge-wrong-name
check "a wildcard proves nothing" told tls-wrong-name shake edge-wildcard
check "both usages asked, clientAuth missing" told tls-wrong-eku shake edge-server-only
check "TLS 1.0" told tls-version shake edge -tls1 -cipher ALL:@SECLEVEL=0
check "a stranger's address" counts acl-deny-implicit stranger
URI=sip:imp-public.example.com \
	check "a good one is let in" answered 200 OPTIONS "To: <sip:imp-public.example.com>"
check "the wrong domain in From: 403" \
	named from-domain-not-allowed answered 403 MESSAGE "From: <sip:eve@example.org>;tag=2"
check "the wrong domain in P-Asserted-Identity: 403" \
	named pai-domain-not-allowed answered 403 MESSAGE "P-Asserted-Identity: <sip:eve@example.org>"
fedctl inspect set contoso.sip_inspect dialect standard
check "a mark of Microsoft's where standard SIP is asked for: 403" \
	named dialect-not-allowed answered 403 MESSAGE "From: <sip:bob@example.net>;tag=1;epid=0123456789"
URI=sip:imp-public.example.com \
	check "without it: let in" answered 200 OPTIONS "To: <sip:imp-public.example.com>"
fedctl inspect set contoso.sip_inspect dialect microsoft
check "the other way round: 403" counts dialect-not-allowed answered 403 MESSAGE
URI=sip:imp-public.example.com \
	check "with it: let in" answered 200 OPTIONS "To: <sip:imp-public.example.com>;epid=01"
fedctl inspect set contoso.sip_inspect no dialect
printf '\001\002\003\004garbage that is no SIP\r\n\r\n' >"$WORK/garbage"
check "bytes that are no SIP" counts not-sip closed_after "$WORK/garbage"
printf 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 60\r\n\r\nREGISTER sip:example.com SIP/2.0\r\nVia: SIP/2.0/TCP x\r\n\r\n' \
	>"$WORK/http"
check "HTTP with a SIP body" counts http-on-sip-port closed_after "$WORK/http"
check "a message too large: 513" counts message-too-large oversize
check "Max-Forwards 0: 483" counts max-forwards-zero answered 483 MESSAGE "Max-Forwards: 0"
check "no From: nothing to answer to, counted" counts from-missing unanswered MESSAGE "From: "
check "CSeq of another method: 400" \
	counts cseq-method-mismatch answered 400 MESSAGE "CSeq: 1 INVITE"
URI="sip:alice@imp-public.example.com:5061;fpt=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	check "a forged token: 481" counts token-forged answered 481 BYE "To: <sip:alice@example.com>;tag=x"
check "an offer of audio: 488" counts media-offer audio
URI=sip:alice@example.org \
	check "a domain that is not ours: 404" counts not-our-domain answered 404 MESSAGE
check "a flood that is no TLS" counts tls-not-tls flood 100
busywait 20 all_told
result "what is left out of the log is told without another refusal" $?
check "to the last one" all_told
check "SIP from inside that no class takes" counts inside-sip-unclassed unclassed
