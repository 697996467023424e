#!/bin/bash
# A run confines itself before its first line: it executes nothing and writes only below the parent of its state's
# directory, as root and with --user, live and in a replay; what was opened before is written as before. A kernel
# without landlock costs one warning. The tests try it inside the detector, through a library that is loaded into it.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/detector.sh
. "$(dirname "$0")/detector.sh"
need_root
need ip ipset iptables ip6tables jq cc
need_built anomdetect tests/without_landlock

ns_add s
need_kernel_sets s

# In the detector's poll: once there is $TMP/NAME.try, tries what a confined process may not do and writes what came of
# it into $TMP/NAME.tried, which is open since the start of the process. NAME is $TRY.
cat >"$TMP/try.c" <<END
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>
static int out = -1;
static pid_t self;
static char go[256], *name;
__attribute__((constructor)) static void begin(void)
{
	char path[256];
	name = getenv("TRY");
	self = getpid();
	if (!name)
		return;
	snprintf(go, sizeof go, "$TMP/%s.try", name);
	snprintf(path, sizeof path, "$TMP/%s.tried", name);
	out = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
}
static void create(const char *what, const char *format)
{
	char path[256];
	snprintf(path, sizeof path, format, name);
	errno = 0;
	if (open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) >= 0)
		errno = 0;
	dprintf(out, "%s: %s\n", what, strerror(errno));
}
/* Capabilities, where landlock does not forbid it. */
static void own(void)
{
	char path[256];
	snprintf(path, sizeof path, "$TMP/%s.others", name);
	dprintf(out, "chmod: %s\n", chmod(path, 04755) < 0 ? strerror(errno) : "Success");
	dprintf(out, "chown: %s\n", chown(path, 0, 0) < 0 ? strerror(errno) : "Success");
	snprintf(path, sizeof path, "$TMP/%s/state/device", name);
	dprintf(out, "mknod: %s\n",
		mknod(path, S_IFCHR | 0600, makedev(1, 3)) < 0 ? "denied" : "Success");
}
static void execute(void)
{
	int status;
	pid_t pid = fork();
	if (pid == 0) {
		execl("/bin/true", "true", (char *)0);
		_exit(errno);
	}
	waitpid(pid, &status, 0);
	dprintf(out, "execute: %s\n", strerror(WEXITSTATUS(status)));
}
int poll(struct pollfd *fds, nfds_t n, int ms)
{
	static int (*real)(struct pollfd *, nfds_t, int);
	if (!real)
		real = (int (*)(struct pollfd *, nfds_t, int))dlsym(RTLD_NEXT, "poll");
	if (out >= 0 && getpid() == self && access(go, F_OK) == 0) {
		create("outside", "$TMP/%s.outside");
		create("inside", "$TMP/%s/inside");
		execute();
		own();
		close(out);
		out = -1;
	}
	return real(fds, n, ms);
}
END
cc -shared -fPIC -o "$TMP/try.so" "$TMP/try.c" -ldl

# tries NAME: prepares the files; with_library COMMAND...: runs it with the library in the detector.
tries() {
	mkdir -p "$TMP/$1/state"
	: >"$TMP/$1.tried"
	chmod 777 "$TMP/$1" "$TMP/$1/state"
	chmod 666 "$TMP/$1.tried"
	touch "$TMP/$1.outside"
	chmod 666 "$TMP/$1.outside" # so that only the confinement forbids to write to it
	touch "$TMP/$1.others"
	chown daemon "$TMP/$1.others"
}
with_library() {
	local name=$1
	shift
	export TRY=$name LD_PRELOAD="$TMP/try.so" ASAN_OPTIONS="${ASAN_OPTIONS-}:verify_asan_link_order=0"
	"$@"
	unset TRY LD_PRELOAD
}
has_tried() { [ "$(wc -l <"$TMP/$1.tried")" = 6 ]; }
# The library comes to the result only when the detector polls: a line makes it.
tried() {
	touch "$TMP/$1.try"
	within 5 has_tried "$1"
	sort "$TMP/$1.tried" | paste -sd,
}

