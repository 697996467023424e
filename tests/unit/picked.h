/* picked.h - extracts the request from an object given as text, and checks the result. The tests of
 * extract include it after cmocka.h. */
#ifndef UNIT_PICKED_H
#define UNIT_PICKED_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/read/extract.h"
#include "core/read/object.h"

#include "unit/given.h"

#define OBJECT_CAP 65536

#define TEN    "2026-11-22T10:00:00Z"
#define TEN_MS ((int64_t)1795341600000)

struct picked {
	enum line_reason reason;
	struct line_result result;
	struct line_explanation view;
};

static inline struct picked extract_with(
	const struct extract_config *config, const char *json, bool cut)
{
	static struct extract p;
	struct fields_values values = {0};
	struct picked out = {0};
	struct object *o = object_new(OBJECT_CAP);
	size_t error_at;

	assert_non_null(o);
	assert_true(extract_init(&p, config));
	if (!object_read(o, json, strlen(json), &p.fields, &values, &error_at))
		fail_msg("no JSON at %zu: %s", error_at, json);
	out.reason = extract_request(&p, &values, cut ? FORMAT_CUT : 0, &out.result, &out.view);
	object_free(o);
	return out;
}

static inline struct picked pick(const char *json)
{
	return extract_with(&(struct extract_config){0}, json, false);
}

static inline void is_of(const struct picked *p, const char *client, int status, const char *json)
{
	struct address want = given_address(client);

	if (p->reason != LINE_OK)
		fail_msg("reason %d: %s", (int)p->reason, json);
	if (!address_equal(&p->result.request.client, &want))
		fail_msg("the client is not %s: %s", client, json);
	if (p->result.request.status != status)
		fail_msg("status %d: %s", p->result.request.status, json);
}

static inline void gives(
	const char *json, const char *format, const char *client, int status, int64_t ms)
{
	struct picked p = pick(json);

	is_of(&p, client, status, json);
	if (strcmp(p.view.format, format) != 0)
		fail_msg("the format is %s: %s", p.view.format, json);
	if (p.result.request.has_time != (ms != 0) || (ms && p.result.request.time.ms != ms))
		fail_msg("time %lld: %s", (long long)p.result.request.time.ms, json);
	assert_int_equal(p.result.request.count, 1);
}

static inline void rejects(const char *json, enum line_reason reason)
{
	struct picked p = pick(json);

	if (p.reason != reason)
		fail_msg("reason %d, not %d: %s", (int)p.reason, (int)reason, json);
}

#endif
