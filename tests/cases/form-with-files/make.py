#!/usr/bin/env python3
"""Writes input.pcap: a form with three files, each in a segment of its own, so that a rule alerts before the others are there."""
import os, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(os.path.dirname(HERE)))
from connections import ACK, Connection, pcap, records


def part(name):
    return (b"--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"%s\"\r\n"
            b"Content-Type: text/plain\r\n\r\nthis is %s\r\n" % (name, name))


parts = [part(b"picture-1.jpg"), part(b"notes.txt"), part(b"picture-2.jpg"), b"--b--\r\n"]
talk = Connection()
given = talk.handshake()
given += [talk.client(b"POST /up HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: %d\r\n\r\n"
                      % sum(map(len, parts))), talk.server(flags=ACK)]
for p in parts: given += [talk.client(p), talk.server(flags=ACK)]
given += [talk.server(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), talk.client(flags=ACK)]

with open(os.path.join(HERE, "input.pcap"), "wb") as f: f.write(pcap(records(given)))
