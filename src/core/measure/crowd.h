/* crowd.h - what the active clients are like as a whole, kept up to date in O(1) a request.
 *
 * Path:    clients -> [crowd] -> swarm, ban_holds.
 * Method:  every sum holds one contribution a client, as of its last request. Before a client
 *          changes its contribution is taken out, afterwards the new one is put in; nothing ever
 *          scans the clients. Marks cost their owner time: they are asked for when they are stale
 *          and the client may be above one.
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

/* One client's part in the sums: bits. */
#define CROWD_OVER       0x01
#define CROWD_KNOWN      0x02
#define CROWD_OVER_VISIT 0x04

struct crowd {
	uint32_t mark;       /* requests in 60 s */
	uint32_t visit_mark; /* requests of a visit */
	/* Set by the owner of the marks, if they ever are stale: what they are never below, and
	 * how they are set anew. */
	uint32_t least, visit_least;
	bool stale;
	void (*renew)(void *ctx);
	void *ctx;
	uint32_t over_n;
	uint32_t over_visit_n;
	uint32_t known_n;
};

/* A client, as of its last request. */
struct crowd_member {
	uint32_t requests; /* in the window */
	uint32_t visit_requests;
	uint32_t first; /* second of its first request */
	uint8_t *part;  /* its bits, kept with the client */
};

void crowd_init(struct crowd *c);

/* Takes the client's contribution out; `m` as it was when it was put in. */
void crowd_out(struct crowd *c, const struct crowd_member *m);

/* Puts it in, as of now. */
void crowd_in(struct crowd *c, const struct crowd_member *m, uint32_t now);

#endif
