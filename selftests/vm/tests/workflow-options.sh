#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kernels: uml
# timeout: 600
#
# SIP workflows with both optional steps: users known by their mail address, a load
# balancer before the nodes; and AOL's chain from a hosted domain without SRV record to
# the default's static route. One workflow of each place that the gateway takes: direct,
# Expressway's, the ASA's with AOL's chain. FEDPAT_WORKFLOWS names others, or "all" of
# them, which takes ten minutes.

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../../e2e/flows.sh"
need kamailio sipp dnsmasq socat

workflows=${FEDPAT_WORKFLOWS:-aol+chain ocs-direct-tls+email+lb lync-b2b-expressway+email+lb}
[ "$workflows" != all ] || workflows="aol+chain ocs-direct-tcp+email+lb ocs-direct-tls+email+lb \
	lync-intracompany+email+lb office365+email+lb skype-for-business+email+lb \
	skype-single+email+lb lync-b2b-expressway+email+lb lync-calling+email+lb \
	lync-b2b-asa+email+lb ocs-b2b-asa+email+lb asa-sip+email+lb aol+email+lb"
n=0
for w in $workflows; do
	n=$((n + FLOW_CHECKS))
done
plan $n

for w in $workflows; do
	flows_run "$w"
done
