#!/usr/bin/env python3
"""Writes input.pcap.gz: an SSH connection with its banners in pieces and a key exchange, and then encrypted bytes."""
import gzip, os, struct, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(os.path.dirname(HERE)))
from connections import *


def record(code, body):
    return struct.pack(">IBB", len(body) + 6, 4, code) + body + b"pppp"


def kexinit(encryption):
    lists = [b"curve25519-sha256,ecdh", b"ssh-ed25519", encryption, encryption, b"hmac-sha1", b"hmac-sha1", b"none", b"none",
             b"", b""]
    return record(20, b"c" * 16 + b"".join(struct.pack(">I", len(names)) + names for names in lists) + bytes(5))


ssh = Connection()
frames = ssh.handshake()
for side, other, texts in ((ssh.server, ssh.client, (b"SSH-2.0-Open", b"SSH_9.2p1 Example\r\n", kexinit(b"aes256-ctr"))),
                           (ssh.client, ssh.server, (b"SSH-2.0-scan", b"ner_1.0\r\n", kexinit(b"aes128-ctr"))),
                           (ssh.server, ssh.client, (record(31, b"reply") + record(21, b""),)),
                           (ssh.client, ssh.server, (record(30, b"marker before") + record(21, b""), b"marker behind" * 3)),
                           (ssh.server, ssh.client, (b"marker behind" * 3,))):
    for text in texts: frames += [side(text), other(flags=ACK)]
frames += ssh.close()

with open(os.path.join(HERE, "input.pcap.gz"), "wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as f:
    f.write(pcap(records(frames)))
