#!/usr/bin/env python3
"""odd.py SERVER4 SERVER6 PORT [NAME...]  -  sends requests that are hard to log to an HTTP server.

Each request is sent over IPv4 and over IPv6, each time from another address, so the client in a log line identifies
the request. The program prints "NAME ADDRESS" for each request, in the order of sending. --addresses instead prints the
addresses that the host needs. A request that names another client names FORGED: no line may be parsed as a request of
FORGED.

The program uses raw sockets, because an HTTP library would refuse most of these requests.
"""
import base64
import socket
import sys

FORGED = "192.0.2.66", "2001:db8:bad::66"
FROM4, FROM6 = "203.0.113.{}", "2001:db8:1::{}"  # {} is the request's number, from 1
ANSWER_S = 10   # timeout for a server to answer and to close
SILENT_S = 0.3  # how long this program waits before it closes an incomplete request, for which a server may wait

F4, F6 = (a.encode() for a in FORGED)
MEMBERS = b'"remote_addr":"%s","client_ip":"%s","status":200' % (F4, F6)
LINE = b"{" + MEMBERS + b"}"


def get(path=b"/", agent=b"odd", more=b"", host=b"example.test", version=b"HTTP/1.1", method=b"GET"):
    return (method + b" " + path + b" " + version + b"\r\nHost: " + host + b"\r\nUser-Agent: " + agent +
            b"\r\nConnection: close\r\n" + more + b"\r\n")


def header(name, value):
    return name + b": " + value + b"\r\n"


# Headers in which proxies name a client, and members of other products' logs that could have a header's value.
NAMES = (b"X-Forwarded-For X-Real-IP Client-IP X-Client-IP CF-Connecting-IP True-Client-IP Real-IP Remote-IP Remote-Addr "
         b"Source-IP Clientip Client-Addr Forwarded-For Xff ClientHost ClientAddr Downstream-Remote-Address").split()


def headers(value):
    return b"".join(header(name, value) for name in NAMES)


