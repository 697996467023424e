#!/bin/bash
# anomstat as a user starts it: it prints a page that fits, or one line with the reason. The exit status is as in the
# manual.
. "$(dirname "$0")/lib.sh"
need gzip
need_built anomstat anomdetect

# The test reads a copy of the state, because anomstat checks the mode and the owner of the file, and in a clone of the
# repository the file may have any mode and owner.
state=$TMP/golden.json
install -m 640 "$(dirname "$0")/../golden/screen-state.json" "$state"
unset ANOMDETECT_STATE COLUMNS LINES
export XDG_STATE_HOME=$TMP HOME=$TMP

# Sets $out to the standard output, $err to the standard error, $code to the exit code.
stat() {
	out=$("$BUILD/anomstat" "$@" 2>"$TMP/err")
	code=$?
	err=$(cat "$TMP/err")
}

# fails PROMISE CODE REGEX ARGS...: anomstat prints nothing on standard output and one line on standard error.
fails() {
	local promise=$1 want=$2 regex=$3
	shift 3
	stat "$@"
	is "$promise: anomstat exits with $want and prints nothing on standard output" "$code,$out" "$want,"
	like "$promise: the message matches" "$err" "^anomstat: fatal: $regex\$"
	is "$promise: anomstat logs one line" "$(wc -l <"$TMP/err")" 1
}

widest() { LC_ALL=C.UTF-8 awk '{ if (length($0) > n) n = length($0) } END { print n + 0 }' <<<"$out"; }

stat -s "$state"
is "anomstat draws a state" "$code,$err" 0,
like "an old state is shown as stale" "$out" '^anomdetect on web1 STALE '
is "without a known width, no line is wider than 80 columns" "$(($(widest) <= 80))" 1
like "without a known height, every ban is shown" "$out" '198\.51\.100\.99'
stat --state="$state"
is "--state means the same as -s" "$code" 0
ANOMDETECT_STATE=$state stat
is "ANOMDETECT_STATE names the state" "$code,$err" 0,

for width in 40 60 80 120 200; do
	COLUMNS=$width LINES=24 stat -s "$state"
	is "no line is wider than COLUMNS=$width" "$(($(widest) <= width))" 1
	is "LINES=24 leaves two lines for the heading of watch, at width $width" "$(($(wc -l <<<"$out") <= 22))" 1
done
COLUMNS=0x50 LINES=-1 stat -s "$state"
is "an invalid size in the environment is ignored" "$code,$(($(widest) <= 80))" 0,1
is "bars are ASCII in the C locale" "$(LC_ALL=C grep -c '[^ -~]' <<<"$out")" 0
LC_ALL=C.UTF-8 stat -s "$state"
is "bars are blocks in a UTF-8 locale" "$(grep -c '█' <<<"$out")" 13
LC_ALL=C.UTF-8 stat -s "$state" --ascii
is "bars are ASCII with --ascii" "$(LC_ALL=C grep -c '[^ -~]' <<<"$out")" 0
LC_ALL=C.UTF-8 stat -s "$state"
is "the page has no control byte" "$(tr -d '\n' <<<"$out" | LC_ALL=C grep -c '[[:cntrl:]]')" 0

plain=$out
LC_ALL=C.UTF-8 stat -s "$state" --color always
like "--color always sets colours" "$out" $'\033\\[1;31mSTALE'
is "without its colours, the page of --color always is the plain page" "$(sed $'s/\033\\[[0-9;]*m//g' <<<"$out")" "$plain"
NO_COLOR=1 LC_ALL=C.UTF-8 stat -s "$state" --color=always
like "--color always overrides NO_COLOR" "$out" $'\033'
LC_ALL=C.UTF-8 stat -s "$state" --color never
is "--color never prints the plain page" "$out" "$plain"

