/* out.c - see out.h.
 *
 * The queue is a ring, and each line is copied out of it before it is written: a line that wraps
 * around the ring's end must still be one write. Lines are found by their newline, so a write that
 * the kernel took only in part (a socket, a terminal) just leaves the rest at the queue's head.
 * What is to be dropped is decided when a line comes; a line in the queue is never taken out again,
 * so no half line can be left.
 */
#include "io/host/out.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/host/clock.h"

/* Longest line: PIPE_BUF on Linux, what a pipe takes in one piece. */
#define LINE_BYTES_MAX 4096

/* Alerts leave the last quarter to bans. */
#define ALERT_BYTES_MAX (OUT_QUEUE_BYTES / 4 * 3)

struct out {
	int fd;
	bool is_file; /* takes what the disk takes: nothing to be asked before */
	bool wait;
	int stop_fd; /* waiting ends when it is readable; -1: it never does */
	size_t head; /* of the first byte that waits; below OUT_QUEUE_BYTES */
	size_t used; /* bytes that wait */
	uint64_t dropped;
	char ring[OUT_QUEUE_BYTES];
};

struct out *out_new(int fd, bool wait)
{
	struct out *o = malloc(sizeof *o);

	if (!o)
		return NULL;
	o->fd = fd;
	o->wait = wait;
	struct stat s;
	o->is_file = fstat(fd, &s) == 0 && S_ISREG(s.st_mode);
	o->stop_fd = -1;
	o->head = o->used = 0;
	o->dropped = 0;
	return o;
}

void out_free(struct out *o)
{
	free(o);
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

/* Copies the first waiting line, or the rest of one. Returns its length. */
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

/* Waits until the reader takes something, at most timeout_ms (-1: for ever). 1: it does, or the
 * write will say why not; 0: not yet; -1: poll itself failed. */
static int wait_writable(int fd, int timeout_ms)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	int n = poll(&p, 1, timeout_ms);

	return n < 0 && errno == EINTR ? 0 : n;
}

/* One write if the reader takes it. Returns the bytes written, 0: not now, -1: failed. */
static ssize_t write_some(struct out *o, const char *bytes, size_t len)
{
	int ready = o->wait || o->is_file ? 1 : wait_writable(o->fd, 0);

	if (ready <= 0)
		return ready;
	ssize_t n = write(o->fd, bytes, len);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	return n;
}

/* Waits until the reader takes something; false when we are to stop meanwhile (EINTR), or poll
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
	if (o->wait)
		return write_all(o, line, len);
	if (!out_flush(o))
		return false;
	if (o->used == 0) {
		ssize_t n = write_some(o, line, len);
		if (n < 0)
			return false;
		/* The rest of a line that was begun always fits: the queue is empty. */
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
		/* An hour at a time: poll counts in int. */
		if (wait_writable(o->fd, left > 3600000 ? 3600000 : (int)left) < 0)
			return false;
	}
}

bool out_waiting(const struct out *o)
{
	return o->used > 0;
}

uint64_t out_dropped(const struct out *o)
{
	return o->dropped;
}
