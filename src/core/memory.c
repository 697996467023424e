/* memory.c - see memory.h.
 *
 * Numbers are written with every bit: a restart must judge as no restart would. A client is one
 * string
 * ("198.51.100.7 active 2 SINCE UNTIL RULES"), not an object: a million of them are then a million
 * nodes to read, not seven million, on a machine that is just under attack.
 */
#include "core/memory.h"

#include <math.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/address.h"
#include "core/num.h"

enum part {
	PART_HEAD,
	PART_LEARNED, /* in the order of enum site_ring_kind */
	PART_ALL,
	PART_HOURS,
	PART_VISITS,
	PART_HEAVY,
	PART_BANS,
	PART_TAIL,
	PART_DONE
};

/* No element of a list is longer: a client's string, an hour's five sums. */
#define ELEMENT_BYTES_MAX 256
/* The longest part that is written at once: all buckets of all histograms, 30 bytes each. */
#define UNDIVIDED_BYTES_MAX (LIMIT_TAILS * TAIL_BUCKETS * 30 + 1024)
/* Squares of SITE_PER_S_MAX over two days' seconds: no sum is higher. */
#define SUM_MAX 2e19

/* Whole numbers that a double keeps exactly. */
#define WHOLE_MAX 9007199254740991.0
/* Visits a bucket may hold, and a limit: far beyond what any site has. */
#define WEIGHT_MAX 1e12
#define LIMIT_MAX  1e12

static const char *const ring_names[SITE_RING_COUNT] = {"learned", "all"};
/* By enum limit_kind: the histograms of what visits reached. */
static const char *const tail_names[LIMIT_TAILS] = {
	"requests", "errors", "visit_requests", "visit_errors"};
static const char *const form_names[] = {"over", "active", "muted"}; /* by enum ban_form */

void memory_begin(struct memory_writer *w)
{
	*w = (struct memory_writer){.part = PART_HEAD};
}

/* ---- writing ---- */

static void put_sums(struct buf *b, const struct site_sums *s)
{
	const double v[] = {
		s->seconds, s->requests, s->requests_squared, s->errors, s->errors_squared};

	for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
		buf_put_char(b, i ? ',' : '[');
		buf_put_exact(b, v[i]);
	}
	buf_put_char(b, ']');
}

static void put_head(struct buf *b, const struct site *site, struct instant now)
{
	int64_t hour;
	struct site_sums today = site_today(site, &hour);

	buf_put_text(b, "{\"version\":");
	buf_put_u64(b, MEMORY_VERSION);
	buf_put_text(b, ",\"time\":\"");
	buf_put_instant(b, now);
	buf_put_text(b, "\",\"age\":");
	buf_put_u64(b, site_age(site));
	buf_put_text(b, ",\"today_hour\":");
	buf_put_i64(b, hour);
	buf_put_text(b, ",\"today\":");
	put_sums(b, &today);
}

static void put_client(struct buf *b, const struct ban *ban)
{
	buf_put_char(b, '"');
	buf_put_address(b, &ban->client);
	buf_put_char(b, ' ');
	buf_put_text(b, form_names[ban->form]);
	buf_put_char(b, ' ');
	buf_put_u64(b, ban->strikes);
	buf_put_char(b, ' ');
	buf_put_i64(b, ban->since.ms);
	buf_put_char(b, ' ');
	buf_put_i64(b, ban->until.ms);
	buf_put_char(b, ' ');
	buf_put_u64(b, ban->rules);
	buf_put_char(b, '"');
}

/* One histogram: bucket and weight in turn, of those that are not empty. */
static void put_tail(struct buf *b, const char *name, const struct tail *t)
{
	bool first = true;

	buf_put_text(b, ",\n\"");
	buf_put_text(b, name);
	buf_put_text(b, "\":[");
	for (uint64_t k = 0; k < TAIL_BUCKETS; k++) {
		if (!(t->weight[k] > 0))
			continue;
		if (!first)
			buf_put_char(b, ',');
		first = false;
		buf_put_u64(b, k);
		buf_put_char(b, ',');
		buf_put_exact(b, t->weight[k]);
	}
	buf_put_char(b, ']');
}