# as_nobody DIRECTORY-MODE FILE-MODE [GROUP]: runs anomstat as nobody, with these modes of the system's state.
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
	like "the system's state file is preferred" "$out" '^anomdetect on web1 '
	as_nobody 755 600
	like "the user's own state is shown if the system's state is not readable" "$out" '^anomdetect on own '
	as_nobody 750 644
	like "the user's own state is shown if the system's directory may not be entered" "$out" '^anomdetect on own '
	rm -r "$TMP/own"
	denied="^anomstat: fatal: unable to read '/var/lib/anomdetect/state.json': Permission denied"
	as_nobody 755 600
	like "without an own state, anomstat names the owner of the system's state" "$out" \
		"$denied; it belongs to root:root, mode 0600: run this as root, by sudo\$"
	as_nobody 750 644
	like "without an own state, anomstat names the owner of a closed directory" "$out" \
		"$denied; '/var/lib/anomdetect' belongs to root:root, mode 0750: run this as root, by sudo\$"
	as_nobody 755 640 daemon
	like "without an own state, anomstat names the group to join" "$out" "$denied; it belongs to root:daemon, mode 0640: run this as root, by sudo, \
or join the group \(usermod -aG daemon USER\) and log in again\$"
else
	skip "the choice between the system's and the user's own state" "needs root, for another user and a /var/lib of its own"
fi

cp "$state" "$TMP/state.json"
fails "a missing state file" 1 "unable to read '$TMP/none': no such file; is anomdetect running\?" -s "$TMP/none"
again="a running anomdetect replaces it within seconds"
for size in 100 5000 $(($(wc -c <"$state") - 1)); do
	head -c "$size" "$state" >"$TMP/half"
	chmod 640 "$TMP/half"
	fails "a state file cut off at $size bytes" 1 "unable to use '$TMP/half': it is (cut off|not JSON); $again" -s "$TMP/half"
done
: >"$TMP/none.json"
fails "an empty file" 1 "unable to use '$TMP/none.json': it is empty, as after a full disk; $again" -s "$TMP/none.json"
sed 's/"clients": 2112/"clients": -1/' "$state" >"$TMP/bad"
fails "a number out of range" 1 "unable to use '$TMP/bad': 'clients' is missing or out of range; $again" -s "$TMP/bad"
sed 's/"ipset"/"\\u001b[2J"/' "$state" >"$TMP/bad"
fails "a control character" 1 "unable to use '$TMP/bad': 'firewall' is missing or out of range; $again" -s "$TMP/bad"
sed 's/"version": 1/"version": 2/' "$state" >"$TMP/bad"
fails "a state of a newer release" 1 "unable to use '$TMP/bad': a newer anomdetect [0-9.]+ has written it: \
install the same release of all programs \(this is [0-9.]+\)" -s "$TMP/bad"

# If a file is not a state, the message names the kind of the file.
printf '{"remote_addr":"2001:db8::1","msec":1795341600.000,"status":200}\n' >"$TMP/access.json"
printf '192.0.2.1 - - [22/Nov/2026:04:16:00 +0000] "GET / HTTP/1.1" 200 1\n' >"$TMP/access.log"
printf '{"event":"start","time":"2026-11-22T04:16:00.000Z"}\n{"event":"stop"}\n' >"$TMP/events.jsonl"
printf '{"version":1,"name":"another program"}\n' >"$TMP/other.json"
gzip -c "$state" >"$TMP/state.json.gz"
"$BUILD/anomdetect" --replay -s "$TMP/run.json" <"$TMP/access.json" >"$TMP/events" 2>&1
which="name the file of anomdetect --state"
for case in "access.json:it is an access log, which anomdetect reads on standard input; $which" \
	"access.log:it is an access log, which anomdetect reads on standard input; $which" \
	"events.jsonl:it contains events, as anomdetect prints them; $which" "state.json.gz:it is compressed; $which" \
	"other.json:it is not a state of anomdetect; $which" \
	"run.json.memory:it is the memory file beside the state: leave out .memory"; do
	fails "${case%%:*}" 1 "unable to use '$TMP/${case%%:*}': ${case#*:}" -s "$TMP/${case%%:*}"
done
stat -s "$TMP/access.json" --check
like "--check names an access log, too" "$code $out" "^3 .*it is an access log"
for mode in 646 660; do
	chmod $mode "$TMP/state.json"
	fails "a state that others may write, mode $mode" 1 "unable to read '.*': others may write to it; remove that permission: chmod go-w '.*/state.json'" \
		-s "$TMP/state.json"
