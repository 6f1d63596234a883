#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""One TCP connection made by hand, so that its segments can lie.

rawtcp.py TRICK SRC DST SPORT DPORT FILE [--size N]
rawtcp.py sink ADDR PORT FILE		write whatever any connection says to FILE

FILE is what the connection says, in segments of --size octets:

order		one after the other
reverse		the last one first
twice		each one twice
overlap		each one once more with other octets, behind it
badsum		each one with other octets and a wrong checksum before it
window		each one with other octets far outside the window before it
pieces		each one in IP fragments of 16 octets

The kernel must be kept from resetting what it does not know: drop resets from SPORT.
"""
import os
import random
import socket
import struct
import sys
import threading

FIN, SYN, PSH, ACK = 1, 2, 8, 16


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


class Connection:
    """Our end of it."""

    def __init__(self, src, dst, sport, dport):
        self.src, self.dst = socket.inet_aton(src), socket.inet_aton(dst)
        self.to, self.ports = (dst, 0), (sport, dport)
        self.out = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        self.into = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
        self.into.settimeout(5 * int(os.environ.get("FEDPAT_SLOW") or 1))
        self.seq, self.ack = random.getrandbits(32), 0
        self.ident = os.getpid() & 0xffff

    def segment(self, seq, flags, data=b"", wrong=False):
        head = struct.pack("!HHLLBBHHH", *self.ports, seq & 0xffffffff, self.ack,
                           5 << 4, flags, 65000, 0, 0)
        pseudo = self.src + self.dst + struct.pack("!HH", socket.IPPROTO_TCP,
                                                   len(head) + len(data))
        total = checksum(pseudo + head + data) ^ wrong
        return head[:16] + struct.pack("!H", total) + head[18:] + data

    def send(self, packet, size=65535):
        self.ident = (self.ident + 1) & 0xffff
        for off in range(0, len(packet), size):
            part = packet[off:off + size]
            more = off + size < len(packet)
            head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(part), self.ident,
                               0x2000 * more | off // 8, 64, socket.IPPROTO_TCP, 0)
            self.out.sendto(head + self.src + self.dst + part, self.to)

    def receive(self, flags):
        """The next segment of ours with these flags."""
        while True:
            packet = self.into.recv(65535)
            at = 4 * (packet[0] & 15)
            sport, dport, seq, _, _, got = struct.unpack_from("!HHLLBB", packet, at)
            if (dport, sport) == self.ports and got & flags == flags:
                return seq

    def connect(self):
        self.send(self.segment(self.seq, SYN))
        self.ack = (self.receive(SYN | ACK) + 1) & 0xffffffff
        self.seq += 1
        self.send(self.segment(self.seq, ACK))


def say(conn, trick, data, size):
    parts = [(off, data[off:off + size]) for off in range(0, len(data), size)]
    if trick == "reverse":
        parts.reverse()
    for off, part in parts:
        other = b"X" * len(part)
        good = conn.segment(conn.seq + off, PSH | ACK, part)
        if trick == "badsum":
            conn.send(conn.segment(conn.seq + off, PSH | ACK, other, True))
        elif trick == "window":
            conn.send(conn.segment(conn.seq + off + 2 ** 30, PSH | ACK, other))
        conn.send(good, 16 if trick == "pieces" else 65535)
        if trick == "twice":
            conn.send(good)
        elif trick == "overlap":
            conn.send(conn.segment(conn.seq + off, PSH | ACK, other))


def sink(addr, port, path):
    lock = threading.Lock()

    def one(conn):
        while True:
            data = conn.recv(65536)
            if not data:
                return
            with lock, open(path, "ab") as f:
                f.write(data)

    server = socket.create_server((addr, port))
    while True:
        conn, _ = server.accept()
        threading.Thread(target=one, args=(conn,), daemon=True).start()


def main():
    args = sys.argv[1:]
    if len(args) == 4 and args[0] == "sink":
        return sink(args[1], int(args[2]), args[3])
    if len(args) not in (6, 8) or args[0] not in __doc__.split():
        sys.exit(__doc__)
    with open(args[5], "rb") as f:
        data = f.read()
    conn = Connection(args[1], args[2], int(args[3]), int(args[4]))
    conn.connect()
    say(conn, args[0], data, int(args[7]) if len(args) == 8 else 40)
    return 0


if __name__ == "__main__":
    sys.exit(main())
