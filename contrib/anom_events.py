"""anom_events - turns events of anomdetect into text for people, for anom-notify and all other programs that read events.

An event may have members of any type with any text, because any program may write to the pipe. So each member passes
through clean, number or span. These accept any value and return short, printable ASCII. A member that is missing or has
the wrong type becomes "?".
"""
import json
import re

VERSION = "1.0.0"
KINDS = ("start", "baseline", "alert", "recovered", "ban", "unban", "error", "stop")
UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
EVENT_MAX = 4096  # maximum bytes of an event's line, with its newline
TEXT_MAX = 200  # characters of a string that is shown


def refuse(word):
    raise ValueError(word)


def read(line):
    """The event in the line, or None if the line is not an event."""
    if len(line) >= EVENT_MAX:
        return None
    try:
        event = json.loads(line, parse_constant=refuse)  # refuses NaN, which is not JSON
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) and event.get("event") in KINDS else None


def is_repeated(event):
    """A ban or an unban that was printed before (anomdetect --announce); people need no second report."""
    return event["event"] in ("ban", "unban") and event.get("repeat") is True


def clean(value, most=TEXT_MAX):
    """Any text as printable ASCII on one line: it cannot begin a header of a mail, reverse the text direction, or be invisible."""
    text = "".join(c if " " <= c <= "~" else " " if c.isspace() else "?" for c in str(value)[:most + 1])
    return text if len(text) <= most else text[:most - 3] + "..."


