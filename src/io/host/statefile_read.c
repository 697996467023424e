/* statefile_read.c - see statefile.h: the functions that read. */
#include "io/host/statefile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Reads up to `size` bytes; fewer when the file is shorter. */
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

/* Returns 0, or the errno with which the file is refused. */
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

/* `own`: makes the further checks of statefile_open_own. */
static int open_file(const char *path, size_t max, bool own, int uid, struct stat *st)
{
	/* O_NONBLOCK: a FIFO under that name must not make the caller wait for a writer */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (own ? O_NOFOLLOW : 0));
	int error;

	if (fd < 0)
		return -1;
	if (fstat(fd, st) < 0)
		error = errno;
	else
		error = own ? refuse_foreign(st, max, uid) : refuse_file(st, max);
	if (!error)
		return fd;
	close(fd);
	errno = error;
	return -1;
}

static char *read_file(const char *path, size_t max, bool own, int uid, size_t *len)
{
	struct stat st;
	int fd = open_file(path, max, own, uid, &st);

	if (fd < 0)
		return NULL;
	char *data = malloc((size_t)st.st_size + 1);
	bool ok = data && read_all(fd, data, (size_t)st.st_size, len);
	int saved = errno;
	close(fd);
	errno = saved;
	if (ok) {
		data[*len] = '\0';
		return data;
	}
	free(data);
	errno = saved;
	return NULL;
}

size_t statefile_mark_len(const char *text, size_t len)
{
	return len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

char *statefile_read(const char *path, size_t max, size_t *len)
{
	return read_file(path, max, false, -1, len);
}

char *statefile_read_own(const char *path, size_t max, int uid, size_t *len)
{
	return read_file(path, max, true, uid, len);
}

int statefile_open_own(const char *path, size_t max, int uid)
{
	struct stat st;

	return open_file(path, max, true, uid, &st);
}

static ssize_t read_source(void *ctx, char *room, size_t cap)
{
	const int *fd = ctx;
	ssize_t n;

	do
		n = read(*fd, room, cap);
	while (n < 0 && errno == EINTR);
	return n;
}

static bool rewind_source(void *ctx)
{
	const int *fd = ctx;

	return lseek(*fd, 0, SEEK_SET) == 0;
}

struct byte_source statefile_source(int *fd)
{
	return (struct byte_source){.read = read_source, .rewind = rewind_source, .ctx = fd};
}

bool statefile_is_refusal(int error)
{
	return error == EFBIG || error == EPERM || error == EINVAL || error == ELOOP ||
	       error == ENXIO;
}

const char *statefile_refusal(int error)
{
	switch (error) {
	case EFBIG:
		return "it is too large";
	case EPERM:
		return "others may write to it";
	case EINVAL:
	case ENXIO: /* the file is a socket */
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
