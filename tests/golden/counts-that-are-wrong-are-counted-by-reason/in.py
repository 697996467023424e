#!/usr/bin/env python3
"""Each wrong line is counted under its reason and bans nobody."""
import json
import sys
sys.path.insert(0, "..")
sys.dont_write_bytecode = True
from counts_lines import line  # noqa: E402

BAD = ["203.0.113.7", 1000001, 0, 0], ["203.0.113.7", 0, 0, 0], ["203.0.113.7", 5, 6, 0], ["203.0.113.7", 9e8, 0, 0]
print(line(0, "web1", 1, [["198.51.100.1", 1, 0, 0]]))
print(line(1, "web1", 2, [*BAD, ["198.51.100.1", 1, 0, 0]]))      # four bad_count, one request
print(line(1, "web1", 3, [["everybody", 1, 0, 0], ["0.0.0.0/0", 1000000, 0, 0], ["::/0", 1000000, 0, 0]]))  # bad_client
print("counts/web2 " + line(2, "web1", 4, [["203.0.113.7", 1000000, 0, 0]]))  # bad_origin
print(line(2, "web 1", 4, [["203.0.113.7", 1000000, 0, 0]]))                  # bad_origin
payload = "x\ncounts/web1 " + line(2, "web1", 4, [["203.0.113.7", 1000000, 0, 0]])
print(json.dumps({"topic": "counts/web9", "payload": payload}))               # other
print(line(2, "web1", 4)[:-1])                                                # not_json
print('{"remote_addr":"203.0.113.7","msec":1795320961,"status":200}')          # other
print("counts/web1 " + line(2, "web1", 4, [["198.51.100.1", 1, 0, 0]]))
print(json.dumps({"topic": "counts/web1", "payload": line(2, "web1", 5, [["2001:db8::/64", 1, 0, 0]])}))
print(line(2, "web1", 5, [["203.0.113.7", 1000000, 0, 0]]))                   # counts_repeated
print(line(2, "web1", 5, [["203.0.113.7", 1000000, 0, 0]], run=1))            # counts_old
print(line(2, "web1", 20000, [["203.0.113.7", 1000000, 0, 0]]))               # counts_jumped
print(line(2, "web2", 1, [["198.51.100.1", 1, 0, 0]], mode="live"))           # a replay accepts counts of a live run
print(line(9000, "web2", 2, [["203.0.113.7", 1000000, 0, 0]]))                # bad_time: over an hour after all others
