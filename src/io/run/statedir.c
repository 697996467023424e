/* statedir.c - see statedir.h.
 *
 * The program changes the owner of a file only if root owns the directory and nobody else can write
 * there. In other directories, somebody could replace the run's file by a link to another file of
 * root. In a directory that the user of --user owns, no file needs another owner, because this user
 * can replace files of root there.
 */
#include "io/run/statedir.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "io/config/settings.h"
#include "io/host/accounts.h"
#include "io/host/statefile.h"

#define DIR_MODE    0750
#define PARENT_MODE 0700 /* as the XDG specification demands */
#define LOCK_MODE   0600 /* others must not open the file, because they could then lock it */

/* At its start, a run tries this many times, LOCK_LOOK_NS apart, to get a lock that another run
 * still has. A killed run keeps its lock until the kernel has freed the run's memory. A child of a
 * run keeps the lock until it calls exec. */
#define LOCK_LOOKS   100
#define LOCK_LOOK_NS 10000000

static const char *const suffixes[] = {"", ".memory", (".memory" STATEFILE_KEPT), ".lock"};
#define SUFFIXES (sizeof suffixes / sizeof *suffixes)

/* The directory of `path`. The result does not end with a slash, except "/" itself. So the
 * directory of "a//b" is "a". It must not be "a/": the directory of "a/" would be "a", and not the
 * parent of "a". NULL when the result does not fit. */
static const char *directory_of(const char *path, char *room, size_t cap)
{
	char *slash;

	if (!statefile_join(room, cap, path, ""))
		return NULL;
	slash = strrchr(room, '/');
	if (!slash)
		return ".";
	while (slash > room && slash[-1] == '/')
		slash--;
	slash[slash == room] = '\0';
	return room;
}

static bool is_user_default(const char *path)
{
	char own[PATH_MAX];

	return statefile_user_path(own, sizeof own) && strcmp(path, own) == 0;
}

bool statedir_find(struct statedir *d, const struct state_options *o, const struct run_options *run,
	char *why, size_t why_cap)
{
	struct account user = {.found = false}, group;

	if (!accounts_find_group(o->group, &group) ||
		(run->user && !accounts_find_user(run->user, &user))) {
		snprintf(why, why_cap, "unable to read this host's accounts: %s", strerror(errno));
		return false;
	}
	*d = (struct statedir){.user = run->user,
		.uid = user.found ? user.uid : -1,
		.gid = group.found ? group.gid : -1,
		.lock_fd = -1};
	d->path = settings_state_path(o, run->replay, d->room, sizeof d->room);
	d->is_default = d->path && !o->path && is_user_default(d->path);
	if (!run->user || user.found)
		return true;
	snprintf(why, why_cap,
		"--user: '%.64s' is not a user of this host; make it (useradd --system NAME), or "
		"name another",
		run->user);
	errno = ENOENT;
	return false;
}

bool statedir_lacks_group(
	const struct statedir *d, const struct state_options *o, char *why, size_t why_cap)
{
	if (d->gid >= 0 || strcmp(o->group, OPTIONS_STATE_GROUP) == 0)
		return false;
	snprintf(why, why_cap,
		"--state-group: '%.64s' is not a group of this host; make it (groupadd NAME), or "
		"name another",
		o->group);
	return true;
}

/* Changes the owner and group. A process that may not change them leaves them unchanged. */
static bool give_directory(const char *directory, int uid, int gid)
{
	return (uid < 0 && gid < 0) || chown(directory, (uid_t)uid, (gid_t)gid) == 0 ||
	       errno == EPERM;
}

