#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kernels: uml
# timeout: 300
#
# Health by OPTIONS on a connection of its own: a server that hangs is found
# though nobody writes, its leg is closed and the next message goes elsewhere; a
# dead one does not make the others wait; what comes back is used again.

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../../e2e/scenario.sh"
. "$(dirname "$0")/../../e2e/partners.sh"
need dnsmasq python3 openssl

partners_world
partners_policy alpha gamma
fedctl peer set gamma no host no name-rule || fail_all "gamma cannot be found by SRV"
plan 22

gamma() {
	inside_send bob@gamma.example
}

leg_now() {
	[ -n "$(leg_of "$1")" ]
}

# server PEER ADDR:PORT: its state as the daemon's file says
server() {
	fedctl -j status | python3 -c '
import json, sys
s = json.load(sys.stdin)
s = s.get("status", s)
print(*[x["state"] for x in s["servers"] if x["peer"] == sys.argv[1] and x["server"] == sys.argv[2]])' "$1" "$2"
}

server_is() {
	[ "$(server "$1" "$2")" = "$3" ]
}

asked() {
	grep -q "^$1 OPTIONS sip:$1\$" "$WORK/edge.log"
}

event() {
	grep -q "$1" "$LOGS/monitor.log"
}

hang() {
	kill -STOP "$first" && busywait 40 server_is gamma 198.51.100.20:5999 down
}

gone_leg() {
	[ "$(leg_of gamma)" != "$before" ]
}

# Not by the clock: the server that hangs is not dialled for the message at all.
spared() {
	gamma && ! grep "dialling 198.51.100.20:5999" "$LOGS/fedpatd.log"
}

edge_up 5999
first=$edge_pid
spawn monitor ns gw "$ROOT/build/fedctl" monitor warning

check "nobody is asked unless the policy says so" sh -c "sleep 3; ! grep OPTIONS $WORK/edge.log"
fedctl peer set gamma health 1
busywait 20 asked bad.gamma.example
result "a peer's first server is asked, by its own name" $?
busywait 20 asked good.gamma.example
result "and the second, which no message ever went to" $?
check "without a leg" test -z "$(leg_of gamma)"
fedctl node set "$(fedctl -j node show | python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["name"])')" health 1
busywait 20 grep -q "^None OPTIONS sip:192.0.2.11$" "$WORK/node.log"
result "a node is asked by its address" $?
check "no inside address in what the partner is asked" sh -c "! grep '192\.0\.2' $WORK/edge.log"
check "both servers are up" server_is gamma 198.51.100.20:5999 up
check "peer show tells when, and how fast" fedctl_says "198.51.100.20:5999 up since .*; asked .* ago, answered in [0-9]* ms" peer show gamma
check "a message goes to the first" gamma
before=$(leg_of gamma)

hang
result "the first hangs, its TCP lives: found" $?
busywait 40 gone_leg
result "its leg is closed" $?
check "under its name" grep -q "leg $before closed: server-down" "$LOGS/fedpatd.log"
check "the next message goes to the second at once" spared
check "which took it" grep -q "^good.gamma.example MESSAGE" "$WORK/edge.log"
check "the event tells who and why" busywait 10 event "server-down.*gamma.*198.51.100.20:5999: options-unanswered\|server-down.*gamma.*198.51.100.20:5999: tls-timeout"
check "so does status" fedctl_says "'gamma' of .*198.51.100.20:5999 down" status
check "and metrics" fedctl_says 'fedpat_server_up{federation=".*",peer="gamma",server="198.51.100.20:5999"} 0' metrics
check "another partner at the same address is not hurt" inside_send bob@alpha.example

fedctl route add back federation "$FED" pattern .example.gamma.* host good.gamma.example port 5061 health 1
: >"$WORK/edge.log"
busywait 20 asked good.gamma.example
result "the next hop of a route is asked" $?
fedctl route del back
kill -CONT "$first"
busywait 90 server_is gamma 198.51.100.20:5999 up
result "it runs again: up, by itself" $?
check "the event tells" busywait 10 event "server-up.*gamma.*198.51.100.20:5999 is up again"
fedctl peer set gamma no health
sleep 1
: >"$WORK/edge.log"
sleep 3
check "no health: nobody is asked any more" sh -c "! grep 'gamma.example OPTIONS' $WORK/edge.log"
