#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The netlink interface and the policy behind it, seen through fpnl.py.

Runs as root in the VM with the module loaded, prints KTAP. Every test has a
network namespace of its own.
"""
import contextlib
import errno
import os
import random
import socket
import struct
import subprocess
import sys
import time
import traceback

import fpnl
from fpnl import Fedpat, FpError
from inject import available, each_failure

SPEC = fpnl.Spec()
KEY = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
OLD = "ff112233445566778899aabbccddeeff00112233445566778899aabbccddee00"
PUB = "203.0.113.10"
# QEMU without KVM: a tenth of the speed.
EMULATED = os.environ.get("FEDPAT_KERNEL") in ("6.1", "6.12")
TESTS = []


class Skip(Exception):
    """The kernel cannot do what the test needs."""


def test(fn):
    TESTS.append(fn)
    return fn


def sh(*argv):
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)


def equal(got, want, what=""):
    if got != want:
        raise AssertionError(f"{what}: wanted {want!r}, got {got!r}")


def child(fn):
    """Run a function in a process of its own; its pid."""
    sys.stdout.flush()
    pid = os.fork()
    if not pid:
        code = 1
        try:
            fn()
            code = 0
        except Exception:  # pylint: disable=broad-except
            traceback.print_exc()
        finally:
            os._exit(code)
    return pid


def refused(number, fn, *args, words=True, **kw):
    """The call must fail with this errno; the error."""
    try:
        got = fn(*args, **kw)
    except FpError as e:
        equal(errno.errorcode.get(e.errno), errno.errorcode[number], f"errno of {e}")
        if words and not e.text:
            raise AssertionError(f"an error without words: {e}") from e
        return e
    raise AssertionError(f"must be refused, and answered {got!r}")


@contextlib.contextmanager
def netns(name):
    """A namespace with in0, out0 and the public address; the process moves into it."""
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    sh("ip", "netns", "add", name)
    try:
        fpnl.setns(name)
        sh("ip", "link", "set", "lo", "up")
        for dev in ("in0", "out0"):
            sh("ip", "link", "add", dev, "type", "dummy")
        sh("ip", "address", "add", "192.0.2.1/24", "dev", "in0")
        sh("ip", "address", "add", PUB + "/32", "dev", "out0")
        sh("ip", "address", "add", "203.0.113.11/32", "dev", "out0")
        sh("ip", "address", "add", "2001:db8::10/128", "dev", "out0", "nodad")
        yield
    finally:
        fpnl.setns(f"/proc/self/fd/{home}")
        os.close(home)
        sh("ip", "netns", "del", name)


def objects():
    """One of every kind, every attribute set, in an order that a transaction of one each allows."""
    return [
        ("acl", {"name": "partner-in", "owner": "contoso", "remark": "what the partner may"}),
        ("zone", {"name": "inside", "role": "inside", "interface": ["in0", "in1.17"]}),
        ("zone", {"name": "outside", "role": "outside", "interface": ["out0"],
                  "access-list": "partner-in"}),
        ("inspect", {"name": "sip-strict", "type": "sip", "max-message": 32768,
                     "idle-timeout": 600, "hold-timeout": 4000, "keep-software": True,
                     "allow-media": True, "dialect": "microsoft"}),
        ("trustpoint", {"name": "public", "cert": "/etc/fedpat/public.pem",
                        "key": "/etc/fedpat/public.key", "ca": "/etc/fedpat/ca.pem",
                        "crl": "/etc/fedpat/crl.pem", "revocation": "hard",
                        "ocsp": "http://ocsp.example.com/", "cmp": "https://ca.example.com/pkix/",
                        "cmp-ca": "/etc/fedpat/cmp.pem", "renew-before": 14}),
        ("trustpoint", {"name": "self", "cert": "/etc/fedpat/self.pem",
                        "key": "/etc/fedpat/self.key"}),
        ("federation", {"name": "contoso", "owner": "contoso", "place": "asa",
                        "public-fqdn": "imp-public.example.com", "public-addr": [PUB],
                        "inside-prefix": ["192.0.2.0/24", "10.0.0.0/8"],
                        "inside-addr": "192.0.2.1", "local-domain": ["example.com"],
                        "inside-name": [".corp.example.com", "imp1"],
                        "inspect": "sip-strict", "key": KEY, "key-version": 7, "old-key": OLD,
                        "old-key-version": 6, "key-file": "/etc/fedpat/contoso.key"}),
        ("tls-proxy", {"name": "from-partner", "federation": "contoso", "zone": "outside",
                       "listener-port": 15061, "transport": "tls",
                       "server-trustpoint": "public", "client-trustpoint": "self"}),
        ("peer", {"name": "edge", "federation": "contoso", "role": "outside",
                  "subject": ["edge.example.net", "sip.example.net"],
                  "domain": ["example.net", "*.example.net"], "host": "edge.example.net",
                  "addr": ["198.51.100.20", "2001:db8::20"], "port": 5061, "transport": "tls",
                  "eku": "both", "tls-profile": "fips", "trustpoint": "public"}),
        ("node", {"name": "imp1", "federation": "contoso", "listener": "192.0.2.11:5062",
                  "transport": "tls", "subject": ["imp1.example.com"], "routing": True}),
        ("domain", {"name": "example.net", "federation": "contoso", "peer": "edge"}),
        ("domain", {"name": "spam.example", "federation": "contoso", "blocked": True}),
        ("pat", {"name": "nodes", "order": 10, "src": "192.0.2.0/24", "zone": "outside",
                 "to-addr": PUB, "port-lo": 20000, "port-hi": 30000}),
        ("static-pat", {"name": "imp1-5061", "order": 1, "federation": "contoso", "proto": 6,
                        "zone": "outside", "public": PUB + ":5061", "node": "192.0.2.11:5062"}),
        ("class-map", {"name": "in", "order": 5, "zone": "outside",
                       "access-list": "partner-in", "inspect": "sip-strict",
                       "tls-proxy": "from-partner"}),
    ]


WRITE_ONLY = {"federation": ("key", "old-key")}
ANSWERS = {"entries", "deny-hits", "hits", "exhausted"}


def told(kind, values):
    return {k: v for k, v in values.items() if k not in WRITE_ONLY.get(kind, ())}


def without_answers(row):
    return {k: v for k, v in row.items() if k not in ANSWERS}


def load(fp, changes=()):
    """The whole policy in one transaction, with some objects replaced or (None) left out."""
    changes = dict(changes)
    txn = fp.begin()
    for kind, values in objects():
        values = changes.get((kind, values["name"]), values)
        if values is not None:
            fp.do(kind + "-new", {"txn": txn, **values})
    fp.do("ace-new", {"txn": txn, "acl": "partner-in", "action": "permit", "proto": 6,
                      "src": "198.51.100.20", "dst": PUB, "dport-lo": 5061})
    return txn


def everything(fp):
    kinds = dict.fromkeys(kind for kind, _ in objects())
    return {kind: fp.dump(kind + "-get") for kind in kinds} | {"ace": fp.dump("ace-get")}


def counters(fp):
    return {c["name"]: c["value"] for c in fp.dump("counter-get")}


@test
def test_empty(fp):
    """a new namespace has an empty policy of generation 0"""
    status = fp.do("status-get")
    equal(status["generation"], 0)
    equal(status["legs"], 0)
    equal(fp.do("settings-get"), {})
    for rows in everything(fp).values():
        equal(rows, [])


@test
def test_round_trip(fp):
    """each kind, one operation at a time: what was set is answered, get and dump alike"""
    for kind, values in objects():
        fp.do(kind + "-new", values)
        equal(without_answers(fp.do(kind + "-get", {"name": values["name"]})),
              told(kind, values), kind)
    equal(fp.do("status-get")["generation"], len(objects()))
    for kind in dict.fromkeys(kind for kind, _ in objects()):
        want = [told(k, v) for k, v in objects() if k == kind]
        got = [without_answers(row) for row in fp.dump(kind + "-get")]
        equal(got, sorted(want, key=lambda v: v["name"]), kind)


@test
def test_delete(fp):
    """objects are deleted in the opposite order, and a missing one is named"""
    fp.commit(load(fp))
    for kind, values in reversed(objects()):
        fp.do(kind + "-del", {"name": values["name"]})
        e = refused(errno.ENOENT, fp.do, kind + "-get", {"name": values["name"]})
        equal(e.attr, "name")
        e = refused(errno.ENOENT, fp.do, kind + "-del", {"name": values["name"]})
        equal(e.attr, "name")
    for rows in everything(fp).values():
        equal(rows, [])


@test
def test_txn(fp):
    """a transaction shows nothing before its commit, and all after it"""
    txn = load(fp)
    equal(fp.dump("zone-get"), [])
    equal(fp.commit(txn), {"id": txn, "generation": 1})
    equal(len(fp.dump("zone-get")), 2)
    equal(fp.dump("ace-get")[0]["dport-lo"], 5061)
    refused(errno.ENOENT, fp.commit, txn)


@test
def test_abort(fp):
    """an aborted transaction changed nothing"""
    txn = load(fp)
    fp.do("txn-abort", {"id": txn})
    equal(fp.dump("zone-get"), [])
    equal(fp.do("status-get")["generation"], 0)
    refused(errno.ENOENT, fp.do, "zone-new", {"txn": txn, "name": "x", "role": "inside"})


@test
def test_all_or_nothing(fp):
    """one bad object: the commit is refused, nothing changed, txn-errors names it"""
    fp.commit(load(fp))
    before = everything(fp)
    txn = fp.begin()
    fp.do("zone-new", {"txn": txn, "name": "dmz", "role": "other"})
    fp.do("acl-del", {"txn": txn, "name": "partner-in"})
    e = refused(errno.EINVAL, fp.commit, txn)
    assert "access list" in e.text, e
    faults = fp.errors(txn)
    equal({(f["kind"], f["name"], f["attribute"], f["other"]) for f in faults},
          {("zone", "outside", "access-list", "partner-in"),
           ("class-map", "in", "access-list", "partner-in")})
    fp.do("txn-abort", {"id": txn})
    equal(everything(fp), before)
    equal(fp.do("status-get")["generation"], 1)
    equal(counters(fp)["commits-refused"], 1)


@test
def test_mend(fp):
    """a refused candidate can be mended and committed"""
    txn = fp.begin()
    fp.do("zone-new", {"txn": txn, "name": "o", "role": "outside", "access-list": "later"})
    refused(errno.EINVAL, fp.commit, txn)
    equal(len(fp.errors(txn)), 1)
    fp.do("acl-new", {"txn": txn, "name": "later"})
    fp.commit(txn)
    equal(fp.do("zone-get", {"name": "o"})["access-list"], "later")


@test
def test_failed_operation(fp):
    """a failed operation is a fault of the whole transaction, by object and attribute"""
    txn = fp.begin()
    fp.do("zone-new", {"txn": txn, "name": "good", "role": "inside"})
    refused(errno.EINVAL, fp.do, "ace-new", {"txn": txn, "acl": "l", "action": "permit",
                                             "proto": 6, "dport-lo": 9, "dport-hi": 8})
    refused(errno.EINVAL, fp.do, "pat-new", {"txn": txn, "name": "p", "src": "192.0.2.1/24",
                                             "zone": "good"})
    refused(errno.EINVAL, fp.do, "static-pat-new", {"txn": txn, "name": "s", "zone": "good"})
    refused(errno.EINVAL, fp.commit, txn)
    equal([(f["kind"], f["name"], f["attribute"]) for f in fp.errors(txn)],
          [("ace", "l", "dport-hi"), ("pat", "p", "src"), ("static-pat", "s", "proto")])
    fp.do("txn-abort", {"id": txn})
    equal(fp.dump("zone-get"), [])


@test
def test_single_errors(fp):
    """a transaction of one that breaks another object: txn-errors without an id names it"""
    fp.commit(load(fp))
    e = refused(errno.EINVAL, fp.do, "zone-del", {"name": "outside"})
    assert "txn-errors" in e.text, e
    equal({(f["kind"], f["name"], f["attribute"]) for f in fp.dump("txn-errors")},
          {("tls-proxy", "from-partner", "zone"), ("pat", "nodes", "zone"),
           ("static-pat", "imp1-5061", "zone"), ("class-map", "in", "zone")})
    e = refused(errno.EINVAL, fp.do, "zone-new", {"name": "z", "role": "inside",
                                                  "access-list": "none"})
    equal(e.attr, "access-list")
    equal([(f["name"], f["other"]) for f in fp.dump("txn-errors")], [("z", "none")])
    other = Fedpat(SPEC)
    refused_dump(errno.ENOENT, other, "txn-errors")
    other.close()
    fp.do("zone-new", {"name": "z", "role": "inside"})
    equal(fp.dump("txn-errors"), [])


def refused_dump(number, fp, op, values=None):
    try:
        fp.dump(op, values or {})
    except FpError as e:
        equal(e.errno, number)
        return
    raise AssertionError("the dump must be refused")


@test
def test_owner_death(fp):
    """the owner's socket closes: the candidate goes with it"""
    other = Fedpat(SPEC)
    load(other)
    refused(errno.EBUSY, fp.do, "zone-new", {"name": "z", "role": "inside"})
    other.close()
    fp.do("zone-new", {"name": "z", "role": "inside"})
    equal([z["name"] for z in fp.dump("zone-get")], ["z"])
    equal(counters(fp)["transactions-orphaned"], 1)


