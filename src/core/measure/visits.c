/* visits.c - see visits.h. */
#include "core/measure/visits.h"

#include <math.h>
#include <stdlib.h>

#include "core/measure/teachers.h"

#define DAY_S 86400
/* The limit of a visit's requests is at least this many times the highest known number, because a
 * value that was normal once stays normal. The 60-s limits have no bound like this. Bursts of up to
 * twice a 60-s limit are not banned, so they would raise the limit through such a bound. */
#define ABOVE_HIGHEST 1.25
/* Used in the place of ABOVE_HIGHEST until limits are learned, for all limits except the marks.
 * This factor is higher because the variance of so few visits is unknown. */
#define ABOVE_FEW 1.5
/* Fewer errors than this in a visit show nothing. */
#define ERRORS_FEW 5
#define MOSTLY     0.5
/* The weights of visits never decay below a total of this many visits. Otherwise a site with 5
 * visits per day would never know more than 7 visits. */
#define KEPT 1000

/* Number of visits from which limits are learned. A site with 5 visits per day has 35 after a
 * week. */
#define KNOWN_FROM 30
/* Maximum factor by which a limit may rise in 24 h. Clients that teach ever larger visits need 8
 * days to raise a limit to 25 times its value. While fewer than GROWTH_FROM visits are known,
 * limits are still coarse, and may rise without this bound. */
#define GROWTH      1.5
#define GROWTH_FROM 1000
/* Share of visits, the highest ones, from which a limit is extrapolated. While fewer than TOP_MANY
 * visits are known, a larger share is used, too: see extrapolate_limit. */
#define TOP_SHARE     0.01
#define TOP_SHARE_FEW 0.05
#define TOP_MANY      1000
/* Maximum factor from the highest known value to a learned limit. Without it, the limit from a few
 * visits could have any value. */
#define BEYOND_HIGHEST 2.0
/* Share of visits that are over a mark of swarms: see swarm.h. */
#define MARK_SHARE 0.01
/* Maximum number of clients of an IPv4 /24 or IPv6 /48 that may teach in 24 h, so that no single
 * network determines a limit. */
#define PER_NETWORK 8
/* Milliseconds in which known visits lose half their weight: a day, so that limits are learned from
 * all hours of the day. */
#define HALF_LIFE_MS ((int64_t)DAY_S * 1000)
/* Number of visits that may wait until limits are needed, or until the next decay. */
#define WAITING_MAX 16

struct visits {
	struct visits_config config;
	double share; /* the share of a weight that remains after share_after */
	struct span share_after;
	struct teachers *taught;
	struct visits_memory memory;
	struct limits limits;
	bool taught_since; /* visits have taught since the last decay: a
			    * small weight may still have to be dropped */
	bool stale;        /* limits have not been computed since the last visits_learn, because no
			    * caller has needed them */
	int64_t learned;   /* second of the last visits_learn */
	/* Visits that taught while limits are stale: the limits must be computed from earlier
	 * visits only. */
	struct visit waiting[WAITING_MAX];
	uint32_t waiting_n;
};

static void set_cold(struct visits *v)
{
	for (int k = 0; k < LIMIT_COUNT; k++)
		v->limits.most[k] = v->config.cold[k];
}

/* The floor of a visit's requests is 330 in a lap of 600 s, because a program that polls every 2 s
 * makes 300. The visit mark is at least 60: see swarm.h. The cold limits of errors are equal to
 * their floors, so a new site bans a scan as early as other sites do. There is no mark until limits
 * are learned. */
struct visits_config visits_config_of(double risk, double requests_floor)
{
	return (struct visits_config){
		.risk = risk,
		.floor = {requests_floor, VISITS_ERRORS_FLOOR, 330, 30, 30, 60},
		.cold = {requests_floor * 5 / 3, VISITS_ERRORS_FLOOR, 600, 30, UINT32_MAX,
			UINT32_MAX},
	};
}

struct visits *visits_new(const struct visits_config *config, uint32_t clients, struct hash_key key)
{
	struct visits *v = calloc(1, sizeof *v);

