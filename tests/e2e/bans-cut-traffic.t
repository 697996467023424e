#!/bin/bash
# A ban drops the packets of new and open connections, to the host and through DNAT to a container. With ports given, it
# drops only packets to these ports. Tested for IPv4 and IPv6, with both kinds of iptables, by
# $BUILD/tests/firewall_driver.
#     client 198.51.100.66+67, 2001:db8:1::66+67 -- lan of server: 198.51.100.1, 2001:db8:1::1
#                                                   inner of server: 10.9.0.1, fd00:9::1 -- box 10.9.0.2, fd00:9::2
#
# The server's TCP port 8081 is the box's port 80.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need_root
need ip ipset iptables ip6tables curl python3
need_built tests/firewall_driver
driver=$BUILD/tests/firewall_driver

# serve.py PORT...: HTTP with keep-alive on TCP, echo on UDP.
cat >"$TMP/serve.py" <<'E1'
import http.server, socket, sys, threading
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "6")
        self.end_headers()
        self.wfile.write(b"hello\n")
    def log_message(self, *args):
        pass
class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6
    daemon_threads = True
def echo(s):
    while True:
        data, peer = s.recvfrom(100)
        s.sendto(data, peer)
for port in map(int, sys.argv[1:]):
    threading.Thread(target=Server(("::", port), Handler).serve_forever).start()
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.bind(("::", port))
    threading.Thread(target=echo, args=(s,)).start()
E1

# A request that is served may take 20 s. For a dropped request a short timeout is enough, because no answer arrives
# later.
DROPPED_S=0.7 SERVED_S=20

# hold.py SOURCE PORT...: opens a connection to each port and makes one request on it. Each line on standard input is a
# number of seconds: hold.py makes one more request on each connection, waits this long, and prints "PORT served" or
# "PORT cut".
cat >"$TMP/hold.py" <<'E2'
import http.client, sys
source = sys.argv[1]
server = "2001:db8:1::1" if ":" in source else "198.51.100.1"
held = {p: http.client.HTTPConnection(server, int(p), timeout=20, source_address=(source, 0)) for p in sys.argv[2:]}
def ask(seconds):
    said = []
    for port, c in held.items():
        try:
            if c.sock:
                c.sock.settimeout(seconds)
            c.request("GET", "/")
            said.append(port + " served" if c.getresponse().read() == b"hello\n" else port + " odd")
        except OSError:
            said.append(port + " cut")
        c.auto_open = 0 # do not open a new connection
    print(", ".join(said), flush=True)
ask(20)
for line in sys.stdin:
    ask(float(line))
E2

cat >"$TMP/udp.py" <<'E3'
import socket, sys
source, port, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
v6 = ":" in source
s = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_DGRAM)
s.bind((source, 0))
s.settimeout(seconds)
s.sendto(b"x", ("2001:db8:1::1" if v6 else "198.51.100.1", port))
sys.exit(0 if s.recv(9) == b"x" else 1)
E3

host_of() { case $1 in *:*) echo '[2001:db8:1::1]' ;; *) echo 198.51.100.1 ;; esac; }

# get SOURCE PORT [SECONDS]: prints curl's exit code; 28 is "no answer in time".
get() {
	in_ns "$client" curl -s -o /dev/null --max-time "${3-$SERVED_S}" --interface "$1" "http://$(host_of "$1"):$2/"
	echo $?
}
get_dropped() { get "$1" "$2" $DROPPED_S; }

serves() { [ "$(get "$1" "$2")" = 0 ]; }

udp() { in_ns "$client" python3 "$TMP/udp.py" "$@" 2>/dev/null && echo answered || echo silence; }

