#!/usr/bin/env -S python3 -IS
# SPDX-License-Identifier: GPL-2.0
"""Small servers and clients for tests of the packet plane.

traffic.py serve tcp|udp ADDR PORT
	Answer with one line that tells what the server saw:
	"peer ADDR PORT local ADDR PORT orig ADDR PORT", orig being the original
	destination before translation, then echo. TCP: one thread a connection.
traffic.py record ADDR PORT FILE
	Write each datagram to FILE.1, FILE.2 ...; whoever sends "?" is answered.
traffic.py send ADDR PORT FILE [--from ADDR:PORT]
	Send what is in FILE as one datagram.
traffic.py ask tcp|udp ADDR PORT [--from ADDR:PORT] [--wait S] [--text T]
	Print the first line of the answer. Status 0; 3 nothing came back; 4 the
	connection was reset or refused; 5 unreachable.
traffic.py hold ADDR PORT FILE
	Keep one TCP connection busy, a line every 20 ms, each echoed. FILE gets the
	number of lines so far. Ends with status 1 as soon as a line is late by 2 s.
traffic.py many ADDR PORT COUNT [--from ADDR]
	Open COUNT connections at once and keep them for a second. Prints how many
	stood.
traffic.py stray SRC DST SPORT DPORT FLAGS
	A TCP packet that belongs to no connection; FLAGS are those of TCP.
traffic.py frag udp|tcp SRC DST SPORT DPORT SIZE
	A UDP datagram, or a SYN, in IPv4 fragments of SIZE octets of payload each.
"""

import argparse
import errno
import os
import select
import socket
import struct
import sys
import threading
import time

# who waits for an answer waits so many times as long as on a real machine
SLOW = int(os.environ.get("FEDPAT_SLOW") or 1)

SO_ORIGINAL_DST = 80
IP6T_SO_ORIGINAL_DST = 80


def family(addr):
    return socket.AF_INET6 if ":" in addr else socket.AF_INET


def original(conn):
    """What the peer dialled, as the kernel tells it."""
    try:
        if conn.family == socket.AF_INET:
            raw = conn.getsockopt(socket.IPPROTO_IP, SO_ORIGINAL_DST, 16)
            port, addr = struct.unpack_from("!2xH4s", raw)
            return socket.inet_ntop(socket.AF_INET, addr), port
        raw = conn.getsockopt(socket.IPPROTO_IPV6, IP6T_SO_ORIGINAL_DST, 28)
        port, addr = struct.unpack_from("!2xH4x16s", raw)
        return socket.inet_ntop(socket.AF_INET6, addr), port
    except OSError as err:
        return errno.errorcode[err.errno], 0


def line_of(peer, local, orig):
    return "peer %s %d local %s %d orig %s %d\n" % (*peer[:2], *local[:2], *orig)


def serve_one(conn):
    try:
        conn.sendall(line_of(conn.getpeername(), conn.getsockname(),
                             original(conn)).encode())
        while True:
            data = conn.recv(65536)
            if not data:
                return
            conn.sendall(data)
    except OSError:
        pass
    finally:
        conn.close()


def serve_tcp(sock):
    sock.listen(1024)
    while True:
        conn, _ = sock.accept()
        threading.Thread(target=serve_one, args=(conn,), daemon=True).start()


def serve_udp(sock):
    while True:
        data, peer = sock.recvfrom(65536)
        text = line_of(peer, sock.getsockname(), ("-", len(data)))
        sock.sendto(text.encode(), peer)


def serve(opts):
    kind = socket.SOCK_STREAM if opts.proto == "tcp" else socket.SOCK_DGRAM
    sock = socket.socket(family(opts.addr), kind)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if sock.family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    sock.bind((opts.addr, opts.port))
    if opts.proto == "tcp":
        serve_tcp(sock)
    else:
        serve_udp(sock)


def record(opts):
    sock = socket.socket(family(opts.addr), socket.SOCK_DGRAM)
    sock.bind((opts.addr, opts.port))
    count = 0
    while True:
        data, peer = sock.recvfrom(65536)
        count += 1
        with open("%s.new" % opts.file, "wb") as out:
            out.write(data)
        os.rename("%s.new" % opts.file, "%s.%d" % (opts.file, count))
        if data == b"?":
            sock.sendto(b"!", peer)


def send(opts):
    sock = client(opts, socket.SOCK_DGRAM)
    with open(opts.file, "rb") as data:
        sock.sendto(data.read(), (opts.addr, opts.port))
    return 0


def client(opts, kind):
    sock = socket.socket(family(opts.addr), kind)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if opts.source:
        addr, _, port = opts.source.rpartition(":")
        sock.bind((addr.strip("[]"), int(port)))
    sock.settimeout(opts.wait or 1.0 * SLOW)
    return sock


