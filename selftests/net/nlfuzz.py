#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Fuzz the netlink family "fedpat" by its grammar, which is the YAML spec.

    nlfuzz.py [--seed N] [--count N]

Messages that are nearly right, of every operation: values at and beyond their
bounds, names that exist and names that do not, attributes left out, repeated, of
another operation; then some octets of some messages changed. Many lie in
transactions that are committed, aborted or left to die with their socket. The
same seed sends the same messages. A baseline policy must be in force.

After each refused commit, and now and then, everything that the kernel shows is
compared with what it showed when the last change was accepted. Prints KTAP.
"""
import argparse
import collections
import errno
import hashlib
import json
import random
import struct
import sys

import fpnl

GETS = "zone acl pat static-pat class-map inspect tls-proxy trustpoint federation peer node domain"
WORDS = ["inside", "outside", "a", "b", "pat", "row", "map", "sip", "fed", "edge", "imp", "tp", "px",
         "example.com", "example.net", "in0", "out0", "lo", "eth99", "", "-", "*", "x" * 63, "x" * 64,
         "x" * 255, "x" * 300, "a.b", "a b", "\x7f", "é", "..", "sip:x@y", "192.0.2.1", "/etc/passwd"]
# Names that the baseline has, by the attribute that refers to them.
REFERS = {"zone": ["inside", "outside"], "federation": ["fed"], "access-list": ["a"],
          "acl": ["a"], "inspect": ["sip"], "peer": ["edge"], "trustpoint": ["tp"],
          "tls-proxy": ["px"], "interface": ["in0", "out0"], "domain": ["example.net"],
          "local-domain": ["example.com"], "host": ["198.51.100.20"]}
ADDRS = [bytes(4), bytes(16), b"\xff" * 4, b"\x0a\0\0\1", bytes((192, 0, 2, 11)),
         bytes((203, 0, 113, 10)), bytes((224, 0, 0, 1)), b"\xfe\x80" + bytes(13) + b"\1",
         b"\x20\1\x0d\xb8" + bytes(11) + b"\1", bytes(10) + b"\xff\xff\x0a\0\0\1"]
EDGES = [0, 1, 2, 3, 5, 6, 17, 58, 63, 127, 128, 255, 256, 1023, 5060, 5061, 32767, 65535, 65536,
         2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1]
# What the kernel says before a message reaches the family has no words.
WORDLESS = {errno.EOPNOTSUPP, errno.EPERM}


class Grammar:
    """Makes messages from the spec."""

    def __init__(self, spec, rng):
        self.spec = spec
        self.rng = rng
        self.ops = [n for n, (_, o) in spec.ops.items() if "do" in o]
        self.dumps = [n for n, (_, o) in spec.ops.items() if "dump" in o]

    def number(self, kind, attr):
        if "enum" in attr and self.rng.random() < 0.9:
            return self.rng.randrange(len(self.spec.enums[attr["enum"]]))
        bits = 8 * struct.calcsize("=" + fpnl.INTS[kind])
        value = self.rng.choice(EDGES) if self.rng.random() < 0.8 else self.rng.getrandbits(bits)
        value &= 2 ** bits - 1
        return value - 2 ** bits if kind[0] == "s" and value >= 2 ** (bits - 1) else value

    def value(self, attr):
        kind, r = attr["type"], self.rng
        if kind == "string" and attr["name"] in REFERS and r.random() < 0.7:
            return r.choice(REFERS[attr["name"]]).encode() + b"\0"
        if kind == "string":
            text = r.choice(WORDS[:19]) if r.random() < 0.9 else r.choice(WORDS)
            return text.encode() + (b"\0" if r.random() < 0.97 else b"")
        if kind == "flag":
            return b"" if r.random() < 0.95 else b"x"
        if kind == "binary":
            if r.random() < 0.1:
                return r.randbytes(r.randrange(40))
            return r.choice(ADDRS) if "key" not in attr["name"] else r.randbytes(32)
        if kind == "nest":
            return self.set(attr["nested-attributes"], None, 0.95)
        return struct.pack("=" + fpnl.INTS[kind], self.number(kind, attr))

    def set(self, sset, names, keep, txn=None):
        out = b""
        for i, attr in enumerate(self.spec.sets[sset]):
            if names is not None and attr["name"] not in names and self.rng.random() > 0.01:
                continue
            if self.rng.random() > keep:
                continue
            for _ in range(self.rng.choice((1, 1, 1, 2, 3)) if attr.get("multi-attr") else 1):
                number = i + 1 | (fpnl.NLA_F_NESTED if attr["type"] == "nest" else 0)
                value = self.value(attr)
                if attr["name"] == "txn":
                    if txn is None:
                        continue
                    value = struct.pack("=I", txn)
                out += fpnl.nla(number, value)
        return out

    def mutate(self, data):
        """Octets changed, cut, doubled: lengths and types of attributes among them."""
        data = bytearray(data)
        for _ in range(self.rng.randrange(1, 4)):
            if not data:
                return bytes(data)
            at = self.rng.randrange(len(data))
            what = self.rng.randrange(5)
            if what == 0:
                data[at] ^= 1 << self.rng.randrange(8)
            elif what == 1:
                data[at & ~3:(at & ~3) + 2] = struct.pack("=H", self.rng.choice(EDGES) & 0xffff)
            elif what == 2:
                del data[at:]
            elif what == 3:
                data[at & ~3:at & ~3] = data[:at & ~3]
            else:
                data[at:at] = self.rng.randbytes(self.rng.randrange(1, 9))
        return bytes(data[:16384])


class Fuzzer:
    """Sends, and compares."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.fp = fpnl.Fedpat()
        self.grammar = Grammar(self.fp.spec, self.rng)
        self.txns = []
        self.seen = collections.Counter()
        self.wordless = []
        self.changed = []
        self.print = self.fingerprint()

    def fingerprint(self):
        """Everything that a policy shows."""
        rows = [self.fp.dump(n + "-get") for n in GETS.split()]
        rows += [self.fp.dump("ace-get", {"acl": a["name"]}) for a in rows[1]]
        rows += [self.fp.do("settings-get"), self.fp.do("status-get")["generation"]]
        return hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest()

    def compare(self, after):
        self.seen["compared"] += 1
        now = self.fingerprint()
        if now != self.print:
            self.changed.append(after)
        self.print = now

    def send(self, op, payload, flags=0):
        """None or the refusal; bodies of answers are thrown away undecoded."""
        cmd, o = self.fp.spec.ops[op]
        body = struct.pack("=BBH", cmd, 1, 0) + payload
        try:
            for _ in self.fp.collect(self.fp.send(self.fp.family, flags, body), None, payload):
                pass
            return None
        except fpnl.FpError as err:
            if not err.text and err.errno not in WORDLESS:
                self.wordless.append("%s %s: %s" % (op, payload.hex()[:200], err))
            return err

    def begin(self):
        try:
            self.txns.append(self.fp.begin())
        except fpnl.FpError as err:
            self.seen["begin refused"] += 1
            if not err.text:
                self.wordless.append("txn-begin: %s" % err)

    def end(self):
        txn = self.txns.pop(self.rng.randrange(len(self.txns)))
        if self.rng.random() < 0.3:
            self.send("txn-abort", fpnl.nla(1, struct.pack("=I", txn)))
            self.compare("txn-abort")
            return
        err = self.send("txn-commit", fpnl.nla(1, struct.pack("=I", txn)))
        if err:
            self.seen["commits refused"] += 1
            self.faults(txn)
            self.compare("refused txn-commit: %s" % err)
            self.send("txn-abort", fpnl.nla(1, struct.pack("=I", txn)))
        else:
            self.seen["commits"] += 1
            self.print = self.fingerprint()

    def faults(self, txn):
        """A refused commit says what is wrong, each fault in words."""
        for row in self.fp.dump("txn-errors", {"txn": txn}):
            self.seen["faults"] += 1
            if not row.get("text"):
                self.wordless.append("txn-errors: %s" % row)

    def die(self):
        """The socket goes, and with it what was begun on it."""
        seq = self.fp.seq
        self.fp.close()
        self.fp = fpnl.Fedpat(self.fp.spec)
        self.fp.seq = seq
        self.seen["owners died"] += bool(self.txns)
        self.txns = []
        self.compare("the owner's death")

    def one(self):
        r = self.rng
        op = r.choice(self.grammar.ops if r.random() < 0.95 else self.grammar.dumps)
        if op == "txn-begin" or op == "txn-commit":
            return
        flags = fpnl.NLM_F_DUMP if op in self.grammar.dumps and r.random() < 0.5 else 0
        _, o = self.fp.spec.ops[op]
        names = o.get("dump" if flags or "do" not in o else "do", {}).get("request", {}).get("attributes")
        txn = None
        if self.txns and r.random() < 0.97:
            txn = r.choice(self.txns)
        elif r.random() < 0.5:
            txn = r.getrandbits(32)
        payload = self.grammar.set(o["attribute-set"], names, r.choice((0.6, 0.95, 1)), txn)
        if r.random() < 0.25:
            payload = self.grammar.mutate(payload)
        err = self.send(op, payload, flags)
        self.seen["refused" if err else "taken"] += 1
        if not err and op.endswith(("-new", "-del", "-set")):
            # Alone, or in a transaction: then nothing may have changed yet.
            self.print = self.fingerprint() if not self.carries(payload) else self.print

    def carries(self, payload):
        """The transaction that the kernel read from it, or 0."""
        try:
            return any(k == 1 and v in [struct.pack("=I", t) for t in self.txns]
                       for k, v, _ in fpnl.attrs(payload))
        except ValueError:
            return False

    def run(self, count):
        for _ in range(count):
            what = self.rng.random()
            if what < 0.04 and len(self.txns) < 3:
                self.begin()
            elif what < 0.07 and self.txns:
                self.end()
            elif what < 0.075:
                self.die()
            else:
                self.one()
        self.compare("the end")


def main():
    p = argparse.ArgumentParser(usage=__doc__)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--count", type=int, default=2000)
    o = p.parse_args()
    f = Fuzzer(o.seed)
    f.run(o.count)
    print("# seed %d: %s" % (o.seed, dict(f.seen)))
    bad = 0
    for name, wrong in (("every refusal has words", f.wordless),
                        ("what is refused changes nothing", f.changed),
                        ("both kinds of messages and of commits were sent",
                         [k for k in ("refused", "taken", "commits", "commits refused",
                                      "owners died", "compared", "faults") if not f.seen[k]])):
        for line in wrong[:10]:
            print("# %s" % line)
        bad += bool(wrong)
        print("%s - seed %d: %s" % ("not ok" if wrong else "ok", o.seed, name))
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
