#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Is each datagram of SIP what the rewriting must make of it, and nothing else?

udp_exact.py NODE1-DIR NODE2-DIR EDGE-DIR

The dumps of ladder.py. Each message that a node sent must have reached the edge,
and the other way round, once, and byte for byte as this second, simple writing
of the rules says: static-PAT rows, Vias behind the node's own sealed and given
back, Call-IDs sealed and given back, software left out, Content-Length right.
Tokens are opaque here; the same one always stands for the same thing.
"""
import re
import sys

import ladder

PUBLIC = b"203.0.113.10"
NODES = {"192.0.2.11": 5060, "192.0.2.12": 45060}
VIA = re.compile(rb"^(?:Via|v)[ \t]*:.*\r\n", re.I | re.M)
SOFTWARE = re.compile(rb"^(?:User-Agent|Server)[ \t]*:.*\r\n", re.I | re.M)
CALL_ID = re.compile(rb"^(?:Call-ID|i)[ \t]*:[ \t]*(.*)\r\n", re.I | re.M)
LENGTH = re.compile(rb"(^(?:Content-Length|l)[ \t]*:[ \t]*)\d+", re.I | re.M)
METHOD = re.compile(rb"^CSeq[ \t]*:[ \t]*\d+[ \t]+(\S+)", re.I | re.M)
BRANCH = re.compile(rb";branch=([^;,\s]+)")
SEALED = re.compile(rb";fpv=[A-Za-z0-9_-]+")
SEALED_HOST = re.compile(rb"fpt-[a-z2-7]+0\Z")


class Wrong(Exception):
    """A message that is not what it must be."""


def wire(message):
    """The reader of dumps takes the last line feed for its own."""
    return message.raw + b"\n"


def split(raw):
    head, gap, body = raw.partition(b"\r\n\r\n")
    if not gap:
        raise Wrong("a message without an end of its head")
    return head + b"\r\n", body


def join(head, body):
    return LENGTH.sub(lambda m: m.group(1) + b"%d" % len(body), head) + b"\r\n" + body


def transaction(head, via):
    """A CANCEL has the branch of its INVITE."""
    return BRANCH.search(via).group(1), METHOD.search(head).group(1)


def is_request(raw):
    return not raw.startswith(b"SIP/2.0 ")


def outwards(text, body):
    """Addresses of nodes become those of their rows."""
    for node, port in NODES.items():
        addr = node.encode()
        text = text.replace(addr + b":5060", PUBLIC + b":%d" % port)
        bare = PUBLIC if body or port == 5060 else PUBLIC + b":%d" % port
        text = re.sub(re.escape(addr) + rb"(?![\d:])", bare, text)
    return text


def inwards(text, node):
    """And back; without a port it is the node that the flow belongs to."""
    for addr, port in NODES.items():
        text = text.replace(PUBLIC + b":%d" % port, addr.encode() + b":5060")
    return re.sub(re.escape(PUBLIC) + rb"(?![\d:])", node.encode(), text)


class Exact:
    """What was learnt from the messages that went out."""

    def __init__(self):
        self.hosts = {}         # sealed host of a Call-ID -> what it stands for
        self.lower = {}         # transaction of a node -> Via rows below its own
        self.sealed_vias = 0

    def learn_host(self, inside, outside):
        host, seen = (CALL_ID.search(h).group(1).rpartition(b"@")[2]
                      for h in (inside, outside))
        if host == seen:
            return
        if not SEALED_HOST.match(seen):
            raise Wrong("the Call-ID became %r" % seen)
        if self.hosts.setdefault(seen, host) != host:
            raise Wrong("the token %r stands for two hosts" % seen)

    def hide_vias(self, head, seen_head):
        """One Via; the others in a token of it if there were others."""
        rows = VIA.findall(head)
        seen = VIA.findall(seen_head)
        if len(seen) != 1:
            raise Wrong("%d Vias went out" % len(seen))
        sealed = SEALED.search(seen[0])
        if bool(sealed) != (len(rows) > 1):
            raise Wrong("%d Vias, and out went %r" % (len(rows), seen[0]))
        if sealed:
            self.sealed_vias += 1
            self.lower[transaction(head, rows[0])] = b"".join(rows[1:])
            head = VIA.sub(lambda m, n=iter(range(99)): m.group(0) if not next(n) else b"", head)
        return head, SEALED.sub(b"", seen_head, 1) if sealed else seen_head

    def out(self, inside, outside):
        head, body = split(inside)
        seen_head, seen_body = split(outside)
        self.learn_host(head, seen_head)
        if is_request(inside):
            head, seen_head = self.hide_vias(head, seen_head)
        head = SOFTWARE.sub(b"", head)
        for token, host in self.hosts.items():
            seen_head = seen_head.replace(b"@" + token, b"@" + outwards(host, False))
        same(join(outwards(head, False), outwards(body, True)), seen_head + b"\r\n" + seen_body)

    def in_(self, outside, inside, node):
        head, body = split(outside)
        if not is_request(outside):
            via = VIA.search(head).group(0)
            lower = self.lower.get(transaction(head, via), b"")
            if bool(lower) != bool(SEALED.search(via)):
                raise Wrong("the edge answered with %r" % via)
            # what a function returns is not searched for escapes
            head = head.replace(via, SEALED.sub(b"", via) + b"\0", 1)
        head, body = inwards(head, node), inwards(body, node)
        if not is_request(outside):
            head = head.replace(b"\0", lower)
        for token, host in self.hosts.items():
            head = head.replace(b"@" + token, b"@" + host)
        same(join(head, body), inside)


def same(want, got):
    if want != got:
        raise Wrong("wanted:\n%s\ngot:\n%s" % (want.decode("utf-8", "replace"),
                                              got.decode("utf-8", "replace")))


def pairs(sent, got):
    """Each sent message with the one that arrived; all of them must find theirs."""
    left = list(got)
    for m in sent:
        for other in left:
            if (m.what(), m.header("CSeq"), m.dialog()) == \
                    (other.what(), other.header("CSeq"), other.dialog()):
                left.remove(other)
                break
        else:
            raise Wrong("never arrived:\n%s" % m.raw.decode("utf-8", "replace"))
        yield m, other
    if left:
        raise Wrong("was never sent:\n%s" % left[0].raw.decode("utf-8", "replace"))


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    nodes = sorted(ladder.read(sys.argv[1]) + ladder.read(sys.argv[2]), key=lambda m: m.time)
    edge = ladder.read(sys.argv[3])
    exact, count = Exact(), {"out": 0, "in": 0}
    try:
        for m, other in pairs([m for m in nodes if m.tag == "snd"],
                              [m for m in edge if m.tag == "rcv"]):
            exact.out(wire(m), wire(other))
            count["out"] += 1
        for m, other in pairs([m for m in edge if m.tag == "snd"],
                              [m for m in nodes if m.tag == "rcv"]):
            exact.in_(wire(m), wire(other), other.dst)
            count["in"] += 1
    except Wrong as err:
        sys.exit("message %d: %s" % (sum(count.values()) + 1, err))
    if min(count.values()) < 10 or not exact.hosts or not exact.sealed_vias:
        sys.exit("too little was seen to prove anything: %s, %d Call-IDs, %d sealed Vias" %
                 (count, len(exact.hosts), exact.sealed_vias))
    print("%(out)d messages outwards and %(in)d inwards, exact" % count)


if __name__ == "__main__":
    main()
