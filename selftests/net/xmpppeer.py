#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""XMPP servers with one fault each, for the test of fedctl preflight.

xmpppeer.py NETNS PKI [ADDR FAULT]...: each listens on ADDR port 5269 within NETNS.
A server shows PKI/FAULT.pem if it is there, else PKI/good.pem.
"""
import ctypes
import os
import socket
import ssl
import sys
import threading
import time

HEAD = ("<?xml version='1.0'?><stream:stream xmlns='{ns}' {version}id='x' "
        "xmlns:stream='http://etherx.jabber.org/streams' xmlns:db='jabber:server:dialback'>")
TLS = "xmlns='urn:ietf:params:xml:ns:xmpp-tls'"
DIALBACK = "<dialback xmlns='urn:xmpp:features:dialback'/>"
START = f"<starttls {TLS}/>"
REQUIRED = f"<starttls {TLS}><required/></starttls>"
EXTERNAL = ("<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
            "<mechanism>EXTERNAL</mechanism></mechanisms>")


def send(conn, text):
    conn.sendall(text.encode())


def header(conn, ns="jabber:server", version="version='1.0' "):
    send(conn, HEAD.format(ns=ns, version=version))


def features(conn, *offers):
    send(conn, "<stream:features>" + "".join(offers) + "</stream:features>")


def error(conn, condition):
    header(conn)
    send(conn, f"<stream:error><{condition} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
               "</stream:error></stream:stream>")


def secure(conn, pki, fault):
    cert = f"{pki}/{fault}" if os.path.exists(f"{pki}/{fault}.pem") else f"{pki}/good"
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ctx.load_cert_chain(cert + ".pem", cert + ".key")
    return ctx.wrap_socket(conn, server_side=True)


def offered(conn, pki, fault):
    """From the features on: what depends on STARTTLS."""
    header(conn)
    if fault == "plain":
        features(conn, DIALBACK)
        return
    features(conn, REQUIRED if fault == "demands" else START, DIALBACK)
    conn.recv(4096)
    if fault == "failure":
        send(conn, f"<failure {TLS}/></stream:stream>")
        return
    send(conn, f"<proceed {TLS}/>")
    if fault == "nottls":
        conn.recv(4096)
        send(conn, "<message>this is no TLS</message>")
        return
    conn = secure(conn, pki, fault)
    conn.recv(4096)
    header(conn)
    features(conn, EXTERNAL, DIALBACK)
    conn.recv(4096)


def serve(conn, pki, fault):
    try:
        if fault == "closes":
            return
        if fault == "silent":
            time.sleep(3600)
        asked = conn.recv(4096).decode(errors="replace")
        if fault == "http":
            send(conn, "HTTP/1.1 400 Bad Request\r\n\r\n")
        elif fault == "endless":
            header(conn)
            while True:
                send(conn, " " * 4096)
        elif fault == "client":
            header(conn, "jabber:client")
        elif fault == "old":
            header(conn, version="")
            time.sleep(3600)
        elif fault == "unknown" or "to='unknown." in asked:
            error(conn, "host-unknown")
        elif fault == "denied":
            error(conn, "policy-violation")
        else:
            offered(conn, pki, fault)
    except OSError:
        pass
    finally:
        conn.close()


def listen(addr, pki, fault):
    listener = socket.create_server((addr, 5269), backlog=16)
    while True:
        conn = listener.accept()[0]
        threading.Thread(target=serve, args=(conn, pki, fault), daemon=True).start()


def main():
    libc = ctypes.CDLL(None, use_errno=True)
    fd = os.open(f"/run/netns/{sys.argv[1]}", os.O_RDONLY)
    if libc.setns(fd, 0x40000000):
        raise OSError(ctypes.get_errno(), "setns")
    pki, rest = sys.argv[2], sys.argv[3:]
    for i in range(0, len(rest), 2):
        threading.Thread(target=listen, args=(rest[i], pki, rest[i + 1]), daemon=True).start()
    time.sleep(36000)


main()
