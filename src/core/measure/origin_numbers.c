/* origin_numbers.c - see origin_numbers.h. */
#include "core/measure/origin_numbers.h"

#include <string.h>

#define WORD    64
#define STEP_MS 10000

static bool has_come(const struct origin_numbers *n, uint64_t seq)
{
	return n->bits[seq % ORIGIN_NUMBERS / WORD] >> (seq % WORD) & 1;
}

static void mark_come(struct origin_numbers *n, uint64_t seq)
{
	n->bits[seq % ORIGIN_NUMBERS / WORD] |= UINT64_C(1) << (seq % WORD);
}

static void clear_come(struct origin_numbers *n, uint64_t seq)
{
	n->bits[seq % ORIGIN_NUMBERS / WORD] &= ~(UINT64_C(1) << (seq % WORD));
}

void origin_numbers_begin(struct origin_numbers *n, uint64_t first, struct instant now)
{
	memset(n, 0, sizeof *n);
	n->seq = n->settled = n->overdue_to = first - 1;
	n->step = now;
	for (int k = 0; k < ORIGIN_NUMBERS_STEPS; k++)
		n->heads[k] = n->seq;
}

void origin_numbers_restore(struct origin_numbers *n, uint64_t seq, struct instant now)
{
	origin_numbers_begin(n, seq + 1, now);
	memset(n->bits, 0xff, sizeof n->bits);
}

/* Makes `seq` the highest number. */
static void advance_to(struct origin_numbers *n, uint64_t seq)
{
	uint64_t between = seq - n->seq - 1;

	if (between >= ORIGIN_NUMBERS)
		memset(n->bits, 0, sizeof n->bits);
	else
		for (uint64_t k = n->seq + 1; k <= seq; k++)
			clear_come(n, k);
	n->missing += between;
	n->seq = seq;
	n->jumped = 0;
	mark_come(n, seq);
}

static enum origins_place place_ahead(struct origin_numbers *n, uint64_t seq, bool resumed)
{
	uint64_t apart = seq > n->jumped ? seq - n->jumped : n->jumped - seq;
	bool far = seq - n->seq > ORIGIN_NUMBERS_JUMP_MAX;
	bool confirmed = n->jumped && apart > 0 && apart <= ORIGIN_NUMBERS_JUMP_MAX;

	if (far && !confirmed) {
		n->jumped = seq;
		return ORIGINS_JUMPED;
	}
	advance_to(n, seq);
	/* the lines before this number may have arrived after the memory file was written */
	if (resumed) {
		n->settled = n->overdue_to = seq;
		n->missing = n->overdue = 0;
	}
	return ORIGINS_NEW;
}

enum origins_place origin_numbers_place(struct origin_numbers *n, uint64_t seq, bool resumed)
{
	if (seq > n->seq)
		return place_ahead(n, seq, resumed);
	if (n->seq - seq >= ORIGIN_NUMBERS)
		return ORIGINS_OLD;
	if (has_come(n, seq))
		return ORIGINS_REPEATED;
	mark_come(n, seq);
	n->missing -= seq > n->settled;
	n->overdue -= seq > n->settled && seq <= n->overdue_to;
	return ORIGINS_NEW;
}

/* Number of missing lines after `settled`, up to `to`. Numbers before the bitmap count as missing,
 * because their lines are no longer accepted. */
static uint64_t count_missing(const struct origin_numbers *n, uint64_t to)
{
	uint64_t from = n->settled + 1, missing = 0;

	if (n->seq >= ORIGIN_NUMBERS && from <= n->seq - ORIGIN_NUMBERS) {
		uint64_t last = n->seq - ORIGIN_NUMBERS < to ? n->seq - ORIGIN_NUMBERS : to;
		missing = last - from + 1;
		from = last + 1;
	}
	for (; from <= to; from++)
		missing += !has_come(n, from);
	return missing;
}

static uint64_t settle_to(struct origin_numbers *n, uint64_t to)
{
	uint64_t lost = n->missing && to > n->settled ? count_missing(n, to) : 0;

	n->missing -= lost;
	n->settled = to > n->settled ? to : n->settled;
	return lost;
}

uint64_t origin_numbers_check(struct origin_numbers *n, struct instant now)
{
	int64_t steps = instant_since(now, n->step).ms / STEP_MS;

	if (steps <= 0)
		return 0;
	n->step.ms += steps * STEP_MS;
	for (; steps > 0; steps = steps > ORIGIN_NUMBERS_STEPS ? ORIGIN_NUMBERS_STEPS : steps - 1) {
		memmove(n->heads + 1, n->heads, (ORIGIN_NUMBERS_STEPS - 1) * sizeof n->heads[0]);
		n->heads[0] = n->seq;
	}
	uint64_t lost = settle_to(n, n->heads[ORIGIN_NUMBERS_STEPS - 1]);
	n->overdue_to = n->heads[1] > n->settled ? n->heads[1] : n->settled;
	n->overdue = n->missing ? count_missing(n, n->overdue_to) : 0;
	return lost;
}

uint64_t origin_numbers_give_up(struct origin_numbers *n)
{
	uint64_t lost = n->missing;

	n->settled = n->overdue_to = n->seq;
	n->missing = n->overdue = 0;
	return lost;
}