build() { # KIND: makes the namespaces in which this kind of iptables is tested
	client=client-$1 server=server-$1 box=box-$1
	ns_add "$client"
	ns_add "$server"
	ns_add "$box"
	in_ns "$server" ipset create probe hash:ip 2>/dev/null || skip_all "the kernel has no ipset"
	in_ns "$server" ipset destroy probe
	ns_join "$client" eth0 "$server" lan
	ns_join "$box" eth0 "$server" inner
	ns_address "$client" eth0 198.51.100.66/24 198.51.100.67/24 2001:db8:1::66/64 2001:db8:1::67/64
	ns_address "$server" lan 198.51.100.1/24 2001:db8:1::1/64
	ns_address "$server" inner 10.9.0.1/24 fd00:9::1/64
	ns_address "$box" eth0 10.9.0.2/24 fd00:9::2/64
	ip -n "$NS$box" route add default via 10.9.0.1
	ip -n "$NS$box" route add default via fd00:9::1
	in_ns "$server" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	in_ns "$server" iptables -t nat -A PREROUTING -i lan -p tcp --dport 8081 -j DNAT --to 10.9.0.2:80
	in_ns "$server" ip6tables -t nat -A PREROUTING -i lan -p tcp --dport 8081 -j DNAT --to '[fd00:9::2]:80'
	ns_become "$server" python3 "$TMP/serve.py" 80 443 8080 2>"$TMP/serve.err" &
	ends_with_test $!
	ns_become "$box" python3 "$TMP/serve.py" 80 2>"$TMP/box.err" &
	ends_with_test $!
	within 5 serves 198.51.100.66 80 && within 5 serves 198.51.100.66 8081 && within 5 serves 2001:db8:1::66 8081 &&
		within 5 serves 198.51.100.66 443 && within 5 serves 198.51.100.66 8080
	is "$1: host and box serve all clients" $? 0
}

drive() { in_ns "$server" "$driver" -6 128 "$@"; }

# Bans a source with open connections to the host and, through DNAT, to the box.
cut() { # KIND SOURCE OTHER
	session "$client" python3 "$TMP/hold.py" "$2" 80 8081
	is "$1: $2 has two open connections" "$line" "80 served, 8081 served"
	ok "$1: $2 is banned" drive -s cut ban "$2" 600000
	echo $DROPPED_S >&"$say"
	hear_line
	is "$1: both connections are cut, also the one to the box" "$line" "80 cut, 8081 cut"
	session_end
	is "$1: neither host nor box answers new connections" "$(get_dropped "$2" 80) $(get_dropped "$2" 8081)" "28 28"
	is "$1: $3 is served by host and box" "$(get "$3" 80) $(get "$3" 8081)" "0 0"
	ok "$1: $2 is unbanned" drive -s cut unban "$2"
	is "$1: $2 is served again" "$(get "$2" 80) $(get "$2" 8081)" "0 0"
}

# Shows why raw/PREROUTING is the default chain: our rule in filter/INPUT has little effect if a rule that accepts open
# connections precedes it.
weak() { # KIND SOURCE TABLES
	in_ns "$server" "$3" -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
	session "$client" python3 "$TMP/hold.py" "$2" 80 8081
	drive -s weak -c filter/INPUT ban "$2" 600000
	in_ns "$server" "$3" -I INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
	echo $SERVED_S >&"$say"
	hear_line
	is "$1: if our rule is in filter/INPUT behind a rule that accepts open connections, the open connections of $2 continue, also to the box" "$line" \
		"80 served, 8081 served"
	session_end
	is "$1: if our rule is in filter/INPUT, only new connections to the host are stopped" "$(get_dropped "$2" 80) $(get "$2" 8081)" "28 0"
	like "$1: the driver reports the rule that lets connections pass" "$(drive -s weak -c filter/INPUT behind)" "is after '-A INPUT .*ESTABLISHED -j ACCEPT', which lets open connections"
	drive -s weak -c filter/INPUT unban "$2"
	in_ns "$server" "$3" -F INPUT
}

ports() { # KIND SOURCE
	ok "$1: $2 is banned on ports 80 and 440:450" drive -s port -p 80,440:450 ban "$2" 600000
	is "$1: the banned ports do not answer" "$(get_dropped "$2" 80) $(get_dropped "$2" 443)" "28 28"
	is "$1: other ports answer, also the box's" "$(get "$2" 8080) $(get "$2" 8081)" "0 0"
	is "$1: UDP packets to a banned port are dropped, and others are answered" "$(udp "$2" 443 $DROPPED_S) $(udp "$2" 8080 $SERVED_S)" "silence answered"
	drive -s port -p 80,440:450 unban "$2"
}

for kind in nft legacy; do
	if ! iptables_kind $kind; then
		skip "bans cut traffic with iptables-$kind" "iptables-$kind is missing"
		continue
	fi
	programs_of "$TMP/$kind"
	build $kind
	cut $kind 198.51.100.66 198.51.100.67
	cut $kind 2001:db8:1::66 2001:db8:1::67
	weak $kind 198.51.100.66 iptables
	weak $kind 2001:db8:1::66 ip6tables
	ports $kind 198.51.100.66
	ports $kind 2001:db8:1::66
	programs_of
done

done_testing
