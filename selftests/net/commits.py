#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""commits.py TIMES: change the policy in force so often, and count that it was.

Entries and lists come and go, objects that carry traffic are put anew as they are,
limits change: nothing of it forbids what flows. The last commit restores what was.
"""
import sys

import fpnl

ANSWERS = {"entries", "deny-hits", "hits", "exhausted"}


def put_again(fp, txn, kind):
    """Every object of a kind, as it is. A federation keeps the keys that nobody is told."""
    for row in fp.dump(kind + "-get"):
        fp.do(kind + "-new", {"txn": txn, **{k: v for k, v in row.items() if k not in ANSWERS}})


def change(fp, n):
    txn = fp.begin()
    if n % 2 == 0:
        fp.do("acl-new", {"txn": txn, "name": "scratch"})
        for port in range(20):
            fp.do("ace-new", {"txn": txn, "acl": "scratch", "action": "permit", "proto": 6,
                              "dport-lo": 1000 + n % 50 + port})
    else:
        fp.do("acl-del", {"txn": txn, "name": "scratch"})
    put_again(fp, txn, ("inspect", "peer", "pat", "static-pat", "class-map", "zone",
                        "federation", "node")[n % 8])
    if n % 5 == 0:
        fp.do("settings-set", {"txn": txn, "max-legs": 1000 + n})
    return fp.commit(txn)["generation"]


def main():
    times = int(sys.argv[1]) // 2 * 2
    fp = fpnl.Fedpat()
    before = fp.do("status-get")["generation"]
    settings = fp.do("settings-get")
    generation = before
    for n in range(times):
        generation = change(fp, n)
    fp.do("settings-set", settings)
    print(f"{times} commits, generation {before} to {generation}")
    return generation != before + times


if __name__ == "__main__":
    sys.exit(main())
