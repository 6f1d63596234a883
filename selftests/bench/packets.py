#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Packets for the load generator of kload/: what it reads, on standard output.

	packets.py sip FLOWS		SIP over UDP between nodes and a partner's edge,
					see udp_guest.sh: of each flow a request and
					its answer, in both directions
	packets.py flows <KEYS		connections of TCP and first packets of UDP, one
					for each line "PROTO SOURCE PORT DESTINATION PORT"
"""

import ipaddress
import struct
import sys

INSIDE, OUTSIDE = 0, 1		# devices: in0, out0
TCP, UDP = 6, 17
SYN, RST, ACK = 2, 4, 16

EDGE = "10.0.2.2"
PUBLIC = "203.0.113.10"
SIZE = 700

MESSAGE = """MESSAGE {uri} SIP/2.0
Via: SIP/2.0/UDP {via};branch=z9hG4bKf3Ae0d91c7b2{n}
Max-Forwards: 69
From: "Alice Example" <{sender}>;tag=8f2c61d0a4
To: <{to}>
Call-ID: 5f1e22c97a3b4d11a8f0{n}
CSeq: 17 MESSAGE
Contact: <{contact}>
User-Agent: Example-IM/12.5 (desktop)
Date: Thu, 21 Feb 2002 13:02:03 GMT
Content-Type: text/plain; charset=UTF-8
Content-Length: {length}

"""

ANSWER = """SIP/2.0 200 OK
Via: SIP/2.0/UDP {via};branch=z9hG4bKf3Ae0d91c7b2{n}
From: "Alice Example" <{sender}>;tag=8f2c61d0a4
To: <{to}>;tag=3b19
Call-ID: 5f1e22c97a3b4d11a8f0{n}
CSeq: 17 MESSAGE
Server: Example-Edge/7.1
Content-Length: 0

"""


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ip(proto, src, dst, payload):
    src, dst = ipaddress.ip_address(src), ipaddress.ip_address(dst)
    if src.version == 6:
        return struct.pack("!IHBB", 6 << 28, len(payload), proto, 64) + src.packed + dst.packed \
            + payload
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 0, 0x4000, 64, proto, 0) \
        + src.packed + dst.packed
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def udp(sport, dport, data):
    """Its sum is not looked at: the device is said to have done so."""
    return struct.pack("!HHHH", sport, dport, 8 + len(data), 1) + data


def tcp(sport, dport, seq, ack, flags):
    return struct.pack("!HHIIBBHHH", sport, dport, seq, ack, 0x50, flags, 64240, 1, 0)


def record(dev, packet):
    return struct.pack("=HH", dev, len(packet)) + packet


def text(template, **fields):
    body = ""
    if template is MESSAGE:
        room = SIZE - len(template.format(length=300, **fields)) - template.count("\n")
        body = ("Could you have a look at the figures before the call at two? " * 9)[:room]
    return (template.format(length=len(body), **fields).replace("\n", "\r\n") + body).encode()


def exchange(n, node, port):
    """A node asks the partner, the partner asks the node."""
    inside, public, edge = f"{node}:{port}", f"{PUBLIC}:{port}", f"{EDGE}:5060"
    ours, theirs = "sip:alice@example.com", "sip:bob@example.net"
    there = {"n": n, "sender": ours, "to": theirs}
    back = {"n": n, "sender": theirs, "to": ours}

    def out(data):
        return record(INSIDE, ip(UDP, node, EDGE, udp(port, 5060, data)))

    def come(data):
        return record(OUTSIDE, ip(UDP, EDGE, PUBLIC, udp(5060, port, data)))

    return (out(text(MESSAGE, uri=theirs, via=inside, contact=f"sip:alice@{inside}", **there))
            + come(text(ANSWER, via=public, **there))
            + come(text(MESSAGE, uri=f"sip:alice@{public}", via=edge,
                        contact=f"sip:bob@{edge}", **back))
            + out(text(ANSWER, via=edge, **back)))


def sip(flows):
    return b"".join(exchange(n, f"10.0.1.{2 + n}", 5060 + n) for n in range(flows))


def connection(src, sport, dst, dport):
    """From outside: opened, answered, reset."""
    return (record(OUTSIDE, ip(TCP, src, dst, tcp(sport, dport, 1, 0, SYN)))
            + record(INSIDE, ip(TCP, dst, src, tcp(dport, sport, 1, 2, SYN | ACK)))
            + record(OUTSIDE, ip(TCP, src, dst, tcp(sport, dport, 2, 2, ACK)))
            + record(OUTSIDE, ip(TCP, src, dst, tcp(sport, dport, 2, 2, RST | ACK))))


def flow(line):
    proto, src, sport, dst, dport = line.split()
    if int(proto) == TCP:
        return connection(src, int(sport), dst, int(dport))
    return record(OUTSIDE, ip(UDP, src, dst, udp(int(sport), int(dport), b"data")))


def main():
    if sys.argv[1] == "sip":
        sys.stdout.buffer.write(sip(int(sys.argv[2])))
        return
    for line in sys.stdin:
        sys.stdout.buffer.write(flow(line))


main()
