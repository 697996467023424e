"""anom_tally - the data of anom-report about all events: counts, and the most important clients and alerts.

Memory is bounded for any input. When it is full, the clients with the shortest bans are evicted. Totals stay exact, but
the number of clients becomes an estimate. The order of the events does not matter, because the newest time decides. So the
pieces of a rotated file, and the files of several hosts, may follow one another.
"""
import hashlib
import heapq
import math

from anom_events import clean, client_of, fault, finite, host_of, is_permanent, is_repeated, length_of, lift_of, seen_by
from anom_words import (HOLDS, RULES, earlier, network_of, request_words, seconds_between, site_words, top_path,
                        verdict_words, when, whole)

CLIENTS_MAX = 10000  # stored clients, about 1.5 KB each; up to twice as many between two evictions
HELD_MAX = 1000  # clients for each reason of a verdict that was held back
ALERTS_MAX = 1000  # alerts of the site; the longest ones are kept
OPEN_MAX = 64  # alerts of the site that are not over; each detector has at most one for each signal
REQUESTS_MAX = 1000  # different requests that crossed a limit and are counted
OTHERS_MAX = 200  # kinds of errors and of other alerts
DISTINCT_BITS = 1 << 23  # for 10 million clients the estimate is off by 0.1 %


class Distinct:
    """The number of different strings, by linear counting (Whang and others, 1990): n is about -m * ln(empty / m), for m
    bits. Used only when the strings are too many to store."""

    def __init__(self):
        self.bits, self.full = None, 0

    def add(self, text):
        if self.bits is None:
            self.bits = bytearray(DISTINCT_BITS // 8)
        place = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little") % DISTINCT_BITS
        if not self.bits[place >> 3] >> (place & 7) & 1:
            self.bits[place >> 3] |= 1 << (place & 7)
            self.full += 1

    def count(self):
        return round(-DISTINCT_BITS * math.log(max(1, DISTINCT_BITS - self.full) / DISTINCT_BITS))


class Frequent:
    """The most frequent of any number of strings (Misra and Gries, 1982). While every string has room, a count is exact.
    After that a count may be too low, by at most a REQUESTS_MAX-th of all strings, but it is never too high."""

    def __init__(self):
        self.counts, self.exact = {}, True

    def add(self, text):
        if text in self.counts or len(self.counts) < REQUESTS_MAX:
            self.counts[text] = self.counts.get(text, 0) + 1
        else:
            self.exact = False
            self.counts = {text: n - 1 for text, n in self.counts.items() if n > 1}

    def most(self, n):
        """Pairs of a count and a string that came more than once."""
        often = ((count, text) for text, count in self.counts.items() if count > 1)
        return heapq.nsmallest(n, often, key=lambda x: (-x[0], x[1]))


class Why:
    """Time, reason and request of a verdict, as strings."""

    __slots__ = ("time", "length", "words", "request")

    def __init__(self, event, time):
        self.time, self.length = time, length_of(event)
        self.words, self.request = verdict_words(event), request_words(event)


class Client:
    """All bans of a client."""

    __slots__ = ("name", "bans", "enforced", "seconds", "longest", "strike", "first", "worst", "last", "newest", "state",
                 "until", "in_force", "served", "hosts", "behind", "lift")

    def __init__(self, name):
        self.name, self.first, self.worst = name, None, None
        self.bans = self.enforced = self.seconds = self.strike = 0
        self.longest = -1  # seconds of the longest ban; infinite if permanent
        self.last = self.newest = ""  # times of its newest ban, and of its newest ban or unban
        self.state, self.until = "ban", None  # what happened at `newest`: "ban", or the reason of an unban; the ban's end
        self.in_force = False  # whether its newest ban was in the kernel
        self.served = False  # whether under half of its requests before one of its bans were errors
        self.behind = False  # whether a ban on the detector's host cannot stop it
        self.hosts = self.lift = ""  # number of hosts, as text; the command that lifts its newest ban

    def rank(self):
        """The client with the longest ban comes first. If two are equal, the next value decides: the number of bans, the sum of
        their durations, and the earlier first ban."""
        return -self.longest, -self.bans, -self.seconds, self.first.time, self.name

    def ban(self, event, time):
        self.bans += 1
        self.enforced += event.get("enforced") is True
        seconds = finite(event.get("seconds"))
        length = math.inf if is_permanent(event) else seconds if seconds is not None and seconds > 0 else 0
        self.seconds += length
        self.strike = max(self.strike, whole(event, "strike") or 0)
        requests, errors = whole(event, "requests"), whole(event, "errors")
        self.served |= requests is not None and errors is not None and errors * 2 < requests
        self.behind |= event.get("enforceable") is False
        self.hosts = seen_by(event)[2:] or self.hosts
        why = None
        if self.first is None or time < self.first.time:
            why = self.first = Why(event, time)
        if length > self.longest or length == self.longest and time > self.worst.time:
            self.longest, self.worst = length, why or Why(event, time)
        self.last = max(self.last, time)
        if time >= self.newest:
            self.newest, self.state = time, "ban"
            self.in_force, self.lift = event.get("enforced") is True, lift_of(event)
            self.until = math.inf if length == math.inf else when({"time": event.get("until")}) or time

    def unban(self, reason, time):
        if time >= self.newest:
            self.newest, self.state = time, reason

    def is_permanent(self):
        return self.state == "ban" and self.until == math.inf

    def is_banned(self, end):
        """Whether the client is banned at the time `end`. Without an unban event, the ban ends at its `until`."""
        return self.is_permanent() or (self.state == "ban" and self.until > end)


class Held:
    """The verdicts that were held back for one reason."""

    def __init__(self):
        self.verdicts, self.message, self.clients = 0, "", {}  # client: number, first time, reason, request
        self.more = 0  # verdicts on clients for which there was no room

    def add(self, event, time):
        self.verdicts += 1
        self.message = clean(event["message"]) if "message" in event else self.message
        name = client_of(event)
        if name not in self.clients and len(self.clients) >= HELD_MAX:
            self.more += 1
            return
        n, first, words, request = self.clients.get(name, (0, None, "", ""))
        if first is None or time < first:
            first, words, request = time, verdict_words(event), request_words(event)
        self.clients[name] = n + 1, first, words, request


class Tally:
    def __init__(self):
        self.events = self.wrong = 0  # lines
        self.first_wrong = b""  # beginning of the first wrong line
        self.first = self.last = ""  # times
        self.live = self.replay = False
        self.enforces = self.prints = False  # runs with and without --ban, by their start events
        self.starts = self.stops = 0
        self.restored = "", 0  # time of the first start, and the bans in force then
        self.counters = {}  # sums of all stop events
        self.baseline = None
        self.bans = self.enforced = 0
        self.clients, self.distinct, self.forgotten = {}, Distinct(), False
        self.rules, self.unbans = {}, {}
        self.requests = Frequent()  # requests that crossed a limit
        self.early = {}  # client: time and reason of an unban that was read before any ban of the client
        self.held, self.held_verdicts = {}, 0
        self.site_alerts, self.open, self.alerts, self.site_alerts_n = [], [], 0, 0
        self.others, self.others_more = {}, 0  # errors and other alerts: number, first and last time, message
        self.lost = 0

    def wrong_line(self, line):
        self.wrong += 1
        self.first_wrong = self.first_wrong or line[:200]

    def add(self, event):
        """Adds an event of anom_events.read. An event without a time, or a ban or unban without a client, is a wrong line."""
        time, kind = when(event), event["event"]
        if time is None or (kind in ("ban", "unban") and not isinstance(event.get("client"), str)):
            self.wrong_line(b"{")
            return
        self.events += 1
        self.lost += whole(event, "lost") or 0
        self.live |= event.get("mode") == "live"
        self.replay |= event.get("mode") == "replay"
        if is_repeated(event):
            return
        if not time.startswith("1970-"):  # the time of a replay without a request
            self.first = min(self.first or time, time)
            self.last = max(self.last, time)
        getattr(self, "add_" + kind)(event, time)

    def add_start(self, event, time):
        self.starts += 1
        self.enforces |= event.get("enforced") is True
        self.prints |= event.get("enforced") is False
        if not self.restored[0] or time < self.restored[0]:
            self.restored = time, whole(event, "bans") or 0

    def add_stop(self, event, time):
        self.stops += 1
        for name, value in event.items():
            value = whole(event, name)
            if value is not None and (name in self.counters or len(self.counters) < OTHERS_MAX):
                self.counters[name] = self.counters.get(name, 0) + value
        if self.starts < self.stops:  # the input lacks the start of this run
            self.first = min(self.first or time, earlier(time, whole(event, "log_seconds") or 0))

    def add_baseline(self, event, time):
        if self.baseline is None or time >= self.baseline[0]:
            self.baseline = time, event

    def add_ban(self, event, time):
        self.bans += 1
        self.enforced += event.get("enforced") is True
        rules = event.get("rules")
        known = {r if isinstance(r, str) and r in RULES else "other" for r in rules[:8]} if isinstance(rules, list) else ()
        for rule in known:
            self.rules[rule] = self.rules.get(rule, 0) + 1
        request = request_words(event)
        if request:
            self.requests.add(request)
        name = client_of(event)
        client = self.clients.get(name)
        if client is None:
            client = self.clients[name] = Client(name)
            if name in self.early:
                client.newest, client.state = self.early.pop(name)
            if self.forgotten:
                self.distinct.add(name)
        client.ban(event, time)
        if len(self.clients) >= 2 * CLIENTS_MAX:
            self.forget()

    def forget(self):
        """Evicts half of the clients. Served clients and other clients each keep half of the room."""
        if not self.forgotten:
            self.forgotten = True
            for name in self.clients:
                self.distinct.add(name)
        kept = self.ranked(True, CLIENTS_MAX // 2) + self.ranked(False, CLIENTS_MAX // 2)
        self.clients = {client.name: client for client in kept}

    def ranked(self, served, most):
        return heapq.nsmallest(most, (c for c in self.clients.values() if c.served == served), key=Client.rank)

    def clients_n(self):
        return self.distinct.count() if self.forgotten else len(self.clients)

    def networks(self):
        """Networks with 3 or more stored clients: pairs of the number and the network, most clients first."""
        counts = {}
        for name in self.clients:
            network = network_of(name)
            if network:
                counts[network] = counts.get(network, 0) + 1
        return sorted(((n, name) for name, n in counts.items() if n > 2), key=lambda x: (-x[0], x[1]))

    def add_unban(self, event, time):
        reason = clean(event.get("reason", "?"), 20)
        reason = reason if reason in ("expired", "allowed", "not_enforced", "manual", "ordered") else "?"
        self.unbans[reason] = self.unbans.get(reason, 0) + 1
        name = client_of(event)
        if name in self.clients:
            self.clients[name].unban(reason, time)
            return
        if len(self.early) >= CLIENTS_MAX:
            del self.early[next(iter(self.early))]  # the unban that came first
        if time >= self.early.get(name, ("",))[0]:
            self.early[name] = time, reason

    def add_alert(self, event, time):
        self.alerts += 1
        scope = event.get("scope")
        if scope == "client":
            hold = event.get("hold")
            hold = hold if isinstance(hold, str) and hold in HOLDS else "other"
            self.held_verdicts += 1
            self.held.setdefault(hold, Held()).add(event, time)
        elif scope == "site":
            self.site_alerts_n += 1
            if len(self.open) >= OPEN_MAX:
                self.close_alert(self.open[0], None)
            self.open.append((time, clean(event.get("signal", "?"), 20), site_words(event), top_path(event)))
        elif scope == "origin":
            self.note(f"host {host_of(event)}: {clean(event.get('reason', '?'), 20)}", fault(event), event, time)
        else:
            count = whole(event, "count")
            self.note(clean(event.get("reason", "?"), 30), "" if count is None else f"count {count:,}", event, time)

    def add_recovered(self, event, time):
        """An anomaly of the site is over. Closes the alert whose time fits the event's duration best."""
        signal, seconds = clean(event.get("signal", "?"), 20), finite(event.get("seconds"))
        open_ones = [x for x in self.open if x[1] == signal and x[0] <= time] if event.get("scope") == "site" else []
        if open_ones and seconds is not None:
            best = min(open_ones, key=lambda x: abs(seconds_between(x[0], time) - seconds))
            self.close_alert(best, max(0, seconds))

    def close_alert(self, alert, seconds):
        self.open.remove(alert)
        item = (-1 if seconds is None else seconds, self.alerts, alert)
        if len(self.site_alerts) < ALERTS_MAX:
            heapq.heappush(self.site_alerts, item)
        else:
            heapq.heappushpop(self.site_alerts, item)

    def longest_alerts(self):
        """Pairs of the duration, None if no event has the end, and the alert. The longest come first."""
        closed = [(None if seconds < 0 else seconds, alert) for seconds, _, alert in self.site_alerts]
        every = closed + [(None, alert) for alert in self.open]
        return sorted(every, key=lambda x: (x[0] is None, -(x[0] or 0), x[1][0]))

    def add_error(self, event, time):
        self.note("error " + clean(event.get("reason", "?"), 30), "", event, time)

    def note(self, key, words, event, time):
        """Adds an error, or an alert that is neither of the site nor of a client."""
        if key not in self.others and len(self.others) >= OTHERS_MAX:
            self.others_more += 1
            return
        n, first, last, _ = self.others.get(key, (0, time, time, ""))
        said = [words] if words else []
        if isinstance(event.get("client"), str):
            said.append(client_of(event))
        if "message" in event:
            said.append(clean(event["message"], 512))
        self.others[key] = n + 1, min(first, time), max(last, time), ": ".join(said)
