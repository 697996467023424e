/* crowd.h - counts how many active clients are above the marks, and how many are known, in O(1) per
 * request. A mark is the number of requests above which a client counts towards a swarm (swarm.h).
 *
 * Path:    clients -> [crowd] -> swarm, ban_holds.
 * Method:  every sum has one contribution per client, as of its last request. Before a client
 *          changes, its contribution is subtracted. Afterwards the new contribution is added. So
 *          the clients are never scanned. Computing the marks costs time. So new marks are computed
 *          only when the old ones are stale and a client may be above a mark.
 *
 * over        clients with more requests in 60 s than the mark: a large share of all active clients
 *             in a swarm, but only about 1 % when many ordinary visitors come at once
 * over_visit  clients whose visit had more requests than the mark for visits (visit_mark); this sum
 *             detects swarms of slow clients
 * known       clients that have been active for at least CROWD_KNOWN_AFTER_S
 */
#ifndef CORE_MEASURE_CROWD_H
#define CORE_MEASURE_CROWD_H

#include <stdbool.h>
#include <stdint.h>

/* A client is known when its visit has lasted this many seconds: a lap (CLIENTS_LAP_S). By then all
 * rules have judged it. */
#define CROWD_KNOWN_AFTER_S 600

/* Bits of one client: which of the three sums count it. */
#define CROWD_OVER       0x01
#define CROWD_KNOWN      0x02
#define CROWD_OVER_VISIT 0x04

struct crowd {
	uint32_t mark;       /* requests in 60 s */
	uint32_t visit_mark; /* requests of a visit */
	/* Lower bounds of the marks. A client at or below both bounds is above no mark, so marks
	 * that are stale are not computed for it. The engine sets the bounds and `renew`. */
	uint32_t least, visit_least;
	bool stale;               /* limits were learned after the marks were computed */
	void (*renew)(void *ctx); /* computes the marks and clears `stale` */
	void *ctx;
	uint32_t over_n;
	uint32_t over_visit_n;
	uint32_t known_n;
};

/* One client, as of its last request. */
struct crowd_member {
	uint32_t requests; /* in the window */
	uint32_t visit_requests;
	uint32_t first; /* second of its first request */
	uint8_t *part;  /* its bits, which are stored with the client */
};

void crowd_init(struct crowd *c);

/* Subtracts the client's contribution from the sums. `m`: the client as it was when it was
 * added. */
void crowd_out(struct crowd *c, const struct crowd_member *m);

/* Adds the client's contribution at the second `now`. */
void crowd_in(struct crowd *c, const struct crowd_member *m, uint32_t now);

#endif
