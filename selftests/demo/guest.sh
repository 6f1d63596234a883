#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The demo, inside the VM. Made of the end-to-end test's own pieces: what is
# shown here is what is tested.

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/../e2e/scenario.sh"

transport=tls1.3
faults=0

title() {
	printf '\n== %s\n\n' "$*"
}

# run TEXT COMMAND...: a line that says what is being done, then how it went
run() {
	local text=$1
	shift

	printf '  %-64s ' "$text"
	if "$@" >"$WORK/out" 2>&1; then
		printf 'done\n'
	else
		printf 'FAILED\n'
		sed 's/^/          /' "$WORK/out" | tail -n 20
		faults=$((faults + 1))
	fi
}

# proof TEXT COMMAND...
proof() {
	local text=$1
	shift

	printf '  %s: ' "$text"
	if "$@" >"$WORK/out" 2>&1; then
		printf 'proved\n          %s\n' "$(tail -n 1 "$WORK/out" | cut -c 1-90)"
	else
		printf 'FAILED\n'
		tail -n 20 "$WORK/out"
		faults=$((faults + 1))
	fi
}

# shellcheck disable=SC2317 # called by name
offload_line() {
	offloaded >/dev/null && fedctl status | grep -i legs
}

# shellcheck disable=SC2317 # called by name
no_refusal_line() {
	no_refusal && echo "no message was answered with a refusal of the edge"
}

# everything went well or badly; the library's own verdict is for tests
ktap_done=1

title "Two companies"
cat <<'TEXT'
   example.com (enterprise)                                   example.net (partner)

   imp1 192.0.2.11:5062 --+                                +-- edge 198.51.100.20:5061
                          +-- gateway 192.0.2.1            |
   imp2 192.0.2.12:5062 --+   203.0.113.10:5061 ---- Internet ---- DNS 198.51.100.53
                              imp-public.example.com
TEXT

# not by run, in whose redirection they would hide what fail_all says
start() {
	local text=$1
	shift

	printf '  %-64s ' "$text"
	if "$@"; then
		printf 'done\n'
	else
		printf 'FAILED\n'
		faults=$((faults + 1))
	fi
}

echo
start "certificates of two CAs" "$E2E/pki.sh" "$PKI"
start "hosts, each a network namespace" world_namespaces
start "their addresses and routes" world_addresses
start "Kamailio on each host, DNS, the policy, the daemon" scenario_servers

title "One file, every object (fedctl federation apply contoso.yaml)"
sed 's/^/  /' "$WORK/contoso.yaml" | head -n 30
echo "  ..."
echo
fedctl static-pat show
echo
fedctl class-map show

title "They talk, over mutual TLS 1.3, started from both sides"
for kind in $KINDS; do
	run "$kind, begun by alice@example.com" out "$kind" alice node1 5070
	run "$kind, begun by bob@example.net" in_ "$kind"
done
run "im, begun by carl on the second node (public port 45062)" out im carl node2 5071

title "What each side saw (the first dialog)"
"$E2E/ladder.py" ladder "$WORK/node1/dump" "$WORK/edge/dump" | head -n 60

title "Sessions and counters"
fedctl session show
echo
fedctl counters

title "Proofs"
proof "every leg is in the kernel" offload_line
proof "nothing of the inside is seen outside" "$E2E/ladder.py" leak "$WORK/edge/dump"
proof "the partner's strict server refused nothing" no_refusal_line
proof "the daemon sleeps while messages flow" sleeps

echo
start "everything comes down" scenario_down
echo
if [ $faults = 0 ]; then
	echo "The demo went well."
else
	echo "$faults steps failed."
fi
exit $((faults > 0))