@test
def test_owner_killed(fp):
    """the owner is killed: likewise"""
    r, w = os.pipe()

    def owner():
        mine = Fedpat(SPEC)
        load(mine)
        os.write(w, b"x")
        time.sleep(60)

    pid = child(owner)
    os.read(r, 1)
    refused(errno.EBUSY, fp.begin)
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    equal(fp.do("status-get")["generation"], 0)
    fp.commit(load(fp))


@test
def test_killed_commit(fp):
    """the owner is killed in the midst of a large commit: all of it or nothing, and no lock stays"""
    n = 2000 if EMULATED else 5000
    fp.do("zone-new", {"name": "outside", "role": "outside", "interface": ["out0"]})
    rows = [SPEC.encode("static-pat", {"name": f"r{i}", "proto": 6, "zone": "outside",
                                       "public": f"{PUB}:{1000 + i}", "node": "192.0.2.12:5062"})
            for i in range(n)]

    def rows_of(mine):
        txn = mine.begin()
        head = SPEC.encode("static-pat", {"txn": txn})
        equal(mine.batch([("static-pat-new", head + row) for row in rows]), [])
        return txn

    txn = rows_of(fp)
    start = time.monotonic()
    fp.commit(txn)
    whole = time.monotonic() - start
    generation, refusals = 2, 0
    for k in range(5):
        r, w = os.pipe()

        def owner(w=w):
            mine = Fedpat(SPEC)
            txn = rows_of(mine)
            os.write(w, b"x")
            mine.commit(txn)

        pid = child(owner)
        os.read(r, 1)
        os.close(r)
        os.close(w)
        time.sleep(whole * k / 5)
        os.kill(pid, 9)
        os.waitpid(pid, 0)
        now = fp.do("status-get")["generation"]
        refused_now = counters(fp).get("commits-refused", 0)
        assert now - generation in (0, 1) and now - generation + refused_now - refusals <= 1, now
        generation, refusals = now, refused_now
    equal(len(fp.dump("static-pat-get")), n)
    print(f"# {whole * 1000:.0f} ms a commit; {generation - 2} of 5 went through, "
          f"{refusals} were cut short")
    fp.do("zone-new", {"name": "after", "role": "inside"})
    equal(fp.do("status-get")["generation"], generation + 1)


@test
def test_busy(fp):
    """one transaction at a time; nobody else may use it"""
    other = Fedpat(SPEC)
    txn = fp.begin()
    assert "another transaction" in refused(errno.EBUSY, other.begin).text
    refused(errno.EBUSY, fp.begin)
    refused(errno.EBUSY, other.do, "zone-new", {"name": "z", "role": "inside"})
    e = refused(errno.EPERM, other.do, "zone-new", {"txn": txn, "name": "z", "role": "inside"})
    equal(e.attr, "txn")
    refused(errno.EPERM, other.commit, txn)
    refused(errno.EPERM, other.do, "txn-abort", {"id": txn})
    refused(errno.ENOENT, fp.commit, txn + 1)
    refused_dump(errno.ENOENT, other, "txn-errors", {"txn": txn})
    fp.commit(txn)
    other.begin()
    other.close()


