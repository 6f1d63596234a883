#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Datagrams as no honest host sends them, over IPv4 and IPv6.

tricks.py TRICK SRC DST SPORT DPORT FILE [--size N] [--other PORT] [--extra FILE]

FILE is the payload of one UDP datagram. TRICK is what is done to it:

whole		one packet, nothing special
pieces		fragments of --size octets of IP payload, in order
reverse		the last fragment first
twice		each fragment twice
overlap		the second fragment begins 8 octets early, with other octets there
port		behind the first fragment comes another first one, with port --other
portfirst	before it
inner		a fragment of other octets within the first one
gap		the second fragment is missing
short		the UDP length ends before --extra, whose octets follow in the packet
shortnosum	the same without a checksum
long		the UDP length says more than there is
badsum		the UDP checksum is wrong
nosum		the UDP checksum is 0: none
options		destination options before the UDP header (IPv6)
atomic		one fragment that is the whole packet (IPv6 fragment header)
"""
import argparse
import os
import socket
import struct
import sys

UDP, FRAGMENT, DSTOPTS = socket.IPPROTO_UDP, 44, 60


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff or 0xffff


class Sender:
    """One datagram from one host to another."""

    def __init__(self, src, dst):
        self.v6 = ":" in src
        self.family = socket.AF_INET6 if self.v6 else socket.AF_INET
        self.src = socket.inet_pton(self.family, src)
        self.dst = socket.inet_pton(self.family, dst)
        self.to = (dst, 0)
        self.sock = socket.socket(self.family, socket.SOCK_RAW, socket.IPPROTO_RAW)
        self.ident = os.getpid() & 0xffff

    def udp(self, sport, dport, data, total=None):
        """A UDP packet; its checksum covers what is there."""
        length = total or 8 + len(data)
        packet = struct.pack("!HHHH", sport, dport, length, 0) + data
        pseudo = self.src + self.dst + (struct.pack("!LL", length, UDP) if self.v6 else
                                        struct.pack("!HH", UDP, length))
        covered = packet[:length]
        return packet[:6] + struct.pack("!H", checksum(pseudo + covered)) + packet[8:]

    def send(self, packet, proto=UDP):
        """Without an extension header of ours."""
        self.raw(proto, packet, 0, False, False)

    def fragment(self, off, more, part):
        self.raw(UDP, part, off, more, True)

    def raw(self, proto, part, off, more, fragmented):
        if self.v6:
            if fragmented:
                part = struct.pack("!BBHL", proto, 0, off | more, self.ident) + part
                proto = FRAGMENT
            head = struct.pack("!LHBB", 6 << 28, len(part), proto, 64) + self.src + self.dst
        else:
            head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(part), self.ident,
                               0x2000 * more | off // 8, 64, proto, 0) + self.src + self.dst
        self.sock.sendto(head + part, self.to)


def cut(packet, size):
    """(offset, more, octets) of each fragment."""
    return [(off, off + size < len(packet), packet[off:off + size])
            for off in range(0, len(packet), size)]


def fragmented(trick, packet, o, sender):
    parts = cut(packet, o.size)
    if trick == "reverse":
        parts.reverse()
    elif trick == "twice":
        parts = [p for p in parts for _ in range(2)]
    elif trick == "overlap":
        off, more, part = parts[1]
        parts[1] = (off - 8, more, b"X" * 8 + part)
    elif trick.startswith("port"):
        other = sender.udp(o.sport, o.other, packet[8:])
        parts.insert(trick == "port", (0, True, other[:o.size]))
    elif trick == "inner":
        parts.insert(1, (8, True, b"X" * 8))
    elif trick == "gap":
        del parts[1]
    for part in parts:
        sender.fragment(*part)


def main():
    p = argparse.ArgumentParser(usage=__doc__)
    p.add_argument("trick", choices=("whole", "pieces", "reverse", "twice", "overlap", "port",
                                     "portfirst",
                                     "inner", "gap", "short", "shortnosum", "long",
                                     "badsum", "nosum",
                                     "options", "atomic"))
    p.add_argument("src")
    p.add_argument("dst")
    p.add_argument("sport", type=int)
    p.add_argument("dport", type=int)
    p.add_argument("file")
    p.add_argument("--size", type=int, default=24)
    p.add_argument("--other", type=int, default=0)
    p.add_argument("--extra")
    o = p.parse_args()
    with open(o.file, "rb") as f:
        data = f.read()
    sender = Sender(o.src, o.dst)
    packet = sender.udp(o.sport, o.dport, data)
    if o.trick == "whole":
        sender.send(packet)
    elif o.trick.startswith("short"):
        if o.trick == "shortnosum":
            packet = packet[:6] + b"\0\0" + packet[8:]
        with open(o.extra, "rb") as f:
            sender.send(packet + f.read())
    elif o.trick == "long":
        sender.send(sender.udp(o.sport, o.dport, data, len(packet) + 8))
    elif o.trick == "badsum":
        sender.send(packet[:6] + bytes((packet[6] ^ 1,)) + packet[7:])
    elif o.trick == "nosum":
        sender.send(packet[:6] + b"\0\0" + packet[8:])
    elif o.trick == "options":
        sender.send(struct.pack("!BBBB4x", UDP, 0, 1, 4) + packet, DSTOPTS)
    elif o.trick == "atomic":
        sender.fragment(0, False, packet)
    else:
        fragmented(o.trick, packet, o, sender)
    return 0


if __name__ == "__main__":
    sys.exit(main())
