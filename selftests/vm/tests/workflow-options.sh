#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 3600
#
# Every SIP workflow with both optional steps: users known by their mail address, a
# load balancer before the nodes; and AOL's chain from a hosted domain without SRV
# record to the default's static route. FEDPAT_WORKFLOWS selects some.

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../../e2e/flows.sh"
need kamailio sipp dnsmasq socat

workflows=${FEDPAT_WORKFLOWS:-aol+chain ocs-direct-tcp+email+lb ocs-direct-tls+email+lb \
	lync-intracompany+email+lb office365+email+lb skype-for-business+email+lb \
	skype-single+email+lb lync-b2b-expressway+email+lb lync-calling+email+lb \
	lync-b2b-asa+email+lb ocs-b2b-asa+email+lb asa-sip+email+lb aol+email+lb}
n=0
for w in $workflows; do
	n=$((n + FLOW_CHECKS))
done
plan $n

for w in $workflows; do
	flows_run "$w"
done
