#!/bin/bash
# fleet.sh - the time that a ban of the root needs to reach the kernels of three edges; `make bench-fleet`, as root.
#
# Writes BANS (300) lines of counts to the root's anomdetect, RATE (25) per second. In each line a client crosses the
# limit. mosquitto with TLS transports the bans, as in contrib/fleet; web3 uses IPv6. strace on each anomban shows when
# the kernel gets the address. IPv4 and IPv6 bans alternate.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"
# shellcheck source=tests/e2e/contrib.sh
. "$(dirname "$0")/../e2e/contrib.sh"
# shellcheck source=tests/e2e/fleet.sh
. "$(dirname "$0")/../e2e/fleet.sh"
need_fleet
need strace
need_built anomdetect anomban
fleet_hosts root web1 web2 web3
need_fleet_sets
fleet_certs root web1 web2 web3
ln -s "$BUILD/anomdetect" "$BUILD/anomban" "$TMP/sbin/"
broker_start
echo BROKER=2001:db8:f::1 >"$TMP/web3/etc/default"
for edge in web1 web2 web3; do
	fleet_unit $edge bans
	within 10 fleet_pid $edge anomban
	# the newest process of this name keeps the firewall rules; the oldest one bans
	pid=$(ip netns pids "$NS$edge" | xargs ps -o pid=,comm= -p | awk '$2 == "anomban" { print $1; exit }')
	strace -f -ttt -xx -s 400 -e trace=sendto,sendmsg -o "$TMP/$edge/strace" -p "$pid" 2>/dev/null &
	ends_with_test $!
	within 10 [ -e "$TMP/$edge/strace" ]
done

cat >"$TMP/root.sh" <<'END'
anomdetect=$1 tls=$2
shift 2
"$anomdetect" --format counts --ban --state none --events ban "$@" |
	mosquitto_pub $tls -V 5 -q 1 -l -t bans -D publish message-expiry-interval 7200
END
tls_of root
python3 - "${BANS:-300}" "${RATE:-25}" "$TMP" ip netns exec "${NS}root" \
	bash "$TMP/root.sh" "$BUILD/anomdetect" "${tls[*]}" --max-bans-per-minute 1000000 "${fleet_limits[@]}" <<'END'
import ipaddress, json, re, subprocess, sys, time

bans, rate, tmp = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3]
root = subprocess.Popen(sys.argv[4:], stdin=subprocess.PIPE)
run = int(time.time() * 1000)
seq = 0


def send(counts):
    global seq
    seq += 1
    second = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() - 1))
    line = json.dumps({"event": "counts", "time": second, "mode": "live", "origin": "web1", "run": run, "seq": seq,
                       "counts": counts}, separators=(",", ":"))
    began = time.time()
    root.stdin.write(line.encode() + b"\n")
    root.stdin.flush()
    return began


time.sleep(3)  # the pipe needs time to start and connect
began = {}
for n in range(bans):
    text = "198.51.%d.%d" % (n // 250, n % 250 + 1) if n % 2 else "2001:db8:%x:1::" % (n + 1)
    key = ipaddress.ip_address(text).packed
    began[key[:8] if len(key) == 16 else key] = send([[text if n % 2 else text + "/64", 1000, 0, 0]])
    time.sleep(1 / rate)
time.sleep(3)  # the last bans arrive
root.stdin.close()

late = []
for edge in ("web1", "web2", "web3"):
    came = {}
    for line in open("%s/%s/strace" % (tmp, edge)):
        at = re.match(r"\d+ +(\d+\.\d+)", line)
        text = bytes.fromhex("".join(re.findall(r"\\x([0-9a-f]{2})", line)))
        for key in began:
            if at and key not in came and key in text:
                came[key] = float(at.group(1))
    took = sorted((came[key] - began[key]) * 1000 for key in came)
    late += took
    if took:
        print("%s: %d of %d bans; p50 %.2f ms, p99 %.2f ms" % (edge, len(took), bans, took[len(took) // 2], took[len(took) * 99 // 100]))
    else:
        print("%s: 0 of %d bans" % (edge, bans))
late.sort()
if late:
    print("all edges: p50 %.2f ms, p90 %.2f ms, p99 %.2f ms, most %.2f ms" % tuple(
        late[min(len(late) - 1, int(len(late) * q))] for q in (.5, .9, .99, 1)))
sys.exit(len(late) != 3 * bans)
END
tap_failed=$?
tap_done=1 # no TAP here
exit $tap_failed