REQUESTS = {
    "plain": get(b"/plain"),
    "gone": get(b"/gone"),
    # text that a log must escape
    "quotes": get(b'/q?a="quoted"&b=\\back', b'Mozilla "x" [y] \\ end'),
    "backslash-ends-uri": get(b"/end\\", b"x"),
    "backslash-ends-agent": get(b"/", b"agent\\", header(b"Referer", b"referer\\")),
    "tab-in-agent": get(b"/", b"Mozilla\ttab"),
    "utf8": get("/utf8/привет?x=é".encode(), "☃ snow".encode()),
    "utf8-percent": get(b"/%d0%bf%22%5c%00%0a"),
    "invalid-utf8": get(b"/inval/\xff\xfe\xc3(", b"\x80\xbf\xf5\xed\xa0\x80"),
    "control-in-uri": get(b"/ctl\x01\x02"),
    "vertical-tab-in-uri": get(b"/v\x0b\x0c\x08\x1b"),
    "delete-in-uri": get(b"/del\x7f"),
    "control-in-agent": get(b"/", b"ctl\x01\x0b\x1b[31m\x7f"),
    "nul-in-uri": get(b"/nul\x00x"),
    "nul-in-agent": get(b"/", b"nul\x00x"),
    "user": get(b"/auth", more=header(b"Authorization", b"Basic " + base64.b64encode(b'us"er\\\n\xff:secret'))),
    # text that looks like another client's line
    "forged-path": get(b"/" + LINE),
    "forged-query": get(b'/x","remote_addr":"%s","status":"200' % F4),
    "forged-agent": get(b"/", b'","remote_addr":"%s","x":"' % F4),
    "forged-referer": get(b"/", more=header(b"Referer", b'"},' + LINE + b',{"x":"')),
    "forged-by-u": get(b"/", b"\\u0022,\\u0022remote_addr\\u0022:\\u0022" + F4),
    "forged-by-x": get(b"/\\x22,\\x22remote_addr\\x22:\\x22" + F4, b"\\x22,\\x22remote_addr\\x22:\\x22" + F4),
    "forged-by-end": get(b"/\\", b",\\", header(b"Referer", b',"remote_addr":"' + F4)),
    "forged-fold": get(b"/", b"a\r\n " + LINE),
    "forged-return": get(b"/", b"a\r" + LINE),
    "forged-first": LINE + b"\r\n\r\n",
    "forged-host": get(b"/", host=F4),
    "forged-host6": get(b"/", host=b"[" + F6 + b"]:80"),
    "forged-uri-host": get(b"http://" + F4 + b"/absolute"),
    "forged-xff": get(b"/", more=header(b"X-Forwarded-For", F4)),
    "forged-xff-list": get(b"/", more=header(b"X-Forwarded-For", F6 + b', "x", ' + F4)),
    "forged-headers": get(b"/", more=header(b"Forwarded", b"for=" + F4) + header(b"X-Real-IP", F4) +
                          header(b"True-Client-IP", F6) + header(b"CF-Connecting-IP", F4)),
    "forged-connect": get(F4 + b":443", method=b"CONNECT"),
    # hosts, methods, versions
    "host-odd": get(b"/", host=b'[bad"'),
    "host-empty": get(b"/", host=b""),
    "host-none": b"GET /nohost HTTP/1.1\r\nConnection: close\r\n\r\n",
    "http10": b"GET /http10 HTTP/1.0\r\n\r\n",
    "http09": b"GET /http09\r\n",
    "version-odd": get(b"/", version=b"HTTP/1.9"),
    "version-none": get(b"/", version=b"XTTP/1.1"),
    "options-star": get(b"*", method=b"OPTIONS"),
    "method-odd": get(b"/", method=b'G"T'),
    "method-long": get(b"/", method=b"G" * 2000),
    "two": get(b"/one").replace(b"Connection: close\r\n", b"") + get(b"/two"),
    "length-odd": get(b"/", more=header(b"Content-Length", b"-1"), method=b"POST"),
    "chunk-odd": get(b"/", more=header(b"Transfer-Encoding", b"chunked"), method=b"POST") + b"zz\r\n\r\n",
    # long requests
    "uri-5k": get(b"/" + b"a" * 5000),
    "uri-5k-utf8": get(b"/" + b"\xff" * 5000),
    "uri-60k": get(b"/" + b"b" * 60000),
    "uri-60k-quotes": get(b"/" + b'"' * 60000),
    "uri-200k": get(b"/" + b"c" * 200000),
    "agent-8k": get(b"/", b"d" * 7900),
    "agent-8k-control": get(b"/", b"\x01" * 7900),
    # not HTTP
    "tls": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09" + b"\xaa" * 200,
    "http2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "garbage": b"GARBAGE\r\n\r\n",
    "blank-lines": b"\r\n\r\n\r\n",
    "half": b"GET /half HT",
    "nothing": b"",
    # add new requests at the end: a request's number is in its address, and some tests name these addresses
    # each header that a log or a proxy may know, with one address and with a list
    "forged-xff6": get(b"/", more=header(b"X-Forwarded-For", F6)),
    "forged-names": get(b"/", more=headers(F4)),
    "forged-names6": get(b"/", more=headers(F6)),
    "forged-names-list": get(b"/", more=headers(F4 + b", " + F6)),
    # an object as the request line; then two whole objects, and one that an error log cuts off, in a path with a dead
    # backend
    "forged-line": LINE + b" HTTP/1.1\r\nHost: example.test\r\nConnection: close\r\n\r\n",
    "forged-message": get(b"/gone" + LINE + LINE),
    "forged-cut": get(b"/gone" + LINE[:-1] + b',"x":"' + b"a" * 3000),
    # headers and a path over 64 KiB; the server answers with 404 or a redirect
    "header-70k": get(b"/long", more=header(b"X-Long", b"h" * 70000)),
    "uri-70k": get(b"/moved/" + b"u" * 70000),
}


def send(family, server, source, request):
    """Sends a request and waits for the end of the answer, whose content does not matter."""
    finished = request.endswith(b"\r\n\r\n") and request.strip() and not request.startswith(b"PRI")
    with socket.socket(family, socket.SOCK_STREAM) as s:
        s.bind((source, 0))
        s.settimeout(ANSWER_S if finished else SILENT_S)
        s.connect(server)
        try:
            s.sendall(request)
            while s.recv(65536):
                pass
        except (TimeoutError, ConnectionError):
            pass


def main():
    if sys.argv[1:] == ["--addresses"]:
        for n in range(1, len(REQUESTS) + 1):
            print(FROM4.format(n) + "/32", FROM6.format(n) + "/128")
        return
    server4, server6, port = sys.argv[1:4]
    for n, (name, request) in enumerate(REQUESTS.items(), 1):
        if sys.argv[4:] and name not in sys.argv[4:]:
            continue
        for family, server, source in ((socket.AF_INET, server4, FROM4), (socket.AF_INET6, server6, FROM6)):
            send(family, (server, int(port)), source.format(n), request)
            print(name, source.format(n), flush=True)


main()