	if (!v)
		return NULL;
	v->config = *config;
	v->taught = teachers_new(clients, PER_NETWORK, key);
	if (!v->taught) {
		visits_free(v);
		return NULL;
	}
	set_cold(v);
	return v;
}

void visits_free(struct visits *v)
{
	if (v)
		teachers_free(v->taught);
	free(v);
}

/* True if errors are at least `share` of the visit, and numerous enough to count. The visit has
 * requests. */
static bool has_errors(const struct visit *visit, double share)
{
	return visit->errors >= ERRORS_FEW && (double)visit->errors / visit->requests >= share;
}

static void add_visit(struct visits *v, const struct visit *visit)
{
	struct histogram *t = v->memory.histograms;

	histogram_add(&t[LIMIT_REQUESTS], visit->peak);
	histogram_add(&t[LIMIT_VISIT_REQUESTS], visit->requests);
	if (has_errors(visit, CLIENTS_ERROR_SHARE))
		return;
	histogram_add(&t[LIMIT_ERRORS], visit->error_peak);
	histogram_add(&t[LIMIT_VISIT_ERRORS], visit->errors);
}

static void add_waiting(struct visits *v)
{
	for (uint32_t i = 0; i < v->waiting_n; i++)
		add_visit(v, &v->waiting[i]);
	v->waiting_n = 0;
}

void visits_teach(
	struct visits *v, const struct address *client, const struct visit *visit, int64_t second)
{
	if (visit->requests == 0 || visit->first != visit->start) /* a later lap */
		return;
	if (has_errors(visit, MOSTLY))
		return;
	if (visit->errors == UINT16_MAX) /* the count is saturated, so its share is unknown */
		return;
	if (!teachers_admit(v->taught, client, second))
		return;
	v->taught_since = true;
	if (v->waiting_n == WAITING_MAX)
		visits_limits(v);
	if (v->stale)
		v->waiting[v->waiting_n++] = *visit;
	else
		add_visit(v, visit);
}

/* Once a day limits become anchors. No limit rises above GROWTH times its last anchor, or GROWTH
 * times its floor if the floor is higher, because floors may have been raised since. */
static void bound_growth(struct visits *v, double most[LIMIT_COUNT], int64_t second)
{
	struct visits_memory *m = &v->memory;
	bool first = m->anchor[0] <= 0;

	for (int k = 0; k < LIMIT_COUNT && !first; k++)
		most[k] = fmin(most[k], GROWTH * fmax(m->anchor[k], v->config.floor[k]));
	if (!first && second - m->anchored < DAY_S)
		return;
	for (int k = 0; k < LIMIT_COUNT; k++)
		m->anchor[k] = most[k];
	m->anchored = second;
}

/* If only a few hundred visits are known, 1 % of them is only a handful. But 5 % includes ordinary
 * visits, whose tail index is lower. So the higher of the two limits is used. Measured on eight
 * logs with 5 % alone: when 923 visits were known, two clients that polled steadily at 0.55
 * requests per second were banned. When 1034 visits were known, these clients were not banned. With
 * both shares there were 1.4 probable false bans per 10,000 clients instead of 3.6, and 0.1 % fewer
 * attack requests were stopped. */
static double extrapolate_limit(const struct histogram *t, double visits, double risk)
{
	double limit = histogram_extrapolate(t, TOP_SHARE, risk, BEYOND_HIGHEST);

	if (visits >= TOP_MANY)
		return limit;
	return fmax(limit, histogram_extrapolate(t, TOP_SHARE_FEW, risk, BEYOND_HIGHEST));
}

/* Number of visits in the histograms. */
static double known_n(const struct visits *v)
{
	return v->memory.histograms[LIMIT_REQUESTS].total;
}

