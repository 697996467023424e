/* line_reader.h - bounded lines from a file descriptor.
 *
 * Path:    stdin -> [lines] -> core/line.
 * Method:  read(2) into one buffer taken at start; a line is lent out in place, never copied,
 *          except the part of a line that a read cut off, which moves to the buffer's front.
 * Bound:   LINES_LINE_MAX bytes a line. Of a longer one the first LINES_LINE_MAX bytes are given
 *          once, marked cut; the rest is skipped to its newline, however long it is. A last line
 *          without a newline is a line. NUL bytes are passed on.
 */
#ifndef IO_HOST_LINE_READER_H
#define IO_HOST_LINE_READER_H

#include <stdbool.h>
#include <stddef.h>

#define LINES_LINE_MAX 65536 /* bytes of a line that are looked at */

struct lines;

struct lines_line {
	const char *text; /* not terminated; valid until the next lines_fill */
	size_t len;       /* without the newline, and without a carriage return before it */
	bool cut;         /* the line was longer than LINES_LINE_MAX */
};

enum lines_status {
	LINES_OK =
		0, /* bytes came (or the call was interrupted by a signal, or the descriptor would block) */
	LINES_END, /* end of input: what is left is given by lines_next, then nothing more comes */
	LINES_ERROR, /* errno says why; lines read before are still given */
};

/* Does not own fd, but makes a pipe hold more, where the kernel allows it and it does not already.
 * NULL when memory is short. */
struct lines *lines_new(int fd);
void lines_free(struct lines *l);

/* One read(2). Call it only after lines_next has returned false. */
enum lines_status lines_fill(struct lines *l);

/* The next whole line, or false: fill again. */
bool lines_next(struct lines *l, struct lines_line *out);

#endif
