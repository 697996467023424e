/* slow_failures.c - see slow_failures.h.
 *
 * Why sets of entries, and no list of all by their age: almost every request is of a client that
 * has no entry. For those the tags of one set, 16 bytes, are all that is read.
 */
#include "core/measure/slow_failures.h"

#include <stdlib.h>
#include <string.h>

#define WAYS   SLOW_FAILURES_WAYS
#define SETS   (SLOW_FAILURES_MAX / WAYS)
#define HOUR_S 3600
#define DAY_H  24
#define DAY_S  86400
#define WEEK_S (7 * DAY_S)
/* A new visit halves the counts of requests and own errors that are higher. */
#define KEPT 64
/* A probe weighs as much as so many own errors, when the quietest is chosen. */
#define PROBE_WEIGHT 4
/* Of the 64 bits; with more of them, another path often meets a bit that is set. */
#define MANY_PROBES 32
/* Spreads a number over 64 bits: 2^64 divided by the golden ratio, D. E. Knuth. */
#define SPREAD UINT64_C(0x9e3779b97f4a7c15)

struct set_tags {
	uint16_t tags[WAYS]; /* 0: the entry is free */
};

struct slow_failures {
	struct set_tags *tags;
	struct slow_client *entries;
	uint32_t n;
	uint32_t shifted; /* seconds that the clock was set ahead, modulo 2^32 */
	struct slow_failures_totals totals;
};

_Static_assert(sizeof(struct slow_client) + sizeof(uint16_t) <= 48, "as slow_failures.h says");

struct slow_failures *slow_failures_new(void)
{
	struct slow_failures *s = calloc(1, sizeof *s);

	if (!s)
		return NULL;
	s->tags = calloc(SETS, sizeof *s->tags);
	s->entries = calloc(SLOW_FAILURES_MAX, sizeof *s->entries);
	if (!s->tags || !s->entries) {
		slow_failures_free(s);
		return NULL;
	}
	return s;
}

void slow_failures_free(struct slow_failures *s)
{
	if (!s)
		return;
	free(s->tags);
	free(s->entries);
	free(s);
}

static uint32_t set_of(uint64_t client)
{
	return (uint32_t)(client % SETS);
}

static uint16_t tag_of(uint64_t client)
{
	uint16_t tag = client >> 16 & UINT16_MAX;

	return tag ? tag : 1;
}

static struct slow_client *find_client(const struct slow_failures *s, uint64_t client)
{
	const uint16_t *tags = s->tags[set_of(client)].tags;
	uint16_t tag = tag_of(client);

	for (uint32_t k = 0; k < WAYS; k++) {
		struct slow_client *c = &s->entries[set_of(client) * WAYS + k];
		if (tags[k] == tag && c->client == (uint32_t)(client >> 32))
			return c;
	}
	return NULL;
}

bool slow_failures_has(const struct slow_failures *s, uint64_t client)
{
	return find_client(s, client) != NULL;
}

/* Different paths, by the bits that they have set of n, 8 or 64: -n ln(1 - k / n). */
static uint32_t count_paths(unsigned bits, unsigned n)
{
	static const uint8_t of_8[8] = {0, 1, 2, 4, 6, 8, 11, 17};
	static const uint8_t of_64[64] = {0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 15, 16, 17, 18,
		20, 21, 23, 24, 25, 27, 29, 30, 32, 33, 35, 37, 39, 40, 42, 44, 46, 48, 51, 53, 55,
		58, 60, 63, 65, 68, 71, 74, 78, 81, 85, 89, 93, 97, 102, 107, 113, 119, 125, 133,
		142, 152, 164, 178, 196, 222, 255};

	if (bits >= n)
		return UINT8_MAX;
	return n == 8 ? of_8[bits] : of_64[bits];
}

/* Bits that are set. */
static unsigned count_probes(const struct slow_client *c)
{
	return (unsigned)(__builtin_popcount(c->probes[0]) + __builtin_popcount(c->probes[1]));
}

static uint32_t most_writes(const struct slow_client *c)
{
	return c->writes[0] > c->writes[1] ? c->writes[0] : c->writes[1];
}

/* How much would be lost with the entry. */
static uint32_t weigh_client(const struct slow_client *c, uint32_t now)
{
	uint32_t weight = PROBE_WEIGHT * count_probes(c) + c->own + most_writes(c);
	uint32_t silent = now - c->last;

	return silent > INT32_MAX ? weight
				  : weight >> (silent / WEEK_S > 31 ? 31 : silent / WEEK_S);
}

