/* explain_shape.h - the shapes of lines. Lines have the same shape if --explain would describe them
 * by paragraphs that differ only in values. Only the two files of --explain use it: explain.c finds
 * the shapes, explain_print.c prints them. */
#ifndef IO_CHECK_EXPLAIN_SHAPE_H
#define IO_CHECK_EXPLAIN_SHAPE_H

#include "core/read/line.h"
#include "core/read/strangers.h"

/* Maximum number of bytes of a rejected line that are printed. */
#define EXPLAIN_SHOWN_MAX 60

struct explain_shape {
	enum line_reason reason;
	/* One bit per reject reason of its lines. All lines of one kind of input, such as
	 * compressed data (STRANGER_INPUT in core/read/strangers.h), have one shape, whatever their
	 * reject reasons. The lines of any other shape have one reason. */
	unsigned reasons;
	bool truncated, bad_status, glued, may_be_proxy;
	/* explanation, request, stranger, header_host and shown are of the shape's first line */
	struct line_explanation explanation;
	struct request request;
	struct stranger stranger;       /* the kind of a rejected line, for the advice */
	struct line_member header_host; /* Traefik's ClientHost, if it is not the client */
	uint64_t lines;
	uint64_t first; /* number of its first line, counted from 1 */
	char shown[EXPLAIN_SHOWN_MAX + 1];
};

void explain_print_shape(const struct explain_shape *s);

#endif
