#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kernels: uml
# smp: yes
# timeout: 400
#
# The netlink family under messages made from its grammar, right and wrong
# (issue 2, section 6.4; issue 4, section 3). FEDPAT_SCALE multiplies how many,
# FEDPAT_SEED begins elsewhere. Reports of the kernel fail the run by themselves.

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../packet-lib.sh"
need python3
python3 -c 'import yaml' 2>/dev/null || skip_all "python3-yaml is not installed; run: make deps"
plan 5

first=${FEDPAT_SEED:-1}
count=$((15 * ${FEDPAT_SCALE:-100}))

baseline() {
	policy <<-END
		zone-new name=inside role=inside interface=in0
		zone-new name=outside role=outside interface=out0 access-list=a
		acl-new name=a
		ace-new acl=a action=permit proto=17 src=198.51.100.0/24 dst=$PUBLIC/32 dport-lo=5060
		ace-new acl=a action=permit proto=6
		inspect-new name=sip type=sip
		federation-new name=fed place=asa public-addr=$PUBLIC inside-addr=10.0.1.1 local-domain=example.com inside-prefix=192.0.2.0/24 inspect=sip key=$(printf '22%.0s' {1..32}) key-version=1
		class-map-new name=map order=10 zone=outside access-list=a inspect=sip
		static-pat-new name=row order=1 federation=fed zone=outside proto=17 public=$PUBLIC:5060 node=192.0.2.11:5060
		pat-new name=pat order=10 zone=outside src=192.0.2.0/24 to-addr=$PUBLIC
		peer-new name=edge federation=fed role=outside domain=example.net addr=198.51.100.20 transport=udp host=198.51.100.20
	END
}


stage
baseline
for seed in "$first" $((first + 1)) $((first + 2)); do
	ns gw "$FEDPAT_REPO/selftests/net/nlfuzz.py" --seed "$seed" --count "$count" \
		>"$LOGS/seed.$seed" 2>&1
	status=$?
	diag <"$LOGS/seed.$seed"
	result "seed $seed: $count messages" $status
done

# What is left is a policy like any other.
empty() {
	local kind name

	for kind in route domain node class-map static-pat pat tls-proxy peer federation inspect \
		trustpoint zone acl; do
		fp dump $kind-get | python3 -c '
import json, sys
for line in sys.stdin:
    print(json.loads(line)["name"])' >"$WORK/names"
		while read -r name; do
			echo "$kind-del name=${name@Q}"
		done <"$WORK/names"
	done >"$WORK/deletes"
	fp begin >/dev/null
	while read -r name; do
		echo "$name" >&"$fp_in"
		fp_answer || return
	done <"$WORK/deletes"
	fp commit
}
check "everything that is left can be deleted" empty
# Limits as they are at first.
must settings-set
check "and the baseline be made again" baseline
