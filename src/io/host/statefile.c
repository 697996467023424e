/* statefile.c - see statefile.h.
 *
 * The new file has a fixed name, PATH.new: a crash leaves at most one behind, which the next write
 * removes. What stands under that name is unlinked, never opened, so a symbolic link there leads
 * nowhere. Two programs that write the same PATH take the name from each other; the one that lost
 * it notices at the rename, and what it would publish is not the other's half-written file.
 *
 * No fsync: the state is written every 3 s, and waiting for a disk would hold up the input. After a
 * power failure a file may be empty or cut; its reader refuses that.
 */
#include "io/host/statefile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SYSTEM_PATH STATEFILE_SYSTEM_DIRECTORY "/state.json"
#define STEP_BYTES  ((off_t)4 << 20) /* freed in half a millisecond */
#define FILE_MODE   0640             /* the log's clients are nobody else's business */

struct statefile {
	int fd;     /* of the new file; once that is in place, of the old one; -1: none */
	off_t left; /* bytes of the old one */
	off_t written;
	off_t sent; /* of these, to the disk */
	char path[PATH_MAX];
	char temporary[PATH_MAX];
};

bool statefile_join(char *out, size_t cap, const char *a, const char *b)
{
	int len = snprintf(out, cap, "%s%s", a, b);

	if (len >= 0 && (size_t)len < cap)
		return true;
	errno = ENAMETOOLONG;
	return false;
}

static void free_keeping_errno(struct statefile *f)
{
	int saved = errno;

	free(f);
	errno = saved;
}

struct statefile *statefile_begin(const char *path, int gid)
{
	struct statefile *f = malloc(sizeof *f);

	if (!f)
		return NULL;
	if (!statefile_join(f->path, sizeof f->path, path, "") ||
		!statefile_join(f->temporary, sizeof f->temporary, path, ".new"))
		goto fail;
	if (unlink(f->temporary) < 0 && errno != ENOENT)
		goto fail;
	f->fd = open(f->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
	if (f->fd < 0)
		goto fail;
	f->written = f->sent = 0;
	/* A group that may not be given is no reason to go without a state: fewer can read it. */
	if (gid >= 0 && fchown(f->fd, (uid_t)-1, (gid_t)gid) < 0)
		errno = 0;
	if (fchmod(f->fd, FILE_MODE) < 0) { /* whatever the umask is */
		statefile_abandon(f);
		return NULL;
	}
	return f;
fail:
	free_keeping_errno(f);
	return NULL;
}

bool statefile_put(struct statefile *f, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(f->fd, data, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			if (n == 0)
				errno = EIO;
			return false;
		}
		data += n;
		len -= (size_t)n;
		f->written += n;
	}
	/* else the rename sends all of it (ext4's auto_da_alloc) */
	if (f->written - f->sent >= STEP_BYTES) {
		(void)sync_file_range(f->fd, f->sent, f->written - f->sent, SYNC_FILE_RANGE_WRITE);
		f->sent = f->written;
	}
	return true;
}

/* Whether the temporary name still stands for the file that is open. */
static bool is_ours(const struct statefile *f)
{
	struct stat opened, named;

	if (fstat(f->fd, &opened) < 0 || lstat(f->temporary, &named) < 0)
		return false;
	if (opened.st_dev == named.st_dev && opened.st_ino == named.st_ino)
		return true;
	errno = EBUSY;
	return false;
}

/* Whether the file is worth steps, has no name any more, and nobody but us has it open: then the
 * kernel grants a lease, which is given back. Whoever still reads the file shall read it whole. */
static bool is_large_and_forgotten(int fd, struct stat *st)
{
	if (fstat(fd, st) < 0 || !S_ISREG(st->st_mode) || st->st_nlink != 0 ||
		st->st_size <= STEP_BYTES) /* freed at once */
		return false;
	/* should somebody open it through /proc just now, the news must not end us */
	if (fcntl(fd, F_SETSIG, SIGURG) < 0 || fcntl(fd, F_SETLEASE, F_WRLCK) < 0)
		return false;
	return fcntl(fd, F_SETLEASE, F_UNLCK) == 0;
}

