#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Talk to the netlink family "fedpat", driven by nothing but its YAML spec.

An oracle for the tests: it shares no line with the C client. As a program:

    fpnl.py [--netns NAME] OPERATION [JSON]     one request, answers as JSON lines
    fpnl.py [--netns NAME] --dump OPERATION [JSON]
    fpnl.py [--netns NAME] --apply FILE         a transaction; FILE has "OPERATION JSON" lines
    fpnl.py [--netns NAME] --events [SECONDS]   notices as JSON lines

Addresses are written as text, prefixes as ADDRESS/LEN, endpoints as ADDRESS:PORT
or [ADDRESS]:PORT, enums as words, keys in hexadecimal. Exit status 1 and a JSON
object with errno, text and attribute when the kernel refuses.

As a module: Fedpat().do(op, {...}), .dump(op, {...}), .batch([(op, {...})]).
"""
import argparse
import contextlib
import ctypes
import ipaddress
import json
import os
import socket
import struct
import sys

import yaml

SPEC = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                    "../../Documentation/netlink/specs/fedpat.yaml")

NLM_F_REQUEST, NLM_F_MULTI, NLM_F_ACK, NLM_F_ECHO = 1, 2, 4, 8
NLM_F_DUMP_INTR, NLM_F_DUMP = 0x10, 0x300
NLM_F_CAPPED, NLM_F_ACK_TLVS = 0x100, 0x200
NLMSG_ERROR, NLMSG_DONE = 2, 3
NETLINK_GENERIC, SOL_NETLINK = 16, 270
NETLINK_ADD_MEMBERSHIP, NETLINK_CAP_ACK, NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK = 1, 10, 11, 12
GENL_ID_CTRL, CTRL_CMD_GETFAMILY, CTRL_CMD_NEWFAMILY = 16, 3, 1
NLA_F_NESTED, NLA_TYPE_MASK = 0x8000, 0x3fff
INTS = {"u8": "B", "u16": "H", "u32": "I", "u64": "Q", "s32": "i"}


class FpError(Exception):
    """What the kernel answered: errno, its words, and the attribute it points at."""

    def __init__(self, errno, text="", attr=None, missing=None):
        super().__init__(f"{os.strerror(errno)}: {text}" + (f" [{attr or missing}]" if attr or missing else ""))
        self.errno, self.text, self.attr, self.missing = errno, text, attr, missing


def align(n):
    return (n + 3) & ~3


def nla(kind, data):
    head = struct.pack("=HH", len(data) + 4, kind)
    return head + data + bytes(align(len(data)) - len(data))


def attrs(data, base=0):
    """(type, payload, offset of the attribute) of each attribute."""
    at = 0
    while at + 4 <= len(data):
        size, kind = struct.unpack_from("=HH", data, at)
        if size < 4 or at + size > len(data):
            raise ValueError("attribute out of bounds")
        yield kind & NLA_TYPE_MASK, data[at + 4:at + size], base + at
        at += align(size)


def setns(name):
    """Move this thread to a network namespace, by name or by path."""
    path = name if "/" in name else f"/run/netns/{name}"
    libc = ctypes.CDLL(None, use_errno=True)
    fd = os.open(path, os.O_RDONLY)
    try:
        if libc.setns(fd, 0x40000000):
            raise OSError(ctypes.get_errno(), f"setns {path}")
    finally:
        os.close(fd)


class Spec:
    """The ABI: numbers and types of operations and attributes."""

    def __init__(self, path=SPEC):
        with open(path, encoding="utf-8") as f:
            raw = yaml.load(f, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        self.sets = {s["name"]: s["attributes"] for s in raw["attribute-sets"]}
        self.enums = {d["name"]: [e if isinstance(e, str) else e["name"] for e in d["entries"]]
                      for d in raw["definitions"] if d["type"] == "enum"}
        self.ops = {o["name"]: (i + 1, o) for i, o in enumerate(raw["operations"]["list"])}
        self.by_cmd = {i: o for i, o in self.ops.values()}

    def attr(self, sset, name):
        for i, a in enumerate(self.sets[sset]):
            if a["name"] == name:
                return i + 1, a
        raise KeyError(f"{sset} has no attribute {name}")

    def encode_one(self, a, value):
        kind = a["type"]
        if kind == "string":
            return value if isinstance(value, bytes) else value.encode() + b"\0"
        if kind == "flag":
            return b""
        if kind == "binary":
            return self.encode_binary(value)
        if kind == "nest":
            return self.encode(a["nested-attributes"], self.spell_nest(a, value))
        if "enum" in a and isinstance(value, str):
            value = self.enums[a["enum"]].index(value)
        return struct.pack("=" + INTS[kind], value)

    @staticmethod
    def encode_binary(value):
        if isinstance(value, bytes):
            return value
        try:
            return ipaddress.ip_address(value).packed
        except ValueError:
            return bytes.fromhex(value)

    @staticmethod
    def spell_nest(a, value):
        if not isinstance(value, str):
            return value
        if a["nested-attributes"] == "prefix":
            addr, _, bits = value.partition("/")
            full = ipaddress.ip_address(addr).max_prefixlen
            return {"addr": addr, "len": int(bits) if bits else full}
        addr, _, port = value.rpartition(":")
        return {"addr": addr.strip("[]"), "port": int(port)}

    def encode(self, sset, values):
        """Values in the order given; a list gives one attribute each; raw bytes: (type, bytes)."""
        out = b""
        for name, value in values.items():
            number, a = self.attr(sset, name)
            if a["type"] == "flag" and value is False:
                continue
            if a["type"] == "nest":
                number |= NLA_F_NESTED
            for one in value if isinstance(value, list) else [value]:
                out += nla(number, self.encode_one(a, one))
        return out

    def decode_one(self, a, data):
        kind = a["type"]
        if kind == "string":
            return data.split(b"\0")[0].decode("utf-8", "replace")
        if kind == "flag":
            return True
        if kind == "binary":
            return str(ipaddress.ip_address(data)) if len(data) in (4, 16) else data.hex()
        if kind == "nest":
            return self.decode_nest(a["nested-attributes"], data)
        value = struct.unpack("=" + INTS[kind], data)[0]
        return self.enums[a["enum"]][value] if "enum" in a else value

    def decode_nest(self, sset, data):
        v = self.decode(sset, data)
        if sset == "prefix":
            return f"{v['addr']}/{v['len']}"
        if sset == "endpoint":
            host = f"[{v['addr']}]" if ":" in v["addr"] else v["addr"]
            return f"{host}:{v['port']}"
        return v

    def decode(self, sset, data):
        out = {}
        for number, payload, _ in attrs(data):
            if not number:  # padding
                continue
            if not 1 <= number <= len(self.sets[sset]):
                raise ValueError(f"{sset}: attribute {number} is not in the spec")
            a = self.sets[sset][number - 1]
            value = self.decode_one(a, payload)
            if a.get("multi-attr"):
                out.setdefault(a["name"], []).append(value)
            else:
                out[a["name"]] = value
        return out

    def path_at(self, sset, body, offset, base=0):
        """Name of the attribute at an offset of a message, "node.port" inside a nest."""
        for number, payload, at in attrs(body, base):
            if not at <= offset < at + 4 + align(len(payload)):
                continue
            if not 1 <= number <= len(self.sets[sset]):
                return f"#{number}"
            a = self.sets[sset][number - 1]
            if a["type"] == "nest" and offset >= at + 4:
                inner = self.path_at(a["nested-attributes"], payload, offset, at + 4)
                return a["name"] + ("." + inner if inner else "")
            return a["name"]
        return None


class Fedpat:
    """One netlink socket."""

    def __init__(self, spec=None):
        self.spec = spec or Spec()
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_GENERIC)
        for option in (33, 32):  # SO_RCVBUFFORCE, SO_SNDBUFFORCE
            with contextlib.suppress(PermissionError):
                self.sock.setsockopt(socket.SOL_SOCKET, option, 8 << 20)
        for option in (NETLINK_EXT_ACK, NETLINK_CAP_ACK, NETLINK_GET_STRICT_CHK):
            self.sock.setsockopt(SOL_NETLINK, option, 1)
        self.sock.bind((0, 0))
        self.seq = 0
        self.intr = False
        self.backlog = []
        self.family, self.groups = self.find_family()

    def close(self):
        self.sock.close()

    def find_family(self):
        body = struct.pack("=BBH", CTRL_CMD_GETFAMILY, 1, 0) + nla(2, b"fedpat\0")
        seq = self.send(GENL_ID_CTRL, 0, body)
        family, groups = None, {}
        for kind, payload, _ in attrs(next(self.collect(seq))[4:]):
            if kind == 1:
                family = struct.unpack("=H", payload)[0]
            if kind == 7:
                for _, group, _ in attrs(payload):
                    g = {k: v for k, v, _ in attrs(group)}
                    groups[g[1].rstrip(b"\0").decode()] = struct.unpack("=I", g[2])[0]
        return family, groups

    def message(self, kind, flags, body):
        self.seq += 1
        return struct.pack("=IHHII", len(body) + 16, kind, flags | NLM_F_REQUEST, self.seq, 0) + body

    def send(self, kind, flags, body):
        self.sock.send(self.message(kind, flags | NLM_F_ACK, body))
        return self.seq

    def receive(self):
        data = self.sock.recv(1 << 20)
        while len(data) >= 16:
            size, kind, flags, seq, _ = struct.unpack_from("=IHHII", data)
            yield kind, flags, seq, data[16:size]
            data = data[align(size):]

    def error(self, flags, payload, sset=None, sent=b""):
        code = -struct.unpack_from("=i", payload)[0]
        if not code:
            return None
        text, attr, missing = "", None, None
        size = 20 if flags & NLM_F_CAPPED else 4 + align(struct.unpack_from("=I", payload, 4)[0])
        if flags & NLM_F_ACK_TLVS:
            for kind, value, _ in attrs(payload[size:]):
                if kind == 1:
                    text = value.rstrip(b"\0").decode()
                elif kind == 2 and sset:
                    attr = self.spec.path_at(sset, sent, struct.unpack("=I", value)[0], 20)
                elif kind == 5 and sset:
                    number = struct.unpack("=I", value)[0]
                    missing = self.spec.sets[sset][number - 1]["name"]
        return FpError(code, text, attr, missing)

    def collect(self, seq, sset=None, sent=b""):
        """Bodies of all answers to one request; raises what the kernel says."""
        while True:
            for kind, flags, number, payload in self.receive():
                if number != seq:
                    if not number:
                        self.backlog.append(payload)
                    continue
                self.intr |= bool(flags & NLM_F_DUMP_INTR)
                if kind == NLMSG_ERROR:
                    err = self.error(flags, payload, sset, sent)
                    if err:
                        raise err
                    return
                if kind == NLMSG_DONE:
                    code = -struct.unpack_from("=i", payload)[0] if len(payload) >= 4 else 0
                    if code > 0:
                        raise FpError(code, "dump")
                    return
                yield payload

    def body(self, op, values):
        cmd, o = self.spec.ops[op]
        payload = values if isinstance(values, bytes) else self.spec.encode(o["attribute-set"], values)
        return o["attribute-set"], payload, struct.pack("=BBH", cmd, 1, 0) + payload

    def request(self, op, values, flags):
        sset, payload, body = self.body(op, values)
        self.intr = False
        seq = self.send(self.family, flags, body)
        return [self.spec.decode(sset, p[4:]) for p in self.collect(seq, sset, payload)]

    def do(self, op, values=None, flags=0):
        """One request; its answer (or None)."""
        return (self.request(op, values or {}, flags) or [None])[0]

    def dump(self, op, values=None):
        """All answers; self.intr says whether the policy changed meanwhile."""
        return self.request(op, values or {}, NLM_F_DUMP)

    def begin(self, **values):
        return self.do("txn-begin", {k.replace("_", "-"): v for k, v in values.items()})["id"]

    def commit(self, txn):
        return self.do("txn-commit", {"id": txn})

    def errors(self, txn):
        return self.dump("txn-errors", {"txn": txn})

    def batch(self, requests, chunk=2000):
        """Many requests, the last of a chunk acknowledged; [(index, FpError)] of those refused."""
        failed = []
        for first in range(0, len(requests), chunk):
            part, data, sent = requests[first:first + chunk], b"", []
            for i, (op, values) in enumerate(part):
                sset, payload, body = self.body(op, values)
                sent.append((sset, payload))
                data += self.message(self.family, NLM_F_ACK if i + 1 == len(part) else 0, body)
            base = self.seq - len(part) + 1
            self.sock.send(data)
            failed += [(first + i, e) for i, e in self.collect_batch(base, sent)]
        return failed

    def collect_batch(self, base, sent):
        failed = []
        while True:
            for kind, flags, number, payload in self.receive():
                i = number - base
                if kind != NLMSG_ERROR or not 0 <= i < len(sent):
                    continue
                err = self.error(flags, payload, *sent[i])
                if err:
                    failed.append((i, err))
                if i + 1 == len(sent):
                    return failed

    def subscribe(self):
        self.sock.setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, self.groups["events"])

    def events(self, seconds):
        """Notices until nothing comes for so long."""
        self.sock.settimeout(seconds)
        try:
            while True:
                for payload in self.backlog:
                    yield self.spec.decode("notice", payload[4:])
                self.backlog = []
                for kind, _, _, payload in self.receive():
                    if kind == self.family:
                        yield self.spec.decode("notice", payload[4:])
        except TimeoutError:
            return
        finally:
            self.sock.settimeout(None)


def apply_file(fp, path):
    txn = fp.begin()
    requests = []
    with open(path, encoding="utf-8") as f:
        for line in f:
            line = line.split("#")[0].strip()
            if line:
                op, _, rest = line.partition(" ")
                requests.append((op, {"txn": txn, **json.loads(rest or "{}")}))
    fp.batch(requests)
    try:
        print(json.dumps(fp.commit(txn)))
        return 0
    except FpError as e:
        print(json.dumps({"errno": e.errno, "text": e.text}))
        for fault in fp.errors(txn):
            print(json.dumps(fault))
        return 1


def main():
    p = argparse.ArgumentParser(description="raw client of the netlink family fedpat")
    p.add_argument("--netns")
    p.add_argument("--dump", action="store_true")
    p.add_argument("--apply", metavar="FILE")
    p.add_argument("--events", nargs="?", const=1.0, type=float, metavar="SECONDS")
    p.add_argument("operation", nargs="?")
    p.add_argument("values", nargs="?", default="{}")
    a = p.parse_args()
    if a.netns:
        setns(a.netns)
    fp = Fedpat()
    if a.apply:
        return apply_file(fp, a.apply)
    if a.events is not None:
        fp.subscribe()
        for notice in fp.events(a.events):
            print(json.dumps(notice), flush=True)
        return 0
    if not a.operation:
        p.error("which operation?")
    try:
        for row in fp.request(a.operation, json.loads(a.values), NLM_F_DUMP if a.dump else 0):
            print(json.dumps(row))
    except FpError as e:
        print(json.dumps({"errno": e.errno, "error": os.strerror(e.errno), "text": e.text,
                          "attribute": e.attr or e.missing}))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
