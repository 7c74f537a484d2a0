#!/usr/bin/env python3
"""Records input.pcap.gz: HTTP that asks for TLS within the connection (RFC 2817) and gets it from OpenSSL, and a server that
agrees and then goes on in plain text."""
import os, socket, ssl, subprocess, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
PORT = 8080
ASK = b"OPTIONS * HTTP/1.1\r\nHost: secure.example\r\nUpgrade: TLS/1.2\r\nConnection: Upgrade\r\n\r\n"
AGREE = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: TLS/1.2, HTTP/1.1\r\nConnection: Upgrade\r\n\r\n"
PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nplain\n"


def head(connection):
    text = b""
    while not text.endswith(b"\r\n\r\n"): text += connection.recv(1)
    return text


def serve(folder):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem"))
    listener = socket.create_server(("", PORT))
    for secure in (True, False):
        connection, _ = listener.accept()
        head(connection)
        connection.sendall(AGREE)
        if secure: connection = context.wrap_socket(connection, server_side=True)
        head(connection)
        connection.sendall(PLAIN)
        connection.close()


def ask(server):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    for secure in (True, False):
        connection = socket.create_connection((server, PORT))
        connection.sendall(ASK)
        head(connection)
        if secure: connection = context.wrap_socket(connection, server_hostname="secure.example")
        connection.sendall(b"GET /behind HTTP/1.1\r\nHost: secure.example\r\n\r\n")
        while connection.recv(4096): pass
        connection.close()


def record():
    from recording import Recording, SERVER
    with Recording(__file__) as r:
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=secure.example", "-keyout", "key.pem",
                        "-out", "cert.pem"], check=True, capture_output=True, cwd=r.folder)
        r.server(sys.executable, __file__, "serve", r.folder, background=True)
        r.wait_for_port(PORT)
        r.client(sys.executable, __file__, "ask", SERVER)


if len(sys.argv) == 1: record()
elif sys.argv[1] == "serve": serve(sys.argv[2])
else: ask(sys.argv[2])
