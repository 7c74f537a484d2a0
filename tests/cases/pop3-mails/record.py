#!/usr/bin/env python3
"""Records input.pcap.gz: curl and Dovecot. Mails are listed, one is fetched over IPv4 and IPv6, the beginning of it, one that is not
there; a password that is wrong; TLS behind STLS. Needs dovecot-pop3d and curl, openssl for a certificate."""
import email.message, os, shutil, subprocess, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from recording import Recording, SERVER, SERVER6

SETTINGS = """protocols = pop3
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/log
listen = {v4}, {v6}
ssl = yes
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
disable_plaintext_auth = no
mail_location = maildir:{folder}/mail
first_valid_uid = 1
passdb {{
  driver = static
  args = password=secret
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={folder}
}}
service pop3-login {{
  chroot =
}}
service anvil {{
  chroot =
}}
"""


def make_site(folder):
    for name in ("run", "mail", "mail/cur", "mail/new", "mail/tmp"): os.mkdir(os.path.join(folder, name), 0o755)
    mail = email.message.EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "alice@example.org", "bob@example.org", "with an attachment"
    mail.set_content("See http://www.example.com/page\n.\n.. and dots\n")
    mail.add_attachment(b"MZ" + bytes(range(256)) * 8 + b"end of the program", maintype="application",
                        subtype="octet-stream", filename="tool.exe")
    with open(os.path.join(folder, "mail", "new", "1.M1.mx"), "wb") as f: f.write(mail.as_bytes())
    with open(os.path.join(folder, "mail", "new", "2.M2.mx"), "wb") as f: f.write(b"Subject: short\n\nhello\n")
    for path, folders, files in os.walk(os.path.join(folder, "mail")):
        for name in (path, *(os.path.join(path, f) for f in files)): shutil.chown(name, "nobody", "nogroup")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=mx.example", "-keyout",
                    os.path.join(folder, "key.pem"), "-out", os.path.join(folder, "cert.pem")], check=True, capture_output=True)
    settings = os.path.join(folder, "dovecot.conf")
    with open(settings, "w") as f: f.write(SETTINGS.format(folder=folder, v4=SERVER, v6=SERVER6))
    return settings


with Recording(__file__) as r:
    r.server("dovecot", "-F", "-c", make_site(r.folder), background=True)
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