def finite(value):
    """The value if it is a number, else None. A whole number of JSON may be too large for a float."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < 1e300:
        return None
    return value


def number(value):
    """The number with all its digits, up to 15."""
    value = finite(value)
    return "?" if value is None else f"{value:.15g}"


def counted(value, noun):
    """A number and its noun: 1 host, 2 hosts."""
    return f"{number(value)} {noun}{'' if value == 1 else 's'}"


def span(value):
    """Seconds in the two largest units: 10m, 1m 31s."""
    value = finite(value)
    if value is None or not 0 <= value < 1e15:
        return "?"
    words = []
    for unit in ("d", "h", "m", "s"):
        n, value = divmod(int(value), UNITS[unit])
        if n:
            words.append(f"{n}{unit}")
    return " ".join(words[:2]) or "0s"


def is_permanent(event):
    """Whether a ban has no end. Then `until` and `seconds` are null; older programs wrote 0 seconds."""
    return "until" in event and event["until"] is None


def length_of(event):
    """The duration of a ban."""
    return "permanent" if is_permanent(event) else span(event.get("seconds"))


def parts(event, name, members):
    """At most `members` objects of the array in the member `name`; none if this member is not an array."""
    value = event.get(name)
    return [x for x in value if isinstance(x, dict)][:members] if isinstance(value, list) else []


def evidence(event):
    return ", ".join(f"{clean(x.get('rule', '?'), 20)} {number(x.get('value'))} over {number(x.get('limit'))} "
                     f"{clean(x.get('unit', ''), 20)}".rstrip() for x in parts(event, "evidence", 4)) or "no evidence"


def client_of(event):
    return clean(event.get("client", "?"), 50)


def host_of(event):
    """The host that sends counts, in an event of scope origin."""
    return clean(event.get("origin", "?"), 63)


def fault(e):
    """The fault of a host that sends counts."""
    reason = clean(e.get("reason", "?"), 20)
    if reason == "silent":
        return f"silent for {span(e.get('silence'))}"
    if reason == "missing":
        return f"{counted(e.get('count'), 'line')} missing"
    if reason == "duplicate":
        return "two senders under its name"
    if reason == "clock":
        offset = finite(e.get("offset"))
        return "clock ?" if offset is None else f"clock {number(abs(offset))} s {'ahead' if offset > 0 else 'behind'}"
    return reason


def seen_by(e):
    """The number of hosts that saw the client of a ban, if the detector reads counts of other hosts (anomcount(1))."""
    return f", seen by {counted(e['origins'], 'host')}" if "origins" in e else ""


def request_of(e):
    """The request that crossed the limit: POST /wp-login.php 200; "" if it is unknown."""
    r = e.get("request")
    if not isinstance(r, dict):
        return ""
    words = [clean(r[name], most) for name, most in (("method", 15), ("path", 100)) if isinstance(r.get(name), str)]
    if finite(r.get("status")):
        words.append(number(r["status"]))
    return " ".join(word for word in words if word)


# Exactly the commands that anomdetect prints, because an administrator pastes them into a shell.
LIFT = re.compile(r"anomban(?: --set [A-Za-z0-9_.][A-Za-z0-9_.-]{0,29})?(?: --ipv4-prefix [0-9]{1,2})?"
                  r"(?: --ipv6-prefix [0-9]{1,3})? --unban ([0-9a-f.:]{2,45}(?:/[0-9]{1,3})?)", re.ASCII)


def lift_of(e):
    """The command that lifts the ban; "" if there is none, or if it is not a command of this form for this client."""
    command = e.get("lift")
    found = LIFT.fullmatch(command) if isinstance(command, str) else None
    return command if found and found[1] == e.get("client") and e.get("enforced") is True else ""


def how_to_lift(e):
    """For a ban, a separate line with the command that lifts it. No program cuts this line, because people paste it
    into a shell. "" for other events."""
    if e["event"] != "ban":
        return ""
    if e.get("enforced") is not True:
        return "nothing to lift: the ban was only printed"
    command = lift_of(e)
    return f"lift: {command}" if command else ""


def tell_ban(e):
    length = "permanent" if is_permanent(e) else "for " + length_of(e)
    note = "" if e.get("enforceable", True) else "; behind a proxy, not stopped on this host"
    done = "banned" if e.get("enforced") is True else "would ban"
    return f"{done} {client_of(e)} {length}: {evidence(e)}; strike {number(e.get('strike'))}{seen_by(e)}{note}" \
        + (f"; {request_of(e)}" if request_of(e) else "")


def tell_alert(e):
    scope, signal_name = e.get("scope"), clean(e.get("signal", "?"), 20)
    if scope == "client":
        return f"not banned, {clean(e.get('hold', '?'), 20)}: {client_of(e)}: {evidence(e)}"
    if scope == "site":
        most = "".join(f"; {number(100 * finite(n['share']))} % from {clean(n.get('network'), 50)}"
                       for n in parts(e, "networks", 1) if finite(n.get("share")) is not None)
        return (f"the site's {signal_name} are abnormal: {number(e.get('rate'))}/s, mean {number(e.get('mean'))}/s; "
                f"{counted(e.get('clients'), 'client')}, {number(e.get('new_clients'))} of them new{most}")
    said = f": {clean(e['message'])}" if "message" in e else ""
    if scope == "origin":
        return f"host {host_of(e)}: {fault(e)}{said}"
    told = f": {client_of(e)}" if "client" in e else ""
    return f"alert {clean(e.get('reason', '?'), 30)}{told}, count {number(e.get('count'))}{said}"


def tell_recovered(e):
    after = f"after {span(e.get('seconds'))}"
    if e.get("scope") != "origin":
        return f"the site's {clean(e.get('signal', '?'), 20)} are normal again, {after}"
    over = {"silent": "sends counts again", "missing": "no line is missing any more", "clock": "the clock is right again",
            "duplicate": "one sender again"}
    reason = clean(e.get("reason", "?"), 20)
    return f"host {host_of(e)}: {over.get(reason, f'{reason} is over')}, {after}"


def tell(event):
    """One line for people. Each member passes through clean, number or span."""
    kind = event["event"]
    if kind == "ban":
        return tell_ban(event)
    if kind == "alert":
        return tell_alert(event)
    if kind == "unban":
        return f"unbanned {client_of(event)}: {clean(event.get('reason', '?'), 20)}"
    if kind == "recovered":
        return tell_recovered(event)
    if kind == "error":
        return f"error {clean(event.get('reason', '?'), 30)}: {clean(event.get('message', '?'))}"
    if kind == "start":
        force = "bans are in force" if event.get("enforced") is True else "bans are only printed"
        return f"anomdetect started: {force}; {counted(event.get('bans'), 'ban')} at the start"
    if kind == "stop":
        return f"anomdetect stopped: {counted(event.get('requests'), 'request')}, {counted(event.get('bans'), 'ban')}"
    return f"baseline: mean {number(event.get('mean'))} requests/s; limit {number(event.get('limit'))} requests in 60 s"