@test
def test_timeout(fp):
    """a silent transaction is dropped when the next one comes"""
    other = Fedpat(SPEC)
    txn = other.begin(timeout=300)
    for _ in range(3):
        time.sleep(0.15)
        other.do("zone-new", {"txn": txn, "name": "z", "role": "inside"})
    time.sleep(0.5)
    fp.do("zone-new", {"name": "y", "role": "inside"})
    refused(errno.ENOENT, other.commit, txn)
    equal([z["name"] for z in fp.dump("zone-get")], ["y"])
    equal(counters(fp)["transactions-orphaned"], 1)
    equal(refused(errno.EINVAL, fp.begin, timeout=3600001).attr, "timeout")
    other.close()


@test
def test_generation(fp):
    """the generation that was expected, or ESTALE"""
    fp.do("zone-new", {"name": "z", "role": "inside"})
    equal(refused(errno.ESTALE, fp.begin, expected_generation=0).attr, "expected-generation")
    txn = fp.begin(expected_generation=1)
    equal(fp.commit(txn)["generation"], 2)


# What is wrong -> object that is changed, kind, name, attribute, other, words.
BAD_POLICY = [
    (("zone", "inside"), {"interface": ["in0", "out0"]},
     ("zone", "outside", "interface", "inside", "out0")),
    (("zone", "inside"), {"interface": ["in0", "in0"]},
     ("zone", "inside", "interface", "inside", "in0")),
    (("zone", "outside"), {"access-list": "nope"},
     ("zone", "outside", "access-list", "nope", "access list")),
    (("pat", "nodes"), {"zone": "nope"}, ("pat", "nodes", "zone", "nope", "zone")),
    (("pat", "nodes"), {"to-addr": "203.0.113.99"},
     ("pat", "nodes", "to-addr", "", "ip address add 203.0.113.99/32 dev out0")),
    (("pat", "nodes"), {"port-lo": 5000, "port-hi": 6000},
     ("pat", "nodes", "port-lo", "imp1-5061", "5061")),
    (("static-pat", "imp1-5061"), {"zone": "nope"},
     ("static-pat", "imp1-5061", "zone", "nope", "zone")),
    (("static-pat", "imp1-5061"), {"federation": "nope"},
     ("static-pat", "imp1-5061", "federation", "nope", "federation")),
    (("static-pat", "imp1-5061"), {"public": PUB + ":15061"},
     ("static-pat", "imp1-5061", "public", "from-partner", "listen")),
    (("static-pat", "imp1-5061"), {"public": "203.0.113.99:5061", "federation": ""},
     ("static-pat", "imp1-5061", "public", "", "ip address add 203.0.113.99/32 dev out0")),
    (("static-pat", "imp1-5061"), {"public": "[2001:db8::99]:5061", "node": "[2001:db8::1]:5061",
                                   "federation": ""},
     ("static-pat", "imp1-5061", "public", "", "ip address add 2001:db8::99/128 dev out0")),
    (("static-pat", "imp1-5061"), {"public": "203.0.113.11:5061"},
     ("static-pat", "imp1-5061", "public", "contoso", "public addresses")),
    (("class-map", "in"), {"access-list": "nope"},
     ("class-map", "in", "access-list", "nope", "access list")),
    (("class-map", "in"), {"zone": "nope"}, ("class-map", "in", "zone", "nope", "zone")),
    (("class-map", "in"), {"zone": "inside"},
     ("class-map", "in", "tls-proxy", "from-partner", "another zone")),
    (("class-map", "in"), {"inspect": "nope"},
     ("class-map", "in", "inspect", "nope", "inspect map")),
    (("class-map", "in"), {"tls-proxy": "nope"},
     ("class-map", "in", "tls-proxy", "nope", "tls-proxy")),
    (("tls-proxy", "from-partner"), {"federation": "nope"},
     ("tls-proxy", "from-partner", "federation", "nope", "federation")),
    (("tls-proxy", "from-partner"), {"zone": "nope"},
     ("tls-proxy", "from-partner", "zone", "nope", "zone")),
    (("tls-proxy", "from-partner"), {"server-trustpoint": "nope"},
     ("tls-proxy", "from-partner", "server-trustpoint", "nope", "trustpoint")),
    (("tls-proxy", "from-partner"), {"server-trustpoint": ""},
     ("tls-proxy", "from-partner", "server-trustpoint", "", "dials in")),
    (("tls-proxy", "from-partner"), {"client-trustpoint": ""},
     ("tls-proxy", "from-partner", "client-trustpoint", "", "dialled")),
    (("trustpoint", "self"), {"cert": "", "key": "", "ca": "/etc/ca.pem"},
     ("tls-proxy", "from-partner", "client-trustpoint", "self", "identity")),
    (("federation", "contoso"), {"key": "", "key-version": "", "old-key": "",
                                 "old-key-version": ""},
     ("federation", "contoso", "key", "", "token key")),
    (("federation", "contoso"), {"inspect": "nope"},
     ("federation", "contoso", "inspect", "nope", "inspect map")),
    (("federation", "contoso"), {"inside-addr": "192.0.2.99"},
     ("federation", "contoso", "inside-addr", "", "ip address add 192.0.2.99/32")),
    (("federation", "contoso"), {"public-addr": [PUB, "203.0.113.98"]},
     ("federation", "contoso", "public-addr", "", "ip address add 203.0.113.98/32 dev out0")),
    (("federation", "contoso"), {"inside-prefix": ["203.0.113.0/24"]},
     ("federation", "contoso", "public-addr", "", "inside prefix")),
    (("federation", "contoso"), {"local-domain": ["example.com", "Example.NET"]},
     ("domain", "example.net", "name", "contoso", "local domain")),
    (("peer", "edge"), {"federation": "nope"},
     ("peer", "edge", "federation", "nope", "federation")),
    (("peer", "edge"), {"trustpoint": "nope"},
     ("peer", "edge", "trustpoint", "nope", "trustpoint")),
    (("peer", "edge"), {"transport": "tcp", "addr": []},
     ("peer", "edge", "addr", "", "addresses")),
    (("peer", "edge"), {"role": "inside"}, ("domain", "example.net", "peer", "edge", "inside")),
    (("node", "imp1"), {"federation": "nope"},
     ("node", "imp1", "federation", "nope", "federation")),
    (("domain", "example.net"), {"federation": "nope"},
     ("domain", "example.net", "federation", "nope", "federation")),
    (("domain", "example.net"), {"peer": "nope"},
     ("domain", "example.net", "peer", "nope", "peer")),
    (("domain", "spam.example"), {"blocked": False},
     ("domain", "spam.example", "peer", "", "missing")),
]

# A second object that clashes with one of the policy.
BAD_SECOND = [
    ("static-pat", {"name": "other", "proto": 6, "zone": "outside", "public": PUB + ":5061",
                    "node": "192.0.2.12:5062"},
     ("static-pat", "imp1-5061", "other", "public", "same public address")),
    ("tls-proxy", {"name": "other", "federation": "contoso", "zone": "inside",
                   "listener-port": 15061, "server-trustpoint": "self",
                   "client-trustpoint": "public"},
     ("tls-proxy", "from-partner", "other", "listener-port", "port")),
    ("pat", {"name": "other", "order": 10, "src": "192.0.2.0/24", "zone": "outside"},
     ("pat", "nodes", "other", "src", "never")),
    ("node", {"name": "other", "federation": "contoso", "listener": "192.0.2.11:5062"},
     ("node", "imp1", "other", "listener", "another node")),
    ("node", {"name": "other", "federation": "contoso", "listener": "192.0.2.12:5062",
              "routing": True},
     ("node", "imp1", "other", "routing", "routing node")),
]


