#!/usr/bin/env python3
"""Records input.pcap.gz: curl and Dovecot. Mails are listed, one is fetched over IPv4 and IPv6, the beginning of it, one that is not
there; a password that is wrong; TLS behind STLS. Needs dovecot-pop3d and curl, openssl for a certificate."""
import os, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from dovecot import mail, make_site
from recording import Recording, SERVER, SERVER6

MAIL = mail("with an attachment", "tool.exe", b"MZ" + bytes(range(256)) * 8 + b"end of the program",
            "See http://www.example.com/page\n.\n.. and dots\n")

with Recording(__file__) as r:
    r.server("dovecot", "-F", "-c", make_site(r.folder, "pop3", [MAIL, b"Subject: short\n\nhello\n"]), background=True)
    r.wait_for_port(110)

    def fetch(path, *options, user="bob:secret", server=SERVER, check=True):
        r.client("curl", "-s", "-S", "--user", user, f"pop3://{server}/{path}", "-o", "/dev/null", *options, check=check)

    fetch("")
    fetch("", "-X", "UIDL")
    fetch("1")
    fetch("1", server=f"[{SERVER6}]")
    fetch("", "-X", "TOP 1 3")
    fetch("7", check=False)
    fetch("1", user="bob:wrong", check=False)
    fetch("2", "-k", "--ssl-reqd")