static void put_visits(struct buf *b, const struct visits *visits)
{
	const struct visits_memory *m = visits_memory(visits);

	buf_put_text(
		b, m->known ? ",\n\"visits\":{\"known\":true" : ",\n\"visits\":{\"known\":false");
	buf_put_text(b, ",\"anchored\":");
	buf_put_i64(b, m->anchored);
	buf_put_text(b, ",\"anchor\":");
	for (int k = 0; k < LIMIT_COUNT; k++) {
		buf_put_char(b, k ? ',' : '[');
		buf_put_exact(b, m->anchor[k]);
	}
	buf_put_char(b, ']');
	for (int k = 0; k < LIMIT_TAILS; k++)
		put_tail(b, tail_names[k], &m->tails[k]);
	buf_put_char(b, '}');
}

/* Each generation: its total, then address and requests in turn. At most 2 x 64 of 80 bytes. */
static void put_heavy(struct buf *b, const struct heavy *h)
{
	buf_put_text(b, ",\n\"heavy\":{\"turned\":");
	buf_put_i64(b, h->turned);
	buf_put_text(b, ",\"generations\":[");
	for (int k = 0; k < HEAVY_GENERATIONS; k++) {
		const struct heavy_generation *g = &h->generations[k];
		buf_put_text(b, k ? ",[" : "[");
		buf_put_u64(b, g->total);
		for (uint32_t i = 0; i < g->n; i++) {
			buf_put_text(b, ",\"");
			buf_put_address(b, &g->counters[i].client);
			buf_put_text(b, "\",");
			buf_put_u64(b, g->counters[i].requests);
		}
		buf_put_char(b, ']');
	}
	buf_put_text(b, "]}");
}

/* The next element of the current list; false at its end. */
static bool put_element(
	struct memory_writer *w, const struct site *site, const struct bans *bans, struct buf *b)
{
	uint32_t requests, errors;
	enum site_ring_kind ring = w->part == PART_ALL ? SITE_RING_ALL : SITE_RING_LEARNED;
	struct ban ban;

	switch (w->part) {
	case PART_LEARNED:
	case PART_ALL:
		if (w->cursor >= site_ring_n(site, ring))
			return false;
		site_ring_at(site, ring, w->cursor, &requests, &errors);
		buf_put_text(b, w->cursor++ ? "," : "");
		buf_put_u64(b, requests);
		buf_put_char(b, ',');
		buf_put_u64(b, errors);
		return true;
	case PART_HOURS:
		if (w->cursor >= SITE_HOURS)
			return false;
		struct site_hour h = site_hour_sums(site, (int)w->cursor);
		buf_put_text(b, w->cursor++ ? ",{\"learned\":" : "{\"learned\":");
		buf_put_u64(b, h.learned);
		buf_put_text(b, ",\"sums\":");
		put_sums(b, &h.sums);
		buf_put_char(b, '}');
		return true;
	default:
		if (!bans_walk(bans, &w->cursor, &ban))
			return false;
		buf_put_text(b, w->elements++ ? ",\n" : "");
		put_client(b, &ban);
		return true;
	}
}

static void open_list(struct buf *b, int part)
{
	static const char *const names[] = {[PART_LEARNED] = "learned",
		[PART_ALL] = "all",
		[PART_HOURS] = "hours",
		[PART_BANS] = "clients"};

	buf_put_text(b, ",\n\"");
	buf_put_text(b, names[part]);
	buf_put_text(b, "\":[");
}

bool memory_write(struct memory_writer *w, const struct memory_parts *parts, struct instant now,
	struct buf *out)
{
	while (out->cap - out->len > ELEMENT_BYTES_MAX) {
		if (w->part == PART_HEAD) {
			put_head(out, parts->site, now);
		} else if (w->part == PART_VISITS || w->part == PART_HEAVY) {
			if (out->len > 0 && out->cap - out->len < UNDIVIDED_BYTES_MAX)
				return true;
			if (w->part == PART_VISITS)
				put_visits(out, parts->visits);
			else
				put_heavy(out, parts->heavy);
		} else if (w->part == PART_TAIL) {
			buf_put_text(out, "}\n");
		} else if (w->part == PART_DONE) {
			return false;
		} else {
			if (!w->opened)
				open_list(out, w->part);
			w->opened = true;
			if (put_element(w, parts->site, parts->bans, out))
				continue;
			buf_put_char(out, ']');
		}
		*w = (struct memory_writer){.part = w->part + 1};
	}
	return w->part != PART_DONE;
}

/* ---- reading ---- */

static const cJSON *member(const cJSON *object, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(object, name);
}

/* A number from 0 to max. */
static bool read_number(const cJSON *item, double max, double *out)
{
	if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0 && item->valuedouble <= max))
		return false;
	*out = item->valuedouble;
	return true;
}

