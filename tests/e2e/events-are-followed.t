#!/bin/bash
# README's way to keep events: a file of events, and filters that follow it by tail -F. A filter whose own disk is full
# loses lines, reports this, and continues when there is room. The events are kept, and the filter can print the lost
# lines from them.
# shellcheck disable=SC2317,SC2016 # the functions are called by ok and within; the expressions are for the inner shell
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need_root
need unshare jq tail tee
need_built anomdetect

ROOT=$(cd "$(dirname "$0")/../.." && pwd)
audit=$ROOT/contrib/anom-audit
# The manual page's command that follows the events, without the name of the file.
follows=$(sed -n 's/^\(tail -n 0 -F\) \/var\/log\/anomdetect.jsonl |$/\1/p' "$ROOT/man/anomdetect.8" | head -n 1)
is "the manual page shows how a filter follows the events" "$follows" "tail -n 0 -F"
is "README shows how a filter follows the events" "$(grep -c '^`tail -n 0 -F /var/log/anomdetect.jsonl | anom-notify ' "$ROOT/README.md")" 1
is "README appends the events to a file" "$(grep -c '| anomdetect .*>>/var/log/anomdetect.jsonl$' "$ROOT/README.md")" 2

# A small disk in a mount namespace of its own, which is reachable through /proc.
mkdir "$TMP/small"
unshare --mount sh -c 'mount -t tmpfs -o size=64k tmpfs "$1" && exec sleep 1000' sh "$TMP/small" &
holder=$!
ends_with_test $holder
small=/proc/$holder/root$TMP/small
mounted() { [ "$(stat -f -c %T "$small")" = tmpfs ] && [ "$(stat -f -c %b "$small")" -le 16 ]; }
within 5 mounted || skip_all "no mount namespace here"
fill() { head -c 1000000 /dev/zero >"$small/fill" 2>/dev/null || true; }

# Events, appended as by a run.
events=$TMP/anomdetect.jsonl
: >"$events"
event() {
	printf '{"event":"unban","time":"2026-11-22T10:37:08.000Z","mode":"live","client":"203.0.113.7","reason":"expired","strike":1}\n' >>"$events"
}
lines() { wc -l <"$small/audit.log"; }
has_lines() { [ "$(lines)" -ge "$1" ]; }

tail -n 0 -F "$events" 2>"$TMP/tail.err" | "$audit" >>"$small/audit.log" 2>"$TMP/audit.err" &
ends_with_test $!
first() { event; has_lines 1; }
ok "the filter prints events as soon as they are appended" within 10 first

# tail -F may have begun after the first events.
kept=$(lines)
fill
is "the disk is full" "$(printf x 2>/dev/null >"$small/more" && cat "$small/more")" ""
lost() { event; grep -q 'unable to write: No space left on device; lines are lost$' "$TMP/audit.err"; }
ok "a filter reports its full disk" within 20 lost
for _ in {1..20}; do event; done
rm "$small/fill" "$small/more"
again() { event; grep -q 'lines are written again$' "$TMP/audit.err"; }
ok "the filter continues when there is room, and reports that lines are written again" within 20 again
is "the loss is reported once for many lines" "$(grep -c 'lines are lost' "$TMP/audit.err")" 1
before=$(lines)
more() { event; has_lines $((before + 2)); }
ok "the filter prints the next events" within 10 more
wanted=$("$audit" <"$events" | sed -n 1p)
halves=$(grep -vcxF "$wanted" "$small/audit.log")
ok "at most one line is incomplete" [ "$halves" -le 1 ]
ok "complete lines follow the incomplete line" [ "$(tail -n +$((kept + 1)) "$small/audit.log" | grep -cxF "$wanted")" -ge 2 ]
ok "lines were lost" [ "$(grep -cxF "$wanted" "$small/audit.log")" -lt "$(wc -l <"$events")" ]
is "the filter prints the lost lines from the file of events" "$("$audit" <"$events" | grep -cxF "$wanted")" "$(wc -l <"$events")"

# Rotates the file as contrib/logrotate/events.conf does, and by replacing it.
: >"$events"
before=$(lines)
ok "a truncated file is followed" within 10 more
mv "$events" "$events.1"
before=$(lines)
ok "a file that is replaced is followed" within 10 more

# Shows why the events are not written by tee: after a full disk, tee does not write to its file again.
fill
mkfifo "$TMP/tee"
tee -ia "$small/tee.jsonl" <"$TMP/tee" >"$TMP/passed" 2>"$TMP/tee.err" &
ends_with_test $!
exec {in}>"$TMP/tee"
passed() { echo event >&"$in"; grep -q 'No space left' "$TMP/tee.err"; }
ok "tee reports a full disk" within 10 passed
rm "$small/fill"
got=$(wc -l <"$TMP/passed")
further() { echo event >&"$in"; [ "$(wc -l <"$TMP/passed")" -gt $((got + 3)) ]; }
ok "tee passes events on after the full disk" within 10 further
is "tee writes no more events to its file" "$(wc -c <"$small/tee.jsonl")" 0
exec {in}>&-

done_testing
