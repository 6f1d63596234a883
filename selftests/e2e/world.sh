#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The world of the end-to-end tests, sourced after selftests/vm/lib.sh:
#
#	node1 192.0.2.11 --+                              +-- edge     198.51.100.20
#	node2 192.0.2.12 --+-- gw ------------ inet ------+-- dns      198.51.100.53
#	            192.0.2.1    203.0.113.1     router   +-- stranger 198.51.100.66
#	                         203.0.113.10 (public IM and Presence)
#
# example.com is ours: imp1.example.com (routing node) and imp2.example.com
# stand behind imp-public.example.com. example.net is the partner's, served by
# edge.example.net. All addresses are of the documentation ranges.

E2E=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

world_namespaces() {
	setup_ns node1 node2 gw inet edge dns stranger
	ip -n gw link add br0 type bridge
	ip -n gw link set br0 up
	link_ns node1 eth0 gw in1
	link_ns node2 eth0 gw in2
	ip -n gw link set in1 master br0
	ip -n gw link set in2 master br0
	link_ns gw out0 inet gw0
	ip -n inet link add br0 type bridge
	ip -n inet link set br0 up
	local host
	for host in edge dns stranger; do
		link_ns "$host" eth0 inet "$host"
		ip -n inet link set "$host" master br0
	done
}

world_addresses() {
	addr_ns node1 eth0 192.0.2.11/24
	addr_ns node2 eth0 192.0.2.12/24
	addr_ns gw br0 192.0.2.1/24
	addr_ns gw out0 203.0.113.1/24 203.0.113.10/24
	addr_ns inet gw0 203.0.113.254/24
	addr_ns inet br0 198.51.100.1/24
	addr_ns edge eth0 198.51.100.20/24
	addr_ns dns eth0 198.51.100.53/24
	addr_ns stranger eth0 198.51.100.66/24
	forward_ns gw
	forward_ns inet
	ip -n node1 route add default via 192.0.2.1
	ip -n node2 route add default via 192.0.2.1
	ip -n gw route add default via 203.0.113.254
	local host
	for host in edge dns stranger; do
		ip -n "$host" route add default via 198.51.100.1
	done
}

# world_dns TRANSPORT: the public DNS. Everybody asks it; it knows no inside name.
world_dns() {
	local service=_sipfederationtls._tcp port=5061 host

	case $1 in
	tcp) service=_sip._tcp port=5060 ;;
	udp) service=_sip._udp port=5060 ;;
	esac
	cat >"$WORK/dnsmasq.conf" <<-CONF
		no-resolv
		no-hosts
		no-daemon
		user=root
		pid-file=$WORK/dnsmasq.pid
		listen-address=198.51.100.53
		bind-interfaces
		host-record=imp-public.example.com,203.0.113.10
		host-record=edge.example.net,198.51.100.20
		srv-host=$service.example.com,imp-public.example.com,$port,0,0
		srv-host=$service.example.net,edge.example.net,$port,0,0
		host-record=sip.mail.example.com,203.0.113.10
		srv-host=$service.mail.example.com,sip.mail.example.com,$port,0,0
		local=/com/
		local=/net/
		local=/org/
	CONF
	for host in node1 node2 gw edge stranger; do
		mkdir -p "/etc/netns/$host"
		echo "nameserver 198.51.100.53" >"/etc/netns/$host/resolv.conf"
	done
	spawn dns ns dns dnsmasq -C "$WORK/dnsmasq.conf"
	busywait 10 listening dns udp 53 || fail_all "the DNS server does not start"
}

