#!/usr/bin/env python3
"""Records input.pcap.gz: curl and Dovecot. Mailboxes are listed, a mail is fetched over IPv4 and IPv6, its header alone, one that is
not there; a mail is stored; a password that is wrong; TLS behind STARTTLS. Needs dovecot-imapd and curl, openssl for a certificate."""
import os, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from dovecot import mail, make_site
from recording import Recording, SERVER, SERVER6

MAIL = mail("fetched", "tool.exe", b"MZ" + bytes(range(256)) * 8 + b"end of the program")

with Recording(__file__) as r:
    with open(os.path.join(r.folder, "stored.eml"), "wb") as f:
        f.write(mail("stored", "plan.doc", b"the plan " * 300).replace(b"\n", b"\r\n"))
    r.server("dovecot", "-F", "-c", make_site(r.folder, "imap", [MAIL]), background=True)
    r.wait_for_port(143)

    def talk(path, *options, user="bob:secret", server=SERVER, check=True):
        r.client("curl", "-s", "-S", "--user", user, f"imap://{server}/{path}", "-o", "/dev/null", *options, check=check)

    talk("")
    talk("INBOX;MAILINDEX=1")
    talk("INBOX;MAILINDEX=1", server=f"[{SERVER6}]")
    talk("INBOX;MAILINDEX=1;SECTION=HEADER")
    talk("INBOX;MAILINDEX=7", check=False)
    talk("INBOX", "-T", "stored.eml")
    talk("INBOX", "-X", "SEARCH UNSEEN")
    talk("", user="bob:wrong", check=False)
    talk("INBOX;MAILINDEX=1", "-k", "--ssl-reqd")
