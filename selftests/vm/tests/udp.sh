#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kernels: 6.12
# smp: yes
# timeout: 400
#
# SIP over UDP through the conntrack helper: two companies exchange messages and
# presence, started from both sides; inside addresses are seen nowhere; what may
# not pass is dropped and counted (issue 2, item f and section 6.1, 6.6).

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../packet-lib.sh"
. "$(dirname "$0")/../../e2e/world.sh"
need python3 sipp kamailio dnsmasq
plan 47

EDGE=198.51.100.20
NODE1=192.0.2.11
NODE2=192.0.2.12

world_namespaces
world_addresses
world_dns udp
PKI=$WORK
world_kamailio edge edge $EDGE 5060 udp none none
policy_shell
policy <<END
zone-new name=inside role=inside interface=br0
zone-new name=outside role=outside interface=out0 access-list=partner-in
acl-new name=partner-in
ace-new acl=partner-in action=permit proto=17 src=198.51.100.0/24 dst=$PUBLIC/32 dport-lo=5060
ace-new acl=partner-in action=permit proto=17 src=198.51.100.0/24 dst=$PUBLIC/32 dport-lo=45060
acl-new name=partner-out
ace-new acl=partner-out action=permit proto=17 src=192.0.2.0/24 dst=$EDGE/32
inspect-new name=sip type=sip max-message=16384
federation-new name=contoso place=asa public-addr=$PUBLIC inside-addr=192.0.2.1 local-domain=example.com inside-prefix=192.0.2.0/24 inspect=sip key=$(printf '22%.0s' {1..32}) key-version=1
class-map-new name=in order=10 zone=outside access-list=partner-in inspect=sip
class-map-new name=out order=20 zone=inside access-list=partner-out inspect=sip
static-pat-new name=r1 order=1 federation=contoso zone=outside proto=17 public=$PUBLIC:5060 node=$NODE1:5060
static-pat-new name=r2 order=2 federation=contoso zone=outside proto=17 public=$PUBLIC:45060 node=$NODE2:5060
pat-new name=nodes order=10 zone=outside src=192.0.2.0/24 to-addr=$PUBLIC
peer-new name=edge federation=contoso role=outside domain=example.net addr=$EDGE transport=udp host=$EDGE
END

spawn_ns wire gw tcpdump -lnni out0 -A udp
busywait 10 grep -q listening "$LOGS/wire.log"

# --- two companies ---------------------------------------------------------------

# The node is a user agent by itself: over UDP there are static-PAT rows and no
# tokens, so what stands behind a node cannot be hidden.
node_sipp() {
	local role=$1 scenario=$2
	shift 2

	spawn_ns "node-$role-$scenario" node1 sipp -sf "$E2E/sipp/${role}_$scenario.xml" \
		-i $NODE1 -p 5060 -t u1 -m 1 -nostdin -timeout "$(patience 30)s" -timeout_error \
		-trace_err -error_file "$LOGS/node-$role-$scenario.err" \
		-key contact "sip:alice@$NODE1:5060;transport=udp" -key media_host $NODE1 \
		"$@" $EDGE:5060
}

# from_inside SCENARIO, from_outside SCENARIO: one call, both user agents content
from_inside() {
	local uas

	world_uas edge 5080 "$1" -key me bob@example.net -key media_host $EDGE \
		-key contact "sip:bob@$EDGE:5082;transport=udp" || return
	uas=$spawned
	node_sipp uac "$1" -s bob -key from alice@example.com -key to bob@example.net
	wait "$spawned" || { reap "$uas"; return 1; }
	wait "$uas"
}

from_outside() {
	local uas

	node_sipp uas "$1" -key me alice@example.com
	uas=$spawned
	busywait 10 listening node1 udp 5060 || return
	world_uac edge 5080 "$1" bob@example.net alice@example.com \
		"sip:bob@$EDGE:5082;transport=udp" -key media_host $EDGE ||
		{ reap "$uas"; return 1; }
	wait "$uas"
}

for scenario in pager presence im cancel options; do
	check "from inside: $scenario" from_inside $scenario
	check "from outside: $scenario" from_outside $scenario
done
check "messages are counted" [ "$(counter udp-messages)" -gt 30 ]
check_equal "no inside address was seen outside" 0 "$(grep -Ec '192\.0\.2\.' "$LOGS/wire.log")"

