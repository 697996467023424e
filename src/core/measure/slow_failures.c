/* slow_failures.c - see slow_failures.h.
 *
 * The table has sets of entries instead of a list of all entries by age. So for a client without an
 * entry, only the tags of one set are read, 16 bytes.
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
/* If the counts of requests and own errors are higher than this, a new visit halves them. */
#define KEPT 64
/* Number of own errors that one probe weighs when the quietest client is chosen for eviction. */
#define PROBE_WEIGHT 4
/* If more than this many of the 64 bits are set, a new path often has a bit that is already set. So
 * from then on, each probe counts as a probe on a new path. */
#define MANY_PROBES 32
#define READ_MAX    7
/* Spreads a number over 64 bits: 2^64 divided by the golden ratio (D. E. Knuth). */
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

_Static_assert(sizeof(struct slow_client) + sizeof(uint16_t) <= 48,
	"an entry is as small as in slow_failures.h");

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

/* The number of different paths, from the number of set bits k: -64 ln(1 - k / 64). */
static uint32_t count_paths(unsigned bits)
{
	static const uint8_t n[65] = {0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 15, 16, 17, 18, 20,
		21, 23, 24, 25, 27, 29, 30, 32, 33, 35, 37, 39, 40, 42, 44, 46, 48, 51, 53, 55, 58,
		60, 63, 65, 68, 71, 74, 78, 81, 85, 89, 93, 97, 102, 107, 113, 119, 125, 133, 142,
		152, 164, 178, 196, 222, 255, 255};

	return n[bits];
}

/* Number of set bits. */
static unsigned count_probes(const struct slow_client *c)
{
	return (unsigned)(__builtin_popcount(c->probes[0]) + __builtin_popcount(c->probes[1]));
}

static uint32_t most_writes(const struct slow_client *c)
{
	return c->writes[0] > c->writes[1] ? c->writes[0] : c->writes[1];
}

/* The weight of an entry: how much information its eviction would lose. */
static uint32_t weigh_client(const struct slow_client *c, uint32_t now)
{
	uint32_t weight = PROBE_WEIGHT * count_probes(c) + c->own + most_writes(c);
	uint32_t silent = now - c->last;

	return silent > INT32_MAX ? weight
				  : weight >> (silent / WEEK_S > 31 ? 31 : silent / WEEK_S);
}

/* Finds a place for a new client in its set, and evicts the quietest client if the set is full. */
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

static uint16_t tenth_in(uint32_t second, uint32_t tenth)
{
	return (uint16_t)(10 * second + tenth);
}

static struct slow_client *add_client(
	struct slow_failures *s, uint64_t client, const struct slow_request *r, uint32_t now)
{
	uint32_t set = set_of(client), k = make_room(s, client, now);
	struct slow_client *c = &s->entries[set * WAYS + k];

	s->n++;
	s->totals.entered++;
	s->tags[set].tags[k] = tag_of(client);
	*c = (struct slow_client){
		.client = (uint32_t)(client >> 32),
		.last = now,
		.day = hour_of(now),
		.begin = tenth_in(now, r->tenth),
	};
	return c;
}

static void add_some(uint16_t *count, uint32_t n)
{
	*count = as_count(*count + (n < UINT16_MAX ? n : UINT16_MAX));
}

