#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
relay_rows.py SAMPLES...: the rows of bench-relay out of what relay_guest.sh measured.

A cost is the busy time of a round trip less that of the same round without a
gateway. BENCH_REMARK in the environment is put into the head of the table.
"""

import json
import os
import statistics
import sys

from rows import Piece, row

GOALS = {"1": 0.5, "10": 0.5, "100": 0.75, "1000": 0.75, "4x16": 0.75}
NAMES = {"1": "1 connection", "4x16": "4 connections, 16 outstanding"}
PARTS = {"tcp": "TCP", "tls1.3": "TLS 1.3", "tls1.2": "TLS 1.2"}


def load(paths):
    samples = []
    for path in paths:
        with open(path, encoding="utf-8") as f:
            samples += [json.loads(line) for line in f]
    return samples


class Samples:
    def __init__(self, samples):
        self.by = {}
        for s in samples:
            self.by.setdefault((s["part"], s["case"], s["variant"]), {})[s["round"]] = s

    def get(self, part, case, variant, field):
        rounds = self.by.get((part, case, variant), {})
        return [rounds[r][field] for r in sorted(rounds)]

    def cost(self, part, case, variant, less=0.0):
        """Microseconds of each round that also has a direct run."""
        mine = self.by.get((part, case, variant), {})
        direct = self.by.get((part, case, "direct"), {})
        return [mine[r]["busy_us"] - direct[r]["busy_us"] - less
                for r in sorted(mine) if r in direct]

    def aead(self, part, where):
        got = self.get(part, "aead", "all", where)
        return got[0] if got else None


def put(piece, name, unit, ours, rival, against, goal, better="less"):
    """A row; judged from three rounds on."""
    if not ours or not rival:
        return
    few = goal is not None and min(len(ours), len(rival)) < 3
    r = row(name, unit, ours, rival, against, None if few else goal, better)
    if few:
        r["note"] = f"fewer than three rounds: not judged by its goal, {goal:g}"
    piece.put(r)


def costs(piece, s, part, case):
    title = f"{PARTS[part]}, {NAMES.get(case, case + ' connections')}: gateway CPU"
    plain = part == "tcp"
    goal = GOALS[case] if plain else 0.6 if case == "1" else None
    ours = s.cost(part, case, "ours")
    put(piece, title, "µs", ours, s.cost(part, case, "haproxy"), "HAProxy", goal)
    kernel, user = s.aead(part, "kernel_us"), s.aead(part, "user_us")
    if not plain and kernel and user:
        put(piece, title + " less AEAD", "µs", s.cost(part, case, "ours", kernel),
            s.cost(part, case, "haproxy", user), "HAProxy", 0.5)
    put(piece, title, "µs", ours, s.cost(part, case, "kamailio"), "Kamailio",
        0.1 if plain else 0.3)


def speed(piece, s, part):
    for case in ("100", "4x16"):
        put(piece, f"{PARTS[part]}, {NAMES.get(case, case + ' connections')}: round trips",
            "1/s", s.get(part, case, "ours", "rate"), s.get(part, case, "haproxy", "rate"),
            "HAProxy", 1.3, "more")
    put(piece, f"{PARTS[part]}, at half of HAProxy's most: 99th percentile", "µs",
        s.get(part, "half", "ours", "p99_us"), s.get(part, "half", "haproxy", "p99_us"),
        "HAProxy", 0.6)


def main():
    s = Samples(load(sys.argv[1:]))
    piece = Piece("relay", where="Debian's 6.12 under QEMU, two CPUs (emulated where there is no "
                  "KVM: absolute figures are 20 to 50 times too high, and ciphers weigh more). A "
                  "round trip is a MESSAGE of 700 octets and its answer. "
                  + os.environ.get("BENCH_REMARK", ""))
    for part in PARTS:
        for case in GOALS:
            costs(piece, s, part, case)
        speed(piece, s, part)
        direct = s.cost(part, "100", "ours")
        if direct:
            print(f"{part}: ours at 100: {statistics.median(direct):.1f} µs")


if __name__ == "__main__":
    main()
