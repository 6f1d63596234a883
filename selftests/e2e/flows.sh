#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Each workflow end to end, sourced after selftests/vm/lib.sh: from its file to
# messages both ways against a stand-in of the partner's product.
#
#	flows_run NAME	office365, skype-for-business, skype-single, lync-intracompany,
#			lync-calling, lync-b2b-expressway, lync-b2b-asa, ocs-direct-tcp,
#			ocs-direct-tls, ocs-b2b-asa, asa-sip, aol
#			+email: users are known by their mail address; +lb: a load
#			balancer, socat, stands before the nodes; +chain: AOL's, from a
#			hosted domain without SRV record to the default's static route

# shellcheck disable=SC2154 # what spawn() of selftests/vm/lib.sh sets

. "$(dirname "${BASH_SOURCE[0]}")/scenario.sh"

export FLOW_CHECKS=10
export FEDPAT_KEYDIR=$WORK/keys FEDPAT_STATEDIR=$WORK/state FEDPAT_RUNDIR=$WORK

# What all files have.
flow_head() {
	cat <<-YAML
		workflow: $1
		name: contoso
		local_domains: [example.com]
		inside_interface: br0
		outside_interface: out0
	YAML
}

flow_public() {
	cat <<-YAML
		public_fqdn: imp-public.example.com
		public_address: 203.0.113.10
		inside_address: 192.0.2.1
		inside_networks: [192.0.2.0/24]
	YAML
}

# flow_nodes PORT fqdn|subjects [digit]: two nodes; a digit where the workflow has them
flow_nodes() {
	local name2=imp2.example.com name1=imp1.example.com

	[ "$2" = fqdn ] || name1="[$name1]" name2="[$name2]"
	cat <<-YAML
		nodes:
		  - {name: imp1, address: 192.0.2.11, port: $1, $2: $name1}
		  - {name: imp2, address: 192.0.2.12, port: $1, $2: $name2${3:+, digit: 4}}
	YAML
}

flow_partner() {
	cat <<-YAML
		partners:
		  - {domains: [example.net], edge: edge.example.net, addresses: [198.51.100.20]}
		trustpoints:
		  public_cert: $PKI/gw-public.pem
		  public_key: $PKI/gw-public.key
		  partner_ca: $PKI/public-ca.pem
		  inside_cert: $PKI/gw-inside.pem
		  inside_key: $PKI/gw-inside.key
		  inside_ca: $PKI/inside-ca.pem
	YAML
}

flow_servers() {
	cat <<-YAML
		partner_domains: [example.net]
		servers:
		  - {name: edge.example.net, address: 198.51.100.20}
	YAML
}

# has OPTION NAME: was the workflow asked for with it?
has() {
	[[ $2+ == *+$1+* ]]
}

# flow_options NAME PORT: optional steps
flow_options() {
	! has email "$1" || echo "email_federation: [mail.example.com]"
	! has lb "$1" || echo "load_balancer: {fqdn: lb.example.com, address: 192.0.2.20, port: $2}"
}

# The default routing domain has a static route, the hosted one not even SRV.
flow_aol_partners() {
	cat <<-YAML
		default_routing_domain: aol.example
		partners:
		  - {name: aol, domains: [aol.example], edge: edge.example.net, use_srv: no,
		     addresses: [198.51.100.20]}
		  - {name: hosted, domains: [example.net], edge: edge.example.net,
		     addresses: [198.51.100.20]}
	YAML
	flow_partner | sed 1,2d
}

# flow_file NAME: its file
flow_file() {
	local port=5062

	case $1 in
	ocs-direct-tcp*) port=5060 ;;
	ocs-direct-tls* | lync-intracompany* | lync-calling*) port=5061 ;;
	esac
	flow_of "$(sed "s/+email//; s/+lb//" <<<"$1")" && flow_options "$1" $port
}

flow_of() {
	case $1 in
	skype-single) flow_head skype-for-business && echo "mode: single" ;;
	lync-calling) flow_head lync-intracompany && echo "mode: chat-calling" ;;
	ocs-direct-*) flow_head ocs-direct && echo "transport: ${1#ocs-direct-}" ;;
	*) flow_head "${1%%+*}" ;;
	esac
	case $1 in
	lync-intracompany | lync-calling) echo "trusted_pool: trustedpool.example.com" ;;
	aol*)
		printf '%s: x\n' company contact_name contact_mail contact_phone \
			certificate_authority
		;;
	esac
	case $1 in
	ocs-direct-tcp) flow_nodes 5060 fqdn && flow_servers ;;
	ocs-direct-tls) flow_nodes 5061 fqdn && flow_servers ;;
	lync-intracompany) flow_nodes 5061 subjects && flow_servers ;;
	lync-calling)
		flow_public && flow_nodes 5061 subjects && flow_servers &&
			flow_partner | sed 1,2d
		;;
	office365 | skype* | lync-b2b-expressway)
		flow_public && flow_nodes 5062 subjects && flow_partner
		;;
	aol+chain) flow_public && flow_nodes 5062 subjects digit && flow_aol_partners ;;
	*) flow_public && flow_nodes 5062 subjects digit && flow_partner ;;
	esac
}

