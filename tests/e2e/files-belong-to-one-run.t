#!/bin/bash
# The files of a run belong to this run. Two runs cannot use the same files. Files that others could have written are
# not trusted. With --user the files belong to that user, or the start fails with a reason.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/detector.sh
. "$(dirname "$0")/detector.sh"
need_root
need ip ipset iptables ip6tables jq
need_built anomdetect

ns_add s
need_kernel_sets s

owner() { stat -c %U:%G "$1"; }

# detect NAME ARGUMENT...: a run with an empty log; sets $err to its messages, $code to its exit code.
detect() {
	err=$(in_ns s "$BUILD/anomdetect" "$@" 2>&1 >/dev/null </dev/null)
	code=$?
}

# ---- one run at a time

detector_start a s
offend a 203.0.113.1 2001:db8:5::1
ok "a run bans two clients" within 5 has_events 2 a '"event":"ban"' '"enforced":true'
busy="^anomdetect: fatal: another anomdetect uses '$TMP/a.json' and its memory; give each its own --state\$"
detect --state "$TMP/a.json"
is "a second run with the same files does not start" $code 1
like "the error names the other run" "$err" "$busy"
detect --replay --state "$TMP/a.json"
is "a replay with the same files does not start" $code 1
like "the error of the replay names the other run" "$err" "$busy"
detect --ban --set other --state "$TMP/a.json"
is "a run with --ban and the same files does not start" $code 1
not_ok "the refused run with --ban made no sets" in_ns s ipset list -t other4
ln -s "$TMP" "$TMP/way"
detect --replay --state "$TMP/way/a.json"
is "another path to the same directory is refused, too" $code 1
detect --replay --state "$TMP/b.json"
is "a run with its own files starts" "$code$err" 0
ok "the first run continues" kill -0 "${detector_pid[a]}"
detector_end a KILL 2>/dev/null # bash reports that it was killed
detector_start a s
ok "when a run was killed by SIGKILL, the next run starts immediately" kill -0 "${detector_pid[a]}"
detector_end a
detect --replay --state "$TMP/a.json"
is "when the first run has ended, the next run starts" "$code$err" 0

# ---- files that others could have written

# set_aside PROMISE REASON COMMAND...: after the command, the memory file of a run with bans is not trusted.
set_aside() {
	local promise=$1 why=$2
	shift 2
	detector_start m s --memory-interval 1s
	offend m 203.0.113.1 2001:db8:5::1
	within 5 has_events 2 m '"event":"ban"'
	detector_end m
	in_ns s iptables -w -t raw -F
	in_ns s ip6tables -w -t raw -F
	in_ns s ipset destroy
	"$@"
	: >"$TMP/m.events"
	: >"$TMP/m.err"
	detector_start m s
	like "$promise: a warning reports the memory file" "$(cat "$TMP/m.err")" \
		"^anomdetect: warning: '$TMP/m.json.memory' is not readable \($why\): set aside as .bad; starting fresh\$"
	is "$promise: the bans of this file are not restored" "$(entries_n s m4) $(entries_n s m6)" "0 0"
	ok "$promise: the file is kept for examination" [ -s "$TMP/m.json.memory.bad" ]
	detector_end m
	ok "$promise: the next memory file belongs to root" [ "$(stat -c '%U %F %a' "$TMP/m.json.memory")" = "root regular file 640" ]
	rm -rf "$TMP/m".*
	in_ns s ipset flush
}
link_memory() {
	mv "$TMP/m.json.memory" "$TMP/elsewhere"
	ln -s "$TMP/elsewhere" "$TMP/m.json.memory"
}
set_aside "a memory file that a group may write to" "others may write to it" chmod g+w "$TMP/m.json.memory"
set_aside "a memory file that everybody may write to" "others may write to it" chmod o+w "$TMP/m.json.memory"
set_aside "a memory file of another user" "others may write to it" chown nobody "$TMP/m.json.memory"
set_aside "a memory file that is a symbolic link" "it is a symbolic link" link_memory
in_ns s ipset destroy 2>/dev/null

# ---- --user

mkdir -m 755 "$TMP/lib"
ours=$TMP/lib/anomdetect

# A run without --state, with $TMP/lib as /var/lib in the mount namespace that `ip netns exec` makes.
user_start() {
	: >"$TMP/u.events"
	: >"$TMP/u.err"
	ns_become s bash -c 'mount --bind "$1" /var/lib && shift && exec "$@"' - "$TMP/lib" \
		"$BUILD/anomdetect" --ban --set u "${detector_limits[@]}" "$@" <"$TMP/u.in" >>"$TMP/u.events" 2>>"$TMP/u.err" &
	detector_pid[u]=$!
	ends_with_test $!
	within 10 detector_started u 1
}
mkfifo "$TMP/u.in"
exec {fd}<>"$TMP/u.in"
detector_fd[u]=$fd
user_end() {
	kill "${detector_pid[u]}"
	within 5 gone "${detector_pid[u]}"
}

