#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Both far ends of XMPP streams through the gateway, octet by octet; KTAP.

xmppfar.py NODE-NETNS PARTNER-NETNS: node 192.0.2.11 and .12, partner 198.51.100.20,
public address 203.0.113.10. The daemon runs with the policy of xmpp.sh.
"""
import ctypes
import os
import socket
import sys
import time

LIBC = ctypes.CDLL(None, use_errno=True)
PUB = "203.0.113.10"
PARTNER = "198.51.100.20"
SLOW = int(os.environ.get("FEDPAT_SLOW", "1"))

STREAM = ("<?xml version='1.0'?><stream:stream xmlns='jabber:server' "
          "xmlns:stream='http://etherx.jabber.org/streams' xmlns:db='jabber:server:dialback' "
          "from='{}' to='{}' version='1.0'>")
TLS = "xmlns='urn:ietf:params:xml:ns:xmpp-tls'"
FEATURES = f"<stream:features><starttls {TLS}/></stream:features>"
NO_TLS = ("<stream:features><dialback xmlns='urn:xmpp:features:dialback'/></stream:features>")
START = f"<starttls {TLS}/>"
PROCEED = f"<proceed {TLS}/>"
HELLO = b"\x16\x03\x01\x00\x20" + bytes(range(32))
ANSWER = b"\x16\x03\x03\x00\x10" + bytes(16)


def enter(netns):
    fd = os.open(f"/run/netns/{netns}", os.O_RDONLY)
    if LIBC.setns(fd, 0x40000000):
        raise OSError(ctypes.get_errno(), "setns")
    os.close(fd)


class Far:
    """A listener of the called and a connection of the caller."""

    def __init__(self, listen_ns, listen, call_ns, call_from, call_to):
        enter(listen_ns)
        self.listener = socket.create_server(listen, backlog=8)
        self.listener.settimeout(5 * SLOW)
        enter(call_ns)
        self.caller = socket.socket()
        self.caller.bind((call_from, 0))
        self.caller.settimeout(15 * SLOW)
        self.caller.connect(call_to)
        self.caller.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.called = None

    def accept(self):
        self.called, who = self.listener.accept()
        self.called.settimeout(5 * SLOW)
        self.called.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return who[0]

    def close(self):
        for s in (self.listener, self.caller, self.called):
            if s:
                s.close()


def data(text):
    return text if isinstance(text, bytes) else text.encode()


def want(sock, text):
    text = data(text)
    got = b""
    while len(got) < len(text):
        part = sock.recv(len(text) - len(got))
        if not part:
            break
        got += part
    assert got == text, f"wanted {text!r}, got {got!r}"


def rest(sock):
    got = b""
    while True:
        try:
            part = sock.recv(4096)
        except ConnectionError:
            return got
        if not part:
            return got
        got += part


def inward(port=5269, node="192.0.2.11"):
    return Far(NODE_NS if node.endswith("11") else NODE2_NS, (node, 5269), PARTNER_NS, PARTNER,
               (PUB, port))


def outward():
    return Far(PARTNER_NS, (PARTNER, 5269), NODE_NS, "192.0.2.11", (PARTNER, 5269))


def open_stream(far, a, b, features=FEATURES):
    far.caller.sendall(data(STREAM.format(a, b)))
    who = far.accept()
    want(far.called, STREAM.format(a, b))
    far.called.sendall(data(STREAM.format(b, a) + features))
    want(far.caller, STREAM.format(b, a) + features)
    return who


def starttls(far):
    far.caller.sendall(data(START))
    want(far.called, START)
    far.called.sendall(data(PROCEED))
    want(far.caller, PROCEED)
    far.caller.sendall(HELLO)
    want(far.called, HELLO)
    far.called.sendall(ANSWER)
    want(far.caller, ANSWER)


def both_ways(far, n=3000):
    a, b = os.urandom(n), os.urandom(n)
    far.caller.sendall(a)
    want(far.called, a)
    far.called.sendall(b)
    want(far.caller, b)


def test_inward():
    """a partner's stream reaches the node, goes on to TLS, and its bytes pass"""
    far = inward()
    assert open_stream(far, "example.net", "example.com") == "192.0.2.1"
    starttls(far)
    both_ways(far)
    far.close()


def test_second_node():
    """another port of the public address leads to the second node"""
    far = inward(25269, "192.0.2.12")
    open_stream(far, "example.net", "chat.example.com")
    starttls(far)
    both_ways(far)
    far.close()


def test_outward():
    """a node's stream reaches the partner's address, from our public one"""
    far = outward()
    assert open_stream(far, "example.com", "example.net") == PUB
    starttls(far)
    both_ways(far)
    far.close()


def test_wildcard():
    """a domain below a wildcard"""
    far = inward()
    open_stream(far, "im.Example.ORG", "example.com")
    starttls(far)
    far.close()


