/* line_reader.h - bounded lines from a file descriptor.
 *
 * Path:    stdin -> [line_reader] -> core/line.
 * Method:  read(2) into one buffer taken at start; a line is lent out in place, never copied,
 *          except the part of a line that a read cut off, which moves to the buffer's front.
 * Bound:   `line_max` bytes a line. Of a longer one the first `line_max` bytes are given once,
 *          marked cut; the rest is skipped to its newline, however long it is. A last line without
 *          a newline is a line. NUL bytes are passed on.
 * Memory:  line_max and READ_BYTES, taken at start. Only a long line touches the pages behind the
 *          first ones, so a reader of short lines is as small as one with a low limit.
 */
#ifndef IO_HOST_LINE_READER_H
#define IO_HOST_LINE_READER_H

#include <stdbool.h>
#include <stddef.h>

struct line_reader;

struct line_reader_line {
	const char *text; /* not terminated; valid until the next line_reader_fill */
	size_t len;       /* without the newline, and without a carriage return before it */
	bool cut;         /* the line was longer than line_max */
};

enum line_reader_status {
	/* Bytes came, or a signal interrupted the call, or the descriptor would block. */
	LINE_READER_OK = 0,
	/* End of input: line_reader_next gives what is left, then nothing more comes. */
	LINE_READER_END,
	LINE_READER_ERROR, /* errno says why; lines read before are still given */
};

/* Does not own fd, but makes a pipe hold more, where the kernel allows it and it does not already.
 * NULL when memory is short. */
struct line_reader *line_reader_new(int fd, size_t line_max);
void line_reader_free(struct line_reader *l);

/* One read(2). Call it only after line_reader_next has returned false; but see
 * line_reader_ahead. */
enum line_reader_status line_reader_fill(struct line_reader *l);

/* The bytes that were read and not given; *bytes is valid until the next line_reader_fill. Up to
 * LINE_READER_AHEAD_MAX of them, line_reader_fill may be called before they are given. */
#define LINE_READER_AHEAD_MAX 65536
size_t line_reader_ahead(const struct line_reader *l, const char **bytes);

/* The next whole line, or false: fill again. */
bool line_reader_next(struct line_reader *l, struct line_reader_line *out);

/* Behind the reason why line_reader_fill failed: what to do, or "". */
const char *line_reader_hint(int error);

#endif
