#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Pairs of XMPP users talk: xmpptalk.py MESSAGES [NAME NETNS ADDR DOMAIN NETNS ADDR DOMAIN]...

Of each pair, the user u of either domain logs in at its server. Each asks to see
the other's presence and lets itself be seen; both see the other come online and
go away. Then messages, each awaited, in both directions. All pairs at once; one
line a pair: "NAME ok" or "NAME failed: why".
"""
import base64
import ctypes
import os
import re
import socket
import sys
import threading
import time

LIBC = ctypes.CDLL(None, use_errno=True)
PATIENCE = 40 * int(os.environ.get("FEDPAT_SLOW", "1"))
NS = "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'"


def connect(netns, addr):
    """The calling thread enters the namespace, for good."""
    fd = os.open(f"/run/netns/{netns}", os.O_RDONLY)
    if LIBC.setns(fd, 0x40000000):
        raise OSError(ctypes.get_errno(), "setns")
    os.close(fd)
    return socket.create_connection((addr, 5222), PATIENCE)


class User:
    def __init__(self, netns, addr, domain):
        self.s = connect(netns, addr)
        self.s.settimeout(1)
        self.buf = ""
        self.domain = domain
        self.open()
        secret = base64.b64encode(b"\0u\0pw").decode()
        self.send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>"
                  f"{secret}</auth>")
        self.wait(r"<success")
        self.open()
        self.send("<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
                  "<resource>r</resource></bind></iq>")
        self.wait(r"<iq[^>]*type=.result.*?</iq>|<iq[^>]*type=.error")
        # Who has not asked for its roster hears of no consent (RFC 6121 §3.1.6).
        self.send("<iq type='set' id='s'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>"
                  "<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>")
        self.wait(r"<iq[^>]*id=.r.[^>]*?(/>|>.*?</iq>)", "roster")
        self.send("<presence/>")

    def open(self):
        self.buf = ""
        self.send(f"<?xml version='1.0'?><stream:stream to='{self.domain}' {NS} version='1.0'>")
        self.wait(r"</stream:features>")

    def send(self, text):
        self.s.sendall(text.encode())

    def wait(self, pattern, what=None):
        """Up to the end of the first match; what came before it stays, for others."""
        end = time.time() + PATIENCE
        while True:
            m = re.search(pattern, self.buf, re.S)
            if m:
                self.buf = self.buf[:m.start()] + self.buf[m.end():]
                return m.group(0)
            if re.search(r"<message[^>]*type=.error", self.buf):
                raise RuntimeError(f"{self.domain}: refused: {self.buf[-600:]}")
            if time.time() > end:
                raise TimeoutError(f"{self.domain}: no {what or pattern}: {self.buf[-300:]}")
            try:
                got = self.s.recv(65536)
            except socket.timeout:
                continue
            if not got:
                raise EOFError(f"{self.domain}: closed: {self.buf[-300:]}")
            self.buf += got.decode(errors="replace")

    def subscribe(self, other):
        self.send(f"<presence to='u@{other}' type='subscribe'/>")

    def agree(self, other):
        self.wait(r"<presence[^>]*type=.subscribe.[^>]*>", f"request of {other} to see us")
        self.send(f"<presence to='u@{other}' type='subscribed'/>")


def presence(a, b):
    a.subscribe(b.domain)
    b.agree(a.domain)
    a.wait(r"<presence[^>]*type=.subscribed.", f"consent of {b.domain}")
    b.subscribe(a.domain)
    a.agree(b.domain)
    b.wait(r"<presence[^>]*type=.subscribed.", f"consent of {a.domain}")
    for one, other in ((a, b), (b, a)):
        one.send("<presence><show>dnd</show><status>busy at "
                 f"{one.domain}</status></presence>")
        other.wait(rf"busy at {re.escape(one.domain)}</status>", f"presence of {one.domain}")


def messages(a, b, count):
    for i in range(count):
        for one, other in ((a, b), (b, a)):
            body = f"hello {i} of {one.domain}"
            one.send(f"<message to='u@{other.domain}' type='chat' id='m{i}'><body>{body}</body>"
                     "</message>")
            other.wait(rf"<body[^>]*>{re.escape(body)}</body>", f"message {i} of {one.domain}")


def talk(name, count, args, out):
    try:
        a, b = User(*args[:3]), User(*args[3:])
        presence(a, b)
        messages(a, b, count)
        for user in (a, b):
            user.send("</stream:stream>")
        out[name] = "ok"
    except Exception as why:  # pylint: disable=broad-except
        out[name] = f"failed: {type(why).__name__}: {why}"


def main():
    count, rest = int(sys.argv[1]), sys.argv[2:]
    out = {}
    threads = []
    for i in range(0, len(rest), 7):
        args = (rest[i], count, rest[i + 1:i + 7], out)
        threads.append(threading.Thread(target=talk, args=args, daemon=True))
        threads[-1].start()
    for t in threads:
        t.join(PATIENCE * 4)
    for i in range(0, len(rest), 7):
        print(rest[i], out.get(rest[i], "failed: did not end"), flush=True)
    sys.exit(any(out.get(rest[i]) != "ok" for i in range(0, len(rest), 7)))


main()
