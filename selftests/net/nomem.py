#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Every operation of the netlink family, with each of its allocations failing once.

netlink_test.py does it to new and commit; this to the others: whatever fails is
refused, and nothing is half done, told twice, or lost. Prints KTAP.
"""
import errno
import json
import socket
import sys
import traceback

import netlink_test
from fpnl import Fedpat, FpError
from inject import available, each_failure
from netlink_test import PUB, SPEC, equal, everything, load

KINDS = "zone acl pat static-pat class-map inspect tls-proxy trustpoint federation peer node domain route"
TESTS = []


def test(fn):
    TESTS.append(fn)
    return fn


def shown(fp):
    """All that the kernel shows, but for counters."""
    return json.dumps([everything(fp), fp.do("settings-get"), fp.do("status-get")["generation"]],
                      sort_keys=True)


def refused_only(err):
    """Without memory netlink itself may lose the answer: ENOBUFS."""
    if err and err.errno not in (errno.ENOMEM, errno.ENOBUFS, errno.EAGAIN):
        raise AssertionError(f"without memory it must say so: {err}") from err


def reads(fp, name, fn):
    """The answer is whole, or there is none."""
    want, got = fn(), []

    def once():
        got[:] = [fn()]

    def after(err):
        refused_only(err)
        if not err:
            equal(got[0], want, name)
            return
        # A dump that netlink had no memory to continue is still open on the socket.
        fp.close()
        fp.__init__(SPEC)
        fp.sock.settimeout(2)

    fp.sock.settimeout(2)
    n, refusals = each_failure(lambda: None, once, after)
    fp.sock.settimeout(None)
    print(f"# {name}: {n} allocations, {refusals} refusals")


@test
def test_reads(fp):
    """gets and dumps: a whole answer or none"""
    for kind in KINDS.split():
        reads(fp, f"{kind}-get, dumped", lambda k=kind: fp.dump(k + "-get"))
    reads(fp, "zone-get", lambda: fp.do("zone-get", {"name": "inside"}))
    reads(fp, "ace-get, dumped", lambda: fp.dump("ace-get"))
    reads(fp, "settings-get", lambda: fp.do("settings-get"))
    reads(fp, "counter-get, dumped", lambda: [r["name"] for r in fp.dump("counter-get")])
    reads(fp, "leg-get, dumped", lambda: fp.dump("leg-get"))
    reads(fp, "wanted-get, dumped", lambda: fp.dump("wanted-get"))


@test
def test_changes(fp):
    """del, settings-set, refusal-report, begin and abort: done or not, never half"""
    before = json.loads(shown(fp))[0]

    def again():
        fp.do("domain-new", {"name": "spam.example", "federation": "contoso", "blocked": True})

    for name, prepare, fn in (
            ("domain-del", again, lambda: fp.do("domain-del", {"name": "spam.example"})),
            ("settings-set", lambda: None, lambda: fp.do("settings-set", {"max-legs": 77})),
            ("refusal-report", lambda: None,
             lambda: fp.do("refusal-report", {"reason": "http-on-sip-port", "text": "x" * 200}))):
        n, refusals = each_failure(prepare, fn, refused_only)
        print(f"# {name}: {n} allocations, {refusals} refusals")
    again()
    fp.do("settings-set")
    equal(json.loads(shown(fp))[0], before)


@test
def test_begin(fp):
    """a transaction that nobody was told of is not open"""
    other = Fedpat(SPEC)

    def begin():
        other.do("txn-abort", {"id": other.begin()})

    def after(err):
        refused_only(err)
        # Were it still open, that would be refused.
        if err:
            other.close()
            other.__init__(SPEC)
        fp.do("txn-abort", {"id": fp.begin()})

    n, refusals = each_failure(lambda: None, begin, after)
    print(f"# txn-begin, txn-abort: {n} allocations, {refusals} refusals")
    other.close()


class Pair:
    """Both ends of a connection in the namespace."""

    def __init__(self):
        with socket.socket() as listener:
            listener.bind((PUB, 0))
            listener.listen()
            self.far = socket.create_connection(listener.getsockname())
            self.near, _ = listener.accept()

    def close(self):
        self.far.close()
        self.near.close()


def attach(fp, pair):
    return fp.do("leg-attach", {"fd": pair.near.fileno(), "federation": "contoso",
                                "zone": "outside", "peer": "edge", "role": "outside",
                                "transport": "tcp", "domain": ["example.net", "*.example.net"],
                                "proved": ["edge.example.net"], "identity": "public.example.com",
                                "peer-chain": "A" * 3000})["id"]


def ended(pair):
    """Has the gateway let go of the socket?"""
    pair.near.close()
    pair.far.settimeout(20)
    try:
        return pair.far.recv(1) == b""
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False


@test
def test_attach(fp):
    """leg-attach: a leg, or none and the socket as it was"""
    state = {}

    def before():
        state["pair"] = Pair()

    def after(err):
        legs = fp.dump("leg-get")
        refused_only(err)
        # An answer that got lost is all that may differ.
        if err and err.errno == errno.ENOMEM:
            equal(legs, [], "legs after a refusal")
        pair = state["pair"]
        if not legs:
            pair.far.send(b"still ours")
            equal(pair.near.recv(99), b"still ours")
        for leg in legs:
            fp.do("leg-kill", {"id": leg["id"]})
        assert ended(pair), "the connection does not end"
        pair.close()

    n, refusals = each_failure(before, lambda: attach(fp, state["pair"]), after)
    print(f"# leg-attach: {n} allocations, {refusals} refusals")
    assert n > 8, "leg-attach allocates more than that"
    settle(fp)


@test
def test_kill(fp):
    """leg-get, leg-kill and leg-fail: done or refused"""
    pair = Pair()
    leg = attach(fp, pair)
    reads(fp, "leg-get", lambda: fp.do("leg-get", {"id": leg})["peer-chain"])
    n, refusals = each_failure(lambda: None, lambda: kill(fp, leg), refused_only)
    print(f"# leg-kill: {n} allocations, {refusals} refusals")
    assert ended(pair), "the connection does not end"
    pair.close()
    settle(fp)


def kill(fp, leg):
    """It may be gone since the last time: then that is what we are told."""
    try:
        fp.do("leg-kill", {"id": leg})
    except FpError as e:
        if e.errno != errno.ENOENT:
            raise


def settle(fp):
    """Nothing of the legs is left."""
    for _ in range(200):
        status = fp.do("status-get")
        if not status["legs"] and not status.get("memory"):
            return
        netlink_test.time.sleep(0.05)
    raise AssertionError(f"legs or their memory are left: {status}")


def main():
    print("TAP version 13")
    if not available():
        print("1..0 # SKIP the kernel cannot inject faults")
        return 4
    print(f"1..{len(TESTS)}")
    failed = 0
    for i, fn in enumerate(TESTS, 1):
        with netlink_test.netns("fptest"):
            fp = Fedpat(SPEC)
            try:
                fp.commit(load(fp))
                fn(fp)
                print(f"ok {i} - {fn.__name__[5:]}: {fn.__doc__}", flush=True)
            except Exception:  # pylint: disable=broad-except
                failed += 1
                for line in traceback.format_exc().splitlines():
                    print(f"# {line}")
                print(f"not ok {i} - {fn.__name__[5:]}: {fn.__doc__}", flush=True)
            finally:
                fp.close()
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