no_owner="chmod: Operation not permitted,chown: Operation not permitted"
confined="$no_owner,execute: Permission denied,inside: Success,mknod: denied,outside: Permission denied"
# capabilities NAME: of a detector, effective, permitted, inheritable, bounding and ambient.
capabilities() { awk '/^Cap(Eff|Prm|Inh|Bnd|Amb):/ { print $1 $2 }' "/proc/${detector_pid[$1]}/status" | sed 's/:0*/:/' | paste -sd' '; }

tries root
with_library root detector_start root s --state "$TMP/root/state/s.json" -v
is "a run as root executes nothing, and writes only where its state is" "$(tried root)" "$confined"
is "which it reports with -v" "$(grep -c "info: confined by landlock, ABI [0-9]*: this process executes no program, and writes only below '$TMP/root'\$" "$TMP/root.err")" 1
is "no program that it executed could gain rights" "$(awk '$1 == "NoNewPrivs:" { print $2 }' "/proc/${detector_pid[root]}/status")" 1
is "of all capabilities it keeps CAP_NET_ADMIN" "$(capabilities root)" "CapInh: CapPrm:1000 CapEff:1000 CapBnd:1000 CapAmb:"
offend root 203.0.113.1 2001:db8:5::1
ok "it bans" within 5 has_events 2 root '"event":"ban"' '"enforced":true'
: >"$TMP/root.events" # as copytruncate does it
offend root 203.0.113.2
ok "its events are written to the file that was open, also when that is cut" within 5 event root ban 203.0.113.2
ok "its state is saved" within 5 eval '[ "$(jq .bans_total "$TMP/root/state/s.json")" = 3 ]'
detector_end root

tries user
with_library user detector_start user s --state "$TMP/user/state/s.json" --user nobody
is "so does one with --user" "$(tried user)" "$confined"
offend user 203.0.113.1 2001:db8:5::1
ok "it bans, too" within 5 has_events 2 user '"event":"ban"' '"enforced":true'
ok "and saves" within 5 eval '[ "$(jq .bans_total "$TMP/user/state/s.json")" = 2 ]'
detector_end user

# replay NAME ARGUMENT...: its input does not end before it has tried.
replay() {
	local name=$1 said
	shift
	tries "$name"
	touch "$TMP/$name.try"
	{ printf '{"remote_addr":"203.0.113.1","msec":1700000000.5,"request":"GET / HTTP/1.1","status":200}\n'; within 5 has_tried "$name"; } |
		with_library "$name" "$BUILD/anomdetect" --replay "$@" >/dev/null 2>"$TMP/$name.err"
	sort "$TMP/$name.tried" | paste -sd,
}
is "a replay without a state writes nothing at all" "$(replay none --state none)" \
	"$no_owner,execute: Permission denied,inside: Permission denied,mknod: denied,outside: Permission denied"
is "one with a state writes there" "$(replay some --state "$TMP/some/state/s.json")" "$confined"
ok "and has saved it" [ -s "$TMP/some/state/s.json.memory" ]
is "neither says anything" "$(cat "$TMP/none.err" "$TMP/some.err")" ""

# ---- what root does without its capabilities

detector_mode=()
mkdir "$TMP/print"
detector_start print s --state "$TMP/print/s.json" --state-group daemon
is "without --ban root keeps none" "$(capabilities print)" "CapInh: CapPrm: CapEff: CapBnd: CapAmb:"
ok "the state has its group" within 5 eval '[ "$(stat -c "%U %G %a" "$TMP/print/s.json")" = "root daemon 640" ]'
detector_end print
detector_mode=(--ban)

# Another user's directory, to which root may write by CAP_DAC_OVERRIDE alone.
mkdir -p "$TMP/others/state"
chown nobody "$TMP/others/state"
chmod 700 "$TMP/others/state"
printf '198.51.100.1\n' >"$TMP/roots"
chmod 600 "$TMP/roots"
detector_start others s --state "$TMP/others/state/s.json" --allow "@$TMP/roots" -v
is "where the state's directory is another user's it keeps CAP_DAC_OVERRIDE, too" "$(capabilities others)" \
	"CapInh: CapPrm:1002 CapEff:1002 CapBnd:1002 CapAmb:"
