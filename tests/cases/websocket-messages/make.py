#!/usr/bin/env python3
"""Writes input.pcap: a connection of HTTP that changes to WebSocket, with messages in one frame, in several, and compressed."""
import os, sys, zlib

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(os.path.dirname(HERE)))
from connections import *

ASKED = b"GET /chat HTTP/1.1\r\nHost: chat.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n"
CHANGED = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
MASK = bytes([1, 2, 3, 4])


def head(first, size, masked):
    bit = 0x80 if masked else 0
    return bytes([first, bit | size]) if size < 126 else bytes([first, bit | 126]) + size.to_bytes(2, "big")


def ask(first, data): return head(first, len(data), True) + MASK + bytes(b ^ MASK[i % 4] for i, b in enumerate(data))


def answer(first, data): return head(first, len(data), False) + data


def compressed(data):
    deflate = zlib.compressobj(wbits=-15)
    return (deflate.compress(data) + deflate.flush(zlib.Z_SYNC_FLUSH))[:-4]


connection = Connection()
lines = connection.handshake() + [connection.client(ASKED), connection.server(CHANGED)]
lines += [connection.client(ask(0x81, b"a swordfish")), connection.server(answer(0x82, bytes(300) + b"END-OF-300"))]
lines += [connection.client(ask(0x01, b"sword") + ask(0x89, b"ping") + ask(0x80, b"-in-two"))]
lines += [connection.client(ask(0xC1, compressed(b"a swordfish in a can"))), connection.server(answer(0x8A, b"ping"))]
lines += [connection.server(answer(0x88, b"\x03\xe8"))] + connection.close()

with open(os.path.join(HERE, "input.pcap"), "wb") as f: f.write(pcap(records(lines)))
