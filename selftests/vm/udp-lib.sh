#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Sourced by the tests of SIP over UDP, after packet-lib.sh, whose stage it uses:
# n1 is the node, srv the partner's edge, both with v4 and v6 and port 5060; what
# arrives is recorded, what is on the wire captured.
# shellcheck disable=SC2034 # what is set here is for who sources it

TRICKS=$FEDPAT_REPO/selftests/net/tricks.py
EDGE=10.0.2.2
EDGE6=fd00:2::2
NODE=10.0.1.2
NODE6=fd00:1::2

# udp_stage: it, with two witnesses and a recorder on each side
udp_stage() {
	local at

	stage
	policy <<-END
		zone-new name=inside role=inside interface=in0 interface=in1
		zone-new name=outside role=outside interface=out0 access-list=partner-in
		acl-new name=partner-in
		ace-new acl=partner-in action=permit proto=17 src=10.0.2.0/24 dst=$PUBLIC/32 dport-lo=5060
		ace-new acl=partner-in action=permit proto=17 src=fd00:2::/64 dst=$PUBLIC6/128 dport-lo=5060
		acl-new name=partner-out
		ace-new acl=partner-out action=permit src=10.0.1.0/24 dst=$EDGE/32
		ace-new acl=partner-out action=permit proto=17 src=fd00:1::/64 dst=$EDGE6/128
		inspect-new name=sip type=sip max-message=16384
		federation-new name=contoso place=asa public-addr=$PUBLIC public-addr=$PUBLIC6 inside-addr=10.0.1.1 local-domain=example.com inside-prefix=10.0.1.0/24 inside-prefix=10.0.3.0/24 inside-prefix=fd00:1::/64 inspect=sip key=$(printf '22%.0s' {1..32}) key-version=1
		class-map-new name=in order=10 zone=outside access-list=partner-in inspect=sip
		class-map-new name=out order=20 zone=inside access-list=partner-out inspect=sip
		static-pat-new name=r1 order=1 federation=contoso zone=outside proto=17 public=$PUBLIC:5060 node=$NODE:5060
		static-pat-new name=r2 order=2 federation=contoso zone=outside proto=17 public=[$PUBLIC6]:5060 node=[$NODE6]:5060
		pat-new name=nodes order=10 zone=outside src=10.0.0.0/16 to-addr=$PUBLIC
		pat-new name=nodes6 order=20 zone=outside src=fd00:1::/64 to-addr=$PUBLIC6
		peer-new name=edge federation=contoso role=outside domain=example.net addr=$EDGE addr=$EDGE6 transport=udp host=$EDGE
	END
	for at in n1 srv; do
		spawn_ns "tcpdump-$at" "$at" tcpdump -Z root -Uni eth0 -s 0 -w "$WORK/$at.pcap" \
			not icmp6 and not arp
		busywait 20 grep -q listening "$LOGS/tcpdump-$at.log" || fail_all "no witness at $at"
	done
	spawn_ns node n1 "$TRAFFIC" record $NODE 5060 "$WORK/node"
	spawn_ns node6 n1 "$TRAFFIC" record $NODE6 5060 "$WORK/node6"
	spawn_ns edge srv "$TRAFFIC" record $EDGE 5060 "$WORK/edge"
	spawn_ns edge6 srv "$TRAFFIC" record $EDGE6 5060 "$WORK/edge6"
	for at in n1 srv; do
		busywait 10 listening_at $at udp 0.0.0.0 5060 || fail_all "no recorder at $at"
		busywait 10 listening_at $at udp :: 5060 || fail_all "no recorder at $at over IPv6"
	done
}

# --- messages -------------------------------------------------------------------

# A check is a subshell: what it counted must outlive it.
echo 0 >"$WORK/mark"

# message URI FROM CONTACT VIA [BODY]: into $WORK/message, with a mark of its own
message() {
	local body=${5-}

	mark=$(($(<"$WORK/mark") + 1))
	echo $mark >"$WORK/mark"
	{
		printf '%s\r\n' "MESSAGE $1 SIP/2.0" "Via: SIP/2.0/UDP $4;branch=z9hG4bKmark$mark-" \
			"Max-Forwards: 70" "From: <sip:$2>;tag=1" "To: <$1>" "Call-ID: mark$mark-" \
			"CSeq: 1 MESSAGE" "Contact: <sip:$3>" "Content-Length: ${#body}" ""
		printf '%s' "$body"
	} >"$WORK/message"
}

# inwards, inwards6, outwards, outwards6: a good one
inwards() { message "sip:carl@$PUBLIC:5060" bob@example.net "bob@$EDGE" "$EDGE"; }
inwards6() { message "sip:carl@[$PUBLIC6]:5060" bob@example.net "bob@[$EDGE6]" "[$EDGE6]"; }
outwards() { message sip:bob@example.net carl@example.com "carl@$NODE:5060" "$NODE:5060"; }
outwards6() { message sip:bob@example.net carl@example.com "carl@[$NODE6]:5060" "[$NODE6]:5060"; }

# send WAY TRICK [OPTION...]: what message() made
send() {
	local way=$1 trick=$2
	shift 2

	case $way in
	inwards) ns srv "$TRICKS" "$trick" $EDGE "$PUBLIC" 5060 5060 "$WORK/message" "$@" ;;
	inwards6) ns srv "$TRICKS" "$trick" $EDGE6 "$PUBLIC6" 5060 5060 "$WORK/message" "$@" ;;
	outwards) ns n1 "$TRICKS" "$trick" $NODE $EDGE 5060 5060 "$WORK/message" "$@" ;;
	outwards6) ns n1 "$TRICKS" "$trick" $NODE6 $EDGE6 5060 5060 "$WORK/message" "$@" ;;
	esac
}

# where WAY: who records, who captures, what the rewritten message has
where() {
	case $1 in
	inwards) file=$WORK/node host=n1 want="^MESSAGE sip:carl@$NODE:5060 SIP/2.0" ;;
	inwards6) file=$WORK/node6 host=n1 want="^MESSAGE sip:carl@\[$NODE6\]:5060 SIP/2.0" ;;
	outwards) file=$WORK/edge host=srv want="^Contact: <sip:carl@$PUBLIC:5060>" ;;
	outwards6) file=$WORK/edge6 host=srv want="^Contact: <sip:carl@\[$PUBLIC6\]:5060>" ;;
	esac
}

# passes WAY TRICK [OPTION...]: it arrives, once, whole and rewritten
passes() {
	local way=$1 file host want got

	"$way"
	where "$way"
	send "$@" || return
	busywait 5 eval "grep -aq mark$mark- $file.[0-9]*" || { echo "mark$mark did not arrive"; return 1; }
	got=$(grep -al "mark$mark-" "$file".[0-9]*)
	[ "$(wc -l <<<"$got")" = 1 ] || { echo "it came twice"; return 1; }
	cat "$got"
	grep -aq "$want" "$got" && ! grep -aq hidden "$got"
}

# stays WAY TRICK [OPTION...]: nothing of what message() made arrives, in no packet
stays() {
	local way=$1 file host want

	where "$way"
	send "$@" || return
	sleep 0.3
	# a good one behind it shows that the witnesses are awake
	awake "$way" || return
	! grep -aq "mark$((mark - 1))-" "$WORK/$host.pcap" || { echo "the capture has it"; return 1; }
}

# A flow of its own: what stays may have left half of a packet with this one's.
awake() {
	local file host want

	where "$1"
	"$1"
	send "$1" whole
	busywait 5 grep -aq "mark$mark-" "$WORK/$host.pcap" || { echo "the witness sleeps"; return 1; }
}
