#!/usr/bin/env python3
"""Lines of several servers on one stream: each shape at least once, and one line for each reject reason."""
import sys

NGINX = '{"remote_addr":"%s","msec":1795341600.000,"status":%s,"request":"GET /"}'
LINES = [
    NGINX % ("198.51.100.7", "200"),
    NGINX % ("2001:db8::7", "404"),
    "<190>Nov 22 10:00:00 web nginx: " + NGINX % ("198.51.100.7", "301"),
    '{"remote_addr":"10.0.0.1","time":"2026-11-22T10:00:00","status":"200","http_x_forwarded_for":'
    '"203.0.113.1, 2001:db8::7"}',
    '{"remote_addr":"10.0.0.1","time":"2026-11-22T10:00:00","status":"200","forwarded":"2001:db8::7"}',
    '{"remote_addr":"198.51.100.7","status":"unknown"}',
    '{"level":"info","ts":1795341600.25,"logger":"http.log.access","request":{"remote_ip":"198.51.100.7",'
    '"client_ip":"203.0.113.66"},"status":401,"n":3}',
    '{"log":"{\\"ClientAddr\\":\\"[2001:db8::7]:443\\",\\"DownstreamStatus\\":502,\\"time\\":\\"2026-11-22T10:00:00Z\\"}'
    '\\n","stream":"stdout","time":"2026-11-22T10:00:00.1Z"}',
    '{"remoteIP":"198.51.100.7","request":"GET /\\x22\\x1b[31m","status":-,"time":"2026-11-22T10:00:00Z"}',
    '{"remote_addr":"198.51.100.7","status":404,"request":"GET /' + "a" * 50,
    '{"remote_addr":"203.0.113.9","request":"GET /b' + NGINX % ("2001:db8::7", "404"),
    # lines that are not requests
    '{"remote_addr":"198.51.100.7" "status":200}',
    "<190>Nov 22 10:00:00 web nginx: " + '{"remote_addr":"198.51.100.7","rt":,"status":200}',
    '{"log":"{\\"remote_addr\\":\\"2001:db8::7\\",\\"rt\\":,\\"x\\":1}\\n","stream":"stdout"}',
    '{"status":200,"time":"2026-11-22T10:00:00Z"}',
    '{"remote_addr":"unix:","status":200}',
    '{"remote_addr":"2001:db8::7","status":200,"time":"yesterday"}',
    '{"request":"' + "a" * 70000 + '","remote_addr":"198.51.100.7"}',
    "\0" + NGINX % ("198.51.100.7", "200"),
    '2026/11/22 10:00:00 [error] 7#7: *1 open() "/{\\"remote_addr\\":\\"203.0.113.66\\"}" failed\x1b[31m\xff',
    '{"level":"info","msg":"listening"}',
    "",
]
sys.stdout.buffer.write("\n".join(LINES).encode("latin-1") + b"\n")
