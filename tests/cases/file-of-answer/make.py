#!/usr/bin/env python3
"""Writes input.pcap: a form with a file that a rule with filestore:both matches on, and a file in its answer, where no rule is looked at."""
import os, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(os.path.dirname(HERE)))
from connections import ACK, Connection, pcap, records

form = (b"--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"notes.txt\"\r\n"
        b"Content-Type: text/plain\r\n\r\nthis is it\r\n--b--\r\n")
talk = Connection()
given = talk.handshake()
given += [talk.client(b"POST /report.txt HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: %d\r\n\r\n%s"
                      % (len(form), form)), talk.server(flags=ACK)]
given += [talk.server(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\n"), talk.client(flags=ACK)]
given += [talk.server(b"some text"), talk.client(flags=ACK)]
given += [talk.client(b"GET /other.txt HTTP/1.1\r\nHost: x\r\n\r\n"), talk.server(flags=ACK)]
given += [talk.server(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 8\r\n\r\nmore one"), talk.client(flags=ACK)]

with open(os.path.join(HERE, "input.pcap"), "wb") as f: f.write(pcap(records(given)))
