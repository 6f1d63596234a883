#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# XMPP servers of two companies around the gateway, sourced after
# selftests/vm/lib.sh: Prosody and ejabberd on either side, each with a domain
# for each way to federate.
#
#	node1 192.0.2.11 Prosody	WAY.example.com		partner ejabberd WAY.example.net
#	node2 192.0.2.12 ejabberd	WAY.chat.example.com	partner Prosody WAY.example.org
#
# WAY: ext	TLS required, certificates that both trust: SASL EXTERNAL
#      dial	TLS required, certificates that nobody trusts: dialback within TLS
#      opt	TLS optional, and both can
#      clear	TLS optional, and neither can: dialback
#      none	no TLS: dialback

# shellcheck disable=SC2154,SC2034 # what spawn() of selftests/vm/lib.sh sets; what its users read

XMPP_WAYS="ext dial opt clear none"
XMPP_OTHER=${FEDPAT_XMPP_OTHER:-ejabberd}
for XMPP_ERL_LIBS in /usr/lib/*/ejabberd-*/ebin; do :; done
XMPP_ERL_LIBS=${XMPP_ERL_LIBS%/ejabberd-*}
export FEDPAT_STATEDIR=$WORK/state FEDPAT_RUNDIR=$WORK FEDPAT_KEYDIR=$WORK/keys

# domains SUFFIX: one a way
domains() {
	local way

	for way in $XMPP_WAYS; do
		echo "$way.$1"
	done
}

xmpp_world() {
	setup_ns node1 node2 gw partner
	ip -n gw link add br0 type bridge
	ip -n gw link set br0 up
	link_ns node1 eth0 gw in1
	link_ns node2 eth0 gw in2
	ip -n gw link set in1 master br0
	ip -n gw link set in2 master br0
	link_ns gw out0 partner eth0
	addr_ns node1 eth0 192.0.2.11/24
	addr_ns node2 eth0 192.0.2.12/24
	addr_ns gw br0 192.0.2.1/24
	addr_ns gw out0 203.0.113.10/24 203.0.113.12/24
	addr_ns partner eth0 198.51.100.20/24 198.51.100.21/24
	forward_ns gw
	ip -n node1 route add default via 192.0.2.1
	ip -n node2 route add default via 192.0.2.1
	ip -n gw route add 198.51.100.0/24 dev out0
	ip -n partner route add default dev eth0
}

# srv SUFFIX TARGET PORT: records of all ways
srv() {
	local domain

	for domain in $(domains "$1"); do
		echo "srv-host=_xmpp-server._tcp.$domain,$2,$3,0,0"
	done
}

# xmpp_zone PORT-OF-NODE2 [TARGET-OF-NODE2]: what DNS says
xmpp_zone() {
	cat <<-CONF
		no-resolv
		no-hosts
		no-daemon
		user=root
		port=53
		bind-interfaces
		listen-address=127.0.0.1
		host-record=imp-public.example.com,203.0.113.10
		host-record=imp2.example.com,203.0.113.12
		host-record=edge.example.net,198.51.100.20
		host-record=edge.example.org,198.51.100.21
		local=/com/
		local=/net/
		local=/org/
	CONF
	srv example.com imp-public.example.com 5269
	srv chat.example.com "${2:-imp-public.example.com}" "$1"
	srv example.net edge.example.net 5269
	srv example.org edge.example.org 5269
}

# xmpp_dns PORT [TARGET]: (re)start a DNS server for each host
xmpp_dns() {
	local host pid

	xmpp_zone "$@" >"$WORK/dns.conf"
	for pid in "${xmpp_dns_pids[@]}"; do
		reap "$pid"
	done
	xmpp_dns_pids=()
	for host in node1 node2 gw partner; do
		mkdir -p "/etc/netns/$host"
		echo "nameserver 127.0.0.1" >"/etc/netns/$host/resolv.conf"
		spawn "dns-$host" ns "$host" dnsmasq -C "$WORK/dns.conf" \
			--pid-file="$WORK/dns-$host.pid"
		xmpp_dns_pids+=("$spawned")
		busywait 10 listening "$host" udp 53 || fail_all "no DNS on $host"
	done
}
xmpp_dns_pids=()

# a CA, and one that nobody trusts
xmpp_ca() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" \
		-out "$1.pem" -days 1000 -subj "/CN=$1"
}

# xmpp_cert NAME CA DAYS SAN: NAME.pem, NAME.key, and both in NAME.both
xmpp_cert() {
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" \
		-out "$1.csr" -subj "/CN=${1%%-*}" &&
		printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth,clientAuth\n' "$4" >"$1.ext" &&
		openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -set_serial "0x$RANDOM$RANDOM" \
			-days "$3" -extfile "$1.ext" -out "$1.pem" && cat "$1.pem" "$1.key" >"$1.both"
}

