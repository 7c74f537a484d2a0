#!/usr/bin/env python3
"""Records input.pcap.gz: the tools of OpenLDAP against slapd. Entries added, searched, changed, renamed, compared and deleted, a wrong
password, a search that its limit ends, who am I, TLS behind StartTLS; and a search over UDP, which the tools cannot ask for: a
datagram by hand. Needs slapd, ldap-utils and openssl."""
import os, subprocess, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from recording import Recording, SERVER

SETTINGS = """include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCertificateFile {folder}/cert.pem
TLSCertificateKeyFile {folder}/key.pem
database mdb
suffix "dc=example,dc=test"
rootdn "cn=admin,dc=example,dc=test"
rootpw secret
directory {folder}/data
"""
ENTRIES = """dn: dc=example,dc=test
objectClass: dcObject
objectClass: organization
o: Example
dc: example

dn: cn=Alice,dc=example,dc=test
objectClass: inetOrgPerson
cn: Alice
sn: Liddell
mail: alice@example.test

dn: cn=Bob,dc=example,dc=test
objectClass: inetOrgPerson
cn: Bob
sn: Builder
"""
CHANGES = """dn: cn=Alice,dc=example,dc=test
changetype: modify
replace: mail
mail: liddell@example.test
-
add: telephoneNumber
telephoneNumber: 555-0100
"""
# A search for (objectClass=*) at the root, as MS-ADTS 6.3.3 has it, and whatever comes back.
DATAGRAM = f"""
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(2)
s.sendto(bytes.fromhex("302502010163200400" "0a0100" "0a0100" "020100" "020100" "010100" "870b6f626a656374436c617373" "3000"), ("{SERVER}", 389))
try: s.recv(4096)
except OSError: pass
"""


def make_directory(folder):
    os.mkdir(os.path.join(folder, "data"))
    for name, text in (("slapd.conf", SETTINGS.format(folder=folder)), ("entries.ldif", ENTRIES), ("changes.ldif", CHANGES)):
        with open(os.path.join(folder, name), "w") as f: f.write(text)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=directory.example.test", "-keyout",
                    os.path.join(folder, "key.pem"), "-out", os.path.join(folder, "cert.pem")], check=True, capture_output=True)
    return os.path.join(folder, "slapd.conf")


with Recording(__file__) as r:
    settings = make_directory(r.folder)
    r.server("slapd", "-d", "0", "-f", settings, "-h", f"ldap://{SERVER}/", background=True)
    r.wait_for_port(389)
    who = ["-x", "-H", f"ldap://{SERVER}", "-D", "cn=admin,dc=example,dc=test", "-w", "secret"]
    r.client("ldapadd", *who, "-f", f"{r.folder}/entries.ldif")
    r.client("ldapsearch", *who, "-b", "dc=example,dc=test", "(sn=*)", "cn", "mail")
    r.client("ldapsearch", *who, "-z", "1", "-b", "dc=example,dc=test", check=False)
    r.client("ldapmodify", *who, "-f", f"{r.folder}/changes.ldif")
    r.client("ldapmodrdn", *who, "-r", "cn=Bob,dc=example,dc=test", "cn=Robert")
    r.client("ldapcompare", *who, "cn=Alice,dc=example,dc=test", "sn:Liddell", check=False)
    r.client("ldapdelete", *who, "cn=Robert,dc=example,dc=test")
    r.client("ldapwhoami", *who)
    r.client("ldapwhoami", *who[:-1], "wrong", check=False)
    r.client("env", "LDAPTLS_REQCERT=never", "LDAPTLS_CIPHER_SUITE=NORMAL:-VERS-TLS1.3", "ldapwhoami", "-ZZ", *who)
    r.client(sys.executable, "-c", DATAGRAM)
