#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kernels: 6.12
# smp: yes
# faults: yes
# timeout: 300
# module: no
#
# Commits under traffic: what is still permitted loses nothing, what is forbidden
# ends at once and is named. Unloading and deleting a namespace under traffic
# (design 5.2, 5.8; issue 2, section 6.5).

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../packet-lib.sh"
need python3 nft conntrack
plan 36

module_load
stage
serve n1 tcp 0.0.0.0 5062
serve n2 tcp 0.0.0.0 5062
serve srv tcp 0.0.0.0 7005
serve srv tcp 0.0.0.0 5061
serve gw tcp 0.0.0.0 15061

base() {
	policy <<END
zone-new name=inside role=inside interface=in0 interface=in1
zone-new name=outside role=outside interface=out0 access-list=partner-in
acl-new name=partner-in
ace-new acl=partner-in action=permit proto=6 src=10.0.2.2/32 dst=$PUBLIC/32 dport-lo=5061
ace-new acl=partner-in action=permit proto=6 src=10.0.2.2/32 dst=$PUBLIC/32 dport-lo=45062
ace-new acl=partner-in action=permit proto=6 dst=10.0.1.2/32 dport-lo=5062
pat-new name=nodes order=10 zone=outside src=10.0.1.2/32 to-addr=$PUBLIC
pat-new name=rest order=20 zone=outside src=10.0.0.0/8
static-pat-new name=r1 order=1 zone=outside proto=6 public=$PUBLIC:5061 node=10.0.1.2:5062
static-pat-new name=r2 order=2 zone=outside proto=6 public=$PUBLIC:45062 node=10.0.3.2:5062
END
}

# hold NAME NS ADDR PORT: a connection that is never silent
declare -A holds
hold() {
	rm -f "$WORK/$1"
	spawn_ns "hold-$1" "$2" "$TRAFFIC" hold "$3" "$4" "$WORK/$1"
	holds[$1]=$spawned
	busywait 10 test -s "$WORK/$1" || fail_all "connection $1 does not stand"
}

lines() {
	cat "$WORK/$1"
}

# moving NAME: it echoes, now
moving() {
	local before

	before=$(lines "$1")
	busywait 5 more_than "$1" "$before"
}

more_than() {
	[ "$(lines "$1")" -gt "$2" ]
}

# ended NAME: its client has given up, or got a reset
ended() {
	busywait 10 gone "${holds[$1]}"
}

gone() {
	! kill -0 "$1" 2>/dev/null
}

flows() {
	ns gw conntrack -L 2>/dev/null | grep -c "$@"
}

base
hold in srv $PUBLIC 5061
hold in2 srv $PUBLIC 45062
hold direct srv 10.0.1.2 5062
hold out n1 10.0.2.2 7005
hold rest n2 10.0.2.2 7005

# Commits that forbid nothing.
commits() {
	local i

	for ((i = 0; i < $1; i++)); do
		fp ace-new acl=partner-in action=deny line=1 proto=6 dst=10.9.9.9/32 dport-lo=$i >/dev/null &&
			fp ace-del acl=partner-in line=1 || return
	done
}
check "a hundred commits" commits 50
for name in in in2 direct out rest; do
	check "flow $name outlived them" moving $name
done
check_equal "nothing was swept" 0 "$(counter flow-swept)"

# A deny.
watch_events
must ace-new acl=partner-in action=deny line=1 proto=6 dst=$PUBLIC/32 dport-lo=5061 >/dev/null
check "what a new deny forbids ends" ended in
check "the notice names the entry" told commit 'ended 1 flow' 'access-list partner-in line 1'
check_equal "one flow was swept" 1 "$(counter flow-swept)"
for name in in2 direct out rest; do
	check "flow $name goes on" moving $name
done

# Taking a permit away.
must ace-del acl=partner-in line=4
check "without its permit a flow ends" ended direct
check "by the implicit deny" told commit 'access-list partner-in .implicit deny'