def ask(opts):
    tcp = opts.proto == "tcp"
    sock = client(opts, socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM)
    try:
        sock.connect((opts.addr, opts.port))
        if not tcp or opts.text:
            sock.sendall((opts.text or "hello").encode())
        print(sock.recv(65536).decode().split("\n")[0])
        return 0
    except TimeoutError:
        return 3
    except (ConnectionRefusedError, ConnectionResetError):
        return 4
    except OSError as err:
        print(err, file=sys.stderr)
        return 5


def hold(opts):
    sock = socket.create_connection((opts.addr, opts.port), 5 * SLOW)
    stream = sock.makefile("rwb")
    sock.settimeout(2 * SLOW)
    stream.readline()
    count = 0
    while True:
        text = b"%d\n" % count
        try:
            stream.write(text)
            stream.flush()
            if stream.readline() != text:
                return 1
        except OSError:
            return 1
        count += 1
        with open(opts.file + ".new", "w", encoding="ascii") as out:
            out.write("%d\n" % count)
        os.rename(opts.file + ".new", opts.file)
        time.sleep(0.02)


def many(opts):
    socks = []
    for _ in range(opts.count):
        sock = socket.socket(family(opts.addr), socket.SOCK_STREAM)
        if opts.source:
            sock.bind((opts.source, 0))
        sock.setblocking(False)
        sock.connect_ex((opts.addr, opts.port))
        socks.append(sock)
    time.sleep(opts.wait or 1.0 * SLOW)
    up = select.select([], socks, [], 0)[1]
    up = [s for s in up if not s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)]
    print(len(up))
    return 0


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def transport(opts, proto, packet, where):
    """The transport packet with its checksum, which is at offset where."""
    pseudo = (socket.inet_aton(opts.src) + socket.inet_aton(opts.dst) +
              struct.pack("!BBH", 0, proto, len(packet)))
    total = struct.pack("!H", checksum(pseudo + packet))
    return packet[:where] + total + packet[where + 2:]


def tcp_packet(opts, flags):
    head = struct.pack("!HHLLBBHHH", opts.sport, opts.dport, 1000, 1000,
                       5 << 4, flags, 8192, 0, 0)
    return transport(opts, socket.IPPROTO_TCP, head, 16)


def send_ip(opts, proto, parts):
    """Parts of one IPv4 packet: (offset, more follow, octets)."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    ident = os.getpid() & 0xffff
    for off, more, part in parts:
        head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(part), ident,
                           0x2000 * more | off // 8, 64, proto, 0,
                           socket.inet_aton(opts.src), socket.inet_aton(opts.dst))
        sock.sendto(head + part, (opts.dst, 0))
    return 0


def stray(opts):
    return send_ip(opts, socket.IPPROTO_TCP, [(0, False, tcp_packet(opts, opts.flags))])


def frag(opts):
    if opts.proto == "udp":
        proto, body = socket.IPPROTO_UDP, b"x" * 64
        packet = transport(opts, proto, struct.pack("!HHHH", opts.sport, opts.dport,
                                                    8 + len(body), 0) + body, 6)
    else:
        proto, packet = socket.IPPROTO_TCP, tcp_packet(opts, 2)
    offsets = range(0, len(packet), opts.size)
    return send_ip(opts, proto, [(off, off + opts.size < len(packet),
                                  packet[off:off + opts.size]) for off in offsets])


def main():
    parser = argparse.ArgumentParser()
    sub = parser.add_subparsers(dest="verb", required=True)
    for verb in ("serve", "ask"):
        one = sub.add_parser(verb)
        one.add_argument("proto", choices=("tcp", "udp"))
        one.add_argument("addr")
        one.add_argument("port", type=int)
    one.add_argument("--from", dest="source")
    one.add_argument("--wait", type=float)
    one.add_argument("--text")
    for verb in ("hold", "record", "send"):
        one = sub.add_parser(verb)
        one.add_argument("addr")
        one.add_argument("port", type=int)
        one.add_argument("file")
    one.add_argument("--from", dest="source")
    one.add_argument("--wait", type=float)
    one = sub.add_parser("many")
    one.add_argument("addr")
    one.add_argument("port", type=int)
    one.add_argument("count", type=int)
    one.add_argument("--from", dest="source")
    one.add_argument("--wait", type=float)
    one = sub.add_parser("frag")
    one.add_argument("proto", choices=("tcp", "udp"))
    one.add_argument("src")
    one.add_argument("dst")
    for name in ("sport", "dport", "size"):
        one.add_argument(name, type=int)
    one = sub.add_parser("stray")
    for name in ("src", "dst"):
        one.add_argument(name)
    for name in ("sport", "dport"):
        one.add_argument(name, type=int)
    one.add_argument("flags", type=lambda text: int(text, 0))
    opts = parser.parse_args()
    verbs = {"serve": serve, "ask": ask, "hold": hold, "many": many,
             "frag": frag, "stray": stray, "record": record, "send": send}
    return verbs[opts.verb](opts)


if __name__ == "__main__":
    sys.exit(main())