def changed(key, change):
    values = dict(next(v for k, v in objects() if (k, v["name"]) == key))
    for name, value in change.items():
        values[name] = value
        if value in ("", []):
            del values[name]
    return {key: values}


@test
def test_bad_policy(fp):
    """every cross-check of the policy: object, attribute, the other one, what to do"""
    for key, change, (kind, name, attr, other, words) in BAD_POLICY:
        txn = load(fp, changed(key, change))
        refused(errno.EINVAL, fp.commit, txn)
        faults = fp.errors(txn)
        hit = [f for f in faults if (f["kind"], f["name"], f.get("attribute", ""),
                                     f.get("other", "")) == (kind, name, attr, other)]
        if len(hit) != 1 or words not in hit[0]["text"]:
            raise AssertionError(f"{key} {change}: {faults}")
        if len(faults) != 1:
            raise AssertionError(f"{key} {change}: one mistake, several faults: {faults}")
        fp.do("txn-abort", {"id": txn})
    equal(fp.do("status-get")["generation"], 0)


@test
def test_bad_second(fp):
    """clashes of two rules name both"""
    for kind, values, (fault_kind, one, two, attr, words) in BAD_SECOND:
        txn = load(fp)
        fp.do(kind + "-new", {"txn": txn, **values})
        refused(errno.EINVAL, fp.commit, txn)
        faults = fp.errors(txn)
        equal(len(faults), 1, faults)
        f = faults[0]
        equal((f["kind"], {f["name"], f["other"]}, f["attribute"]),
              (fault_kind, {one, two}, attr))
        assert words in f["text"], f
        fp.do("txn-abort", {"id": txn})


@test
def test_many_faults(fp):
    """every fault is told, not the first one only"""
    txn = fp.begin()
    for i in range(1200):
        fp.do("zone-new", {"txn": txn, "name": f"z{i:04}", "role": "inside", "access-list": "no"})
    refused(errno.EINVAL, fp.commit, txn)
    equal([f["name"] for f in fp.errors(txn)], [f"z{i:04}" for i in range(1000)])
    # A failed operation counts however many faults there were before it.
    refused(errno.EINVAL, fp.do, "zone-new", {"txn": txn, "name": "late", "role": "inside",
                                              "interface": ["a/b"]})
    for i in range(1200):
        fp.do("zone-del", {"txn": txn, "name": f"z{i:04}"})
    refused(errno.EINVAL, fp.commit, txn)
    equal([f["name"] for f in fp.errors(txn)], ["late"])
    equal(fp.do("status-get")["generation"], 0)


@test
def test_pat_ports(fp):
    """a rule of PAT whose range holds many rows is told once, by the first of them"""
    n = 1100
    txn = load(fp)
    equal(fp.batch([("static-pat-new", {"txn": txn, "name": f"s{i:04}", "proto": 6,
                                        "zone": "outside", "public": f"{PUB}:{10000 + i}",
                                        "node": f"192.0.2.12:{10000 + i}"})
                    for i in range(n)] +
                   [("pat-new", {"txn": txn, "name": f"p{i:04}", "order": 100 + i,
                                 "zone": "outside", "src": "192.0.2.0/24", "to-addr": PUB,
                                 "port-lo": 10000, "port-hi": 19999}) for i in range(n)]), [])
    start = time.monotonic()
    refused(errno.EINVAL, fp.commit, txn)
    print(f"# {n} rules over {n} rows: {time.monotonic() - start:.2f} s to refuse")
    faults = fp.errors(txn)
    equal([f["name"] for f in faults], [f"p{i:04}" for i in range(1000)])
    equal({(f["attribute"], f["other"]) for f in faults}, {("port-lo", "s0000")})


@test
def test_shared_listener(fp):
    """one server is the node of as many federations as want it, but once in each"""
    n = 1000
    txn = fp.begin()
    equal(fp.batch([("federation-new", {"txn": txn, "name": f"f{i:04}", "place": "asa",
                                        "public-fqdn": "im.example.com",
                                        "local-domain": ["example.com"],
                                        "key": KEY, "key-version": 1}) for i in range(n)] +
                   [("node-new", {"txn": txn, "name": f"n{i:04}", "federation": f"f{i:04}",
                                  "listener": "192.0.2.11:5062"}) for i in range(n)]), [])
    fp.commit(txn)
    e = refused(errno.EINVAL, fp.do, "node-new", {"name": "again", "federation": "f0500",
                                                  "listener": "192.0.2.11:5062"})
    equal(e.attr, "listener")
    # Faults come in the order of the names.
    equal([(f["name"], f["other"]) for f in fp.dump("txn-errors")], [("n0500", "again")])


@test
def test_interfaces(fp):
    """4096 interfaces in all zones together, not one more, and whose zone passes it is told"""
    fp.do("zone-new", {"name": "a", "role": "inside",
                       "interface": [f"i{i:04x}" for i in range(4095)]})
    fp.do("zone-new", {"name": "b", "role": "inside", "interface": ["x"]})
    e = refused(errno.EINVAL, fp.do, "zone-new", {"name": "c", "role": "other",
                                                  "interface": ["y"]})
    equal(e.attr, "interface")
    txn = fp.begin()
    fp.do("zone-new", {"txn": txn, "name": "c", "role": "other", "interface": ["y", "z"]})
    refused(errno.EINVAL, fp.commit, txn)
    faults = fp.errors(txn)
    equal([(f["kind"], f["name"], f["attribute"]) for f in faults], [("zone", "c", "interface")])
    assert "4096" in faults[0]["text"], faults
    fp.do("zone-new", {"txn": txn, "name": "c", "role": "other"})
    fp.commit(txn)


