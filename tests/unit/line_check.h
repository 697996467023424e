/* line_check.h - parses one line with line_parse and checks the result. The tests of core/read/line
 * include it after cmocka.h. */
#ifndef UNIT_LINE_CHECK_H
#define UNIT_LINE_CHECK_H

#include <stdlib.h>
#include <string.h>

#include "core/read/line.h"

#define NO_TIME INT64_MIN

/* Copies the line to the heap, so that a sanitizer detects a read past its end. */
static inline enum line_reason line_try(
	const char *line, size_t len, bool cut, struct line_result *out)
{
	struct line_parser *p = line_parser_new(&(struct line_config){0});
	char *copy = malloc(len + !len);

	assert_non_null(p);
	assert_non_null(copy);
	memcpy(copy, line, len);
	enum line_reason reason = line_parse(p, copy, len, cut, out);
	free(copy);
	line_parser_free(p);
	return reason;
}

/* The expected result of a line. The fields after `reason` count only if `reason` is LINE_OK. */
struct line_want {
	enum line_reason reason;
	const char *client;
	int64_t ms; /* NO_TIME: has_time is false */
	int status;
	bool bad_status;
	bool truncated;
};

static inline bool line_client_is(const struct line_result *r, const char *text)
{
	struct address a;

	assert_true(address_parse(text, strlen(text), &a));
	return address_equal(&r->request.client, &a);
}

static inline void line_check(const char *line, size_t len, bool cut, const struct line_want *want)
{
	struct line_result r;
	enum line_reason reason = line_try(line, len, cut, &r);
	const struct request *q = &r.request;

	if (reason != want->reason)
		fail_msg("reason %d, not %d: %.300s", (int)reason, (int)want->reason, line);
	if (reason != LINE_OK)
		return;
	if (!line_client_is(&r, want->client))
		fail_msg("the client is not %s: %.300s", want->client, line);
	if (q->has_time != (want->ms != NO_TIME) || (q->has_time && q->time.ms != want->ms))
		fail_msg("time %lld, not %lld: %.300s", (long long)q->time.ms, (long long)want->ms,
			line);
	if (q->status != want->status || r.bad_status != want->bad_status)
		fail_msg("status %d, not %d: %.300s", q->status, want->status, line);
	if (r.truncated != want->truncated)
		fail_msg("truncated is %d: %.300s", r.truncated, line);
	assert_int_equal(q->count, 1);
}

#endif
