#!/bin/bash
# anomstat as a user starts it: a page that fits, or one line that says why not, and the exit status of the manual.
. "$(dirname "$0")/lib.sh"
need gzip
need_built anomstat anomdetect

# A copy: the mode and the owner of the sources are anybody's choice, and are looked at.
state=$TMP/golden.json
install -m 640 "$(dirname "$0")/../golden/screen-state.json" "$state"
unset ANOMDETECT_STATE COLUMNS LINES
export XDG_STATE_HOME=$TMP HOME=$TMP

# Standard output in $out, error in $err, exit code in $code.
stat() {
	out=$("$BUILD/anomstat" "$@" 2>"$TMP/err")
	code=$?
	err=$(cat "$TMP/err")
}

# fails PROMISE CODE REGEX ARGS...: nothing on standard output, one line on standard error.
fails() {
	local promise=$1 want=$2 regex=$3
	shift 3
	stat "$@"
	is "$promise: exit $want" "$code,$out" "$want,"
	like "$promise: says so" "$err" "^anomstat: fatal: $regex\$"
	is "$promise: in one line" "$(wc -l <"$TMP/err")" 1
}

widest() { LC_ALL=C.UTF-8 awk '{ if (length($0) > n) n = length($0) } END { print n + 0 }' <<<"$out"; }

stat -s "$state"
is "a state is drawn" "$code,$err" 0,
like "an old one is shown as stale" "$out" '^anomdetect on web1 STALE '
is "no line is wider than 80 columns when nobody says how wide" "$(($(widest) <= 80))" 1
like "without a limit of lines every ban is shown" "$out" '198\.51\.100\.99'
stat --state="$state"
is "the long option is the short one" "$code" 0
ANOMDETECT_STATE=$state stat
is "ANOMDETECT_STATE names the state" "$code,$err" 0,

for width in 40 60 80 120 200; do
	COLUMNS=$width LINES=24 stat -s "$state"
	is "COLUMNS=$width is kept" "$(($(widest) <= width))" 1
	is "LINES=24 leaves two for the heading of watch, at $width" "$(($(wc -l <<<"$out") <= 22))" 1
done
COLUMNS=0x50 LINES=-1 stat -s "$state"
is "a size that is no number is ignored" "$code,$(($(widest) <= 80))" 0,1
is "bars are ASCII in the C locale" "$(LC_ALL=C grep -c '[^ -~]' <<<"$out")" 0
LC_ALL=C.UTF-8 stat -s "$state"
is "bars are blocks in a UTF-8 locale" "$(grep -c '█' <<<"$out")" 13
LC_ALL=C.UTF-8 stat -s "$state" --ascii
is "bars are ASCII with --ascii" "$(LC_ALL=C grep -c '[^ -~]' <<<"$out")" 0
LC_ALL=C.UTF-8 stat -s "$state"
is "there is no control byte" "$(tr -d '\n' <<<"$out" | LC_ALL=C grep -c '[[:cntrl:]]')" 0

plain=$out
LC_ALL=C.UTF-8 stat -s "$state" --color always
like "--color always sets colours" "$out" $'\033\\[1;31mSTALE'
is "without them it is the plain page" "$(sed $'s/\033\\[[0-9;]*m//g' <<<"$out")" "$plain"
NO_COLOR=1 LC_ALL=C.UTF-8 stat -s "$state" --color=always
like "--color always is more than NO_COLOR" "$out" $'\033'
LC_ALL=C.UTF-8 stat -s "$state" --color never
is "--color never is the plain page" "$out" "$plain"

