#!/usr/bin/env python3
"""Records input.pcap.gz: swaks and OpenSMTPD. Mails in plain text and in parts with attachments, over IPv4 and IPv6, with and without
pipelining; one whose sender is refused; one behind STARTTLS. Needs opensmtpd, swaks (with Net::SSLeay and IO::Socket::INET6), and openssl for a
certificate. OpenSMTPD has one control socket and one spool
(/var/spool/smtpd) on a machine, so that no other may run."""
import os, subprocess, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from recording import Recording, SERVER, SERVER6

SETTINGS = """pki site cert "{folder}/cert.pem"
pki site key "{folder}/key.pem"
listen on {v4} port 25 hostname mx.example tls pki site
listen on {v6} port 25 hostname mx.example tls pki site
action "keep" mda "/bin/cat" virtual {{ "@" = nobody }}
match mail-from "mallory@bad.example" from any for any reject
match from any for any action "keep"
"""


def make_site(folder):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
                    "/CN=mx.example", "-keyout", os.path.join(folder, "key.pem"), "-out", os.path.join(folder, "cert.pem")], check=True, capture_output=True)
    os.chmod(os.path.join(folder, "key.pem"), 0o600)
    with open(os.path.join(folder, "tool.exe"), "wb") as f: f.write(b"MZ" + bytes(range(256)) * 40 + b"end of the program")
    settings = os.path.join(folder, "smtpd.conf")
    with open(settings, "w") as f: f.write(SETTINGS.format(folder=folder, v4=SERVER, v6=SERVER6))
    return settings


with Recording(__file__) as r:
    os.makedirs("/var/spool/smtpd", 0o711, exist_ok=True)
    r.server("smtpd", "-d", "-f", make_site(r.folder), background=True)
    r.wait_for_port(25)

    def send(server, *options, check=True):
        r.client("swaks", "--server", server, "--ehlo", "client.example", "--from", "alice@example.org", "--to",
                 "bob@mx.example,carol@mx.example", *options, check=check)

    send(SERVER, "--header", "Subject: plain", "--body", "See http://www.example.com/page and http://192.0.2.7/run.exe now.")
    for server, options in ((SERVER, ("--pipeline",)), (SERVER6, ())):
        send(server, *options, "--header", "Subject: =?utf-8?Q?with_an_attachment?=", "--attach-type", "application/octet-stream",
             "--attach-name", "tool.exe", "--attach", "@" + os.path.join(r.folder, "tool.exe"), "--attach-type", "text/plain",
             "--attach-name", "notes.txt", "--attach", "some notes")
    send(SERVER, "--from", "mallory@bad.example", check=False)
    # OpenSMTPD 6.8 does not come to the end of a handshake with OpenSSL 3; the client's part of it is there.
    send(SERVER, "--tls", "--header", "Subject: nobody reads this", check=False)
