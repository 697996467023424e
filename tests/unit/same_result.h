/* same_result.h - compares two results for the same line. */
#ifndef UNIT_SAME_RESULT_H
#define UNIT_SAME_RESULT_H

#include "core/read/line.h"

/* `reason` is the reason of both results. If it is not LINE_OK, the results have nothing else to
 * compare. */
static inline bool same_result(
	enum line_reason reason, const struct line_result *a, const struct line_result *b)
{
	const struct request *x = &a->request, *y = &b->request;

	if (reason != LINE_OK)
		return true;
	return address_equal(&x->client, &y->client) && x->has_time == y->has_time &&
	       (!x->has_time || x->time.ms == y->time.ms) && x->status == y->status &&
	       x->count == y->count && x->behind_proxy == y->behind_proxy &&
	       a->truncated == b->truncated && a->bad_status == b->bad_status &&
	       a->glued == b->glued && strcmp(x->method, y->method) == 0 &&
	       x->path_len == y->path_len && memcmp(x->path, y->path, x->path_len) == 0;
}

#endif
