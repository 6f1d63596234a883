#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Fail the n-th allocation of a call, on a kernel with fault injection.

    each_failure(before, fn, after)

What the thread allocates in the kernel is counted, slab objects and pages alike;
what a worker of the kernel allocates is not.
"""
import os

import fpnl

DEBUGFS = "/sys/kernel/debug"


def available():
    """Can this kernel, and is it told to fail allocations that may sleep too?"""
    for knob, value in (("failslab/ignore-gfp-wait", "N"), ("fail_page_alloc/ignore-gfp-wait", "N"),
                        ("fail_page_alloc/min-order", "0"), ("failslab/verbose", "0"),
                        ("fail_page_alloc/verbose", "0")):
        path = os.path.join(DEBUGFS, knob)
        if not os.path.exists(path):
            return False
        with open(path, "w", encoding="ascii") as f:
            f.write(value)
    return True


def inject(n, fn):
    """Run with the n-th allocation failing. (did it come to that, error)"""
    with open(f"/proc/self/task/{os.getpid()}/fail-nth", "r+b", buffering=0) as f:
        err = None
        f.write(b"%d\n" % n)
        try:
            fn()
        except (fpnl.FpError, OSError) as e:
            err = e
        left = int(os.pread(f.fileno(), 16, 0))
        f.write(b"0\n")
    return not left, err


def each_failure(before, fn, after):
    """Fail the first allocation, the second, and so on; (allocations, refusals)."""
    n = refusals = 0
    while True:
        n += 1
        before()
        failed, err = inject(n, fn)
        refusals += bool(err)
        after(err)
        if not failed:
            if err:
                raise AssertionError(f"without a failure: {err}")
            return n - 1, refusals
