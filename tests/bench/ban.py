#!/usr/bin/env python3
"""Measures three things: the time from the request that crosses the limit to the first connection without an answer,
compared with fail2ban on the same machine and log; bans per second, compared with libipset alone; and a start with
100,000 bans.

It prints figures and asserts nothing, because a test would fail on a machine under load. Ratios of two programs are
about the same on other machines, but absolute figures are not. Everything runs in two network namespaces, which the
program creates and removes. fail2ban runs from its own directory with its own jail, and not as the service of the
system. Called by `make bench-ban`, as root.

A client repeats a request, each time over a new connection, without a pause or every 20 ms. The 21st request crosses
the limit of both programs. The measured time is from this request to the start of the first attempt that gets no
answer; "served" is the number of requests that were answered in between. BENCH_ONLY=latency measures only this time,
and BENCH_ONLY=bans measures the rest. BENCH_BANS=100000 is the number of bans.
"""
import json
import multiprocessing
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

BUILD = os.path.abspath(os.environ.get("BUILD", "build"))
BANS = int(os.environ.get("BENCH_BANS", "100000"))
CROSSING = 21
SERVER, LOADER = "203.0.113.1", "203.0.113.5"
CAP_S = 10         # the client stops if it is still served after this time
UNANSWERED_S = 0.25  # the client is blocked if it gets no answer in this time; an answer takes under a millisecond
NS = f"anombench{os.getpid()}-"
LIMITS = ["--learn", "0s", "--proxy-share", "1", "--max-bans-per-minute", "1000000000"]

tmp = tempfile.mkdtemp(prefix="anomdetect-bench.")
os.chmod(tmp, 0o755)
running = []


def at(name):
    return os.path.join(tmp, name)


def sh(*words, **more):
    return subprocess.run(words, check=True, text=True, capture_output=True, **more).stdout


def in_ns(name, *words):
    return ["ip", "netns", "exec", NS + name, *words]


def start(name, *words, **more):
    p = subprocess.Popen(in_ns(name, *words), stderr=open(at("err"), "a"), **more)
    running.append(p)
    return p


def end(*programs):
    for p in programs:
        p.terminate()
        try:
            p.wait(10)
        except subprocess.TimeoutExpired:
            p.kill()
            p.wait()
        running.remove(p)


def until(what, seconds=20):
    deadline = time.monotonic() + seconds
    while not what():
        if time.monotonic() > deadline:
            sys.exit(f"ban.py: error: a program is not ready after {seconds} s: {open(at('err')).read()[-2000:]}")
        time.sleep(0.002)


# ---- the network, nginx, the detectors ----

def make_network():
    for name in "server", "client":
        sh("ip", "netns", "add", NS + name)
        sh("ip", "-n", NS + name, "link", "set", "lo", "up")
    sh("ip", "-n", NS + "server", "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", NS + "client")
    for name in "server", "client":
        sh("ip", "-n", NS + name, "link", "set", "eth0", "up")
    sh("ip", "-n", NS + "server", "address", "add", SERVER + "/24", "dev", "eth0")
    batch = "".join(f"address add 203.0.113.{i}/24 dev eth0\n" for i in range(5, 255))
    sh("ip", "-n", NS + "client", "-batch", "-", input=batch)


def start_nginx():
    open(at("access.json"), "w").close()
    with open(at("nginx.conf"), "w") as f:
        f.write(f"""
worker_processes 1; pid {at('nginx.pid')}; error_log {at('error.log')}; daemon off;
events {{ worker_connections 1024; }}
http {{
    log_format anom escape=json '{{"remote_addr":"$remote_addr","msec":$msec,"request":"$request","status":$status,'
        '"bytes":$body_bytes_sent,"rt":$request_time,"host":"$host","ua":"$http_user_agent"}}';
    access_log {at('access.json')} anom;
    server {{ listen 80; location / {{ return 200 "hello\\n"; }} }}
}}
""")
    start("server", "nginx", "-p", tmp, "-c", at("nginx.conf"))
    until(lambda: subprocess.run(in_ns("server", "curl", "-sfo", "/dev/null", "http://127.0.0.1/")).returncode == 0)


def start_anomdetect():
    read, write = os.pipe()
    tail = start("server", "tail", "-n", "0", "-F", at("access.json"), stdout=write)
    events = at(f"events-{time.monotonic()}")
    p = start("server", f"{BUILD}/anomdetect", "--ban", "--set", "bench", "--state", "none", "--allow", LOADER,
              "--requests-floor", "6", *LIMITS, stdin=read, stdout=open(events, "w"))
    os.close(read)
    os.close(write)
    until(lambda: '"start"' in open(events).read())
    time.sleep(0.3)  # tail needs time to find the end of the file
    return tail, p


