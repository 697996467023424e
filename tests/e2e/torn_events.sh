# torn_events.sh - for tests that kill the detector at any moment, so that its last event may be cut off. The test
# sources lib.sh before this file.
# shellcheck shell=bash

# new_offenders.py FIRST PAUSE: prints lines of clients that no earlier line names, one client every PAUSE seconds at
# most, until nobody reads the lines. Each client makes enough requests for a ban with detector_limits. FIRST is the number
# of the first client.
cat >"$TMP/new_offenders.py" <<'END'
import os, sys, time
n = int(sys.argv[1])
try:
    while True:
        v6 = f"2001:db8:{n >> 16:x}:{n & 0xffff:x}::1"
        client = v6 if n % 4 == 0 else f"203.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}"
        os.write(1, b'{"remote_addr":"%s","request":"GET / HTTP/1.1","status":200}\n' % client.encode() * 25)
        n += 1
        time.sleep(float(sys.argv[2]))
except BrokenPipeError:
    pass
END

# whole_events FILE: prints the events that no kill cut off. A whole event may follow half an event on the same line.
whole_events() {
	python3 - "$1" <<'END'
import json, sys
for line in open(sys.argv[1], errors="replace"):
    for part in line.split('{"event"')[1:]:
        try:
            print(json.dumps(json.loads('{"event"' + part)))
        except ValueError:
            continue
END
}
