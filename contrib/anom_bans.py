"""anom_bans - the clients that the events of anomdetect ban now, for anom-deny. Pure: `now` is an argument.

Rule:   as in anomban(8), a client is banned until the latest end of all bans that are newer than its newest unban. If
        a ban and an unban have the same millisecond, the unban counts. So events may come in any order, and several times.
Limit:  BANS_MAX clients. A new ban evicts the ban that ends first; of permanent bans, the oldest. UNBANS_MAX unbans; a new
        unban evicts the unban that came first.
Times:  whole milliseconds since 1970. A permanent ban ends at EVER.
"""
import datetime
import heapq
import ipaddress
import re

BANS_MAX = 100000  # nginx 1.22 reads a file with this number of clients in 0.1 s, or in 0.4 s on a busy machine
UNBANS_MAX = 4096  # administrators unban few clients
PER_CLIENT = 8  # stored bans of a client: each ban ends later than all newer bans
EVER = 1 << 62
HOUR = 3600 * 1000
LENGTH_MAX = 366 * 86400  # seconds: the longest ban that a schedule can have, besides permanent
UNBAN_AHEAD_MAX = 5000  # ms: an unban further ahead of this host's clock would undo all bans until its time
AGREE = 1000  # ms: `until` minus `time` may differ from `seconds` by this much, because all three are rounded
WIDEST = {4: 8, 6: 16}  # prefix lengths of the widest client that anomdetect accepts


