#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# contoso.sh tls|tcp|udp PKI-DIR: the one file of the workflow lync-b2b-asa, for
# the world of the end-to-end tests.

set -eu
transport=${1:?usage: contoso.sh tls|tcp|udp PKI-DIR}
pki=${2:?usage: contoso.sh tls|tcp|udp PKI-DIR}
port=5062 edge=5061
[ "$transport" = tls ] || port=5060 edge=5060

cat <<YAML
workflow: lync-b2b-asa
name: contoso
local_domains: [example.com]
public_fqdn: imp-public.example.com
public_address: 203.0.113.10
inside_address: 192.0.2.1
inside_interface: br0
outside_interface: out0
transport: $transport
nodes:
  - name: imp1
    address: 192.0.2.11
    port: $port
    transport: $transport
    subjects: [imp1.example.com]
  - name: imp2
    address: 192.0.2.12
    port: $port
    transport: $transport
    subjects: [imp2.example.com]
    digit: 4
partners:
  - domains: [example.net]
    edge: edge.example.net
    port: $edge
    addresses: [198.51.100.20]
    eku: both
trustpoints:
  public_cert: $pki/gw-public.pem
  public_key: $pki/gw-public.key
  partner_ca: $pki/public-ca.pem
  inside_cert: $pki/gw-inside.pem
  inside_key: $pki/gw-inside.key
  inside_ca: $pki/inside-ca.pem
inside_networks: [192.0.2.0/24]
inside_names: [imp1.example.com, imp2.example.com]
YAML
