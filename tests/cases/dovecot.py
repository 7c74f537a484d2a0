"""A server of mails for recordings: Dovecot with one mailbox, of bob whose password is "secret". Needs openssl for a certificate."""
import email.message, os, shutil, subprocess

from recording import SERVER, SERVER6

SETTINGS = """protocols = {protocol}
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
service {protocol}-login {{
  chroot =
}}
service anvil {{
  chroot =
}}
"""


def mail(subject, name, content, text="See http://www.example.com/page\n"):
    """A mail with an attachment, as bytes."""
    made = email.message.EmailMessage()
    made["From"], made["To"], made["Subject"] = "alice@example.org", "bob@example.org", subject
    made.set_content(text)
    made.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return made.as_bytes()


def make_site(folder, protocol, mails):
    """The configuration's path, of a server of `protocol` ("imap", "pop3") that has these mails."""
    for name in ("run", "mail", "mail/cur", "mail/new", "mail/tmp"): os.mkdir(os.path.join(folder, name), 0o755)
    for number, content in enumerate(mails, 1):
        with open(os.path.join(folder, "mail", "new", f"{number}.M{number}.mx"), "wb") as f: f.write(content)
    for path, folders, files in os.walk(os.path.join(folder, "mail")):
        for name in (path, *(os.path.join(path, f) for f in files)): shutil.chown(name, "nobody", "nogroup")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=mx.example", "-keyout",
                    os.path.join(folder, "key.pem"), "-out", os.path.join(folder, "cert.pem")], check=True, capture_output=True)
    settings = os.path.join(folder, "dovecot.conf")
    with open(settings, "w") as f: f.write(SETTINGS.format(protocol=protocol, folder=folder, v4=SERVER, v6=SERVER6))
    return settings
