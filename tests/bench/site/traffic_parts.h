/* traffic_parts.h - the plan that traffic.c makes and traffic_request.c fills with details. */
#ifndef BENCH_SITE_TRAFFIC_PARTS_H
#define BENCH_SITE_TRAFFIC_PARTS_H

#include "bench/site/traffic.h"
#include "bench/site/words.h"

#define PAGE_BITS      12 /* 4096 pages */
#define ASSET_BITS     10
#define RETURNING_BITS 15
#define FEEDS          12
#define FEED_PAGE      9 /* number in words.c of the page that feed readers request */

/* Each client has a number that identifies it. These are the first numbers of each kind of client;
 * the numbers of a kind continue up to the first number of the next kind. */
enum {
	CLIENT_OFFICE,
	CLIENT_CRAWLER,
	CLIENT_MONITOR,
	CLIENT_SLOW_BOTS,
	CLIENT_FEEDS = 16,
	CLIENT_RETURNING = 1 << 10,
	CLIENT_SCANNERS = 1 << 20,
	CLIENT_FRESH = 1 << 22,
};

enum hit_kind { HIT_PAGE, HIT_ASSET, HIT_API, HIT_PROBE };

struct hit {
	int64_t ms;
	uint32_t client;
	uint32_t target; /* the number of a page or an asset */
	uint32_t from;   /* 1 + the number of the page with the link; 0: no page of the site */
	uint32_t order;  /* position in the order of planning */
	uint16_t person; /* which of the people that share the address */
	uint8_t kind;    /* enum hit_kind */
	uint8_t agent;   /* enum words_agent */
};

struct traffic {
	uint32_t lines, n;
	int64_t end_ms;
	struct hit *hits; /* n hits, sorted by time */
};

#endif
