#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kernels: uml
# timeout: 600
#
# fedctl preflight: all green where all is well; then each thing that can be
# wrong is made wrong, one at a time, and must be named.

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../../e2e/scenario.sh"
need kamailio dnsmasq python3 openssl nft

SIM=$E2E/preflight_peer.py
transport=tls1.3
# certificates that do not end soon: nothing is to be warned of
sed 's/-days 10$/-days 90/; s/-days 30 /-days 3650 /' "$E2E/pki.sh" >"$WORK/pki.sh"
FEDPAT_PKI="" bash "$WORK/pki.sh" "$PKI"
world_namespaces
world_addresses

# clock STATUS: as if a time daemon had (0) or had not (64) set it
clock() {
	python3 - "$1" <<-'PY'
	import ctypes, sys
	status = int(sys.argv[1])
	# struct timex: modes, then longs: offset freq maxerror esterror, int status
	buf = (ctypes.c_char * 512)()
	class T(ctypes.Structure):
	    _fields_ = [("modes", ctypes.c_uint), ("offset", ctypes.c_long), ("freq", ctypes.c_long),
	                ("maxerror", ctypes.c_long), ("esterror", ctypes.c_long), ("status", ctypes.c_int),
	                ("rest", ctypes.c_char * 256)]
	t = T(modes=0x4 | 0x8 | 0x10, maxerror=100, esterror=100, status=status)
	sys.exit(ctypes.CDLL(None).adjtimex(ctypes.byref(t)) < 0)
	PY
}

# dns_more PORT LINE...: one more DNS server, like the first but for what is added;
# a line "without WORD" leaves out lines with that word
dns_more() {
	local port=$1 line conf=$WORK/dnsmasq-$1.conf
	shift

	sed -e "s#pid-file=.*#pid-file=$WORK/dnsmasq-$port.pid#" "$WORK/dnsmasq.conf" >"$conf"
	echo "port=$port" >>"$conf"
	for line; do
		case $line in
		"without "*) sed -i "/${line#without }/d" "$conf" ;;
		*) echo "$line" >>"$conf" ;;
		esac
	done
	spawn "dns-$port" ns dns dnsmasq -C "$conf"
	busywait 10 listening dns udp "$port"
}

GOOD_DNS=198.51.100.53@5300
# what must come is waited for, and what never comes is given up after a while
LONG=$(patience 5)
[ "$LONG" -le 300 ] || LONG=300
SHORT=$(patience 1)

# sim NAME PORT WHAT...: a strange peer in the partner's place
sim() {
	local name=$1 port=$2
	shift 2

	spawn "sim-$name" ns edge "$SIM" --port "$port" "$@"
	busywait 10 listening edge tcp "$port"
}

preflight() {
	FEDPAT_RUNDIR=$WORK fedctl "$@" 2>&1
}

# named TEXT PREFLIGHT-WORDS...: it fails or warns, and says so
named() {
	local text=$1 out
	shift

	out=$(preflight preflight "$@" dns "${DNS:-$GOOD_DNS}" timeout "${LIMIT:-$LONG}")
	grep -qF -- "$text" <<<"$out" && return
	echo "not said: $text"
	echo "$out"
	return 1
}

