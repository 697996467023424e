#!/bin/bash
# Runs anomstat on a terminal, in tmux: with --follow, once, and under watch(1). Each check polls until anomstat's page
# appears.
. "$(dirname "$0")/lib.sh"
need tmux watch python3
need_built anomstat
export LC_ALL=C.UTF-8 TERM=xterm
unset ANOMDETECT_STATE COLUMNS LINES NO_COLOR TMUX

state=$TMP/state.json
# fresh NAME: writes the state of tests/golden/screen-state.json, with the present time, as a state of the host NAME.
fresh() {
	sed -e "s/\"saved\": \"[^\"]*\"/\"saved\": \"$(date -u +%Y-%m-%dT%H:%M:%S.000Z)\"/" \
		-e 's/"interval_s": [0-9.]*/"interval_s": 3600/' -e "s/\"web1\"/\"$1\"/" \
		"$(dirname "$0")/../golden/screen-state.json" >"$state.new" && mv "$state.new" "$state"
}

mux() { tmux -f /dev/null -L "$NS" "$@"; }
page() { mux capture-pane -p -t a; }
shows() { page | grep -q -e "$1"; }
hides() { ! shows "$1"; }
# The page is complete and no row is wrapped: the terminal shows the page's first row, and text in its own last row.
whole() { page | grep -q '^anomdetect on' && page | tail -n "${1:-1}" | grep -q '[a-z]'; }
# as_drawn_once COLUMNS ROWS: the page equals the page that anomstat without --follow draws for that size, except for ages. After a
# terminal has grown, tmux shows old rows of larger pages until the next page is drawn. So a single row proves nothing.
as_drawn_once() {
	[ "$(page | without_ages)" = "$(COLUMNS=$1 LINES=$(($2 + 2)) "$BUILD/anomstat" -s "$state" | without_ages)" ]
}
without_ages() { grep -v -e ' old' -e '^no line for' | sed 's/  *?: help$//'; }
# shellcheck disable=SC2317 # the function is called by within
prompts_below() { page | head -n 1 | grep -q '^anomdetect on web3' && [ "$(page | tail -n 1)" = '$' ]; }
type_line() { mux send-keys -t a "$1" Enter; }

fresh web1
chmod 640 "$state"
mux new-session -d -s a -x 100 -y 30 'exec bash --norc --noprofile -i' || skip_all "tmux does not start here"
ends_with_test "$(mux display-message -p '#{pid}')"
type_line "PS1='\$ '; echo here-before"
within 10 shows '^here-before'
: >"$TMP/raw"
mux pipe-pane -t a "cat >>$TMP/raw"
type_line "$BUILD/anomstat -s $state --follow 0.2"
ok "--follow draws the page" within 10 shows '^anomdetect on web1 RUNNING'
ok "the page fills the terminal" within 10 whole
ok "the terminal shows nothing but the page" hides here-before
fresh web2
ok "the page is redrawn without a key" within 10 shows '^anomdetect on web2 RUNNING'
mux resize-window -t a -x 60 -y 20
ok "a smaller terminal shows fewer rows" within 10 shows '^5 bans in force'
ok "the page fills the smaller terminal" within 10 whole
is "no row is wrapped" "$(page | grep -c '^anomdetect on')$(page | wc -l)" 120
mux resize-window -t a -x 140 -y 45
ok "a larger terminal shows more rows" within 10 shows '^        .* start     bans are enforced, 2 restored$'
ok "the page fills the larger terminal, without remains of smaller pages" within 10 as_drawn_once 140 45
as_drawn_once 140 45 || page | sed 's/^/# /'
mux resize-window -t a -x 40 -y 20
within 10 as_drawn_once 40 20
mv "$state" "$state.away"
ok "the reason why no state is shown is never cut off" within 10 shows 'running?$'
mux resize-window -t a -x 140 -y 45
ok "a removed state file is reported in one line" within 10 shows "^anomstat: unable to read '.*': no such file"
is "the line is not followed by half a page" "$(page | grep -c '[a-z]')" 1
sed 's/"clients": 2112/"clients": -1/' "$state.away" >"$state"
ok "an invalid state file is reported in one line" within 10 shows "^anomstat: unable to use '.*': 'clients' is missing"
fresh web3
ok "the page appears again when the state file exists again" within 10 shows '^anomdetect on web3 RUNNING'
mux send-keys -t a C-z
ok "Ctrl-Z stops anomstat and shows the shell again" within 10 shows 'Stopped'
ok "after Ctrl-Z the terminal shows its earlier text" shows here-before
type_line fg
ok "fg draws the page again" within 10 shows '^anomdetect on web3 RUNNING'
# The help: each page is complete, and any key but ? leaves the help.
heading='^anomstat: keys and words'
# counts_pages WANTED: with the key ?, WANTED pages of help appear, each with its number, and then the state.
counts_pages() {
	local i
	for i in $(seq "$1"); do
		mux send-keys -t a '?'
		within 10 shows "$heading  $i of $1\$" || return
		[ "$(page | tail -n 1)" = "$([ "$i" = "$1" ] && echo 'any key: back' || echo '?: next page  any other key: back')" ] ||
			return
		page
	done >"$TMP/pages"
	mux send-keys -t a '?'
	within 10 shows '^anomdetect on web3 RUNNING'
}
mux resize-window -t a -x 120 -y 24
ok "the page names ? as the key for help" within 10 shows '  ?: help$'
mux resize-window -t a -x 80 -y 24
mux send-keys -t a '?'
ok "? shows the keys" within 10 shows '^?, q  *?: help, next page; q: end$'
ok "the help explains nth" shows "^nth  *this is the client.s nth ban"
ok "the help explains lim%" shows '^lim%  *percent of its limits'
ok "the help explains z" shows '^z  *number of standard deviations'
ok "the help explains cold" shows '^cold  *the limits are not learned'
is "the help fills the terminal" "$(page | tail -n 1)" '?: next page  any other key: back'
mux resize-window -t a -x 60 -y 15
ok "a smaller terminal shows smaller pages of help" within 10 shows "$heading  1 of [0-9][0-9]*\$"
mux resize-window -t a -x 80 -y 24
for key in x Space Escape Up F1 q; do
	within 10 shows "$heading  1 of 4\$"
	mux send-keys -t a "$key"
	ok "the key $key leaves the help and does nothing else" within 10 shows '^anomdetect on web3 RUNNING'
	mux send-keys -t a '?'
