#!/usr/bin/env python3
"""Writes input.pcap: a server that says of its own accord that it has waited long enough, and a client that goes on."""
import os, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(os.path.dirname(HERE)))
from connections import ACK, Connection, pcap, records


def get(talk, path): return [talk.client(b"GET %s HTTP/1.1\r\nHost: X.example.\r\n\r\n" % path), talk.server(flags=ACK)]


def answer(talk, status): return [talk.server(b"HTTP/1.1 %s\r\nContent-Length: 0\r\n\r\n" % status), talk.client(flags=ACK)]


talk = Connection()
given = talk.handshake() + get(talk, b"/one") + answer(talk, b"200 OK") + answer(talk, b"408 Request Timeout")
given += get(talk, b"/two") + answer(talk, b"200 OK") + talk.close()

with open(os.path.join(HERE, "input.pcap"), "wb") as f: f.write(pcap(records(given)))