# --- one datagram at a time --------------------------------------------------------

got=$WORK/got
spawn_ns node2 node2 "$TRAFFIC" record $NODE2 5060 "$WORK/node2"
spawn_ns out edge "$TRAFFIC" record $EDGE 5062 "$WORK/out"
busywait 10 listening node2 udp 5060
busywait 10 listening edge udp 5062

# message FILE REQUEST-URI FROM [HEADER...]; the body comes from standard input
message() {
	local file=$1 uri=$2 from=$3 body header
	shift 3

	body=$(cat; echo .)
	body=${body%.}
	body=${body//$'\n'/$'\r\n'}
	{
		printf '%s\r\n' "${METHOD:-MESSAGE} $uri SIP/2.0" \
			"Via: SIP/2.0/UDP ${VIA:-$EDGE:5071};branch=z9hG4bK$RANDOM$RANDOM" \
			"Max-Forwards: ${HOPS:-70}" "From: <$from>;tag=1" "To: <$uri>" \
			"Call-ID: $RANDOM$RANDOM" "CSeq: 1 ${METHOD:-MESSAGE}"
		for header; do
			printf '%s\r\n' "$header"
		done
		printf 'Content-Length: %d\r\n\r\n%s' "${LENGTH:-${#body}}" "$body"
	} >"$WORK/$file"
}

# deliver FILE [FROM]: send it to node2's public port; what came is $got
deliver() {
	local n=1

	while [ -e "$WORK/node2.$n" ]; do n=$((n + 1)); done
	ln -sfn "$WORK/node2.$n" "$got"
	ns edge "$TRAFFIC" send $PUBLIC 45060 "$WORK/$1" --from "${2:-$EDGE}:5071"
	busywait 1 test -e "$got"
}

refused() {
	! deliver "$@" || { cat "$got"; return 1; }
}

message good "sip:carl@$PUBLIC:45060" sip:bob@example.net "Contact: <sip:bob@$EDGE:5071>" <<<"Hi"
check "a request to the second node's port arrives" deliver good
check "written to the node's own address" grep -q "^MESSAGE sip:carl@$NODE2:5060 SIP/2.0" "$got"
check "the partner's headers as they were" grep -q "Contact: <sip:bob@$EDGE:5071>" "$got"

message long "sip:carl@$PUBLIC:45060" sip:bob@example.net < <(printf 'x%.0s' {1..4000})
check "one of several fragments as well" deliver long
check_equal "whole" 4000 "$(tail -c 4000 "$got" | tr -d '\n' | grep -o x | wc -l)"

{ cat "$WORK/good"; printf 'sip:carl@%s:45060 hidden' $PUBLIC; } >"$WORK/tail"
check "what follows the message in the datagram" deliver tail
check_not "is cut off" grep -q hidden "$got"

printf '\r\n\r\n' >"$WORK/keepalive"
check "a keep-alive passes" deliver keepalive

printf 'GET / HTTP/1.1\r\n\r\n' >"$WORK/http"
check "what is not SIP does not" counts start-line-malformed refused http
head -c 100 "$WORK/good" >"$WORK/short"
check "nor a message cut short" counts header-end-missing refused short
LENGTH=500 message lying "sip:carl@$PUBLIC:45060" sip:bob@example.net <<<"Hi"
check "nor one that promises more" counts body-shorter-than-content-length refused lying
message from "sip:carl@$PUBLIC:45060" sip:bob@example.org <<<"Hi"
check "nor one in a domain that is not the partner's" counts from-domain-not-allowed refused from
message pai "sip:carl@$PUBLIC:45060" sip:bob@example.net \
	"P-Asserted-Identity: <sip:ceo@example.com>" <<<"Hi"
check "nor with an identity that is not" counts pai-domain-not-allowed refused pai
check "nor from an address that no peer has" \
	eval 'ip -n edge addr add 198.51.100.21/24 dev eth0 &&
		counts udp-unknown-peer refused good 198.51.100.21'
message relay sip:carl@example.org sip:bob@example.net <<<"Hi"
check "nor one for somebody else's domain" counts not-our-domain refused relay
METHOD=INVITE message audio "sip:carl@$PUBLIC:45060" sip:bob@example.net \
	"Contact: <sip:bob@$EDGE:5071>" "Content-Type: application/sdp" <<-SDP
	v=0
	o=bob 1 1 IN IP4 $EDGE
	s=-
	c=IN IP4 $EDGE
	t=0 0
	m=audio 4000 RTP/AVP 0
SDP
check "nor an offer of audio" counts media-offer refused audio
HOPS=0 message hops "sip:carl@$PUBLIC:45060" sip:bob@example.net <<<"Hi"
check "nor with Max-Forwards 0" counts max-forwards-zero refused hops
message huge "sip:carl@$PUBLIC:45060" sip:bob@example.net < <(printf 'x%.0s' {1..17000})
check "nor a huge one" counts message-too-large refused huge

# The dialect that the inspect map names counts for datagrams as it does for streams.
message marked "sip:carl@$PUBLIC:45060" sip:bob@example.net "ms-keep-alive: UAC;hop-hop=yes" <<<"Hi"
check "a mark of Microsoft's passes where nobody asks" deliver marked
must inspect-new name=sip type=sip max-message=16384 dialect=standard
check "not where standard SIP is asked for" counts dialect-not-allowed refused marked
check "what has none does" deliver good
must inspect-new name=sip type=sip max-message=16384 dialect=microsoft
check "and the other way round" counts dialect-not-allowed refused good
check "with it" deliver marked
must inspect-new name=sip type=sip max-message=16384

# From inside: what cannot be rewritten stays inside.
emit() {
	local n=1

	while [ -e "$WORK/out.$n" ]; do n=$((n + 1)); done
	ln -sfn "$WORK/out.$n" "$got"
	ns node2 "$TRAFFIC" send $EDGE 5062 "$WORK/$1" --from "$NODE2:${2:-5071}"
	busywait 1 test -e "$got"
}

kept() {
	! emit "$@" || { cat "$got"; return 1; }
}

VIA=$NODE2:5060 message mine sip:bob@example.net sip:carl@example.com \
	"Contact: <sip:carl@$NODE2:5060>" <<<"Hi from $NODE2"
check "a node that sends from another port" emit mine
check "is rewritten as well" grep -q "^Contact: <sip:carl@$PUBLIC:45060>" "$got"
check "its Via leads back" grep -q "^Via: SIP/2.0/UDP $PUBLIC:45060;" "$got"
VIA=$NODE2:5060 message norow sip:bob@example.net sip:carl@example.com \
	"Contact: <sip:carl@192.0.2.99:5060>" <<<"Hi"
check "an inside address without a row does not leave" counts alg-no-row kept norow
VIA=$NODE2:5060 message alien sip:bob@example.net sip:carl@example.org <<<"Hi"
check "nor a domain that is not ours" counts from-not-local kept alien
ip -n node2 addr add 192.0.2.13/24 dev eth0
check "nor SIP of a host that has no row at all" counts udp-without-federation \
	eval "! ns node2 '$TRAFFIC' send $EDGE 5062 '$WORK/mine' --from 192.0.2.13:5071 || \
		! busywait 1 test -e '$WORK/out.2'"
# Another flow has the node's public endpoint towards that partner.
ns gw "$TRAFFIC" send $EDGE 5064 "$WORK/keepalive" --from $PUBLIC:5060
check "nor what another flow's answers would be mixed with" counts udp-endpoint-taken \
	ns node1 "$TRAFFIC" send $EDGE 5064 "$WORK/mine" --from $NODE1:5060
check_equal "no inside address was seen outside, in headers" 0 \
	"$(grep -Ec '^(Via|Contact|From|To|Call-ID|Route).*192\.0\.2\.' "$LOGS/wire.log")"

# --- commits -------------------------------------------------------------------------

check "a commit that changes nothing for it" \
	fp ace-new acl=partner-in action=permit proto=17 src=198.51.100.0/24 dst=$PUBLIC/32 dport-lo=5070
check "leaves the flow as it is" deliver good
must inspect-new name=sip type=sip max-message=16384 allow-media
check "a parameter counts from the next datagram on" deliver audio
policy <<END
class-map-del name=in
class-map-del name=out
END
check "without a class map nothing is inspected any more, in flows that stand too" \
	deliver http
