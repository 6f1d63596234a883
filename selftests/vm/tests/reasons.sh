#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kernels: uml
# timeout: 400
#
# Refusals of the daemon that no other test provokes: targets that do not answer, have
# no way there, no service, no record; trustpoints and legs that cannot be had; servers
# that refuse OPTIONS; certificates that end under a leg. Each is counted and in the log.

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../../e2e/scenario.sh"
. "$(dirname "$0")/../../e2e/partners.sh"
need dnsmasq python3 openssl

partners_world
partners_policy alpha gamma
fedctl peer set gamma no host no name-rule || fail_all "gamma cannot be found by SRV"

logged() {
	grep -q "refused $1: $2" "$LOGS/fedpatd.log"
}

# refused REASON TEXT COMMAND...: it fails, and is counted and logged under that name
refused() {
	local reason=$1 text=$2
	shift 2

	says_counter "$reason" "$@" || { fedctl counters; tail -n 5 "$LOGS/fedpatd.log"; return 1; }
	busywait 5 logged "$reason" "$text" || { tail -n 5 "$LOGS/fedpatd.log"; return 1; }
}

# to_gamma NAME HOST: a domain of gamma whose static route leads there
to_gamma() {
	fedctl domain add "$1.example" federation "$FED" peer gamma &&
		fedctl route add "$1" federation "$FED" pattern ".example.$1" host "$2" port 5061
}

gone() {
	! fedctl -j leg show | grep -q "\"id\": *$1\\b"
}

reload() {
	local before

	before=$(grep -c "in force" "$LOGS/fedpatd.log")
	kill -HUP "$gateway"
	busywait 20 reloaded "$before"
}

reloaded() {
	[ "$(grep -c "in force" "$LOGS/fedpatd.log")" -gt "$1" ]
}

counted() {
	[ "$(counter "$1")" -gt "$2" ]
}

plan 16
check "a partner is reached" inside_send bob@alpha.example

# SYNs to it go nowhere, and nobody says so.
ip -n inet neigh add 198.51.100.98 lladdr 02:00:00:00:00:98 dev br0 nud permanent
ip -n gw route add unreachable 198.51.100.99
to_gamma silent silent.gamma.example
to_gamma away away.gamma.example
check "a target that does not answer" refused dial-timeout "dialling 198.51.100.98:5061" \
	inside_send bob@silent.example
# Over one connection, for the pause is short.
check "silent twice, it is left alone" refused target-down "federation 'contoso'" \
	inside_send bob@silent.example bob@silent.example bob@silent.example
check "a target without a way to it" refused dial-unreachable "dialling 198.51.100.99:5061" \
	inside_send bob@away.example
fedctl domain add noservice.example federation "$FED" peer gamma
fedctl domain add norecord.example federation "$FED" peer gamma
check "an SRV record that says there is no service" refused dns-no-service ".*noservice.example" \
	inside_send bob@noservice.example
check "a name without an SRV record" refused dial-no-dns ".*norecord.example" inside_send bob@norecord.example

mv "$PKI/gw-public.pem" "$WORK/gw-public.keep"
reload
check "a certificate of ours that is gone" refused trustpoint-unusable ".*gw-public.pem: No such file" \
	outside_send edge-alpha bob@alpha.example
mv "$WORK/gw-public.keep" "$PKI/gw-public.pem"
reload
check "it is back" outside_send edge-alpha bob@alpha.example

fedctl settings set max-legs 1
check "the kernel takes no more legs" refused attach-failed "connection from 198.51.100.20" \
	outside_send edge-alpha bob@alpha.example
fedctl settings set no max-legs
check "it does again" outside_send edge-alpha bob@alpha.example

touch "$WORK/edge.log.busy"
before=$(counter server-down)
fedctl peer set alpha health 1
busywait 40 counted server-down "$before"
result "a server that answers OPTIONS with 503 is down" $?
check "and the log says by what" grep -q "server-down.*options-refused: it answers OPTIONS with 503" "$LOGS/fedpatd.log"
busywait 20 grep -q "closed: server-down" "$LOGS/fedpatd.log"
result "a second time: our leg to it is closed" $?
fedctl peer set alpha no health
rm "$WORK/edge.log.busy"

spawn held ns edge "$PEER" send --hold 3000 203.0.113.10 5061 "$(files edge-alpha public-ca)" \
	bob@alpha.example alice@example.com
busywait 20 grep -q 200 "$LOGS/held.log"
result "a leg stands" $?
held=$(sed -n "s/.*leg \([0-9]*\) up: accepted 'alpha'.*/\1/p" "$LOGS/fedpatd.log" | tail -n 1)
date -s "+11 days" >/dev/null
reload
check "its certificate ends: it is closed by name" grep -q "leg $held closed: cert-expired-live" "$LOGS/fedpatd.log"
busywait 10 gone "$held"
result "and is gone" $?
date -s "-11 days" >/dev/null
