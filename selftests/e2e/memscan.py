#!/usr/bin/env -S python3 -IS
# SPDX-License-Identifier: GPL-2.0
"""Look for secrets in the memory of a process.

memscan.py [options] PID

  --keylog FILE   secrets of connections, as NSS writes them, and the keys and IVs
                  that follow from those of TLS 1.3 (RFC 8446 section 7.3)
  --hex NAME=HEX  octets
  --locked        what is found must lie in memory that is locked and not dumped

Prints "NAME found N" or "NAME absent" for each. Status 0: every address space that
could be read was; 1: nothing could be read; 3 with --locked: something lies elsewhere.
"""
import argparse
import hashlib
import hmac
import re
import sys

CHUNK = 1 << 20


def expand_label(secret, label, length):
    """HKDF-Expand-Label with an empty context; at most one block is asked for."""
    digest = hashlib.sha384 if len(secret) == 48 else hashlib.sha256
    name = b"tls13 " + label
    info = length.to_bytes(2, "big") + bytes([len(name)]) + name + b"\0"
    return hmac.new(secret, info + b"\1", digest).digest()[:length]


def keylog(path):
    wanted = {}
    for line in open(path):
        if line.startswith("#") or not line.strip():
            continue
        name, _, secret = line.split()
        secret = bytes.fromhex(secret)
        wanted[name] = secret
        if name.endswith("TRAFFIC_SECRET_0"):
            for size in (16, 32):
                wanted[f"{name}.key{size * 8}"] = expand_label(secret, b"key", size)
    return wanted


def maps(pid):
    """(start, end, flags) of what can be read and written."""
    areas = []
    for line in open(f"/proc/{pid}/smaps"):
        m = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+) ", line)
        if m:
            areas.append([int(m[1], 16), int(m[2], 16), m[3], ""])
        elif line.startswith("VmFlags:"):
            areas[-1][3] = line
    return [a for a in areas if a[2].startswith("rw")]


def search(mem, start, end, wanted, longest):
    """(name, address) of each that lies in this area."""
    at, tail = start, b""
    while at < end:
        mem.seek(at)
        data = tail + mem.read(min(CHUNK, end - at))
        base = at - len(tail)
        at = base + len(data)
        for name, octets in wanted.items():
            i = data.find(octets)
            while i >= 0:
                yield name, base + i
                i = data.find(octets, i + 1)
        tail = data[-(longest - 1):]


def main():
    p = argparse.ArgumentParser(usage=__doc__)
    p.add_argument("pid", type=int)
    p.add_argument("--keylog")
    p.add_argument("--hex", action="append", default=[])
    p.add_argument("--locked", action="store_true")
    o = p.parse_args()
    wanted = keylog(o.keylog) if o.keylog else {}
    for text in o.hex:
        name, _, octets = text.partition("=")
        wanted[name] = bytes.fromhex(octets)
    if not wanted or min(map(len, wanted.values())) < 12:
        sys.exit("nothing to look for")
    found, loose, size = {name: set() for name in wanted}, set(), 0
    longest = max(map(len, wanted.values()))
    with open(f"/proc/{o.pid}/mem", "rb", buffering=0) as mem:
        for start, end, _, flags in maps(o.pid):
            size += end - start
            for name, at in search(mem, start, end, wanted, longest):
                found[name].add(at)
                if " lo" not in flags or " dd" not in flags:
                    loose.add(name)
    for name, places in found.items():
        print(f"{name} found {len(places)}" if places else f"{name} absent")
    print(f"{size >> 10} KiB searched")
    if o.locked and loose:
        print("not locked: " + " ".join(sorted(loose)))
        sys.exit(3)
    sys.exit(0 if size else 1)


if __name__ == "__main__":
    main()
