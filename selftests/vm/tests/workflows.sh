#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kernels: 6.1 uml
# timeout: 1800
#
# Every SIP workflow from its file to messages both ways, against a stand-in
# that behaves as the partner's product does on the wire. FEDPAT_WORKFLOWS
# selects some.

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../../e2e/flows.sh"
need kamailio sipp dnsmasq

# On 6.1 one over TCP and one over TLS.
[ "$FEDPAT_KERNEL" != 6.1 ] || : "${FEDPAT_WORKFLOWS:=ocs-direct-tcp office365}"
workflows=${FEDPAT_WORKFLOWS:-ocs-direct-tcp ocs-direct-tls lync-intracompany office365 \
	skype-for-business skype-single lync-b2b-expressway lync-calling ocs-b2b-asa asa-sip aol}
n=0
for w in $workflows; do
	n=$((n + FLOW_CHECKS))
done
plan $n

for w in $workflows; do
	flows_run "$w"
done
