/* state_read.c - see state.h: parses JSON into the state, or returns the reason why it cannot.
 *
 * The final newline is required. So every truncated file is refused, even if only this newline is
 * missing. The newline also keeps cJSON away from the end of its buffer: before 1.7.18, cJSON could
 * read one byte too far.
 */
#include "core/record/state.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

#include "core/record/state_members.h"
#include "core/base/timestamp.h"

#define WORDS_MAX 32 /* words in a list, such as the rules of a ban; far more than exist */
#define TIME_LEN  24 /* length of a text of buf_put_instant */

static bool read_number(const cJSON *v, double min, double max, double *out)
{
	/* written so that it also refuses NaN, and 1e400, which cJSON reads as infinity */
	if (!cJSON_IsNumber(v) || !(v->valuedouble >= min && v->valuedouble <= max))
		return false;
	*out = v->valuedouble;
	return true;
}

static bool read_whole(const cJSON *v, double max, uint64_t *out)
{
	double number;

	if (!read_number(v, 0, max, &number) || floor(number) != number)
		return false;
	*out = (uint64_t)number;
	return true;
}

/* Accepts only the form that the writer uses: buf_put_instant must print the time as the same
 * text. */
static bool read_time(const cJSON *v, struct instant *out)
{
	char text[TIME_LEN];
	struct buf b;

	if (!cJSON_IsString(v) || strlen(v->valuestring) != TIME_LEN ||
		!timestamp_parse(v->valuestring, TIME_LEN, NULL, out))
		return false;
	buf_init(&b, text, sizeof text);
	buf_put_instant(&b, *out);
	return memcmp(text, v->valuestring, TIME_LEN) == 0;
}

static bool read_time_or(const cJSON *v, struct instant null, struct instant *out)
{
	if (!cJSON_IsNull(v))
		return read_time(v, out);
	*out = null;
	return true;
}

/* Cuts off a text that is longer than the array. */
static bool read_text(const cJSON *v, char *out, size_t cap)
{
	size_t len;

	if (!cJSON_IsString(v))
		return false;
	len = strlen(v->valuestring);
	if (len > cap - 1)
		len = cap - 1;
	for (size_t i = 0; i < len; i++) {
		if (v->valuestring[i] < ' ' || v->valuestring[i] > '~')
			return false;
	}
	memcpy(out, v->valuestring, len);
	memset(out + len, 0, cap - len);
	return true;
}

static bool read_address(const cJSON *v, struct address *out)
{
	return cJSON_IsString(v) &&
	       address_parse_prefix(v->valuestring, strlen(v->valuestring), out);
}

static bool read_source(const cJSON *v, enum baseline_source *out)
{
	for (int i = 0; cJSON_IsString(v) && i < BASELINE_SOURCE_COUNT; i++) {
		*out = (enum baseline_source)i;
		if (strcmp(v->valuestring, baseline_source_name(*out)) == 0)
			return true;
	}
	return false;
}

/* Sets a bit for each of the n names that is in the list. Unknown words are from a newer program
 * and are ignored. */
static bool read_words(const cJSON *v, unsigned n, const char *name(unsigned i), unsigned *out)
{
	const cJSON *word;
	int words_n = 0;

	*out = 0;
	if (!cJSON_IsArray(v))
		return false;
	cJSON_ArrayForEach(word, v)
	{
		if (!cJSON_IsString(word) || ++words_n > WORDS_MAX)
			return false;
		for (unsigned i = 0; i < n; i++) {
			if (strcmp(word->valuestring, name(i)) == 0)
				*out |= 1u << i;
		}
	}
	return true;
}

static bool read_bool(const cJSON *v, bool *out)
{
	*out = cJSON_IsTrue(v);
	return cJSON_IsBool(v);
}

static bool read_mode(const cJSON *v, bool *replay)
{
	*replay = cJSON_IsString(v) && strcmp(v->valuestring, "replay") == 0;
	return *replay || (cJSON_IsString(v) && strcmp(v->valuestring, "live") == 0);
}

