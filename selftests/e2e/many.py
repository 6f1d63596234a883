#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""many.py DIR COUNT DOMAINS: workflow files of COUNT federations, each with its own
public address of 198.18.0.0/15, its own node and DOMAINS domains of its partner."""
import os
import sys

directory, count, domains = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
os.makedirs(directory, exist_ok=True)
for i in range(count):
    names = ", ".join(f"d{d}.p{i}.example.net" for d in range(domains))
    with open(f"{directory}/f{i:04}.yaml", "w") as out:
        out.write(f"""workflow: lync-b2b-asa
name: f{i:04}
transport: tcp
local_domains: [e{i}.example.com]
public_fqdn: sip.e{i}.example.com
public_address: 198.18.{i // 250}.{i % 250 + 1}
inside_address: 192.0.2.1
inside_interface: in0
outside_interface: out0
nodes:
  - name: imp
    address: 10.{i // 250}.{i % 250}.11
partners:
  - name: edge
    domains: [{names}]
    edge: edge.p{i}.example.net
    addresses: [198.19.{i // 250}.{i % 250 + 1}]
""")
