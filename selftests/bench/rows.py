#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Rows of the benchmark table.

As a module: row() makes one, Piece collects those of one bench and writes
them to build/bench/PIECE.json, one JSON object a line. As a program:

	rows.py PIECE NAME --unit us --ours 1.2,1.3,1.1 --rival 2.1,2.2,2.0 \\
		--against haproxy --goal 0.5 [--more] [--note TEXT] [--fresh]

appends one row to that file; --fresh begins it anew. The attributes of a row:

	name	what was measured
	unit	of ours and rival
	ours	median
	rival	median, null where there is none
	against	who the rival is
	ratio	ours / rival, or what else was given; null where there is none, or
		where a cost was lost in the noise (not above 0)
	goal	what the ratio must not exceed (better: less) or reach (more);
		null: only reported
	better	less or more
	met	whether it does, null without a goal
	spread	[ours, rival]: (largest - smallest) / median of the rounds
	rounds	how many samples the medians are of
	note	why it is as it is, and what was not measured
"""

import argparse
import json
import os
import statistics
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RESULTS = os.path.join(TOP, "build", "bench")


def digits(x):
    """Four significant digits are more than any of these figures has."""
    return None if x is None else float(f"{x:.4g}")


def spread(samples):
    mid = statistics.median(samples)
    return digits((max(samples) - min(samples)) / abs(mid)) if mid else None


def reached(ratio, goal, better):
    if ratio is None or goal is None:
        return None
    return ratio >= goal if better == "more" else ratio <= goal


def row(name, unit, ours, rival=None, against=None, goal=None, better="less", ratio=None,
        note=None):
    """ours, rival: lists of samples. ratio: only where it is not ours / rival."""
    mid = statistics.median(ours)
    other = statistics.median(rival) if rival else None
    # A difference that is not positive was lost in the noise: no ratio, no verdict.
    if ratio is None and other and mid > 0 and other > 0:
        ratio = mid / other
    return {
        "name": name, "unit": unit, "ours": digits(mid), "rival": digits(other),
        "against": against, "ratio": digits(ratio), "goal": goal, "better": better,
        "met": reached(ratio, goal, better),
        "spread": [spread(ours), spread(rival) if rival else None],
        "rounds": len(ours), "note": note,
    }


class Piece:
    """The rows of one bench. what: {"kernel": ..., "where": ...}, said in the table's head."""

    def __init__(self, name, fresh=True, **what):
        os.makedirs(RESULTS, exist_ok=True)
        self.path = os.path.join(RESULTS, name + ".json")
        if fresh:
            with open(self.path, "w", encoding="utf-8") as f:
                print(json.dumps({"piece": name, **what}), file=f)

    def add(self, *args, **kwargs):
        self.put(row(*args, **kwargs))

    def put(self, r):
        with open(self.path, "a", encoding="utf-8") as f:
            print(json.dumps(r), file=f)


def samples(text):
    return [float(x) for x in text.split(",")]


def main():
    p = argparse.ArgumentParser(usage=__doc__)
    p.add_argument("piece")
    p.add_argument("name")
    p.add_argument("--unit", required=True)
    p.add_argument("--ours", type=samples, required=True)
    p.add_argument("--rival", type=samples)
    p.add_argument("--against")
    p.add_argument("--goal", type=float)
    p.add_argument("--ratio", type=float)
    p.add_argument("--more", action="store_const", const="more", default="less")
    p.add_argument("--note")
    p.add_argument("--fresh", action="store_true")
    p.add_argument("--where", default="", help="with --fresh: kernel and machine, in words")
    o = p.parse_args()
    Piece(o.piece, fresh=o.fresh, where=o.where).add(
        o.name, o.unit, o.ours, o.rival, o.against, o.goal, o.more, o.ratio, o.note)
    return 0


if __name__ == "__main__":
    sys.exit(main())
