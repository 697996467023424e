/* accounts.c - see accounts.h. */
#include "io/host/accounts.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

/* One of two databases: users or groups. */
struct database {
	const char *path;
	/* Reads the file's next entry; NULL at its end. */
	const char *(*next)(FILE *file, struct account *out);
	/* Asks the name service for `name`; NULL: the name service has no such entry. */
	const char *(*ask)(const char *name, struct account *out);
};

static const char *use_user(const struct passwd *p, struct account *out)
{
	if (!p)
		return NULL;
	*out = (struct account){true, (int)p->pw_uid, (int)p->pw_gid};
	return p->pw_name;
}

static const char *next_user(FILE *file, struct account *out)
{
	return use_user(fgetpwent(file), out);
}

static const char *ask_user(const char *name, struct account *out)
{
	return use_user(getpwnam(name), out);
}

static const char *use_group(const struct group *g, struct account *out)
{
	if (!g)
		return NULL;
	*out = (struct account){true, -1, (int)g->gr_gid};
	return g->gr_name;
}

static const char *next_group(FILE *file, struct account *out)
{
	return use_group(fgetgrent(file), out);
}

static const char *ask_group(const char *name, struct account *out)
{
	return use_group(getgrnam(name), out);
}

/* Whether this errno, left by getpwnam(3) or at the end of the file, means that there is no such
 * account. */
static bool is_absence(int error)
{
	return error == 0 || error == ENOENT || error == ESRCH || error == EBADF || error == EPERM;
}

/* Searches only the file; otherwise like accounts_find_user. A file that does not exist or may not
 * be read counts as empty. */
static bool search_file(const struct database *d, const char *name, struct account *out)
{
	FILE *file = fopen(d->path, "re");
	const char *found;

	if (!file)
		return errno == ENOENT || errno == EACCES;
	do
		errno = 0;
	while ((found = d->next(file, out)) && strcmp(found, name) != 0);
	int saved = errno;
	fclose(file);
	errno = saved;
	out->found = found != NULL;
	return found || is_absence(saved);
}

static bool find_account(const struct database *d, const char *name, struct account *out)
{
	if (!search_file(d, name, out))
		return false;
	if (out->found)
		return true;
	errno = 0;
	out->found = d->ask(name, out) != NULL;
	return out->found || is_absence(errno);
}

bool accounts_find_user(const char *name, struct account *out)
{
	static const struct database users = {"/etc/passwd", next_user, ask_user};

	return find_account(&users, name, out);
}

bool accounts_find_group(const char *name, struct account *out)
{
	static const struct database groups = {"/etc/group", next_group, ask_group};

	return find_account(&groups, name, out);
}
