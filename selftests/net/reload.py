#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""reload.py PID LOG TIMES: reload the daemon so often, and print what it holds.

One reload after the other: SIGHUP, then wait until the log says that it was
done. Prints resident KiB and open files after a tenth and at the end.
"""
import os
import sys
import time


def reloads(log):
    """Whole lines only: of one across two pages the first half may be there alone."""
    done = 0
    while (line := log.readline()).endswith(b"\n"):
        done += b"(SIGHUP)" in line
    log.seek(-len(line), os.SEEK_CUR)
    return done


def held(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        rss = next(int(line.split()[1]) for line in f if line.startswith("VmRSS"))
    return rss, len(os.listdir(f"/proc/{pid}/fd"))


def main():
    pid, times = int(sys.argv[1]), int(sys.argv[3])
    with open(sys.argv[2], "rb") as log:
        log.seek(0, os.SEEK_END)
        for n in range(1, times + 1):
            os.kill(pid, 1)
            end = time.monotonic() + 20
            while not reloads(log):
                if time.monotonic() > end:
                    sys.exit(f"reload {n} was not done")
                time.sleep(0.002)
            if n in (times // 10, times):
                print(*held(pid), flush=True)


main()
