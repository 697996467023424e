"""anom_words - the words of anom-report for one event.

As in anom_events, any member becomes short, printable ASCII. Numbers have commas, times are in UTC.
"""
import ipaddress
import re
from datetime import datetime, timedelta

from anom_events import clean, evidence, finite, number, parts

# For each rule: the reason of a ban, and the format of an event's evidence.
RULES = {
    "requests": ("too many requests in 60 s", "{} requests in 60 s, limit {}"),
    "errors": ("too many errors in 60 s", "{} errors in 60 s, limit {}"),
    "visit_requests": ("too many requests in one visit", "{} requests in one visit, limit {}"),
    "visit_errors": ("too many errors in one visit", "{} errors in one visit, limit {}"),
    "swarm": ("too many requests in 60 s while many clients flooded the site",
              "{} requests in 60 s while many clients flooded the site, limit {}"),
    "visit_swarm": ("too many requests in one visit while many slow clients flooded the site",
                    "{} requests in one visit while many slow clients flooded the site, limit {}"),
    "zscore": ("far above the site's mean rate", "{} standard deviations above the site's mean rate, limit {}"),
    "multiplier": ("many times the site's mean rate", "{} times the site's mean rate, limit {}"),
    "probes": ("failed on many different paths that the site never served",
               "failed on {} different paths that the site never served, limit {}"),
    "bait": ("failed on paths on which clients of other networks failed before",
             "failed on {} paths on which clients of other networks failed before, limit {}"),
    "repeats": ("wrote to one path again and again, as password guessers do", "wrote {} times to one path, limit {}"),
    "slow_errors": ("nearly all requests of the client in 24 hours failed", "{} errors in 24 hours, limit {}"),
}
TIGHT = {"error_surge": "limits lowered: the client made many errors", "site_surge": "limits lowered: the site was abnormal"}
HOLDS = {"allowed": "on the allow-list, or an address of the host: never banned",
         "learning": "in the first 10 minutes only the worst clients are banned",
         "mass_ban": "too many clients would have been banned at once",
         "proxy_in_front": "more likely a proxy than a client"}
PATH_MAX = 100  # characters of the longest path in an event, without its escapes


def when(event):
    """The time of an event, or None if it is not valid. The order of these strings is the order of times."""
    at = event.get("time")
    if not isinstance(at, str) or not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", at, re.ASCII):
        return None
    try:
        datetime.fromisoformat(at)
    except ValueError:
        return None
    return at


def seconds_between(first, last):
    return (datetime.fromisoformat(last) - datetime.fromisoformat(first)).total_seconds()


def earlier(time, seconds):
    """The time `seconds` before `time`; `time` itself if the result would be out of range."""
    try:
        at = datetime.fromisoformat(time) - timedelta(seconds=seconds)
    except OverflowError:
        return time
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z") if at.year >= 1000 else time


def at_second(time):
    return f"{time[:10]} {time[11:19]}"


def whole(event, name):
    """A member that is a count, or None."""
    value = event.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2 ** 53 else None


def amount(value):
    value = finite(value)
    return f"{value:,}" if isinstance(value, int) and abs(value) < 2 ** 53 else number(value)


def some(n, noun):
    """1 ban, 2 bans."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def percent(part, of):
    share = 100 * part / of
    return f"{share:.1f} %" if share >= 0.1 or part == 0 else "under 0.1 %"


def evidence_words(event):
    """Each rule with the measured value and its limit."""
    said = []
    for item in parts(event, "evidence", 4):
        rule = item.get("rule")
        if isinstance(rule, str) and rule in RULES:
            said.append(RULES[rule][1].format(amount(item.get("value")), amount(item.get("limit"))))
        else:
            said.append(evidence({"evidence": [item]}))
    return "; ".join(said) or "no evidence"


def verdict_words(event):
    """The evidence, and the reasons why limits were lower."""
    tight = event.get("tight")
    notes = [TIGHT[why] for why in tight[:2] if isinstance(why, str) and why in TIGHT] if isinstance(tight, list) else []
    if event.get("parole") is True:
        notes.append("on parole: a fifth of the limits")
    return "; ".join([evidence_words(event), *notes])


def request_words(event):
    """The request that crossed the limit: GET /.env 404; "" if the log has none."""
    request = event.get("request")
    if not isinstance(request, dict):
        return ""
    status = whole(request, "status")
    words = (clean(request.get("method", ""), 15), clean(request.get("path", ""), PATH_MAX), str(status) if status else "")
    return " ".join(word for word in words if word)


def network_of(name):
    """The IPv4 /24 or IPv6 /48 of a client, or None."""
    try:
        address = ipaddress.ip_address(name.partition("/")[0])
    except ValueError:
        return None
    return str(ipaddress.ip_network((address, 24 if address.version == 4 else 48), strict=False))


def site_words(event):
    """An alert of the site: the rate, the baseline, the clients and the network with the most requests."""
    clients = event.get("clients")
    words = [f"{amount(event.get('rate'))} {clean(event.get('signal', '?'), 20)} per second, the mean is "
             f"{amount(event.get('mean'))}; {amount(clients)} client{'' if clients == 1 else 's'}, "
             f"{amount(event.get('new_clients'))} of them new"]
    for network in parts(event, "networks", 1):
        share = finite(network.get("share"))
        if share is not None:
            words.append(f"{share * 100:.3g} % from {clean(network.get('network', '?'), 50)}")
    return "; ".join(words)


def top_path(event):
    """The path with the most requests, in an alert of the site."""
    return "".join(clean(x.get("path", ""), PATH_MAX) for x in parts(event, "paths", 1))