def start_fail2ban():
    config = at("fail2ban")
    shutil.copytree("/etc/fail2ban", config)
    for old in os.listdir(config + "/jail.d"):
        os.unlink(f"{config}/jail.d/{old}")
    with open(config + "/fail2ban.local", "w") as f:
        f.write(f"[Definition]\ndbfile = None\nlogtarget = {at('fail2ban.log')}\nsocket = {at('f2b.sock')}\n"
                f"pidfile = {at('f2b.pid')}\n")
    with open(config + "/filter.d/bench.conf", "w") as f:
        f.write('[Definition]\nfailregex = ^\\{"remote_addr":"<HOST>",\ndatepattern = "msec":{EPOCH}\n')
    with open(config + "/jail.local", "w") as f:
        f.write(f"""[bench]
enabled = true
filter = bench
logpath = {at('access.json')}
backend = auto
maxretry = {CROSSING}
findtime = 60
bantime = 600
ignoreip = {LOADER}
banaction = iptables-ipset-proto6-allports
action = %(banaction)s[name=bench]
""")
    p = start("server", "fail2ban-server", "-c", config, "-s", at("f2b.sock"), "-p", at("f2b.pid"), "-xf", "start",
              stdout=open(at("f2b.out"), "w"))
    until(lambda: subprocess.run(in_ns("server", "fail2ban-client", "-c", config, "-s", at("f2b.sock"), "status",
                                       "bench"), capture_output=True).returncode == 0)
    time.sleep(0.5)
    return p,


# ---- one client ----