user_start
offend u 203.0.113.1 2001:db8:5::1
ok "a run as root bans two clients" within 5 has_events 2 u '"event":"ban"' '"enforced":true'
user_end
is "directory and files of a run as root belong to root" "$(owner "$ours" | cut -d: -f1) $(stat -c %U "$ours"/* | sort -u)" "root root"
group=$(stat -c %G "$ours/state.json")
user_start --user nobody
ok "a run with --user starts" kill -0 "${detector_pid[u]}"
is "with --user the directory belongs to the user" "$(owner "$ours") $(stat -c %a "$ours")" "nobody:$group 750"
ok "the state is saved as that user" within 5 eval '[ "$(owner "$ours/state.json" | cut -d: -f1)" = nobody ]'
is "the memory file belongs to the user" "$(owner "$ours/state.json.memory" | cut -d: -f1)" nobody
is "the lock file belongs to the user" "$(owner "$ours/state.json.lock")" "nobody:root"
ok "the run with --user knows the bans of root's run" within 5 eval '[ "$(jq "[.bans[].strike] | add" "$ours/state.json")" = 2 ]'
offend u 203.0.113.2 2001:db8:6::1
ok "the run with --user bans clients" within 5 has_events 2 u '"event":"ban"' '"enforced":true'
user_end
is "the run with --user logs no message" "$(cat "$TMP/u.err")" ""
is "the memory file that this run saved belongs to the user" "$(stat -c %U "$ours/state.json.memory") $(grep -c enforced "$ours/state.json.memory")" \
	"nobody 4"
user_start --user nobody
ok "the next run reads this memory file" within 5 eval '[ "$(jq "[.bans[].strike] | add" "$ours/state.json")" = 4 ]'
user_end
is "the next run logs no message" "$(cat "$TMP/u.err")" ""
rm -rf "$ours"
said=$(in_ns s bash -c 'mount --bind "$1" /var/lib && exec "$2" --doctor --set u --user nobody' - "$TMP/lib" \
	"$BUILD/anomdetect" </dev/null 2>&1)
like "--doctor reports that the user can replace the state file" "$said" $'\nok   state: '
is "--doctor makes the directory as a start does" "$(owner "$ours") $(stat -c %a "$ours")" "nobody:$group 750"

mkdir -m 755 "$TMP/strange"
detect --state "$TMP/strange/s.json" --user nobody
is "in a directory of another user the start fails" $code 1
is "the error has a remedy" "$err" "anomdetect: fatal: unable to save '$TMP/strange/s.json' as user 'nobody': Permission denied; \
give the file's directory to this user (chown)"
is "the owner of this directory is not changed" "$(owner "$TMP/strange")" root:root
detect --state "$TMP/strange/new/s.json" --user nobody
is "a new directory belongs to the user" "$code $(owner "$TMP/strange/new")" "0 nobody:$group"
is "a warning reports the new directory" "$err" "anomdetect: warning: made the directory '$TMP/strange/new' for the state"

# ---- a state whose directory is missing

detect --state "$TMP/new/s.json"
is "a missing directory for the state is made and reported" "$code $err" \
	"0 anomdetect: warning: made the directory '$TMP/new' for the state"
detect --state "$TMP/new/s.json"
is "a second run logs no message" "$code$err" 0
detect --state "$TMP/none/x/s.json"
is "a missing parent directory is an error, and the message names the directory" "$code $err" "1 anomdetect: fatal: unable to make the directory of \
'$TMP/none/x/s.json': '$TMP/none' is missing; make it, or correct --state"
not_ok "with a missing parent no directory is made" [ -e "$TMP/none" ]

# ---- an allow-list that only root may read

printf '203.0.113.200\n2001:db8:8::/48\n' >"$TMP/allowed"
chmod 600 "$TMP/allowed"
detect --state none --allow "@$TMP/allowed" --user nobody
is "the run starts with an allow-list that only root may read" $code 0
is "a warning reports that a later read of the allow-list would fail" "$err" "anomdetect: warning: as 'nobody': --allow: unable to read \
'$TMP/allowed': Permission denied; it belongs to root:root, mode 0600: let 'nobody' read it; it was read at the start, but a SIGHUP cannot read it again"
detect --state none --trust-proxy "@$TMP/allowed" --user nobody
like "the same warning is logged for a list of trusted proxies" "$err" "^anomdetect: warning: as 'nobody': --trust-proxy: unable to read .*: Permission denied; "
chmod 644 "$TMP/allowed"
detect --state none --allow "@$TMP/allowed" --user nobody
is "a list that the user may read causes no warning" "$code$err" 0

detector_explain a u
done_testing