# other NAME [peer attributes...]: a policy file in which the partner is different
other() {
	local file=$WORK/$1.policy
	shift

	[ -e "$file" ] || cp "$WORK/policy" "$file"
	[ $# = 0 ] || fedctl -f "$file" peer set "$peer" "$@"
}

# named_in NAME TEXT PREFLIGHT-WORDS...
named_in() {
	local file=$WORK/$1.policy text=$2 out
	shift 2

	out=$(FEDPAT_RUNDIR=$WORK fedctl -f "$file" preflight contoso "$@" \
		dns "${DNS:-$GOOD_DNS}" timeout "${LIMIT:-$LONG}" 2>&1)
	grep -qF -- "$text" <<<"$out" && return
	echo "not said: $text"
	echo "$out"
	return 1
}

all_green() {
	local out

	out=$(preflight preflight contoso dns $GOOD_DNS timeout "$LONG") || { echo "$out"; return 1; }
	echo "$out"
	grep -q ' FAIL  \| warn  ' <<<"$out" && return 1
	[ "$(grep -c ' ok  ' <<<"$out")" -ge 25 ]
}

json_green() {
	preflight -j preflight --all dns $GOOD_DNS timeout "$LONG" --metrics "$WORK/metrics" >"$WORK/json" || return
	python3 -c '
import json, sys
j = json.load(open(sys.argv[1]))
assert j["summary"]["fail"] == 0 and j["summary"]["ok"] >= 25, j["summary"]
ids = {c["check"] for c in j["checks"]}
want = {"C%d" % n for n in range(1, 15)}
assert want <= ids, want - ids' "$WORK/json" &&
		grep -q '^fedpat_preflight{check="C9",subject="partner .*"} 0$' "$WORK/metrics"
}

scenario_servers
{
	echo "host-record=wrong.example.org,203.0.113.10"
	echo "ptr-record=20.100.51.198.in-addr.arpa,edge.example.net"
	echo "ptr-record=11.2.0.192.in-addr.arpa,imp1.example.com"
	echo "ptr-record=12.2.0.192.in-addr.arpa,imp2.example.com"
} >>"$WORK/dnsmasq.conf"
dns_more 5300
clock 0
# somebody has come: the counters of the class maps moved
ns edge timeout "$(patience 10)" openssl s_client -connect 203.0.113.10:5061 -cert "$PKI/edge.pem" \
	-key "$PKI/edge.key" </dev/null >/dev/null 2>&1

fedctl save >"$WORK/policy" || fail_all "the policy cannot be saved"
peer=$(fedctl -j peer show | python3 -c '
import json, sys
v = json.load(sys.stdin)
v = v.get("peer", v.get("peers", v)) if isinstance(v, dict) else v
print(next(p["name"] for p in v if p.get("role", "outside") == "outside"))')


# listeners of the nodes that no Kamailio has here
for host in node1 node2; do
	spawn "sim-$host" ns "$host" "$SIM" --port 5060 --more 5080
	busywait 10 listening $host tcp 5080
done

plan 53
check "all is green where all is well" all_green
check "JSON and metrics" json_green
check "a file that is applied" named " 0 FAIL" "$WORK/contoso.yaml"
check "a domain of the partner" named "partner $peer (example.net)" example.net
check_not "nobody of that name" preflight preflight nobody.example

# DNS: ours
ours=_sipfederationtls._tcp.example.com
theirs=_sipfederationtls._tcp.example.net
dns_more 5301 "without srv-host=$ours" "srv-host=$ours,wrong.example.org,5061,0,0"
DNS=198.51.100.53@5301 check "SRV target in another domain" \
	named "SRV target wrong.example.org is not in example.com: an Access Edge will answer 504, ms-diagnostics 1009" \
	contoso check C2
dns_more 5302 "without srv-host=$ours" "srv-host=$ours,sip.eu.example.com,5061,0,0" \
	"host-record=sip.eu.example.com,203.0.113.10"
DNS=198.51.100.53@5302 check "SRV target in a subdomain" \
	named "SRV target sip.eu.example.com is not in example.com" contoso check C2
dns_more 5303 "without srv-host=$ours" "srv-host=$ours,imp-public.example.com,5062,0,0"
DNS=198.51.100.53@5303 check "SRV port" named "has port 5062, federation uses 5061" contoso check C1
dns_more 5304 "without srv-host=$ours" "srv-host=$ours,sip.example.com,5061,0,0" \
	"cname=sip.example.com,imp-public.example.com"
DNS=198.51.100.53@5304 check "SRV target is an alias" \
	named "SRV target sip.example.com is an alias (CNAME) of imp-public.example.com" contoso check C1
dns_more 5305 "without srv-host=$ours"
DNS=198.51.100.53@5305 check "no SRV record" named "no SRV record $ours: no such name" \
	contoso check C1
dns_more 5306 "without srv-host=$ours" "srv-host=$ours,gone.example.com,5061,0,0"
DNS=198.51.100.53@5306 check "SRV target does not resolve" \
	named "SRV target gone.example.com does not resolve" contoso check C1
dns_more 5307 "without host-record=imp-public" "host-record=imp-public.example.com,203.0.113.99"
DNS=198.51.100.53@5307 check "SRV ends on another address" \
	named "203.0.113.99 of imp-public.example.com is not the federation's public address 203.0.113.10" \
	contoso check C3
dns_more 5308 "srv-host=$ours,sip2.example.com,5061,10,0" "host-record=sip2.example.com,203.0.113.10"
DNS=198.51.100.53@5308 check "two SRV records" \
	named "an Access Edge takes imp-public.example.com and ignores the others" contoso check C1
spawn dns-mute ns dns "$SIM" --port 5309 --udp-silent
busywait 10 listening dns udp 5309
DNS=198.51.100.53@5309 LIMIT=$SHORT check "DNS that never answers" \
	named "no answer from DNS within ${SHORT}000 ms" contoso check C1

# DNS: theirs, and the way back
dns_more 5310 "without srv-host=$theirs"
DNS=198.51.100.53@5310 check "the partner has no SRV record" \
	named "ask the partner to publish $theirs" contoso check C1
dns_more 5311 "without host-record=edge" "host-record=edge.example.net,198.51.100.21" \
	"ptr-record=21.100.51.198.in-addr.arpa,edge.example.net"
DNS=198.51.100.53@5311 check "the partner moved, the access list does not know" \
	named "198.51.100.21 may not reach 203.0.113.10:5061" contoso check C10
# an address that dnsmasq makes no PTR record of
dns_more 5312 "without 20.100.51.198" "without host-record=edge" "address=/edge.example.net/198.51.100.20"
DNS=198.51.100.53@5312 check "no PTR record" named "198.51.100.20 has no PTR record" contoso check C11
dns_more 5313 "without 20.100.51.198" "without host-record=edge" \
	"address=/edge.example.net/198.51.100.20" "server=/100.51.198.in-addr.arpa/198.51.100.53#5309"
DNS=198.51.100.53@5313 LIMIT=$((SHORT + 2)) check "a slow reverse lookup" \
	named "the reverse lookup of 198.51.100.20 takes more than" contoso check C11

# TCP
other closed host edge.example.net port 5999
check "nobody listens" named_in closed "refuses connections from 203.0.113.10: nothing listens" check C4
ns edge nft -f - <<-NFT
	table inet fw { chain in { type filter hook input priority 0; tcp dport 5998 drop; }; }
NFT
other dropped host edge.example.net port 5998
LIMIT=$SHORT check "a firewall drops" named_in dropped \
	"does not answer from 203.0.113.10 within ${SHORT}000 ms: a firewall" check C4
ip -n gw addr del 203.0.113.10/24 dev out0
check "the source address is not there" \
	named "no interface of the gateway has 203.0.113.10" contoso check C4
addr_ns gw out0 203.0.113.10/24

# TLS
tls=(--key "$PKI/edge.key" --cert "$PKI/edge.pem" --ca "$PKI/public-ca.pem")
sim one-way 5101 "${tls[@]}" --verify none
other one-way host edge.example.net port 5101
check "a one-way TLS listener" named_in one-way "port 5101 is a one-way TLS listener" check C6
sim lenient 5102 "${tls[@]}" --verify ask
other lenient host edge.example.net port 5102
check "mutual TLS that is not enforced" named_in lenient "mutual TLS is not enforced" check C7
n=5110
for bad in "edge-expired:has expired" "edge-wrong-ca:which is not trusted" \
	"edge-wrong-name:proves sip.example.org, not what is expected" \
	"edge-server-only:lacks clientAuth, and eku both asks for it"; do
	n=$((n + 1))
	sim "${bad%%:*}" $n --cert "$PKI/${bad%%:*}.pem" --key "$PKI/${bad%%:*}.key" \
		--ca "$PKI/public-ca.pem"
	other "${bad%%:*}" host edge.example.net port $n
	check "${bad%%:*}" named_in "${bad%%:*}" "${bad#*:}" check C5
done
sim old 5103 "${tls[@]}" --old
other old host edge.example.net port 5103
check "TLS 1.0 only" named_in old "speaks TLSv1 with" check C5
sim http 5104 --http
other http host edge.example.net port 5104
check "not TLS at all" named_in http "answers, but not with TLS" check C5
sim silent 5105 --silent
other silent host edge.example.net port 5105
LIMIT=$SHORT check "a silent peer" named_in silent "does not answer the TLS handshake" check C5
sim distrust 5106 --key "$PKI/edge.key" --cert "$PKI/edge.pem" --ca "$PKI/other-ca.pem"
other distrust host edge.example.net port 5106
check "a peer that does not trust us" named_in distrust "does not trust the CA of our certificate" \
	check C5

# SIP
n=5120
while IFS='|' read -r status header text; do
	n=$((n + 1))
	sim "sip-$n" $n "${tls[@]}" --status "$status" ${header:+--header "$header"}
	other "sip-$n" host edge.example.net port $n
	check "$status $header" named_in "sip-$n" "$text" check C9
done <<'TABLE'
403||not in its inbound ACL, host authorisation or IM-provider list
401||it does not know us as a trusted server
408||it routed the request and its next hop does not answer
504|ms-diagnostics: 1009;reason="No match for domain in DNS SRV results";source="edge"|the Edge found no SRV record of our domain whose target is in that domain (1009)
504|ms-diagnostics: 1010;reason="Certificate trust with another server could not be established"|the Edge cannot trust our certificate (1010)
405||SIP is spoken
TABLE
sim drip 5107 "${tls[@]}" --drip
other drip host edge.example.net port 5107
LIMIT=$((2 * SHORT)) check "a peer that drips" named_in drip "only a part of one" check C9
sim talker 5108 "${tls[@]}" --notify
other talker host edge.example.net port 5108
check "end to end with a test user" named_in talker "session: INVITE, MESSAGE and BYE accepted" \
	check C16 from $ALICE to $BOB

# one of two addresses is dead
dns_more 5314 "without host-record=edge" "host-record=edge.example.net,198.51.100.20" \
	"host-record=edge.example.net,198.51.100.21"
DNS=198.51.100.53@5314 LIMIT=$((2 * SHORT)) check "one of the partner's two addresses is dead" \
	named "198.51.100.21:5061" contoso check C4

# the nodes
other node-cert
spawn sim-node-cert ns node1 "$SIM" --port 5111 --cert "$PKI/edge.pem" --key "$PKI/edge.key" \
	--ca "$PKI/both-ca.pem"
busywait 10 listening node1 tcp 5111
fedctl -f "$WORK/node-cert.policy" node set contoso.imp1 listener 192.0.2.11:5111
check "a node's certificate was made anew, and its CA is not known here" \
	named_in node-cert "which is not trusted" check C5
other node-port
spawn sim-node-port ns node1 "$SIM" --port 5112 --cert "$PKI/node1.pem" --key "$PKI/node1.key" \
	--ca "$PKI/inside-ca.pem" --verify none
busywait 10 listening node1 tcp 5112
fedctl -f "$WORK/node-port.policy" node set contoso.imp1 listener 192.0.2.11:5112
check "the port of a node is its Server Auth listener" \
	named_in node-port "port 5112 is a one-way TLS listener" check C6

# the gateway
other server-only
printf 'subjectAltName=DNS:imp-public.example.com\nextendedKeyUsage=serverAuth\n' >"$WORK/so.ext"
openssl req -new -key "$PKI/gw-public.key" -subj "/CN=imp-public.example.com" -out "$WORK/so.csr" &&
	openssl x509 -req -in "$WORK/so.csr" -CA "$PKI/public-ca.pem" -CAkey "$PKI/public-ca.key" \
		-days 90 -set_serial 77 -extfile "$WORK/so.ext" -out "$WORK/so.pem" 2>/dev/null
fedctl -f "$WORK/server-only.policy" trustpoint set contoso.public cert "$WORK/so.pem"
check "our certificate lost clientAuth" named_in server-only "lacks clientAuth: partners refuse it" check C8
other mute
fedctl -f "$WORK/mute.policy" tls-proxy set contoso.ent_external_to_imp listener-port 7999
check "nobody listens for a tls-proxy" named_in mute "nobody listens on port 7999" check C13
LIMIT=$SHORT check "asked for alone, the data path waits for a connection that does not come" \
	named "the counter did not move within" contoso check C12
clock 64
check "the clock is not synchronised" named "the clock is not synchronised" contoso check C14
clock 0
cp "$WORK/policy" "$WORK/open.policy"
zone_acl=$(fedctl -f "$WORK/open.policy" -j zone show | python3 -c '
import json, sys
v = json.load(sys.stdin)
v = v.get("zone", v.get("zones", v)) if isinstance(v, dict) else v
print(next(z["access-list"] for z in v if z["role"] == "outside"))')
fedctl -f "$WORK/open.policy" acl add "$zone_acl" line 1 permit tcp from any to 203.0.113.10 port 5061
check "an access list that lets anybody in" named_in open "lets anybody reach 203.0.113.10:5061" \
	check C10
sed 's/imp-public.example.com/other-public.example.com/' "$WORK/contoso.yaml" >"$WORK/changed.yaml"
check "a file that is not applied" named "the file is not applied" "$WORK/changed.yaml" check C13
"$E2E/pki.sh" "$WORK/soon"
other soon
fedctl -f "$WORK/soon.policy" trustpoint set contoso.public cert "$WORK/soon/gw-public.pem" \
	key "$WORK/soon/gw-public.key"
check "a certificate that ends soon" named_in soon \
	"'contoso.public' /O=fedpat test/CN=imp-public.example.com ends within 30 days" check C8
daemon_stop TERM
check "no daemon" named "the daemon fedpatd does not run" contoso check C13

# what the timer starts, word for word
unit_runs() {
	local line

	line=$(sed -n 's#^ExecStart=/usr/sbin/#'"$ROOT"'/build/#p' "$ROOT/tools/fedctl/fedpat-preflight.service")
	mkdir -p /run/fedpat-preflight
	spawn events ns gw "$ROOT/build/fedctl" monitor
	sleep 1
	# shellcheck disable=SC2086 # a command line
	FEDPAT_RUNDIR=$WORK ns_etc gw $line dns "$GOOD_DNS" timeout "$LONG" >"$LOGS/unit.log" 2>&1
	[ $? = 1 ] || return
	busywait 10 grep -q preflight-failed "$LOGS/events.log"
}

check "the unit of the timer tells failures as events" unit_runs
check "and as metrics" grep -q '^fedpat_preflight{check="C13",subject="gateway"} 3$' /run/fedpat-preflight/preflight.prom
if command -v systemd-analyze >/dev/null; then
	sed "s#/usr/sbin/fedctl#$ROOT/build/fedctl#" "$ROOT/tools/fedctl/fedpat-preflight.service" \
		>"$WORK/fedpat-preflight.service"
	cp "$ROOT/tools/fedctl/fedpat-preflight.timer" "$WORK"
	# it also looks for the manual page that they name
	mkdir -p "$WORK/man/man8"
	cp "$ROOT/Documentation/man/"*.8 "$WORK/man/man8"
	MANPATH=$WORK/man check "systemd understands timer and unit" systemd-analyze verify "$WORK/fedpat-preflight.timer" \
		"$WORK/fedpat-preflight.service"
else
	skip "systemd understands timer and unit"
fi
