/* witness.h - while much of the site fails: whose doing are the errors?
 *
 * Path:    site + crowd -> [witness] -> rules.   Pure.
 * Method:  when a quarter (`error_share`) or more of the site's answers in 60 s are errors, clients
 *          that were here a minute before it began are witnesses, one vote each: the mean share of
 *          their requests that fail is how far the site itself is failing. The highest mean of at
 *          least 10 witnesses is kept until 60 s after it ends.
 * Why:     a failing site or a bad deploy must ban nobody, and guessers must not be each other's
 *          alibi.
 */
#ifndef CORE_WITNESS_H
#define CORE_WITNESS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/crowd.h"

#define WITNESS_MIN 10

struct witness {
	bool open;    /* much of the site fails, or did less than 60 s ago */
	int64_t low;  /* seconds in a row in which it did not */
	double share; /* of the witnesses' requests that failed, 0..1 */
};

/* One second of the site: requests and errors in the 60 s that end with it. */
void witness_step(struct witness *w, struct crowd *crowd, uint64_t requests, uint64_t errors,
	double error_share, int64_t second);

#endif
