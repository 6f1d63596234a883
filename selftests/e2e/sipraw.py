#!/usr/bin/env -S python3 -IS
# SPDX-License-Identifier: GPL-2.0
"""A peer that says exactly what it is told, over TLS, TCP, in pieces or not.

sipraw.py [options] HOST PORT FILE...   send each FILE, print what comes back

A FILE holds one message or any bytes; "-" is standard input. Lines may end in LF: they
leave as CRLF (not with --binary). Content-Length: AUTO is filled in.

  --cert C --key K --ca A   mutual TLS; without --cert plain TCP
  --tls 1.2|1.3             this version only
  --keylog FILE             secrets of the connection, as NSS writes them
  --hold FILE               stay until FILE is gone
  --cut N                   a segment, or TLS record, every N octets
  --expect TEXT             wait for TEXT in what comes back, exit 1 if it does not come
  --closed                  wait until the other side closes, exit 1 if it does not
  --silent N                nothing comes within N seconds, exit 1 if something does
  --seconds N               how long to wait, 10 unless given; FEDPAT_SLOW times as long
  --binary                  send the bytes as they are
"""
import argparse
import os
import re
import socket
import ssl
import sys
import time


def options():
    p = argparse.ArgumentParser(usage=__doc__)
    p.add_argument("host")
    p.add_argument("port", type=int)
    p.add_argument("files", nargs="*")
    p.add_argument("--cert")
    p.add_argument("--key")
    p.add_argument("--ca")
    p.add_argument("--tls", choices=("1.2", "1.3"))
    p.add_argument("--keylog")
    p.add_argument("--hold")
    p.add_argument("--cut", type=int, default=0)
    p.add_argument("--expect", action="append", default=[])
    p.add_argument("--closed", action="store_true")
    p.add_argument("--seconds", type=float, default=10)
    p.add_argument("--binary", action="store_true")
    p.add_argument("--source")
    p.add_argument("--silent", type=float)
    o = p.parse_args()
    o.seconds *= int(os.environ.get("FEDPAT_SLOW") or 1)
    return o


def connect(o):
    source = (o.source, 0) if o.source else None
    s = socket.create_connection((o.host, o.port), timeout=o.seconds, source_address=source)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if not o.ca:
        return s
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ctx.check_hostname = False
    ctx.load_verify_locations(o.ca)
    if o.cert:
        ctx.load_cert_chain(o.cert, o.key)
    if o.keylog:
        ctx.keylog_filename = o.keylog
    if o.tls:
        version = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}[o.tls]
        ctx.minimum_version = ctx.maximum_version = version
    return ctx.wrap_socket(s)


def message(name, binary):
    data = sys.stdin.buffer.read() if name == "-" else open(name, "rb").read()
    if binary:
        return data
    data = data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    body = data.partition(b"\r\n\r\n")[2]
    return re.sub(rb"(?m)^(Content-Length: )AUTO", rb"\g<1>%d" % len(body), data, count=1)


def send(s, data, cut):
    step = cut or len(data) or 1
    for at in range(0, len(data), step):
        s.sendall(data[at:at + step])


def receive(s, o):
    """Until everything expected was seen, or the other side closed."""
    got, end = b"", time.monotonic() + o.seconds
    if o.silent:
        end = time.monotonic() + o.silent
    while time.monotonic() < end:
        if not o.silent and not o.closed and all(e.encode() in got for e in o.expect):
            return got, False
        s.settimeout(max(0.05, end - time.monotonic()))
        try:
            data = s.recv(65536)
        except (TimeoutError, ssl.SSLWantReadError):
            break
        except (ConnectionError, ssl.SSLError, OSError):
            data = b""
        if not data:
            return got, True
        got += data
    return got, False


def main():
    o = options()
    try:
        s = connect(o)
    except (OSError, ssl.SSLError) as e:
        print(f"no connection: {e}", file=sys.stderr)
        sys.exit(2)
    for name in o.files:
        send(s, message(name, o.binary), o.cut)
    got, closed = receive(s, o)
    sys.stdout.buffer.write(got)
    sys.stdout.flush()
    while o.hold and os.path.exists(o.hold):
        time.sleep(0.1)
    missing = [e for e in o.expect if e.encode() not in got]
    if missing:
        print(f"not seen: {missing}", file=sys.stderr)
    if o.closed and not closed:
        print("not closed", file=sys.stderr)
    if o.silent and got:
        print("not silent", file=sys.stderr)
    sys.exit(1 if missing or (o.closed and not closed) or (o.silent and got) else 0)


if __name__ == "__main__":
    main()
