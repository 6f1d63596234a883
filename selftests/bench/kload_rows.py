# SPDX-License-Identifier: GPL-2.0
"""What the benches of the load generator in the kernel share: samples, and where they are from."""

import json
import os

from relay_rows import put
from rows import Piece

WHERE = {
    "uml": "User-Mode Linux 6.12: one CPU, kernel code at the machine's own speed, nothing of "
           "SIMD. Packets come from a load generator in the kernel and end in a device that "
           "swallows them.",
    "other": "Debian's {} under QEMU (emulated where there is no KVM). Packets come from a load "
             "generator in the kernel and end in a device that swallows them.",
}


class Kload:
    """The samples of one bench and its rows."""

    def __init__(self, name, paths, more=""):
        kernel = os.environ.get("FEDPAT_KERNEL", "uml")
        where = WHERE.get(kernel, WHERE["other"]).format(kernel)
        self.piece = Piece(name, where=" ".join(filter(None, (where, more, os.environ.get("BENCH_REMARK")))))
        self.by = {}
        for path in paths:
            self.load(path)

    def load(self, path):
        with open(path, encoding="utf-8") as f:
            for line in f:
                s = json.loads(line)
                self.by.setdefault((s["case"], s["variant"]), {})[s["round"]] = s["ns"]

    def get(self, case, variant, less=None):
        """Of each round, or what is more than another variant took in it."""
        mine = self.by.get((case, variant), {})
        other = self.by.get((case, less), {}) if less else dict.fromkeys(mine, 0)
        return [mine[r] - other[r] for r in sorted(mine) if r in other]

    def put(self, name, ours, rival, against, goal=None, unit="ns", better="less"):
        put(self.piece, name, unit, ours, rival, against, goal, better)