static bool read_whole(const cJSON *item, double max, uint64_t *out)
{
	double v;

	if (!read_number(item, max, &v) || v != floor(v))
		return false;
	*out = (uint64_t)v;
	return true;
}

static bool read_sums(const cJSON *list, struct site_sums *out)
{
	double *const v[] = {&out->seconds, &out->requests, &out->requests_squared, &out->errors,
		&out->errors_squared};
	const cJSON *item = list ? list->child : NULL;

	if (!cJSON_IsArray(list))
		return false;
	for (size_t i = 0; i < sizeof v / sizeof *v; i++, item = item->next)
		if (!item || !read_number(item, SUM_MAX, v[i]))
			return false;
	return item == NULL;
}

/* Called twice: first with a site of NULL, which only checks. */
static bool read_ring(const cJSON *list, enum site_ring_kind kind, struct site *site)
{
	uint64_t requests, errors;

	if (!cJSON_IsArray(list))
		return false;
	for (const cJSON *item = list->child; item; item = item->next->next) {
		if (!read_whole(item, SITE_PER_S_MAX, &requests) ||
			!read_whole(item->next, SITE_PER_S_MAX, &errors))
			return false;
		if (site)
			site_ring_restore(site, kind, (uint32_t)requests, (uint32_t)errors);
	}
	return true;
}

static bool read_hours(const cJSON *list, struct site_hour hours[SITE_HOURS])
{
	const cJSON *item = list ? list->child : NULL;

	if (!cJSON_IsArray(list))
		return false;
	for (int i = 0; i < SITE_HOURS; i++, item = item->next)
		if (!item || !read_whole(member(item, "learned"), 1e15, &hours[i].learned) ||
			!read_sums(member(item, "sums"), &hours[i].sums))
			return false;
	return item == NULL;
}

static bool read_tail(const cJSON *list, struct tail *out)
{
	uint64_t bucket;

	*out = (struct tail){0};
	if (!cJSON_IsArray(list))
		return false;
	for (const cJSON *item = list->child; item; item = item->next->next)
		if (!read_whole(item, TAIL_BUCKETS - 1, &bucket) ||
			!read_number(item->next, WEIGHT_MAX, &out->weight[bucket]))
			return false;
	return true;
}

static bool read_visits(const cJSON *o, struct visits_memory *out)
{
	const cJSON *known = member(o, "known"), *anchor = member(o, "anchor");
	const cJSON *item = anchor ? anchor->child : NULL;
	uint64_t anchored;

	if (!cJSON_IsBool(known) || !cJSON_IsArray(anchor) ||
		!read_whole(member(o, "anchored"), (double)INSTANT_MAX.ms / 1000, &anchored))
		return false;
	out->known = cJSON_IsTrue(known);
	out->anchored = (int64_t)anchored;
	for (int k = 0; k < LIMIT_COUNT; k++, item = item->next)
		if (!item || !read_number(item, LIMIT_MAX, &out->anchor[k]))
			return false;
	for (int k = 0; k < LIMIT_TAILS; k++)
		if (!read_tail(member(o, tail_names[k]), &out->tails[k]))
			return false;
	return item == NULL;
}

static bool read_generation(const cJSON *list, struct heavy_generation *out)
{
	const cJSON *item = list ? list->child : NULL;

	if (!cJSON_IsArray(list) || !item || !read_whole(item, WHOLE_MAX, &out->total))
		return false;
	for (item = item->next; item; item = item->next->next) {
		struct heavy_counter *c = &out->counters[out->n];
		if (out->n++ == HEAVY_COUNTERS || !cJSON_IsString(item) ||
			!address_parse_prefix(
				item->valuestring, strlen(item->valuestring), &c->client) ||
			!read_whole(item->next, WHOLE_MAX, &c->requests))
			return false;
	}
	return true;
}

static bool read_heavy(const cJSON *o, struct heavy *out)
{
	const cJSON *list = member(o, "generations");
	uint64_t turned;

	*out = (struct heavy){0};
	if (!read_whole(member(o, "turned"), (double)INSTANT_MAX.ms / 1000, &turned) ||
		!cJSON_IsArray(list) || cJSON_GetArraySize(list) != HEAVY_GENERATIONS)
		return false;
	out->turned = (int64_t)turned;
	for (int k = 0; k < HEAVY_GENERATIONS; k++)
		if (!read_generation(cJSON_GetArrayItem(list, k), &out->generations[k]))
			return false;
	return true;
}

