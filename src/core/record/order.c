/* order.c - see order.h.
 *
 * This file is stricter than core/read/line, because an order that is obeyed by mistake locks
 * somebody out. No header may precede the object, because anybody can make other programs write
 * to the same syslog stream. No line is repaired. A ban must state its length twice, as `seconds`
 * and as `until`. cJSON accepts some texts that are not JSON. This file refuses these texts before
 * or after it calls cJSON: bytes after the object, strings that end at \u0000, escapes without a
 * number, infinite numbers.
 *
 * A manual unban is obeyed at any age. An unban that only reports the end of a ban is not obeyed,
 * because the kernel ends a ban by itself. If a stream is read again, an unban of this kind could
 * remove a later, permanent ban. Unbans with the reasons "ordered" and "not_enforced" are not
 * obeyed either: their host made no decision for other hosts, and obeying them would create an
 * echo. */
#include "core/record/order.h"

#include <math.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/timestamp.h"

/* Maximum difference between `until` and `time` plus `seconds`. They may differ because all three
 * are rounded. */
#define AGREE_MS 1000

uint64_t *order_counter(struct order_counters *c, enum order_reason reason)
{
	switch (reason) {
#define CASE(NAME, name)                                                                           \
	case ORDER_##NAME:                                                                         \
		return &c->name;
		ORDER_REASONS(CASE)
#undef CASE
	case ORDER_OK:
	case ORDER_REASON_COUNT:
		break;
	}
	return NULL;
}

/* Whether every \u has a number, and no escape is \u0000. */
static bool escapes_are_sound(const char *text, size_t len)
{
	const char *at = text, *end = text + len;

	/* steps from escape to escape: \\u0000 is a backslash and five letters */
	for (; (at = memchr(at, '\\', (size_t)(end - at))); at += 2) {
		if (end - at < 2)
			return false;
		if (at[1] != 'u')
			continue;
		if (end - at < 6 || memcmp(at + 2, "0000", 4) == 0)
			return false;
		for (int i = 2; i < 6; i++)
			if (!memchr("0123456789abcdefABCDEF", at[i], 22))
				return false;
	}
	return true;
}

/* Parses the line as one object. Returns NULL if the line is not one JSON object. */
static cJSON *parse_whole(const char *line, size_t len)
{
	const char *end = NULL;
	cJSON *object;

	/* checks the first byte, because cJSON would skip a byte order mark and control bytes */
	if (len == 0 || line[0] != '{' || memchr(line, '\0', len) || !escapes_are_sound(line, len))
		return NULL;
	object = cJSON_ParseWithLengthOpts(line, len, &end, 0);
	if (!object)
		return NULL;
	while (end < line + len && (*end == ' ' || *end == '\t' || *end == '\r'))
		end++;
	if (end == line + len)
		return object;
	cJSON_Delete(object);
	return NULL;
}

static const cJSON *get_member(const cJSON *object, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(object, name);
}

/* The text of a member, or "" if the member is absent or not a string. */
static const char *text_of(const cJSON *object, const char *name)
{
	const cJSON *item = get_member(object, name);

	return cJSON_IsString(item) ? item->valuestring : "";
}

static bool read_time(const cJSON *object, const char *name, struct instant *out)
{
	const char *text = text_of(object, name);

	return timestamp_parse(text, strlen(text), NULL, out);
}

/* Reads the length of a ban from `seconds` and `until`, which must agree. In a permanent ban, both
 * members are null. (Older programs wrote 0 as `seconds`.) */
static bool read_length(const cJSON *object, struct order *o, struct span *length)
{
	const cJSON *seconds = get_member(object, "seconds");
	double v = cJSON_IsNumber(seconds) ? seconds->valuedouble : cJSON_IsNull(seconds) ? 0 : -1;
	int64_t apart;

	if (!(v >= 0 && v <= (double)span_to_seconds(ORDER_BAN_MAX)) || v != floor(v))
		return false;
	*length = span_seconds((int64_t)v);
	o->permanent = cJSON_IsNull(get_member(object, "until"));
	o->until = INSTANT_MAX;
	if (o->permanent)
		return length->ms == 0;
	if (length->ms == 0 || !read_time(object, "until", &o->until))
		return false;
	apart = instant_since(o->until, instant_add(o->time, *length)).ms;
	return apart >= -AGREE_MS && apart <= AGREE_MS;
}

static enum order_reason take_ban(
	const cJSON *object, struct instant now, bool replay, struct order *o)
{
	struct span length;

	if (!read_length(object, o, &length))
		return ORDER_BAD_TIME;
	if (replay) {
		if (!o->permanent)
			o->until = instant_add(now, length);
		return ORDER_OK;
	}
	if (o->permanent)
		return !o->repeated && instant_since(now, o->time).ms > ORDER_STALE_AFTER.ms
			       ? ORDER_STALE
			       : ORDER_OK;
	return o->until.ms > now.ms ? ORDER_OK : ORDER_ENDED;
}

/* Whether an unban with this reason only reports the end of a ban on the host that sent it. */
static bool only_reports(const char *reason)
{
	static const char *const reports[] = {"expired", "ordered", "not_enforced"};

	for (size_t i = 0; i < sizeof reports / sizeof *reports; i++)
		if (strcmp(reason, reports[i]) == 0)
			return true;
	return false;
}

static enum order_reason take_order(
	const cJSON *object, struct instant now, bool replays, struct order *o)
{
	const char *event = text_of(object, "event");
	const char *mode = text_of(object, "mode");
	const char *client = text_of(object, "client");
	bool replay = strcmp(mode, "replay") == 0;

	if (!*event || (!replay && strcmp(mode, "live") != 0))
		return ORDER_NOT_EVENT;
	o->kind = strcmp(event, "ban") == 0 ? ORDER_BAN : ORDER_UNBAN;
	if (o->kind == ORDER_UNBAN && strcmp(event, "unban") != 0)
		return ORDER_OTHER_EVENT;
	if (replay && !replays)
		return ORDER_REPLAY;
	if (!address_parse_prefix(client, strlen(client), &o->client))
		return ORDER_BAD_CLIENT;
	if (!read_time(object, "time", &o->time))
		return ORDER_BAD_TIME;
	o->replay = replay;
	o->repeated = cJSON_IsTrue(get_member(object, "repeat"));
	int64_t ahead = instant_since(o->time, now).ms;
	if (!replay && ahead > ORDER_AHEAD_MAX.ms)
		return ORDER_FUTURE;
	if (o->kind == ORDER_BAN)
		return take_ban(object, now, replay, o);
	if (only_reports(text_of(object, "reason")))
		return ORDER_ENDED;
	return !replay && ahead > ORDER_UNBAN_AHEAD_MAX.ms ? ORDER_FUTURE : ORDER_OK;
}

enum order_reason order_parse(
	const char *line, size_t len, bool cut, struct instant now, bool replays, struct order *out)
{
	enum order_reason reason;
	cJSON *object;

	*out = (struct order){0};
	object = cut ? NULL : parse_whole(line, len);
	if (!object)
		return ORDER_NOT_EVENT;
	reason = take_order(object, now, replays, out);
	cJSON_Delete(object);
	return reason;
}

enum order_reason order_shorten(struct order *o, struct span longest, struct instant now, bool *cut)
{
	struct instant last = instant_add(o->replay ? now : o->time, longest);

	*cut = o->kind == ORDER_BAN && instant_before(last, o->until);
	if (!*cut)
		return ORDER_OK;
	o->until = last;
	o->permanent = false;
	return instant_before(now, last) ? ORDER_OK : ORDER_ENDED;
}
