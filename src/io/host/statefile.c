/* statefile.c - see statefile.h.
 *
 * The new file has a fixed name, PATH.new: a crash leaves at most one such file, which the next
 * write removes. Any existing file of this name is unlinked, never opened, so a symbolic link there
 * does no harm. Two programs that write the same PATH replace each other's PATH.new. Before the
 * rename, a program checks that PATH.new is still its own file, so it does not publish the other
 * program's half-written file.
 *
 * The state is written every 3 s without an fsync. After a power failure the file may be empty or
 * cut; then its reader refuses it. A file that must outlast a power failure is synced by a thread,
 * because fdatasync may take long. 80 MB take a second on a common disk, and up to a minute on a
 * busy disk. The thread makes only system calls, allocates no memory, and shares only struct
 * statefile.
 */
#include "io/host/statefile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "io/host/thread.h"

#define STEP_BYTES ((off_t)4 << 20) /* one step frees this much in half a millisecond */
/* longest wait at the end of a run; a service manager waits for 90 s */
#define DISK_WAIT_S        30
#define THREAD_STACK_BYTES (128 << 10) /* enough for two paths and the C library's calls */
#define FILE_MODE          0640        /* the clients' addresses are private */

struct statefile {
	int fd;     /* the new file; after the rename the old one; -1: none */
	off_t left; /* bytes of the old file that are still to be freed */
	off_t written;
	off_t sent; /* bytes of the new file that were sent to the disk */
	bool threaded;
	atomic_bool ended; /* the thread has ended and writes nothing here any more */
	int error;         /* the thread's result: 0 or an errno */
	pthread_t thread;
	char path[PATH_MAX];
	char temporary[PATH_MAX];
	char kept[PATH_MAX];
};

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
		!statefile_join(f->temporary, sizeof f->temporary, path, ".new") ||
		!statefile_join(f->kept, sizeof f->kept, path, STATEFILE_KEPT))
		goto fail;
	if (unlink(f->temporary) < 0 && errno != ENOENT)
		goto fail;
	f->fd = open(f->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
	if (f->fd < 0)
		goto fail;
	f->written = f->sent = 0;
	atomic_init(&f->ended, false);
	/* If the process may not set the group, the file keeps its default group: then fewer users
	 * can read it. */
	if (gid >= 0 && fchown(f->fd, (uid_t)-1, (gid_t)gid) < 0)
		errno = 0;
	if (fchmod(f->fd, FILE_MODE) < 0) { /* independent of the umask */
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
	/* the data is sent to the disk in steps; otherwise the rename would write the whole file in
	 * one step (ext4's auto_da_alloc) */
	if (f->written - f->sent >= STEP_BYTES) {
		(void)sync_file_range(f->fd, f->sent, f->written - f->sent, SYNC_FILE_RANGE_WRITE);
		f->sent = f->written;
	}
	return true;
}

/* Whether the temporary name still refers to the open file. */
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

/* Whether the old file should be freed in steps: it is large, has no name any more, and only this
 * process has it open. The kernel grants a lease only if no other process has the file open; the
 * lease is then given back. Freeing truncates the file, so no process may be reading it. */
static bool is_large_and_forgotten(int fd, struct stat *st)
{
	if (fstat(fd, st) < 0 || !S_ISREG(st->st_mode) || st->st_nlink != 0 ||
		st->st_size <= STEP_BYTES) /* small enough to be freed in one step */
		return false;
	/* lease breaks are signalled by SIGURG, ignored by default: the default SIGIO would kill
	 * the process if somebody opened the file through /proc now */
	if (fcntl(fd, F_SETSIG, SIGURG) < 0 || fcntl(fd, F_SETLEASE, F_WRLCK) < 0)
		return false;
	return fcntl(fd, F_SETLEASE, F_UNLCK) == 0;
}

/* Gives the new file its name; the file that had the name becomes PATH.old. At every moment one of
 * the two files has the name. */
static bool rename_and_keep(const struct statefile *f)
{
	struct stat st;

	if (lstat(f->path, &st) == 0 && S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		return false;
	}
	if (renameat2(AT_FDCWD, f->temporary, AT_FDCWD, f->path, RENAME_EXCHANGE) == 0) {
		/* PATH.old is a directory: then no predecessor is kept */
		if (rename(f->temporary, f->kept) < 0)
			unlink(f->temporary);
		return true;
	}
	/* no file has the name yet, or the file system (NFS, ZFS) cannot exchange two names */
	if (errno != ENOENT && (unlink(f->kept) == 0 || errno == ENOENT))
		(void)!link(f->path, f->kept); /* without hard links no predecessor is kept */
	return rename(f->temporary, f->path) == 0;
}

static bool sync_directory(const char *path)
{
	char directory[PATH_MAX];

	snprintf(directory, sizeof directory, "%s", path);
	char *slash = strrchr(directory, '/');
	if (slash)
		slash[slash == directory] = '\0';
	int fd = open(slash ? directory : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno == EACCES; /* the directory may be written to, but not read */
	/* EINVAL: this file system has nothing to sync in a directory */
	bool ok = fsync(fd) == 0 || errno == EINVAL;
	int saved = errno;
	close(fd);
	errno = saved;
	return ok;
}

static bool put_in_place(const struct statefile *f, bool safely)
{
	if (safely)
		return rename_and_keep(f) && sync_directory(f->path);
	return rename(f->temporary, f->path) == 0;
}

/* Returns 0 or an errno. After 0, f->fd is the replaced file, or -1. */
static int publish_file(struct statefile *f, bool safely)
{
	struct stat st;

	if (!is_ours(f) || (safely && fdatasync(f->fd) < 0))
		return errno;
	int old = open(safely ? f->kept : f->path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	int error = close(f->fd) < 0 || !put_in_place(f, safely) ? errno : 0;
	if (error && old >= 0)
		close(old);
	f->fd = error ? -1 : old;
	f->left = f->fd >= 0 && is_large_and_forgotten(old, &st) ? st.st_size : 0;
	return error;
}

bool statefile_publish(struct statefile *f)
{
	int error = publish_file(f, false);

	if (!error)
		return true;
	statefile_abandon(f);
	errno = error;
	return false;
}

static void *run_thread(void *arg)
{
	struct statefile *f = arg;

	f->error = publish_file(f, true);
	atomic_store_explicit(&f->ended, true, memory_order_release);
	return NULL;
}

static bool start_thread(struct statefile *f)
{
	return thread_start(&f->thread, THREAD_STACK_BYTES, run_thread, f);
}

void statefile_publish_safely(struct statefile *f)
{
	f->threaded = start_thread(f);
	if (!f->threaded)
		run_thread(f);
}

static bool join_thread(const struct statefile *f)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += DISK_WAIT_S;
	return pthread_timedjoin_np(f->thread, NULL, &until) == 0;
}

enum statefile_progress statefile_published(struct statefile *f, bool wait)
{
	if (!wait && !atomic_load_explicit(&f->ended, memory_order_acquire))
		return STATEFILE_BUSY;
	if (f->threaded && !join_thread(f)) {
		errno = ETIME; /* the thread owns f from now on */
		return STATEFILE_FAILED;
	}
	int error = f->error;
	if (!error)
		return STATEFILE_DONE;
	statefile_abandon(f);
	errno = error;
	return STATEFILE_FAILED;
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