/* The next word of a client's string. */
static bool next_word(const char **s, const char **word, size_t *len)
{
	*word = *s;
	*len = strcspn(*s, " ");
	*s += *len;
	*s += **s == ' ';
	return *len > 0;
}

static bool next_number(const char **s, uint64_t max, uint64_t *out)
{
	const char *word;
	size_t len;

	return next_word(s, &word, &len) && num_u64(word, len, out) && *out <= max;
}

static bool read_form(const char *word, size_t len, enum ban_form *out)
{
	for (size_t i = 0; i < sizeof form_names / sizeof *form_names; i++) {
		if (strlen(form_names[i]) == len && memcmp(form_names[i], word, len) == 0) {
			*out = (enum ban_form)i;
			return true;
		}
	}
	return false;
}

static bool read_client(const cJSON *item, struct ban *out)
{
	const uint64_t ms_max = (uint64_t)INSTANT_MAX.ms;
	uint64_t strikes, since, until, rules;
	const char *s, *word;
	size_t len;

	if (!cJSON_IsString(item))
		return false;
	s = item->valuestring;
	if (!next_word(&s, &word, &len) || !address_parse_prefix(word, len, &out->client) ||
		!next_word(&s, &word, &len) || !read_form(word, len, &out->form) ||
		!next_number(&s, UINT32_MAX, &strikes) || !next_number(&s, ms_max, &since) ||
		!next_number(&s, ms_max, &until) || !next_number(&s, UINT16_MAX, &rules) || *s)
		return false;
	out->strikes = (uint32_t)strikes;
	out->since = (struct instant){(int64_t)since};
	out->until = (struct instant){(int64_t)until};
	out->rules = (unsigned)rules;
	out->enforced = false;
	return strikes > 0 || out->form == BAN_MUTED;
}

/* Checks all of it, then uses all of it. */
static bool read_object(const cJSON *o, const struct memory_parts *parts, const char **why)
{
	const cJSON *clients = member(o, "clients");
	struct site_hour hours[SITE_HOURS];
	struct site_sums today;
	struct visits_memory taught;
	struct heavy heavy;
	struct ban ban;
	uint64_t version, age, hour;

	*why = "its version is not known";
	if (!read_whole(member(o, "version"), 1e6, &version) || version != MEMORY_VERSION)
		return false;
	*why = "a number is missing or out of range";
	if (!read_whole(member(o, "age"), 1e15, &age) ||
		!read_whole(member(o, "today_hour"), (double)INSTANT_MAX.ms / 3600000, &hour) ||
		!read_sums(member(o, "today"), &today) || !read_hours(member(o, "hours"), hours) ||
		!read_visits(member(o, "visits"), &taught) ||
		!read_heavy(member(o, "heavy"), &heavy))
		return false;
	for (int k = 0; k < SITE_RING_COUNT; k++)
		if (!read_ring(member(o, ring_names[k]), (enum site_ring_kind)k, NULL))
			return false;
	*why = "a client is not readable";
	if (!cJSON_IsArray(clients))
		return false;
	for (const cJSON *item = clients->child; item; item = item->next)
		if (!read_client(item, &ban))
			return false;

	for (int k = 0; k < SITE_RING_COUNT; k++)
		read_ring(member(o, ring_names[k]), (enum site_ring_kind)k, parts->site);
	for (int k = 0; k < SITE_HOURS; k++)
		site_hour_restore(parts->site, k, &hours[k]);
	site_today_restore(parts->site, &today, (int64_t)hour);
	site_age_restore(parts->site, age);
	visits_restore(parts->visits, &taught);
	*parts->heavy = heavy;
	for (const cJSON *item = clients->child; item; item = item->next)
		if (read_client(item, &ban))
			bans_restore(parts->bans,
				&ban); /* one that does not fit is forgotten, as at run time */
	*why = NULL;
	return true;
}

bool memory_read(const char *text, size_t len, const struct memory_parts *parts, const char **why)
{
	const char *end = NULL;
	cJSON *o = cJSON_ParseWithLengthOpts(text, len, &end, 0);
	bool ok = false;

	*why = "not JSON, or cut off";
	while (o && end < text + len && (*end == ' ' || *end == '\n'))
		end++;
	if (o && end == text + len)
		ok = read_object(o, parts, why);
	cJSON_Delete(o);
	return ok;
}