bool statefile_publish(struct statefile *f)
{
	struct stat st;

	if (!is_ours(f)) {
		statefile_abandon(f);
		return false;
	}
	int old = open(f->path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	int closed = close(f->fd);
	f->fd = -1;
	if (closed < 0 || rename(f->temporary, f->path) < 0) {
		int saved = errno;
		if (old >= 0)
			close(old);
		errno = saved;
		statefile_abandon(f);
		return false;
	}
	f->fd = old;
	f->left = old >= 0 && is_large_and_forgotten(old, &st) ? st.st_size : 0;
	return true;
}

bool statefile_let_go(struct statefile *f)
{
	f->left -= f->left < STEP_BYTES ? f->left : STEP_BYTES;
	if (f->left > 0 && ftruncate(f->fd, f->left) == 0)
		return false;
	if (f->fd >= 0)
		close(f->fd);
	free(f);
	return true;
}

void statefile_abandon(struct statefile *f)
{
	int saved = errno;

	if (f->fd < 0 || is_ours(f))
		unlink(f->temporary);
	if (f->fd >= 0)
		close(f->fd);
	free(f);
	errno = saved;
}

bool statefile_replace(const char *path, int gid, const char *data, size_t len)
{
	struct statefile *f = statefile_begin(path, gid);

	if (!f)
		return false;
	if (!statefile_put(f, data, len)) {
		statefile_abandon(f);
		return false;
	}
	if (!statefile_publish(f))
		return false;
	while (!statefile_let_go(f))
		;
	return true;
}

/* Up to `size` bytes; fewer when the file ends before. */
static bool read_all(int fd, char *data, size_t size, size_t *len)
{
	*len = 0;
	while (*len < size) {
		ssize_t n = read(fd, data + *len, size - *len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		if (n == 0)
			break;
		*len += (size_t)n;
	}
	return true;
}

static bool is_trusted(uid_t owner, int uid)
{
	return owner == 0 || owner == geteuid() || (uid >= 0 && owner == (uid_t)uid);
}

/* 0, or the errno for what may not be read. */
static int refuse_file(const struct stat *st, size_t max)
{
	if (!S_ISREG(st->st_mode))
		return EINVAL;
	if (st->st_mode & S_IWOTH)
		return EPERM;
	return st->st_size < 0 || (uintmax_t)st->st_size > max ? EFBIG : 0;
}

static int refuse_foreign(const struct stat *st, size_t max, int uid)
{
	int error = refuse_file(st, max);

	return error || (!(st->st_mode & S_IWGRP) && is_trusted(st->st_uid, uid)) ? error : EPERM;
}

/* `own`: as statefile_read_own has it. */
static char *read_file(const char *path, size_t max, bool own, int uid, size_t *len)
{
	char *data = NULL;
	struct stat st;
	/* O_NONBLOCK: a FIFO under that name must not keep the caller waiting for a writer */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (own ? O_NOFOLLOW : 0));
	int saved;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) < 0)
		goto done;
	errno = own ? refuse_foreign(&st, max, uid) : refuse_file(&st, max);
	if (errno)
		goto done;
	data = malloc((size_t)st.st_size + 1);
	if (data && !read_all(fd, data, (size_t)st.st_size, len)) {
		saved = errno;
		free(data);
		data = NULL;
		errno = saved;
	}
	if (data)
		data[*len] = '\0';
done:
	saved = errno;
	close(fd);
	errno = saved;
	return data;
}

char *statefile_read(const char *path, size_t max, size_t *len)
{
	return read_file(path, max, false, -1, len);
}

char *statefile_read_own(const char *path, size_t max, int uid, size_t *len)
{
	return read_file(path, max, true, uid, len);
}

const char *statefile_refusal(int error)
{
	switch (error) {
	case EFBIG:
		return "it is too large";
	case EPERM:
		return "others may write to it";
	case EINVAL:
		return "it is not a regular file";
	case ELOOP:
		return "it is a symbolic link";
	default:
		return strerror(error);
	}
}

bool statefile_set_aside(const char *path)
{
	char bad[PATH_MAX];

	return statefile_join(bad, sizeof bad, path, ".bad") && rename(path, bad) == 0;
}

/* The service manager's directory for this service, of several the first (systemd.exec(5)). */
static bool service_path(char *path, size_t cap)
{
	const char *directory = getenv("STATE_DIRECTORY");
	int len = directory ? (int)strcspn(directory, ":") : 0;

	return len > 0 && *directory == '/' &&
	       snprintf(path, cap, "%.*s/state.json", len, directory) < (int)cap;
}

/* A relative path in $XDG_STATE_HOME is ignored, as the specification wants it. */
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
	/* A system's state that this user may not read is named, so that the message says why,
	 * unless he has his own. */
	bool hidden = errno == EACCES;
	if (statefile_user_path(path, cap) && (!hidden || access(path, F_OK) == 0))
		return true;
	return hidden ? statefile_join(path, cap, SYSTEM_PATH, "") : false;
}
