#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
acl_lists.py fedpat|chain|set NAME <LIST: a list that `bench_acl -p` printed, as a
policy file, as a chain of rules of nft, or as a set of nft (a list whose entries are
kept apart, IPv4 alone).
"""

import sys

PROTOS = {"-1": "ip", "1": "icmp", "6": "tcp", "17": "udp", "58": "icmp6"}

POLICY = """zone:
  inside: {{role: inside, interface: in0}}
  outside: {{role: outside, interface: out0, access-list: {name}}}
acl:
  {name}:
    entries:
{entries}
"""

# Where fedpat judges: right behind conntrack, and only what opens a flow.
CHAIN = """table inet {name} {{
{set}	chain pre {{
		type filter hook prerouting priority -199; policy drop;
		ct state != new accept
		iifname != "out0" accept
{rules}
	}}
}}
"""
SET = """	set permitted {{
		type ipv4_addr . ipv4_addr . inet_proto . inet_service . inet_service
		flags interval
		elements = {{ {elements} }}
	}}
"""


class Entry:
    """One line of the list."""

    def __init__(self, line):
        _, self.action, self.family, self.proto, self.src, self.sport, self.dst, self.dport = \
            line.split()
        self.icmp = self.proto in ("1", "58")

    def ports(self, which):
        lo, hi = which.split("-")
        return "" if which == "0-65535" else lo if lo == hi else which

    def fedpat(self):
        words = [self.action, PROTOS[self.proto]]
        for word, addr, ports in (("from", self.src, self.sport), ("to", self.dst, self.dport)):
            ports = "" if self.icmp else self.ports(ports)
            if addr == "any" and ports:
                words += [word, "any"]
            elif addr != "any":
                words += [word, addr]
            if ports:
                words += ["port", ports]
        if self.icmp and self.sport != "0-65535":
            words += ["type", self.sport.split("-")[0]]
        return "    - " + " ".join(words)

    def prefix(self, addr):
        return addr if addr != "any" else "0.0.0.0/0"

    def rule(self):
        ip = "ip6" if self.family == "6" else "ip"
        words = []
        for word, addr in (("saddr", self.src), ("daddr", self.dst)):
            if addr != "any":
                words += [ip, word, addr]
        for word, ports in (("sport", self.ports(self.sport)), ("dport", self.ports(self.dport))):
            if ports and not self.icmp:
                words += [PROTOS[self.proto], word, ports]
        if self.icmp and self.sport != "0-65535":
            words += ["icmp" if self.proto == "1" else "icmpv6", "type", self.sport.split("-")[0]]
        elif self.proto != "-1" and PROTOS[self.proto] not in words:
            words += ["meta l4proto", self.proto]
        return "\t\t" + " ".join(words + ["accept" if self.action == "permit" else "drop"])

    def element(self):
        return " . ".join((self.prefix(self.src), self.prefix(self.dst), self.proto,
                           self.ports(self.sport) or self.sport,
                           self.ports(self.dport) or self.dport))


def main():
    form, name = sys.argv[1:]
    entries = [Entry(line) for line in sys.stdin if not line.startswith("#")]
    if form == "fedpat":
        print(POLICY.format(name=name, entries="\n".join(e.fedpat() for e in entries)))
    elif form == "chain":
        print(CHAIN.format(name=name, set="", rules="\n".join(e.rule() for e in entries)))
    else:
        held = SET.format(elements=",\n".join(e.element() for e in entries))
        print(CHAIN.format(name=name, set=held, rules="\t\tip saddr . ip daddr . ip protocol . "
                           "th sport . th dport @permitted accept"))


main()
