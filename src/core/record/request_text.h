/* request_text.h - a request as people read it: the one that crossed a limit, in the state.
 *
 * Path:    event -> [request_text] -> recent_events, ban_requests -> state -> core/show.   Pure.
 * Promise: only printable ASCII, whatever a visitor asked for. Quotes and angle brackets remain: a
 *          format that they mean something in has to escape them.
 */
#ifndef CORE_RECORD_REQUEST_TEXT_H
#define CORE_RECORD_REQUEST_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/read/request.h"

#define REQUEST_STATUS_MAX 599
/* "POST /wp-login.php 200" at its longest: the status takes 10 digits at most. */
#define REQUEST_LINE_MAX (REQUEST_METHOD_MAX + REQUEST_PATH_SHOWN_MAX + 13)

/* All 0: not known. */
struct request_text {
	char method[REQUEST_METHOD_MAX + 1];   /* "": the log has none */
	char path[REQUEST_PATH_SHOWN_MAX + 1]; /* the same; longer ones are cut */
	uint32_t status;                       /* 0: unknown */
};

struct request_line {
	char s[REQUEST_LINE_MAX + 1];
};

/* Of NULL, and of a request without a method and a path, all is 0. Each byte that is not printable
 * ASCII becomes '?', and so does a blank in the method: it is one word. */
void request_text_set(struct request_text *t, const struct request *r);

bool request_text_is_known(const struct request_text *t);

/* "POST /wp-login.php 200" in at most `room` bytes: a path that is too long for that is cut, with
 * "..." at its end. Empty when it is not known, or too little of the path would remain. */
struct request_line request_text_line(const struct request_text *t, size_t room);

#endif
