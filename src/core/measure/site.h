/* site.h - the whole site's current rate, and its normal rate.
 *
 * Path:    line -> engine -> [site] -> rules. Pure: no I/O, no clock.
 * Window:  requests and errors of each of the last 60 s; a late line counts in its own second.
 * Normal:  per-second counts of the last 30 min in a ring. Mean and population standard deviation
 *          are computed every 60 s; each is at least its floor. Idle seconds count as zeros.
 * Attack:  during an attack, the caller closes seconds with learn = false. They are not added to
 *          the ring of normal seconds. A second ring stores every second, and site_accept copies it
 *          into the ring of normal seconds.
 * Hours:   24 slots by hour of the day (UTC) store the sums of the counts and of their squares over
 *          many days. Each new day halves the weight of the earlier days. A slot is used after 30
 *          min of learned seconds on earlier days. In its hour, the slot is the baseline if its
 *          mean is higher than the mean of the last 30 min. So a known busy hour is not an anomaly.
 * Cost:    O(1) per request and per second, O(1) per skipped idle hour. Sums are exact integers.
 * Memory:  fixed, allocated in site_new.
 */
#ifndef CORE_MEASURE_SITE_H
#define CORE_MEASURE_SITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/instant.h"

#define SITE_HOURS          24
#define SITE_HISTORY_STEP_S 10
#define SITE_HISTORY_MAX    180 /* number of steps: 30 min for the dashboard */
/* Maximum count of one second, which is more than any machine logs. A higher count is reduced to
 * this, so that sums of squares over SITE_BASELINE_S seconds fit in 64 bits. */
#define SITE_PER_S_MAX 10000000

/* Number of seconds of log time from which the recent baseline is computed. This is much longer
 * than most visits, and shorter than the hours over which traffic changes. */
#define SITE_BASELINE_S 1800
/* Seconds between two baselines: the length of the window. */
#define SITE_RECOMPUTE_S 60
/* Seconds before the thresholds apply, called the warm-up: the length of two windows. */
#define SITE_WARMUP_S 120
/* Minimum number of learned seconds, on earlier days, before the slot of an hour is used: half an
 * hour. */
#define SITE_HOUR_MIN_S 1800
/* Floors, per second: of the mean of requests, of their standard deviation, and of the mean and the
 * standard deviation of errors. Without them, a site that is idle at night would have a mean near
 * 0, and its first visitor in the morning would be abnormal. */
#define SITE_MEAN_FLOOR   1.0
#define SITE_STDDEV_FLOOR 0.5
#define SITE_ERROR_FLOOR  0.1

/* Sums over seconds: of counts and of their squares. */
struct site_sums {
	double seconds; /* a weight, which is halved each day in an hour's slot */
	double requests, requests_squared;
	double errors, errors_squared;
};

struct site_hour {
	struct site_sums sums;
	uint64_t learned; /* number of seconds, not halved */
};

/* The source of the mean and the standard deviation. */
enum baseline_source {
	BASELINE_FLOOR,  /* less traffic than the floor, or no second measured yet */
	BASELINE_RECENT, /* the last 30 min */
	BASELINE_HOUR,   /* this hour of the day, on earlier days */
	BASELINE_SOURCE_COUNT
};

/* Per second; each is at least its floor. */
struct baseline {
	double mean;
	double stddev;
	double error_mean;
	double error_stddev;
	enum baseline_source source; /* of mean and stddev */
	enum baseline_source error_source;
	bool ready; /* the warm-up is over, so the thresholds apply */
};

/* "floor", "recent" or "hour": the word in events and files. */
const char *baseline_source_name(enum baseline_source source);

struct site;

/* Returns NULL if memory is short. */
struct site *site_new(void);
void site_free(struct site *s);

/* Starts the run at its first second. Call it before anything is counted. */
void site_start(struct site *s, int64_t second);
bool site_started(const struct site *s);

/* The open second: the newest one, which is not closed yet. */
int64_t site_second(const struct site *s);

/* Counts requests at `second` (site_second - 59 .. site_second). */
void site_count(struct site *s, int64_t second, uint32_t requests, uint32_t errors);

/* Requests and errors in the 60 s that end with the open second. */
struct site_window {
	uint64_t requests;
	uint64_t errors;
};
struct site_window site_window(const struct site *s);

/* Closes the open second and opens the next. Returns true if the baseline was due. A baseline that
 * is due is computed again if its inputs have changed. */
bool site_close(struct site *s, bool learn);

/* Closes the open second and the quiet seconds after it, which have no requests. All of these
 * seconds are learned. Closes at most `most` seconds (at least 1), and stops after a second at
 * whose end the baseline is due. *renewed: true if the baseline was due. Returns the number of
 * closed seconds. The result is the same as from this many calls of site_close(s, true). */
int64_t site_close_quiet(struct site *s, int64_t most, bool *renewed);

/* Closes `seconds` idle seconds in one call; all are learned. The last SITE_BASELINE_S seconds must
 * have been empty. O(hours). */
void site_skip(struct site *s, int64_t seconds);

/* Empties the window and moves to another second. Baselines do not change. Called when the clock
 * was set. */
void site_jump(struct site *s, int64_t second);

/* Accepts the rates of the last 30 min as normal, even if they were an attack. */
void site_accept(struct site *s);

const struct baseline *site_baseline(const struct site *s);
/* A number that rises whenever the baseline has changed. */
uint64_t site_baselines(const struct site *s);

/* One hour of the day for the dashboard; all zeros: unknown. */
struct site_hour_rates {
	double mean, stddev, error_mean;
	uint64_t learned;
};
struct site_hour_rates site_hour(const struct site *s, int hour);

/* The last SITE_HISTORY_MAX steps of 10 s, oldest first, attacks included. The last step may be
 * incomplete. Returns the number of steps. */
size_t site_history(const struct site *s, uint32_t requests[SITE_HISTORY_MAX],
	uint32_t errors[SITE_HISTORY_MAX]);

/* The parts that a restart needs, for core/record/memory. Rings are oldest first. */
enum site_ring_kind {
	SITE_RING_LEARNED, /* the seconds from which the baseline is computed */
	SITE_RING_ALL,     /* every second */
	SITE_RING_COUNT
};
size_t site_ring_n(const struct site *s, enum site_ring_kind kind);
void site_ring_at(const struct site *s, enum site_ring_kind kind, size_t i, uint32_t *requests,
	uint32_t *errors);
/* Appends a second from the memory file. Call it only before site_start. */
void site_ring_restore(
	struct site *s, enum site_ring_kind kind, uint32_t requests, uint32_t errors);
/* The sums of an hour of the day, over earlier days. */
struct site_hour site_hour_sums(const struct site *s, int hour);
void site_hour_restore(struct site *s, int hour, const struct site_hour *h);
/* The sums of the current hour, today; *since: the hour's number since 1970. */
struct site_sums site_today(const struct site *s, int64_t *since);
void site_today_restore(struct site *s, const struct site_sums *sums, int64_t since);
/* Number of seconds closed, in this run and earlier ones. It decides the end of the warm-up, and
 * when baselines are due. */
uint64_t site_age(const struct site *s);
void site_age_restore(struct site *s, uint64_t seconds);

#endif
