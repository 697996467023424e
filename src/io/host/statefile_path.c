/* statefile_path.c - see statefile.h: the default path of the state. */
#include "io/host/statefile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SYSTEM_PATH STATEFILE_SYSTEM_DIRECTORY "/state.json"

bool statefile_join(char *out, size_t cap, const char *a, const char *b)
{
	int len = snprintf(out, cap, "%s%s", a, b);

	if (len >= 0 && (size_t)len < cap)
		return true;
	errno = ENAMETOOLONG;
	return false;
}

/* The service manager's directory for this service; the first one, if there are several
 * (systemd.exec(5)). */
static bool service_path(char *path, size_t cap)
{
	const char *directory = getenv("STATE_DIRECTORY");
	int len = directory ? (int)strcspn(directory, ":") : 0;

	return len > 0 && *directory == '/' &&
	       snprintf(path, cap, "%.*s/state.json", len, directory) < (int)cap;
}

/* A relative path in $XDG_STATE_HOME is ignored, as the specification demands. */
bool statefile_user_path(char *path, size_t cap)
{
	const char *state_home = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");

	if (state_home && *state_home == '/')
		return statefile_join(path, cap, state_home, "/anomdetect/state.json");
	if (home && *home == '/')
		return statefile_join(path, cap, home, "/.local/state/anomdetect/state.json");
	errno = ENOENT;
	return false;
}

bool statefile_default_path(bool reader, char *path, size_t cap)
{
	const char *given = getenv("ANOMDETECT_STATE");

	if (given && *given)
		return statefile_join(path, cap, given, "");
	if (!reader && service_path(path, cap))
		return true;
	if (geteuid() == 0)
		return statefile_join(path, cap, SYSTEM_PATH, "");
	if (!reader)
		return statefile_user_path(path, cap);
	if (access(SYSTEM_PATH, R_OK) == 0)
		return statefile_join(path, cap, SYSTEM_PATH, "");
	/* If a user has no state file and may not read the system's file, the result is the
	 * system's path. So the message has the reason. */
	bool hidden = errno == EACCES;
	if (statefile_user_path(path, cap) && (!hidden || access(path, F_OK) == 0))
		return true;
	return hidden ? statefile_join(path, cap, SYSTEM_PATH, "") : false;
}
