#!/bin/bash
# The files of a run are its own: one run has them at a time, what others could have written is not believed, and with
# --user they belong to that user, or the start says that it cannot be.
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

# detect NAME ARGUMENT...: a run with an empty log that ends; what it says in $err, its exit code in $code.
detect() {
	err=$(in_ns s "$BUILD/anomdetect" "$@" 2>&1 >/dev/null </dev/null)
	code=$?
}

# ---- one run at a time

detector_start a s
offend a 203.0.113.1 2001:db8:5::1
ok "a run has its files" within 5 has_events 2 a '"event":"ban"' '"enforced":true'
busy="^anomdetect: fatal: another anomdetect uses '$TMP/a.json' and its memory; give each its own --state\$"
detect --state "$TMP/a.json"
is "a second run with them does not start" $code 1
like "and says why" "$err" "$busy"
detect --replay --state "$TMP/a.json"
is "nor does a replay" $code 1
like "for the same reason" "$err" "$busy"
detect --ban --set other --state "$TMP/a.json"
is "nor one that bans" $code 1
not_ok "which has made no sets" in_ns s ipset list -t other4
ln -s "$TMP" "$TMP/way"
detect --replay --state "$TMP/way/a.json"
is "nor by another way to the same directory" $code 1
detect --replay --state "$TMP/b.json"
is "one with its own starts" "$code$err" 0
ok "the first goes on" kill -0 "${detector_pid[a]}"
detector_end a KILL 2>/dev/null # bash says that it was killed
detector_start a s
ok "after a kill -9 the next starts at once" kill -0 "${detector_pid[a]}"
detector_end a
detect --replay --state "$TMP/a.json"
is "and after an end" "$code$err" 0

# ---- what others could have written

# set_aside PROMISE COMMAND...: after the command, the memory of a run that banned is not believed.
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
	like "$promise: that is said" "$(cat "$TMP/m.err")" \
		"^anomdetect: warning: '$TMP/m.json.memory' is not readable \($why\): set aside as .bad; starting fresh\$"
	is "$promise: nobody is banned by it" "$(entries_n s m4) $(entries_n s m6)" "0 0"
	ok "$promise: it can be looked at" [ -s "$TMP/m.json.memory.bad" ]
	detector_end m
	ok "$promise: the next one is ours" [ "$(stat -c '%U %F %a' "$TMP/m.json.memory")" = "root regular file 640" ]
	rm -rf "$TMP/m".*
	in_ns s ipset flush
}
link_memory() {
	mv "$TMP/m.json.memory" "$TMP/elsewhere"
	ln -s "$TMP/elsewhere" "$TMP/m.json.memory"
}
set_aside "a group may write" "others may write to it" chmod g+w "$TMP/m.json.memory"
set_aside "everybody may write" "others may write to it" chmod o+w "$TMP/m.json.memory"
set_aside "a stranger's" "others may write to it" chown nobody "$TMP/m.json.memory"
set_aside "a link" "it is a symbolic link" link_memory
in_ns s ipset destroy 2>/dev/null

# ---- --user

mkdir -m 755 "$TMP/lib"
ours=$TMP/lib/anomdetect

# With $TMP/lib as /var/lib, in the mount namespace that `ip netns exec` makes; no --state.
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
ok "a run as root" within 5 has_events 2 u '"event":"ban"' '"enforced":true'
user_end
is "makes the directory and the files root's" "$(owner "$ours" | cut -d: -f1) $(stat -c %U "$ours"/* | sort -u)" "root root"
group=$(stat -c %G "$ours/state.json")
user_start --user nobody
ok "one with --user starts" kill -0 "${detector_pid[u]}"
is "the directory is the user's then" "$(owner "$ours") $(stat -c %a "$ours")" "nobody:$group 750"
ok "the state is saved as that user" within 5 eval '[ "$(owner "$ours/state.json" | cut -d: -f1)" = nobody ]'
is "the memory is his" "$(owner "$ours/state.json.memory" | cut -d: -f1)" nobody
is "and the lock" "$(owner "$ours/state.json.lock")" "nobody:root"
ok "it knows what root's run knew" within 5 eval '[ "$(jq "[.bans[].strike] | add" "$ours/state.json")" = 2 ]'
offend u 203.0.113.2 2001:db8:6::1
ok "it bans on" within 5 has_events 2 u '"event":"ban"' '"enforced":true'
user_end
is "it says nothing" "$(cat "$TMP/u.err")" ""
is "and the memory that it saved" "$(stat -c %U "$ours/state.json.memory") $(grep -c enforced "$ours/state.json.memory")" \
	"nobody 4"
user_start --user nobody
ok "is read by the next" within 5 eval '[ "$(jq "[.bans[].strike] | add" "$ours/state.json")" = 4 ]'
user_end
is "which says nothing either" "$(cat "$TMP/u.err")" ""
rm -rf "$ours"
said=$(in_ns s bash -c 'mount --bind "$1" /var/lib && exec "$2" --doctor --set u --user nobody' - "$TMP/lib" \
	"$BUILD/anomdetect" </dev/null 2>&1)
like "--doctor finds that the state can be replaced" "$said" $'\nok   state: '
is "in a directory as a start makes it" "$(owner "$ours") $(stat -c %a "$ours")" "nobody:$group 750"

mkdir -m 755 "$TMP/strange"
detect --state "$TMP/strange/s.json" --user nobody
is "in a directory that is not ours the start fails" $code 1
is "and says what to do" "$err" "anomdetect: fatal: unable to save '$TMP/strange/s.json' as 'nobody': Permission denied; \
give its directory to that user (chown)"
is "nothing is given away" "$(owner "$TMP/strange")" root:root
detect --state "$TMP/strange/new/s.json" --user nobody
is "one that is made is given" "$code $(owner "$TMP/strange/new")" "0 nobody:$group"
is "and that is said" "$err" "anomdetect: warning: made the directory '$TMP/strange/new' for the state"

# ---- a state whose directory is missing

detect --state "$TMP/new/s.json"
is "the directory of the state is made, which is said" "$code $err" \
	"0 anomdetect: warning: made the directory '$TMP/new' for the state"
detect --state "$TMP/new/s.json"
is "a second run says nothing" "$code$err" 0
detect --state "$TMP/none/x/s.json"
is "a missing parent is an error, and is named" "$code $err" "1 anomdetect: fatal: unable to make the directory of \
'$TMP/none/x/s.json': '$TMP/none' is missing; make it, or correct --state"
not_ok "nothing is made then" [ -e "$TMP/none" ]

# ---- an allow-list that only root may read

printf '203.0.113.200\n2001:db8:8::/48\n' >"$TMP/allowed"
chmod 600 "$TMP/allowed"
detect --state none --allow "@$TMP/allowed" --user nobody
is "the run begins with it" $code 0
is "but a later reading is known to fail" "$err" "anomdetect: warning: as 'nobody': --allow: unable to read \
'$TMP/allowed': Permission denied; it belongs to root:root, mode 0600: let nobody read it; a SIGHUP will not read it again"
detect --state none --trust-proxy "@$TMP/allowed" --user nobody
like "of trusted proxies too" "$err" "^anomdetect: warning: as 'nobody': --trust-proxy: unable to read .*: Permission denied; "
chmod 644 "$TMP/allowed"
detect --state none --allow "@$TMP/allowed" --user nobody
is "one that he may read is no matter" "$code$err" 0

detector_explain a u
done_testing
