/* line.h - the bytes of one line -> a request, or a named reason why it is none.
 *
 * Path:    io/lines -> [line] -> engine.
 * Method:  envelope finds where the object begins, cJSON reads it, format says which member is
 *          what. What a cut-off line holds in whole members is used (truncated.h). Promise:
 *          nothing in a line can do more than be counted. A reject leaves no trace.
 */
#ifndef CORE_LINE_H
#define CORE_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/counters.h"
#include "core/format.h"
#include "core/request.h"

/* Longest line that line_parse takes, in bytes; longer ones are given cut. */
#define LINE_BYTES_MAX 65536

/* Each reason but LINE_OK has a counter of its name in counters.h, where it is explained. */
enum line_reason {
	LINE_OK = 0,
	LINE_NOT_JSON,
	LINE_NO_CLIENT,
	LINE_BAD_CLIENT,
	LINE_BAD_TIME,
	LINE_TOO_LONG,
	LINE_NUL,
	LINE_OTHER,
	LINE_REASON_COUNT
};

struct line_result {
	struct request request;
	bool truncated;  /* the line was cut off after its client */
	bool bad_status; /* the status is out of range; the request has status 0 */
};

struct line_parser; /* the format, and scratch memory for rare lines */

/* NULL when memory is short. `format` is not copied. */
struct line_parser *line_parser_new(const struct format *format);
void line_parser_free(struct line_parser *p);

/* Where a reason is counted; NULL for LINE_OK. */
uint64_t *line_counter(struct counters *c, enum line_reason reason);

/* `cut`: only the first LINE_BYTES_MAX bytes of a longer line are given. *out is meaningful when
 * LINE_OK is returned. */
enum line_reason line_parse(
	struct line_parser *p, const char *line, size_t len, bool cut, struct line_result *out);

#endif
