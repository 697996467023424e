/* origins.h - watches the hosts that send counts: which of their lines are new, which are missing,
 * and which hosts are silent.
 *
 * Path:    counts_read -> engine -> [origins] -> engine, event. Pure: `now` is an argument.
 * Repeats: brokers deliver lines twice and out of order. Each line has a run (the time when its
 *          sender started) and a sequence number in this run. A bitmap records the sequence numbers
 *          that have arrived (origin_numbers.h). Below, a number is a sequence number.
 * Jumps:   a number over 10,000 ahead moves the bitmap only when another line confirms it. If the
 *          bitmap moved at once, one line with a wrong number would cause all later lines to be
 *          rejected as old.
 * Runs:    a newer run replaces the previous one, and lines of an older run do not count. There is
 *          one exception. If a host's clock was ahead and was set back before the sender was
 *          started again, the new run looks older. Such a run counts if the host was silent for
 *          over 30 s and the line's time is later than all times before the silence. A time that
 *          was ahead is compared as the time when its line arrived. The run that is replaced in
 *          this way never counts again.
 * Ahead:   if a host's clock is over 2 s ahead, the seconds of its lines are moved back. All are
 *          moved by one amount: the largest by which a line of the run has been ahead so far. If
 *          each line were moved by its own amount, all lines of a backlog would count in the newest
 *          second. A line that is over 0.5 s further ahead than all earlier lines of the run is
 *          rejected, because it shows that the clock is further ahead than was known. It may be the
 *          first line that is ahead, or a line of a backlog. The lines of a backlog arrive almost
 *          at once, so each is further ahead than the line before it. Only the last of them shows
 *          how far the clock is ahead.
 * Faults:  lines have been missing for 10 to 20 s; an origin has been silent for 30 s; a clock is
 *          wrong by over 2 s; two hosts have one name. The beginning and the end of each fault are
 *          reported.
 * Memory:  8.4 KiB per origin, allocated when its first line arrives; at most ORIGINS_MAX origins.
 *          When the table is full, the origin with the longest silence is evicted, if it has been
 *          silent for over 30 s.
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

/* An origin is forgotten after a silence of this many seconds. */
#define ORIGINS_FORGET_S (7 * 86400)

enum origin_trouble {
	ORIGIN_MISSING,
	ORIGIN_SILENT,
	ORIGIN_CLOCK,
	ORIGIN_DUPLICATE, /* lines of an older run arrive between lines of the newest run */
	ORIGIN_TROUBLES
};

/* The values of one line that origins_note needs. */
struct origins_line {
	const char *name; /* 1..ORIGINS_NAME_MAX bytes, NUL-terminated */
	uint64_t run, seq;
	/* The second whose requests the line counts, or the time when a heartbeat was sent.
	 * origins_note moves it back for a host whose clock is ahead. */
	struct instant time;
	bool heartbeat;
	uint32_t clients;
};

/* The values of one origin, for other modules. */
struct origin {
	char name[ORIGINS_NAME_MAX + 1];
	uint64_t run;
	uint64_t seq;  /* the highest sequence number of the run that has arrived */
	bool restored; /* from the memory file, and no line has arrived since */
	/* when its last new line arrived; if `restored`: when this program began to listen */
	struct instant heard;
	struct instant time; /* the newest time in its lines, but never later than their arrival */
	/* the origin's clock minus this host's clock, computed from the smallest delay of all lines
	 * in the last 20 to 30 s; above 0: the origin's clock is ahead */
	double offset_s;
	double lines_per_s;   /* in the last 10 s */
	double clients_per_s; /* clients in its lines, in the last 10 s */
	uint64_t missing;     /* numbers of the run that have been missing for 10 s or more */
	/* numbers in all runs that were given up after 60 to 70 s, or when the run or the input
	 * ended */
	uint64_t lost;
	bool in[ORIGIN_TROUBLES];
	struct instant since[ORIGIN_TROUBLES]; /* valid while the same element of `in` is true */
};

struct origins;

/* Reports that a fault of an origin begins or ends. `o` is valid during the call. */
typedef void origins_report(
	void *ctx, const struct origin *o, enum origin_trouble trouble, struct instant now);

/* Returns NULL if memory is short. `live`: the hosts' clocks are compared with this host's clock,
 * and `now` is the wall clock. */
struct origins *origins_new(struct hash_key key, bool live);
void origins_free(struct origins *all);

/* Decides whether a line that arrived at `now` counts. With ORIGINS_NEW, *index is the origin's
 * place in the table, 0..ORIGINS_MAX - 1. When an origin is removed, the last origin moves to its
 * place. */
enum origins_place origins_note(
	struct origins *all, struct origins_line *line, struct instant now, uint32_t *index);

/* Called once per second: reports each fault that begins or ends. */
void origins_check(struct origins *all, struct instant now, origins_report *report, void *ctx);

/* Called at the end of input: counts the numbers that are still missing as lost. */
void origins_end(struct origins *all);

/* The clock was set: moves all past times by `ms`. */
void origins_shift(struct origins *all, int64_t ms);

uint32_t origins_n(const struct origins *all);

/* Returns the origin at place k of the table, 0..origins_n - 1. */
const struct origin *origins_get(const struct origins *all, uint32_t k);

/* Restores an origin from the memory file: name, run, seq and time. Call it before any line
 * arrives. All sequence numbers up to o->seq count as arrived. The origin's silence is measured
 * from the first call of origins_note or origins_check. That first call forgets the origin if its
 * time is over ORIGINS_FORGET_S ago. Returns false if the table already contains the origin or is
 * full, or if memory is short. */
bool origins_restore(struct origins *all, const struct origin *o);

/* Since the start: number of lost lines, and of evicted origins. */
uint64_t origins_lost(const struct origins *all);
uint64_t origins_evicted(const struct origins *all);

const char *origin_trouble_name(enum origin_trouble trouble);

#endif