# world_kamailio HOST KIND ADDRESS PORT TRANSPORT CERT CA [TLS-METHOD]
# KIND: imp or edge. Started with a configuration made from KIND.cfg.in; what it
# sent and received is written to $WORK/HOST/*.sipdump. E2E_CIPHERS: what the edge
# may do, as Kamailio's cipher_list.
world_kamailio() {
	local host=$1 kind=$2 addr=$3 port=$4 transport=$5 cert=$6 ca=$7 method=${8:-TLSv1.2+}
	local dir=$WORK/$host

	mkdir -p "$dir/dump"
	cat >"$dir/tls.cfg" <<-CONF
		[server:default]
		method = $method
		verify_certificate = yes
		require_certificate = yes
		private_key = $PKI/$cert.key
		certificate = $PKI/$cert.pem
		ca_list = $PKI/$ca.pem
		[client:default]
		method = $method
		verify_certificate = yes
		require_certificate = yes
		private_key = $PKI/$cert.key
		certificate = $PKI/$cert.pem
		ca_list = $PKI/$ca.pem
	CONF
	[ "$host" != edge ] || [ -z "${E2E_CIPHERS-}" ] ||
		sed -i "/^method/a cipher_list = $E2E_CIPHERS" "$dir/tls.cfg"
	local tls=no viahost='203\\\\.0\\\\.113\\\\.10' edgeport=5060 srv=_sip._$transport define=()

	if [ "$transport" = tls ]; then
		tls=yes viahost='imp-public\\\\.example\\\\.com' edgeport=5061
		srv=_sipfederationtls._tcp define=(-A TLS)
	fi
	sed -e "s#@DIR@#$dir#g; s#@ADDR@#$addr#g; s#@PORT@#$port#g; s#@TRANSPORT@#$transport#g" \
		-e "s#@TLS@#$tls#g; s#@VIAHOST@#$viahost#g; s#@EDGEPORT@#$edgeport#g; s#@SRV@#$srv#g" \
		-e "s#@NEXTHOP@#${E2E_NEXTHOP:-198.51.100.20}#g" \
		"$E2E/$kind.cfg.in" >"$dir/kamailio.cfg"
	spawn "kamailio-$host" ns_etc "$host" kamailio "${define[@]}" -f "$dir/kamailio.cfg" -DD -E \
		-m 64 -M 8 -Y "$dir" -P "$dir/pid"
	busywait 30 listening "$host" udp 5060 ||
		fail_all "Kamailio of $host does not start: $(tail -n 3 "$LOGS/kamailio-$host.log")"
}

# world_uas HOST PORT SCENARIO [sipp options...]: a user agent that answers.
# Its pid is in $spawned; world_wait PID tells how it went.
world_uas() {
	local host=$1 port=$2 scenario=$3
	shift 3

	spawn "uas-$host-$scenario" ns "$host" sipp -sf "$E2E/sipp/uas_$scenario.xml" \
		-i 127.0.0.1 -p "$port" -t u1 -m 1 -nr -nostdin -timeout "$(patience 60)s" -timeout_error \
		-trace_err -error_file "$LOGS/uas-$host-$scenario.err" \
		-trace_msg -message_file "$LOGS/uas-$host-$scenario.msg" "$@" 127.0.0.1:5060
	busywait 10 listening "$host" udp "$port"
}

# world_home HOST: where its users' Call-IDs say that they are made
world_home() {
	case $1 in
	node1) echo 192.0.2.11 ;;
	node2) echo 192.0.2.12 ;;
	*) echo "$1.example.net" ;;
	esac
}

# world_uac HOST PORT SCENARIO FROM TO CONTACT [sipp options...]
world_uac() {
	local host=$1 port=$2 scenario=$3 from=$4 to=$5 contact=$6
	shift 6

	ns "$host" timeout "$(patience 90)" sipp -sf "$E2E/sipp/uac_$scenario.xml" -s "${to%@*}" \
		-key from "$from" -key to "$to" -key contact "$contact" \
		-i 127.0.0.1 -p "$port" -t u1 -m 1 -nr -nostdin -timeout "$(patience 60)s" -timeout_error \
		-cid_str "%u-%p@$(world_home "$host")" \
		-trace_err -error_file "$LOGS/uac-$host-$scenario.err" \
		-trace_msg -message_file "$LOGS/uac-$host-$scenario.msg" "$@" 127.0.0.1:5060 \
		>"$LOGS/uac-$host-$scenario.log" 2>&1 </dev/null
}