static bool read_request(const cJSON *v, struct request_text *out)
{
	const cJSON *method = cJSON_GetObjectItemCaseSensitive(v, "method");
	const cJSON *path = cJSON_GetObjectItemCaseSensitive(v, "path");
	const cJSON *status = cJSON_GetObjectItemCaseSensitive(v, "status");
	uint64_t whole;

	memset(out, 0, sizeof *out);
	if (cJSON_IsNull(v))
		return true;
	if (!cJSON_IsObject(v) || !read_text(method, out->method, sizeof out->method) ||
		!read_text(path, out->path, sizeof out->path) ||
		!read_whole(status, REQUEST_STATUS_MAX, &whole))
		return false;
	out->status = (uint32_t)whole;
	return true;
}

/* Evidence of a detection rule that only a newer program knows becomes empty. */
static bool read_evidence(const cJSON *v, const struct state_member *m, struct evidence *out)
{
	const cJSON *rule = cJSON_GetObjectItemCaseSensitive(v, "rule");
	struct evidence e = {0};
	int i = 0;

	memset(out, 0, sizeof *out);
	if (cJSON_IsNull(v))
		return true;
	if (!cJSON_IsObject(v) || !cJSON_IsString(rule) ||
		!read_number(
			cJSON_GetObjectItemCaseSensitive(v, "value"), m->min, m->max, &e.value) ||
		!read_number(
			cJSON_GetObjectItemCaseSensitive(v, "limit"), m->min, m->max, &e.limit))
		return false;
	while (i < RULE_COUNT && strcmp(rule->valuestring, rule_name((enum rule)i)) != 0)
		i++;
	e.rule = (enum rule)i;
	if (i < RULE_COUNT)
		*out = e;
	return true;
}

static bool read_member(const cJSON *v, const struct state_member *m, void *to)
{
	void *field = (char *)to + m->offset;
	uint64_t whole;

	switch (m->kind) {
	case MEMBER_BOOL:
		return read_bool(v, field);
	case MEMBER_U32:
		if (!read_whole(v, m->max, &whole))
			return false;
		*(uint32_t *)field = (uint32_t)whole;
		return true;
	case MEMBER_U64:
		return read_whole(v, m->max, field);
	case MEMBER_REAL:
		return read_number(v, m->min, m->max, field);
	case MEMBER_TIME:
		return read_time(v, field);
	case MEMBER_TIME_OR_NONE:
		return read_time_or(v, (struct instant){0}, field);
	case MEMBER_TIME_OR_NEVER:
		return read_time_or(v, INSTANT_MAX, field);
	case MEMBER_TEXT:
		return read_text(v, field, (size_t)m->max);
	case MEMBER_ADDRESS:
		return read_address(v, field);
	case MEMBER_MODE:
		return read_mode(v, field);
	case MEMBER_SOURCE:
		return read_source(v, field);
	case MEMBER_RULES:
		return read_words(v, RULE_COUNT, state_rule_name, field);
	case MEMBER_TROUBLES:
		return read_words(v, ORIGIN_TROUBLES, state_trouble_name, field);
	case MEMBER_REQUEST:
		return read_request(v, field);
	case MEMBER_EVIDENCE:
		return read_evidence(v, m, field);
	}
	return false;
}

/* Returns NULL, or why the members are refused. */
static const char *read_members(const cJSON *from, const struct state_members *m, void *to)
{
	for (size_t i = 0; i < m->n; i++) {
		const cJSON *v = cJSON_GetObjectItemCaseSensitive(from, m->list[i].name);
		if (!v && m->list[i].optional)
			continue;
		if (!read_member(v, &m->list[i], to))
			return m->list[i].why;
	}
	return NULL;
}

/* Returns false if the value is not an array, or is longer than max. */
static bool array_length(const cJSON *array, size_t max, size_t *out)
{
	*out = (size_t)cJSON_GetArraySize(array);
	return cJSON_IsArray(array) && *out <= max;
}

/* Reads each object of the array into a struct of `size` bytes. The caller has checked the
 * length. */
static const char *read_objects(
	const cJSON *array, const struct state_members *m, void *to, size_t size)
{
	const cJSON *object;
	const char *why = NULL;
	char *at = to;

	cJSON_ArrayForEach(object, array)
	{
		why = read_members(object, m, at);
		if (why)
			break;
		at += size;
	}
	return why;
}

