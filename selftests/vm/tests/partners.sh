#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kernels: uml
# timeout: 400
#
# Three partners over one inside connection, all behind one address, each with
# a CA and an identity of its own; a changed CA closes exactly its legs, after
# the daemon was restarted too, and one that cannot be read closes none; a daemon that
# was down dials what is wanted.

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../../e2e/scenario.sh"
. "$(dirname "$0")/../../e2e/partners.sh"
need dnsmasq python3 openssl

partners_world
partners_policy alpha beta net
plan 33

three() {
	inside_send bob@alpha.example bob@beta.example bob@example.net
}

outside_peers() {
	fedctl -j leg show | python3 -c '
import json, sys
legs = json.load(sys.stdin)
legs = legs if isinstance(legs, list) else legs.get("leg", legs.get("legs", []))
print(*sorted({l["peer"] for l in legs if l["role"] == "outside" and l.get("dialled") and
	       l.get("state", "up") == "up"}))'
}

peers_are() {
	[ "$(outside_peers)" = "$1" ]
}

check "three partners are reached over one inside connection" three
check_equal "each by a leg of its own, dialled when it was named" "alpha beta contoso.example.net" "$(outside_peers)"
check "each was asked for by its own name" sh -c "
	grep -q '^edge.alpha.example MESSAGE sip:bob@alpha.example' $WORK/edge.log &&
	grep -q '^edge.beta.example MESSAGE sip:bob@beta.example' $WORK/edge.log &&
	grep -q '^edge.example.net MESSAGE sip:bob@example.net' $WORK/edge.log"
check "each leg says whose certificate it saw" fedctl_says "peer-fingerprint" leg show "$(leg_of alpha)"

check "alpha may speak for alpha" outside_send edge-alpha bob@alpha.example
check "but not for beta" says "403" outside_send edge-alpha bob@beta.example
check "beta's name from alpha's CA is nobody" refused_as tls-unknown-ca outside_send edge-beta-of-alpha bob@beta.example
check "peer test names the rule" fedctl_says "suffix:.alpha.example" peer test edge7.alpha.example
check "and the one that almost did" fedctl_says "almost.*edge.example.net" peer test edgy.example.net

# A peer's own trustpoint says how hard it is asked, though the tls-proxy's is not.
fedctl trustpoint set ca-alpha revocation hard
check "alpha's trustpoint asks hard and nobody answers: refused" refused_as tls-revocation-unknown \
	outside_send edge-alpha bob@alpha.example
check "beta's does not" outside_send edge-beta bob@beta.example
# Its leg that stood was not answered for either.
check "and alpha's leg that stood is closed by name" busywait 20 grep -q "leg .* closed: tls-revocation-unknown" "$LOGS/fedpatd.log"
fedctl trustpoint set ca-alpha no revocation
inside_send bob@alpha.example >/dev/null

# One certificate, two peers, one leg for the domains of both.
fedctl peer add alpha2 federation "$FED" role outside domain alpha2.example \
	name-rule suffix:.alpha.example ca ca-alpha addr 198.51.100.20 transport tls host edge.alpha.example
fedctl domain add alpha2.example federation "$FED" peer alpha2
spawn held ns edge "$PEER" send --hold 120 203.0.113.10 5061 "$(files edge-alpha public-ca)" \
	bob@alpha2.example alice@example.com
busywait 20 grep -q 200 "$LOGS/held.log"
result "a leg speaks for the domains of two peers" $?
held=$(sed -n "s/.*leg \([0-9]*\) up: accepted 'alpha'.*/\1/p" "$LOGS/fedpatd.log" | tail -n 1)
fedctl peer set beta domain beta.example,alpha2.example
fedctl peer set alpha2 domain alpha3.example
busywait 20 grep -q "leg $held closed: policy-forbids: it may no longer speak for alpha2.example" "$LOGS/fedpatd.log"
result "a domain taken from the second of them: the leg is closed" $?
check "and named to nobody else's cost" outside_send edge-alpha bob@alpha.example
fedctl domain del alpha2.example
fedctl peer del alpha2
fedctl peer set beta domain beta.example