ok "and saves there" within 5 [ -s "$TMP/others/state/s.json" ]
detector_end others

detector_start hup s --state "$TMP/hup.json" --allow "@$TMP/roots" -v
printf '198.51.100.1\n203.0.113.7\n' >"$TMP/roots"
kill -HUP "${detector_pid[hup]}"
ok "a SIGHUP reads a file that root alone may read" within 5 grep -q 'allow-list' "$TMP/hup.err"
offend hup 203.0.113.7
offend hup 203.0.113.8
ok "and obeys it" within 5 event hup ban 203.0.113.8
not_ok "to the end" event hup ban 203.0.113.7
is "no file is said to be unreadable" "$(grep -c 'will not read it again' "$TMP/hup.err")" 0
detector_end hup

chown nobody "$TMP/roots"
detector_start foreign s --state "$TMP/foreign.json" --allow "@$TMP/roots"
is "that a SIGHUP cannot read another's file again is said at start" "$(cat "$TMP/foreign.err")" \
	"anomdetect: warning: as root without CAP_DAC_OVERRIDE: --allow: unable to read '$TMP/roots': Permission denied; it belongs to nobody:root, mode 0600: let root read it; a SIGHUP will not read it again"
detector_end foreign

# ---- a kernel without landlock

tries bare
touch "$TMP/bare.try"
real=$BUILD
mkdir "$TMP/bare-programs"
printf '#!/bin/sh\nexec "%s/tests/without_landlock" "%s/anomdetect" "$@"\n' "$real" "$real" >"$TMP/bare-programs/anomdetect"
chmod 755 "$TMP/bare-programs/anomdetect"
BUILD=$TMP/bare-programs
detector_start bare s --state "$TMP/bare/state/s.json"
is "without landlock a run warns once" "$(grep -c '^anomdetect: warning: unable to confine this process: this kernel has no landlock (Linux 5.13 has it); it continues with all its rights$' "$TMP/bare.err") $(wc -l <"$TMP/bare.err")" "1 1"
offend bare 203.0.113.1 2001:db8:5::1
ok "and goes on" within 5 has_events 2 bare '"event":"ban"' '"enforced":true'
like "the doctor warns, too" "$(in_ns s "$BUILD/anomdetect" --doctor --set bare --state "$TMP/bare/state/s.json" </dev/null | grep confinement:)" \
	'^warn confinement: none: this kernel has no landlock'
detector_end bare
BUILD=$real

# ---- what the doctor says

doctor() { in_ns s "$BUILD/anomdetect" --doctor --set bare "$@" </dev/null | grep ' confinement: '; }
like "the doctor shows it" "$(doctor --state "$TMP/bare/state/s.json")" \
	"^ok   confinement: landlock, ABI [0-9]+: a run executes no program, and writes only below '$TMP/bare'; the systemd unit adds "
like "without a state" "$(doctor --state none)" "^ok   confinement: .*: a run executes no program, and writes no file; "
mkdir "$TMP/nobodys" && chown nobody "$TMP/nobodys"
like "as --user" "$(doctor --state "$TMP/nobodys/s.json" --user nobody)" "^ok   confinement: .* writes only below '$TMP'; "
in_there() { (cd "$TMP/bare" && doctor "$@"); }
like "the working directory is named" "$(in_there --state s.json)" "^ok   confinement: .* writes only below '$TMP/bare'; "
ln -s /run "$TMP/bare/link"
for place in /s.json=/ /run/s.json=/run "$TMP/bare/link/s.json=/run"; do
	like "a directory of others, ${place#*=} by ${place%=*}, is a warning" "$(doctor --state "${place%=*}")" \
		"^warn confinement: a run may write anywhere below '${place#*=}' where its user may, and more .* use another --state, "
done

detector_explain root user bare
done_testing
