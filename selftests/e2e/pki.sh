#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# pki.sh DIR: two CAs and every certificate, good and bad, of the tests.
#
# The enterprise's CA signs the nodes and the gateway's inside face; a public
# CA signs the partner's edge and the gateway's outside face. Each NAME becomes
# DIR/NAME.pem (certificate) and DIR/NAME.key (mode 0600). Keys are P-256: RSA
# signatures take most of a second in an emulated CPU.
#
# In a VM they are taken from FEDPAT_PKI, where vm/run has put them before the
# boot.

set -eu
dir=${1:?usage: pki.sh DIR}
mkdir -p "$dir"
if [ -e "${FEDPAT_PKI:-/nonexistent}/made" ]; then
	exec cp "$FEDPAT_PKI"/* "$dir"
fi
cd "$dir"
umask 077
exec 2>pki.log

both=serverAuth,clientAuth

key() {
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key"
}

# ca NAME CN
ca() {
	key "$1"
	openssl req -x509 -new -key "$1.key" -subj "/O=fedpat test/CN=$2" -days 30 -out "$1.pem" \
		-addext basicConstraints=critical,CA:true \
		-addext keyUsage=critical,keyCertSign,cRLSign
}

# leaf NAME CA CN SAN EKU [x509 options...]; EKU "-" for none, SAN "-" for none
leaf() {
	local name=$1 ca=$2 cn=$3 san=$4 eku=$5
	shift 5

	key "$name"
	openssl req -new -key "$name.key" -subj "/O=fedpat test/CN=$cn" -out "$name.csr"
	{
		echo "basicConstraints=CA:false"
		echo "keyUsage=critical,digitalSignature"
		[ "$san" = - ] || echo "subjectAltName=$san"
		[ "$eku" = - ] || echo "extendedKeyUsage=$eku"
	} >"$name.ext"
	[ $# -gt 0 ] || set -- -days 10
	openssl x509 -req -in "$name.csr" -CA "$ca.pem" -CAkey "$ca.key" \
		-set_serial "0x$(openssl rand -hex 8)" -extfile "$name.ext" "$@" -out "$name.pem"
	rm "$name.csr" "$name.ext"
}

# expired NAME CA CN SAN EKU: valid in 2020 only, which `openssl ca` can say
expired() {
	local conf=$1.cnf

	leaf "$@"
	openssl req -new -key "$1.key" -subj "/O=fedpat test/CN=$3" -out "$1.csr"
	: >index.txt
	cat >"$conf" <<-CONF
		[ca]
		default_ca = c
		[c]
		database = index.txt
		new_certs_dir = .
		rand_serial = yes
		default_md = sha256
		policy = p
		unique_subject = no
		[p]
		organizationName = optional
		commonName = supplied
		[e]
		subjectAltName = $4
		extendedKeyUsage = $5
	CONF
	openssl ca -batch -notext -config "$conf" -extensions e -in "$1.csr" -cert "$2.pem" \
		-keyfile "$2.key" -startdate 20200101000000Z -enddate 20200201000000Z -out "$1.pem"
	rm -f "$conf" "$1.csr" index.txt* ./*.srl
}

ca public-ca "Public CA"
ca inside-ca "Example Enterprise CA"
ca other-ca "CA that nobody trusts"

# the good ones
leaf gw-public public-ca imp-public.example.com DNS:imp-public.example.com $both
leaf gw-inside inside-ca 192.0.2.1 - $both
leaf node1 inside-ca imp1.example.com DNS:imp1.example.com,IP:192.0.2.11 $both
leaf node2 inside-ca imp2.example.com DNS:imp2.example.com,IP:192.0.2.12 $both
leaf edge public-ca edge.example.net DNS:edge.example.net,DNS:example.net $both

# the bad ones: each has one fault
expired edge-expired public-ca edge.example.net DNS:edge.example.net $both
leaf edge-wrong-ca other-ca edge.example.net DNS:edge.example.net $both
leaf edge-wrong-name public-ca sip.example.org DNS:sip.example.org $both
leaf edge-server-only public-ca edge.example.net DNS:edge.example.net serverAuth
leaf edge-no-eku public-ca edge.example.net DNS:edge.example.net -
leaf edge-wildcard public-ca '*.example.net' 'DNS:*.example.net' $both
# right certificate of another partner: fine on the wire, not for this domain
leaf other-partner public-ca edge.example.org DNS:edge.example.org $both

cat public-ca.pem inside-ca.pem >both-ca.pem
