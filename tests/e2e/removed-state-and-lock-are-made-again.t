#!/bin/bash
# Somebody removes the directory of the state, or only the lock file in it, during a run. The run makes the removed
# directory and file again and locks the file, or reports why it cannot. While another run has the lock, the run saves
# nothing.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/detector.sh
. "$(dirname "$0")/detector.sh"
need_root
need ip ipset iptables ip6tables jq
need_built anomdetect

ns_add s
need_kernel_sets s

# detect ARGUMENT...: a replay of an empty log; sets $err to its messages and $code to its exit code.
detect() {
	err=$(in_ns s "$BUILD/anomdetect" --replay "$@" 2>&1 >/dev/null </dev/null)
	code=$?
}
refused="anomdetect: fatal: another anomdetect uses '%s' and its memory; give each its own --state"
saved_by() { [ "$(jq .pid "$1")" = "${detector_pid[$2]}" ]; }
# The detector has opened the lock file that has this name now. If it still had the removed file open, a second run
# could lock the new file.
has_lock() { readlink "/proc/${detector_pid[$1]}"/fd/* | grep -qx "$file.lock"; }
said() { grep -qF "$2" "$TMP/$1.err"; }

# ---- a run as root

file=$TMP/root/state/a.json
mkdir "$TMP/root"
detector_start a s --state "$file" --memory-interval 1s
offend a 203.0.113.1 2001:db8:5::1
ok "the memory file is saved" within 5 grep -qs 203.0.113.1 "$file.memory"
: >"$TMP/a.err"
rm -r "$TMP/root/state"
ok "a removed directory is made again, with the state" within 5 [ -s "$file" ]
ok "the memory file is saved in the new directory" within 5 grep -qs 203.0.113.1 "$file.memory"
is "the new directory is reported once" "$(grep -c "^anomdetect: warning: made the directory '$TMP/root/state' for the state\$" "$TMP/a.err")" 1
is "the new directory has the mode of the removed directory" "$(stat -c '%a' "$TMP/root/state")" 750
detect --state "$file"
# shellcheck disable=SC2059 # refused is a format
is "a second run is refused with the new directory" "$code $err" "1 $(printf "$refused" "$file")"

rm "$file.lock"
ok "a removed lock file is made again" within 5 has_lock a
detect --state "$file"
is "a second run is refused with the new lock file" $code 1
inode() { stat -c %i "$file.lock"; }
cp "$file.lock" "$TMP/other.lock"
mv "$TMP/other.lock" "$file.lock"
first=$(inode)
ok "a replaced lock file is locked" within 5 has_lock a
is "the run keeps the file that replaced its lock file" "$(inode)" "$first"
detect --state "$file"
is "a second run is refused with the replaced lock file" $code 1

# ---- another run has the lock

: >"$TMP/a.err"
kill -STOP "${detector_pid[a]}"
rm -r "$TMP/root/state"
detector_start b s --state "$file" --memory-interval 1s
ok "another run can start while no lock file exists" within 5 saved_by "$file" b
kill -CONT "${detector_pid[a]}"
ok "the first run reports that another run uses its files" within 5 said a "': another anomdetect uses it now; give each its own --state"
like "a warning reports that the first run does not save" "$(grep 'another anomdetect' "$TMP/a.err")" \
	"^anomdetect: warning: unable to save '$file(\.memory)?': another anomdetect "
since=$(jq -r .saved "$file")
later() { [ "$(jq -r .saved "$file")" != "$since" ]; }
for _ in 1 2 3; do
	within 5 later
	since=$(jq -r .saved "$file")
done
ok "the run without the lock saves nothing" saved_by "$file" b
not_ok "the memory file has no ban of the run without the lock" grep -q 203.0.113.1 "$file.memory"
is "the lost lock is reported once per minute" "$(grep -c 'another anomdetect' "$TMP/a.err")" 1
offend a 203.0.113.2
ok "the run without the lock bans" within 5 event a ban 203.0.113.2 '"enforced":true'
detector_end b
ok "when the other run has ended, the first run saves again" within 5 saved_by "$file" a
ok "the first run reports that it saves again" within 5 said a "warning: this run saves '$file' again, and replaces the state of another run"
is "the first run reports only once that it saves again" "$(grep -c "this run saves" "$TMP/a.err")" 1
detect --state "$file"
is "the first run has the lock again" $code 1
detector_end a
detect --state "$file"
is "the lock is free when the first run has ended" "$code$err" 0

# ---- a directory that is a symbolic link

file=$TMP/ways/link/s.json
mkdir -p "$TMP/ways" "$TMP/elsewhere/state"
ln -s "$TMP/elsewhere/state" "$TMP/ways/link"
detector_start l s --state "$file"
within 5 [ -s "$file" ]
rm -r "$TMP/elsewhere/state"
ok "a dangling link is reported" within 5 said l \
	"its directory is missing, and making it failed: File exists; make it, and give it to the user of this run"
mkdir "$TMP/elsewhere/state"
ok "when the link leads to a directory again, the state is saved there" within 5 [ -s "$file" ]
detect --state "$file"
is "the directory behind the link is locked" $code 1
detector_end l

# A path with two slashes names the same directory.
file=$TMP/slashes/state//s.json
mkdir "$TMP/slashes"
detector_start t s --state "$file"
within 5 [ -s "$file" ]
rm -r "$TMP/slashes/state"
ok "a directory before two slashes is made again" within 5 [ -s "$file" ]
detector_end t

# ---- with --user

# The parent directory belongs to root, so the user may not make the directory again.
file=$TMP/user/state/u.json
mkdir -p "$TMP/user/state" && chown nobody "$TMP/user/state"
detector_start u s --state "$file" --user nobody
ok "with --user the state is saved" within 5 [ -s "$file" ]
rm -r "$TMP/user/state"
ok "a directory that the user may not make again is reported" within 5 said u \
	"warning: unable to save '$file': its directory is missing, and making it failed: Permission denied; make it, and give it to the user of this run"
offend u 203.0.113.1 2001:db8:5::1
ok "without the directory the run still bans" within 5 has_events 2 u '"event":"ban"' '"enforced":true'
mkdir "$TMP/user/state" && chown nobody "$TMP/user/state"
ok "when the directory exists again, the state is saved there" within 5 [ -s "$file" ]
within 5 has_lock u
detect --state "$file"
is "the directory that was made again is locked" $code 1
detector_end u

# The parent directory belongs to the user.
file=$TMP/own/state/o.json
mkdir -p "$TMP/own/state" && chown nobody "$TMP/own" "$TMP/own/state"
detector_start o s --state "$file" --user nobody
within 5 [ -s "$file" ]
rm -r "$TMP/own/state"
ok "a directory that the user may make again is made" within 5 [ -s "$file" ]
is "the new directory belongs to the user" "$(stat -c %U "$TMP/own/state")" nobody
detect --state "$file"
is "the user's new directory is locked" $code 1
detector_end o

detector_explain a b l t u o
done_testing