# Each server has a certificate of all its domains, and one for the way "dial".
xmpp_pki() {
	local suffix names

	mkdir -p "$WORK/pki" || return
	(
		cd "$WORK/pki" || exit
		umask 077
		xmpp_ca ca && xmpp_ca nobody || exit
		for suffix in example.com chat.example.com example.net example.org; do
			names=$(printf 'DNS:%s,' ext.$suffix opt.$suffix clear.$suffix none.$suffix)
			xmpp_cert "$suffix" ca 200 "${names%,}" &&
				xmpp_cert "dial.$suffix" nobody 200 "DNS:dial.$suffix" || exit
		done
	) >"$LOGS/pki.log" 2>&1
}

# prosody_host DOMAIN WAY SUFFIX
prosody_host() {
	local cert=$3

	[ "$2" != dial ] || cert=$1
	cat <<-LUA
		VirtualHost "$1"
		ssl = { key = "$WORK/pki/$cert.key"; certificate = "$WORK/pki/$cert.pem";
			cafile = "$WORK/pki/ca.pem"; verify = { "peer" } }
	LUA
	case $2 in
	ext) echo 's2s_require_encryption = true; s2s_secure_auth = true' ;;
	dial) echo 's2s_require_encryption = true; s2s_secure_auth = false' ;;
	opt) echo 's2s_require_encryption = false; s2s_secure_auth = false' ;;
	*)
		echo 's2s_require_encryption = false; s2s_secure_auth = false'
		echo 'modules_disabled = { "tls"; "s2s_bidi"; "posix" }'
		;;
	esac
}

# xmpp_prosody HOST SUFFIX ADDRESS
xmpp_prosody() {
	local host=$1 suffix=$2 addr=$3 dir=$WORK/prosody-$2 way domain

	mkdir -p "$dir/data"
	cat >"$dir/prosody.cfg.lua" <<-LUA
		pidfile = "$dir/pid"; data_path = "$dir/data"; run_as_root = true; daemonize = false
		interfaces = { "$addr" }
		modules_enabled = { "roster"; "saslauth"; "tls"; "dialback"; "disco"; "presence"; "message"; "iq" }
		modules_disabled = { "s2s_bidi"; "posix" }
		c2s_require_encryption = false; allow_unencrypted_plain_auth = true
		s2s_require_encryption = false; s2s_secure_auth = false
		authentication = "internal_plain"
		log = { debug = "$LOGS/prosody-$suffix.log" }
	LUA
	for way in $XMPP_WAYS; do
		domain=$way.$suffix
		prosody_host "$domain" "$way" "$suffix" >>"$dir/prosody.cfg.lua"
		mkdir -p "$dir/data/${domain//./%2e}/accounts"
		echo 'return { ["password"] = "pw"; };' >"$dir/data/${domain//./%2e}/accounts/u.dat"
	done
	spawn "prosody-$suffix-out" ip netns exec "$host" prosody -F --config "$dir/prosody.cfg.lua"
	busywait 40 taken "$host" "$addr:5269" || fail_all "Prosody of $suffix does not start"
}

# taken NS ADDRESS:PORT: does somebody listen there?
taken() {
	ns "$1" ss -Htln src "$2" | grep -q .
}

# xmpp_ejabberd HOST SUFFIX ADDRESS
xmpp_ejabberd() {
	local host=$1 suffix=$2 addr=$3 dir=$WORK/ejabberd-$2 way

	mkdir -p "$dir/mnesia"
	cat >"$dir/ejabberd.yml" <<-YAML
		hosts: [$(domains "$suffix" | paste -sd, | sed 's/,/, /g')]
		loglevel: info
		certfiles: [$WORK/pki/$suffix.both, $WORK/pki/dial.$suffix.both]
		ca_file: $WORK/pki/ca.pem
		listen:
		  - { port: 5222, ip: "$addr", module: ejabberd_c2s, starttls: false }
		  - { port: 5269, ip: "$addr", module: ejabberd_s2s_in }
		auth_method: [anonymous]
		anonymous_protocol: login_anon
		s2s_use_starttls: optional
		host_config:
	YAML
	for way in $XMPP_WAYS; do
		case $way in
		ext | dial) echo "  $way.$suffix: { s2s_use_starttls: required }" ;;
		opt) echo "  $way.$suffix: { s2s_use_starttls: optional }" ;;
		*) echo "  $way.$suffix: { s2s_use_starttls: false }" ;;
		esac
	done >>"$dir/ejabberd.yml"
	cat >>"$dir/ejabberd.yml" <<-YAML
		modules:
		  mod_roster: {}
		  mod_s2s_dialback: {}
	YAML
	spawn "ejabberd-$suffix" ip netns exec "$host" env HOME="$dir" \
		EJABBERD_CONFIG_PATH="$dir/ejabberd.yml" EJABBERD_LOG_PATH="$LOGS/ejabberd-$suffix.err" \
		ERL_LIBS="$XMPP_ERL_LIBS" ERL_CRASH_DUMP_SECONDS=0 \
		erl +S 1:1 +A 1 +sbwt none +sbwtdcpu none +sbwtdio none -noinput -mnesia dir "\"$dir/mnesia\"" -s ejabberd
	busywait 60 taken "$host" "$addr:5269" || fail_all "ejabberd of $suffix does not start"
}
