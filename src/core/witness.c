/* witness.c - see witness.h. */
#include "core/witness.h"

#define AFTERWARDS_S 60
#define EVERY_S      5 /* the shares change no faster than the window */

void witness_step(struct witness *w, struct crowd *crowd, uint64_t requests, uint64_t errors,
	double error_share, int64_t second)
{
	if (requests > 0 && (double)errors >= error_share * (double)requests) {
		w->low = 0;
		if (!w->open) {
			w->open = true;
			crowd_call(crowd, (uint32_t)second);
		}
	} else if (w->open && ++w->low >= AFTERWARDS_S) {
		*w = (struct witness){0};
		crowd_dismiss(crowd);
	}
	if (!w->open || second % EVERY_S != 0 || crowd->witness_n < WITNESS_MIN)
		return;
	double share = crowd->share_sum / crowd->witness_n;
	w->share = share > w->share ? share : w->share;
}
