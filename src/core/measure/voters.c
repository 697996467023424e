/* voters.c - see voters.h.
 *
 * Why a network may have more than one vote: twenty servers of a content delivery network may be in
 * one /24, and all visitors may come through them. When an outage affects all these visitors, the
 * /24 would have only one vote, so the site would not be treated as failing. The servers would then
 * be banned for the errors, which would cut the site off.
 */
#include "core/measure/voters.h"

#include <string.h>

struct address voters_of(struct voters *v, const struct address *client, int64_t second)
{
	struct address network = address_mask(client, VOTERS_V4, VOTERS_V6);

	return heavy_hitters_has(&v->heavy, &network, VOTERS_SHARE, second) ? *client : network;
}

/* Makes `minute` the newest minute. The counts of all minutes between the newest minute so far and
 * `minute`, and of `minute` itself, become 0. */
static void turn_minutes(struct voters *v, int64_t minute)
{
	if (minute - v->minute >= VOTERS_MINUTES) {
		memset(v->came, 0, sizeof v->came);
		v->minute = minute;
	}
	while (v->minute < minute)
		v->came[++v->minute % VOTERS_MINUTES] = 0;
}

void voters_note_came(struct voters *v, const struct address *client, int64_t second)
{
	struct address voter = voters_of(v, client, second);
	uint32_t *cell = &v->cells[hash_16(v->key, voter.bytes) % VOTERS_CELLS];
	int64_t minute = second / 60;

	turn_minutes(v, minute);
	uint32_t ago = (uint32_t)minute + 1 - *cell;
	if (*cell && ago < VOTERS_MINUTES)
		v->came[(minute - ago) % VOTERS_MINUTES]--;
	*cell = (uint32_t)minute + 1;
	v->came[minute % VOTERS_MINUTES]++;
}

uint32_t voters_came(struct voters *v, int minutes, int64_t second)
{
	uint32_t n = 0;

	turn_minutes(v, second / 60);
	for (int k = 0; k < minutes && k <= v->minute; k++)
		n += v->came[(v->minute - k) % VOTERS_MINUTES];
	return n;
}

/* One bit per voter. At most a few hundred voters are counted, so two of them rarely share a
 * bit. */
struct active_look {
	struct voters *v;
	int64_t second;
	uint32_t n, most;
	uint64_t bits[VOTERS_CELLS / 64];
};

static bool add_voter(void *ctx, const struct address *client, const struct window_counts *w,
	const struct visit *visit)
{
	struct active_look *a = ctx;
	struct address voter = voters_of(a->v, client, a->second);
	uint32_t bit = (uint32_t)(hash_16(a->v->key, voter.bytes) % VOTERS_CELLS);
	uint64_t mask = (uint64_t)1 << (bit % 64);

	(void)visit;
	if (w->requests == 0)
		return true;
	a->n += !(a->bits[bit / 64] & mask);
	a->bits[bit / 64] |= mask;
	return a->n < a->most;
}

uint32_t voters_active(
	struct voters *v, const struct clients *clients, uint32_t most, int64_t second)
{
	struct active_look a = {.v = v, .second = second, .most = most};

	clients_look(clients, second, add_voter, &a);
	return a.n;
}

void voters_note_visit(
	struct voters *v, const struct address *client, uint32_t requests, int64_t second)
{
	struct address network = address_mask(client, VOTERS_V4, VOTERS_V6);

	heavy_hitters_add(&v->heavy, &network, requests, second);
}

void voters_shift(struct voters *v, int64_t seconds)
{
	if (v->heavy.turned)
		v->heavy.turned += seconds;
	memset(v->came, 0, sizeof v->came);
	memset(v->cells, 0, sizeof v->cells);
	v->minute = 0;
}