/* The place of a new client in its set. */
static uint32_t make_room(struct slow_failures *s, uint64_t client, uint32_t now)
{
	uint32_t set = set_of(client), place = 0, least = UINT32_MAX;
	const uint16_t *tags = s->tags[set].tags;

	for (uint32_t k = 0; k < WAYS; k++) {
		const struct slow_client *c = &s->entries[set * WAYS + k];
		if (tags[k] == 0)
			return k;
		uint32_t weight = weigh_client(c, now);
		bool older = (int32_t)(c->last - s->entries[set * WAYS + place].last) < 0;
		if (weight < least || (weight == least && older)) {
			least = weight;
			place = k;
		}
	}
	s->n--;
	s->totals.evicted++;
	return place;
}

static uint16_t as_count(uint32_t n)
{
	return n < UINT16_MAX ? (uint16_t)n : UINT16_MAX;
}

static uint16_t hour_of(uint32_t second)
{
	return (uint16_t)(second / HOUR_S);
}

static uint16_t tenth_of(uint32_t second, const struct slow_request *r)
{
	return (uint16_t)(10 * second + r->tenth);
}

static struct slow_client *add_client(struct slow_failures *s, uint64_t client,
	const struct slow_request *r, const struct slow_before *before, uint32_t now)
{
	uint32_t set = set_of(client), k = make_room(s, client, now);
	struct slow_client *c = &s->entries[set * WAYS + k];

	s->n++;
	s->totals.entered++;
	s->tags[set].tags[k] = tag_of(client);
	uint16_t requests = as_count(before->requests), own = as_count(before->own);
	*c = (struct slow_client){
		.client = (uint32_t)(client >> 32),
		.last = now,
		.day = hour_of(now),
		.begin = tenth_of(now, r),
		.requests = requests,
		.visit_requests = requests,
		.day_requests = requests,
		.own = own,
		.day_own = own,
	};
	c->pages = c->read = (1u << (before->pages < 7 ? before->pages : 7)) - 1;
	return c;
}

static void add_one(uint16_t *count)
{
	*count += *count < UINT16_MAX;
}

/* Time passes up to a new request. */
static void age_client(struct slow_client *c, const struct slow_request *r, uint32_t now)
{
	uint32_t silent = now - c->last;

	if ((uint16_t)(hour_of(now) - c->day) >= DAY_H) {
		c->day = hour_of(now);
		c->day_requests = c->day_own = 0;
	}
	if (silent > INT32_MAX)
		return;
	uint32_t faded = silent / SLOW_FAILURES_FADE_S;
	for (int k = 0; k < SLOW_FAILURES_WRITES; k++)
		c->writes[k] = (uint16_t)(c->writes[k] > faded ? c->writes[k] - faded : 0);
	if (silent < SLOW_FAILURES_GAP_S)
		return;
	c->begin = tenth_of(now, r);
	if (silent >= SLOW_FAILURES_BAIT_S)
		memset(c->bait, 0, sizeof c->bait);
	c->pages = c->read = 0;
	c->visit_requests = 0;
	for (int k = 0; k < SLOW_FAILURES_WRITES; k++)
		c->writes[k] = 0;
	if (c->requests > KEPT) {
		c->requests /= 2;
		c->own /= 2;
	}
	if (silent < SLOW_FAILURES_FORGET_S)
		return;
	c->probes[0] = c->probes[1] = 0;
	c->requests = c->own = 0;
}

/* Counts a write, and returns how many went to its path. */
static uint32_t count_write(struct slow_client *c, uint64_t path)
{
	uint8_t tag = path & UINT8_MAX;

	for (int k = 0; k < SLOW_FAILURES_WRITES; k++) {
		if (c->writes[k] > 0 && c->tags[k] == tag) {
			add_one(&c->writes[k]);
			return c->writes[k];
		}
	}
	for (int k = 0; k < SLOW_FAILURES_WRITES; k++) {
		if (c->writes[k] == 0) {
			c->tags[k] = tag;
			c->writes[k] = 1;
			return 1;
		}
	}
	for (int k = 0; k < SLOW_FAILURES_WRITES; k++)
		c->writes[k]--;
	return 0;
}

