#!/bin/bash
# A run confines itself before its first line: it executes no program and writes only below the parent of its state's
# directory. This is so as root and with --user, live and in a replay; files that were opened before stay writable. A
# kernel without landlock causes one warning. A library that is loaded into the detector tries the forbidden calls.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/detector.sh
. "$(dirname "$0")/detector.sh"
need_root
need ip ipset iptables ip6tables jq cc
need_built anomdetect tests/without_landlock

ns_add s
need_kernel_sets s

# Runs in the detector's poll. When $TMP/NAME.try exists, it tries the calls that a confined process may not make. It
# writes the results to $TMP/NAME.tried, which is open since the start of the process. NAME is $TRY.
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
/* Tries calls that landlock does not forbid, and for which root needs capabilities. */
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

# tries NAME: prepares the files. with_library NAME COMMAND...: runs the command with the library loaded.
tries() {
	mkdir -p "$TMP/$1/state"
	: >"$TMP/$1.tried"
	chmod 777 "$TMP/$1" "$TMP/$1/state"
	chmod 666 "$TMP/$1.tried"
	touch "$TMP/$1.outside"
	chmod 666 "$TMP/$1.outside" # so that only the confinement forbids a write
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
# The library tries the calls when the detector polls the next time.
tried() {
	touch "$TMP/$1.try"
	within 5 has_tried "$1"
	sort "$TMP/$1.tried" | paste -sd,
}

no_owner="chmod: Operation not permitted,chown: Operation not permitted"
confined="$no_owner,execute: Permission denied,inside: Success,mknod: denied,outside: Permission denied"
# capabilities NAME: a detector's inheritable, permitted, effective, bounding and ambient capabilities.
capabilities() { awk '/^Cap(Eff|Prm|Inh|Bnd|Amb):/ { print $1 $2 }' "/proc/${detector_pid[$1]}/status" | sed 's/:0*/:/' | paste -sd' '; }

tries root
with_library root detector_start root s --state "$TMP/root/state/s.json" -v
is "a run as root executes no program and writes only where its state is" "$(tried root)" "$confined"
is "a run with -v reports its confinement" "$(grep -c "info: confined by landlock, ABI [0-9]*: this process executes no program, and writes only below '$TMP/root'\$" "$TMP/root.err")" 1
is "an executed program could not gain rights" "$(awk '$1 == "NoNewPrivs:" { print $2 }' "/proc/${detector_pid[root]}/status")" 1
is "a run as root keeps only CAP_NET_ADMIN" "$(capabilities root)" "CapInh: CapPrm:1000 CapEff:1000 CapBnd:1000 CapAmb:"
offend root 203.0.113.1 2001:db8:5::1
ok "a confined run bans" within 5 has_events 2 root '"event":"ban"' '"enforced":true'
: >"$TMP/root.events" # as logrotate's copytruncate does
offend root 203.0.113.2
ok "a confined run writes events to its open file, also after the file is truncated" within 5 event root ban 203.0.113.2
ok "a confined run saves its state" within 5 eval '[ "$(jq .bans_total "$TMP/root/state/s.json")" = 3 ]'
detector_end root

tries user
with_library user detector_start user s --state "$TMP/user/state/s.json" --user nobody
is "a run with --user is confined in the same way" "$(tried user)" "$confined"
offend user 203.0.113.1 2001:db8:5::1
ok "a run with --user bans" within 5 has_events 2 user '"event":"ban"' '"enforced":true'
ok "a run with --user saves its state" within 5 eval '[ "$(jq .bans_total "$TMP/user/state/s.json")" = 2 ]'
detector_end user

# replay NAME ARGUMENT...: a replay whose input ends after the forbidden calls were tried.
replay() {
	local name=$1 said
	shift
	tries "$name"
	touch "$TMP/$name.try"
	{ printf '{"remote_addr":"203.0.113.1","msec":1700000000.5,"request":"GET / HTTP/1.1","status":200}\n'; within 5 has_tried "$name"; } |
		with_library "$name" "$BUILD/anomdetect" --replay "$@" >/dev/null 2>"$TMP/$name.err"
	sort "$TMP/$name.tried" | paste -sd,
}
is "a replay without a state may write no file" "$(replay none --state none)" \
	"$no_owner,execute: Permission denied,inside: Permission denied,mknod: denied,outside: Permission denied"
is "a replay with a state writes only where its state is" "$(replay some --state "$TMP/some/state/s.json")" "$confined"
ok "a replay saves its state" [ -s "$TMP/some/state/s.json.memory" ]
is "the replays log no message" "$(cat "$TMP/none.err" "$TMP/some.err")" ""

# ---- root without its capabilities

detector_mode=()
mkdir "$TMP/print"
detector_start print s --state "$TMP/print/s.json" --state-group daemon
is "without --ban root keeps no capability" "$(capabilities print)" "CapInh: CapPrm: CapEff: CapBnd: CapAmb:"
ok "the state file has the group of --state-group" within 5 eval '[ "$(stat -c "%U %G %a" "$TMP/print/s.json")" = "root daemon 640" ]'
detector_end print
detector_mode=(--ban)

# Another user's directory, to which root may write only with CAP_DAC_OVERRIDE.
mkdir -p "$TMP/others/state"
chown nobody "$TMP/others/state"
chmod 700 "$TMP/others/state"
printf '198.51.100.1\n' >"$TMP/roots"
chmod 600 "$TMP/roots"
detector_start others s --state "$TMP/others/state/s.json" --allow "@$TMP/roots" -v
is "if the state's directory belongs to another user, root keeps CAP_DAC_OVERRIDE, too" "$(capabilities others)" \
	"CapInh: CapPrm:1002 CapEff:1002 CapBnd:1002 CapAmb:"
ok "root saves the state in another user's directory" within 5 [ -s "$TMP/others/state/s.json" ]
detector_end others

detector_start hup s --state "$TMP/hup.json" --allow "@$TMP/roots" -v
printf '198.51.100.1\n203.0.113.7\n' >"$TMP/roots"
kill -HUP "${detector_pid[hup]}"
ok "a SIGHUP reads a file that only root may read" within 5 grep -q 'allow-list' "$TMP/hup.err"
offend hup 203.0.113.7
offend hup 203.0.113.8
ok "a client that is not in the new file is banned" within 5 event hup ban 203.0.113.8
not_ok "a client that is in the new file is not banned" event hup ban 203.0.113.7
is "no warning reports an unreadable file" "$(grep -c 'a SIGHUP cannot read it again' "$TMP/hup.err")" 0
detector_end hup

chown nobody "$TMP/roots"
detector_start foreign s --state "$TMP/foreign.json" --allow "@$TMP/roots"
is "at start a warning reports a file of another user that a SIGHUP could not read" "$(cat "$TMP/foreign.err")" \
	"anomdetect: warning: as root without CAP_DAC_OVERRIDE: --allow: unable to read '$TMP/roots': Permission denied; it belongs to nobody:root, mode 0600: let 'root' read it; it was read at the start, but a SIGHUP cannot read it again"
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
is "without landlock a run warns once" "$(grep -c '^anomdetect: warning: unable to confine this process: this kernel has no landlock (Linux 5.13 has it); the process continues with all its rights$' "$TMP/bare.err") $(wc -l <"$TMP/bare.err")" "1 1"
offend bare 203.0.113.1 2001:db8:5::1
ok "without landlock a run continues" within 5 has_events 2 bare '"event":"ban"' '"enforced":true'
like "--doctor warns without landlock" "$(in_ns s "$BUILD/anomdetect" --doctor --set bare --state "$TMP/bare/state/s.json" </dev/null | grep confinement:)" \
	'^warn confinement: none: this kernel has no landlock'
detector_end bare
BUILD=$real

# ---- the step confinement of --doctor

doctor() { in_ns s "$BUILD/anomdetect" --doctor --set bare "$@" </dev/null | grep ' confinement: '; }
like "--doctor shows the confinement" "$(doctor --state "$TMP/bare/state/s.json")" \
	"^ok   confinement: landlock, ABI [0-9]+: a run executes no program, and writes only below '$TMP/bare'; the systemd unit also makes other files read-only, "
like "--doctor shows the confinement without a state" "$(doctor --state none)" "^ok   confinement: .*: a run executes no program, and writes no file; "
mkdir "$TMP/nobodys" && chown nobody "$TMP/nobodys"
like "--doctor shows the confinement with --user" "$(doctor --state "$TMP/nobodys/s.json" --user nobody)" "^ok   confinement: .* writes only below '$TMP'; "
in_there() { (cd "$TMP/bare" && doctor "$@"); }
like "--doctor names the working directory" "$(in_there --state s.json)" "^ok   confinement: .* writes only below '$TMP/bare'; "
ln -s /run "$TMP/bare/link"
for place in /s.json=/ /run/s.json=/run "$TMP/bare/link/s.json=/run"; do
	like "--doctor warns of a shared directory: ${place#*=} for ${place%=*}" "$(doctor --state "${place%=*}")" \
		"^warn confinement: a run may write to all files below '${place#*=}' that its user may write to, and the state is not the only file there; use another --state, "
done

detector_explain root user bare
done_testing
