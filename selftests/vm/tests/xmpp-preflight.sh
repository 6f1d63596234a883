#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kernels: uml
# timeout: 120
#
# fedctl preflight of an XMPP federation: each thing that can be wrong with a
# partner's server, with our own, or with DNS, is wrong with one domain, and must
# be named for that domain; the good ones are green.

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../../e2e/xmpp.sh"
need dnsmasq python3 openssl

# Partner's domains: FAULT.example.net on 198.51.100.(20 + its place here).
FAULTS="good silent http endless client old unknown denied plain failure nottls wrongname expired
	soon serveronly closes nobody port nosrv nohost demands"

place() {
	local i=20 f

	for f in $FAULTS; do
		[ "$f" != "$1" ] || break
		i=$((i + 1))
	done
	echo $i
}

world() {
	local f

	setup_ns node1 gw partner
	link_ns node1 eth0 gw in0
	link_ns gw out0 partner eth0
	addr_ns node1 eth0 192.0.2.11/24
	addr_ns gw in0 192.0.2.1/24
	addr_ns gw out0 203.0.113.10/24
	addr_ns partner eth0 198.51.100.160/24
	for f in $FAULTS; do
		addr_ns partner eth0 "198.51.100.$(place "$f")/24"
	done
	forward_ns gw
	ip -n node1 route add default via 192.0.2.1
	ip -n gw route add 198.51.100.0/24 dev out0
	ip -n partner route add default dev eth0
}

# record DOMAIN TARGET PORT
record() {
	echo "srv-host=_xmpp-server._tcp.$1,$2,$3,0,0"
}

zone() {
	local f n port

	cat <<-CONF
		no-resolv
		no-hosts
		no-daemon
		user=root
		port=53
		bind-interfaces
		listen-address=127.0.0.1
		local=/com/
		local=/net/
		host-record=imp-public.example.com,203.0.113.10
		host-record=elsewhere.example.com,203.0.113.99
		host-record=moved-edge.example.net,198.51.100.160
	CONF
	for n in example.com unnamed.example.com unknown.example.com; do
		record $n imp-public.example.com 5269
	done
	record row.example.com imp-public.example.com 35269
	record lost.example.com elsewhere.example.com 5269
	record moved.example.net moved-edge.example.net 5269
	for f in $FAULTS; do
		port=5269
		case $f in
		port) port=5333 ;;
		nosrv) continue ;;
		esac
		record "$f.example.net" "$f-host.example.net" $port
		[ "$f" = nohost ] || echo "host-record=$f-host.example.net,198.51.100.$(place "$f")"
	done
}

pki() {
	(
		cd "$WORK/pki" || exit
		umask 077
		names=$(for f in $FAULTS; do printf 'DNS:%s.example.net,' "$f"; done)
		xmpp_ca ca || exit
		xmpp_cert good ca 90 "${names%,},DNS:moved.example.net" &&
			xmpp_cert wrongname ca 90 DNS:other.example.net &&
			xmpp_cert soon ca 9 DNS:soon.example.net &&
			xmpp_cert ours ca 90 DNS:example.com,DNS:unknown.example.com,DNS:row.example.com &&
			xmpp_cert serveronly ca 90 DNS:serveronly.example.net &&
			xmpp_cert expired ca 90 DNS:expired.example.net || exit
		# with one usage; with an end that is past
		echo "subjectAltName=DNS:serveronly.example.net
extendedKeyUsage=serverAuth" >so.ext
		openssl x509 -req -in serveronly.csr -CA ca.pem -CAkey ca.key -set_serial 77 -days 90 \
			-extfile so.ext -out serveronly.pem || exit
		mkdir -p ca && : >ca/index.txt && echo 01 >ca/serial
		printf '%s\n' '[ca]' 'default_ca=d' '[d]' database=ca/index.txt serial=ca/serial \
			new_certs_dir=ca default_md=sha256 policy=p '[p]' commonName=supplied >ca.cnf
		openssl ca -batch -config ca.cnf -cert ca.pem -keyfile ca.key -in expired.csr \
			-out expired.pem -startdate 20200101000000Z -enddate 20200201000000Z \
			-extfile expired.ext -notext
	) >"$LOGS/pki.log" 2>&1
}

flow() {
	cat <<-YAML
		workflow: xmpp
		name: contoso
		local_domains: [example.com, unnamed.example.com, unknown.example.com, row.example.com, lost.example.com]
		public_fqdn: imp-public.example.com
		public_address: 203.0.113.10
		inside_address: 192.0.2.1
		inside_interface: in0
		outside_interface: out0
		nodes:
		  - { name: imp1, address: 192.0.2.11, fqdn: imp1.example.com }
		partners:
		  - name: faults
		    domains: [$(for f in ${FAULTS/ demands/}; do echo "$f.example.net"; done | paste -sd,)]
		    networks: [198.51.100.0/25]
		  - { name: clear, domains: [demands.example.net], networks: [198.51.100.0/25], tls_mode: none }
		  - { name: moved, domains: [moved.example.net], addresses: [198.51.100.161] }
	YAML
}

ctl() {
	ns_etc gw "$FEDPAT_REPO/build/fedctl" "$@"
}

