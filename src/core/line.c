/* line.c - see line.h.
 *
 * cJSON is the reference for what a line means. It is lenient where RFC 8259 is strict, which does
 * no harm here, but four of its habits must not decide who is banned:
 *   - it takes bytes after the object: refused here;
 *   - it ends a string at \u0000, so "198.51.100.7\u0000x" would be an address: such escapes are
 *     turned into \u0001 in a copy first (a client can put NULs into its own request line at will);
 *   - it takes \uzzzz for \u0000: refused here;
 *   - numbers may be infinite: every number is checked for its range.
 */
#include "core/line.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/envelope.h"
#include "core/num.h"
#include "core/timestamp.h"
#include "core/truncated.h"

struct line_parser {
	const struct format *format;
	char scratch[LINE_BYTES_MAX];     /* a line without \u0000 */
	char closed[LINE_BYTES_MAX + 64]; /* a cut-off object with its brackets closed */
};

struct line_parser *line_parser_new(const struct format *format)
{
	struct line_parser *p = malloc(sizeof *p);

	if (p)
		p->format = format;
	return p;
}

void line_parser_free(struct line_parser *p)
{
	free(p);
}

uint64_t *line_counter(struct counters *c, enum line_reason reason)
{
	switch (reason) {
	case LINE_NOT_JSON:
		return &c->not_json;
	case LINE_NO_CLIENT:
		return &c->no_client;
	case LINE_BAD_CLIENT:
		return &c->bad_client;
	case LINE_BAD_TIME:
		return &c->bad_time;
	case LINE_TOO_LONG:
		return &c->too_long;
	case LINE_NUL:
		return &c->nul;
	case LINE_OTHER:
		return &c->other;
	case LINE_OK:
	case LINE_REASON_COUNT:
		break;
	}
	return NULL;
}

/* The first of the named members that is there and not empty. */
static const cJSON *find(const cJSON *object, const char *const *names)
{
	for (; *names; names++) {
		const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, *names);
		if (item && !cJSON_IsNull(item) &&
			!(cJSON_IsString(item) && item->valuestring[0] == '\0'))
			return item;
	}
	return NULL;
}

static bool read_time(const cJSON *item, struct instant *out)
{
	if (cJSON_IsNumber(item))
		return num_epoch_double(item->valuedouble, out);
	return cJSON_IsString(item) &&
	       timestamp_parse(item->valuestring, strlen(item->valuestring), out);
}

/* 100..599, or 0 for unknown; false when it is neither that nor a known way to say unknown. */
static bool read_status(const cJSON *item, uint16_t *out)
{
	double v;

	*out = 0;
	if (cJSON_IsNumber(item)) {
		v = item->valuedouble;
	} else if (cJSON_IsString(item)) {
		if (strcmp(item->valuestring, "-") == 0)
			return true;
		if (!num_double(item->valuestring, strlen(item->valuestring), &v))
			return false;
	} else {
		return false;
	}
	if (v == 0 || v == -1)
		return true;
	if (!(v >= 100 && v <= 599) || v != floor(v))
		return false;
	*out = (uint16_t)v;
	return true;
}

static enum line_reason take(const struct format *f, const cJSON *object, struct line_result *out)
{
	struct request *r = &out->request;
	const cJSON *client = find(object, f->client);
	const cJSON *status = find(object, f->status);
	const cJSON *time = find(object, f->time);

	if (!client)
		return status ? LINE_NO_CLIENT : LINE_OTHER;
	if (!cJSON_IsString(client) ||
		!address_parse_peer(client->valuestring, strlen(client->valuestring), &r->client))
		return LINE_BAD_CLIENT;
	r->has_time = time != NULL;
	if (time && !read_time(time, &r->time))
		return LINE_BAD_TIME;
	r->status = 0;
	out->bad_status = status && !read_status(status, &r->status);
	r->count = 1;
	return LINE_OK;
}

/* The object in all of text, or NULL. */
static cJSON *parse_whole(const char *text, size_t len)
{
	const char *end = NULL;
	cJSON *object = cJSON_ParseWithLengthOpts(text, len, &end, 0);

	if (!object)
		return NULL;
	while (end < text + len && (*end == ' ' || *end == '\t' || *end == '\r'))
		end++;
	if (end == text + len && cJSON_IsObject(object))
		return object;
	cJSON_Delete(object);
	return NULL;
}

static bool is_hex(const char *s, size_t len)
{
	while (len && memchr("0123456789abcdefABCDEF", s[len - 1], 22))
		len--;
	return len == 0;
}

/* The text itself, or a copy in which every \u0000 is \u0001; NULL when a \u has no number. What is
 * too short for one at the end is left to cJSON, which refuses it. */
static const char *without_nul_escapes(struct line_parser *p, const char *text, size_t len)
{
	const size_t escape_len = sizeof "\\u0000" - 1;
	const char *result = text, *end = text + len, *at = text;

	/* by escapes, not by their text: \\u0000 is a backslash and five letters */
	for (; (at = memchr(at, '\\', (size_t)(end - at))); at += 2) {
		if ((size_t)(end - at) < escape_len)
			break;
		if (at[1] != 'u')
			continue;
		if (!is_hex(at + 2, 4))
			return NULL;
		if (memcmp(at + 2, "0000", 4) != 0)
			continue;
		if (result == text)
			result = memcpy(p->scratch, text, len);
		p->scratch[(size_t)(at - text) + escape_len - 1] = '1';
	}
	return result;
}

enum line_reason line_parse(
	struct line_parser *p, const char *line, size_t len, bool cut, struct line_result *out)
{
	enum line_reason reason;
	size_t before;

	*out = (struct line_result){0};
	if (len > LINE_BYTES_MAX) {
		len = LINE_BYTES_MAX;
		cut = true;
	}
	if (memchr(line, '\0', len))
		return LINE_NUL;
	before = envelope_len(line, len);
	if (before == ENVELOPE_NONE)
		return LINE_OTHER;
	const char *text = without_nul_escapes(p, line + before, len - before);
	if (!text)
		return LINE_NOT_JSON;
	cJSON *object = parse_whole(text, len - before);
	if (object && cut) { /* it does not end the line */
		cJSON_Delete(object);
		return LINE_NOT_JSON;
	}
	if (!object) {
		size_t n = truncated_close(text, len - before, p->closed, sizeof p->closed);
		object = n ? parse_whole(p->closed, n) : NULL;
		out->truncated = object != NULL;
	}
	if (!object)
		return cut ? LINE_TOO_LONG : LINE_NOT_JSON;
	reason = take(p->format, object, out);
	cJSON_Delete(object);
	if (out->truncated && (reason == LINE_NO_CLIENT || reason == LINE_OTHER))
		return cut ? LINE_TOO_LONG : LINE_NOT_JSON;
	return reason;
}
