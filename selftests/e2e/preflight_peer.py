#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""A peer with one fault, for the test of fedctl preflight.

It listens on --port for TCP (and --more of them), speaks TLS when --cert is
given, and answers each SIP request with --status and --header. Or it is
--silent, --drip, --http, --xmpp, or --udp-silent.
"""
import argparse
import re
import socket
import ssl
import threading
import time


def answer(request, opts):
    keep = [line for line in request.split("\r\n")
            if re.match(r"(via|from|to|call-id|cseq):", line, re.I)]
    keep = [line + ";tag=sim" if line.lower().startswith("to:") and ";tag=" not in line else line
            for line in keep]
    head = ["SIP/2.0 %d Sim" % opts.status] + keep + opts.header + ["Content-Length: 0"]
    return ("\r\n".join(head) + "\r\n\r\n").encode()


def sip(conn, opts):
    data = b""
    while True:
        got = conn.recv(4096)
        if not got:
            return
        data += got
        while b"\r\n\r\n" in data:
            head, data = data.split(b"\r\n\r\n", 1)
            text = head.decode(errors="replace")
            length = re.search(r"(?im)^content-length: *(\d+)", text)
            data = data[int(length.group(1)):] if length else data
            if not text.startswith("ACK "):
                conn.sendall(answer(text, opts))
            if opts.notify and text.startswith("SUBSCRIBE "):
                conn.sendall(text.replace("SUBSCRIBE", "NOTIFY").encode() + b"\r\n\r\n")


def xmpp(conn, opts):
    conn.recv(4096)
    tls = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>" if opts.starttls else ""
    header = ("<?xml version='1.0'?><stream:stream xmlns='jabber:server' version='1.0' "
              "xmlns:stream='http://etherx.jabber.org/streams'>")
    dialback = "<dialback xmlns='urn:xmpp:features:dialback'/>"
    conn.sendall((header + "<stream:features>" + tls + dialback + "</stream:features>").encode())
    conn.recv(4096)
    if not opts.starttls:
        return
    conn.sendall(b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
    conn = context(opts).wrap_socket(conn, server_side=True)
    conn.recv(4096)
    conn.sendall((header + "<stream:features><mechanisms><mechanism>EXTERNAL</mechanism></mechanisms>"
                  + dialback + "</stream:features>").encode())
    conn.recv(4096)


def context(opts):
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ctx.load_cert_chain(opts.cert, opts.key)
    if opts.ca:
        ctx.load_verify_locations(opts.ca)
    ctx.verify_mode = {"none": ssl.CERT_NONE, "ask": ssl.CERT_OPTIONAL,
                       "require": ssl.CERT_REQUIRED}[opts.verify]
    if opts.old:
        ctx.set_ciphers("ALL:@SECLEVEL=0")
        ctx.minimum_version = ssl.TLSVersion.TLSv1
        ctx.maximum_version = ssl.TLSVersion.TLSv1
    return ctx


def serve(conn, opts):
    try:
        if opts.silent:
            time.sleep(3600)
        elif opts.http:
            conn.recv(4096)
            conn.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        elif opts.xmpp:
            xmpp(conn, opts)
        else:
            if opts.cert:
                conn = context(opts).wrap_socket(conn, server_side=True)
            if opts.drip:
                conn.recv(4096)
                while True:
                    conn.sendall(b"S")
                    time.sleep(0.2)
            sip(conn, opts)
    except OSError as error:
        print(error, flush=True)
    finally:
        conn.close()


def listen(port, opts):
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("", port))
    sock.listen(16)
    while True:
        conn, _ = sock.accept()
        threading.Thread(target=serve, args=(conn, opts), daemon=True).start()


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--port", type=int, required=True)
    p.add_argument("--more", type=int, nargs="*", default=[])
    p.add_argument("--cert")
    p.add_argument("--key")
    p.add_argument("--ca")
    p.add_argument("--verify", default="require")
    p.add_argument("--status", type=int, default=200)
    p.add_argument("--header", action="append", default=[])
    for flag in "silent", "drip", "http", "xmpp", "starttls", "old", "notify", "udp-silent":
        p.add_argument("--" + flag, action="store_true")
    opts = p.parse_args()
    if opts.udp_silent:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind(("", opts.port))
        time.sleep(3600)
    for port in opts.more:
        threading.Thread(target=listen, args=(port, opts), daemon=True).start()
    listen(opts.port, opts)


main()
