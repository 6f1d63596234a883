#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kernels: uml
# timeout: 240
#
# Two federations behind one public address and port: who names whom it wants
# (SNI) is shown that one's certificate, by OpenSSL and by Kamailio; an unknown
# name and none at all get the default of the address; and whoever calls is
# granted what its own federation grants, and nothing of the other's.

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../../e2e/scenario.sh"
. "$(dirname "$0")/../../e2e/partners.sh"
need kamailio sipp dnsmasq python3 openssl

partners_world
partner_cert fabrikam public sip.fabrikam.example

# of KIND NAME-PART FIELD: of the object of the first federation whose name has that part
of() {
	fedctl -j "$1" show | python3 -c '
import json, sys
print(next(o[sys.argv[2]] for o in json.load(sys.stdin)
	   if not sys.argv[1] or sys.argv[1] in (o.get("zone", ""), o.get("name"))))' "$2" "$3"
}

# The second federation: another identity, other CAs, another node, the same address.
second() {
	local inside_tp outside inside map

	inside=$(fedctl -j zone show | python3 -c '
import json, sys
print(next(z["name"] for z in json.load(sys.stdin) if z["role"] == "inside"))')
	outside=$(fedctl -j zone show | python3 -c '
import json, sys
print(next(z["name"] for z in json.load(sys.stdin) if z["role"] == "outside"))')
	inside_tp=$(of tls-proxy "$inside" server-trustpoint)
	map=$(of federation "" inspect)
	head -c 32 /dev/urandom >"$WORK/fabrikam.key"
	chmod 600 "$WORK/fabrikam.key"
	fedctl trustpoint add fabrikam cert "$PKI/fabrikam.pem" key "$PKI/fabrikam.key" \
		ca "$PKI/alpha-ca.pem" &&
	fedctl federation add fabrikam place expressway public-fqdn sip.fabrikam.example \
		public-addr 203.0.113.10 inside-addr 192.0.2.1 local-domain fabrikam.example \
		inside-prefix 192.0.2.0/24 inspect "$map" &&
	fedctl tls-proxy add fabrikam-out federation fabrikam zone "$outside" listener-port 7099 \
		transport tls server-trustpoint fabrikam client-trustpoint "$inside_tp" &&
	fedctl tls-proxy add fabrikam-in federation fabrikam zone "$inside" listener-port 7098 \
		transport tls server-trustpoint "$inside_tp" client-trustpoint fabrikam &&
	fedctl node add fab1 federation fabrikam listener 192.0.2.12:5066 transport tls \
		subject imp2.example.com routing &&
	fedctl static-pat add tcp 203.0.113.10:5066 to 192.0.2.12:5066 federation fabrikam &&
	fedctl peer add alpha federation fabrikam role outside domain alpha.example \
		subject edge.alpha.example addr 198.51.100.20 transport tls host edge.alpha.example &&
	fedctl domain add alpha.example federation fabrikam peer alpha
}

# shown [s_client options...]: whose certificate comes
shown() {
	ns edge timeout "$(patience 10)" openssl s_client -connect 203.0.113.10:5061 \
		-cert "$PKI/edge-alpha.pem" -key "$PKI/edge-alpha.key" "$@" </dev/null 2>/dev/null |
		sed -n 's/^subject=.*CN = //p'
}

# asks SNI FROM TO TEXT: a MESSAGE of alpha's edge, by s_client; TEXT comes back
asks() {
	local name=$1 from=$2 to=$3 text=$4

	: >"$WORK/asks"
	# shellcheck disable=SC2094 # it ends when the answer is there
	{
		printf 'MESSAGE sip:%s SIP/2.0\r\nVia: SIP/2.0/TLS edge.alpha.example:5061;branch=z9hG4bK%s\r\n' \
			"$to" "$RANDOM$RANDOM"
		printf 'Max-Forwards: 70\r\nFrom: <sip:%s>;tag=1\r\nTo: <sip:%s>\r\nCall-ID: %s@a\r\n' \
			"$from" "$to" "$RANDOM$RANDOM"
		printf 'CSeq: 1 MESSAGE\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi'
		busywait 8 grep -q "^Content-Length: 0" "$WORK/asks"
	} | ns edge timeout "$(patience 10)" openssl s_client -connect 203.0.113.10:5061 -quiet -no_ign_eof \
		-servername "$name" -cert "$PKI/edge-alpha.pem" -key "$PKI/edge-alpha.key" \
		>"$WORK/asks" 2>&1
	cat "$WORK/asks"
	grep -q "$text" "$WORK/asks"
}

# federation_of PEER: of its newest accepted leg
federation_of() {
	sed -n "s/.*up: accepted '$1', federation '\([a-z0-9-]*\)'.*/\1/p" "$LOGS/fedpatd.log" | tail -n 1
}

kamailio_alpha() {
	mkdir -p "$WORK/alpha"
	cat >"$WORK/alpha/tls.cfg" <<-CONF
		[server:default]
		method = TLSv1.2+
		private_key = $PKI/edge-alpha.key
		certificate = $PKI/edge-alpha.pem
		[client:default]
		method = TLSv1.2+
		verify_certificate = yes
		private_key = $PKI/edge-alpha.key
		certificate = $PKI/edge-alpha.pem
		ca_list = $PKI/public-ca.pem
		server_name = $1
	CONF
	cat >"$WORK/alpha/kamailio.cfg" <<-CONF
		#!KAMAILIO
		log_stderror=yes
		fork=yes
		children=1
		tcp_children=1
		enable_tls=yes
		mhomed=1
		listen=tls:198.51.100.20:5063
		listen=udp:127.0.0.1:5060
		mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules"
		loadmodule "pv.so"
		loadmodule "sl.so"
		loadmodule "tm.so"
		loadmodule "tls.so"
		modparam("tls", "config", "$WORK/alpha/tls.cfg")
		request_route {
			\$du = "sip:203.0.113.10:5061;transport=tls";
			\$fs = "tls:198.51.100.20:5063";
			t_relay();
		}
	CONF
	spawn "kamailio-alpha-$1" ns edge kamailio -f "$WORK/alpha/kamailio.cfg" -DD -E -m 64 -M 8 \
		-Y "$WORK/alpha" -P "$WORK/alpha/pid"
	busywait 30 listening edge udp 5060
}

# It was started by a subshell, of which nobody knows at the end.
cleanup() {
	[ ! -e "$WORK/alpha/pid" ] || kill "$(cat "$WORK/alpha/pid")"
}

by_kamailio() {
	kamailio_alpha sip.fabrikam.example || { tail -n 5 "$LOGS/kamailio-alpha-$1.log"; return 1; }
	world_uac edge 5080 pager bob@alpha.example carl@fabrikam.example sip:bob@edge.alpha.example
}

plan 16
check "a second federation at the same address and port" second
busywait 20 listening gw tcp 7099
spawn node2 ns node2 "$PEER" serve 192.0.2.12 5066 "$WORK/node2.log" "$(files node2 inside-ca)"
busywait 10 listening node2 tcp 5066

check_equal "its name: its certificate" sip.fabrikam.example "$(shown -servername sip.fabrikam.example)"
check_equal "in capitals too" sip.fabrikam.example "$(shown -servername SIP.Fabrikam.Example)"
check_equal "its domain, too" sip.fabrikam.example "$(shown -servername fabrikam.example)"
check_equal "the first one's name: the first one's" imp-public.example.com "$(shown -servername imp-public.example.com)"
check_equal "a name that nobody has: the default" imp-public.example.com "$(shown -servername nobody.example)"
check_equal "no name: the default" imp-public.example.com "$(shown -noservername)"
check_equal "TLS 1.2 as well" sip.fabrikam.example "$(shown -tls1_2 -servername sip.fabrikam.example)"

check "a message by name reaches the second's node" asks sip.fabrikam.example bob@alpha.example carl@fabrikam.example "SIP/2.0 200"
check "which took it" grep -q "MESSAGE sip:carl@" "$WORK/node2.log"
check_equal "as a leg of the second" fabrikam "$(federation_of alpha)"
check "not for the first one's partner" asks sip.fabrikam.example bob@example.net carl@fabrikam.example "SIP/2.0 403"
check "not to the first one's domain" asks sip.fabrikam.example bob@alpha.example alice@example.com "SIP/2.0 404"
check "without a name its certificate tells whose it is" asks nobody.example bob@alpha.example carl@fabrikam.example "SIP/2.0 200"
check "Kamailio by name" by_kamailio
check "the first one's partner is not hurt" outside_send edge bob@example.net