done
ln -s "$state" "$TMP/link"
fails "a state file that is a symbolic link" 1 "unable to read '.*': it is a symbolic link; name the file itself: '$state'" -s "$TMP/link"
if [ "$(id -u)" = 0 ]; then
	chmod 644 "$TMP/state.json"
	chown nobody "$TMP/state.json"
	fails "a state file of another user" 1 "unable to read '.*': it belongs to 'nobody', who is neither root, nor you, nor the owner of \
its directory; others could have written it" -s "$TMP/state.json"
	install -d -o nobody "$TMP/service"
	install -o nobody -m 640 "$state" "$TMP/service/state.json"
	stat -s "$TMP/service/state.json"
	is "anomstat draws the state of a detector that runs as another user" "$code,$err" 0,
	chown nobody:daemon "$TMP/service/state.json"
	in_group=(env -C "$OTHERS" setpriv --reuid=nobody --regid=nogroup --groups daemon)
	out=$("${in_group[@]}" "$OTHERS/anomstat" -s "$TMP/service/state.json" 2>&1)
	is "a member of the file's group may draw the state" $? 0
	chown root:daemon "$TMP/service/state.json"
	out=$("${in_group[@]}" "$OTHERS/anomstat" -s "$TMP/service/state.json" 2>&1)
	is "a member of the file's group may draw root's state" $? 0
else
	skip "state files of other users" "needs root"
fi
fails "a directory instead of a state file" 1 "unable to read '$TMP': it is a directory; name a file in it" -s "$TMP"
truncate -s 3M "$TMP/big"
fails "a state file that is too large" 1 "unable to read '$TMP/big': it is too large" -s "$TMP/big"
fails "an escape sequence in a file's name" 1 "unable to read '.*\[2J': no such file.*" -s $'\033[2J'
not_ok "the escape sequence does not reach the terminal" grep -q $'\033' "$TMP/err"

fails "an unknown option" 2 "unknown option --nope; see anomstat --help" --nope
fails "a misspelt option" 2 "unknown option --promethus; did you mean --prometheus\?" --promethus
fails "an option of another program" 2 "unknown option --list; it is an option of anomban" --list
fails "a missing dash" 2 "unknown option -json; did you mean --json\?" -json
fails "an option without its dashes" 2 "'json' is not an option; did you mean --json\?" json
fails "an option without its value" 2 "-s takes a value; see anomstat --help" -s
fails "an option with a needless value" 2 "--json=1: this option takes no value" --json=1
fails "an operand" 2 "'x' is not an option; see anomstat --help" x
fails "an address as operand" 2 "'2001:db8::1' is not an option; try: anomstat --client 2001:db8::1" 2001:db8::1
fails "a file as operand" 2 "'a/state.json' is not an option; try: anomstat -s a/state.json" a/state.json
fails "an invalid client" 2 "--client: '192.0.2.1:443' is not an address or a network; \
leave out the port and the brackets: 192.0.2.1" --client 192.0.2.1:443
fails "an invalid value of --color" 2 "--color: 'red' is not auto, always or never" --color red
fails "a misspelt value of --color" 2 "--color: 'alway' is not auto, always or never; did you mean always\?" --color alway
for seconds in 0 0.09 3601 1e9 5s; do
	fails "--follow $seconds" 2 "--follow: '$seconds' is not a number of seconds from 0.1 to 3600" --follow "$seconds"
done
fails "--follow without a terminal" 1 "--follow: standard output is not a terminal; .*" -s "$state" --follow

stat --help
like "--help prints the usage" "$code $out" '^0 usage: anomstat .*--state FILE'
stat -V
like "-V prints the version" "$code $out" '^0 anomstat [0-9]+\.[0-9]+\.[0-9]+$'
if [ -c /dev/full ]; then
	"$BUILD/anomstat" -s "$state" >/dev/full 2>"$TMP/err"
	is "with a full disk, anomstat exits with 1" $? 1
	like "with a full disk, an error names the reason" "$(cat "$TMP/err")" 'unable to write to standard output: No space left on device'
else
	skip "a full disk" "no /dev/full"
fi
done_testing
