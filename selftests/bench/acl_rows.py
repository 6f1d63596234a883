#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
acl_rows.py MIDDLE MOST APART SAMPLES...: the rows of bench-acl out of what acl_guest.sh measured.

A connection is four packets (opened, answered, reset), and a sample is what one of
them took. What a list costs is what a connection takes more than by conntrack alone.
"""

import sys

from kload_rows import Kload

PACKETS = 4
FEW = "10"


class Acl(Kload):
    """Samples of it, a connection each instead of a packet."""

    def connection(self, case, variant, less=None):
        return [ns * PACKETS for ns in self.get(case, variant, less)]


def growth(k, middle, most):
    first = k.connection(FEW, "ours")
    for n in (middle, most):
        k.put(f"new connection, list of {int(n):,} entries", k.connection(n, "ours"), first,
              f"itself with {FEW}", 1.1)
    for n in (FEW, middle, most):
        k.put(f"new connection: what a list of {int(n):,} entries adds to it",
              k.connection(n, "ours", "plain"), k.connection(n, "plain"),
              "all of it without a list")


def beside_nft(k, middle, most, apart):
    k.put(f"{int(apart):,} prefixes and ranges that do not overlap: what they add to a connection",
          k.connection("apart", "ours", "plain"), k.connection("apart", "set", "plain"),
          "nft, set of concatenated intervals", 1)
    k.put(f"list of {int(most):,} entries: what it adds to a connection",
          k.connection(most, "ours", "plain"), k.connection(middle, "chain", "plain"),
          f"nft, chain of {int(middle):,} rules", 0.3)


def commits(k, most, apart):
    for rival, name in (("chain", "nft -f, the same as a chain"),
                        ("set", f"nft -f, a set of {int(apart):,} intervals")):
        k.put(f"commit of {int(most):,} entries", k.get("commit", "ours"),
              k.get("commit", rival), name, 1, "ms")
    limit = 200
    k.put("memory of an entry", k.get("memory", "ours"), [limit] * 3, "the limit for it", 1,
          "octets")
    for rival, name in (("chain", "nft, a rule of a chain"), ("set", "nft, an element of a set")):
        k.put("memory of an entry", k.get("memory", "ours"), k.get("memory", rival), name,
              unit="octets")


def main():
    middle, most, apart, *paths = sys.argv[1:]
    k = Acl("acl", paths, "Lists have the distribution of acl_gen.h, \"mixed\", seed 1: hosts, "
            "prefixes and ranges, a fifth of IPv6. A list that passes the memory cap was refused "
            "in the run, its entry named.")
    growth(k, middle, most)
    beside_nft(k, middle, most, apart)
    commits(k, most, apart)


main()
