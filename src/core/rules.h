/* rules.h - counts and baselines -> a verdict, with its evidence.
 *
 * Path:    clients + site -> [rules] -> bans.   Pure: it keeps nothing.
 *
 * With rate = count / 60, per second:
 *   zscore       (rate - mean) / stddev > zscore          (default 3, tight 2)
 *   multiplier   rate > multiplier x mean                 (default 5, tight 3)
 * The site is judged on its requests and on its errors; a client on its requests, against the
 * site's baseline, from `min_requests` in the window on.
 *
 * A client is judged by the tight values when its error rate exceeds `error_surge` times
 * the site's mean error rate, and every client is while the site's requests are abnormal.
 */
#ifndef CORE_RULES_H
#define CORE_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The window of every rate, in seconds: a request counts in [now - 59 s, now]. */
#define RULES_WINDOW_S 60

enum rule { RULE_ZSCORE, RULE_MULTIPLIER, RULE_COUNT };

/* Why the tight values were used: bits of verdict.tight. */
enum tight {
	TIGHT_ERROR_SURGE = 1 << 0,
	TIGHT_SITE_SURGE = 1 << 1,
};

/* Where the mean and the standard deviation come from. */
enum baseline_source {
	BASELINE_FLOOR,  /* less traffic than the floor, or nothing measured yet */
	BASELINE_RECENT, /* the last 30 min */
	BASELINE_HOUR,   /* this hour of the day, on earlier days */
	BASELINE_SOURCE_COUNT
};

/* Per second, each at least its floor. */
struct baseline {
	double mean;
	double stddev;
	double error_mean;
	double error_stddev;
	enum baseline_source source; /* of mean and stddev */
	enum baseline_source error_source;
	bool ready; /* the warm-up is over: verdicts may be given */
};

struct rules_config {
	double zscore;
	double multiplier;
	double tight_zscore;
	double tight_multiplier;
	double error_surge;    /* times the site's mean error rate */
	uint32_t min_requests; /* in the window, before a client is judged by the site's baseline */
};

struct evidence {
	enum rule rule;
	double value; /* what was measured, in rule_unit(rule) */
	double limit; /* what it exceeded, in the same unit */
};

struct verdict {
	size_t evidence_n; /* rules that hold; 0: nothing to say */
	struct evidence evidence[RULE_COUNT];
	unsigned tight; /* bits of enum tight */
	double rate;    /* per second over the window */
	double mean;    /* what it was judged against */
	double stddev;
	double z; /* (rate - mean) / stddev */
	enum baseline_source source;
	uint32_t limit; /* requests in the window that the first rule to fire would allow */
};

/* True when a rule holds; *out is filled either way when the baseline is ready, else zeroed. */
bool rules_client(const struct rules_config *c, const struct baseline *b, uint32_t requests,
	uint32_t errors, bool site_surge, struct verdict *out);

/* One signal of the site: `count` in the window against its mean and standard deviation per
 * second. `tight` asks for the tight values, which end an anomaly. */
bool rules_site(const struct rules_config *c, const struct baseline *b, bool errors, uint64_t count,
	bool tight, struct verdict *out);

/* "zscore"; the word in options, events and manual. */
const char *rule_name(enum rule rule);
/* "stddev"; the unit of an evidence's value and limit. */
const char *rule_unit(enum rule rule);
const char *tight_name(enum tight bit);
const char *baseline_source_name(enum baseline_source source);

#endif
