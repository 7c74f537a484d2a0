#!/usr/bin/env python3
"""Records input.pcap.gz: a client of impacket, and a server that is a few lines here (impacket's takes no bind of its own client).
A bind to one interface that the server has and two that it refuses, calls in one fragment and in several, with and without an
object, a fault. Needs python3-impacket, which is for Debian's own Python."""
import os, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from recording import Recording, SERVER

PYTHON, PORT = "/usr/bin/python3", 49152
SERVE = f"""
import socket, struct

def pdu(kind, flags, call, body):
    return struct.pack("<BBBBIHHI", 5, 0, kind, flags, 0x10, 16 + len(body), 0, call) + body

def answer(kind, call, pdu_in, asked):
    if kind == 11:  # bind: the last context is the one that is meant
        contexts = pdu_in[24]
        results = b"".join(struct.pack("<HH16sI", 0 if i == contexts - 1 else 2, 0 if i == contexts - 1 else 1,
                                       pdu_in[28 + 44 * i + 24:28 + 44 * i + 40], 2) for i in range(contexts))
        return pdu(12, 3, call, struct.pack("<HHIH6sBBH", 4280, 4280, 1, 6, b"{PORT}\\0", contexts, 0, 0) + results)
    opnum = struct.unpack_from("<H", pdu_in, 22)[0]
    if opnum == 2: parts = [b"told: " + asked[:20]]
    elif opnum == 3: parts = [b"long answer " * 300, b"long answer " * 300, b"long answer " * 50]
    else: return pdu(3, 3, call, struct.pack("<IHBBII", 0, 0, 0, 0, 0x1c010002, 0))
    last = len(parts) - 1
    return b"".join(pdu(2, (i == 0) + 2 * (i == last), call, struct.pack("<IHBB", len(part), 0, 0, 0) + part)
                    for i, part in enumerate(parts))

listener = socket.create_server(("0.0.0.0", {PORT}))
peer, _ = listener.accept()
asked = b""
while head := peer.recv(16, socket.MSG_WAITALL):
    length, _, call = struct.unpack_from("<HHI", head, 8)
    whole = head + peer.recv(length - 16, socket.MSG_WAITALL)
    asked += whole[24:]
    if head[3] & 2:
        peer.sendall(answer(head[2], call, whole, asked))
        asked = b""
"""
ASK = f"""
from impacket.dcerpc.v5 import transport
from impacket.dcerpc.v5.rpcrt import DCERPCException
from impacket.uuid import string_to_bin, uuidtup_to_bin
peer = transport.DCERPCTransportFactory("ncacn_ip_tcp:{SERVER}[{PORT}]")
rpc = peer.get_dce_rpc()
rpc.connect()
rpc.bind(uuidtup_to_bin(("e1af8308-5d1f-11c9-91a4-08002b14a0fa", "3.0")), bogus_binds=2)
rpc.call(2, b"a question in one fragment")
rpc.recv()
rpc.set_max_fragment_size(16)
rpc.call(2, b"a question that is cut into several fragments")
rpc.recv()
rpc.set_max_fragment_size(-1)
rpc.call(3, b"", string_to_bin("8a885d04-1ceb-11c9-9fe8-08002b104860"))
rpc.recv()
rpc.call(9, b"no such operation")
try:
    rpc.recv()
except DCERPCException:
    pass
rpc.disconnect()
"""

with Recording(__file__) as r:
    r.server(PYTHON, "-c", SERVE, background=True)
    r.wait_for_port(PORT)
    r.client(PYTHON, "-c", ASK)
