#!/usr/bin/env python3
"""Records input.pcap.gz: kinit and kvno against krb5kdc of MIT. Tickets over UDP and TCP, an unknown user, a wrong password, a
service that is not there, a service whose only key is of RC4. Needs krb5-kdc, krb5-admin-server and krb5-user."""
import os, subprocess, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from recording import Recording, SERVER

CLIENT_SETTINGS = """[libdefaults]
 default_realm = EXAMPLE.TEST
 dns_lookup_kdc = false
 dns_canonicalize_hostname = false
 udp_preference_limit = {limit}
 allow_weak_crypto = true
 permitted_enctypes = aes256-cts-hmac-sha1-96 rc4-hmac
[realms]
 EXAMPLE.TEST = {{
  kdc = {kdc}
 }}
"""
KDC_SETTINGS = """[kdcdefaults]
 kdc_listen = 88
 kdc_tcp_listen = 88
[realms]
 EXAMPLE.TEST = {{
  database_name = {folder}/principal
  key_stash_file = {folder}/stash
  supported_enctypes = aes256-cts-hmac-sha1-96:normal
 }}
"""


def environment(folder, limit):
    path = os.path.join(folder, f"krb5-{limit}.conf")
    with open(path, "w") as f: f.write(CLIENT_SETTINGS.format(kdc=SERVER, limit=limit))
    return ["env", f"KRB5_CONFIG={path}", f"KRB5_KDC_PROFILE={folder}/kdc.conf", f"KRB5CCNAME={folder}/tickets"]


def make_realm(folder, env):
    with open(os.path.join(folder, "kdc.conf"), "w") as f: f.write(KDC_SETTINGS.format(folder=folder))
    def run(*words): subprocess.run([*env, *words], check=True, capture_output=True)
    run("kdb5_util", "create", "-s", "-r", "EXAMPLE.TEST", "-P", "master")
    for words in ("addprinc +requires_preauth -pw secret alice", "addprinc -randkey host/files.example.test",
                  "addprinc -e rc4-hmac:normal -pw old http/old.example.test"):
        run("kadmin.local", "-r", "EXAMPLE.TEST", "-q", words)


with Recording(__file__) as r:
    udp, tcp = environment(r.folder, 1400), environment(r.folder, 1)
    make_realm(r.folder, udp)
    r.server(*udp, "krb5kdc", "-n", background=True)
    r.wait_for_port(88)
    for env in (udp, tcp):
        r.client(*env, "sh", "-c", "echo secret | kinit alice")
        r.client(*env, "kvno", "host/files.example.test")
        r.client(*env, "kvno", "http/old.example.test")
        r.client(*env, "kvno", "host/nowhere.example.test", check=False)
    r.client(*udp, "sh", "-c", "echo secret | kinit mallory", check=False)
    r.client(*tcp, "sh", "-c", "echo wrong | kinit alice", check=False)
