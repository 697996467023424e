/* site_failing.c - see site_failing.h.
 *
 * Why the way in which clients come to their errors, and not the number of errors: guessers raise
 * the errors of the whole site as an API that is gone does, and few clients poll that API. A client
 * that made good requests for a while before it failed is no guesser; one that gets ten errors at
 * once has opened a page.
 */
#include "core/judge/site_failing.h"

/* One that turns may be up to something, two may be so by chance. */
#define TURNED_MIN 3
/* Of the active clients: on a busy site three at a time are always unlucky. */
#define TURNED_SHARE 0.05
/* What fails for all is met by who polls it within two minutes. */
#define TURNED_S 120
/* More than a window: some of what it did before is not in the window any more. */
#define HERE_S 90
/* Requests before the window; a single one is the page that a guesser looks at first. */
#define GOOD_FEW 3
/* Own errors in the window: fewer say nothing. */
#define ERRORS_FEW 5
/* Errors of a page's files: so many, in so few different seconds. One by one they take longer. */
#define BURST_ERRORS  10
#define BURST_SECONDS 4
/* Voters with such a burst, and their share of those that came. */
#define BURSTS_MIN   3
#define BURSTS_SHARE 0.33
/* Errors are low, a third of their highest, for a window: none of the failure's is in it. */
#define LOW_TIMES 3
#define LOW_S     60

/* All errors of its visit are of the last minute, and it asked for things before. */
static bool has_turned(const struct client_counts *v, int64_t second)
{
	bool asked_before = v->before > 0 || v->visit.requests >= v->window.requests + GOOD_FEW;

	return v->window.own >= ERRORS_FEW &&
	       v->window.own >= CLIENTS_ERROR_SHARE * v->window.requests && asked_before &&
	       (uint32_t)second - v->visit.start >= HERE_S && v->visit.errors <= v->window.own;
}

/* Puts a voter into a ring, once. Returns how many of the last `within_s` are in it then, or 0 if
 * the voter was one of them already. */
static uint32_t ring_note(
	struct site_failing_ring *r, const struct address *voter, int64_t second, int64_t within_s)
{
	uint32_t n = 1;

	for (int k = 0; k < SITE_FAILING_RING; k++) {
		const struct site_failing_sign *t = &r->signs[k];
		bool lately = t->second && second - t->second <= within_s;
		if (lately && address_equal(&t->voter, voter))
			return 0;
		n += lately;
	}
	r->signs[r->next] = (struct site_failing_sign){*voter, second};
	r->next = (r->next + 1) % SITE_FAILING_RING;
	return n < SITE_FAILING_RING ? n : SITE_FAILING_RING;
}

uint32_t site_failing_most(uint32_t turned)
{
	return (uint32_t)(turned / TURNED_SHARE);
}

void site_failing_weigh(struct site_failing *f, uint32_t turned, uint32_t active)
{
	if (turned >= TURNED_SHARE * active || turned == SITE_FAILING_RING)
		f->site = true;
}

/* Voters are no more than clients: often these are few enough already. */
static uint32_t note_turned(
	struct site_failing *f, const struct address *voter, uint32_t active, int64_t second)
{
	uint32_t n = ring_note(&f->turned, voter, second, TURNED_S);

	if (n < TURNED_MIN || f->site)
		return 0;
	site_failing_weigh(f, n, active);
	return f->site ? 0 : n;
}

uint32_t site_failing_note(struct site_failing *f, const struct address *voter,
	const struct client_counts *v, uint32_t n, uint32_t active, int64_t second)
{
	bool burst = v->visit.errors >= BURST_ERRORS && v->visit.errors - n < BURST_ERRORS &&
		     v->window.seconds <= BURST_SECONDS;

	/* a voter counts once: a guesser with pauses is not a crowd */
	if (burst && ring_note(&f->bursty, voter, second, SITE_FAILING_MINUTES * 60)) {
		f->bursts[f->minute % SITE_FAILING_MINUTES]++;
		f->bursts_n++;
	}
	return has_turned(v, second) ? note_turned(f, voter, active, second) : 0;
}

/* Over the last minute, or the last two, and so on up to ten. */
static bool pages_fail(const struct site_failing *f, struct voters *voters, int64_t second)
{
	uint32_t bursts = 0;

	if (f->bursts_n < BURSTS_MIN) /* in no part of the ten minutes, either */
		return false;
	for (int k = 0; k < SITE_FAILING_MINUTES && f->minute - k >= 0; k++) {
		int64_t at = (f->minute - k) % SITE_FAILING_MINUTES;
		bursts += f->bursts[at];
		if (bursts >= BURSTS_MIN &&
			bursts >= BURSTS_SHARE * voters_came(voters, k + 1, second))
			return true;
	}
	return false;
}

bool site_failing_rests(const struct site_failing *f)
{
	return !f->site; /* whether pages do follows from the second alone */
}

/* Opens the minutes up to `minute`. At the start, and after ten of silence, nothing is known. */
static void turn_minutes(struct site_failing *f, int64_t minute)
{
	if (f->minute == 0 || minute - f->minute >= SITE_FAILING_MINUTES) {
		for (int k = 0; k < SITE_FAILING_MINUTES; k++)
			f->bursts[k] = 0;
		f->bursts_n = 0;
		f->minute = minute;
	}
	while (f->minute < minute) {
		uint32_t *oldest = &f->bursts[++f->minute % SITE_FAILING_MINUTES];
		f->bursts_n -= *oldest;
		*oldest = 0;
	}
}

/* The failure is over when errors have been low for long enough. */
static void watch_end(struct site_failing *f, uint64_t errors)
{
	f->highest = errors > f->highest ? errors : f->highest;
	f->low_s = LOW_TIMES * errors < f->highest ? f->low_s + 1 : 0;
	if (f->low_s < LOW_S)
		return;
	f->site = false;
	f->highest = 0;
	f->low_s = 0;
}

void site_failing_step(
	struct site_failing *f, uint64_t errors, struct voters *voters, int64_t second)
{
	turn_minutes(f, second / 60);
	f->pages = pages_fail(f, voters, second);
	if (f->site)
		watch_end(f, errors);
}
