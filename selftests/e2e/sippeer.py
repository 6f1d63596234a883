#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""A SIP server or client over mutual TLS, for tests with many partners.

sippeer.py serve ADDR PORT LOG CERT:KEY:CA [NAME=CERT:KEY:CA ...]
    Answers every request with 200. One line a request goes to LOG: the name
    that the caller asked for (SNI), method and Request-URI. With NAME the
    certificate shown is that of the name asked for. OPTIONS gets 503 while there is a
    file LOG.busy.

sippeer.py send ADDR PORT CERT:KEY:CA FROM TO...
    One connection, one MESSAGE to each TO; prints TO, the status and the Warning.
    --hold SECONDS before it: keep the connection so long afterwards.
"""
import os
import socket
import ssl
import sys
import threading
import time


def context(files, server):
    cert, key, ca = files.split(":")
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
    ctx.check_hostname = False
    ctx.load_cert_chain(cert, key)
    ctx.load_verify_locations(ca)
    ctx.verify_mode = ssl.CERT_REQUIRED
    return ctx


def read_message(conn, rest):
    """The next message, as lines of its head, and what follows it."""
    while b"\r\n\r\n" not in rest:
        more = conn.recv(65536)
        if not more:
            return None, b""
        rest += more
    head, rest = rest.split(b"\r\n\r\n", 1)
    lines = head.decode(errors="replace").lstrip("\r\n").split("\r\n")
    length = 0
    for line in lines[1:]:
        name, _, value = line.partition(":")
        if name.strip().lower() in ("content-length", "l"):
            length = int(value)
    while len(rest) < length:
        more = conn.recv(65536)
        if not more:
            return None, b""
        rest += more
    return lines, rest[length:]


def header(lines, name):
    return [line.split(":", 1)[1].strip() for line in lines[1:]
            if line.split(":", 1)[0].strip().lower() == name]


def answer(lines, status="200 OK"):
    out = ["SIP/2.0 " + status]
    out += ["Via: " + v for v in header(lines, "via")]
    for name in ("from", "call-id", "cseq"):
        out += ["%s: %s" % (name.title(), v) for v in header(lines, name)]
    to = header(lines, "to")[0]
    out.append("To: " + (to if "tag=" in to else to + ";tag=srv"))
    out.append("Content-Length: 0")
    return ("\r\n".join(out) + "\r\n\r\n").encode()


def serve_one(raw, ctx, log):
    try:
        conn = ctx.wrap_socket(raw, server_side=True)
        rest = b""
        while True:
            lines, rest = read_message(conn, rest)
            if not lines:
                return
            if lines[0].startswith("SIP/2.0"):
                continue
            with open(log, "a", encoding="utf-8") as f:
                f.write("%s %s\n" % (getattr(conn, "asked", None), " ".join(lines[0].split()[:2])))
            busy = lines[0].startswith("OPTIONS ") and os.path.exists(log + ".busy")
            conn.sendall(answer(lines, "503 Service Unavailable" if busy else "200 OK"))
    except (OSError, ssl.SSLError) as e:
        print("connection ended:", e, flush=True)


def serve(addr, port, log, main, *named):
    ctx = context(main, True)
    others = {n.split("=")[0]: context(n.split("=")[1], True) for n in named}

    def choose(conn, name, _):
        conn.asked = name
        if name in others:
            conn.context = others[name]

    ctx.sni_callback = choose
    s = socket.create_server((addr, int(port)), backlog=64)
    while True:
        raw, _ = s.accept()
        threading.Thread(target=serve_one, args=(raw, ctx, log), daemon=True).start()


def send(addr, port, files, sender, *to, hold=0.0):
    ctx = context(files, False)
    ctx.verify_mode = ssl.CERT_NONE
    patience = 20 * int(os.environ.get("FEDPAT_SLOW") or 1)
    raw = socket.create_connection((addr, int(port)), timeout=patience)
    conn = ctx.wrap_socket(raw)
    here, rest = raw.getsockname()[0] if raw.fileno() >= 0 else conn.getsockname()[0], b""
    bad = 0
    for n, uri in enumerate(to, 1):
        unique = "%d-%d" % (time.time_ns(), n)
        conn.sendall(("MESSAGE sip:%s SIP/2.0\r\nVia: SIP/2.0/TLS %s:5062;branch=z9hG4bK%s\r\n"
                      "Max-Forwards: 70\r\nFrom: <sip:%s>;tag=1\r\nTo: <sip:%s>\r\n"
                      "Call-ID: %s@%s\r\nCSeq: %d MESSAGE\r\nContent-Type: text/plain\r\n"
                      "Content-Length: 5\r\n\r\nhello" %
                      (uri, here, unique, sender, uri, unique, here, n)).encode())
        lines, rest = read_message(conn, rest)
        print(uri, lines[0].split(" ", 1)[1] if lines else "closed",
              *header(lines or [""], "warning"), flush=True)
        bad += not lines or " 200 " not in lines[0] + " "
    time.sleep(hold)
    return 1 if bad else 0


def main():
    args = sys.argv[1:]
    if len(args) > 4 and args[0] == "serve":
        serve(*args[1:])
    hold = 0.0
    if args and args[0] == "send" and args[1] == "--hold":
        hold = float(args[2])
        args = ["send"] + args[3:]
    if len(args) > 5 and args[0] == "send":
        sys.exit(send(*args[1:], hold=hold))
    sys.exit(__doc__)


if __name__ == "__main__":
    main()
