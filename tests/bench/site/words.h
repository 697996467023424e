/* words.h - what visitors of the generator's site ask for, and with which programs.
 *
 * The site is a shop with a magazine in four languages. Paths have 1 to some 150 bytes, queries up
 * to 3 kB, agents 0 to 350, referers 0 to 400. Nothing here has an escape: these are the bytes that
 * HTTP has.
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

/* Nothing, or "?" and members: of a page that somebody followed a link to. */
void words_query(struct text *t, struct draw *d);
void words_agent(struct text *t, struct draw *d, enum words_agent kind);
/* Of a page that is the first of a visit; maybe nothing. */
void words_referer(struct text *t, struct draw *d);
/* "de-DE,de;q=0.9,en;q=0.8" */
void words_language(struct text *t, struct draw *d);

#endif
