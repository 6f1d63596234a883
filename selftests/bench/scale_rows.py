#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""scale_rows.py SAMPLES...: the rows of bench-scale out of what scale_guest.sh measured."""

import statistics
import sys

from relay_rows import Samples, load, put
from rows import Piece

LOW, HIGH = "500", "2000"


def slope(s, variant, field):
    """KiB a session, of each round."""
    low, high = (s.get("memory", n, variant, field) for n in (LOW, HIGH))
    return [(b - a) / (int(HIGH) - int(LOW)) for a, b in zip(low, high)]


def kernel(s, variant):
    """All memory but that of processes."""
    return [u - a for u, a in zip(slope(s, variant, "used"), slope(s, variant, "anon"))]


def memory(piece, s):
    """
    What belongs to the gateway. Its kernel part is all kernel memory less that of
    the ends, and a session has one end at the partner, and one at the node only
    where the gateway opens a connection there for each. An end is half of what a
    direct session takes.
    """
    direct = kernel(s, "direct")
    if not direct:
        return
    end = statistics.median(direct) / 2
    ends = {"ours": 1, "haproxy": 2, "kamailio": 1}
    own = {v: [k - n * end + u for k, u in zip(kernel(s, v), slope(s, v, "gw"))]
           for v, n in ends.items()}
    name = "memory of an idle TLS session"
    put(piece, name, "KiB", own["ours"], own["haproxy"], "HAProxy", 0.35)
    put(piece, name, "KiB", own["ours"], own["kamailio"], "Kamailio", 0.15)


def sessions(piece, s):
    for case, name in (("both", "new sessions, handshakes on both legs"),
                       ("standing", "new sessions, the leg to the node stands")):
        put(piece, name, "1/s", s.get("sessions", case, "ours", "rate"),
            s.get("sessions", case, "haproxy", "rate"), "HAProxy", 1, "more")


def commit(piece, s):
    put(piece, "longest stall of a message while a thousand domains come and go", "µs",
        s.get("commit", "commit", "ours", "max_us"), s.get("commit", "quiet", "ours", "p99_us"),
        "99th percentile without commits", 2)
    put(piece, "99th percentile meanwhile", "µs",
        s.get("commit", "commit", "ours", "p99_us"), s.get("commit", "quiet", "ours", "p99_us"),
        "without commits", None)


def shape(piece, s):
    plain = s.cost("shape", "domains-0", "ours")
    for n in ("100", "10000"):
        put(piece, f"inspection with {n} domains of the partner", "µs",
            s.cost("shape", "domains-" + n, "ours"), plain, "itself with one", None)
    cut = s.cost("shape", "cut", "ours")
    put(piece, "message in segments of 64 octets", "µs", cut, plain, "itself in one", None)
    put(piece, "message in segments of 64 octets", "µs", cut,
        s.cost("shape", "cut", "haproxy"), "HAProxy", None)
    put(piece, "bulk: messages of 60,000 octets", "1/s",
        s.get("shape", "bulk", "ours", "rate"), s.get("shape", "bulk", "haproxy", "rate"),
        "HAProxy", None, "more")


def main():
    s = Samples(load(sys.argv[1:]))
    piece = Piece("scale", where="Debian's 6.12 under QEMU as above; memory in User-Mode Linux 6.12.")
    for part in (sessions, commit, shape, memory):
        part(piece, s)


if __name__ == "__main__":
    main()