before=$(outside_peers)
cp "$PKI/beta-ca.pem" "$WORK/beta-ca.keep"
cp "$PKI/other-ca.pem" "$PKI/beta-ca.pem"
kill -HUP "$gateway"
busywait 20 peers_are "alpha contoso.example.net"
result "a changed CA closes exactly its leg ($before before)" $?
cp "$WORK/beta-ca.keep" "$PKI/beta-ca.pem"
kill -HUP "$gateway"
check "given back, beta is reached again" busywait 20 inside_send bob@beta.example

# A file that cannot be read says nothing against a partner.
all="alpha beta contoso.example.net"
unread() {
	grep -q "error: trustpoint 'ca-alpha': ca file .*alpha-ca.pem: $2; 1 legs that stand could not be judged by it and go on.*fedctl reload" \
		"$LOGS/$1.log"
}

legs=$(leg_ids)
daemon_stop KILL
mv "$PKI/alpha-ca.pem" "$WORK/alpha-ca.keep"
daemon_start fedpatd-blind
busywait 20 unread fedpatd-blind "No such file or directory"
result "a CA file that is missing at the start is named, with what to do" $?
busywait 20 grep -q "ready" "$LOGS/fedpatd-blind.log"
check_equal "and closes no adopted leg" "$legs" "$(leg_ids)"
check "over which messages pass" inside_send bob@alpha.example
check "but no new one is made without it" refused_as tls-unknown-ca outside_send edge-alpha bob@alpha.example
mkdir "$PKI/alpha-ca.pem"
kill -HUP "$gateway"
busywait 20 unread fedpatd-blind "Is a directory"
result "nor does one that opens and cannot be read" $?
rmdir "$PKI/alpha-ca.pem"
mv "$WORK/alpha-ca.keep" "$PKI/alpha-ca.pem"
before=$(grep -c "in force" "$LOGS/fedpatd-blind.log")
kill -HUP "$gateway"
busywait 20 sh -c "[ \"\$(grep -c 'in force' $LOGS/fedpatd-blind.log)\" -gt $before ]"
check_equal "given back, the legs are as before" "$legs" "$(leg_ids)"
check_equal "all of them" "$all" "$(outside_peers)"

daemon_stop KILL
cp "$PKI/other-ca.pem" "$PKI/alpha-ca.pem"
daemon_start fedpatd-again
busywait 20 peers_are "beta contoso.example.net"
result "a CA that changed while the daemon was down closes its adopted leg" $?
check "and no other" grep -q "legs adopted" "$LOGS/fedpatd-again.log"
check "by name" grep -q "closed: tls-unknown-ca" "$LOGS/fedpatd-again.log"
check "alpha is refused by name" says_counter tls-unknown-ca inside_send bob@alpha.example

fedctl leg kill "$(leg_of beta)"
daemon_stop KILL
inside_send bob@beta.example >"$WORK/late.out" &
late=$!
sleep 1
daemon_start fedpatd-late
wait $late
result "a daemon that was down dials what is wanted when it comes" $?
check "the daemon tells of it" grep -q "leg .* up: dialled 'beta'" "$LOGS/fedpatd-late.log"

# A node names itself by the Federation Routing FQDN; NOTIFYs come back for it.
for_routing_name() {
	ns edge timeout "$(patience 40)" "$PEER" send 203.0.113.10 5061 "$(files edge public-ca)" \
		bob@example.net alice@imp-routing.example.com
}

check "a name that is not ours is refused" says " 404 " for_routing_name
fedctl federation set "$FED" routing-fqdn imp-routing.example.com
check "requests for the Federation Routing FQDN are served" for_routing_name
check "by the routing node" grep -q "sip:alice@imp-routing.example.com" "$WORK/node.log"
