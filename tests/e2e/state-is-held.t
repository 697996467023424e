#!/bin/bash
# The directory of the state, or the lock in it, is removed during a run: the run makes it again and takes the lock anew,
# or says why it cannot. While another run has the lock, it saves nothing.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/detector.sh
. "$(dirname "$0")/detector.sh"
need_root
need ip ipset iptables ip6tables jq
need_built anomdetect

ns_add s
need_kernel_sets s

# detect ARGUMENT...: a replay of nothing; what it says in $err, its exit code in $code.
detect() {
	err=$(in_ns s "$BUILD/anomdetect" --replay "$@" 2>&1 >/dev/null </dev/null)
	code=$?
}
refused="anomdetect: fatal: another anomdetect uses '%s' and its memory; give each its own --state"
saved_by() { [ "$(jq .pid "$1")" = "${detector_pid[$2]}" ]; }
# The lock is open in that detector, under its name: a second run could have it first.
has_lock() { readlink "/proc/${detector_pid[$1]}"/fd/* | grep -qx "$file.lock"; }
said() { grep -qF "$2" "$TMP/$1.err"; }

# ---- a run as root

file=$TMP/root/state/a.json
mkdir "$TMP/root"
detector_start a s --state "$file" --memory-interval 1s
offend a 203.0.113.1 2001:db8:5::1
ok "the memory is saved" within 5 grep -qs 203.0.113.1 "$file.memory"
: >"$TMP/a.err"
rm -r "$TMP/root/state"
ok "a directory that is removed is made again, with the state" within 5 [ -s "$file" ]
ok "the memory" within 5 grep -qs 203.0.113.1 "$file.memory"
is "which is said once" "$(grep -c "^anomdetect: warning: made the directory '$TMP/root/state' for the state\$" "$TMP/a.err")" 1
is "it is as it was made first" "$(stat -c '%a' "$TMP/root/state")" 750
detect --state "$file"
# shellcheck disable=SC2059 # the format
is "a second run is refused, as before" "$code $err" "1 $(printf "$refused" "$file")"

rm "$file.lock"
ok "a lock that is removed is made again" within 5 has_lock a
detect --state "$file"
is "and refuses a second run" $code 1
inode() { stat -c %i "$file.lock"; }
cp "$file.lock" "$TMP/other.lock"
mv "$TMP/other.lock" "$file.lock"
first=$(inode)
ok "one that is replaced is locked" within 5 has_lock a
is "it is the new one" "$(inode)" "$first"
detect --state "$file"
is "and refuses a second run" $code 1

# ---- another run has taken the lock

: >"$TMP/a.err"
kill -STOP "${detector_pid[a]}"
rm -r "$TMP/root/state"
detector_start b s --state "$file" --memory-interval 1s
ok "another run may begin" within 5 saved_by "$file" b
kill -CONT "${detector_pid[a]}"
ok "the first says that the files are another's now" within 5 said a "': another anomdetect uses it now; give each its own --state"
like "and names the first that it does not save" "$(grep 'another anomdetect' "$TMP/a.err")" \
	"^anomdetect: warning: unable to save '$file(\.memory)?': another anomdetect "
since=$(jq -r .saved "$file")
later() { [ "$(jq -r .saved "$file")" != "$since" ]; }
for _ in 1 2 3; do
	within 5 later
	since=$(jq -r .saved "$file")
done
ok "and saves nothing" saved_by "$file" b
not_ok "nor does the memory know of its bans" grep -q 203.0.113.1 "$file.memory"
is "it says so once a minute, not each second" "$(grep -c 'another anomdetect' "$TMP/a.err")" 1
offend a 203.0.113.2
ok "meanwhile it bans" within 5 event a ban 203.0.113.2 '"enforced":true'
detector_end b
ok "when the other has ended, it saves again" within 5 saved_by "$file" a
ok "and says so" within 5 said a "warning: this run saves '$file' again, and replaces the state of another run"
is "once" "$(grep -c "this run saves" "$TMP/a.err")" 1
detect --state "$file"
is "and has the lock" $code 1
detector_end a
detect --state "$file"
is "until it ends" "$code$err" 0

# ---- a directory that is a link to one elsewhere

file=$TMP/ways/link/s.json
mkdir -p "$TMP/ways" "$TMP/elsewhere/state"
ln -s "$TMP/elsewhere/state" "$TMP/ways/link"
detector_start l s --state "$file"
within 5 [ -s "$file" ]
rm -r "$TMP/elsewhere/state"
ok "that a link leads nowhere is told" within 5 said l \
	"its directory is missing, and making it failed: File exists; make it, and give it to the user of this run"
mkdir "$TMP/elsewhere/state"
ok "when it leads to a directory again, that has the state" within 5 [ -s "$file" ]
detect --state "$file"
is "and is locked" $code 1
detector_end l

# Nor does another spelling matter.
file=$TMP/slashes/state//s.json
mkdir "$TMP/slashes"
detector_start t s --state "$file"
within 5 [ -s "$file" ]
rm -r "$TMP/slashes/state"
ok "a directory before two slashes is made again" within 5 [ -s "$file" ]
detector_end t

# ---- with --user

# The parent is root's: the user may not make the directory again.
file=$TMP/user/state/u.json
mkdir -p "$TMP/user/state" && chown nobody "$TMP/user/state"
detector_start u s --state "$file" --user nobody
ok "with --user the state is saved" within 5 [ -s "$file" ]
rm -r "$TMP/user/state"
ok "a directory that the user may not make again is told" within 5 said u \
	"warning: unable to save '$file': its directory is missing, and making it failed: Permission denied; make it, and give it to the user of this run"
offend u 203.0.113.1 2001:db8:5::1
ok "meanwhile it bans" within 5 has_events 2 u '"event":"ban"' '"enforced":true'
mkdir "$TMP/user/state" && chown nobody "$TMP/user/state"
ok "when it is there again, it has the state" within 5 [ -s "$file" ]
within 5 has_lock u
detect --state "$file"
is "and is locked" $code 1
detector_end u

# The parent is the user's.
file=$TMP/own/state/o.json
mkdir -p "$TMP/own/state" && chown nobody "$TMP/own" "$TMP/own/state"
detector_start o s --state "$file" --user nobody
within 5 [ -s "$file" ]
rm -r "$TMP/own/state"
ok "one that the user may make again is made" within 5 [ -s "$file" ]
is "by the user" "$(stat -c %U "$TMP/own/state")" nobody
detect --state "$file"
is "and is locked" $code 1
detector_end o

detector_explain a b l t u o
done_testing
