/* line_result.h - the result of one line: a request, or a named reason why the line is not a
 * request. */
#ifndef CORE_READ_LINE_RESULT_H
#define CORE_READ_LINE_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "core/read/request.h"

/* Each reason except LINE_OK has a counter of the same name in counters.h, with an explanation. */
enum line_reason {
	LINE_OK = 0,
	LINE_NOT_JSON,
	LINE_NO_CLIENT,
	LINE_BAD_CLIENT,
	LINE_BAD_TIME,
	LINE_BAD_COUNT,
	LINE_TOO_LONG,
	LINE_NUL,
	LINE_OTHER,
	LINE_REASON_COUNT
};

struct line_result {
	bool truncated;         /* the line was cut off after the member with the client */
	bool bad_status;        /* the status is out of range; the request has status 0 */
	bool glued;             /* the request was glued to the end of a half line */
	struct request request; /* last: see line_result_clear */
};

/* Clears all members except the bytes of the path, which are invalid while path_len is 0. */
static inline void line_result_clear(struct line_result *r)
{
	memset(r, 0, offsetof(struct line_result, request.path));
}

/* For messages: a member from which a request was read. Texts are cut off to fit. */
struct line_member {
	char name[64];  /* "": there is no such member, or the line is not JSON and has no names */
	char value[72]; /* "": the line has no such value */
};

struct line_explanation {
	const char *format;  /* the product whose names match, or NULL */
	char wrapper[160];   /* the layers around the object, the outermost first; "": none */
	bool repaired;       /* Apache's escapes, or a - for a missing number, were repaired */
	bool cut_off;        /* the line was cut off */
	size_t error_at;     /* bytes before the error in the JSON of the line, or ... */
	bool error_inside;   /* ... if true, before the error in the text inside the wrapper */
	char error_text[72]; /* the text from the error on; "": the error is at the end */
	struct line_member client, status, time, lasted, count, method, path, fetch_site;
	struct line_member forwarded; /* the header that contained the client */
	/* the counted client is a trusted proxy: no client behind it was found */
	bool proxy;
	/* A forwarded member that was not trusted, with an address that is not the client's. */
	struct line_member unbelieved;
};

#endif
