/* fault.c - a library for LD_PRELOAD that makes the n-th call of one function fail, for real runs.
 *
 *     FAULT_CALL    malloc, write, fsync, rename or open; malloc includes calloc and realloc,
 *                   fsync includes fdatasync, rename includes renameat2, and open includes
 *                   open64 and openat
 *     FAULT_AT      the first call that fails, from 1; unset: none fails
 *     FAULT_TIMES   how many calls fail from there on; unset: 1; 0: all
 *     FAULT_ERRNO   the errno of a failed call; unset: ENOMEM for malloc, else EIO
 *     FAULT_FD      only writes to this descriptor count; unset: all writes but those to standard
 *                   error
 *     FAULT_WHILE   a file: calls count only while this file exists
 *     FAULT_COUNT   a file: at its end, the program writes the number of counted calls to it
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);

static atomic_long calls;
static bool ready;
static long at, times, error, only_fd = -1;
static const char *call, *condition;

static long number_of(const char *name, long otherwise)
{
	const char *text = getenv(name);

	return text ? strtol(text, NULL, 10) : otherwise;
}

__attribute__((constructor)) static void read_settings(void)
{
	call = getenv("FAULT_CALL");
	condition = getenv("FAULT_WHILE");
	at = number_of("FAULT_AT", 0);
	times = number_of("FAULT_TIMES", 1);
	only_fd = number_of("FAULT_FD", -1);
	error = number_of("FAULT_ERRNO", call && strcmp(call, "malloc") == 0 ? ENOMEM : EIO);
	ready = call != NULL;
}

__attribute__((destructor)) static void write_count(void)
{
	const char *path = getenv("FAULT_COUNT");
	char text[32];
	int fd = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0644)
		      : -1;

	if (fd < 0)
		return;
	int len = snprintf(text, sizeof text, "%ld\n", atomic_load(&calls));
	(void)!syscall(SYS_write, fd, text, len);
	close(fd);
}

static bool fails(const char *name)
{
	if (!ready || strcmp(call, name) != 0 ||
		(condition && syscall(SYS_faccessat, AT_FDCWD, condition, F_OK) != 0))
		return false;
	long n = atomic_fetch_add(&calls, 1) + 1;
	if (at == 0 || n < at || (times && n >= at + times))
		return false;
	errno = (int)error;
	return true;
}

void *malloc(size_t n)
{
	return fails("malloc") ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
	return fails("malloc") ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
	return fails("malloc") ? NULL : __libc_realloc(p, n);
}

ssize_t write(int fd, const void *bytes, size_t n)
{
	if ((only_fd < 0 ? fd != STDERR_FILENO : fd == only_fd) && fails("write"))
		return -1;
	return syscall(SYS_write, fd, bytes, n);
}

int fsync(int fd)
{
	return fails("fsync") ? -1 : (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
	return fails("fsync") ? -1 : (int)syscall(SYS_fdatasync, fd);
}

int rename(const char *from, const char *to)
{
	return fails("rename") ? -1 : (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
	return fails("rename") ? -1
			       : (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, flags);
}

static int open_file(int dir, const char *path, int flags, mode_t mode)
{
	return fails("open") ? -1 : (int)syscall(SYS_openat, dir, path, flags, mode);
}

#define MODE_OF(flags, last)                                                                       \
	va_list args;                                                                              \
	va_start(args, last);                                                                      \
	mode_t mode = (flags) & (O_CREAT | O_TMPFILE) ? va_arg(args, mode_t) : 0;                  \
	va_end(args)

int open(const char *path, int flags, ...)
{
	MODE_OF(flags, flags);
	return open_file(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
	MODE_OF(flags, flags);
	return open_file(AT_FDCWD, path, flags, mode);
}

int openat(int dir, const char *path, int flags, ...)
{
	MODE_OF(flags, flags);
	return open_file(dir, path, flags, mode);
}
