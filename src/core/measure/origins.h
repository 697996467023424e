/* origins.h - hosts that send counts: which lines are new, what is missing, what is silent.
 *
 * Path:    counts_read -> engine -> [origins] -> engine, event. Pure: the wall clock is given.
 * Repeats: brokers deliver lines twice and out of order. Each line has a run (when its sender
 *          began) and a number in it, of which a bitmap holds whether it came (origin_numbers.h).
 * Jumps:   a number that is over 10,000 ahead moves the bitmap only when a second line confirms
 *          it, so that one wrong line cannot make all that follow old.
 * Runs:    a newer run begins anew. An older one is refused; but when the origin has been silent
 *          for 30 s, it counts again if its lines are newer than all before: its sender began again
 *          after its clock was set back. The run that it replaces does not come back.
 * Ahead:   the seconds of a host whose clock is over 2 s ahead are moved back by the most that a
 *          line of its run was ahead. Else a backlog would count in one second, the newest. A line
 *          that is ahead by more than any before is refused: it is one of a backlog, or the first.
 * Trouble: lines that are missing for 10 to 20 s, an origin that is silent for 30 s, a clock that
 *          is wrong by over 2 s, two hosts under one name; each from a first report to one that it
 *          is over.
 * Memory:  8.4 KiB for each origin, taken when it comes; at most ORIGINS_MAX of them. When all are
 *          used, the one that has been silent longest makes room, if that is for 30 s.
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

/* An origin that has been silent for so long is forgotten. */
#define ORIGINS_FORGET_S (7 * 86400)

enum origin_trouble {
	ORIGIN_MISSING,
	ORIGIN_SILENT,
	ORIGIN_CLOCK,
	ORIGIN_DUPLICATE, /* lines of an older run come beside those of the newest */
	ORIGIN_TROUBLES
};

/* What is known of one line. */
struct origins_line {
	const char *name; /* 1..ORIGINS_NAME_MAX bytes, NUL-terminated */
	uint64_t run, seq;
	/* Of the second that it is about; of a heartbeat: when it was sent. origins_note moves it
	 * back for a host whose clock is ahead. */
	struct instant time;
	bool heartbeat;
	uint32_t clients;
};

/* One origin, as others see it. */
struct origin {
	char name[ORIGINS_NAME_MAX + 1];
	uint64_t run;
	uint64_t seq;         /* the highest number of the run */
	bool restored;        /* from memory, and not heard since */
	struct instant heard; /* when its last new line came; restored: it is silent from then on */
	struct instant time;  /* the newest time of its lines, at most when they came */
	double offset_s;      /* its clock less ours: > 0: ahead. The smallest of 20 to 30 s */
	double lines_per_s;   /* of the last 10 s */
	double clients_per_s; /* elements, likewise */
	uint64_t missing;     /* numbers of the run that have not come for 10 s or more */
	uint64_t lost;        /* those that were given up, over all runs */
	bool in[ORIGIN_TROUBLES];
	struct instant since[ORIGIN_TROUBLES]; /* meaningful while in it */
};

struct origins;

/* What changed: an origin is in a trouble now, or is over it. `o` is meaningful during the call. */
typedef void origins_report(
	void *ctx, const struct origin *o, enum origin_trouble trouble, struct instant now);

/* NULL when memory is short. Live: clocks are compared, and `now` is the wall clock. */
struct origins *origins_new(struct hash_key key, bool live);
void origins_free(struct origins *all);

/* Where a line belongs that came at `now`. *index: which origin it is, 0..ORIGINS_MAX - 1, in the
 * order in which origins came; meaningful with ORIGINS_NEW. */
enum origins_place origins_note(
	struct origins *all, struct origins_line *line, struct instant now, uint32_t *index);

/* Once per second: reports what changed. */
void origins_check(struct origins *all, struct instant now, origins_report *report, void *ctx);

/* The end of input: numbers that are missing are lost. */
void origins_end(struct origins *all);

/* The clock was set: all that is in the past moves by `ms`. */
void origins_shift(struct origins *all, int64_t ms);

uint32_t origins_n(const struct origins *all);

/* Number k of origins_n, in the order in which they came. */
const struct origin *origins_get(const struct origins *all, uint32_t k);

/* Puts back what was remembered: name, run, seq, time; before any line. All numbers up to seq have
 * come. It is silent from the first call of origins_note or origins_check on; forgotten there, if
 * its time is that old. False when it is there, the table is full or memory is short. */
bool origins_restore(struct origins *all, const struct origin *o);

/* Ever: lines that never came; origins that made room. */
uint64_t origins_lost(const struct origins *all);
uint64_t origins_evicted(const struct origins *all);

const char *origin_trouble_name(enum origin_trouble trouble);

#endif
