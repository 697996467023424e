/* doctor_confine.c - see doctor_parts.h: is a run confined, and does its state survive that?
 *
 * A child is confined as a run is, and tries. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/check/doctor_parts.h"
#include "io/host/confine.h"

/* The child's exit codes; others are an errno of the state. EXECUTED is that of --version. */
enum { EXECUTED = 0, HOLDS = 200, NOT_CONFINED = 201 };

static int try_confined(const struct statedir *dir, const struct confine_rules *rules)
{
	if (!confine_self(rules))
		return NOT_CONFINED;
	if (dir && !statedir_check(dir))
		return errno;
	close(STDOUT_FILENO); /* the program would print there */
	execl("/proc/self/exe", "anomdetect", "--version", (char *)NULL);
	return HOLDS;
}

static bool report_held(const struct statedir_places *places)
{
	const char *top = statedir_places_top(places);

	return doctor_report(true, "confinement",
		"landlock, ABI %d: a run executes no program, and writes %s%s%s; "
		"the systemd unit adds read-only files, no homes, no devices "
		"and a filter of system calls",
		confine_abi(), top ? "only below '" : "no file", top ? top : "", top ? "'" : "");
}

bool doctor_check_confinement(const struct statedir *dir, bool state_ok)
{
	struct confine_rules rules = {.execute = false};
	struct statedir_places places;
	int status = 0;
	pid_t pid, waited;

	if (confine_abi() == 0) {
		doctor_warn("confinement", "none: %s; a run goes on with all that it may do",
			confine_refusal(errno));
		return true;
	}
	statedir_places(dir, &places);
	rules.writable[0] = places.directory;
	rules.writable[1] = places.parent;
	(void)fflush(stdout); /* the child must not print it again */
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
			"the kernel has landlock, but a process can execute programs as before");
	default:
		return doctor_report(false, "confinement",
			"a confined run cannot replace '%.300s': %s; use another --state",
			dir->path, strerror(WEXITSTATUS(status)));
	}
}
