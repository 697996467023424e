/* explain_shape.h - the shapes of lines, for the two files of --explain only: explain.c finds the
 * shapes, explain_print.c prints them. */
#ifndef IO_CHECK_EXPLAIN_SHAPE_H
#define IO_CHECK_EXPLAIN_SHAPE_H

#include "core/read/line.h"
#include "core/read/strangers.h"

/* How much of a rejected line is printed, in bytes. */
#define EXPLAIN_SHOWN_MAX 60

struct explain_shape {
	enum line_reason reason;
	unsigned reasons; /* bit per reason of its lines; more than one only for STRANGER_INPUT */
	bool truncated, bad_status, glued, may_be_proxy;
	struct line_explanation explanation; /* of its first line, as are the other members */
	struct request request;
	struct stranger stranger;       /* for a rejected line */
	struct line_member header_host; /* Traefik's ClientHost, if it is not the client */
	uint64_t lines;
	uint64_t first; /* number of its first line, counted from 1 */
	char shown[EXPLAIN_SHOWN_MAX + 1];
};

void explain_print_shape(const struct explain_shape *s);

#endif
