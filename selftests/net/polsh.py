#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""A shell over fpnl.py that stays, for tests that ask often.

One command a line: an operation of the spec with ATTRIBUTE=VALUE words (a flag
alone is a word, a multi-attr may come again), or

	begin, commit, abort	a transaction; operations between belong to it
	dump OPERATION ...	JSON, a line each
	counter NAME		value
	field OPERATION KEY=VALUE... -- NAME	one attribute of the one row that
				has these values

Each answer ends with a line "= STATUS". Refusals print what the kernel said.
"""

import json
import os
import shlex
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import fpnl  # noqa: E402


class Shell:
    """The state between two lines: the socket and the open transaction."""

    def __init__(self):
        self.fp = fpnl.Fedpat()
        self.txn = None

    def value(self, attr, text):
        if attr["type"] == "flag":
            return text != "0"
        if attr["type"] in fpnl.INTS and not ("enum" in attr and not text.isdigit()):
            return int(text)
        return text

    def values(self, op, words):
        sset = self.fp.spec.ops[op][1]["attribute-set"]
        out = {}
        if self.txn and not op.endswith("-get"):
            out["txn"] = self.txn
        for word in words:
            name, _, text = word.partition("=")
            attr = self.fp.spec.attr(sset, name)[1]
            value = self.value(attr, text)
            if attr.get("multi-attr"):
                out.setdefault(name, []).append(value)
            else:
                out[name] = value
        return out

    def begin(self, _):
        self.txn = self.fp.begin()

    def commit(self, _):
        txn, self.txn = self.txn, None
        try:
            self.fp.commit(txn)
        except fpnl.FpError:
            for fault in self.fp.errors(txn):
                print(json.dumps(fault))
            self.fp.do("txn-abort", {"id": txn})
            raise

    def abort(self, _):
        txn, self.txn = self.txn, None
        self.fp.do("txn-abort", {"id": txn})

    def dump(self, words):
        for row in self.fp.dump(words[0], self.values(words[0], words[1:])):
            print(json.dumps(row))

    def counter(self, words):
        print(next(r["value"] for r in self.fp.dump("counter-get")
                   if r["name"] == words[0]))

    def field(self, words):
        cut = words.index("--")
        want = dict(w.split("=", 1) for w in words[1:cut])
        rows = [r for r in self.fp.dump(words[0])
                if all(str(r.get(k)) == v for k, v in want.items())]
        print(rows[0].get(words[cut + 1], "") if rows else "")

    def one(self, line):
        words = shlex.split(line, comments=True)
        if not words:
            return
        verb = getattr(self, words[0], None) if words[0] in (
            "begin", "commit", "abort", "dump", "counter", "field") else None
        if verb:
            verb(words[1:])
            return
        answer = self.fp.do(words[0], self.values(words[0], words[1:]))
        if answer:
            print(json.dumps(answer))


def main():
    shell = Shell()
    print("= 0", flush=True)
    for line in sys.stdin:
        status = 0
        try:
            shell.one(line)
        except fpnl.FpError as err:
            print("refused:", err)
            status = 1
        except (KeyError, ValueError, OSError) as err:
            print("error:", repr(err))
            status = 2
        print("=", status, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
