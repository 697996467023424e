/* memory_reasons.c - see memory_reasons.h. */
#include "core/record/memory_reasons.h"

#include <string.h>

#include "core/record/memory_values.h"

#define VALUE_DIGITS 3 /* decimals, as in events */
#define VALUE_UNITS  1000
#define VALUE_MAX    1e12
/* Stands for a method or a path that the log does not contain. No real path is "-". If a client
 * sends the method "-", it is read back as an empty method. */
#define NOTHING "-"

bool memory_put_reason(struct buf *b, const struct ban *ban, const struct ban_requests *requests,
	const char *between)
{
	struct request_text request = ban_requests_find(requests, &ban->client);
	char text[MEMORY_REASON_BYTES_MAX];
	struct buf t;

	if (ban->form != BAN_ACTIVE || !(ban->evidence.value > 0))
		return false;
	buf_init(&t, text, sizeof text);
	buf_put_address(&t, &ban->client);
	buf_put_format(&t, " %s ", rule_name(ban->evidence.rule));
	buf_put_fixed(&t, fmin(ban->evidence.value, VALUE_MAX), VALUE_DIGITS);
	buf_put_char(&t, ' ');
	buf_put_fixed(&t, fmin(ban->evidence.limit, VALUE_MAX), VALUE_DIGITS);
	if (request_text_is_known(&request))
		buf_put_format(&t, " %u %s %s", (unsigned)request.status,
			request.method[0] ? request.method : NOTHING,
			request.path[0] ? request.path : NOTHING);
	buf_put_text(b, between);
	buf_put_json(b, text, t.len, sizeof text);
	return true;
}

static bool next_value(const char **s, double *out)
{
	const char *word;
	size_t len;

	if (!next_word(s, &word, &len) || !num_double(word, len, out) ||
		!(*out >= 0 && *out <= VALUE_MAX))
		return false;
	*out = floor(*out * VALUE_UNITS + 0.5) / VALUE_UNITS; /* a value below 0.0005 is 0 */
	return true;
}

/* Copies a text of printable ASCII, of at most cap - 1 bytes. NOTHING is copied as an empty
 * text. */
static bool take_text(char *out, size_t cap, const char *s, size_t len)
{
	if (len == 0 || len > cap - 1)
		return false;
	for (size_t i = 0; i < len; i++)
		if (s[i] < ' ' || s[i] > '~')
			return false;
	if (len != strlen(NOTHING) || memcmp(s, NOTHING, len) != 0)
		memcpy(out, s, len);
	return true;
}

static bool read_request(const char *s, struct request_text *out)
{
	const char *word;
	uint64_t status;
	size_t len;

	if (!next_number(&s, REQUEST_STATUS_MAX, &status) || !next_word(&s, &word, &len) ||
		!take_text(out->method, sizeof out->method, word, len) ||
		!take_text(out->path, sizeof out->path, s, strlen(s)))
		return false;
	out->status = (uint32_t)status;
	return request_text_is_known(out);
}

bool memory_read_reason(const cJSON *item, struct memory_reason *out)
{
	const char *s, *rule, *word;
	size_t rule_len, len;
	int i = 0;

	if (!cJSON_IsString(item))
		return false;
	*out = (struct memory_reason){0};
	s = item->valuestring;
	if (!next_word(&s, &word, &len) || !address_parse_prefix(word, len, &out->client) ||
		!next_word(&s, &rule, &rule_len) || !next_value(&s, &out->evidence.value) ||
		!next_value(&s, &out->evidence.limit) || (*s && !read_request(s, &out->request)))
		return false;
	while (i < RULE_COUNT && (strlen(rule_name((enum rule)i)) != rule_len ||
					 memcmp(rule, rule_name((enum rule)i), rule_len) != 0))
		i++;
	if (i == RULE_COUNT)
		out->evidence = (struct evidence){0};
	else
		out->evidence.rule = (enum rule)i;
	return true;
}
