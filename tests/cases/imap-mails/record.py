#!/usr/bin/env python3
"""Records input.pcap.gz: curl and Dovecot. Mailboxes are listed, a mail is fetched over IPv4 and IPv6, its header alone, one that is
not there; a mail is stored; a password that is wrong; TLS behind STARTTLS. Needs dovecot-imapd and curl, openssl for a certificate."""
import email.message, os, shutil, subprocess, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from recording import Recording, SERVER, SERVER6

SETTINGS = """protocols = imap
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
service imap-login {{
  chroot =
}}
service anvil {{
  chroot =
}}
"""


def mail(subject, name, content):
    made = email.message.EmailMessage()
    made["From"], made["To"], made["Subject"] = "alice@example.org", "bob@example.org", subject
    made.set_content("See http://www.example.com/page\n")
    made.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return made.as_bytes()


def make_site(folder):
    for name in ("run", "mail", "mail/cur", "mail/new", "mail/tmp"): os.mkdir(os.path.join(folder, name), 0o755)
    with open(os.path.join(folder, "mail", "new", "1.M1.mx"), "wb") as f:
        f.write(mail("fetched", "tool.exe", b"MZ" + bytes(range(256)) * 8 + b"end of the program"))
    with open(os.path.join(folder, "stored.eml"), "wb") as f:
        f.write(mail("stored", "plan.doc", b"the plan " * 300).replace(b"\n", b"\r\n"))
    for path, folders, files in os.walk(os.path.join(folder, "mail")):
        for name in (path, *(os.path.join(path, f) for f in files)): shutil.chown(name, "nobody", "nogroup")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=mx.example", "-keyout",
                    os.path.join(folder, "key.pem"), "-out", os.path.join(folder, "cert.pem")], check=True, capture_output=True)
    settings = os.path.join(folder, "dovecot.conf")
    with open(settings, "w") as f: f.write(SETTINGS.format(folder=folder, v4=SERVER, v6=SERVER6))
    return settings


with Recording(__file__) as r:
    r.server("dovecot", "-F", "-c", make_site(r.folder), background=True)
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
