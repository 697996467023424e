/* crowd.h - sums over all active clients, updated in O(1) per request.
 *
 * Path:    clients -> [crowd] -> swarm, ban_holds.
 * Method:  each client contributes once to every sum, by its values at its last request. Before a
 *          client changes, its contribution is removed; afterwards the new one is added. Nothing
 *          scans the clients. Marks are expensive to compute, so stale marks are computed again
 *          only if a client may be above one.
 *
 * over        clients whose 60-s count was above the mark: many of them in a swarm, about 1 % in a
 *             flash crowd
 * over_visit  clients whose visit had more requests than the visit mark: the same for slower ones
 * known       clients that have been here for CROWD_KNOWN_AFTER_S
 */
#ifndef CORE_MEASURE_CROWD_H
#define CORE_MEASURE_CROWD_H

#include <stdbool.h>
#include <stdint.h>

/* A client whose visit has lasted so long is known: a lap (CLIENTS_LAP_S), after which the client
 * has been judged by all rules. */
#define CROWD_KNOWN_AFTER_S 600

/* One client's contribution to the sums: bits. */
#define CROWD_OVER       0x01
#define CROWD_KNOWN      0x02
#define CROWD_OVER_VISIT 0x04

struct crowd {
	uint32_t mark;       /* requests in 60 s */
	uint32_t visit_mark; /* requests of a visit */
	/* Set by the owner of the marks if they can be stale: their lowest values, and the call
	 * that computes them again. */
	uint32_t least, visit_least;
	bool stale;
	void (*renew)(void *ctx);
	void *ctx;
	uint32_t over_n;
	uint32_t over_visit_n;
	uint32_t known_n;
};

/* A client at its last request. */
struct crowd_member {
	uint32_t requests; /* in the window */
	uint32_t visit_requests;
	uint32_t first; /* second of its first request */
	uint8_t *part;  /* its bits, stored with the client */
};

void crowd_init(struct crowd *c);

/* Removes the client's contribution. `m` is as it was at crowd_in. */
void crowd_out(struct crowd *c, const struct crowd_member *m);

/* Adds the client's contribution at `now`. */
void crowd_in(struct crowd *c, const struct crowd_member *m, uint32_t now);

#endif