# It ends the TLS of whoever dials it and opens its own to the first node.
flow_balancer() {
	. "$E2E/partners.sh"
	local own="cert=$PKI/lb.pem,key=$PKI/lb.key,cafile=$PKI/both-ca.pem"

	addr_ns node2 eth0 192.0.2.20/24
	if [ "$node_kind" = tcp ]; then
		spawn lb ns node2 socat "TCP-LISTEN:$node_port,bind=192.0.2.20,fork,reuseaddr" \
			"TCP:192.0.2.11:$node_port"
	else
		partner_cert lb inside lb.example.com
		spawn lb ns node2 socat \
			"OPENSSL-LISTEN:$node_port,bind=192.0.2.20,fork,reuseaddr,verify=1,$own" \
			"OPENSSL:192.0.2.11:$node_port,verify=1,commonname=imp1.example.com,$own"
	fi
	busywait 10 listening node2 tcp "$node_port"
}

# contact USER: as a node of this workflow writes it
contact() {
	local host=192.0.2.11

	[ "$1" = alice ] || host=192.0.2.12
	echo "sip:$1@$host:$node_port;transport=$node_kind"
}

flow_servers_start() {
	local ca=inside-ca edge=edge hop="" edge_ca=public-ca edge_port=5061

	node_port=5062 node_kind=tls
	case ${1%%+*} in
	ocs-direct-tcp) node_port=5060 node_kind=tcp edge=fe hop=192.0.2.11:5060 ;;
	ocs-direct-tls | lync-intracompany) node_port=5061 edge=fe hop=192.0.2.11:5061 ;;
	lync-calling) node_port=5061 edge=fe hop=203.0.113.10:65072 ;;
	office365 | skype* | lync-b2b-expressway) hop=192.0.2.1 ;;
	esac
	world_dns tls
	if has chain "$1"; then
		sed -i /srv-host=_sipfederationtls._tcp.example.net/d "$WORK/dnsmasq.conf"
		reap "$spawned"
		spawn dns ns dns dnsmasq -C "$WORK/dnsmasq.conf"
		busywait 10 listening dns udp 53
	fi
	if has lb "$1"; then
		ca=both-ca
		case $hop in
		192.0.2.11:*) hop=192.0.2.20:${hop#*:} ;;
		esac
		flow_balancer
	fi
	if [ $edge = fe ]; then
		ca=both-ca edge_ca=both-ca
		ip -n inet route add 192.0.2.0/24 via 203.0.113.1
	fi
	[ $edge = fe ] || export E2E_NEXTHOP=${hop:-198.51.100.20}
	world_kamailio node1 imp 192.0.2.11 $node_port $node_kind node1 $ca
	world_kamailio node2 imp 192.0.2.12 $node_port $node_kind node2 $ca
	[ $edge != fe ] || export E2E_NEXTHOP=$hop
	[ $node_kind = tls ] || edge_port=5060
	world_kamailio edge $edge 198.51.100.20 $edge_port $node_kind edge $edge_ca
	unset E2E_NEXTHOP
}

flow_apply() {
	flow_file "$1" >"$WORK/flow.yaml"
	fedctl federation lint "$WORK/flow.yaml" && fedctl federation plan "$WORK/flow.yaml" \
		>"$LOGS/plan.$1" && fedctl federation apply "$WORK/flow.yaml"
}

flow_again() {
	fedctl federation apply "$WORK/flow.yaml" | grep "nothing to change"
}

is_relayed() {
	case ${1%%+*} in
	ocs-direct-* | lync-intracompany) return 1 ;;
	esac
}

# A stranger is not let in: neither to the public address nor to a node.
flow_stranger() {
	! ns stranger timeout 3 bash -c "exec 3<>/dev/tcp/203.0.113.10/5061" 2>/dev/null &&
		! ns stranger timeout 3 bash -c "exec 3<>/dev/tcp/192.0.2.11/$node_port" 2>/dev/null
}

flow_status() {
	fedctl federation status contoso | tee "$LOGS/status.$1" || return
	! grep -q "^  failing" "$LOGS/status.$1" && grep -q "^  done *objects" "$LOGS/status.$1"
}

flow_removed() {
	fedctl federation remove contoso && fedctl save "$WORK/rest.yaml" &&
		! grep -E "^(federation|acl|zone|peer|node|static-pat|class-map):" "$WORK/rest.yaml"
}

# flows_run NAME: FLOW_CHECKS results
flows_run() {
	local name=$1

	transport=tls gateway="" home=example.com
	! has email "$name" || home=mail.example.com
	ALICE=alice@$home
	[ -d "$PKI" ] || "$E2E/pki.sh" "$PKI"
	world_namespaces
	world_addresses
	flow_servers_start "$name"
	check "$name: the file is applied" flow_apply "$name"
	check "$name: applied again it changes nothing" flow_again
	if is_relayed "$name"; then
		daemon_start "fedpatd-$name"
		busywait 20 listening gw tcp 7061
	fi
	check "$name: a chat begun inside" out im alice node1 5070
	check "$name: a chat begun outside" in_ im
	check "$name: presence of a partner" out presence alice node1 5070
	check "$name: presence for a partner" in_ presence
	check "$name: a stranger is not let in" flow_stranger
	check "$name: the partner refused nothing" no_refusal
	fedctl session show >"$LOGS/sessions.$name" 2>&1
	fedctl counters >"$LOGS/counters.$name" 2>&1
	check "$name: the checklist fails nowhere" flow_status "$name"
	check "$name: removed, and nothing of it is left" flow_removed
	scenario_down
}