def test_glued():
    """ClientHello glued behind starttls is held until proceed, and nothing is lost"""
    far = inward()
    far.caller.sendall(data(STREAM.format("example.net", "example.com") + START) + HELLO)
    far.accept()
    want(far.called, STREAM.format("example.net", "example.com") + START)
    far.called.settimeout(0.3)
    try:
        raise AssertionError(f"came before proceed: {far.called.recv(100)!r}")
    except socket.timeout:
        pass
    far.called.settimeout(5 * SLOW)
    far.called.sendall(data(STREAM.format("example.com", "example.net") + FEATURES + PROCEED))
    want(far.called, HELLO)
    want(far.caller, STREAM.format("example.com", "example.net") + FEATURES + PROCEED)
    far.called.sendall(ANSWER)
    want(far.caller, ANSWER)
    both_ways(far)
    far.close()


def test_cuts():
    """both directions cut at every offset: the same bytes, relayed by the kernel"""
    one = data(STREAM.format("example.net", "example.com") + START) + HELLO
    two = data(STREAM.format("example.com", "example.net") + FEATURES + PROCEED)
    for at in range(1, max(len(one), len(two))):
        far = inward()
        far.caller.sendall(one[:at])
        time.sleep(0.002)
        if one[at:]:
            far.caller.sendall(one[at:])
        far.accept()
        far.called.sendall(two[:at])
        time.sleep(0.002)
        if two[at:]:
            far.called.sendall(two[at:])
        want(far.called, one)
        want(far.caller, two)
        far.called.sendall(ANSWER)
        want(far.caller, ANSWER)
        far.caller.sendall(b"more")
        want(far.called, b"more")
        far.close()


def test_clear():
    """tls optional: a stream in clear settles with its first element"""
    far = inward()
    open_stream(far, "optional.example", "example.com", NO_TLS)
    far.caller.sendall(b"<db:result from='optional.example' to='example.com'>key</db:result>")
    want(far.called, b"<db:result from='optional.example' to='example.com'>key</db:result>")
    both_ways(far)
    far.close()


def verify(to, name="verify"):
    return (f"<db:{name} from='example.com' to='{to}' id='1'>key</db:{name}>")


def test_verify():
    """dialback's second connection passes against the direction, and nothing else does"""
    far = outward()
    open_stream(far, "example.com", "inclear.example", NO_TLS)
    for _ in range(3):
        far.caller.sendall(data(verify("inclear.example")))
        want(far.called, verify("inclear.example"))
        answer = "<db:verify from='inclear.example' to='example.com' id='1' type='valid'/>"
        far.called.sendall(data(answer))
        want(far.caller, answer)
    far.caller.sendall(b"<message from='a@example.com' to='b@inclear.example'/>")
    got = rest(far.caller).decode()
    assert "<policy-violation " in got and "xmpp-direction" in got, got
    assert rest(far.called) == b"</stream:stream>"
    far.close()
    far = outward()
    open_stream(far, "example.com", "inclear.example", NO_TLS)
    far.caller.sendall(data(verify("inclear.example") + "</stream:stream>"))
    want(far.called, verify("inclear.example") + "</stream:stream>")
    assert rest(far.caller) == b""
    far.close()
    head = STREAM.format("example.com", "inclear.example")
    back = STREAM.format("inclear.example", "example.com")
    refused(outward, "policy-violation", head, verify("inclear.example", "result"),
            called=back + NO_TLS)
    refused(outward, "policy-violation", head, START, called=back + FEATURES)


def test_half_close():
    """the two directions of a settled stream end on their own"""
    far = inward()
    open_stream(far, "example.net", "example.com")
    starttls(far)
    far.caller.sendall(b"bye")
    far.caller.shutdown(socket.SHUT_WR)
    want(far.called, b"bye")
    assert far.called.recv(1) == b""
    far.called.sendall(b"and you")
    far.called.close()
    want(far.caller, b"and you")
    far.close()


def refused(make, condition, *sent, called=None):
    """The caller sends this and reads a stream error, then the end."""
    far = make()
    far.caller.sendall(data(sent[0]))
    if called is not None:
        far.accept()
        far.called.sendall(data(called))
    try:
        for text in sent[1:]:
            time.sleep(0.05)
            far.caller.sendall(data(text))
    except ConnectionError:
        pass
    got = rest(far.caller).decode(errors="replace")
    far.close()
    if condition:
        assert f"<{condition} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>" in got, got
        assert got.endswith("</stream:stream>"), got
        assert "192.0.2." not in got, got
    else:
        assert "error" not in got, got