def ask(source):
    with socket.socket() as s:
        s.settimeout(UNANSWERED_S)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind((source, 0))
        s.connect((SERVER, 80))
        s.send(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        return s.recv(1000).startswith(b"HTTP/1.1 200")


def client(source, pace):
    """Returns the seconds until the client is blocked (None: it is never blocked), and the number of requests that are
    served after the crossing request."""
    began = 0
    for _ in range(CROSSING - 1):
        began = wait_turn(began, pace)
        ask(source)
    crossed, served = wait_turn(began, pace), -1
    began = crossed
    while began - crossed < CAP_S:
        try:
            served += ask(source)
        except OSError:
            if began > crossed:
                return began - crossed, max(served, 0)
            served = 0  # the ban came before the answer to the crossing request, so this answer was lost
        began = wait_turn(began, pace)
    return None, served


def wait_turn(before, pace):
    time.sleep(max(0, before + pace - time.monotonic()))
    return time.monotonic()


def run_clients(pace, *sources):
    """Runs in the client's namespace: one client after the other, or (pace "all") all at the same time."""
    if pace != "all":
        return [client(s, float(pace)) for s in sources]
    with multiprocessing.Pool(len(sources)) as pool:
        return pool.starmap(client, [(s, 0) for s in sources])


def measure(sources, pace=0, loaded=False):
    load = None
    if loaded:
        load = start("client", "wrk", "-t", "1", "-c", "16", "-d", "100", f"http://{SERVER}/", stdout=subprocess.DEVNULL)
        time.sleep(1)
    try:
        return json.loads(sh(*in_ns("client", sys.executable, __file__, "--client", str(pace), *sources)))
    finally:
        if load:
            end(load)


def ms(seconds):
    return f"> {CAP_S} s" if seconds is None else f"{seconds * 1000:.2f}"


def row(title, results):
    times = sorted((CAP_S if t is None else t) for t, _ in results)
    p50, p99 = statistics.median(times), times[min(len(times) - 1, int(len(times) * 0.99))]
    served = [n for _, n in results]
    cap = [None if t >= CAP_S else t for t in (p50, p99)]
    print(f"{title:<38}{len(results):>8}{ms(cap[0]):>11}{ms(cap[1]):>11}{statistics.mean(served):>10.1f}{max(served):>8}",
          flush=True)
    return p50


def latency():
    names = iter(f"203.0.113.{i}" for i in range(10, 255))
    take = lambda n: [next(names) for _ in range(n)]
    print(f"{'request -> first blocked connection':<38}{'clients':>8}{'p50 ms':>11}{'p99 ms':>11}{'served':>10}{'most':>8}")
    programs = start_anomdetect()
    paced = row("anomdetect, a request every 20 ms", measure(take(20), 0.02))
    ours = row("anomdetect, back to back", measure(take(60)))
    loaded = row("anomdetect, under full load (wrk)", measure(take(30), loaded=True))
    end(*programs)
    for tables in "iptables", "ip6tables":
        sh(*in_ns("server", tables, "-w", "-t", "raw", "-F", "PREROUTING"))
    if not shutil.which("fail2ban-server"):
        print("fail2ban is missing: apt-get install fail2ban python3-pyinotify")
        return
    programs = start_fail2ban()
    theirs_paced = row("fail2ban, a request every 20 ms", measure(take(10), 0.02))
    theirs = row("fail2ban, back to back", measure(take(5)))
    theirs_loaded = row("fail2ban, under full load (wrk)", measure(take(4), "all", loaded=True))
    end(*programs)
    print(f"\n{'fail2ban / anomdetect, p50, a request every 20 ms':<60}{theirs_paced / paced:>8.1f}")
    print(f"{'fail2ban / anomdetect, p50, back to back':<60}{theirs / ours:>8.0f}")
    print(f"{'fail2ban / anomdetect, p50, under full load':<60}{theirs_loaded / loaded:>8.0f}")


# ---- bans per second, and a start with many bans ----

def detector(state):
    return in_ns("server", f"{BUILD}/anomdetect", "--ban", "--set", "many", "--state", state, "--requests-floor", "1",
                 *LIMITS)


def timed(words, **more):
    began = time.monotonic()
    subprocess.run(words, check=True, **more)
    return time.monotonic() - began


def entries():
    text = sh(*in_ns("server", "ipset", "list", "-t", "many4"))
    return int(text.split("Number of entries:")[1].split()[0])


def forget_sets():
    for tables in "iptables", "ip6tables":
        sh(*in_ns("server", tables, "-w", "-t", "raw", "-F", "PREROUTING"))
    sh(*in_ns("server", "ipset", "destroy"))


def start_time(title):
    began = time.monotonic()
    events = open(at("start-events"), "w+")
    read, write = os.pipe()
    p = subprocess.Popen(detector(at("state.json")), stdin=read, stdout=events)
    running.append(p)
    until(lambda: os.path.getsize(at("start-events")) > 0)
    started = time.monotonic() - began
    until(lambda: entries() >= BANS, 120)
    filled = time.monotonic() - began
    print(f"{title:<44}{started:>10.2f} s to the start event, {filled:.2f} s until all bans are in the kernel",
          flush=True)
    os.close(write)
    end(p)
    os.close(read)


def throughput():
    with open(at("offenders.json"), "w") as f:
        for i in range(BANS):
            ip = f"205.{i >> 16}.{i >> 8 & 255}.{i & 255}"
            f.write(f'{{"remote_addr":"{ip}","msec":{time.time():.3f},"request":"GET / HTTP/1.1","status":200}}\n' * 4)
    idle = timed(detector("none"), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    best, floor = 0, 0
    for state in "none", "none", at("state.json"):  # the last run also writes a memory file, for start_time
        forget_sets()
        took = timed(detector(state), stdin=open(at("offenders.json")), stdout=open(at("ban-events"), "w"))
        if entries() != BANS:
            print(f"only {entries()} of {BANS} clients are banned")
        best = max(best, BANS / (took - idle))
        floor = max(floor, float(sh(*in_ns("server", f"{BUILD}/bench/bench_ipset", "bare", str(BANS)))))
        sh(*in_ns("server", "ipset", "destroy", "bare"))
    print(f"\n{'bans per second, best of 3':<44}{'bans/s':>10}")
    print(f"{'bare libipset, only adds':<44}{floor:>10.0f}")
    print(f"{'anomdetect: 4 lines, the ban and its event':<44}{best:>10.0f}")
    print(f"{'bare libipset / anomdetect':<60}{floor / best:>8.2f}")
    print(f"\na start with {BANS} bans")
    start_time("the bans are still in the kernel")
    forget_sets()
    start_time("after a reboot, from the memory file")


def main():
    if os.geteuid() != 0:
        sys.exit("ban.py: needs root, for network namespaces")
    try:
        make_network()
        start_nginx()
        if os.environ.get("BENCH_ONLY") != "bans":
            latency()
        if os.environ.get("BENCH_ONLY") != "latency":
            throughput()
    finally:
        for p in list(running):
            end(p)
        for name in "server", "client":
            subprocess.run(["ip", "netns", "del", NS + name], capture_output=True)
        shutil.rmtree(tmp, ignore_errors=True)


if sys.argv[1:2] == ["--client"]:
    os.rmdir(tmp)
    print(json.dumps(run_clients(*sys.argv[2:])))
else:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    main()
