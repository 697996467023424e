/* origins.h - hosts that send counts: which lines are new, what is missing, what is silent.
 *
 * Path:    counts_read -> engine -> [origins] -> engine, event. Pure: the wall clock is given.
 * Repeats: brokers deliver lines twice and out of order. Each line has a run (when its sender
 *          began) and a number in it. A bitmap for each origin holds which of the newest 65,536
 *          numbers have come.
 * Jumps:   a number that is over 10,000 ahead moves the bitmap only when a second line confirms
 *          it, so that one wrong line cannot make all that follow old.
 * Runs:    a newer run begins anew. An older one is refused; but when the origin has been silent
 *          for 30 s, it counts again if its lines are newer than all before: its sender began again
 *          after its clock was set back.
 * Trouble: lines that are missing for 10 s, an origin that is silent for 30 s, and a clock that is
 *          wrong by over 2 s, each from a first report to one that it is over.
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

#define ORIGINS_MAX      4096
#define ORIGINS_NUMBERS  65536 /* numbers of one origin that are told apart */
#define ORIGINS_JUMP_MAX 10000
#define ORIGINS_NAME_MAX 63

/* An origin that has been silent for so long is forgotten. */
#define ORIGINS_FORGET_S (7 * 86400)

enum origin_trouble { ORIGIN_MISSING, ORIGIN_SILENT, ORIGIN_CLOCK, ORIGIN_TROUBLES };

enum origins_place {
	ORIGINS_NEW,      /* the line counts */
	ORIGINS_REPEATED, /* it came before */
	ORIGINS_OLD,      /* of an older run, or before the bitmap: it may have come before */
	ORIGINS_JUMPED,   /* far ahead, and no other line confirms it yet */
	ORIGINS_FULL      /* an origin that is not known, and none makes room */
};

/* What is known of one line. */
struct origins_line {
	const char *name; /* 1..ORIGINS_NAME_MAX bytes, NUL-terminated */
	uint64_t run, seq;
	struct instant time; /* of the second that it is about; of a heartbeat: when it was sent */
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
	double lag_s;         /* its newest heartbeat was under way for so long; < 0: clock ahead */
	double offset_s;      /* its clock less ours: > 0: ahead. The smallest of 20 to 30 s */
	double lines_per_s;   /* of the last 10 s */
	double clients_per_s; /* elements, likewise */
	uint64_t missing;     /* numbers that have not come, in the run */
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
	struct origins *all, const struct origins_line *line, struct instant now, uint32_t *index);

/* Once per second: reports what changed. */
void origins_check(struct origins *all, struct instant now, origins_report *report, void *ctx);

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
