/* logind_sessions.c - see logind_sessions.h. */
#include "io/host/logind_sessions.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "io/host/clock.h"

#define FILE_CAP 4096 /* a session's file has about 500 bytes */

/* The value of the first "NAME=value" line, with its length in *len; NULL when there is none. */
static const char *find_value(const char *text, const char *name, size_t *len)
{
	size_t name_len = strlen(name);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, name_len) == 0 && line[name_len] == '=') {
			*len = strcspn(line + name_len + 1, "\n");
			return line + name_len + 1;
		}
	}
	return NULL;
}

static bool has_value(const char *text, const char *name, const char *value)
{
	size_t len;
	const char *found = find_value(text, name, &len);

	return found && len == strlen(value) && memcmp(found, value, len) == 0;
}

/* Reads the peer's address of an open SSH session; otherwise returns false. In state "closing" a
 * session has lost its connection, and waits for the end of its processes. */
static bool read_session(int directory, const char *name, struct address *peer)
{
	char text[FILE_CAP];
	size_t len;
	int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);

	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return false;
	text[n] = '\0';
	if (!has_value(text, "SERVICE", "sshd") || has_value(text, "STATE", "closing"))
		return false;
	const char *host = find_value(text, "REMOTE_HOST", &len);
	return host && address_parse(host, len, peer);
}

static bool is_among(const struct address *list, size_t n, const struct address *a)
{
	for (size_t i = 0; i < n; i++)
		if (address_equal(&list[i], a))
			return true;
	return false;
}

bool logind_sessions_find(
	const char *directory, struct span deadline, struct address *out, size_t cap, size_t *n)
{
	DIR *dir = opendir(directory);
	const struct dirent *d;
	struct address peer;

	*n = 0;
	if (!dir)
		return false;
	while (*n < cap && clock_monotonic().ms <= deadline.ms && (d = readdir(dir))) {
		/* a session's file has a name such as "5" or "c1"; "5.ref" is a pipe */
		if (strchr(d->d_name, '.') || !read_session(dirfd(dir), d->d_name, &peer) ||
			is_among(out, *n, &peer))
			continue;
		out[(*n)++] = peer;
	}
	closedir(dir);
	return true;
}