static void make_limits(struct visits *v, int64_t second)
{
	const struct histogram *t = v->memory.histograms;
	double n = known_n(v);
	double most[LIMIT_COUNT];

	v->memory.known |= n >= KNOWN_FROM;
	v->limits.known = v->memory.known;
	/* a site behind a content delivery network has only a few clients: the highest value is all
	 * that is known about a limit */
	if (!v->limits.known) {
		for (int k = 0; k < LIMIT_HISTOGRAMS; k++)
			v->limits.most[k] =
				fmax(v->config.cold[k], histogram_highest(&t[k]) * ABOVE_FEW);
		return;
	}
	for (int k = 0; k < LIMIT_HISTOGRAMS; k++)
		most[k] = extrapolate_limit(&t[k], n, v->config.risk);
	most[LIMIT_VISIT_REQUESTS] = fmax(most[LIMIT_VISIT_REQUESTS],
		histogram_highest(&t[LIMIT_VISIT_REQUESTS]) * ABOVE_HIGHEST);
	most[LIMIT_MARK] = histogram_quantile(&t[LIMIT_REQUESTS], MARK_SHARE);
	most[LIMIT_VISIT_MARK] = histogram_quantile(&t[LIMIT_VISIT_REQUESTS], MARK_SHARE);
	for (int k = 0; k < LIMIT_COUNT; k++)
		most[k] = fmax(most[k], v->config.floor[k]);
	if (n >= GROWTH_FROM || v->memory.anchor[0] > 0)
		bound_growth(v, most, second);
	for (int k = 0; k < LIMIT_COUNT; k++)
		v->limits.most[k] = most[k];
}

/* The share of a weight that remains after `elapsed`. `elapsed` is nearly always 60 s, so the last
 * result is stored. */
static double share_left(struct visits *v, struct span elapsed)
{
	if (elapsed.ms != v->share_after.ms) {
		v->share = exp2(-(double)elapsed.ms / (double)HALF_LIFE_MS);
		v->share_after = elapsed;
	}
	return v->share;
}

/* True if limits become anchors now, so that they must be computed now. */
static bool is_anchor_due(const struct visits *v, int64_t second)
{
	const struct visits_memory *m = &v->memory;

	return m->anchor[0] > 0 ? second - m->anchored >= DAY_S : known_n(v) >= GROWTH_FROM;
}

void visits_learn(struct visits *v, int64_t second, struct span elapsed)
{
	add_waiting(v);
	double n = known_n(v);
	/* while at most KEPT visits are known, they keep their weight: otherwise a small site's
	 * limits would be forgotten as fast as they are learned */
	double share = n > KEPT ? fmax(share_left(v, elapsed), KEPT / n) : 1;

	if (share == 1 && !v->taught_since && !is_anchor_due(v, second))
		return; /* limits stay the same, or will be computed when needed */
	histogram_decay(v->memory.histograms, share);
	v->taught_since = false;
	v->learned = second;
	v->memory.known |= known_n(v) >= KNOWN_FROM;
	v->stale = !is_anchor_due(v, second);
	if (!v->stale) {
		make_limits(v, second);
		/* the growth of the next limits is measured from the new anchors */
		v->taught_since = true;
	}
}

void visits_shift(struct visits *v, int64_t seconds)
{
	if (v->memory.anchored)
		v->memory.anchored += seconds;
	teachers_shift(v->taught, seconds);
}

const struct limits *visits_limits(struct visits *v)
{
	if (v->stale)
		make_limits(v, v->learned);
	v->stale = false;
	add_waiting(v);
	return &v->limits;
}

bool visits_known(const struct visits *v)
{
	return v->memory.known;
}

void visits_least(const struct visits *v, double least[LIMIT_COUNT])
{
	for (int k = 0; k < LIMIT_COUNT; k++)
		least[k] = fmin(v->config.floor[k], v->config.cold[k]);
}

double visits_n(struct visits *v)
{
	visits_limits(v);
	return known_n(v);
}

const struct visits_memory *visits_memory(struct visits *v)
{
	visits_limits(v);
	return &v->memory;
}

void visits_restore(struct visits *v, const struct visits_memory *m)
{
	v->memory = *m;
	v->waiting_n = 0;
	histogram_sum(v->memory.histograms);
	v->taught_since = true;
	v->stale = false;
	make_limits(v, m->anchored);
}

struct teachers *visits_teachers(const struct visits *v)
{
	return v->taught;
}
