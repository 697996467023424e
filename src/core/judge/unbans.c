/* unbans.c - see unbans.h. The cursor of a walk is the number of an unban, not its place, because a
 * new unban is stored in the place of an evicted unban. */
#include "core/judge/unbans.h"

#include <string.h>

/* After UINT32_MAX, the next number is 0. It must get the next place of the ring, as each other
 * number does. This is so if UNBANS_MAX divides 2^32. */
_Static_assert((UNBANS_MAX & (UNBANS_MAX - 1)) == 0, "UNBANS_MAX must be a power of 2");

static struct unban *find_place(struct unbans *u, uint32_t number)
{
	return &u->ring[number % UNBANS_MAX];
}

bool unbans_note(struct unbans *u, const struct unban *unban)
{
	struct unban *place = find_place(u, u->next);
	bool full = u->n == UNBANS_MAX;
	bool evicts = full && instant_since(unban->time, place->time).ms <= UNBANS_KEPT.ms;

	*place = *unban;
	u->next++;
	u->n += !full;
	return evicts;
}

bool unbans_walk(const struct unbans *u, uint32_t *cursor, struct unban *out)
{
	if (*cursor == u->next)
		return false;
	if (u->next - *cursor > u->n) /* the walk begins, or the unban was evicted meanwhile */
		*cursor = u->next - u->n;
	*out = u->ring[(*cursor)++ % UNBANS_MAX];
	return true;
}

bool unbans_find(const struct unbans *u, const struct address *client, struct unban *out)
{
	for (uint32_t i = 1; i <= u->n; i++) {
		const struct unban *at = &u->ring[(u->next - i) % UNBANS_MAX];
		if (!address_equal(&at->client, client))
			continue;
		*out = *at;
		return true;
	}
	return false;
}

void unbans_shift(struct unbans *u, int64_t ms)
{
	for (uint32_t i = 0; i < u->n; i++) {
		int64_t at = find_place(u, u->next - 1 - i)->time.ms + ms;
		at = at < 0 ? 0 : at < INSTANT_MAX.ms ? at : INSTANT_MAX.ms;
		find_place(u, u->next - 1 - i)->time.ms = at;
	}
}

const char *unbans_reason(const char *word, size_t len)
{
	static const char *const reasons[] = {"manual", "allowed", "not_enforced"};

	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
		if (strlen(reasons[i]) == len && memcmp(reasons[i], word, len) == 0)
			return reasons[i];
	return NULL;
}
