/* origins.h - the hosts that send counts: new lines, missing lines, silent hosts.
 *
 * Path:    counts_read -> engine -> [origins] -> engine, event. Pure: `now` is an argument.
 * Repeats: brokers deliver lines twice and out of order. Each line has a run (the time when its
 *          sender began) and a number in this run. A bitmap marks the numbers that have come
 *          (origin_numbers.h).
 * Jumps:   a number over 10,000 ahead moves the bitmap only when a second line confirms it.
 *          Otherwise one wrong line could make all later ones old.
 * Runs:    a newer run replaces the one before. Lines of an older run do not count. There is one
 *          exception: the origin has been silent for 30 s, and the older run's lines are newer than
 *          all before. Then its sender started again after its clock was set back. A run that was
 *          replaced in this way does not come back.
 * Ahead:   if a host's clock is over 2 s ahead, its seconds are moved back by the most that a line
 *          of its run was ahead. Otherwise a backlog would count in one second, the newest. A line
 *          further ahead than any before is rejected: it is the first, or one of a backlog.
 * Trouble: lines are missing for 10 to 20 s; an origin is silent for 30 s; a clock is wrong by over
 *          2 s; two hosts have one name. The beginning and the end of each are reported.
 * Memory:  8.4 KiB per origin, taken when it comes; at most ORIGINS_MAX origins. When the table is
 *          full, the origin with the longest silence is evicted, if this is over 30 s.
 */
#ifndef CORE_MEASURE_ORIGINS_H
#define CORE_MEASURE_ORIGINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/hash.h"
#include "core/base/instant.h"
#include "core/measure/origin_numbers.h"

#define ORIGINS_MAX      4096
#define ORIGINS_NAME_MAX 63

/* An origin is forgotten after this silence. */
#define ORIGINS_FORGET_S (7 * 86400)

enum origin_trouble {
	ORIGIN_MISSING,
	ORIGIN_SILENT,
	ORIGIN_CLOCK,
	ORIGIN_DUPLICATE, /* lines of an older run come together with those of the newest */
	ORIGIN_TROUBLES
};

/* The values of one line that origins_note needs. */
struct origins_line {
	const char *name; /* 1..ORIGINS_NAME_MAX bytes, NUL-terminated */
	uint64_t run, seq;
	/* The second that the line counts, or the time when a heartbeat was sent. origins_note
	 * moves it back for a host whose clock is ahead. */
	struct instant time;
	bool heartbeat;
	uint32_t clients;
};

/* One origin, as other modules see it. */
struct origin {
	char name[ORIGINS_NAME_MAX + 1];
	uint64_t run;
	uint64_t seq;         /* the highest number of the run */
	bool restored;        /* from the memory file, and no line has come since */
	struct instant heard; /* when its last new line came; restored:
			       * when this run began to listen */
	struct instant time;  /* the newest time in its lines, but never later than their arrival */
	double offset_s;      /* its clock minus ours: > 0: ahead;
			       * by the smallest delay of 20 to 30 s */
	double lines_per_s;   /* in the last 10 s */
	double clients_per_s; /* clients in its lines, in the last 10 s */
	uint64_t missing;     /* numbers of the run that have been missing for 10 s or more */
	uint64_t lost;        /* numbers that were given up, in all runs */
	bool in[ORIGIN_TROUBLES];
	struct instant since[ORIGIN_TROUBLES]; /* valid while the same element of `in` is true */
};

struct origins;

/* Reports a change: an origin has a trouble from now on, or no longer has it. `o` is valid during
 * the call. */
typedef void origins_report(
	void *ctx, const struct origin *o, enum origin_trouble trouble, struct instant now);

/* NULL when memory is short. Live: clocks are compared, and `now` is the wall clock. */
struct origins *origins_new(struct hash_key key, bool live);
void origins_free(struct origins *all);

/* Places a line that came at `now`. With ORIGINS_NEW, *index is the origin's number, 0..ORIGINS_MAX
 * - 1, in the order in which origins came. */
enum origins_place origins_note(
	struct origins *all, struct origins_line *line, struct instant now, uint32_t *index);

/* Called once per second: reports changes. */
void origins_check(struct origins *all, struct instant now, origins_report *report, void *ctx);

/* Called at the end of input: missing numbers are lost. */
void origins_end(struct origins *all);

/* The clock was set: moves all past times by `ms`. */
void origins_shift(struct origins *all, int64_t ms);

uint32_t origins_n(const struct origins *all);

/* Number k of origins_n, in the order in which they came. */
const struct origin *origins_get(const struct origins *all, uint32_t k);

/* Restores an origin from the memory file: name, run, seq and time. Called before any line. All
 * numbers up to seq have come. Its silence begins at the first call of origins_note or
 * origins_check, which forgets it if its time is over ORIGINS_FORGET_S ago. False if the origin is
 * already there, the table is full or memory is short. */
bool origins_restore(struct origins *all, const struct origin *o);

/* Since the start: number of lost lines, and of evicted origins. */
uint64_t origins_lost(const struct origins *all);
uint64_t origins_evicted(const struct origins *all);

const char *origin_trouble_name(enum origin_trouble trouble);

#endif
