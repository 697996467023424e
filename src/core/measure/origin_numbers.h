/* origin_numbers.h - which numbers of a run have come, and which are missing.
 *
 * Path:    origins -> [origin_numbers].   Pure.
 * Method:  a bitmap of the newest 65,536 numbers. Why not "higher than the last one": a line that a
 *          broker delivers late has a lower number and is new. 65,536 numbers are over ten minutes
 *          at a hundred lines per second, and an older line counts for nothing anyway.
 * Age:     the highest number at the end of each of the last steps of 10 s tells how long a number
 *          is missing, to a step. So a link that loses lines without end is told from one that
 *          only changes their order.
 */
#ifndef CORE_MEASURE_ORIGIN_NUMBERS_H
#define CORE_MEASURE_ORIGIN_NUMBERS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/instant.h"

#define ORIGIN_NUMBERS          65536 /* numbers that are told apart */
#define ORIGIN_NUMBERS_JUMP_MAX 10000
/* A number is given up after so many steps of 10 s: its second has left the window by then. */
#define ORIGIN_NUMBERS_STEPS 7

enum origins_place {
	ORIGINS_NEW,      /* the line counts */
	ORIGINS_REPEATED, /* it came before */
	ORIGINS_OLD,      /* of an older run, or before the bitmap: it may have come before */
	ORIGINS_JUMPED,   /* far ahead, and no other line confirms it yet */
	ORIGINS_AHEAD,    /* its host's clock is ahead, nobody knows yet by how much */
	ORIGINS_FULL      /* an origin that is not known, and none makes room */
};

struct origin_numbers {
	uint64_t seq;        /* the highest that has come */
	uint64_t settled;    /* numbers up to it are not missing: they came, or are given up */
	uint64_t missing;    /* between the two */
	uint64_t overdue;    /* of these, those that are missing for 10 s or more, ... */
	uint64_t overdue_to; /* ... which are up to this number */
	uint64_t jumped;     /* a number far ahead that waits to be confirmed; 0: none */
	struct instant step; /* end of the last step */
	uint64_t heads[ORIGIN_NUMBERS_STEPS]; /* `seq` at the end of each step, newest first */
	uint64_t bits[ORIGIN_NUMBERS / 64];   /* by number % ORIGIN_NUMBERS: it has come */
};

/* None has come, and those below `first` are not missing, though they may come. */
void origin_numbers_begin(struct origin_numbers *n, uint64_t first, struct instant now);

/* All up to `seq` have come; those behind it may have come, too, up to the next one. */
void origin_numbers_restore(struct origin_numbers *n, uint64_t seq, struct instant now);

/* A number from 1 on. `resumed`: the first one after origin_numbers_restore. ORIGINS_NEW,
 * ORIGINS_REPEATED, ORIGINS_OLD or ORIGINS_JUMPED. */
enum origins_place origin_numbers_place(struct origin_numbers *n, uint64_t seq, bool resumed);

/* Once per second; returns how many numbers it gives up. */
uint64_t origin_numbers_check(struct origin_numbers *n, struct instant now);

/* Gives up all that are missing; returns how many. */
uint64_t origin_numbers_give_up(struct origin_numbers *n);

#endif
