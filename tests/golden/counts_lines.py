"""Lines of counts, as anomcount prints them, for the cases beside this file."""
import json
from datetime import datetime, timezone

T0 = 1795320960  # 2026-11-22T04:16:00Z


def line(second, origin, seq, counts=(), run=1795320000000, mode="replay"):
    """Counts of one second after T0; for each client its requests, errors and own errors."""
    time = datetime.fromtimestamp(T0 + second, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return json.dumps({"event": "counts", "time": time, "mode": mode, "origin": origin, "run": run, "seq": seq,
                       "counts": list(counts)}, separators=(",", ":"))


def visitors(second, origin):
    """Counts of two of a host's sixty quiet visitors. No visitor is on two hosts."""
    return [[f"198.51.100.{origin * 60 + (second + k * 30) % 60}", 1, 0, 0] for k in range(2)]
