/* out.c - see out.h.
 *
 * The queue is a ring. A line is copied from the ring before the write: even a line that wraps
 * around the ring's end must be one write. Lines end at their newline. So if the kernel accepts
 * only a part of a write (a socket, a terminal), the rest simply stays at the queue's head. A new
 * line may be dropped, but a line in the queue never is, so no half line can remain. A disk that
 * becomes full may accept only a part of a line, and a reader of the file would then read this
 * part. So the part is removed from the file, and the whole line stays at the queue's head.
 */
#include "io/host/out.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/host/clock.h"

/* Longest line: PIPE_BUF on Linux. A pipe accepts this many bytes in one piece. */
#define LINE_BYTES_MAX 4096

/* Alerts may use three quarters of the queue; the last quarter is only for bans. */
#define ALERT_BYTES_MAX (OUT_QUEUE_BYTES / 4 * 3)

struct out {
	int fd;
	bool is_file; /* a regular file: poll does not report whether the disk has room */
	bool wait;
	int disk_error;   /* errno of the last write to a disk; 0: no disk error */
	int64_t retry_at; /* monotonic clock, ms: no write is tried before this time */
	int stop_fd;      /* waiting ends when it is readable; -1: no such descriptor */
	size_t head;      /* offset of the first waiting byte; below OUT_QUEUE_BYTES */
	size_t used;      /* number of waiting bytes */
	uint64_t dropped;
	char ring[OUT_QUEUE_BYTES];
};

void out_free(struct out *o)
{
	free(o);
}

/* Whether the file may end within a line, as after a power failure. The file may be open only for
 * writing, so it is opened again. If that is not allowed, the result is true: an empty line does
 * less harm than two events in one line. */
static bool ends_within_line(int fd, off_t size)
{
	char name[32], last = '\n';

	if (size == 0)
		return false;
	snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
	int again = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (again < 0)
		return true;
	bool read = pread(again, &last, 1, size - 1) == 1;
	close(again);
	return !read || last != '\n';
}

static void queue_put(struct out *o, const char *bytes, size_t len)
{
	size_t at = (o->head + o->used) % OUT_QUEUE_BYTES;
	size_t first = OUT_QUEUE_BYTES - at;

	if (first > len)
		first = len;
	memcpy(o->ring + at, bytes, first);
	memcpy(o->ring, bytes + first, len - first);
	o->used += len;
}

/* Copies the first waiting line, or the rest of a line that was partly written. Returns its
 * length. */
static size_t queue_peek(const struct out *o, char line[LINE_BYTES_MAX])
{
	size_t len = o->used < LINE_BYTES_MAX ? o->used : LINE_BYTES_MAX;
	size_t first = OUT_QUEUE_BYTES - o->head;

	if (first > len)
		first = len;
	memcpy(line, o->ring + o->head, first);
	memcpy(line + first, o->ring, len - first);
	const char *newline = memchr(line, '\n', len);
	return newline ? (size_t)(newline - line) + 1 : len;
}

static void queue_drop_head(struct out *o, size_t len)
{
	o->head = (o->head + len) % OUT_QUEUE_BYTES;
	o->used -= len;
}

/* Waits until the reader accepts data, at most timeout_ms (-1: for ever). Returns 1: a write will
 * not block, but may fail; 0: the reader accepts no data yet; -1: poll itself failed. */
static int wait_writable(int fd, int timeout_ms)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	int n = poll(&p, 1, timeout_ms);

	return n < 0 && errno == EINTR ? 0 : n;
}

/* Removes from the end of the file the part of a line that a full disk accepted. False when another
 * program has appended to the file since then. */
static bool cut_back(int fd, ssize_t n)
{
	off_t end = lseek(fd, 0, SEEK_CUR);
	struct stat s;

	return end >= n && fstat(fd, &s) == 0 && s.st_size == end && ftruncate(fd, end - n) == 0 &&
	       lseek(fd, end - n, SEEK_SET) >= 0;
}

/* Writes all or nothing: if the disk accepts only a part, this part is removed again, and errno is
 * the reason why the rest was not written. */
static ssize_t write_whole(int fd, const char *bytes, size_t len)
{
	ssize_t n = write(fd, bytes, len);

	if (n < 0 || (size_t)n == len)
		return n;
	ssize_t rest = write(fd, bytes + n, len - (size_t)n);
	if (rest >= 0)
		return n + rest;
	int saved = errno;
	bool cut = cut_back(fd, n);
	errno = saved;
	return cut ? -1 : n;
}

/* Whether the error may go away during the run. Examples are no room, the limit of `ulimit -f`, a
 * failing or read-only disk, and a file server that does not answer. False for errors that only a
 * mistake in this program can cause. */
static bool is_disk_error(int error)
{
	bool later = error == EINTR || error == EAGAIN; /* no failure: the caller writes again */

	return !later && error != EBADF && error != EINVAL;
}