# Rows and rules.
must static-pat-new name=r2 order=2 zone=outside proto=6 public=$PUBLIC:45062 node=10.0.1.2:5062
check "a row that leads elsewhere ends its flows" ended in2
check "and is named" told commit 'static-pat r2'
must pat-new name=first order=1 zone=outside src=10.0.3.0/24 to-addr=$PUBLIC
check "a rule put in front ends nothing" moving rest
must pat-del name=rest
check "a rule that goes takes its flows along" ended rest
check "named" told commit 'pat rest'
check "that of the other rule goes on" moving out

# Flows of others.
ns gw nft -f - <<'NFT'
table ip beside {
	chain pre {
		type nat hook prerouting priority dstnat
		iifname out0 tcp dport 8001 dnat to 10.0.3.2:5062
	}
}
NFT
must ace-new acl=partner-in action=permit line=1 proto=6 dst=10.0.2.1/32 dport-lo=8001 >/dev/null
hold nft srv 10.0.2.1 8001
commits 3
check "a flow that nft translates goes on" moving nft
must ace-del acl=partner-in line=1
check "until the list does not permit it" ended nft
ns gw nft delete table ip beside

# A class map over a flow that nobody inspected: it may not go on so.
policy <<END
acl-new name=sip-out
ace-new acl=sip-out action=permit proto=6 src=10.0.1.2/32 dst=10.0.2.2/32 dport-lo=7005
federation-new name=contoso place=asa public-fqdn=im.example.com public-addr=$PUBLIC inside-addr=10.0.1.1 local-domain=example.com key=$(printf '11%.0s' {1..32}) key-version=1
tls-proxy-new name=from-inside federation=contoso zone=inside listener-port=15061 transport=tcp
class-map-new name=sip order=1 zone=inside access-list=sip-out tls-proxy=from-inside
END
check "a flow that now must be inspected ends" ended out
check "named by its class map" told commit 'class-map sip'
hold redirected n1 10.0.2.2 7005
commits 3
check "a redirected one outlives commits" moving redirected
must ace-new acl=sip-out action=deny line=1 >/dev/null
check "and ends when its class map lets it go" ended redirected
no_socket() {
	! ns gw ss -Htn state established sport = :15061 | grep -q .
}
check "with its socket at the listener" busywait 2 no_socket

# Nothing of ours stays behind.
policy <<END
ace-del acl=sip-out line=1
ace-del acl=partner-in
END
base
hold in srv $PUBLIC 5061
hold redirected n1 10.0.2.2 7005
ns gw conntrack -L >/dev/null 2>&1
module_gone() {
	rmmod fedpat
}
ns gw nft add table ip keep
ns gw nft 'add chain ip keep post { type nat hook postrouting priority srcnat; }'
ns gw nft 'add chain ip keep f { type filter hook forward priority filter; ct state new counter; }'
check "the module unloads under traffic" busywait 10 module_gone
check "translated flows end with it" ended in
check "redirected ones too" ended redirected
check_equal "and are forgotten" 0 "$(flows "$PUBLIC")"
ns gw nft delete table ip keep

# Once more, and the namespace goes.
module_load
exec {fp_in}>&- {fp_out}<&-
rm -f "$WORK/fp.in" "$WORK/fp.out"
policy_shell
base
hold in srv $PUBLIC 5061
hold rest n2 10.0.2.2 7005
for pid in "${lib_pids[@]}"; do
	[ -e "/proc/$pid" ] || continue
	case $(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null) in
	*polsh* | *15061*) reap "$pid" KILL ;;
	esac
done
namespace_gone() {
	! ip netns list | grep -qw gw
}
ip -n gw link set in0 netns n1
drop_ns gw
check "a namespace is deleted under traffic" busywait 10 namespace_gone
check "flows through it end" ended in
check "and the module unloads" busywait 10 module_gone