def test_refused_header():
    """headers that are refused, each with the condition of RFC 6120"""
    good = STREAM.format("example.net", "example.com")
    refused(inward, "policy-violation", STREAM.format("stranger.example", "example.com"))
    refused(inward, "policy-violation", STREAM.format("example.org", "example.com"))
    refused(inward, "host-unknown", STREAM.format("example.net", "example.biz"))
    refused(inward, "policy-violation", STREAM.format("blocked.example", "example.com"))
    refused(inward, "policy-violation", STREAM.format("out.example", "example.com"))
    refused(inward, "improper-addressing", good.replace(" to='example.com'", ""))
    refused(inward, "improper-addressing", good.replace(" from='example.net'", ""))
    refused(inward, "improper-addressing", good.replace("example.net", "u@example.net"))
    refused(inward, "invalid-namespace", good.replace("jabber:server'", "jabber:client'", 1))
    refused(inward, "unsupported-version", good.replace(" version='1.0'>", ">"))
    refused(inward, "restricted-xml", "<!DOCTYPE a [<!ENTITY b 'c'>]>" + good)
    refused(inward, "not-well-formed", "OPTIONS sip:a SIP/2.0\r\n\r\n")
    refused(inward, "policy-violation", good[:-1] + " x='" + "a" * 10000)
    refused(inward, None, HELLO)
    refused(outward, "policy-violation", STREAM.format("example.biz", "example.net"))
    refused(outward, "host-unknown", STREAM.format("example.com", "stranger.example"))


def test_refused_tls():
    """TLS that is required and not offered, not taken, forbidden, or not TLS"""
    good = STREAM.format("example.net", "example.com")
    back = STREAM.format("example.com", "example.net")
    clear = STREAM.format("none.example", "example.com")
    refused(inward, "policy-violation", good, called=back + NO_TLS)
    refused(inward, "policy-violation", good, "<message to='u@example.com'/>",
            called=back + FEATURES)
    refused(inward, "policy-violation", clear, START, called=back + FEATURES)
    refused(inward, None, good + START, "<message/>", called=back + FEATURES + PROCEED)
    refused(inward, "policy-violation", good + START,
            called=back + FEATURES + f"<failure {TLS}/>")


def test_refused_called():
    """what somebody puts behind proceed, or sends before TLS has begun, reaches nobody"""
    good = STREAM.format("example.net", "example.com")
    back = STREAM.format("example.com", "example.net")
    evil = "<message to='u@example.com'><body>injected</body></message>"
    for begun in ("", HELLO):
        far = inward()
        far.caller.sendall(data(good + START) + data(begun))
        far.accept()
        far.called.sendall(data(back + FEATURES + PROCEED + evil))
        got = rest(far.caller)
        assert b"injected" not in got, got
        assert rest(far.called).endswith(data(START)), "the caller's TLS reached the called"
        far.close()
    # Between proceed and the caller's TLS, later.
    far = inward()
    open_stream(far, "example.net", "example.com")
    far.caller.sendall(data(START))
    want(far.called, START)
    far.called.sendall(data(PROCEED))
    want(far.caller, PROCEED)
    far.called.sendall(b" ")
    assert rest(far.caller) == b""
    far.close()


def test_refused_ends():
    """servers that end the stream before it settled, and callers nobody serves"""
    good = STREAM.format("example.net", "example.com")
    back = STREAM.format("example.com", "example.net")
    gone = ("<stream:error><host-gone xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
            "</stream:error></stream:stream>")
    far = inward()
    far.caller.sendall(data(good))
    far.accept()
    far.called.sendall(data(back + gone))
    got = rest(far.caller).decode()
    assert "<host-gone " in got, got
    far.close()
    far = inward()
    far.caller.sendall(data(good))
    far.accept()
    far.called.close()
    rest(far.caller)
    far.close()
    # let in by the list, and no static-PAT row says by whom it is served
    refused(lambda: inward(35269), "remote-connection-failed", good)
    # an inside address that is no node's
    refused(lambda: Far(PARTNER_NS, (PARTNER, 5269), NODE_NS, "192.0.2.77", (PARTNER, 5269)),
            "policy-violation", back)


def test_drip():
    """a caller that drips octets is refused in time, and others are served meanwhile"""
    far = inward()
    begun = time.time()
    try:
        for c in STREAM.format("example.net", "example.com") * 9:
            far.caller.sendall(data(c))
            time.sleep(0.3)
            if int((time.time() - begun) / 0.3) == 5:
                far.listener.close()
                test_inward()
                enter(NODE_NS)
    except ConnectionError:
        pass
    took = time.time() - begun
    assert took < 20 * SLOW, took
    far.close()


NODE_NS, NODE2_NS, PARTNER_NS = sys.argv[1:4]
TESTS = [f for name, f in list(globals().items()) if name.startswith("test_")]
if len(sys.argv) > 4 and sys.argv[4] == "hold":
    # One stream that stands until a line comes; then bytes must still pass.
    held = inward()
    open_stream(held, "example.net", "example.com")
    starttls(held)
    print("stands", flush=True)
    sys.stdin.readline()
    both_ways(held)
    print("passed", flush=True)
    sys.exit(0)
print("TAP version 13")
print(f"1..{len(TESTS)}")
bad = 0
for n, fn in enumerate(TESTS, 1):
    try:
        fn()
        print(f"ok {n} - {fn.__doc__}", flush=True)
    except Exception as why:  # pylint: disable=broad-except
        bad += 1
        print(f"# {type(why).__name__}: {why} (line {why.__traceback__.tb_next.tb_lineno})")
        print(f"not ok {n} - {fn.__doc__}", flush=True)
sys.exit(1 if bad else 0)