done
within 10 shows "$heading  1 of 4\$"
mux send-keys -t a x '?' x '?' '?'
ok "keys that arrive together are obeyed one by one" within 10 shows "$heading  2 of 4\$"
mux send-keys -t a x
within 10 hides "$heading"
ok "at 80x24 the help has four pages" counts_pages 4
mux resize-window -t a -x 40 -y 10
within 10 as_drawn_once 40 10
mux send-keys -t a '?'
within 10 shows "$heading  1 of"
is "at 40x10 the first page of help has the most important words" "$(page | grep -c -e '^nth ' -e '^lim% ' -e '^z ' -e '^cold ' -e '^?, q ')" 5
last=$(page | sed -n '1s/.* of //p')
mux send-keys -t a x
within 10 as_drawn_once 40 10
ok "at 40x10 each page of help shows its number and the number of pages" counts_pages "$last"
is "no row of help is wider than 40 columns" "$(awk 'length > 40' "$TMP/pages")" ""
ok "the pages of help contain the last word of the list" grep -q '^\.\.\.  *there is no room' "$TMP/pages"
mux resize-window -t a -x 140 -y 45
within 10 as_drawn_once 140 45
mux send-keys -t a q
within 10 hides '^anomdetect on'
type_line 'echo status-$?'
ok "q ends anomstat with exit status 0" within 10 shows '^status-0'
ok "the terminal shows its earlier text again" shows here-before
is "the cursor is visible again, on the normal screen" "$(mux display-message -p -t a '#{cursor_flag}#{alternate_on}')" 10
is "the terminal was never cleared, because that would flicker" "$(grep -c $'\033\\[2J' "$TMP/raw")" 0
# After a terminal's last column is written, the cursor of xterm, the Linux console and others stays in this column.
# Erasing to the end of the row then erases the character in this column. tmux behaves differently.
cat >"$TMP/full.py" <<'END'
import re, sys
raw = open(sys.argv[1], encoding="utf-8", errors="replace").read()
full = erased = 0
for row in re.sub(r"\x1b\[[0-9;?]*[A-IL-Za-z]", "", raw).split("\n"):
    text = re.split(r"\x1b\[[JK]", row)[0].rstrip("\r")
    full += len(text) == 100
    erased += len(text) == 100 and text != row.rstrip("\r")
