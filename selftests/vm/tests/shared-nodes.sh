#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kernels: uml
# timeout: 400
#
# Federations of their own files behind the same nodes: each owns its partners,
# what they share belongs to all; one goes, and the others lose neither an
# object nor a connection.

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../../e2e/scenario.sh"
. "$(dirname "$0")/../../e2e/partners.sh"
need dnsmasq python3 openssl

partners_world
plan 18

# file NAME [SED-SCRIPT]: a federation of the same nodes with the partner NAME
file() {
	sed -e "s/^name: .*/name: $1/" -e "s/example\.net/$1.example/" \
		-e "s#partner_ca: .*#partner_ca: $PKI/$1-ca.pem#" ${2:+-e "$2"} \
		"$WORK/contoso.yaml" >"$WORK/$1.yaml"
	echo "$WORK/$1.yaml"
}

saved() {
	fedctl save "$WORK/saved" && grep -v "^ *generation" "$WORK/saved"
}

join_both() {
	fedctl federation apply "$(file alpha)" && fedctl federation apply "$(file beta)"
}

nothing_to_change() {
	fedctl federation apply "$WORK/contoso.yaml" "$WORK/alpha.yaml" "$WORK/beta.yaml" |
		grep "nothing to change"
}

all_three() {
	inside_send bob@alpha.example bob@beta.example bob@example.net
}

inside_leg() {
	fedctl -j leg show | python3 -c '
import json, sys
legs = json.load(sys.stdin)
legs = legs if isinstance(legs, list) else legs.get("leg", legs.get("legs", []))
print(*[l["id"] for l in legs if l["role"] == "outside" and l["peer"].startswith(sys.argv[1])])' "$1"
}

alone=$(saved)
check "two more federations of the same nodes are applied" join_both
check "all three applied again change nothing" nothing_to_change
check "partners of all three are reached over one inside connection" all_three
check "alpha may speak for alpha" outside_send edge-alpha bob@alpha.example
check "but not for beta" says "403" outside_send edge-alpha bob@beta.example
check "nor does beta's name help whom its CA did not sign" \
	refused_as tls-unknown-ca outside_send edge-beta-of-alpha bob@beta.example
check "status tells of each" sh -c "
	$(declare -f fedctl ns); ROOT=$ROOT FEDPAT_RUNDIR=$WORK fedctl federation status >$LOGS/status
	grep -c '^alpha (\|^beta (\|^contoso (' $LOGS/status | grep 3"
check "show tells what one owns" fedctl_says "beta.beta.example" federation show beta
check "another name of ours is told, with its place" \
	fedctl_says "beta.yaml:.*public-fqdn.*shared-nodes" federation apply \
	"$(file beta s/imp-public.example.com/sip.example.com/)"
file beta >/dev/null
leg=$(inside_leg beta) kept=$(inside_leg contoso)
check "alpha goes" fedctl federation remove alpha
check_equal "no connection of the others ends" "$leg $kept" "$(inside_leg beta) $(inside_leg contoso)"
check_not "its domain is not known any more" fedctl domain show alpha.example
check "the others are reached as before" inside_send bob@beta.example bob@example.net
check "the first goes" fedctl federation remove contoso
rm -f "$PKI/public-ca.pem.gone" && mv "$PKI/public-ca.pem" "$PKI/public-ca.pem.gone"
kill -HUP "$gateway"
check "its CA may go, too, and the last is reached as before" inside_send bob@beta.example
mv "$PKI/public-ca.pem.gone" "$PKI/public-ca.pem"
check "the first comes back" fedctl federation apply "$WORK/contoso.yaml"
check "and is reached beside the other" busywait 20 inside_send bob@beta.example bob@example.net
fedctl federation remove beta >/dev/null
check_equal "alone again, it is what it was" "$alone" "$(saved)"