/* Like write_some, for a file. */
static ssize_t write_to_file(struct out *o, const char *bytes, size_t len)
{
	if (o->disk_error && clock_monotonic().ms < o->retry_at)
		return 0;
	ssize_t n = write_whole(o->fd, bytes, len);
	o->disk_error = 0;
	if (n >= 0 || !is_disk_error(errno) || o->wait)
		return n;
	o->disk_error = errno;
	o->retry_at = clock_monotonic().ms + OUT_RETRY_MS;
	return 0;
}

/* Makes one write if the reader accepts data. Returns the number of bytes written; 0: the reader
 * accepts no data now; -1: the write failed. */
static ssize_t write_some(struct out *o, const char *bytes, size_t len)
{
	int ready = o->wait || o->is_file ? 1 : wait_writable(o->fd, 0);

	if (ready <= 0)
		return ready;
	ssize_t n = o->is_file ? write_to_file(o, bytes, len) : write(o->fd, bytes, len);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	return n;
}

/* Waits until the reader accepts data. False when a signal stops the run meanwhile (EINTR), or poll
 * fails. */
static bool wait_for_reader(struct out *o)
{
	struct pollfd p[] = {
		{.fd = o->fd, .events = POLLOUT}, {.fd = o->stop_fd, .events = POLLIN}};

	while (poll(p, 2, -1) < 0)
		if (errno != EINTR)
			return false;
	if (p[0].revents)
		return true;
	errno = EINTR;
	return false;
}

static bool write_all(struct out *o, const char *bytes, size_t len)
{
	while (len) {
		if (!wait_for_reader(o))
			return false;
		ssize_t n = write_some(o, bytes, len);
		if (n < 0)
			return false;
		bytes += n;
		len -= (size_t)n;
	}
	return true;
}

bool out_put(struct out *o, enum out_class class, const char *line, size_t len)
{
	size_t most = class == OUT_BAN ? OUT_QUEUE_BYTES : ALERT_BYTES_MAX;

	if (len > LINE_BYTES_MAX) { /* cannot be one write */
		o->dropped++;
		return true;
	}
	if (!out_flush(o))
		return false;
	if (o->wait)
		return write_all(o, line, len);
	if (o->used == 0) {
		ssize_t n = write_some(o, line, len);
		if (n < 0)
			return false;
		/* The rest of a line that was begun always fits, because the queue is empty. */
		queue_put(o, line + n, len - (size_t)n);
	} else if (o->used + len > most) {
		o->dropped++;
	} else {
		queue_put(o, line, len);
	}
	return true;
}

void out_stop_on(struct out *o, int fd)
{
	o->stop_fd = fd;
}

uint64_t out_lines(const struct out *o)
{
	uint64_t n = 0;

	for (size_t i = 0; i < o->used; i++)
		n += o->ring[(o->head + i) % OUT_QUEUE_BYTES] == '\n';
	return n;
}

bool out_flush(struct out *o)
{
	char line[LINE_BYTES_MAX];

	while (o->used) {
		size_t len = queue_peek(o, line);
		ssize_t n = write_some(o, line, len);
		if (n < 0)
			return false;
		if (n == 0)
			break;
		queue_drop_head(o, (size_t)n);
	}
	return true;
}

/* Waits at most an hour per call, because poll's timeout is an int. poll cannot wait for a disk;
 * for a disk, the function sleeps until the next retry. */
static bool wait_for_room(struct out *o, int64_t most_ms)
{
	int ms = most_ms > 3600000 ? 3600000 : (int)most_ms;

	if (o->disk_error) {
		int64_t until_retry = o->retry_at - clock_monotonic().ms;
		if (ms > until_retry)
			ms = until_retry > 0 ? (int)until_retry : 0;
		(void)poll(NULL, 0, ms);
		return true;
	}
	return wait_writable(o->fd, ms) >= 0;
}

bool out_drain(struct out *o, struct span most)
{
	int64_t deadline = clock_monotonic().ms + most.ms;

	for (;;) {
		if (!out_flush(o))
			return false;
		if (o->used == 0)
			return true;
		int64_t left = deadline - clock_monotonic().ms;
		if (left <= 0) {
			errno = ETIMEDOUT;
			return false;
		}
		if (!wait_for_room(o, left))
			return false;
	}
}

bool out_waiting(const struct out *o)
{
	return o->used > 0 && !o->disk_error;
}

int out_disk_error(const struct out *o)
{
	return o->disk_error;
}

struct out *out_new(int fd, bool wait)
{
	struct out *o = malloc(sizeof *o);
	struct stat s;

	if (!o)
		return NULL;
	o->fd = fd;
	o->wait = wait;
	o->is_file = fstat(fd, &s) == 0 && S_ISREG(s.st_mode);
	o->disk_error = 0;
	o->retry_at = 0;
	o->stop_fd = -1;
	o->head = o->used = 0;
	o->dropped = 0;
	if (o->is_file && ends_within_line(fd, s.st_size))
		queue_put(o, "\n", 1);
	return o;
}

bool out_has_room(const struct out *o, size_t len)
{
	return o->wait || o->used + len <= OUT_QUEUE_BYTES;
}

uint64_t out_dropped(const struct out *o)
{
	return o->dropped;
}
