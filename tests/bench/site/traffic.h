/* traffic.h - the requests of one site over days: clients, paths and times, the same for each
 * format.
 *
 * Clients: an office behind one address, people in visits (half of them return), apps, a crawler
 *          with several requests per second, slower crawlers, feed readers, scanners, a monitor.
 *          Thousands of clients ask only once. A quarter of the clients uses IPv6.
 * Hours:   the busy hours of a European site. Nights have minutes without a line, weekends have
 *          fewer lines.
 * Memory:  32 bytes per line, until traffic_free.
 */
#ifndef BENCH_SITE_TRAFFIC_H
#define BENCH_SITE_TRAFFIC_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/site/text.h"

#define TRAFFIC_START_MS  1794182400000 /* 2026-11-09T00:00:00Z, a Monday */
#define TRAFFIC_LINES_MIN 1000
#define TRAFFIC_DAYS_MAX  365

/* One request, as a server knows it at its end. Texts are as the client sent them. */
struct traffic_request {
	int64_t ms; /* end of the request, since 1970 */
	uint32_t duration_us;
	uint32_t bytes; /* of the body */
	unsigned status, port;
	bool v6, tls;
	const char *method, *protocol,
		*fetch_site; /* fetch_site: "" if the client is not a browser */
	struct text client, target, agent, referer, language;
	uint64_t id; /* any number, different for each request */
};

struct traffic;

/* NULL: out of memory. `lines` >= TRAFFIC_LINES_MIN; `days` 1 .. TRAFFIC_DAYS_MAX. */
struct traffic *traffic_new(uint32_t lines, uint32_t days);
void traffic_free(struct traffic *t);
/* The i-th request in the order of time. */
void traffic_request(const struct traffic *t, uint32_t i, struct traffic_request *out);

#endif
