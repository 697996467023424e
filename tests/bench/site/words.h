/* words.h - makes the paths, queries and headers of the requests to the made-up site of
 * make_site_lines.
 *
 * The site is a shop with a magazine in four languages. Paths have 1 to about 150 bytes, queries up
 * to 3 kB, User-Agent headers 0 to 350 bytes, and Referer headers 0 to 400 bytes. Nothing here is
 * escaped: these are the bytes of HTTP.
 */
#ifndef BENCH_SITE_WORDS_H
#define BENCH_SITE_WORDS_H

#include <stdint.h>

#include "bench/site/draw.h"
#include "bench/site/text.h"

#define WORDS_HOST "www.example.org"

enum words_agent {
	WORDS_BROWSER,
	WORDS_CRAWLER,
	WORDS_MONITOR,
	WORDS_FEED,
	WORDS_APP,
	WORDS_SCANNER
};

/* The same number gives the same path. */
void words_page(struct text *t, uint32_t page);
void words_asset(struct text *t, uint32_t asset);
void words_api(struct text *t, struct draw *d);
void words_probe(struct text *t, struct draw *d);

/* Nothing, or "?" and members: the query of a page that was reached by a link. */
void words_query(struct text *t, struct draw *d);
void words_agent(struct text *t, struct draw *d, enum words_agent kind);
/* The referer of the first page of a visit; may be empty. */
void words_referer(struct text *t, struct draw *d);
/* "de-DE,de;q=0.9,en;q=0.8" */
void words_language(struct text *t, struct draw *d);

#endif
