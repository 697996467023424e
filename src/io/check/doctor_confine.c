/* doctor_confine.c - see doctor_parts.h: checks that a run is confined, and can still save its
 * state.
 *
 * A child process is confined in the same way as a run. Then it tests whether it can save the
 * state, and tries to execute a program.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/check/doctor_parts.h"
#include "io/host/confine.h"

/* The child's exit codes. Any other exit code is an errno: the state could not be saved. EXECUTED
 * is the exit code of --version. */
enum { EXECUTED = 0, HOLDS = 200, NOT_CONFINED = 201 };

static int try_confined(const struct statedir *dir, const struct confine_rules *rules)
{
	if (!confine_self(rules))
		return NOT_CONFINED;
	if (dir && !statedir_check(dir))
		return errno;
	close(STDOUT_FILENO); /* the executed program would print to standard output */
	execl("/proc/self/exe", "anomdetect", "--version", (char *)NULL);
	return HOLDS;
}

/* Returns the path without links and dots; on failure, returns the path unchanged. */
static const char *real_path(const char *path, char room[PATH_MAX])
{
	const char *found = path ? realpath(path, room) : NULL;

	return found ? found : path;
}

/* True for a directory in which the system keeps its programs and settings, or users keep their
 * files. */
static bool is_shared(const char *real)
{
	static const char *const shared[] = {
		"/", "/boot", "/dev", "/etc", "/home", "/root", "/run", "/usr", "/var"};

	for (size_t i = 0; i < sizeof shared / sizeof *shared; i++)
		if (strcmp(real, shared[i]) == 0)
			return true;
	return false;
}

/* Checks both the state's directory and its parent, because the directory may be a link to another
 * place. */
static bool report_held(const struct statedir_places *places)
{
	char top_room[PATH_MAX], directory_room[PATH_MAX];
	const char *top = real_path(statedir_places_top(places), top_room);
	const char *directory = real_path(places->directory, directory_room);
	const char *shared = top && is_shared(top)               ? top
			     : directory && is_shared(directory) ? directory
								 : NULL;

	if (shared) {
		doctor_warn("confinement",
			"a run may write to all files below '%.300s' that its user may write to, "
			"and the state is not the only file there; use another --state, such as "
			"/var/lib/anomdetect/state.json",
			shared);
		return true;
	}
	return doctor_report(true, "confinement",
		"landlock, ABI %d: a run executes no program, and writes %s%s%s; "
		"the systemd unit also makes other files read-only, hides homes and "
		"devices, and filters system calls",
		confine_abi(), top ? "only below '" : "no file", top ? top : "", top ? "'" : "");
}

bool doctor_check_confinement(const struct statedir *dir, bool state_ok)
{
	struct confine_rules rules = {.execute = false};
	struct statedir_places places;
	int status = 0;
	pid_t pid, waited;

	if (confine_abi() == 0) {
		doctor_warn("confinement", "none: %s; a run continues with all its rights",
			confine_refusal(errno));
		return true;
	}
	statedir_places(dir, &places);
	rules.writable[0] = places.directory;
	rules.writable[1] = places.parent;
	rules.writable[2] = places.real_parent;
	(void)fflush(stdout); /* otherwise the child would print the buffered lines again */
	pid = fork();
	if (pid == 0)
		_exit(try_confined(state_ok ? dir : NULL, &rules));
	do
		waited = pid < 0 ? -1 : waitpid(pid, &status, 0);
	while (waited < 0 && errno == EINTR);
	if (waited < 0 || !WIFEXITED(status))
		return doctor_report(false, "confinement", "not tried: %s", strerror(errno));
	switch (WEXITSTATUS(status)) {
	case HOLDS:
		return report_held(&places);
	case NOT_CONFINED:
	case EXECUTED:
		return doctor_report(false, "confinement",
			"the kernel has landlock, but a confined process can still execute "
			"programs");
	default:
		return doctor_report(false, "confinement",
			"a confined run cannot replace '%.300s': %s; use another --state",
			dir->path, strerror(WEXITSTATUS(status)));
	}
}