/* mkdir -p for the parents that the XDG specification names. */
static bool make_parents(char *directory, int uid)
{
	for (char *slash = strchr(directory + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		bool made = mkdir(directory, PARENT_MODE) == 0;
		bool there = made ? give_directory(directory, uid, -1) : errno == EEXIST;
		*slash = '/';
		if (!there)
			return false;
	}
	return true;
}

/* Makes the user `uid` the owner of root's files in the directory `dir`, to which only root can
 * write. */
static void give_files(int dir, const char *base, int uid)
{
	char name[NAME_MAX + 1];
	struct stat st;

	for (size_t i = 0; i < SUFFIXES; i++) {
		if (!statefile_join(name, sizeof name, base, suffixes[i]) ||
			fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (S_ISREG(st.st_mode) && st.st_uid == 0 && st.st_nlink == 1 &&
			fchownat(dir, name, (uid_t)uid, (gid_t)-1, AT_SYMLINK_NOFOLLOW) < 0)
			return; /* statedir_check reports the failure if a save would fail */
	}
}

/* Makes the user of --user the owner of the system's state directory, which an earlier run made as
 * root. The files get the new owner before the directory. If the directory were first, its new
 * owner could put other files in their place. */
static bool hand_over(const struct statedir *d, const char *directory)
{
	int dir = open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	bool done = true;

	if (dir < 0)
		return false;
	if (fstat(dir, &st) == 0 && st.st_uid == 0 && !(st.st_mode & (S_IWGRP | S_IWOTH))) {
		give_files(dir, strrchr(d->path, '/') + 1, d->uid);
		done = fchown(dir, (uid_t)d->uid, (gid_t)d->gid) == 0;
	}
	int saved = errno;
	close(dir);
	errno = saved;
	return done;
}

bool statedir_make(struct statedir *d)
{
	char room[PATH_MAX];
	char *directory = room;
	struct stat st;

	d->made = false;
	if (!d->path)
		return true;
	if (!directory_of(d->path, room, sizeof room))
		return false;
	if (!strrchr(d->path, '/') || strcmp(room, "/") == 0)
		return true; /* "/" and the working directory exist */
	if (stat(directory, &st) == 0) {
		if (S_ISDIR(st.st_mode) && d->uid > 0 && geteuid() == 0 &&
			strcmp(directory, STATEFILE_SYSTEM_DIRECTORY) == 0)
			return hand_over(d, directory);
		errno = S_ISDIR(st.st_mode) ? 0 : ENOTDIR;
		return errno == 0;
	}
	if (d->is_default && !make_parents(directory, d->uid))
		return false;
	d->made = mkdir(directory, DIR_MODE) == 0;
	return d->made && give_directory(directory, d->uid, d->gid);
}

int statedir_directory_len(const struct statedir *d)
{
	const char *slash = strrchr(d->path, '/');

	return slash ? (int)(slash - d->path) : 0;
}

void statedir_say_missing(const struct statedir *d, char *why, size_t why_cap)
{
	char room[PATH_MAX], above[PATH_MAX];
	const char *directory = directory_of(d->path, room, sizeof room);

	snprintf(why, why_cap,
		"unable to make the directory of '%.200s': '%.200s' is missing; "
		"make it, or correct --state",
		d->path, directory ? directory_of(directory, above, sizeof above) : d->path);
}

/* Opens the lock file, or makes it. A new lock file belongs to the user of --user, or, without
 * --user, to the directory's owner. So a later run without root can lock it. */
static int open_lock(const char *name, int uid)
{
	const int flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
	int fd = open(name, flags | O_CREAT | O_EXCL, LOCK_MODE);

	if (fd < 0)
		return errno == EEXIST ? open(name, flags) : -1;
	if (geteuid() == 0 && uid >= 0 && fchown(fd, (uid_t)uid, (gid_t)-1) < 0)
		errno = 0; /* if fchown fails, only root can lock the file */
	return fd;
}

/* True if the file may be used as the lock. In /tmp, anybody can make a file with the lock's name,
 * and such a file must not prevent a run. */
static bool is_lock(int fd, int uid, int directory_owner)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	       (st.st_uid == 0 || st.st_uid == geteuid() || (int)st.st_uid == uid ||
		       (int)st.st_uid == directory_owner);
}

static void close_lock(struct statedir *d)
{
	if (d->lock_fd >= 0)
		close(d->lock_fd);
	d->lock_fd = -1;
}

/* False when another process has the lock. If the lock file cannot be made, returns true without a
 * lock. */
static bool lock_file(struct statedir *d)
{
	char name[PATH_MAX];

	close_lock(d);
	if (!d->path || !statefile_join(name, sizeof name, d->path, ".lock"))
		return true;
	int owner = statedir_owner(name);
	d->lock_fd = open_lock(name, d->uid >= 0 ? d->uid : owner);
	if (d->lock_fd < 0)
		return true;
	if (!is_lock(d->lock_fd, d->uid, owner) || flock(d->lock_fd, LOCK_EX | LOCK_NB) == 0 ||
		errno != EWOULDBLOCK)
		return true;
	close_lock(d);
	return false;
}

static bool wait_for_lock(struct statedir *d)
{
	struct timespec look = {.tv_nsec = LOCK_LOOK_NS};

	for (int i = 0; i < LOCK_LOOKS; i++) {
		if (lock_file(d))
			return true;
		nanosleep(&look, NULL);
	}
	return false;
}

bool statedir_open(struct statedir *d, char *why, size_t why_cap)
{
	/* after any other failure of statedir_make, saving fails, too, and that failure is
	 * reported */
	if (!statedir_make(d) && errno == ENOENT)
		statedir_say_missing(d, why, why_cap);
	else if (d->user && !statedir_check(d))
		snprintf(why, why_cap,
			"unable to save '%.300s' as user '%s': %s; "
			"give the file's directory to this user (chown)",
			d->path, d->user, strerror(errno));
	else if (!wait_for_lock(d))
		snprintf(why, why_cap,
			"another anomdetect uses '%.300s' and its memory; give each its own "
			"--state",
			d->path);
	else
		return d->opened = true;
	return false;
}

/* True if the lock's path still refers to the file that this process has opened. */
static bool is_held(const struct statedir *d, const char *name)
{
	struct stat opened, named;

	return d->lock_fd >= 0 && fstat(d->lock_fd, &opened) == 0 && lstat(name, &named) == 0 &&
	       opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

bool statedir_hold(struct statedir *d)
{
	char name[PATH_MAX];

	if (!d->path || !d->opened || !statefile_join(name, sizeof name, d->path, ".lock") ||
		is_held(d, name))
		return true;
	if (!statedir_make(d))
		return false;
	/* lock before writing any file: a process that opens the new lock file must find it
	 * locked */
	if (!lock_file(d)) {
		d->lost = true;
		errno = EBUSY;
		return false;
	}
	d->regained = d->regained || d->lost;
	d->lost = false;
	return true;
}

static bool is_same_directory(const char *a, const char *b)
{
	struct stat one, other;

	return stat(a, &one) == 0 && stat(b, &other) == 0 && one.st_dev == other.st_dev &&
	       one.st_ino == other.st_ino;
}

/* Finds the parent of the real directory. The state's directory may be a link, and the directory
 * that it leads to may be replaced. */
static void find_real_parent(struct statedir_places *p)
{
	char real[PATH_MAX];

	if (!realpath(p->directory, real))
		return;
	p->real_parent = directory_of(real, p->real_parent_room, sizeof p->real_parent_room);
	if (p->real_parent && (is_same_directory(p->real_parent, "/") ||
				      (p->parent && is_same_directory(p->real_parent, p->parent))))
		p->real_parent = NULL;
}

void statedir_places(const struct statedir *d, struct statedir_places *p)
{
	*p = (struct statedir_places){.directory = NULL};
	if (!d->path)
		return;
	p->directory = directory_of(d->path, p->directory_room, sizeof p->directory_room);
	/* if the working directory is removed, no path leads to it any more */
	if (!p->directory || !strchr(d->path, '/'))
		return;
	p->parent = directory_of(p->directory, p->parent_room, sizeof p->parent_room);
	if (p->parent && is_same_directory(p->parent, "/"))
		p->parent = NULL;
	find_real_parent(p);
}

const char *statedir_places_top(const struct statedir_places *p)
{
	return p->parent ? p->parent : p->directory;
}

void statedir_explain(
	const struct statedir *d, const char *file, int error, char *why, size_t why_cap)
{
	struct statedir_places places;
	struct stat st;

	statedir_places(d, &places);
	if (error == EBUSY)
		snprintf(why, why_cap,
			"unable to save '%.300s': another anomdetect uses it now; give each its "
			"own --state",
			file);
	else if (places.directory && stat(places.directory, &st) < 0 && errno == ENOENT)
		snprintf(why, why_cap,
			"unable to save '%.200s': its directory is missing, and making it failed: "
			"%s; make it, and give it to the user of this run%s",
			file, strerror(error), places.parent ? "" : ", and restart anomdetect");
	else
		snprintf(why, why_cap, "unable to save '%.300s': %s%s", file, strerror(error),
			error == EACCES ? "; give its directory to the user of this run, and "
					  "restart anomdetect"
					: "");
}

/* True if the file belongs to another user and is in another user's sticky directory, such as /tmp.
 * There, the process can make new files, but cannot replace this file. */
static bool is_kept_by_another(const char *path)
{
	char room[PATH_MAX];
	const char *directory = directory_of(path, room, sizeof room);
	struct stat dir, file;

	return directory && stat(directory, &dir) == 0 && dir.st_mode & S_ISVTX &&
	       dir.st_uid != geteuid() && lstat(path, &file) == 0 && file.st_uid != geteuid();
}

static bool can_replace(const struct statedir *d)
{
	char memory[PATH_MAX];
	struct statefile *file;

	if (!statefile_join(memory, sizeof memory, d->path, ".memory"))
		return false;
	file = statefile_begin(d->path, -1);
	if (!file)
		return false;
	statefile_abandon(file);
	if (geteuid() == 0 || !(is_kept_by_another(d->path) || is_kept_by_another(memory)))
		return true;
	errno = EPERM;
	return false;
}

/* Runs in the child. Returns 0 or an errno. Every errno fits into an exit status. */
static int try_as_user(const struct statedir *d)
{
	struct account user;

	if (!accounts_find_user(d->user, &user))
		return errno;
	if (!user.found || initgroups(d->user, (gid_t)user.gid) < 0 ||
		setgid((gid_t)user.gid) < 0 || setuid((uid_t)user.uid) < 0)
		return errno ? errno : ENOENT;
	return can_replace(d) ? 0 : errno;
}

bool statedir_check(const struct statedir *d)
{
	int status = 0;
	pid_t child;

	if (!d->path)
		return true;
	if (d->uid <= 0 || geteuid() != 0)
		return can_replace(d);
	child = fork();
	if (child == 0)
		_exit(try_as_user(d));
	if (child < 0 || waitpid(child, &status, 0) != child)
		return false;
	errno = WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
	return errno == 0;
}

int statedir_owner(const char *path)
{
	char room[PATH_MAX];
	const char *directory = directory_of(path, room, sizeof room);
	struct stat st;

	return directory && stat(directory, &st) == 0 ? (int)st.st_uid : -1;
}
