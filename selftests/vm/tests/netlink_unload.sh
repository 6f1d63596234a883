#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kernels: 6.1 6.12
# smp: yes
# module: no
#
# The module unloads at any time: with policy in several namespaces, an open
# transaction, a listener and interfaces that come and go; nothing is left.

. "$(dirname "$0")/../lib.sh"

fpnl="$(dirname "$0")/../../net/fpnl.py"
need python3
python3 -c 'import yaml' 2>/dev/null || skip_all "python3-yaml is not installed; run: make deps"

cat >"$WORK/policy" <<END
zone-new {"name": "inside", "role": "inside", "interface": ["in0", "in1"]}
acl-new {"name": "l"}
ace-new {"acl": "l", "action": "permit", "proto": 6, "src": "198.51.100.0/24", "dport-lo": 5061}
zone-new {"name": "outside", "role": "outside", "interface": ["out0"], "access-list": "l"}
federation-new {"name": "f", "public-fqdn": "sip.example.com", "local-domain": ["example.com"], "key": "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"}
peer-new {"name": "p", "federation": "f", "subject": ["edge.example.net"], "domain": ["example.net"]}
domain-new {"name": "example.net", "federation": "f", "peer": "p"}
node-new {"name": "n", "federation": "f", "listener": "192.0.2.11:5062", "transport": "tls"}
END

load_policy() {
	"$fpnl" --netns "$1" --apply "$WORK/policy"
}

generation() {
	"$fpnl" --netns "$1" status-get | sed 's/.*"generation": \([0-9]*\).*/\1/'
}

# Holds a transaction with changes in it until it is ended.
cat >"$WORK/holder.py" <<END
import sys, time
sys.path.insert(0, "$(dirname "$fpnl")")
import fpnl
fpnl.setns(sys.argv[1])
fp = fpnl.Fedpat()
fp.subscribe()
txn = fp.begin()
fp.do("zone-new", {"txn": txn, "name": "late", "role": "other", "interface": ["late0"]})
for i in range(1000):
    fp.do("ace-new", {"txn": txn, "acl": "l", "action": "deny", "proto": 17})
print("open", flush=True)
time.sleep(600)
END

churn() {
	while :; do
		ip -n one link add in1 type dummy
		ip -n one link set in1 name in2
		ip -n one link del in2
	done
}

plan 14

setup_ns one two
check "the module loads" module_load
check "policy in a namespace" load_policy one
check "policy in another one" load_policy two
spawn holder python3 "$WORK/holder.py" two
check "a transaction is open" busywait 20 grep -q open "$LOGS/holder.log"
spawn churn churn
check "a namespace goes with its policy" drop_ns one
lib_namespaces=(two)
setup_ns one
check "it is unloaded with all of that" module_unload
check_not "it is gone" module_loaded
check "it is loaded again" module_load
check_equal "nothing is left of the policy" 0 "$(generation two)"
check "the policy is made again" load_policy two

rounds() {
	for _ in 1 2 3; do
		load_policy two && load_policy one || return
		module_unload && module_load || return
	done
}
check "three more times" rounds
check "the name of the family loads the module's alias" \
	grep -q 'net-pf-16-proto-16-family-fedpat' <(modinfo "$FEDPAT_MODULE")

trace=/sys/kernel/tracing
[ -e $trace/events ] || mount -t tracefs none $trace 2>/dev/null
if [ -e $trace/events/fedpat/fedpat_commit/enable ]; then
	echo 1 >$trace/events/fedpat/fedpat_commit/enable
	load_policy one >/dev/null
	check "a commit is traced" grep -q 'fedpat_commit: .*objects=7 aces=1 .*err=0' $trace/trace
	echo 0 >$trace/events/fedpat/fedpat_commit/enable
else
	skip "a commit is traced" "the kernel has no tracepoints"
fi
check "it is unloaded at the end" module_unload
