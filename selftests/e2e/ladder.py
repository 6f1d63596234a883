#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""What the two companies' servers saw, from Kamailio's own message dumps.

ladder.py ladder INSIDE-DIR EDGE-DIR   draw each dialog: who sent what, and how the
                                       gateway changed Via, Contact and the start line
ladder.py leak EDGE-DIR                look for inside addresses, names and software in
                                       every message the edge got; exit 1 if there are any
ladder.py count DIR                    messages received and sent over the network

A DIR holds the *.data files of Kamailio's module sipdump.
"""
import glob
import re
import signal
import sys

INSIDE = re.compile(rb"192\.0\.2\.\d+|127\.0\.0\.1:507|imp[12]\.example\.com|IM-and-Presence", re.I)
ESCAPED = re.compile(rb"%([0-9A-Fa-f]{2})")
SHOWN = ("Via", "Contact", "Call-ID", "Route", "Record-Route")
WIDTH = 34


class Message:
    """One message of a dump."""

    def __init__(self, block):
        head, _, self.raw = block.partition(b"~~~~~~~~~~~~~~~~~~~~\n")
        fields = dict(line.split(b": ", 1) for line in head.strip().split(b"\n") if b": " in line)
        self.tag = fields[b"tag"].decode()
        self.time = float(fields[b"time"])
        self.src = fields[b"srcip"].decode()
        self.dst = fields[b"dstip"].decode()
        self.loopback = self.src == self.dst or "127.0.0.1" in (self.src, self.dst)

    def lines(self):
        return self.raw.decode("utf-8", "replace").replace("\r\n", "\n").split("\n\n")[0].split("\n")

    def start(self):
        return self.lines()[0]

    def header(self, name):
        pre = name.lower() + ":"
        return [line[len(pre):].strip() for line in self.lines()[1:] if line.lower().startswith(pre)]

    def what(self):
        first = self.start()
        cseq = (self.header("CSeq") or ["? ?"])[0].split()[-1]
        if first.startswith("SIP/2.0 "):
            return f"{first[8:]} ({cseq})"
        return first.split()[0]

    def dialog(self):
        """Users and CSeq do not change on the way, the Call-ID may."""
        users = [re.search(r"sips?:([^@;>]+)@", (self.header(h) or [""])[0]) for h in ("From", "To")]
        tags = re.search(r"tag=([^;>\s]+)", (self.header("From") or [""])[0])
        return tuple(u.group(1) if u else "?" for u in users) + (tags.group(1) if tags else "",)


def read(folder):
    messages = []
    for name in sorted(glob.glob(folder + "/*.data")):
        with open(name, "rb") as f:
            for block in f.read().split(b"====================\n"):
                if b"~~~~" in block:
                    block = block.split(b"\n||||||||||||||||||||")[0]
                    messages.append(Message(block))
    return sorted((m for m in messages if not m.loopback), key=lambda m: m.time)


def pair(mine, theirs):
    """The same message on the other side of the gateway."""
    for i, other in enumerate(theirs):
        if other.tag != mine.tag and other.what() == mine.what() and \
                other.header("CSeq") == mine.header("CSeq") and other.dialog() == mine.dialog():
            return theirs.pop(i)
    return None


def arrow(text, right):
    text = f" {text} "[:WIDTH - 2]
    line = text.center(WIDTH - 1, "-")
    return line + ">" if right else "<" + line


def short(value):
    return value if len(value) <= 96 else value[:60] + "..." + value[-30:]


def changes(before, after):
    rows = []
    if before.start() != after.start():
        rows.append(("", before.start(), after.start()))
    for name in SHOWN:
        a, b = before.header(name), after.header(name)
        if a != b:
            rows.append((name, ", ".join(a) or "(none)", ", ".join(b) or "(none)"))
    return rows


def draw(inside, edge):
    edge = list(edge)
    print(f"{'enterprise node':<20}{'gateway':^{2 * WIDTH - 30}}{'partner edge':>20}")
    for m in inside:
        other = pair(m, edge)
        out = m.tag == "snd"
        mark = "" if other else "   (answered by the gateway)"
        print("|" + arrow(m.what(), out) + "|" + (arrow(m.what(), out) + "|" if other else mark))
        if not other:
            continue
        before, after = (m, other) if out else (other, m)
        for name, a, b in changes(before, after):
            print(f"      {name + ':' if name else 'start line':<14} {short(a)}")
            print(f"      {'became':>14} {short(b)}")
    for m in edge:
        print(f"|{'(not seen inside)':^{WIDTH}}|" + arrow(m.what(), m.tag == "rcv") + "|")


def unescape(raw):
    return ESCAPED.sub(lambda m: bytes([int(m.group(1), 16)]), raw)


def leaks(edge):
    found = 0
    for m in edge:
        if m.tag != "rcv":
            continue
        for hit in set(INSIDE.findall(m.raw) + INSIDE.findall(unescape(m.raw))):
            found += 1
            print(f"leak: {hit.decode()} in {m.what()}:\n{m.raw.decode('utf-8', 'replace')}")
    print(f"{sum(m.tag == 'rcv' for m in edge)} messages seen outside, {found} with something of the inside")
    return found


def main():
    if len(sys.argv) == 4 and sys.argv[1] == "ladder":
        draw(read(sys.argv[2]), read(sys.argv[3]))
    elif len(sys.argv) == 3 and sys.argv[1] == "leak":
        messages = read(sys.argv[2])
        if not messages:
            sys.exit("no messages were dumped: nothing was proved")
        sys.exit(1 if leaks(messages) else 0)
    elif len(sys.argv) == 3 and sys.argv[1] == "count":
        messages = read(sys.argv[2])
        print(sum(m.tag == "rcv" for m in messages), sum(m.tag == "snd" for m in messages))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # a reader may have seen enough
    main()
