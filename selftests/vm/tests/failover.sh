#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# faults: yes
# kernels: uml
# timeout: 600
#
# A route that fails over and back: SRV by priority, static routes before DNS,
# blocked and out of service, AOL's chain, open federation; every way in which
# DNS fails by its name.

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../../e2e/scenario.sh"
. "$(dirname "$0")/../../e2e/partners.sh"
need dnsmasq python3 openssl nsd ldns-signzone

partners_world
partners_policy gamma
fedctl peer set gamma no host no name-rule || fail_all "gamma cannot be found by SRV"
plan 37

# A real DNS server with zones that are signed: one well, one changed since, one
# whose signatures have ended; and one that is not.
zone_server() {
	local name key dir=$WORK/zones

	mkdir -p "$dir"
	for name in signed forged stale plain; do
		cat >"$dir/$name" <<-ZONE
			\$ORIGIN $name.example.
			\$TTL 60
			@ IN SOA ns hostmaster 1 3600 600 86400 60
			@ IN NS ns
			ns IN A 198.51.100.53
			sip IN A 198.51.100.20
			_sipfederationtls._tcp IN SRV 0 0 5061 sip
		ZONE
		[ $name != plain ] || continue
		key=$(cd "$dir" && ldns-keygen -k -r /dev/urandom -a ECDSAP256SHA256 $name.example)
		cat "$dir/$key.ds" >>"$dir/anchor"
		(cd "$dir" && case $name in
		stale) ldns-signzone -i 20200101000000 -e 20200201000000 -f $name.new $name "$key" ;;
		*) ldns-signzone -f $name.new $name "$key" ;;
		esac) && mv "$dir/$name.new" "$dir/$name"
	done
	sed -i 's/\(SRV.*\)5061 sip/\15071 sip/' "$dir/forged"
	{
		printf 'server:\n  ip-address: 198.51.100.53\n  port: 5354\n  username: ""\n'
		printf '  zonesdir: "%s"\n  database: ""\n  pidfile: "%s/nsd.pid"\n' "$dir" "$dir"
		printf '  xfrdfile: "%s/xfrd"\n  zonelistfile: "%s/list"\n' "$dir" "$dir"
		printf 'remote-control:\n  control-enable: no\n'
		printf 'zone:\n  name: %s.example\n  zonefile: %s\n' signed signed forged forged \
			stale stale plain plain
	} >"$dir/nsd.conf"
	spawn nsd ns dns nsd -d -c "$dir/nsd.conf"
	busywait 10 listening dns udp 5354
}

logged() {
	busywait 10 grep -q "$1" "$LOGS/fedpatd.log"
}

