#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""A user of an XMPP server: xmppuser.py ADDRESS DOMAIN USER PEER send|answer N.

send: N messages to PEER, each awaited back. answer: answers N messages of PEER.
Both subscribe to the other's presence and print what they saw.
"""
import base64
import socket
import sys
import time

NS = "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'"


class User:
    def __init__(self, addr, domain, user):
        self.s = socket.create_connection((addr, 5222), 20)
        self.s.settimeout(90)
        self.buf = ""
        self.domain = domain
        self.open()
        secret = base64.b64encode(f"\0{user}\0pw".encode()).decode()
        self.send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>"
                  f"{secret}</auth>")
        self.wait("<success")
        self.open()
        self.send("<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
                  "<resource>r</resource></bind></iq>")
        self.wait("</iq>")
        self.send("<presence/>")

    def open(self):
        self.buf = ""
        self.send(f"<?xml version='1.0'?><stream:stream to='{self.domain}' {NS} version='1.0'>")
        self.wait("</stream:features>")

    def send(self, text):
        self.s.sendall(text.encode())

    def wait(self, text):
        while text not in self.buf:
            got = self.s.recv(65536)
            if not got:
                raise EOFError(self.buf[-400:])
            self.buf += got.decode()
        at = self.buf.index(text) + len(text)
        seen, self.buf = self.buf[:at], self.buf[at:]
        return seen


addr, domain, user, peer, role, count = sys.argv[1:7]
me = User(addr, domain, user)
print("online", flush=True)
for i in range(int(count)):
    if role == "send":
        begun = time.time()
        me.send(f"<message to='{peer}' type='chat' id='m{i}'><body>hello {i}</body></message>")
        seen = me.wait(f"answer {i}</body></message>")
        if "type='error'" in seen:
            raise RuntimeError(seen)
        print(f"message {i} and its answer: {(time.time() - begun) * 1000:.0f} ms", flush=True)
    else:
        me.wait(f"hello {i}</body></message>")
        me.send(f"<message to='{peer}' type='chat'><body>answer {i}</body></message>")
me.send(f"<presence to='{peer}'><status>here is {user}</status></presence>")
me.wait("<status>here is ")
print("presence seen", flush=True)
time.sleep(1)