/* Called when a pause without requests has ended at `now`. */
static void end_pause(struct slow_client *c, uint32_t now)
{
	uint32_t silent = now - c->last;

	if (silent > INT32_MAX)
		return;
	c->last = now;
	uint32_t faded = silent / SLOW_FAILURES_FADE_S;
	for (int k = 0; k < SLOW_FAILURES_WRITES; k++)
		c->writes[k] = (uint16_t)(c->writes[k] > faded ? c->writes[k] - faded : 0);
	if (silent < SLOW_FAILURES_GAP_S)
		return;
	if (silent >= SLOW_FAILURES_BAIT_S)
		memset(c->bait, 0, sizeof c->bait);
	/* the last tenth of the second `now`, so that the rate of a page load is not
	 * underestimated */
	c->begin = tenth_in(now, 9);
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

/* Halves both counts when the requests reach the maximum, so that their quotient does not
 * change. */
static void add_requests(uint16_t *requests, uint16_t *own, uint32_t n)
{
	if (*requests + (uint64_t)n > UINT16_MAX) {
		*requests /= 2;
		*own /= 2;
	}
	add_some(requests, n);
}

static unsigned higher_of(unsigned count, uint32_t other)
{
	if (other > READ_MAX)
		return READ_MAX;
	return other > count ? other : count;
}

/* Moves the client's time to `now`, and counts the requests of its lap. Only the pause before
 * `first` can end a visit of this file: a visit of clients.h, which began at `first`, has no pause
 * over 60 s. */
static void catch_up(
	struct slow_client *c, const struct slow_visit *v, uint32_t first, uint32_t now)
{
	uint16_t requests = as_count(v->requests);
	/* if `counted` is higher, the previous lap was not reported (clients.h), and `counted` is
	 * of that lap */
	uint16_t n = requests >= c->counted ? requests - c->counted : requests;

	end_pause(c, first);
	if ((int32_t)(now - c->last) > 0)
		c->last = now;
	if ((uint16_t)(hour_of(now) - c->day) >= DAY_H) {
		c->day = hour_of(now);
		c->day_requests = c->day_own = 0;
	}
	add_some(&c->visit_requests, n);
	add_requests(&c->requests, &c->own, n);
	add_requests(&c->day_requests, &c->day_own, n);
	c->counted = requests;
	c->pages = higher_of(c->pages, v->pages) & 7;
	c->read = higher_of(c->read, v->read) & 7;
	c->robot |= v->robot;
}

/* Counts a write. Returns the number of writes to its path. */
static uint32_t count_write(struct slow_client *c, uint64_t path, uint32_t n)
{
	uint8_t tag = path & UINT8_MAX;

	for (int k = 0; k < SLOW_FAILURES_WRITES; k++) {
		if (c->writes[k] > 0 && c->tags[k] == tag) {
			add_some(&c->writes[k], n);
			return c->writes[k];
		}
	}
	for (int k = 0; k < SLOW_FAILURES_WRITES; k++) {
		if (c->writes[k] == 0) {
			c->tags[k] = tag;
			c->writes[k] = as_count(n);
			return c->writes[k];
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

static void count_error(struct slow_client *c, const struct slow_request *r)
{
	bool malformed = r->bits & SLOW_MALFORMED;
	uint64_t path = malformed ? (r->path ^ c->own) * SPREAD : r->path;

	add_some(&c->own, r->count);
	if (!(r->bits & SLOW_BURST))
		add_some(&c->day_own, r->count);
	if (r->bits & SLOW_PROBE)
		c->probes[path >> 37 & 1] |= (uint32_t)1 << (path >> 32 & 31);
	if (r->bits & SLOW_BAIT)
		add_bait(c, path >> 44 & UINT8_MAX);
}

/* Lower bound of the time since the visit began, in tenths of a second. */
static uint16_t least_tenths(
	const struct slow_client *c, const struct slow_request *r, uint32_t now)
{
	uint16_t tenths = (uint16_t)(tenth_in(now, r->tenth) - c->begin);

	/* the start may be rounded up by 0.9 s */
	if (tenths > UINT16_MAX - 10)
		return 0;
	/* whole seconds, from a log without fractions: both times may be truncated */
	bool whole = r->tenth == 0 && tenths % 10 == 0;
	return whole && tenths > 0 ? tenths - 10 : tenths;
}

void slow_failures_note(struct slow_failures *s, uint64_t client, const struct slow_request *r,
	const struct slow_visit *visit, struct slow_counts *out)
{
	struct slow_client *c = find_client(s, client);
	uint32_t now = r->second - s->shifted;
	bool is_new = !c, own = r->bits & SLOW_OWN;

	if (is_new) {
		c = add_client(s, client, r, now);
		uint32_t before = own && visit->own > r->count ? visit->own - r->count : 0;
		c->own = c->day_own = as_count(own ? before : visit->own);
	}
	unsigned probes_before = count_probes(c), bait_before = count_bait(c);
	catch_up(c, visit, is_new ? now : visit->first - s->shifted, now);
	if (c->visit_requests <= r->count)
		c->begin = tenth_in(now, r->tenth);
	if (own)
		count_error(c, r);
	uint32_t writes = r->bits & SLOW_WRITE ? count_write(c, r->path, r->count) : 0;
	unsigned probes = count_probes(c);
	*out = (struct slow_counts){
		.probes = count_paths(probes),
		.probe_anew =
			probes > probes_before || ((r->bits & SLOW_PROBE) && probes > MANY_PROBES),
		.bait = count_bait(c),
		.bait_anew = count_bait(c) > bait_before,
		.requests = c->requests,
		.own = c->own,
		.day_requests = c->day_requests,
		.day_own = c->day_own,
		.visit_requests = c->visit_requests,
		.visit_tenths = least_tenths(c, r, now),
		.pages = c->pages,
		.read = c->read,
		.writes = writes,
		.robot = c->robot,
	};
}

void slow_failures_told(
	struct slow_failures *s, uint64_t client, const struct slow_visit *visit, uint32_t last)
{
	struct slow_client *c = find_client(s, client);

	if (!c)
		return;
	catch_up(c, visit, visit->first - s->shifted, last - s->shifted);
	c->counted = 0;
}

void slow_failures_except(struct slow_failures *s, uint64_t client, uint32_t n)
{
	struct slow_client *c = find_client(s, client);

	if (c)
		add_some(&c->counted, n);
}

/* Forgets the lap, bait and writes, and the own errors of 24 hours, because the client was banned
 * for them. */
static void forget_client(struct slow_client *c)
{
	c->counted = c->day_requests = c->day_own = 0;
	memset(c->bait, 0, sizeof c->bait);
	memset(c->writes, 0, sizeof c->writes);
}

void slow_failures_banned(struct slow_failures *s, uint64_t client)
{
	struct slow_client *c = find_client(s, client);

	if (c)
		forget_client(c);
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
		out->last += s->shifted;
		out->day = (uint16_t)(out->day + s->shifted / HOUR_S);
		out->begin = (uint16_t)(out->begin + 10 * s->shifted);
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