servers() {
	local f args=()

	for f in $FAULTS; do
		[ "$f" = nobody ] || args+=("198.51.100.$(place "$f")" "$f")
	done
	spawn partner "$FEDPAT_REPO/selftests/net/xmpppeer.py" partner "$WORK/pki" "${args[@]}" \
		198.51.100.160 moved
	cp "$WORK/pki/ours.pem" "$WORK/pki/node.pem"
	cp "$WORK/pki/ours.key" "$WORK/pki/node.key"
	spawn node "$FEDPAT_REPO/selftests/net/xmpppeer.py" node1 "$WORK/pki" 192.0.2.11 node
	busywait 20 taken node1 192.0.2.11:5269 && busywait 20 taken partner 198.51.100.160:5269
}

# said DOMAIN CHECK STATE TEXT: so it was found, and a mend with whatever is wrong
said() {
	python3 - "$WORK/report.json" "$@" <<-'PY'
		import json, sys
		report, domain, check, state, text = sys.argv[1:]
		checks = [c for c in json.load(open(report))["checks"]
		          if c["check"] == check and c["subject"].split()[-1] == domain]
		found = [f for c in checks for f in c.get("found", [])]
		hit = [f for f in found if f["state"].lower() == state and text in f["text"]]
		if not hit:
		    sys.exit(f"{checks}")
		if state in ("fail", "warn") and not hit[0].get("mend"):
		    sys.exit(f"no mend: {hit}")
	PY
}

green() {
	local c

	for c in C1 C10 C12 C15; do
		python3 - "$WORK/report.json" "$1" $c <<-'PY' || return
			import json, sys
			for c in json.load(open(sys.argv[1]))["checks"]:
			    if c["subject"].split()[-1] == sys.argv[2] and c["check"] == sys.argv[3]:
			        assert c["state"].lower() in ("ok", "warn" if sys.argv[3] == "C12" else "ok"), c
		PY
	done
	said "$1" C15 ok "STARTTLS, TLSv1"
}

WRONG=$(cat <<'TABLE'
silent.example.net|C15|fail|no stream header came within SECONDS
http.example.net|C15|fail|does not speak XMPP: xmpp-not-xml
endless.example.net|C15|fail|does not speak XMPP: xmpp-too-long
client.example.net|C15|fail|does not speak XMPP: xmpp-namespace
old.example.net|C15|fail|no stream features came within SECONDS
unknown.example.net|C15|fail|is refused: host-unknown
denied.example.net|C15|fail|is refused: policy-violation
plain.example.net|C15|fail|STARTTLS is not offered, dialback is
failure.example.net|C15|fail|STARTTLS is offered and then refused
nottls.example.net|C15|fail|TLS after STARTTLS fails
wrongname.example.net|C15|warn|does not name wrongname.example.net: only dialback will prove it
expired.example.net|C15|fail|has expired
soon.example.net|C15|warn|ends within 30 days
serveronly.example.net|C15|warn|lacks clientAuth
closes.example.net|C15|fail|the connection was closed before stream header came
nobody.example.net|C15|fail|Connection refused
demands.example.net|C15|fail|STARTTLS is required there, and our policy says none
port.example.net|C1|warn|has port 5333, federation uses 5269
port.example.net|C10|fail|no class map takes 192.0.2.11 to
nosrv.example.net|C1|fail|no SRV record _xmpp-server._tcp.nosrv.example.net
nohost.example.net|C1|fail|SRV target nohost-host.example.net does not resolve
moved.example.net|C10|fail|198.51.100.160 may not reach 203.0.113.10:5269
unnamed.example.com|C15|fail|does not name unnamed.example.com
unknown.example.com|C15|fail|is refused: host-unknown
row.example.com|C15|fail|port 35269 leads to no node
lost.example.com|C3|fail|203.0.113.99 of elsewhere.example.com is not the federation's public address
TABLE
)

plan $((5 + $(wc -l <<<"$WRONG")))
world
mkdir -p "$WORK/pki" /etc/netns/gw
pki || fail_all "no certificates"
zone >"$WORK/dns.conf"
echo "nameserver 127.0.0.1" >/etc/netns/gw/resolv.conf
spawn dns ns gw dnsmasq -C "$WORK/dns.conf" --pid-file="$WORK/dns.pid"
flow >"$WORK/contoso.yaml"
check "the file is applied" ctl federation apply "$WORK/contoso.yaml"
spawn fedpatd ip netns exec gw "$FEDPAT_REPO/build/fedpatd" --pidfile "$WORK/fedpatd.pid"
busywait 20 test -s "$WORK/fedpatd.pid"
check "servers listen" servers
begun=$SECONDS
seconds=$(patience 5)
ctl -j preflight contoso timeout "$seconds" >"$WORK/report.json" 2>"$LOGS/preflight.err"
cp "$WORK/report.json" "$LOGS"
result "nothing hangs" $((SECONDS - begun > $(patience 60)))
check "a good partner is green" green good.example.net
check "our own domain is green" green example.com
while IFS='|' read -r domain id state text; do
	check "$domain: $text" said "$domain" "$id" "$state" "${text/SECONDS/${seconds}000 ms}"
done <<<"$WRONG"
