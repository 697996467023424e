/* site_failing.c - see site_failing.h.
 *
 * The number of errors alone does not decide. Guessers may cause as many errors as a broken API
 * that only a few clients poll. A client that made requests without an error for a while before it
 * failed is not a guesser. A client that gets ten errors in a moment has opened a page that lacks
 * its files.
 */
#include "core/judge/site_failing.h"

/* Minimum number of voters with a client that turned: a client that first makes requests without an
 * error, and then fails (see site_failing.h). One attacker may do this on purpose, and two clients
 * may do it by chance, so require three. */
#define TURNED_MIN 3
/* Minimum share of the active voters that have turned. On a busy site, about three clients fail by
 * chance at any time. */
#define TURNED_SHARE 0.05
/* Time in seconds within which the voters must turn. In two minutes, all clients that poll a broken
 * page or API have received an error. */
#define TURNED_S 120
/* A client can turn only if its visit is at least this old, in seconds. The time is longer than the
 * window, so that some of the client's earlier requests are no longer in the window. */
#define HERE_S 90
/* A client can turn only if it made at least this many requests of its visit before the window. A
 * single earlier request may be the page that a guesser loads first. */
#define GOOD_FEW 3
/* A client can turn only with at least this many own errors in the window. */
#define ERRORS_FEW 5
/* A burst, as from the files of a page: at least BURST_ERRORS errors, in at most BURST_SECONDS
 * different seconds. Errors one by one take longer. */
#define BURST_ERRORS  10
#define BURST_SECONDS 4
/* Minimum number of voters with a burst, and their minimum share of the voters that made
 * requests. */
#define BURSTS_MIN   3
#define BURSTS_SHARE 0.33
/* The failure is over when the number of errors in the window has been below a third of its highest
 * value (LOW_TIMES) for LOW_S seconds, the length of the window. By then, all errors of the failure
 * have left the window. */
#define LOW_TIMES 3
#define LOW_S     60

/* True if all errors of the visit came in the last 60 seconds, and the client made requests without
 * an error before. */
static bool has_turned(const struct client_counts *v, int64_t second)
{
	bool asked_before = v->before > 0 || v->visit.requests >= v->window.requests + GOOD_FEW;

	return v->window.own >= ERRORS_FEW &&
	       v->window.own >= CLIENTS_ERROR_SHARE * v->window.requests && asked_before &&
	       (uint32_t)second - v->visit.start >= HERE_S && v->visit.errors <= v->window.own;
}

/* Adds the voter with the time of its sign to the ring, the list of the newest signs. Returns the
 * number of voters whose signs are at most `within_s` seconds old, including this voter. Returns 0,
 * and adds nothing, if the voter already has a sign that is this new. */
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

/* `active` is the number of active clients. The number of active voters is not higher. So if `n`
 * voters are enough for `active`, the site fails, and the caller need not count the active
 * voters. */
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

	/* each voter counts once, because one guesser may make a burst after each pause */
	if (burst && ring_note(&f->bursty, voter, second, SITE_FAILING_MINUTES * 60)) {
		f->bursts[f->minute % SITE_FAILING_MINUTES]++;
		f->bursts_n++;
	}
	return has_turned(v, second) ? note_turned(f, voter, active, second) : 0;
}

/* Tests the last minute, then the last two minutes, and so on up to ten. */
static bool pages_fail(const struct site_failing *f, struct voters *voters, int64_t second)
{
	uint32_t bursts = 0;

	if (f->bursts_n < BURSTS_MIN) /* too few for any part of the ten minutes */
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
	/* each call of site_failing_step computes `pages` anew for its second, so earlier calls may
	 * be skipped */
	return !f->site;
}

/* Moves f->minute forward to `minute`, and sets the number of bursts of each new minute to 0. At
 * the start, and after ten minutes without a call, all ten numbers become 0. */
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

/* Ends the failure if errors have been low for long enough. */
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