@test
def test_class_memory(fp):
    """the class maps of each zone count as compiled lists do, and the zone is named"""
    txn = fp.begin()
    # Lists that deny are not merged: nothing but the arrays counts.
    fp.do("ace-new", {"txn": txn, "acl": "l", "action": "deny", "proto": 6, "dport-lo": 1})
    fp.do("ace-new", {"txn": txn, "acl": "l", "action": "permit", "proto": 6, "dport-lo": 2})
    requests = [("class-map-new", {"txn": txn, "name": f"all{i:03}", "access-list": "l"})
                for i in range(1000)]
    for zone in "abc":
        requests += [("zone-new", {"txn": txn, "name": zone, "role": "inside"}),
                     ("class-map-new", {"txn": txn, "name": zone, "zone": zone,
                                        "access-list": "l"})]
    equal(fp.batch(requests), [])
    fp.commit(txn)
    used = fp.do("status-get")["acl-memory"]
    print(f"# {used} octets")
    assert 4000 * 36 < used < 4000 * 50, used
    txn = fp.begin()
    fp.do("settings-set", {"txn": txn, "acl-memory-cap": used * 7 // 8})
    refused(errno.EINVAL, fp.commit, txn)
    faults = fp.errors(txn)
    equal([(f["kind"], f["name"]) for f in faults], [("zone", "c")])
    assert "acl-memory-cap" in faults[0]["text"], faults
    fp.do("settings-set", {"txn": txn, "acl-memory-cap": used})
    fp.commit(txn)
    fp.do("acl-new", {"name": "other"})
    equal(fp.do("status-get")["acl-memory"], used)


def slab():
    with open("/proc/meminfo", encoding="ascii") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("SUnreclaim:"))


@test
def test_new_and_del(fp):
    """what a transaction makes and deletes again leaves nothing in it"""
    txn = fp.begin()

    def churn(first, n):
        for i in range(first, first + n, 1000):
            requests = []
            for k in range(i, i + 1000):
                name = f"{k:06}" + "x" * 57
                requests += [("zone-new", {"txn": txn, "name": name, "role": "inside"}),
                             ("zone-del", {"txn": txn, "name": name})]
            equal(fp.batch(requests), [])

    churn(0, 2000)
    before = slab()
    churn(2000, 30000)
    grown = slab() - before
    print(f"# {grown} KiB more")
    # Memory that KASAN keeps back is not ours.
    if not os.path.exists("/sys/kernel/debug/kmemleak"):
        assert grown < 2000, f"{grown} KiB"
    refused(errno.ENOENT, fp.do, "zone-del", {"txn": txn, "name": f"{0:06}" + "x" * 57})


@test
def test_del_again(fp):
    """new and del in one transaction, of names that were there and that were not"""
    fp.do("zone-new", {"name": "old", "role": "inside"})
    txn = fp.begin()
    for name in ("old", "new"):
        fp.do("zone-new", {"txn": txn, "name": name, "role": "outside"})
        fp.do("zone-del", {"txn": txn, "name": name})
        fp.do("ace-new", {"txn": txn, "acl": name, "action": "permit", "proto": 6})
        fp.do("acl-del", {"txn": txn, "name": name})
    fp.do("ace-new", {"txn": txn, "acl": "new", "action": "permit", "proto": 7})
    fp.commit(txn)
    equal(fp.dump("zone-get"), [])
    equal([a["name"] for a in fp.dump("acl-get")], ["new"])
    equal(lines(fp, "new"), [7])


# Operation, its attributes, errno, attribute that is named, words.
BAD_FIELD = [
    ("zone-new", {"role": "inside"}, "name", "missing"),
    ("zone-new", {"name": "z"}, "role", "missing"),
    ("zone-new", {"name": "", "role": "inside"}, "name", "empty"),
    ("zone-new", {"name": "-z", "role": "inside"}, "name", "begins"),
    ("zone-new", {"name": "a b", "role": "inside"}, "name", "letters"),
    ("zone-new", {"name": "z\u00e4", "role": "inside"}, "name", "letters"),
    ("zone-new", {"name": "x" * 64, "role": "inside"}, "name", ""),
    ("zone-new", {"name": "z", "role": 3}, "role", ""),
    ("zone-new", {"name": "z", "role": "inside", "interface": ["a/b"]}, "interface", "interface"),
    ("zone-new", {"name": "z", "role": "inside", "interface": [""]}, "interface", "interface"),
    ("zone-new", {"name": "z", "role": "inside", "owner": "a b"}, "owner", "letters"),
    ("acl-new", {"name": "l", "remark": "a\nb"}, "remark", "control"),
    ("ace-new", {"action": "permit"}, "acl", "missing"),
    ("ace-new", {"acl": "l"}, "action", "missing"),
    ("ace-new", {"acl": "l", "action": 2}, "action", ""),
    ("ace-new", {"acl": "l", "action": "permit", "src": {"len": 8}}, "src", "any"),
    ("ace-new", {"acl": "l", "action": "permit", "src": {"addr": b"123"}}, "src.addr", "octets"),
    ("ace-new", {"acl": "l", "action": "permit", "src": "10.0.0.1/8"}, "src.addr", "beyond"),
    ("ace-new", {"acl": "l", "action": "permit", "src": {"addr": "10.0.0.0", "len": 33}},
     "src.len", "32"),
    ("ace-new", {"acl": "l", "action": "permit", "src": "10.0.0.0/8", "dst": "2001:db8::/32"},
     "dst", "families"),
    ("ace-new", {"acl": "l", "action": "permit", "proto": 6, "dport-lo": 2, "dport-hi": 1},
     "dport-hi", "below"),
    ("ace-new", {"acl": "l", "action": "permit", "proto": 6, "sport-hi": 1}, "sport-hi", "lowest"),
    ("ace-new", {"acl": "l", "action": "permit", "dport-lo": 2}, None, ""),
    ("ace-new", {"acl": "l", "action": "permit", "proto": 6, "icmp-type": 8}, "icmp-type", "icmp"),
    ("ace-new", {"acl": "l", "action": "permit", "line": 2}, "line", "append"),
    ("ace-new", {"acl": "l", "action": "permit", "line": 0}, "line", "append"),
    ("pat-new", {"name": "p"}, "zone", "missing"),
    ("pat-new", {"name": "p", "zone": "z", "to-addr": b"12345"}, "to-addr", "octets"),
    ("pat-new", {"name": "p", "zone": "z", "src": "10.0.0.0/8", "to-addr": "::1"},
     "to-addr", "families"),
    ("pat-new", {"name": "p", "zone": "z", "port-lo": 0}, "port-lo", "1"),
    ("pat-new", {"name": "p", "zone": "z", "port-lo": 9, "port-hi": 8}, "port-hi", "below"),
    ("static-pat-new", {"name": "s", "proto": 1, "zone": "z", "public": "1.2.3.4:5",
                        "node": "1.2.3.4:5"}, "proto", "TCP"),
    ("static-pat-new", {"name": "s", "proto": 6, "zone": "z", "public": "1.2.3.4:5",
                        "node": "[::1]:5"}, "node", "families"),
    ("static-pat-new", {"name": "s", "proto": 6, "zone": "z", "public": "1.2.3.4:0",
                        "node": "1.2.3.4:5"}, "public", "port"),
    ("static-pat-new", {"name": "s", "proto": 6, "zone": "z", "public": {"port": 5},
                        "node": "1.2.3.4:5"}, "public", "address"),
    ("class-map-new", {"name": "c"}, "access-list", "missing"),
    ("inspect-new", {"name": "i", "max-message": 1023}, "max-message", "1024"),
    ("inspect-new", {"name": "i", "max-message": 1048577}, "max-message", "1048576"),
    ("inspect-new", {"name": "i", "idle-timeout": 2592001}, "idle-timeout", "2592000"),
    ("inspect-new", {"name": "i", "hold-timeout": 99}, "hold-timeout", "100"),
    ("inspect-new", {"name": "i", "hold-timeout": 32001}, "hold-timeout", "32000"),
    ("tls-proxy-new", {"name": "t", "zone": "z", "listener-port": 1}, "federation", "missing"),
    ("tls-proxy-new", {"name": "t", "zone": "z", "federation": "f", "listener-port": 0},
     "listener-port", "1"),
    ("tls-proxy-new", {"name": "t", "zone": "z", "federation": "f", "listener-port": 1,
                       "transport": "udp"}, "transport", "tls"),
    ("trustpoint-new", {"name": "t"}, "name", "certificate"),
    ("trustpoint-new", {"name": "t", "key": "/k"}, "key", "certificate"),
    ("trustpoint-new", {"name": "t", "cert": "relative"}, "cert", "absolute"),
    ("trustpoint-new", {"name": "t", "ca": "/c", "ocsp": "ldap://x"}, "ocsp", "URL"),
    ("trustpoint-new", {"name": "t", "ca": "/c", "renew-before": 366}, "renew-before", "365"),
    ("federation-new", {"name": "f", "public-addr": ["1.1.1.1"] * 5}, "public-addr", "four"),
    ("federation-new", {"name": "f", "key": "00"}, "key", ""),
    ("federation-new", {"name": "f", "key": KEY, "key-version": 0}, "key-version", "255"),
    ("federation-new", {"name": "f", "old-key": KEY}, "old-key", "both"),
    ("federation-new", {"name": "f", "key": KEY, "old-key": OLD}, "old-key-version", "version"),
    ("federation-new", {"name": "f", "key": KEY, "key-version": 2, "old-key": OLD,
                        "old-key-version": 2}, "old-key-version", "same version"),
    ("federation-new", {"name": "f", "key-version": 2}, "key-version", "key"),
    ("federation-new", {"name": "f", "local-domain": ["a..b"]}, "local-domain", "label"),
    ("federation-new", {"name": "f", "local-domain": ["b\u00fccher.example"]}, "local-domain", "xn--"),
    ("federation-new", {"name": "f", "inside-name": ["10.1.2.3"]}, "inside-name", "prefix"),
    ("federation-new", {"name": "f", "inside-prefix": ["10.1.2.3/8"]}, "inside-prefix.addr",
     "beyond"),
    ("peer-new", {"name": "p"}, "federation", "missing"),
    ("peer-new", {"name": "p", "federation": "f", "role": "other"}, "role", "inside"),
    ("peer-new", {"name": "p", "federation": "f", "domain": ["*"]}, "domain", "DNS"),
    ("peer-new", {"name": "p", "federation": "f", "subject": ["x" * 64]}, "subject", "63"),
    ("node-new", {"name": "n", "federation": "f"}, "listener", "missing"),
    ("node-new", {"name": "n", "federation": "f", "listener": "1.2.3.4:0"}, "listener", "port"),
    ("domain-new", {"name": "d e", "federation": "f", "peer": "p"}, "name", "DNS"),
    ("settings-set", {"memory-cap": 1 << 60}, "memory-cap", "memory"),
    ("settings-set", {"acl-memory-cap": 1 << 60}, "acl-memory-cap", "memory"),
    ("settings-set", {"max-legs": 1000001}, "max-legs", "1000000"),
    ("txn-commit", {}, "id", "missing"),
    ("txn-abort", {}, "id", "missing"),
    ("refusal-report", {}, "reason", "missing"),
    ("refusal-report", {"reason": "no-such-thing"}, "reason", "counter-get"),
]


@test
def test_bad_field(fp):
    """every field out of its range: words and the offending attribute"""
    for op, values, attr, words in BAD_FIELD:
        try:
            fp.do(op, values)
        except FpError as e:
            if e.errno not in (errno.EINVAL, errno.ERANGE):
                raise AssertionError(f"{op} {values}: {e}") from e
            if not e.text or words not in e.text or (attr and (e.attr or e.missing) != attr):
                raise AssertionError(f"{op} {values}: {e!r} at {e.attr or e.missing}") from e
            continue
        raise AssertionError(f"{op} {values}: accepted")
    equal(fp.do("status-get")["generation"], 0)


def lines(fp, acl="l"):
    rows = fp.dump("ace-get", {"acl": acl})
    equal([r["line"] for r in rows], list(range(1, len(rows) + 1)))
    return [r["proto"] for r in rows]


@test
def test_entries(fp):
    """entries: append, insert, delete by id, by line and all, in order"""
    for proto in (10, 20, 30):
        fp.do("ace-new", {"acl": "l", "action": "permit", "proto": proto})
    equal(fp.do("ace-new", {"acl": "l", "action": "deny", "proto": 5, "line": 1}),
          {"acl": "l", "id": 4, "line": 1})
    fp.do("ace-new", {"acl": "l", "action": "deny", "proto": 25, "line": 4})
    equal(lines(fp), [5, 10, 20, 25, 30])
    fp.do("ace-del", {"acl": "l", "line": 3})
    fp.do("ace-del", {"acl": "l", "id": 4})
    equal(lines(fp), [10, 25, 30])
    equal(refused(errno.ENOENT, fp.do, "ace-del", {"acl": "l", "id": 4}).attr, "id")
    equal(refused(errno.ENOENT, fp.do, "ace-del", {"acl": "l", "line": 4}).attr, "line")
    equal(refused(errno.ENOENT, fp.do, "ace-del", {"acl": "m"}).attr, "acl")
    refused(errno.EINVAL, fp.do, "ace-del", {"acl": "l", "line": 1, "id": 1})
    refused_dump(errno.ENOENT, fp, "ace-get", {"acl": "m"})
    fp.do("acl-new", {"name": "l", "remark": "the entries stay"})
    equal(lines(fp), [10, 25, 30])
    fp.do("ace-del", {"acl": "l"})
    equal(lines(fp), [])
    equal(fp.do("acl-get", {"name": "l"})["entries"], 0)


@test
def test_entries_in_txn(fp):
    """a list deleted and made again in one transaction is empty; ids are not used twice"""
    fp.do("ace-new", {"acl": "l", "action": "permit", "proto": 1})
    txn = fp.begin()
    fp.do("ace-new", {"txn": txn, "acl": "l", "action": "permit", "proto": 2})
    fp.do("acl-del", {"txn": txn, "name": "l"})
    refused(errno.ENOENT, fp.do, "acl-del", {"txn": txn, "name": "l"})
    fp.do("txn-abort", {"id": txn})
    txn = fp.begin()
    fp.do("acl-del", {"txn": txn, "name": "l"})
    fp.do("ace-new", {"txn": txn, "acl": "l", "action": "permit", "proto": 3})
    got = fp.do("ace-new", {"txn": txn, "acl": "l", "action": "permit", "proto": 4,
                            "line": 1}, fpnl.NLM_F_ECHO)
    equal((got["line"], got["id"] > 2), (1, True))
    fp.commit(txn)
    equal(lines(fp), [4, 3])


@test
def test_many_entries(fp):
    """100,000 entries in one transaction, at the end and at the top: the last as cheap as the first"""
    n = 20000 if EMULATED else 100000
    sset, number = "ace", {a["name"]: i + 1 for i, a in enumerate(SPEC.sets["ace"])}
    txn = fp.begin()
    head = fpnl.nla(number["txn"], struct.pack("=I", txn)) + SPEC.encode(
        sset, {"acl": "big", "action": "permit", "proto": 6, "dport-lo": 5061})
    top = fpnl.nla(number["line"], struct.pack("=I", 1))
    src = number["src"] | fpnl.NLA_F_NESTED

    def entry(i):
        addr = fpnl.nla(1, struct.pack(">I", 0x0a000000 + i)) + fpnl.nla(2, b"\x20")
        return ("ace-new", head + fpnl.nla(src, addr) + (top if i % 2 else b""))

    times = []
    for first in range(0, n, 2000):
        requests = [entry(i) for i in range(first, first + 2000)]
        start = time.monotonic()
        equal(fp.batch(requests), [])
        times.append(time.monotonic() - start)
    start = time.monotonic()
    fp.commit(txn)
    print(f"# {n} entries: {sum(times):.2f} s to add, {time.monotonic() - start:.2f} s to commit")
    # The medians, for the machine may have other things to do; and not the hours of n^2.
    early, late = sorted(times[:15])[7], sorted(times[-15:])[7]
    assert late < 3 * early + 0.02, f"2000 entries took {early} s, later {late} s"
    assert sum(times) < 60, f"{sum(times)} s"
    rows = fp.dump("ace-get", {"acl": "big"})
    equal(len(rows), n)
    equal([int(r["src"].split("/")[0].rsplit(".", 2)[1]) << 8 | int(r["src"][:-3].rsplit(".", 1)[1])
           for r in rows[:3]], [(n - k) & 0xffff for k in (1, 3, 5)])
    equal((rows[n // 2 - 1]["src"], rows[n // 2]["src"]), ("10.0.0.1/32", "10.0.0.0/32"))
    beside = []
    for _ in range(9):
        start = time.monotonic()
        fp.do("ace-new", {"acl": "small", "action": "permit"})
        beside.append(time.monotonic() - start)
    print(f"# a commit beside it: {sorted(beside)[4] * 1000:.1f} ms")
    assert sorted(beside)[4] < 0.1, "a commit costs what it did not change"
    fp.do("ace-del", {"acl": "big"})
    equal(fp.do("acl-get", {"name": "big"})["entries"], 0)


@test
def test_acl_memory(fp):
    """the cap on compiled lists refuses a commit and names the list"""
    fp.do("settings-set", {"acl-memory-cap": 20000})
    txn = fp.begin()
    fp.batch([("ace-new", {"txn": txn, "acl": "big", "action": "permit",
                           "src": f"10.{i >> 8}.{i & 255}.0/24"}) for i in range(3000)])
    refused(errno.EINVAL, fp.commit, txn)
    equal([(f["kind"], f["name"]) for f in fp.errors(txn)], [("acl", "big")])
    fp.do("settings-set", {"txn": txn})
    fp.commit(txn)
    assert fp.do("status-get")["acl-memory"] > 20000


@test
def test_settings(fp):
    """limits are replaced as a whole; defaults are not told, those in force are"""
    values = {"memory-cap": 1 << 26, "max-legs": 10, "acl-memory-cap": 1 << 27,
              "strict-inside": True}
    fp.do("settings-set", values)
    equal(fp.do("settings-get"), values)
    equal(fp.do("status-get")["memory-cap"], 1 << 26)
    fp.do("settings-set", {"max-legs": 5})
    equal(fp.do("settings-get"), {"max-legs": 5})
    assert fp.do("status-get")["memory-cap"] != 1 << 26


@test
def test_dump_under_change(fp):
    """a dump that the policy changed under says so; an undisturbed one does not"""
    for i in range(3):
        fp.batch([("zone-new", {"name": f"zone-{i}-{j:03}", "role": "inside",
                                "interface": [f"interface-{i}{j:02}{k:02}" for k in range(13)]})
                  for j in range(100)])
    equal(len(fp.dump("zone-get")), 300)
    equal(fp.intr, False)
    _, _, body = fp.body("zone-get", {})
    seq = fp.send(fp.family, fpnl.NLM_F_DUMP, body)
    answers = fp.collect(seq)
    next(answers)
    other = Fedpat(SPEC)
    other.do("zone-new", {"name": "zone-9", "role": "inside"})
    other.close()
    fp.intr = False
    for _ in answers:
        pass
    equal(fp.intr, True)


@test
def test_isolation(fp):
    """namespaces know nothing of each other, and a deleted one takes its policy along"""
    fp.commit(load(fp))
    with netns("fpother"):
        other = Fedpat(SPEC)
        equal(other.dump("zone-get"), [])
        txn = other.begin()
        fp.do("zone-new", {"name": "mine", "role": "inside"})
        other.commit(load_into(other, txn))
        equal(other.do("status-get")["generation"], 1)
        other.close()
    equal(fp.do("status-get")["generation"], 2)
    equal(len(fp.dump("zone-get")), 3)


def load_into(fp, txn):
    for kind, values in objects():
        fp.do(kind + "-new", {"txn": txn, **values})
    return txn


@test
def test_open_txn_in_dead_namespace(fp):
    """a namespace that goes with a transaction open"""
    with netns("fpgone"):
        other = Fedpat(SPEC)
        load(other)
    other.close()
    equal(fp.do("status-get")["generation"], 0)


def as_nobody(code):
    """Run Python as nobody in a user and network namespace of its own."""
    here = os.path.dirname(os.path.abspath(__file__))
    return subprocess.run(
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "unshare", "-Urn",
         "--keep-caps", sys.executable, "-c", f"import sys; sys.path.insert(0, {here!r})\n" + code],
        check=False, capture_output=True, text=True)


@test
def test_user_namespace(fp):
    """the owner of a namespace configures it, and hands over no sockets"""
    with open("/proc/sys/user/max_user_namespaces", encoding="ascii") as f:
        if not int(f.read()):
            raise Skip("user namespaces are off")
    got = as_nobody("""
from fpnl import *
fp = Fedpat()
fp.do("zone-new", {"name": "z", "role": "inside"})
print([z["name"] for z in fp.dump("zone-get")], fp.do("status-get")["generation"])
most = fp.do("status-get")["memory-cap"]
for values in ({"memory-cap": most}, {"memory-cap": most + 1}, {"acl-memory-cap": 256 << 20},
               {"acl-memory-cap": (256 << 20) + 1}):
    try:
        fp.do("settings-set", values)
        print("taken")
    except FpError as e:
        print(e.errno, e.attr, "administrator" in e.text)
for op in ("leg-attach", "refusal-report"):
    try:
        fp.do(op, {})
    except FpError as e:
        print(op, e.errno)
fp.subscribe()
print("subscribed")
""")
    equal(got.stdout.splitlines(), ["['z'] 1", "taken", "1 memory-cap True", "taken",
                                    "1 acl-memory-cap True", "leg-attach 1", "refusal-report 1",
                                    "subscribed"], got.stderr)
    equal(fp.dump("zone-get"), [])
    above = fp.do("status-get")["memory-cap"] + 1
    fp.do("settings-set", {"memory-cap": above, "acl-memory-cap": (256 << 20) + 1})
    equal(fp.do("status-get")["memory-cap"], above)


@test
def test_unprivileged(fp):
    """without CAP_NET_ADMIN nothing is told and nothing is taken"""

    def stranger():
        os.setgid(65534)
        os.setuid(65534)
        mine = Fedpat(SPEC)
        for op in ("status-get", "settings-get", "zone-new", "txn-begin"):
            values = {"name": "z", "role": "inside"} if op == "zone-new" else {}
            refused(errno.EPERM, mine.do, op, values, words=False)
        for op in ("zone-get", "ace-get", "counter-get", "txn-errors"):
            refused_dump(errno.EPERM, mine, op)
        try:
            mine.subscribe()
        except PermissionError:
            return
        raise AssertionError("may listen")

    equal(os.waitstatus_to_exitcode(os.waitpid(child(stranger), 0)[1]), 0)
    equal(fp.do("status-get")["generation"], 0)


@test
def test_events(fp):
    """a commit is told; a refusal of the daemon is counted and told, with its reason"""
    other = Fedpat(SPEC)
    other.subscribe()
    fp.do("zone-new", {"name": "z", "role": "inside"})
    fp.do("refusal-report", {"reason": "http-on-sip-port", "peer": "edge", "zone": "z",
                             "remote": "198.51.100.20:1234", "local": PUB + ":5061",
                             "text": "a web client"})
    got = list(other.events(0.3))
    equal(got[0], {"event": "commit", "generation": 1, "count": 1})
    equal(got[1], {"event": "refused", "reason": "http-on-sip-port", "peer": "edge",
                   "zone": "z", "remote": "198.51.100.20:1234", "local": PUB + ":5061",
                   "text": "a web client", "count": 1})
    equal(counters(fp)["http-on-sip-port"], 1)
    for _ in range(500):
        fp.do("refusal-report", {"reason": "http-on-sip-port"})
    got = list(other.events(0.3))
    assert len(got) < 400, "no rate limit"
    time.sleep(0.5)
    fp.do("refusal-report", {"reason": "http-on-sip-port"})
    last = list(other.events(0.3))[-1]
    equal(sum(n["count"] for n in got) + last["count"], 501, "events that the notices stand for")
    equal(counters(fp)["http-on-sip-port"], 502)
    other.close()


@test
def test_counters(fp):
    """every counter has a name of its own and a sentence"""
    rows = fp.dump("counter-get")
    names = [r["name"] for r in rows]
    equal(len(names), len(set(names)))
    assert len(names) > 50 and "none" not in names
    for r in rows:
        assert r["text"] and r["sip-status"] in range(0, 700), r


@test
def test_keys(fp):
    """token keys are never told, survive a change without them, and can be rotated"""
    fp.commit(load(fp))
    for op, flags, values in (("federation-get", 0, {"name": "contoso"}),
                              ("federation-get", fpnl.NLM_F_DUMP, {})):
        _, _, body = fp.body(op, values)
        seq = fp.send(fp.family, flags, body)
        for payload in fp.collect(seq):
            assert bytes.fromhex(KEY)[:8] not in payload and bytes.fromhex(OLD)[:8] not in payload
    values = dict(next(v for k, v in objects() if k == "federation"))
    for name in ("key", "old-key", "old-key-version"):
        del values[name]
    values["inside-name"] = ["imp9"]
    fp.do("federation-new", values)
    got = fp.do("federation-get", {"name": "contoso"})
    equal((got["key-version"], got["old-key-version"], got["inside-name"]), (7, 6, ["imp9"]))
    values["key-version"] = 8
    equal(refused(errno.EINVAL, fp.do, "federation-new", values).attr, "key-version")
    fp.do("federation-new", {**values, "key": OLD})
    got = fp.do("federation-get", {"name": "contoso"})
    equal((got["key-version"], "old-key-version" in got), (8, False))


XMPP = [
    ("inspect", {"name": "chat", "type": "xmpp", "tls": "optional", "allow-unlisted": True,
                 "max-message": 65536, "idle-timeout": 600, "hold-timeout": 8000}),
    ("federation", {"name": "chat", "place": "asa", "inspect": "chat", "public-addr": [PUB],
                    "local-domain": ["chat.example.com"]}),
    ("tls-proxy", {"name": "chat-in", "federation": "chat", "zone": "outside",
                   "listener-port": 15269, "transport": "tcp"}),
    ("class-map", {"name": "chat-in", "order": 9, "zone": "outside",
                   "access-list": "partner-in", "inspect": "chat", "tls-proxy": "chat-in"}),
    ("domain", {"name": "*.chat.example", "federation": "chat", "direction": "in",
                "tls": "none"}),
    ("domain", {"name": "chat.example", "federation": "chat"}),
]


@test
def test_xmpp(fp):
    """XMPP needs no token key and no peer; its class maps and proxies are of one protocol"""
    fp.commit(load(fp))
    for kind, values in XMPP:
        fp.do(kind + "-new", values)
        equal(without_answers(fp.do(kind + "-get", {"name": values["name"]})), values, kind)
    mixed = {"name": "chat-in", "order": 9, "zone": "outside", "access-list": "partner-in",
             "inspect": "sip-strict", "tls-proxy": "chat-in"}
    refused(errno.EINVAL, fp.do, "class-map-new", mixed)
    assert "different protocols" in str(fp.dump("txn-errors")), fp.dump("txn-errors")
    refused(errno.EINVAL, fp.do, "tls-proxy-new",
            {"name": "chat-in", "federation": "chat", "zone": "outside",
             "listener-port": 15269, "transport": "tls", "server-trustpoint": "public",
             "client-trustpoint": "public"})
    assert "transport tcp" in str(fp.dump("txn-errors")), fp.dump("txn-errors")


@test
def test_domain_names(fp):
    """names of domains are kept without regard to case and to a dot at the end"""
    fp.commit(load(fp))
    fp.do("domain-new", {"name": "Fabrikam.Example.", "federation": "contoso", "peer": "edge"})
    fp.do("domain-new", {"name": "*.Fabrikam.Example", "federation": "contoso", "peer": "edge"})
    equal(fp.do("domain-get", {"name": "FABRIKAM.example"})["name"], "fabrikam.example")
    fp.do("domain-del", {"name": "fabrikam.EXAMPLE."})
    equal([d["name"] for d in fp.dump("domain-get")],
          ["*.fabrikam.example", "example.net", "spam.example"])
    long = ".".join(["a" * 60] * 4)
    fp.do("domain-new", {"name": long, "federation": "contoso", "peer": "edge"})
    equal(fp.do("domain-get", {"name": long})["name"], long)


@test
def test_large_object(fp):
    """an object as large as they may be is told whole, by get and by dump; larger is refused"""
    fp.commit(load(fp))
    subjects = [f"host-{i:04}.{'x' * 30}.example.net" for i in range(900)]
    peer = {"name": "big", "federation": "contoso", "subject": subjects}
    fp.do("peer-new", peer)
    equal(fp.do("peer-get", {"name": "big"})["subject"], subjects)
    equal([p["name"] for p in fp.dump("peer-get")], ["big", "edge"])
    peer["subject"] = subjects + [s + ".org" for s in subjects]
    refused(errno.EMSGSIZE, fp.do, "peer-new", peer)


@test
def test_limits(fp):
    """65536 objects of a kind, not one more"""
    if EMULATED:
        raise Skip("too long for an emulated machine; uml and debug do it")
    for first in range(0, 65536, 8192):
        txn = fp.begin()
        equal(fp.batch([("acl-new", {"txn": txn, "name": f"l{i}"})
                        for i in range(first, first + 8192)]), [])
        fp.commit(txn)
    assert "65536" in refused(errno.ENOSPC, fp.do, "acl-new", {"name": "one"}).text
    fp.do("acl-new", {"name": "l7", "remark": "replacing is no matter"})
    fp.do("acl-del", {"name": "l7"})
    fp.do("acl-new", {"name": "one"})


def random_value(rng):
    pool = [b"", b"\0", b"a\0", b"z1\0", b"\xff" * rng.randrange(1, 40), bytes(4), bytes(16),
            struct.pack("=I", rng.choice([0, 1, 2, 5, 65535, 1 << 31])), b"example.net\0",
            struct.pack("=H", rng.randrange(65536)), b"x" * 300 + b"\0", b"/f\0", b"contoso\0"]
    if rng.random() < 0.2:
        return b"".join(fpnl.nla(rng.randrange(4), random_value(rng)) for _ in range(2))
    return rng.choice(pool)


@test
def test_noise(fp):
    """random attributes of every operation: refused in words, or taken, and nothing breaks"""
    rng = random.Random(4711)
    fp.commit(load(fp))
    end = time.monotonic() + float(os.environ.get("FEDPAT_NOISE", "5"))
    n = 0
    ops = [o for o in SPEC.ops if o not in ("notice-ntf", "leg-attach")]
    while time.monotonic() < end:
        n += 1
        op = rng.choice(ops)
        kinds = len(SPEC.sets[SPEC.ops[op][1]["attribute-set"]])
        raw = b"".join(fpnl.nla(rng.randrange(kinds + 2) | rng.choice([0, 0, 0x8000]),
                                random_value(rng)) for _ in range(rng.randrange(8)))
        raw = raw[:rng.randrange(len(raw) + 1)] if rng.random() < 0.1 else raw
        flags = fpnl.NLM_F_DUMP if rng.random() < 0.2 else 0
        try:
            fp.request(op, raw, flags)
        except FpError:
            pass
        except ValueError:
            pass
    print(f"# {n} requests")
    assert n > 100
    fp.dump("zone-get")


@test
def test_rename(fp):
    """interfaces that come, are renamed and go while zones name them"""
    fp.commit(load(fp))
    for _ in range(5):
        sh("ip", "link", "add", "in1.17", "type", "dummy")
        sh("ip", "link", "set", "in1.17", "name", "in9")
        sh("ip", "link", "del", "in9")
    equal(fp.do("status-get")["generation"], 1)


@test
def test_out_of_memory(fp):
    """every allocation of every operation fails once: refused, nothing half done, nothing lost"""
    if not available():
        raise Skip("the kernel cannot inject faults")
    state = {"generation": 0, "txn": 0}

    def begin():
        state["txn"] = load(fp)

    def end(err):
        generation = fp.do("status-get")["generation"]
        rows = [len(r) for r in everything(fp).values()]
        assert generation == state["generation"] or not isinstance(err, FpError), err
        # Each commit adds one entry, and replaces the rest.
        equal(rows, [bool(generation) * k for k in (1, 2, 1, 2, 1, 1, 1, 1, 2, 1, 1, 1, generation)])
        state["generation"] = generation
        with contextlib.suppress(FpError):
            fp.do("txn-abort", {"id": state["txn"]})

    n, refusals = each_failure(begin, lambda: fp.commit(state["txn"]), end)
    print(f"# commit: {n} allocations, {refusals} refusals")
    assert n > 50 and refusals > 40, "the commit allocates more than that"
    for kind, values in objects():
        n, refusals = each_failure(lambda: None, lambda k=kind, v=values: fp.do(k + "-new", v),
                                   lambda err: None)
        print(f"# {kind}-new: {n} allocations, {refusals} refusals")
        assert refusals > 5, kind
    ace = {"acl": "partner-in", "action": "permit", "proto": 17}
    n, refusals = each_failure(lambda: fp.do("ace-del", {"acl": "partner-in"}),
                               lambda: fp.do("ace-new", ace), lambda err: None)
    print(f"# ace-new: {n} allocations, {refusals} refusals")
    equal(lines(fp, "partner-in"), [17])


def run(fn):
    with netns("fptest"):
        fp = Fedpat(SPEC)
        try:
            fn(fp)
        finally:
            fp.close()


def main():
    chosen = [t for t in TESTS if not sys.argv[1:] or t.__name__[5:] in sys.argv[1:]]
    print("TAP version 13")
    print(f"1..{len(chosen)}")
    failed = 0
    for i, fn in enumerate(chosen, 1):
        start = time.monotonic()
        try:
            run(fn)
            print(f"ok {i} - {fn.__name__[5:]}: {fn.__doc__}")
        except Skip as e:
            print(f"ok {i} - {fn.__name__[5:]} # SKIP {e}")
        except Exception:  # pylint: disable=broad-except
            failed += 1
            for line in traceback.format_exc().splitlines():
                print(f"# {line}")
            print(f"not ok {i} - {fn.__name__[5:]}: {fn.__doc__}")
        print(f"# {time.monotonic() - start:.2f} s", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
