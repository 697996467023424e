/* written_paths.c - see written_paths.h. */
#include "core/measure/written_paths.h"

#include <stdlib.h>

#define WAYS        WRITTEN_WAYS
#define SETS        (WRITTEN_MAX / WAYS)
#define NETWORK_V4  24 /* number of address bits that identify a network */
#define NETWORK_V6  48
#define DAY_S       86400
#define FEATURE_MIN 3  /* minimum number of other networks that write to a feature often */
#define FULL_BITS   48 /* number of set bits, of 64, at which the bitmaps are cleared */
/* the old decision is replaced when the cleared bitmaps contain this many networks again */
#define VERDICT_AGAIN 8

struct written_paths {
	struct written_path *entries;
	uint32_t shifted; /* seconds that the clock was set ahead, modulo 2^32 */
	struct written_paths_totals totals;
};

_Static_assert(sizeof(struct written_path) * WRITTEN_MAX <= 160 * 1024,
	"entries take 160 KiB, as in written_paths.h");

struct written_paths *written_paths_new(void)
{
	struct written_paths *w = calloc(1, sizeof *w);

	if (!w)
		return NULL;
	w->entries = calloc(WRITTEN_MAX, sizeof *w->entries);
	if (!w->entries) {
		written_paths_free(w);
		return NULL;
	}
	return w;
}

void written_paths_free(struct written_paths *w)
{
	if (!w)
		return;
	free(w->entries);
	free(w);
}

static struct written_path *set_of(const struct written_paths *w, uint64_t path)
{
	return &w->entries[(path >> 20) % SETS * WAYS];
}

static struct written_path *find_path(const struct written_paths *w, uint64_t path)
{
	struct written_path *set = set_of(w, path);

	for (int k = 0; k < WAYS; k++)
		if (set[k].hash == path)
			return &set[k];
	return NULL;
}

/* True if `a` is evicted before `b`. */
static bool is_lesser(const struct written_path *a, const struct written_path *b)
{
	int more = __builtin_popcountll(a->often) - __builtin_popcountll(b->often);

	bool a_usual = a->usual + a->second > 0, b_usual = b->usual + b->second > 0;

	if (a_usual != b_usual)
		return b_usual;
	return more < 0 || (more == 0 && (int32_t)(a->last - b->last) < 0);
}

static struct written_path *add_path(struct written_paths *w, uint64_t path, uint32_t now)
{
	struct written_path *set = set_of(w, path), *place = set;

	for (int k = 0; k < WAYS && place->hash; k++)
		if (set[k].hash == 0 || is_lesser(&set[k], place))
			place = &set[k];
	w->totals.entered++;
	w->totals.evicted += place->hash != 0;
	*place = (struct written_path){.hash = path, .day = now};
	return place;
}

static uint64_t network_bit(struct hash_key key, const struct address *client, uint64_t path)
{
	struct address network = address_mask(client, NETWORK_V4, NETWORK_V6);
	uint64_t x = hash_16(key, network.bytes) * (path | 1);

	return (uint64_t)1 << (x >> 58);
}

/* True if the path is a feature. The bits stand for networks. Two networks may share a bit, so the
 * number of set bits may be a little lower than the number of networks. */
static bool is_feature(const struct written_path *p, uint64_t bit)
{
	int others = __builtin_popcountll(p->often & ~bit);
	int wrote = __builtin_popcountll(p->wrote & ~bit);

	if (p->aged)
		return p->feature;
	return others >= FEATURE_MIN && 2 * others >= wrote;
}

static void note_network(struct written_path *p, uint64_t bit, bool often)
{
	p->wrote |= bit;
	if (often)
		p->often |= bit;
	if (__builtin_popcountll(p->wrote) >= FULL_BITS) {
		p->feature = is_feature(p, 0) & 1;
		p->wrote = p->often = 0;
		p->aged = 1;
	} else if (p->aged && __builtin_popcountll(p->wrote) >= VERDICT_AGAIN) {
		p->aged = p->feature = 0;
	}
}

static void end_day(struct written_path *p, uint32_t now)
{
	if (now - p->day < DAY_S)
		return;
	p->usual = p->second > p->usual / 2 ? p->second : p->usual / 2;
	p->highest = p->second = 0;
	p->day = now;
}

/* Stores the number of writes in a visit, reduced to a maximum. The maximum is twice the higher of
 * the usual number and WRITTEN_OFTEN, but at most WRITTEN_USUAL_MAX. */
static void note_usual(
	struct written_path *p, const struct written_request *r, unsigned network, uint32_t now)
{
	end_day(p, now);
	if (!r->known)
		return;
	uint32_t most = 2u * (p->usual > WRITTEN_OFTEN ? p->usual : WRITTEN_OFTEN);
	most = most < WRITTEN_USUAL_MAX ? most : WRITTEN_USUAL_MAX;
	uint16_t writes = (uint16_t)(r->writes < most ? r->writes : most);
	if (network == p->by || p->highest == 0) {
		p->highest = writes > p->highest ? writes : p->highest;
		p->by = network & 63;
	} else if (writes > p->highest) {
		p->second = p->highest;
		p->highest = writes;
		p->by = network & 63;
	} else if (writes > p->second) {
		p->second = writes;
	}
}

bool written_paths_note(struct written_paths *w, struct hash_key key,
	const struct written_request *r, uint32_t *usual)
{
	uint32_t now = r->second - w->shifted;
	struct written_path *p = find_path(w, r->path);
	uint64_t bit = network_bit(key, r->client, r->path);

	if (!p)
		p = add_path(w, r->path, now);
	p->last = now;
	note_network(p, bit, !r->guesser && r->writes >= WRITTEN_OFTEN);
	note_usual(p, r, (unsigned)__builtin_ctzll(bit), now);
	*usual = p->usual;
	return is_feature(p, bit);
}

struct written_paths_totals written_paths_totals(const struct written_paths *w)
{
	return w->totals;
}

void written_paths_shift(struct written_paths *w, int64_t seconds)
{
	w->shifted += (uint32_t)seconds;
}

bool written_paths_walk(const struct written_paths *w, uint32_t *at, struct written_path *out)
{
	while (*at < WRITTEN_MAX) {
		const struct written_path *p = &w->entries[(*at)++];
		if (p->hash == 0)
			continue;
		*out = *p;
		out->last += w->shifted;
		out->day += w->shifted;
		return true;
	}
	return false;
}

bool written_paths_restore(struct written_paths *w, const struct written_path *path)
{
	struct written_path *set = set_of(w, path->hash);

	for (int k = 0; k < WAYS; k++) {
		if (set[k].hash == path->hash)
			return false;
		if (set[k].hash)
			continue;
		set[k] = *path;
		set[k].last -= w->shifted;
		set[k].day -= w->shifted;
		return true;
	}
	return false;
}
