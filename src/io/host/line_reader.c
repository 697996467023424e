/* line_reader.c - see line_reader.h.
 *
 * Before each read, the unfinished line is copied to the buffer's front. On average, this copies
 * half a line per read. Without the copy, each read would append to the bytes of the previous read.
 * Then the reads would walk through the whole buffer, which exceeds the CPU's caches. A ring buffer
 * would split lines. No byte is searched twice for a newline, even if a line arrives byte by byte.
 */
#include "io/host/line_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A line of line_max bytes may be followed by \r\n. So a line is too long for certain only when
 * line_max plus this many bytes have arrived without a newline. */
#define LINE_END_MAX 2

/* One read(2) reads at most this much, however large the buffer is. It is large enough to make the
 * cost of a system call negligible, and small enough for the CPU's caches. */
#define READ_BYTES (256 * 1024)

/* A pipe on standard input is set to this size; the default is 64 KiB. With a larger pipe, its
 * writer continues while lines are judged, and the two processes wake each other less often. With
 * it, `cat FILE | anomdetect` takes 3 % less time. An ordinary user may not request a pipe larger
 * than this (pipe-max-size). Tried without success: reads of 64 KiB to 1 MiB were no faster than
 * 256 KiB; vmsplice, which copies like read, took 4 % longer. */
#define PIPE_BYTES (1024 * 1024)

struct line_reader {
	int fd;
	bool ended;     /* read(2) has returned 0 */
	bool skipping;  /* within the rest of a line that was returned as cut */
	size_t start;   /* offset of the first byte that was not returned yet */
	size_t scanned; /* start..scanned has no newline; start <= scanned <= len */
	size_t len;     /* bytes in data */
	size_t line_max;
	size_t cap; /* size of data */
	char data[];
};

/* Never shrinks a pipe. If the kernel refuses, or the descriptor is not a pipe, nothing changes. A
 * user with many pipes may get a smaller size. */
static void widen_pipe(int fd)
{
	int has = fcntl(fd, F_GETPIPE_SZ);

	if (has < 0)
		return;
	for (int bytes = PIPE_BYTES; bytes > has; bytes /= 2)
		if (fcntl(fd, F_SETPIPE_SZ, bytes) >= 0)
			return;
}

struct line_reader *line_reader_new(int fd, size_t line_max)
{
	size_t cap = line_max + LINE_END_MAX + READ_BYTES;
	struct line_reader *l = malloc(sizeof *l + cap); /* never cleared: see line_reader.h */

	if (!l)
		return NULL;
	widen_pipe(fd);
	*l = (struct line_reader){.fd = fd, .line_max = line_max, .cap = cap};
	return l;
}

void line_reader_free(struct line_reader *l)
{
	free(l);
}

enum line_reader_status line_reader_fill(struct line_reader *l)
{
	ssize_t n;

	if (l->ended)
		return LINE_READER_END;
	if (l->start) {
		memmove(l->data, l->data + l->start, l->len - l->start);
		l->len -= l->start;
		l->scanned -= l->start;
		l->start = 0;
	}
	size_t room = l->cap - l->len;
	if (room == 0)
		/* Called too early; a read of 0 bytes would look like the end. */
		return LINE_READER_OK;
	n = read(l->fd, l->data + l->len, room < READ_BYTES ? room : READ_BYTES);
	if (n < 0)
		return errno == EINTR || errno == EAGAIN ? LINE_READER_OK : LINE_READER_ERROR;
	if (n == 0) {
		l->ended = true;
		return LINE_READER_END;
	}
	l->len += (size_t)n;
	return LINE_READER_OK;
}

size_t line_reader_ahead(const struct line_reader *l, const char **bytes)
{
	_Static_assert(LINE_READER_AHEAD_MAX <= READ_BYTES,
		"the buffer has room for a read while this many bytes are not returned yet");
	*bytes = l->data + l->start;
	return l->len - l->start;
}

/* Returns the first newline among the bytes that were not searched yet; NULL: there is no newline
 * in the buffer. */
static const char *find_newline(struct line_reader *l)
{
	const char *newline = NULL;

	if (l->scanned < l->len)
		newline = memchr(l->data + l->scanned, '\n', l->len - l->scanned);
	l->scanned = newline ? (size_t)(newline - l->data) + 1 : l->len;
	return newline;
}

/* Returns start..end as a line, and moves start to the scanned position, which is after the
 * line. */
static bool give_line(struct line_reader *l, size_t end, struct line_reader_line *out)
{
	size_t len = end - l->start;

	out->text = l->data + l->start;
	if (len && out->text[len - 1] == '\r' && len <= l->line_max + 1)
		len--;
	out->cut = len > l->line_max;
	out->len = out->cut ? l->line_max : len;
	l->start = l->scanned;
	return true;
}

bool line_reader_next(struct line_reader *l, struct line_reader_line *out)
{
	const char *newline;

	if (l->skipping) {
		newline = find_newline(l);
		l->start = l->scanned;
		if (!newline)
			return false;
		l->skipping = false;
	}
	newline = find_newline(l);
	if (newline)
		return give_line(l, (size_t)(newline - l->data), out);
	if (l->len - l->start >= l->line_max + LINE_END_MAX) {
		l->skipping = true;
		return give_line(l, l->len, out);
	}
	if (l->ended && l->start < l->len)
		return give_line(l, l->len, out);
	return false;
}

const char *line_reader_hint(int error)
{
	switch (error) {
	case EISDIR:
		return "; redirect a file in this directory instead";
	case EBADF:
		return "; standard input was opened for writing alone";
	case EIO:
		return "; the disk fails, or a process in the background read from the terminal";
	default:
		return "";
	}
}
