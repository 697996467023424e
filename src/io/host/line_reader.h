/* line_reader.h - reads lines of bounded length from a file descriptor.
 *
 * Path:    stdin -> [line_reader] -> core/read/line.
 * Method:  read(2) fills one buffer that is allocated at the start. A line is returned in place,
 *          without a copy. Only an incomplete line is copied, to the buffer's front.
 * Bound:   `line_max` bytes per line. The first `line_max` bytes of a longer line are returned
 *          once, marked as cut; the rest is skipped to its newline, however long it is. A last line
 *          without a newline counts as a line. NUL bytes are passed on.
 * Memory:  line_max + READ_BYTES, allocated at the start. Only a long line touches pages beyond the
 *          first ones, so with short lines a high `line_max` uses no physical memory.
 */
#ifndef IO_HOST_LINE_READER_H
#define IO_HOST_LINE_READER_H

#include <stdbool.h>
#include <stddef.h>

struct line_reader;

struct line_reader_line {
	const char *text; /* not terminated; valid until the next line_reader_fill */
	size_t len;       /* without the newline and a carriage return before it */
	bool cut;         /* the line was longer than line_max */
};

enum line_reader_status {
	/* Bytes arrived, a signal interrupted the call, or the descriptor would block. */
	LINE_READER_OK = 0,
	/* End of input: line_reader_next returns the remaining lines, and no more come. */
	LINE_READER_END,
	/* errno has the reason; lines that were read before are still returned */
	LINE_READER_ERROR,
};

/* Does not own fd. Enlarges a pipe, if the kernel allows it and the pipe is smaller. NULL when
 * memory is short. */
struct line_reader *line_reader_new(int fd, size_t line_max);
void line_reader_free(struct line_reader *l);

/* Makes one read(2). Call it only after line_reader_next has returned false; but see
 * line_reader_ahead. */
enum line_reader_status line_reader_fill(struct line_reader *l);

/* The number of bytes that were read and not yet returned; *bytes points to them until the next
 * line_reader_fill. If there are at most LINE_READER_AHEAD_MAX, line_reader_fill may be called
 * before these bytes are returned. */
#define LINE_READER_AHEAD_MAX 65536
size_t line_reader_ahead(const struct line_reader *l, const char **bytes);

/* Returns the next whole line. False if there is none: call line_reader_fill again. */
bool line_reader_next(struct line_reader *l, struct line_reader_line *out);

/* Advice for the user when line_reader_fill failed, to append to the reason; or "". */
const char *line_reader_hint(int error);

#endif