static bool read_counts(const cJSON *array, size_t n, uint32_t *to)
{
	const cJSON *v;
	uint64_t whole;
	size_t length;

	if (!array_length(array, n, &length) || length != n)
		return false;
	cJSON_ArrayForEach(v, array)
	{
		if (!read_whole(v, UINT32_MAX, &whole))
			return false;
		*to++ = (uint32_t)whole;
	}
	return true;
}

static bool read_history(const cJSON *history, struct state *out)
{
	const cJSON *requests = cJSON_GetObjectItemCaseSensitive(history, "requests");
	const cJSON *errors = cJSON_GetObjectItemCaseSensitive(history, "errors");
	uint64_t step;

	return read_whole(
		       cJSON_GetObjectItemCaseSensitive(history, "step"), STATE_WHOLE_MAX, &step) &&
	       step == STATE_HISTORY_STEP_S &&
	       array_length(requests, STATE_HISTORY_MAX, &out->history_n) &&
	       read_counts(requests, out->history_n, out->history_requests) &&
	       read_counts(errors, out->history_n, out->history_errors);
}

static const char *read_lists(const cJSON *root, struct state *out)
{
	const cJSON *top = cJSON_GetObjectItemCaseSensitive(root, "top");
	const cJSON *bans = cJSON_GetObjectItemCaseSensitive(root, "bans");
	const cJSON *events = cJSON_GetObjectItemCaseSensitive(root, "events");
	const cJSON *origins = cJSON_GetObjectItemCaseSensitive(root, "origins");
	const cJSON *hours = cJSON_GetObjectItemCaseSensitive(root, "hours");
	const char *why;
	size_t hours_n;

	if (!array_length(top, STATE_TOP_MAX, &out->top_n))
		return STATE_REFUSED("top");
	if (!array_length(bans, STATE_BANS_MAX, &out->bans_n))
		return STATE_REFUSED("bans");
	if (!array_length(hours, STATE_HOURS, &hours_n) || hours_n != STATE_HOURS)
		return STATE_REFUSED("hours");
	if (events && !array_length(events, RECENT_EVENTS_MAX, &out->events_n))
		return STATE_REFUSED("events");
	if (origins && !array_length(origins, STATE_ORIGINS_MAX, &out->origins_n))
		return STATE_REFUSED("origins");
	why = read_objects(top, &state_top_members, out->top, sizeof out->top[0]);
	if (!why)
		why = read_objects(bans, &state_ban_members, out->bans, sizeof out->bans[0]);
	if (!why)
		why = read_objects(hours, &state_hour_members, out->hours, sizeof out->hours[0]);
	if (!why && events)
		why = read_objects(
			events, &state_event_members, out->events, sizeof out->events[0]);
	if (!why && origins)
		why = read_objects(
			origins, &state_origin_members, out->origins, sizeof out->origins[0]);
	return why;
}

static const char *read_root(const cJSON *root, struct state *out)
{
	const cJSON *counters = cJSON_GetObjectItemCaseSensitive(root, "counters");
	const char *why;
	uint64_t version;

	if (!read_whole(
		    cJSON_GetObjectItemCaseSensitive(root, "version"), STATE_WHOLE_MAX, &version))
		return STATE_REFUSED("version");
	if (version != STATE_VERSION)
		return "its version is not known";
	why = read_members(root, &state_site_members, out);
	if (!why)
		why = read_lists(root, out);
	if (!why && !read_history(cJSON_GetObjectItemCaseSensitive(root, "history"), out))
		why = STATE_REFUSED("history");
	if (!why && !cJSON_IsObject(counters))
		why = STATE_REFUSED("counters");
	if (!why)
		why = read_members(counters, &state_counter_members, &out->counters);
	return why;
}

bool state_read(const char *text, size_t len, struct state *out, const char **why)
{
	const char *end = NULL;
	cJSON *root;

	*why = "it is too long";
	if (len > STATE_BYTES_MAX)
		return false;
	*why = "it is cut off";
	if (len == 0 || text[len - 1] != '\n')
		return false;
	*why = "it is not JSON";
	root = cJSON_ParseWithLengthOpts(text, len, &end, false);
	if (root && cJSON_IsObject(root) && end == text + len - 1) {
		memset(out, 0, sizeof *out);
		out->error_share = CLIENTS_ERROR_SHARE;
		*why = read_root(root, out);
	}
	cJSON_Delete(root);
	return *why == NULL;
}
