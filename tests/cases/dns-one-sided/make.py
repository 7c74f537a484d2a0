#!/usr/bin/env python3
"""Writes input.pcap: answers without their queries, a query with two questions, opcodes that nobody has taken."""
import os, struct, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(os.path.dirname(HERE)))
from connections import *

HOST, SERVER = "10.0.0.1", ("10.0.0.2", 53)


def name(text): return b"".join(bytes((len(label),)) + label.encode() for label in text.split(".")) + b"\0"
def question(text, kind=1): return name(text) + struct.pack(">HH", kind, 1)


def message(number, questions, answer=False, opcode=0):
    flags = opcode << 11 | (0x8180 if answer else 0x0100)
    record = b"\xc0\x0c" + struct.pack(">HHIH4s", 1, 1, 60, 4, b"\xc0\0\2\1") if answer else b""
    return struct.pack(">6H", number, flags, len(questions), int(answer), 0, 0) + b"".join(questions) + record


def in_stream(data): return struct.pack(">H", len(data)) + data


frames = [udp(SERVER, (HOST, 2001), message(1, [question("unasked.example")], answer=True)),
          udp((HOST, 2002), SERVER, message(2, [question("first.example"), question("second.example", 28)])),
          udp((HOST, 2003), SERVER, message(3, [question("odd.example")], opcode=9)),
          udp(SERVER, (HOST, 2004), message(4, [question("early.example")], answer=True)),
          udp((HOST, 2004), SERVER, message(5, [question("late.example")])),
          udp(SERVER, (HOST, 2004), message(5, [question("late.example")], answer=True))]
# Of this connection the capture has what the server sends, and not its beginning.
server = Connection(client=SERVER, server=(HOST, 3001))
frames += [server.client(in_stream(message(number, [question(f"stream{number}.example")], answer=True))) for number in (6, 7)]

with open(os.path.join(HERE, "input.pcap"), "wb") as f: f.write(pcap(records(frames)))