# The daemon has read and judged by what was applied last.
in_force() {
	[ "$(fedctl -j status | python3 -c '
import json, sys
s = json.load(sys.stdin)
print(s.get("status", s)["generation"])')" = \
	"$(sed -n 's/.*policy generation \([0-9]*\) in force.*/\1/p' "$LOGS/fedpatd.log" | tail -n 1)" ]
}

# stranger_send CERT FROM: from an address that no list names
stranger_send() {
	ns stranger timeout "$(patience 40)" "$PEER" send 203.0.113.10 5061 "$(files "$1" public-ca)" "$2" alice@example.com
}

preflight() {
	FEDPAT_RUNDIR=$WORK fedctl preflight "$@"
}

open_up() {
	sed 's/^transport:/open_federation: yes\n&/' "$WORK/contoso.yaml" >"$WORK/open.yaml"
	fedctl federation apply "$WORK/open.yaml"
}

gamma() {
	inside_send "${1:-bob@gamma.example}"
}

block_and_try() {
	fedctl domain add blocked.example federation "$FED" blocked && gamma bob@blocked.example
}

# A leg that broke with its server is gone already.
dropped() {
	[ -z "$(leg_of gamma)" ] || fedctl leg kill "$(leg_of gamma)"
	busywait 10 no_leg
}

no_leg() {
	[ -z "$(leg_of gamma)" ]
}

check "the second server takes over when the first refuses" gamma
check "under its own name" grep -q "^good.gamma.example MESSAGE" "$WORK/edge.log"
check "which peer show tells" fedctl_says "198.51.100.20:5999 down.*dial-refused" peer show gamma
check "and of the other" fedctl_says "198.51.100.20:5061 up" peer show gamma
second=$edge_pid
edge_up 5999
dropped
sleep 2
check "the first is back and used again" gamma
check "it is the one of the better priority" grep -q "^bad.gamma.example MESSAGE" "$WORK/edge.log"
reap "$edge_pid"
edge_pid=$second

dropped
fedctl route add to-beta federation "$FED" pattern .example.gamma.* host good.gamma.example port 5061
check "a static route beats SRV" gamma
dropped
fedctl route set to-beta host nowhere.gamma.example
check "one that leads nowhere is refused by name" says_counter dns-nxdomain gamma
fedctl route add backup federation "$FED" pattern .example.gamma host good.gamma.example port 5061 priority 9
check "its backup of a worse priority takes over" gamma
dropped
fedctl route set to-beta blocked
check "a route that blocks" says_counter route-blocked gamma
check "with 403" says " 403 " gamma
fedctl route set to-beta out-of-service
check "out of service it does neither" gamma
fedctl route del to-beta backup

fedctl domain add hosted.example federation "$FED" peer gamma type aol
fedctl federation set "$FED" default-routing-domain gamma.example
check "AOL's chain ends at the default routing domain" gamma bob@hosted.example
fedctl domain add nosrv.example federation "$FED" peer gamma
check "a domain that does not exist" says_counter dns-nxdomain gamma bob@nosrv.example
check "the daemon's log names the query" grep -q "_sipfederationtls._tcp.nosrv.example" "$LOGS/fedpatd.log"
fedctl federation set "$FED" open-peer gamma
check "a domain that nobody named is looked up in open federation" says_counter tls-wrong-name gamma bob@aol.example
check "a blocked one is not" says " 403 " block_and_try

partner_cert www-open public www.open.example
partner_cert named-open public named.example
partner_cert false-gamma public sip.gamma.example
check "the workflow opens federation" open_up
check "a stranger proves its domain by the server of its SRV record" stranger_send edge-open bob@open.example
check "and no other domain" says " 403 " stranger_send edge-open bob@else.example
check "one proves it by a certificate of the domain itself" stranger_send named-open bob@named.example
check "some host of a domain does not speak for it" \
	says " 403 .*from-domain-not-allowed" stranger_send www-open bob@open.example
check "our log says which server does" logged \
	"proves www.open.example, which does not speak for open.example: its SRV records lead to sip.open.example"
check "and what was refused" logged "refused from-domain-not-allowed: message from 198.51.100.66"
check "a domain that is listed stays that of its peer" \
	says " 403 " stranger_send false-gamma bob@gamma.example
check "a stranger's users are reached, too" inside_send bob@open.example
spawn held ns stranger "$PEER" send --hold 3000 203.0.113.10 5061 "$(files edge-open public-ca)" \
	bob@open.example alice@example.com
busywait 20 grep -q 200 "$LOGS/held.log"
legs=$(leg_ids)
check "a policy of other things" fedctl federation set "$FED" routing-fqdn imp-routing.example.com
busywait 10 in_force
sleep "$(patience 1)"
check_equal "leaves a stranger's leg alone" "$legs" "$(leg_ids)"
fedctl domain add open.example federation "$FED" blocked
check "one that blocks its domain does not" \
	logged "closed: policy-forbids: it may no longer speak for open.example"
check "a blocked stranger is refused" says " 403 " stranger_send edge-open bob@open.example

daemon_stop
reap "$(pgrep -of "dnsmasq -C $WORK/dnsmasq.conf")"
daemon_start fedpatd-silent
check "silent DNS servers" says_counter dns-timeout gamma bob@nosrv.example
partners_dns
daemon_stop
zone_server
spawn fedpatd-signed ns_etc gw "$ROOT/build/fedpatd" --dns 198.51.100.53@5354 \
	--trust-anchor "$WORK/zones/anchor" --pidfile "$WORK/fedpatd.pid"
busywait 20 listening gw tcp 7061
for name in signed plain forged stale; do
	fedctl domain add $name.example federation "$FED" peer gamma
done
check "a signed answer is validated" gamma bob@signed.example
dropped
check "an unsigned zone is taken as it is" says_counter tls-wrong-name gamma bob@plain.example
check "an answer that was changed after it was signed" says_counter dns-bogus gamma bob@forged.example
check "one whose signature has ended" says_counter dns-bogus gamma bob@stale.example
check "the daemon's log says so" grep -q "forged.example: bogus" "$LOGS/fedpatd-signed.log"
check "preflight asks as the daemon does" says "fails DNSSEC validation" \
	preflight forged.example check C1