def parse_time(text):
    """The milliseconds of a time in the format of anomdetect, or None."""
    if not isinstance(text, str) or not re.fullmatch(r"[0-9]{4}(-[0-9]{2}){2}T[0-9]{2}(:[0-9]{2}){2}\.[0-9]{3}Z", text):
        return None
    try:
        return round(datetime.datetime.fromisoformat(text[:-1] + "+00:00").timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


def time_text(ms):
    at = datetime.datetime.fromtimestamp(ms // 1000, datetime.timezone.utc)
    return f"{at.isoformat()[:19]}.{ms % 1000:03}Z"


def parse_network(text):
    """The client as a network of one or more addresses, or None."""
    if not isinstance(text, str) or not re.fullmatch(r"[0-9A-Fa-f:.]{2,45}(/[0-9]{1,3})?", text, re.ASCII):
        return None
    try:
        network = ipaddress.ip_network(text)
    except ValueError:  # also if bits are set after the prefix
        return None
    mapped = getattr(network.network_address, "ipv4_mapped", None)
    if mapped is not None:
        if network.prefixlen != 128:
            return None
        network = ipaddress.ip_network(mapped)
    return network if network.prefixlen >= WIDEST[network.version] else None


def client_text(network):
    """The client in the form that all servers read."""
    return str(network.network_address) if network.prefixlen == network.max_prefixlen else str(network)


def parse_client(text):
    network = parse_network(text)
    return network and client_text(network)


def span_of(network):
    """Version, first and last address."""
    return network.version, int(network.network_address), int(network.broadcast_address)


# Addresses that no visitor has; and the NAT64 translator, which all IPv4 clients of a network share.
NEVER = [span_of(ipaddress.ip_network(x)) for x in (
    "0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3", "::/127", "fe80::/10", "ff00::/8", "64:ff9b::/96",
    "64:ff9b:1::/48")]


def is_never_banned(network):
    version, first, last = span_of(network)
    return any(v == version and f <= last and first <= l for v, f, l in NEVER)


# ---- from an event to an order ----

class Refused(Exception):
    """The reason why an event has no effect, by its name in anomban(8)."""


def parse_end(event, time):
    """The end of a ban, from its two members, which must agree. In a permanent ban both are null; older programs wrote 0
    seconds."""
    seconds = event.get("seconds", -1)
    if seconds is None:
        seconds = 0
    if not isinstance(seconds, int) or isinstance(seconds, bool) or not 0 <= seconds <= LENGTH_MAX:
        raise Refused("bad_time")
    if seconds == 0:
        if "until" not in event or event["until"] is not None:
            raise Refused("bad_time")
        return EVER
    until = parse_time(event.get("until"))
    if until is None or abs(until - time - seconds * 1000) > AGREE:
        raise Refused("bad_time")
    return until


def parse_order(event, now):
    """Returns (client, time, end) of an event of anom_events.read; the end of an unban is None. Raises Refused."""
    kind = event["event"]
    if kind not in ("ban", "unban"):
        raise Refused("other_event")
    if event.get("mode") != "live":
        raise Refused("replay")
    network = parse_network(event.get("client"))
    if network is None:
        raise Refused("bad_client")
    time = parse_time(event.get("time"))
    if time is None:
        raise Refused("bad_time")
    if time - now > (HOUR if kind == "ban" else UNBAN_AHEAD_MAX):
        raise Refused("future")
    if kind == "unban":
        if event.get("reason") == "expired":  # each ban has its own end
            raise Refused("ended")
        return client_text(network), min(time, now), None
    end = parse_end(event, time)
    if end == EVER and now - time > HOUR and event.get("repeat") is not True:
        raise Refused("stale")  # somebody may have lifted this ban since then
    if end <= now:
        raise Refused("ended")
    if is_never_banned(network):
        raise Refused("allowed")
    # a ban ahead of this host's clock begins now, with its own duration
    return client_text(network), min(time, now), end if end == EVER else end - max(0, time - now)


# ---- the bans in force ----

class Bans:
    """`held`: client -> [(time, end), ...], from the oldest ban, whose end is the latest, to the newest.
    `changed`: a stored ban or unban has changed. `moved`: a client was banned or unbanned. The owner clears both."""

    def __init__(self, most=BANS_MAX):
        self.most = most
        self.held, self.unbans, self.ends = {}, {}, []
        self.changed = self.moved = False
        self.made_room = 0
        self.newest = 0  # the newest time of all bans and unbans; the ends of bans do not count

    def ban(self, client, time, end):
        """Inserts a ban. Returns whether it is new or prolongs the client's ban. A ban that has ended is removed by the
        next expire."""
        self.newest = max(self.newest, time)
        if time <= self.unbans.get(client, -1):
            return False
        old = self.held.get(client, [])
        if any(t >= time and e >= end for t, e in old):
            return False
        bans = sorted([(t, e) for t, e in old if t > time or e > end] + [(time, end)])
        if len(bans) > PER_CLIENT:
            del bans[1]  # the second oldest; the oldest has the latest end
        if not old:
            self.make_room()
            self.moved = True
        self.hold(client, bans)
        return True

    def unban(self, client, time):
        self.newest = max(self.newest, time)
        if time <= self.unbans.get(client, -1):
            return
        self.unbans.pop(client, None)  # so that this client becomes the last one in the dict
        self.unbans[client] = time
        if len(self.unbans) > UNBANS_MAX:
            del self.unbans[next(iter(self.unbans))]
        self.changed = True
        old = self.held.get(client, [])
        bans = [ban for ban in old if ban[0] > time]
        if len(bans) < len(old):
            self.hold(client, bans)

    def hold(self, client, bans):
        self.changed = True
        if not bans:
            del self.held[client]
            self.moved = True
            return
        self.held[client] = bans
        heapq.heappush(self.ends, (bans[0][1], bans[0][0], client))
        if len(self.ends) > 2 * len(self.held) + 64:  # most elements of self.ends are outdated
            self.ends = [(b[0][1], b[0][0], c) for c, b in self.held.items()]
            heapq.heapify(self.ends)

    def first_end(self):
        """(end, time, client) of the ban that ends first, or None."""
        while self.ends:
            end, time, client = self.ends[0]
            if self.held.get(client, [None])[0] == (time, end):
                return self.ends[0]
            heapq.heappop(self.ends)
        return None

    def make_room(self):
        if len(self.held) >= self.most:
            self.made_room += 1
            self.hold(self.first_end()[2], [])

    def follow_clock(self, now):
        """If this host's clock was set back, some bans and unbans are now in the future. They get the present time, and a ban
        keeps its duration. Otherwise an unban would undo all bans until its time, and a ban could not be lifted until then."""
        if self.newest <= now:
            return
        self.newest = now
        for client, at in self.unbans.items():
            self.unbans[client] = min(at, now)
        for client, bans in list(self.held.items()):
            ahead = [EVER if end == EVER else now + end - time for time, end in bans if time > now]
            if ahead:
                self.hold(client, [ban for ban in bans if ban[0] <= now] + [(now, max(ahead))])
        self.changed = True

    def expire(self, now):
        self.follow_clock(now)
        while (first := self.first_end()) and first[0] <= now:
            self.hold(first[2], [])
