#!/usr/bin/env python3
"""Records input.pcap.gz: connections whose HTTP clients and servers read with ease: hundreds of requests at once, HTTP/0.9, a change
to a protocol that nobody knows, compression of the transfer, compressed zeros, a long header, a long body."""
import gzip, os, socket, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
PORT = 8080
GET = b"GET /page HTTP/1.1\r\nHost: a\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\n"
MARK = b"<html>HARD-TO-READ</html>\n"
PACKED, FAR = gzip.compress(MARK), gzip.compress(bytes(3_000_000) + MARK)


def with_length(head, body): return OK + head + b"Content-Length: %d\r\n\r\n" % len(body) + body


CONNECTIONS = [  # what the client sends, and what the server does when it has it all
    (GET * 900 + GET.replace(b"page", b"evil-path"), b"HTTP/1.1 204 No\r\n\r\n" * 901),
    (b"GET /old\r\n", MARK),
    (GET.replace(b"\r\n\r\n", b"\r\nConnection: Upgrade\r\nUpgrade: odd\r\n\r\n"),
     b"HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: odd\r\n\r\n\1\2\3BEHIND-THE-CHANGE"),
    (GET, OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n%x\r\n" % len(PACKED) + PACKED + b"\r\n0\r\n\r\n"),
    (GET, with_length(b"Content-Encoding: gzip\r\n", FAR)),
    (GET, with_length(b"X: " + b"y" * 95_000 + b"\r\n", MARK)),
    (GET, with_length(b"", b"z" * 200_000 + MARK)),
]


def receive(connection, length):
    while length > 0: length -= len(connection.recv(min(length, 65536)))


def serve():
    listener = socket.create_server(("", PORT))
    for request, response in CONNECTIONS:
        with listener.accept()[0] as connection:
            receive(connection, len(request))
            connection.sendall(response)


def ask(server):
    for request, response in CONNECTIONS:
        with socket.create_connection((server, PORT)) as connection:
            connection.sendall(request)
            receive(connection, len(response))


def record():
    from recording import Recording, SERVER
    with Recording(__file__) as r:
        r.server(sys.executable, __file__, "serve", background=True)
        r.wait_for_port(PORT)
        r.client(sys.executable, __file__, "ask", SERVER)


if len(sys.argv) == 1: record()
elif sys.argv[1] == "serve": serve()
else: ask(sys.argv[2])