static void add_bait(struct slow_client *c, uint8_t tag)
{
	int k = 0;

	tag = tag ? tag : 1;
	while (k < SLOW_FAILURES_BAIT && c->bait[k] && c->bait[k] != tag)
		k++;
	if (k < SLOW_FAILURES_BAIT)
		c->bait[k] = tag;
}

static uint32_t count_bait(const struct slow_client *c)
{
	uint32_t n = 0;

	while (n < SLOW_FAILURES_BAIT && c->bait[n])
		n++;
	return n;
}

static void count_request(struct slow_client *c, const struct slow_request *r)
{
	uint64_t path = r->malformed ? (r->path ^ c->own) * SPREAD : r->path;

	add_one(&c->visit_requests);
	if (r->own || r->good) {
		add_one(&c->requests);
		add_one(&c->day_requests);
	}
	if (r->own) {
		add_one(&c->own);
		add_one(&c->day_own);
	}
	if (r->probe)
		c->probes[path >> 37 & 1] |= (uint32_t)1 << (path >> 32 & 31);
	if (r->bait)
		add_bait(c, path >> 44 & UINT8_MAX);
	if (r->page)
		c->pages |= (uint8_t)(1u << (path >> 43 & 7));
	if (r->read)
		c->read |= 1u << (path >> 43) % 7;
	c->robot |= r->robot;
}

bool slow_failures_note(struct slow_failures *s, uint64_t client, const struct slow_request *r,
	const struct slow_before *before, struct slow_counts *out)
{
	struct slow_client *c = find_client(s, client);
	uint32_t now = r->second - s->shifted;

	if (!c) {
		if (!r->own && !r->write)
			return false;
		c = add_client(s, client, r, before, now);
	} else {
		age_client(c, r, now);
	}
	if ((int32_t)(now - c->last) > 0)
		c->last = now;
	unsigned probes_before = count_probes(c), bait_before = count_bait(c);
	count_request(c, r);
	uint32_t writes = r->write ? count_write(c, r->path) : 0;
	unsigned probes = count_probes(c);
	*out = (struct slow_counts){
		.probes = count_paths(probes, 64),
		.probe_anew = probes > probes_before || (r->probe && probes > MANY_PROBES),
		.bait = count_bait(c),
		.bait_anew = count_bait(c) > bait_before,
		.pages = count_paths((unsigned)__builtin_popcount(c->pages), 8),
		.read = count_paths((unsigned)__builtin_popcount(c->read), 8),
		.requests = c->requests,
		.own = c->own,
		.day_requests = c->day_requests,
		.day_own = c->day_own,
		.visit_requests = c->visit_requests,
		.visit_tenths = (uint16_t)(tenth_of(now, r) - c->begin),
		.writes = writes,
		.robot = c->robot,
	};
	return true;
}

void slow_failures_restart_day(struct slow_failures *s, uint64_t client)
{
	struct slow_client *c = find_client(s, client);

	if (c)
		c->day_requests = c->day_own = 0;
}

uint32_t slow_failures_n(const struct slow_failures *s)
{
	return s->n;
}

struct slow_failures_totals slow_failures_totals(const struct slow_failures *s)
{
	return s->totals;
}

void slow_failures_shift(struct slow_failures *s, int64_t seconds)
{
	s->shifted += (uint32_t)seconds;
}

bool slow_failures_walk(
	const struct slow_failures *s, uint32_t *at, uint64_t *client, struct slow_client *out)
{
	while (*at < SLOW_FAILURES_MAX) {
		uint32_t i = (*at)++;
		uint16_t tag = s->tags[i / WAYS].tags[i % WAYS];
		if (tag == 0)
			continue;
		*out = s->entries[i];
		*client = (uint64_t)out->client << 32 | (uint64_t)tag << 16 | i / WAYS;
		return true;
	}
	return false;
}

bool slow_failures_restore(
	struct slow_failures *s, uint64_t client, const struct slow_client *entry)
{
	uint32_t set = set_of(client), k = 0;

	while (k < WAYS && s->tags[set].tags[k] != 0)
		k++;
	if (k == WAYS || find_client(s, client))
		return false;
	struct slow_client *c = &s->entries[set * WAYS + k];
	*c = *entry;
	c->client = (uint32_t)(client >> 32);
	c->last -= s->shifted;
	c->day = (uint16_t)(c->day - s->shifted / HOUR_S);
	c->begin = (uint16_t)(c->begin - 10 * s->shifted);
	s->tags[set].tags[k] = tag_of(client);
	s->n++;
	return true;
}
