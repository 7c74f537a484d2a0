"""HTTP messages as hardly anybody writes them: requests that a server may answer all the same, responses of which a client may
save the body. What real programs make of them is not foretold here: they are asked (http_clients.py).
"""
import gzip, zlib

HOST = b"Host: a\r\n"
MARK = b" classified "
BODY = b"some words before it" + MARK + b"and after it, so that there is enough to be packed: words, words, words\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
KEEP = b"Connection: keep-alive\r\n"


def get(target=b"/forbidden", more=b"", version=b" HTTP/1.1", method=b"GET "): return method + target + version + b"\r\n" + HOST + more + b"\r\n"


def behind(head, body=b"", line=b"POST /take HTTP/1.1"): return line + b"\r\n" + HOST + head + b"\r\n" + body + get()


FIVE = b"5\r\nhello\r\n0\r\n\r\n"

REQUESTS = {
    "plain": get(), "bare line feeds": get().replace(b"\r", b""), "mixed line ends": get(more=b"A: b\r\nC: d\r\n").replace(b"A: b\r\n", b"A: b\n"),
    "last line end bare": get()[:-2] + b"\n", "folded header": get(more=b"A: b\r\n c\r\n\td\r\n"),
    "folded host": get().replace(b"Host: a", b"Host:\r\n a"),
    "first header folded": get(more=b"").replace(HOST, b" Host: a\r\n" + HOST), "blank before colon": get(more=b"A : b\r\n"),
    "no colon": get(more=b"A b\r\n"),
    "empty header name": get(more=b": b\r\n"), "line feeds before": b"\n\n\n" + get(), "blanks before": b"  " + get(),
    "blank line before": b" \r\n" + get(),
    "encoded letter": get(b"/%66orbidden"), "encoded, upper and lower": get(b"/%66%6F%72%62idd%65n"), "encoded slash": get(b"%2fforbidden"),
    "dots": get(b"/a/../forbidden"),
    "dots encoded": get(b"/a/%2e%2E/forbidden"), "one dot": get(b"/./././forbidden"), "slashes": get(b"////forbidden"),
    "many dots": get(b"/a/b/c/../../../forbidden"),
    "query": get(b"/forbidden?x=/y"), "empty query": get(b"/forbidden?"), "fragment": get(b"/forbidden#x"),
    "absolute": get(b"http://elsewhere/forbidden"),
    "absolute, user and port": get(b"http://u:p@elsewhere:8081/forbidden"), "absolute, empty path": get(b"http://elsewhere/../forbidden"),
    "no version": b"GET /forbidden\r\n",
    "no version, line feed": b"GET /forbidden\n", "1.0": get(version=b" HTTP/1.0"), "1.9": get(version=b" HTTP/1.9"),
    "zeros in version": get(version=b" HTTP/01.01"),
    "blanks behind version": get(version=b" HTTP/1.1   "), "blanks between": get(method=b"GET    ", version=b"     HTTP/1.1"),
    "tab between": get(method=b"GET\t"),
    "other method": get(method=b"FETCH "), "long method": get(method=b"A" * 31 + b" "), "longer method": get(method=b"A" * 200 + b" "),
    "POST": get(method=b"POST ", more=b"Content-Length: 0\r\n"),
    "range": get(more=b"Range: bytes=0-100\r\n"), "ranges": get(more=b"Range: bytes=0-3,4-,2-9\r\n"),
    "asks for gzip": get(more=b"Accept-Encoding: x-gzip, gzip\r\n"),
    "many headers": get(more=b"".join(b"A%d: b\r\n" % i for i in range(900))),
    "long headers": get(more=b"A: " + b"b" * 7900 + b"\r\n" + b"B: " + b"c" * 7900 + b"\r\n"),
    "long target": get(b"/forbidden?" + b"a" * 8000), "expects": behind(b"Expect: 100-continue\r\nContent-Length: 5\r\n", b"hello"),
    "behind a body": behind(b"Content-Length: 5\r\n", b"hello"), "behind a body and line ends": behind(b"Content-Length: 5\r\n", b"hello\r\n\r\n\n"),
    "length with blanks": behind(b"Content-Length: \t 5 \t\r\n", b"hello"), "length without blank": behind(b"Content-Length:5\r\n", b"hello"),
    "length, blank before colon": behind(b"Content-Length : 5\r\n"),
    "length, upper case": behind(b"CONTENT-LENGTH: 5\r\n", b"hello"), "length with zeros": behind(b"Content-Length: 00000000000000005\r\n", b"hello"),
    "length in hex": behind(b"Content-Length: 0x5\r\n"),
    "length twice": behind(b"Content-Length: 5\r\nContent-Length: 5\r\n", b"hello"),
    "lengths": behind(b"Content-Length: 5\r\nContent-Length: 90\r\n", b"hello"), "lengths, comma": behind(b"Content-Length: 5, 5\r\n", b"hello"),
    "length, minus": behind(b"Content-Length: -5\r\n"), "length, empty": behind(b"Content-Length:\r\n"),
    "length of a GET": behind(b"Content-Length: 5\r\n", b"hello", b"GET /text2 HTTP/1.1"),
    "length, folded": behind(b"A: b\r\n Content-Length: 90\r\n"),
    "chunked": behind(CHUNKED, FIVE), "chunked, upper case": behind(b"TRANSFER-ENCODING: CHUNKED\r\n", FIVE),
    "chunked, blanks": behind(b"Transfer-Encoding:  \t chunked\t \r\n", FIVE),
    "chunked, blank before colon": behind(b"Transfer-Encoding : chunked\r\n"),
    "chunked, vertical tab": behind(b"Transfer-Encoding:\vchunked\r\n", FIVE), "chunked twice": behind(CHUNKED * 2, FIVE),
    "chunked, comma": behind(b"Transfer-Encoding: chunked,\r\n", FIVE),
    "identity, chunked": behind(b"Transfer-Encoding: identity, chunked\r\n", FIVE),
    "chunked, identity": behind(b"Transfer-Encoding: chunked, identity\r\n", FIVE), "xchunked": behind(b"Transfer-Encoding: xchunked\r\n"),
    "chunked, folded": behind(b"Transfer-Encoding:\r\n chunked\r\n", FIVE), "chunked and length": behind(CHUNKED + b"Content-Length: 90\r\n", FIVE),
    "length and chunked": behind(b"Content-Length: 5\r\n" + CHUNKED, FIVE),
    "chunked in 1.0": behind(KEEP + CHUNKED, FIVE, b"POST /take HTTP/1.0"),
    "chunk extension": behind(CHUNKED, b"5 ; a = \"b;\\\"c\" \r\nhello\r\n0;d\r\n\r\n"),
    "chunk, zeros": behind(CHUNKED, b"000000005\r\nhello\r\n00000\r\n\r\n"),
    "chunk, hex": behind(CHUNKED, b"A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n"), "chunks, line feeds": behind(CHUNKED, b"5\nhello\n0\n\n"),
    "chunk, 0x": behind(CHUNKED, b"0x5\r\nhello\r\n0\r\n\r\n"), "chunk, plus": behind(CHUNKED, b"+5\r\nhello\r\n0\r\n\r\n"),
    "chunk, no line end": behind(CHUNKED, b"5\r\nhello0\r\n\r\n"),
    "trailers": behind(CHUNKED, b"5\r\nhello\r\n0\r\nA: b\r\n c\r\nContent-Length: 90\r\n\r\n"),
    "chunk, blank first": behind(CHUNKED, b" 5\r\nhello\r\n0\r\n\r\n"),
    "chunk, tab": behind(CHUNKED, b"5\t\r\nhello\r\n0\r\n\r\n"), "chunk, 17 digits": behind(CHUNKED, b"00000000000000005\r\nhello\r\n0\r\n\r\n"),
    "empty chunked body": behind(CHUNKED, b"0\r\n\r\n"),
    "behind HEAD": behind(b"", line=b"HEAD /text4 HTTP/1.1"), "behind a 404": behind(b"", line=b"GET /nothing HTTP/1.1"),
    "behind a 304": behind(b"If-Modified-Since: Thu, 01 Jan 2099 00:00:00 GMT\r\n", line=b"GET /text2 HTTP/1.1"),
    "behind a 405": behind(b"Content-Length: 3\r\n", b"abc", b"POST /text2 HTTP/1.1"), "behind 1.0": behind(KEEP, line=b"GET /text2 HTTP/1.0"),
    "behind OPTIONS": behind(b"", line=b"OPTIONS * HTTP/1.1"),
    "behind CONNECT": behind(b"", line=b"CONNECT a:443 HTTP/1.1"), "behind CONNECT of a path": behind(b"", line=b"CONNECT /text2 HTTP/1.1"),
    "behind CONNECT with a body": behind(b"Content-Length: 5\r\n", b"hello", b"CONNECT /text2 HTTP/1.1"),
    "behind TRACE": behind(b"", line=b"TRACE /text2 HTTP/1.1"),
    "behind an upgrade": behind(b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n", line=b"GET /text2 HTTP/1.1"),
    "behind an upgrade to HTTP/2": behind(b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n", line=b"GET /text2 HTTP/1.1"),
    "behind a line": b"what is this\r\n\r\n" + get(),
    "behind a preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + get(), "behind zeros": b"\0\0\0" + get(), "behind 60": get(b"/text2") * 60 + get(),
    "upgraded itself": get(more=b"Connection: Upgrade\r\nUpgrade: h2c\r\n"),
}

ZIPPED, RAW = gzip.compress(BODY), zlib.compress(BODY)[2:-4]
OK = b"HTTP/1.1 200 OK\r\n"


def sized(head=b"", data=BODY, line=OK): return line + head + b"Content-Length: %d\r\n\r\n" % len(data) + data


def coded(name, data, more=b""): return sized(b"Content-Encoding: " + name + b"\r\n" + more, data)


def chunks(data=BODY, head=CHUNKED, size=b"%x\r\n", end=b"\r\n", last=b"0\r\n\r\n", at=7):
    return OK + head + b"\r\n" + b"".join(size % len(data[i:i + at]) + data[i:i + at] + end for i in range(0, len(data), at)) + last


def pieces(data): return [data[i:i + 7] for i in range(0, len(data), 7)]


# Blocks that are not compressed, and too short for the mark to be in one.
def brotli(data):
    blocks = ((((len(p) - 1) << 3 | 1 << 19) << (i == 0)).to_bytes(3, "little") + p for i, p in enumerate(pieces(data)))
    return b"".join(blocks) + b"\3"


def zstd(data):
    parts = pieces(data)
    blocks = ((len(p) << 3 | (i == len(parts) - 1)).to_bytes(3, "little") + p for i, p in enumerate(parts))
    return b"\x28\xb5\x2f\xfd\x20" + bytes([len(data)]) + b"".join(blocks)


# What the server answers; several in a list: to one request each of a connection, with curl's options for it. At the end the
# connection is closed, behind a HELD one only when the client has gone.
HELD = ("length never reached", "last chunk never sent", "chunk never ended", "gzip never ended", "never closed", "never closed, 1.0", "head and half a body")
EMPTY = OK + b"Content-Length: 0\r\n\r\n"
RESPONSES = {
    "plain": sized(), "until closed": OK + b"\r\n" + BODY, "length never reached": OK + b"Content-Length: 5000\r\n\r\n" + BODY,
    "last chunk never sent": chunks(last=b""), "never closed": OK + b"\r\n" + BODY,
    "never closed, 1.0": b"HTTP/1.0 200 OK\r\n\r\n" + BODY, "chunk never ended": OK + CHUNKED + b"\r\n5000\r\n" + BODY,
    "gzip never ended": OK + b"Content-Encoding: gzip\r\nContent-Length: 5000\r\n\r\n" + ZIPPED[:-8],
    "head and half a body": OK + b"Content-Length: %d\r\n\r\n" % (2 * len(BODY)) + BODY, "bare line feeds": sized().replace(b"\r", b""),
    "mixed line ends": sized(b"A: b\r\n").replace(b"A: b\r\n", b"A: b\n"),
    "folded header": sized(b"A: b\r\n c\r\n\td\r\n"), "blank before colon": sized(b"A : b\r\n"),
    "length, blank before colon": sized().replace(b"Length:", b"Length :"), "no colon": sized(b"A b\r\n"),
    "length twice": sized(b"Content-Length: %d\r\n" % len(BODY)),
    "lengths, comma": OK + b"Content-Length: %d, %d\r\n\r\n" % (len(BODY), len(BODY)) + BODY,
    "lengths, another behind": OK + b"Content-Length: %d\r\nContent-Length: 5\r\n\r\n" % len(BODY) + BODY,
    "lengths, another before": OK + b"Content-Length: 5\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY,
    "length, folded": OK + b"Content-Length: 5\r\n %d\r\n\r\n" % len(BODY) + BODY,
    "length with zeros": sized().replace(b"Length: ", b"Length: 0000000000"),
    "length, plus": sized().replace(b"Length: ", b"Length: +"), "length, minus": OK + b"Content-Length: -1\r\n\r\n" + BODY,
    "length, junk": OK + b"Content-Length: %dx\r\n\r\n" % len(BODY) + BODY, "length, empty": OK + b"Content-Length:\r\n\r\n" + BODY,
    "length, too large": OK + b"Content-Length: 99999999999999999999999\r\n\r\n" + BODY, "chunked": chunks(), "one chunk": chunks(at=1000),
    "chunks of one byte": chunks(at=1), "chunked, upper case": chunks(head=CHUNKED.upper()),
    "chunked, blanks": chunks(head=b"Transfer-Encoding:   chunked  \r\n"),
    "chunked, blank before colon": chunks(head=b"Transfer-Encoding : chunked\r\n"), "chunked twice": chunks(head=CHUNKED * 2),
    "identity, chunked": chunks(head=b"Transfer-Encoding: identity, chunked\r\n"),
    "chunked, identity": chunks(head=b"Transfer-Encoding: chunked, identity\r\n"),
    "chunked, vertical tab": chunks(head=b"Transfer-Encoding:\vchunked\r\n"), "chunked, quoted": chunks(head=b"Transfer-Encoding: \"chunked\"\r\n"),
    "chunked; parameter": chunks(head=b"Transfer-Encoding: chunked;a=b\r\n"), "not chunked": OK + b"Transfer-Encoding: chunke\r\n\r\n" + BODY,
    "chunked, 1.0": chunks().replace(b"1.1", b"1.0", 1), "chunked and length": chunks(head=CHUNKED + b"Content-Length: 5\r\n"),
    "length and chunked": chunks(head=b"Content-Length: 5000\r\n" + CHUNKED), "chunk extensions": chunks(size=b"%x ; a = \"b;\\\"c\"\r\n"),
    "chunks, upper case": chunks(size=b"%X\r\n", at=14), "chunks, zeros": chunks(size=b"00000000%x\r\n"),
    "chunks, line feeds": chunks(size=b"%x\n", end=b"\n", last=b"0\n\n"),
    "chunks, blank behind": chunks(size=b"%x \r\n"), "chunks, tab before": chunks(size=b"\t%x\r\n"), "chunks, 0x": chunks(size=b"0x%x\r\n"),
    "chunks, no line end behind": chunks(end=b""), "trailers": chunks(last=b"0\r\nA: b\r\nContent-Encoding: gzip\r\n\r\n"),
    "no last line end": chunks(last=b"0\r\n"),
    "100 before": b"HTTP/1.1 100 Continue\r\n\r\n" + sized(),
    "102 and 103 before": b"HTTP/1.1 102 P\r\nA: b\r\n\r\nHTTP/1.1 103 E\r\nLink: c\r\n\r\n" + sized(),
    "103 with length before": b"HTTP/1.1 103 E\r\nContent-Length: 5\r\n\r\n" + sized(),
    "199 before": b"HTTP/1.1 199 X\r\n\r\n" + sized(), "40 times 100 before": b"HTTP/1.1 100 Continue\r\n\r\n" * 40 + sized(),
    "101": b"HTTP/1.1 101 S\r\n\r\n" + BODY, "101 to websocket": b"HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n" + BODY,
    "204": sized(line=b"HTTP/1.1 204 N\r\n"), "205": sized(line=b"HTTP/1.1 205 R\r\n"), "304": sized(line=b"HTTP/1.1 304 N\r\n"),
    "206 without range": sized(line=b"HTTP/1.1 206 P\r\n"), "206, odd range": sized(b"Content-Range: bytes 9-3/4\r\n", line=b"HTTP/1.1 206 P\r\n"),
    "404": sized(line=b"HTTP/1.1 404 N\r\n"), "600": sized(line=b"HTTP/1.1 600 X\r\n"), "status of two digits": sized(line=b"HTTP/1.1 20 OK\r\n"),
    "no reason": sized(line=b"HTTP/1.1 200\r\n"), "reason of blanks": sized(line=b"HTTP/1.1 200    \r\n"),
    "tab in status line": sized(line=b"HTTP/1.1\t200\tOK\r\n"), "1.2": sized(line=b"HTTP/1.2 200 OK\r\n"),
    "1.1 of small letters": sized(line=b"http/1.1 200 OK\r\n"), "line before": b"\r\n" + sized(), "0.9": BODY,
    "0.9, nearly": b"HTTP 200 OK\r\n\r\n" + BODY, "ICY": sized(line=b"ICY 200 OK\r\n"),
    "gzip": coded(b"gzip", ZIPPED), "x-gzip": coded(b"x-gzip", ZIPPED), "gzip, mixed case": coded(b"gZiP", ZIPPED),
    "gzip, blanks": coded(b"   gzip  ", ZIPPED), "gzip, empty one": coded(b", gzip,", ZIPPED), "deflate": coded(b"deflate", zlib.compress(BODY)),
    "raw deflate": coded(b"deflate", RAW),
    "gzip, called deflate": coded(b"deflate", ZIPPED), "deflate, called gzip": coded(b"gzip", zlib.compress(BODY)),
    "stored": coded(b"gzip", gzip.compress(BODY, 0)), "identity, called gzip": coded(b"gzip", BODY),
    "gzip members": coded(b"gzip", gzip.compress(BODY[:25]) + gzip.compress(BODY[25:])),
    "gzip, the mark in the second member": coded(b"gzip", gzip.compress(b"first\n") + ZIPPED), "junk behind gzip": coded(b"gzip", ZIPPED + b"junk"),
    "zeros behind gzip": coded(b"gzip", ZIPPED + bytes(512)), "gzip cut": coded(b"gzip", ZIPPED[:-3]),
    "gzip, name": coded(b"gzip", b"\x1f\x8b\x08\x08\0\0\0\0\0\3name\0" + RAW + ZIPPED[-8:]),
    "gzip, sum of the head": coded(b"gzip", b"\x1f\x8b\x08\x02\0\0\0\0\0\3\0\0" + RAW + ZIPPED[-8:]),
    "deflate, then gzip": coded(b"deflate, gzip", gzip.compress(zlib.compress(BODY))),
    "gzip in two headers": coded(b"gzip", gzip.compress(ZIPPED), b"Content-Encoding: gzip\r\n"),
    "gzip, chunked": chunks(ZIPPED, CHUNKED + b"Content-Encoding: gzip\r\n"),
    "gzip of the transfer": chunks(ZIPPED, b"Transfer-Encoding: gzip, chunked\r\n"), "br": coded(b"br", brotli(BODY)),
    "br, upper case": coded(b"BR", brotli(BODY)), "br, then gzip": coded(b"br, gzip", gzip.compress(brotli(BODY))),
    "zstd": coded(b"zstd", zstd(BODY)), "zstd, upper case": coded(b"ZSTD", zstd(BODY)),
    "zstd, then gzip": coded(b"zstd, gzip", gzip.compress(zstd(BODY))), "zstd frames": coded(b"zstd", zstd(BODY[:25]) + zstd(BODY[25:])),
    "zstd, frame to skip": coded(b"zstd", b"\x50\x2a\x4d\x18\4\0\0\0skip" + zstd(BODY)),
    "unknown coding": coded(b"odd", BODY), "text/html; gzip": sized(b"Content-Type: text/html; gzip\r\n"),
    "behind 204": [([], b"HTTP/1.1 204 N\r\n\r\n"), ([], sized())],
    "behind 304 with length": [([], b"HTTP/1.1 304 N\r\nContent-Length: 500\r\n\r\n"), ([], sized())],
    "behind HEAD": [(["-I"], OK + b"Content-Length: 500\r\n\r\n"), ([], sized())],
    "behind HEAD, chunked": [(["-I"], OK + CHUNKED + b"\r\n"), ([], sized())], "behind an empty one": [([], EMPTY), ([], sized())],
    "behind line ends": [([], EMPTY), ([], b"\r\n\r\n" + sized())],
    "behind chunks": [([], chunks(b"other")), ([], sized())],
    "behind a 417": [(["-d", "hello", "-H", "Expect: 100-continue"], b"HTTP/1.1 417 E\r\nContent-Length: 0\r\n\r\n"), ([], sized())],
}
