/* origin_numbers.h - which lines of counts of a host have arrived, and which are missing. The host
 * numbers the lines of each run from 1.
 *
 * Path:    origins -> [origin_numbers].   Pure.
 * Method:  a bitmap of the newest 65,536 numbers. The highest number alone is not enough: a line
 *          that a broker delivers late has a lower number, but is new. At a hundred lines per
 *          second, the bitmap covers over ten minutes. A line that is older than ten minutes does
 *          not count anyway.
 * Age:     time is divided into steps of 10 s. For the last few steps, the highest number at the
 *          end of the step is stored. The stored numbers show, to within a step, how long a number
 *          has been missing. So a link that keeps losing lines is distinguished from a link that
 *          only changes their order.
 */
#ifndef CORE_MEASURE_ORIGIN_NUMBERS_H
#define CORE_MEASURE_ORIGIN_NUMBERS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/instant.h"

#define ORIGIN_NUMBERS          65536 /* size of the bitmap */
#define ORIGIN_NUMBERS_JUMP_MAX 10000
/* A missing number is given up after this many steps of 10 s. By then the second of its line has
 * left the window. */
#define ORIGIN_NUMBERS_STEPS 7

enum origins_place {
	ORIGINS_NEW,      /* the line counts */
	ORIGINS_REPEATED, /* a line with this number arrived before */
	ORIGINS_OLD,      /* the line is of an older run, or its
			   * number is older than the bitmap: the line may have arrived before */
	ORIGINS_JUMPED,   /* the number is far ahead, and no other line confirms it yet */
	ORIGINS_AHEAD,    /* the host's clock is ahead, by an amount that is not known yet */
	ORIGINS_FULL      /* a new origin, but the table is full and nothing can be evicted */
};

struct origin_numbers {
	uint64_t seq;        /* the highest number that has arrived */
	uint64_t settled;    /* numbers up to this one have arrived or are given up */
	uint64_t missing;    /* number of missing numbers after `settled`, up to `seq` */
	uint64_t overdue;    /* how many of the missing have been missing for 10 s or more */
	uint64_t overdue_to; /* the overdue numbers are at most this number */
	uint64_t jumped;     /* a number far ahead that waits for another line; 0: none */
	struct instant step; /* end of the last step */
	uint64_t heads[ORIGIN_NUMBERS_STEPS]; /* `seq` at the end of each step, newest first */
	uint64_t bits[ORIGIN_NUMBERS / 64];   /* by number % ORIGIN_NUMBERS:
					       * 1 if the number has arrived */
};

/* Begins a run: no number has arrived. Numbers below `first` are not missing, but may still
 * arrive. */
void origin_numbers_begin(struct origin_numbers *n, uint64_t first, struct instant now);

/* Restores a state in which all numbers up to `seq` have arrived. Numbers between `seq` and the
 * first number that is placed afterwards may have arrived, too, so they never count as missing. */
void origin_numbers_restore(struct origin_numbers *n, uint64_t seq, struct instant now);

/* Records that a number, 1 or higher, has arrived. `resumed`: it is the first number after
 * origin_numbers_restore. Returns ORIGINS_NEW, ORIGINS_REPEATED, ORIGINS_OLD or ORIGINS_JUMPED. */
enum origins_place origin_numbers_place(struct origin_numbers *n, uint64_t seq, bool resumed);

/* Called once per second. Returns the number of lines that it gives up. */
uint64_t origin_numbers_check(struct origin_numbers *n, struct instant now);

/* Gives up all missing lines, and returns their number. */
uint64_t origin_numbers_give_up(struct origin_numbers *n);

#endif
