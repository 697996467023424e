#!/usr/bin/env python3
"""Guessers make lines longer than 64 KiB, in the format of each server. The status comes before or after the long
text, and every guesser is banned for its errors."""
import json
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, "..")
from lines import START, visitors, write  # noqa: E402

LONG = "a" * 70_000
RATE = 1.5  # guesses per second: under the limit of `requests`


def stamp(t, form):
    minutes, s = divmod(t, 60)
    return form % (10 + int(minutes) // 60, int(minutes) % 60, s)


def caddy(t, client, uri="/login", status=401, headers=None, answer=None):
    """Caddy writes the request's headers before the status and the answer's headers after it."""
    return {"level": "info", "ts": round(START + t, 3), "logger": "http.log.access.log0", "msg": "handled request",
            "request": {"remote_ip": client, "remote_port": "49171", "proto": "HTTP/1.1", "method": "POST",
                        "host": "example.test", "uri": uri, "headers": headers or {}},
            "duration": 0.001, "size": 0, "status": status, "resp_headers": answer or {"Server": ["Caddy"]}}


def caddy_header(t, client):
    return caddy(t, client, headers={"User-Agent": ["x"], "X-A": [LONG, '"' + "\\" * 9], "X-B": ["{"]})


def caddy_redirect(t, client):
    """A client that uses plain HTTP is redirected to https, and Caddy logs the URL twice."""
    return caddy(t, client, "/" + LONG, 400, answer={"Location": ["https://example.test/" + LONG]})


def nginx(t, client):
    """nginx with large_client_header_buffers 4 128k."""
    return {"remote_addr": client, "msec": round(START + t, 3), "request": f"GET /{LONG}{LONG[:57_000]} HTTP/1.1",
            "status": 404, "ua": '\\"' * 40_000}


def haproxy(t, client):
    """HAProxy with tune.bufsize 131072."""
    return {"client_ip": client, "request_date": stamp(t, "2026-11-22T%02d:%02d:%06.3fZ"), "method": "GET",
            "uri": "/" + LONG, "status_code": 404, "time_active": 0}


def apache(t, client):
    """Apache with LimitRequestLine 131072."""
    return {"remoteIP": client, "time": stamp(t, "2026-11-22T%02d:%02d:%06.3f+0000"),
            "request": f"GET /{LONG}?{'%22' * 9} HTTP/1.1", "status": "404", "duration": 1}


def guesses(shape, client, start, n):
    return [(start + i / RATE, json.dumps(shape(start + i / RATE, client), separators=(",", ":"))) for i in range(n)]


write(visitors(1500), guesses(caddy_header, "203.0.113.9", 600, 900), guesses(caddy_redirect, "2001:db8:1::9", 990, 100),
      guesses(nginx, "2001:db8:2::9", 1050, 100), guesses(haproxy, "203.0.113.10", 1110, 100),
      guesses(apache, "2001:db8:3::9", 1170, 100))
