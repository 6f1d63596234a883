#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Sourced by the VM tests that drive real traffic through module and daemon with
# build/net/sipmill, which is both companies in one process. Before it:
# transport=tls1.3, tls1.2 or tcp.

# shellcheck disable=SC2154 # transport is the test's

. "$(dirname "${BASH_SOURCE[0]}")/../e2e/scenario.sh"
need dnsmasq dig openssl python3

mill=$FEDPAT_REPO/build/net/sipmill
[ -x "$mill" ] || fail_all "$mill is not built; run: make net-programs"

# Counts are smaller where the machine is slow: FEDPAT_SCALE percent.
scaled() {
	local n=$(($1 * ${FEDPAT_SCALE:-100} / 100))

	echo $((n > 0 ? n : 1))
}

# mill_kind: how the policy calls the transport
mill_kind() {
	case $transport in
	tls*) echo tls ;;
	*) echo "$transport" ;;
	esac
}

# The policy of the end-to-end tests, with a second partner where the stranger
# stands, who may have more addresses.
mill_second=198.51.100.66
mill_policy() {
	local port=5061
	[ "$(mill_kind)" = tls ] || port=5060

	"$E2E/contoso.sh" "$(mill_kind)" "$PKI" | sed "/^trustpoints:/i\\
  - domains: [example.org]\\
    edge: edge.example.org\\
    port: $port\\
    addresses: [$mill_second]\\
    eku: both"
}

mill_apply() {
	fedctl federation apply "$WORK/contoso.yaml" >"$LOGS/apply.log" 2>&1
}

# Namespaces, addresses, DNS, policy and daemon.
mill_up() {
	[ -d "$PKI" ] || "$E2E/pki.sh" "$PKI"
	world_namespaces
	world_addresses
	world_dns "$(mill_kind)"
	mill_policy >"$WORK/contoso.yaml"
	mill_apply || fail_all "the policy is refused: $(cat "$LOGS/apply.log")"
	daemon_start "fedpatd-$transport"
	busywait 20 mill_listens || fail_all "the daemon does not listen: $(tail -n 5 "$LOGS/fedpatd-$transport.log")"
}

mill_listens() {
	ns gw ss -Hltnp | grep -q fedpatd
}

# mill_run MODE...: with the options of the transport
mill_run() {
	local options=(--pki "$PKI" --watch "$gateway")

	case $transport in
	tls1.2) options+=(--tls 1.2) ;;
	tls1.3) options+=(--tls 1.3) ;;
	tcp) options+=(--plain) ;;
	esac
	"$mill" "${options[@]}" "$@"
}

# mill_down: the world is gone, and nothing of it is left
mill_down() {
	local name id

	daemon_stop TERM || return
	for id in $(leg_ids); do
		fedctl leg kill "$id" || return
	done
	busywait 20 no_legs || return
	for id in "${lib_pids[@]}"; do
		reap "$id"
	done
	lib_pids=()
	# what spawn() knows is a shell around it
	pkill -x dnsmasq
	for name in "${lib_namespaces[@]}"; do
		ip netns del "$name" || return
	done
	lib_namespaces=()
}

# counter NAME: its value
counter() {
	fedctl -j counters --all | python3 -c '
import json, sys
c = json.load(sys.stdin)
c = c.get("counters", c) if isinstance(c, dict) else c
print(next((int(r["value"]) for r in c if r["name"] == sys.argv[1]), -1))' "$1"
}
