/* recent_lines.c - see recent_lines.h. line_quality reports an event once per run, as soon as one
 * minute is bad. This file gives the current shares, and so also shows the end of a fault. */
#include "core/measure/recent_lines.h"

static double lower_of(double a, double b)
{
	return a < b ? a : b;
}

/* Number of lines of the current block. Foreign lines are not counted if they are usual. */
static uint64_t judged_lines(const struct recent_lines *r)
{
	return r->foreign_usual ? r->lines - r->flawed[RECENT_FOREIGN] : r->lines;
}

/* Learns whether foreign lines are usual. The answer changes only when foreign_s reaches 0 or its
 * maximum. */
static void learn_foreign(struct recent_lines *r, int64_t seconds)
{
	if (r->requests == 0) { /* a later block will show whether the log contains requests, too */
		r->unsure_s += seconds < RECENT_LINES_USUAL_S ? seconds : RECENT_LINES_USUAL_S;
		return;
	}
	if (r->flawed[RECENT_FOREIGN] > r->lines / 2)
		r->foreign_s += seconds + r->unsure_s;
	else
		r->foreign_s -= seconds;
	r->unsure_s = 0;
	if (r->foreign_s <= 0) {
		r->foreign_s = 0;
		r->foreign_usual = false;
	} else if (r->foreign_s >= RECENT_LINES_USUAL_S) {
		r->foreign_s = RECENT_LINES_USUAL_S;
		r->foreign_usual = true;
	}
}

static struct recent_shares shares_of(const struct recent_lines *r)
{
	uint64_t foreign = r->foreign_usual ? 0 : r->flawed[RECENT_FOREIGN];
	double n = (double)judged_lines(r);

	return (struct recent_shares){
		.bad = (double)(r->bad + foreign) / n,
		.flaws = {[RECENT_REJECTED] = (double)(r->flawed[RECENT_REJECTED] + foreign) / n,
			[RECENT_LATE] = (double)r->flawed[RECENT_LATE] / n,
			[RECENT_NO_STATUS] = (double)r->flawed[RECENT_NO_STATUS] / n},
	};
}

void recent_lines_restart(struct recent_lines *r)
{
	r->lines = r->requests = r->bad = 0;
	for (int k = 0; k < RECENT_FLAWS; k++)
		r->flawed[k] = 0;
}

void recent_lines_tick(struct recent_lines *r, struct instant wall)
{
	struct span d = instant_since(wall, r->began);

	if (d.ms < RECENT_LINES_BLOCK_S * 1000 || judged_lines(r) < RECENT_LINES_LEAST)
		return;
	r->closed[1] = r->closed[0];
	r->closed[0] = shares_of(r);
	learn_foreign(r, span_to_seconds(d));
	recent_lines_restart(r);
}

void recent_lines_note(struct recent_lines *r, unsigned flaws, struct instant wall)
{
	recent_lines_tick(r, wall);
	if (r->lines == 0)
		r->began = wall;
	r->lines++;
	r->requests += !(flaws & (1u << RECENT_REJECTED | 1u << RECENT_FOREIGN));
	r->bad += flaws && !(flaws & 1u << RECENT_FOREIGN);
	for (int k = 0; k < RECENT_FLAWS; k++)
		r->flawed[k] += flaws >> k & 1;
}

struct recent_shares recent_lines_shares(const struct recent_lines *r)
{
	const struct recent_shares *a = &r->closed[0], *b = &r->closed[1];
	struct recent_shares s = {.bad = lower_of(a->bad, b->bad)};

	for (int k = 0; k < RECENT_FOREIGN; k++)
		s.flaws[k] = lower_of(a->flaws[k], b->flaws[k]);
	return s;
}
