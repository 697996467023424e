/* file_access.c - see file_access.h. The name service is not used: a message should not wait for a
 * server, and system accounts are in /etc/passwd and /etc/group. */
#include "io/host/file_access.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/host/statefile.h"

/* Room for the name of a user or a group. */
#define NAME_CAP 40
/* Maximum number of bytes of a path that a message quotes. */
#define PATH_SHOWN 200

struct account_name {
	char s[NAME_CAP];
	bool has_us; /* the group's member list names this process's user */
};

static struct account_name name_user(uid_t uid)
{
	struct account_name name;
	FILE *file = fopen("/etc/passwd", "re");
	const struct passwd *p;

	snprintf(name.s, sizeof name.s, "user %u", (unsigned)uid);
	name.has_us = false;
	while (file && (p = fgetpwent(file)))
		if (p->pw_uid == uid) {
			snprintf(name.s, sizeof name.s, "%s", p->pw_name);
			break;
		}
	if (file)
		fclose(file);
	return name;
}

static struct account_name name_group(gid_t gid)
{
	struct account_name name, us = name_user(geteuid());
	FILE *file = fopen("/etc/group", "re");
	const struct group *g;

	snprintf(name.s, sizeof name.s, "group %u", (unsigned)gid);
	name.has_us = false;
	while (file && (g = fgetgrent(file))) {
		if (g->gr_gid != gid)
			continue;
		snprintf(name.s, sizeof name.s, "%s", g->gr_name);
		for (char **member = g->gr_mem; *member; member++)
			name.has_us |= strcmp(*member, us.s) == 0;
		break;
	}
	if (file)
		fclose(file);
	return name;
}

/* Finds the topmost directory in the path that the process may not enter. */
static bool find_closed(const char *path, char *closed, size_t cap)
{
	for (const char *s = strchr(path + 1, '/'); s; s = strchr(s + 1, '/')) {
		if ((size_t)(s - path) >= cap)
			return false;
		snprintf(closed, cap, "%.*s", (int)(s - path), path);
		if (access(closed, X_OK) < 0)
			return errno == EACCES;
	}
	return false;
}

/* Appends the owner and mode of a file or directory, and the remedy. `own`: as in file_access_of.
 * `needs`: the group's permission bit to read a file, or to enter a directory. */
static void say_owner(
	struct file_access *a, const char *what, const struct stat *st, mode_t needs, bool own)
{
	struct account_name owner = name_user(st->st_uid), group = name_group(st->st_gid);
	size_t len = strlen(a->s);

	len += (size_t)snprintf(a->s + len, sizeof a->s - len,
		"; %s belongs to %s:%s, mode %04o: ", what, owner.s, group.s,
		(unsigned)st->st_mode & 07777);
	if (len >= sizeof a->s)
		return;
	if (!own)
		snprintf(a->s + len, sizeof a->s - len, "let '%s' %s it", name_user(geteuid()).s,
			needs == S_IRGRP ? "read" : "enter");
	else if (!(st->st_mode & needs) || st->st_gid == 0)
		snprintf(a->s + len, sizeof a->s - len, "run this as %s%s", owner.s,
			st->st_uid == 0 ? ", by sudo" : "");
	else if (group.has_us)
		snprintf(a->s + len, sizeof a->s - len,
			"you are in that group, but only from your next login on");
	else
		snprintf(a->s + len, sizeof a->s - len,
			"run this as root, by sudo, or join the group (usermod -aG %s USER) and "
			"log in again",
			group.s);
}

static void say_closed(struct file_access *a, const char *path, bool own)
{
	char closed[PATH_MAX], what[PATH_SHOWN + 20];
	struct stat st;

	if (find_closed(path, closed, sizeof closed)) {
		snprintf(what, sizeof what, "'%.*s'", PATH_SHOWN, closed);
		if (stat(closed, &st) == 0)
			say_owner(a, what, &st, S_IXGRP, own);
	} else if (stat(path, &st) == 0) {
		say_owner(a, "it", &st, S_IRGRP, own);
	}
}

/* Explains why a file is not trusted: other users can write to it, or could have written it. */
static void say_writers(struct file_access *a, const char *path, bool own)
{
	struct stat st;
	size_t len = strlen(a->s);

	if (stat(path, &st) < 0)
		return;
	if (st.st_mode & (own ? S_IWGRP | S_IWOTH : S_IWOTH))
		snprintf(a->s + len, sizeof a->s - len, "; remove that permission: chmod %s '%.*s'",
			own ? "go-w" : "o-w", PATH_SHOWN, path);
	else
		snprintf(a->s, sizeof a->s,
			"it belongs to '%s', who is neither root, nor you, nor the owner of its "
			"directory; others could have written it",
			name_user(st.st_uid).s);
}

static void say_target(struct file_access *a, const char *path)
{
	char target[PATH_SHOWN + 1];
	ssize_t n = readlink(path, target, sizeof target);
	size_t len = strlen(a->s);

	if (n <= 0 || n > PATH_SHOWN)
		return;
	snprintf(a->s + len, sizeof a->s - len, "; name the file itself: '%.*s'", (int)n, target);
}

static void say_kind(struct file_access *a, const char *path)
{
	struct stat st;
	size_t len = strlen(a->s);

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		snprintf(a->s, sizeof a->s, "it is a directory; name a file in it");
	else if (path[0] == '/' && strncmp(path, "/dev/", 5) == 0)
		snprintf(a->s + len, sizeof a->s - len,
			"; standard input cannot be read by this "
			"name");
}

struct file_access file_access_of(const char *path, int error, bool own)
{
	struct file_access a;

	snprintf(a.s, sizeof a.s, "%s", statefile_refusal(error));
	if (error == EACCES)
		say_closed(&a, path, own);
	else if (error == EPERM)
		say_writers(&a, path, own);
	else if (error == ELOOP)
		say_target(&a, path);
	else if (error == EINVAL || error == EISDIR)
		say_kind(&a, path);
	return a;
}