# as_nobody MODE OF THE DIRECTORY, OF THE FILE, [ITS GROUP]: anomstat, where the system's state has these modes.
as_nobody() {
	out=$(unshare -m bash -c "mount -t tmpfs none /var/lib && mkdir /var/lib/anomdetect &&
		cp '$state' /var/lib/anomdetect/state.json && chgrp '${3:-root}' /var/lib/anomdetect/state.json &&
		chmod '$2' /var/lib/anomdetect/state.json &&
		chmod '$1' /var/lib/anomdetect && XDG_STATE_HOME='$TMP/own' HOME=/ ${as_other[*]} \
		'$OTHERS/anomstat'" 2>&1)
}
if [ "$(id -u)" = 0 ]; then
	install -D -m 644 <(sed 's/"web1"/"own"/' "$state") "$TMP/own/anomdetect/state.json"
	for_others "$BUILD/anomstat"
	as_nobody 755 644
	like "the system's state comes first" "$out" '^anomdetect on web1 '
	as_nobody 755 600
	like "unless it may not be read" "$out" '^anomdetect on own '
	as_nobody 750 644
	like "or its directory may not be entered" "$out" '^anomdetect on own '
	rm -r "$TMP/own"
	denied="^anomstat: fatal: unable to read '/var/lib/anomdetect/state.json': Permission denied"
	as_nobody 755 600
	like "without an own one, that is told, and who can read it" "$out" \
		"$denied; it belongs to root:root, mode 0600: run this as root, by sudo\$"
	as_nobody 750 644
	like "or who can enter its directory" "$out" \
		"$denied; '/var/lib/anomdetect' belongs to root:root, mode 0750: run this as root, by sudo\$"
	as_nobody 755 640 daemon
	like "or which group to join" "$out" "$denied; it belongs to root:daemon, mode 0640: run this as root, by sudo, \
or join the group \(usermod -aG daemon USER\) and log in again\$"
else
	skip "whose state is shown" "needs root, for another user and a /var/lib of its own"
fi

cp "$state" "$TMP/state.json"
fails "a state that is missing" 1 "unable to read '$TMP/none': no such file; is anomdetect running\?" -s "$TMP/none"
again="a running anomdetect replaces it within seconds"
for size in 100 5000 $(($(wc -c <"$state") - 1)); do
	head -c "$size" "$state" >"$TMP/half"
	chmod 640 "$TMP/half"
	fails "a state cut off at $size" 1 "unable to use '$TMP/half': it is (cut off|not JSON); $again" -s "$TMP/half"
done
: >"$TMP/none.json"
fails "an empty file" 1 "unable to use '$TMP/none.json': it is empty, as after a full disk; $again" -s "$TMP/none.json"
sed 's/"clients": 2112/"clients": -1/' "$state" >"$TMP/bad"
fails "a number out of range" 1 "unable to use '$TMP/bad': clients is missing or out of range; $again" -s "$TMP/bad"
sed 's/"ipset"/"\\u001b[2J"/' "$state" >"$TMP/bad"
fails "a control character" 1 "unable to use '$TMP/bad': firewall is missing or out of range; $again" -s "$TMP/bad"
sed 's/"version": 1/"version": 2/' "$state" >"$TMP/bad"
fails "a newer version" 1 "unable to use '$TMP/bad': a newer anomdetect [0-9.]+ has written it: \
install the same release of both \(this is [0-9.]+\)" -s "$TMP/bad"

# What is no state at all is named.
printf '{"remote_addr":"2001:db8::1","msec":1795341600.000,"status":200}\n' >"$TMP/access.json"
printf '192.0.2.1 - - [22/Nov/2026:04:16:00 +0000] "GET / HTTP/1.1" 200 1\n' >"$TMP/access.log"
printf '{"event":"start","time":"2026-11-22T04:16:00.000Z"}\n{"event":"stop"}\n' >"$TMP/events.jsonl"
printf '{"version":1,"name":"another program"}\n' >"$TMP/other.json"
gzip -c "$state" >"$TMP/state.json.gz"
"$BUILD/anomdetect" --replay -s "$TMP/run.json" <"$TMP/access.json" >"$TMP/events" 2>&1
which="name the file of anomdetect --state"
for case in "access.json:it is an access log, which anomdetect reads on standard input; $which" \
	"access.log:it is an access log, which anomdetect reads on standard input; $which" \
	"events.jsonl:it holds events, as anomdetect prints them; $which" "state.json.gz:it is compressed; $which" \
	"other.json:it is not a state of anomdetect; $which" \
	"run.json.memory:it is the memory beside the state: leave out .memory"; do
	fails "${case%%:*}" 1 "unable to use '$TMP/${case%%:*}': ${case#*:}" -s "$TMP/${case%%:*}"
done
stat -s "$TMP/access.json" --check
like "--check says the same in its line" "$code $out" "^3 .*it is an access log"
for mode in 646 660; do
	chmod $mode "$TMP/state.json"
	fails "a state that others may write, mode $mode" 1 "unable to read '.*': others may write to it; remove that permission: chmod go-w '.*/state.json'" \
		-s "$TMP/state.json"
done
ln -s "$state" "$TMP/link"
fails "a symbolic link" 1 "unable to read '.*': it is a symbolic link; name the file itself: '$state'" -s "$TMP/link"
if [ "$(id -u)" = 0 ]; then
	chmod 644 "$TMP/state.json"
	chown nobody "$TMP/state.json"
	fails "a stranger's file" 1 "unable to read '.*': it belongs to nobody, who is neither root, nor you, nor the owner of \
its directory; others could have written it" -s "$TMP/state.json"
	install -d -o nobody "$TMP/service"
	install -o nobody -m 640 "$state" "$TMP/service/state.json"
	stat -s "$TMP/service/state.json"
	is "the state of a detector that is another user is drawn" "$code,$err" 0,
	chown nobody:daemon "$TMP/service/state.json"
	in_group=(env -C "$OTHERS" setpriv --reuid=nobody --regid=nogroup --groups daemon)
	out=$("${in_group[@]}" "$OTHERS/anomstat" -s "$TMP/service/state.json" 2>&1)
	is "also for who is in its group" $? 0
	chown root:daemon "$TMP/service/state.json"
	out=$("${in_group[@]}" "$OTHERS/anomstat" -s "$TMP/service/state.json" 2>&1)
	is "and if it is root's" $? 0
else
	skip "files of others" "needs root"
fi
fails "a directory" 1 "unable to read '$TMP': it is a directory; name a file in it" -s "$TMP"
truncate -s 3M "$TMP/big"
fails "a file that is too large" 1 "unable to read '$TMP/big': it is too large" -s "$TMP/big"
fails "an escape sequence in a name" 1 "unable to read '.*\[2J': no such file.*" -s $'\033[2J'
not_ok "which does not reach the terminal" grep -q $'\033' "$TMP/err"

fails "an unknown option" 2 "unknown option --nope; see anomstat --help" --nope
fails "a slip in one" 2 "unknown option --promethus; did you mean --prometheus\?" --promethus
fails "an option of another program" 2 "unknown option --list; it is an option of anomban" --list
fails "a missing dash" 2 "unknown option -json; did you mean --json\?" -json
fails "both missing" 2 "'json' is no option; did you mean --json\?" json
fails "an option without its value" 2 "-s takes a value; see anomstat --help" -s
fails "a value too many" 2 "--json=1: this option takes no value" --json=1
fails "an argument" 2 "'x' is no option; see anomstat --help" x
fails "an address" 2 "'2001:db8::1' is no option; try: anomstat --client 2001:db8::1" 2001:db8::1
fails "a file" 2 "'a/state.json' is no option; try: anomstat -s a/state.json" a/state.json
fails "a client that is none" 2 "--client: '192.0.2.1:443' is not an address or a network; \
leave out the port and the brackets: 192.0.2.1" --client 192.0.2.1:443
fails "a colour that is none" 2 "--color: 'red' is not auto, always or never" --color red
fails "a slip in one" 2 "--color: 'alway' is not auto, always or never; did you mean always\?" --color alway
for seconds in 0 0.09 3601 1e9 5s; do
	fails "--follow $seconds" 2 "--follow: '$seconds' is not a number from 0.1 to 3600, of seconds" --follow "$seconds"
done
fails "--follow without a terminal" 1 "--follow: standard output is no terminal; .*" -s "$state" --follow

stat --help
like "--help tells the usage" "$code $out" '^0 usage: anomstat .*--state FILE'
stat -V
like "-V tells the version" "$code $out" '^0 anomstat [0-9]+\.[0-9]+\.[0-9]+$'
if [ -c /dev/full ]; then
	"$BUILD/anomstat" -s "$state" >/dev/full 2>"$TMP/err"
	is "a full disk: exit 1" $? 1
	like "a full disk: says so" "$(cat "$TMP/err")" 'unable to write to standard output: No space left on device'
else
	skip "a full disk" "no /dev/full"
fi
done_testing
