/* line_result.h - what became of one line: a request, or a named reason why it is none. */
#ifndef CORE_READ_LINE_RESULT_H
#define CORE_READ_LINE_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "core/read/request.h"

/* Each reason but LINE_OK has a counter of its name in counters.h, where it is explained. */
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
	bool truncated;         /* the line was cut off; of a request: after its client */
	bool bad_status;        /* the status is out of range; the request has status 0 */
	bool glued;             /* it stood behind a half line without a newline between */
	struct request request; /* last: see line_result_clear */
};

/* Everything but the bytes of the path, of which none counts then. */
static inline void line_result_clear(struct line_result *r)
{
	memset(r, 0, offsetof(struct line_result, request.path));
}

/* For a person: which members a line's request was read from. Texts are cut to their room. */
struct line_member {
	char name[64];  /* "": none was there */
	char value[72]; /* "": that member is not there */
};

struct line_explanation {
	const char *format;  /* the product that fits, or NULL */
	char wrapper[160];   /* what stood around the object, the outermost first; "": nothing */
	bool repaired;       /* Apache's escapes or a bare - were read */
	bool cut_off;        /* the line was cut off */
	size_t error_at;     /* bytes of the line before the place where the JSON breaks, ... */
	bool error_inside;   /* ... or of what stood in the wrapper */
	char error_text[72]; /* from there on; "": at the end */
	struct line_member client, status, time, lasted, count, method, path, fetch_site;
	struct line_member forwarded; /* the header that the client was taken from */
	bool proxy;                   /* the client is a trusted proxy all the same */
	/* An address in a forwarded member that is not believed, other than the client's. */
	struct line_member unbelieved;
};

#endif