print("some" if full else "none", erased)
END
is "nothing is erased after a full row" "$(python3 "$TMP/full.py" "$TMP/raw")" "some 0"
# This shell is not interactive, because an interactive shell sets the terminal's modes itself.
cat >"$TMP/modes.sh" <<END
trap : INT # so that Ctrl-C ends only the program
stty -a >$TMP/before
$BUILD/anomstat -s $state -f
echo status-\$?
stty -a >$TMP/after
END
for signal in q INT TERM; do
	rm -f "$TMP/before" "$TMP/after"
	type_line "clear; sh $TMP/modes.sh"
	within 10 shows '^anomdetect on web3'
	case $signal in
	q) mux send-keys -t a q ;;
	INT) mux send-keys -t a C-c ;;
	TERM) kill -TERM "$(pgrep -P "$(pgrep -P "$(mux display-message -p -t a '#{pane_pid}')" sh)" anomstat)" ;;
	esac
	ok "$signal ends anomstat with exit status 0" within 10 shows '^status-0'
	is "$signal: cursor and screen are restored" "$(mux display-message -p -t a '#{cursor_flag}#{alternate_on}')" 10
	within 10 test -s "$TMP/after"
	is "$signal: the terminal's modes are restored" "$(cat "$TMP/after")" "$(cat "$TMP/before")"
done
type_line "clear; $BUILD/anomstat -s $state"
ok "without --follow the page is drawn once" within 10 shows '^COUNTERS '
ok "a page that is drawn once leaves a row for the prompt" within 10 prompts_below
is "--color auto uses colours on a terminal" "$(mux capture-pane -e -p -t a | grep -c $'\033\\[32mRUNNING')" 1
type_line "clear; NO_COLOR=1 $BUILD/anomstat -s $state"
within 10 prompts_below
is "--color auto uses no colours with NO_COLOR" "$(mux capture-pane -e -p -t a | grep -c $'\033\\[32mRUNNING')" 0
type_line "clear; TERM=dumb $BUILD/anomstat -s $state"
within 10 prompts_below
is "--color auto uses no colours on a dumb terminal" "$(mux capture-pane -e -p -t a | grep -c $'\033\\[32mRUNNING')" 0

type_line "clear; stty rows 0 cols 0; $BUILD/anomstat -s $state -f"
ok "anomstat draws a page on a terminal of unknown size" within 10 shows '^anomdetect on web3 RUNNING'
ok "the page for an unknown size has the size 80x24" within 10 shows '^COUNTERS .*\.\.\.$'
mux send-keys -t a q
ok "q ends anomstat on a terminal of unknown size, too" within 10 hides '^anomdetect on'

# Like ssh -t HOST anomstat -f: there is no shell on the terminal that could continue a stopped program. The shell of
# tmux could.
cat >"$TMP/alone.py" <<'END'
import os, pty, select, sys, time

seen = b""
def until(text): # the bytes after the text are kept for the next call
    global seen
    end = time.time() + 60
    while text not in seen and time.time() < end:
        if select.select([master], [], [], 0.1)[0]:
            seen += os.read(master, 65536)
    found, seen = text in seen, seen.partition(text)[2]
    return found

child, master = pty.fork()
if child == 0:
    os.execv(sys.argv[1], sys.argv[1:])
drawn = until(b"COUNTERS")
os.write(master, b"\x1a")
print(drawn, until(b"\x1b[?1049l"), until(b"\x1b[?1049h"), until(b"COUNTERS"))
os.kill(child, 9)
END
is "Ctrl-Z does not stop anomstat if no shell could continue it" \
	"$(python3 "$TMP/alone.py" "$BUILD/anomstat" -s "$state" -f 0.2)" "True True True True"

mux resize-window -t a -x 80 -y 24
type_line "clear; exec watch -c -n 1 '$BUILD/anomstat -s $state --color always'"
ok "watch shows the page" within 10 shows '^anomdetect on web3 RUNNING'
ok "watch shows the page's last row" within 10 shows '^COUNTERS  late 12 '
is "watch -c shows the page in colour" "$(mux capture-pane -e -p -t a | grep -c $'\033\\[32mRUNNING')" 1
fresh web4
ok "watch shows the page of a new state" within 10 shows '^anomdetect on web4 RUNNING'
mux kill-server
done_testing
