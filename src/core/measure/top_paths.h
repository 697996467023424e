/* top_paths.h - the paths with the most requests, or most errors, in the last 60 seconds.
 *
 * Path:    request -> engine -> [top_paths] -> the site's alert.   Pure.
 * Method:  samples of all requests and of the errors, with their paths. While the window has at
 *          most TOP_PATHS_EXACT lines of one kind (requests or errors), all of them are samples,
 *          and the counts are exact. With more lines, one of n lines is a sample, and stands for n
 *          lines. The gaps between samples are random, because a page and its files may be
 *          requested in a fixed order.
 * Error:   an estimate rests on about 770 to 2,048 samples. Its standard error is at most 1.8 % of
 *          the requests in the window. The estimate has no bias.
 * Why:     space-saving counters (heavy_hitters.h) would be too high by up to 1/64 of all requests.
 *          So if many paths had few requests each, five of them would seem to have many. Also,
 *          these counters cannot forget the oldest second.
 * Cost:    a decrement per line; at most 26 samples of 128 bytes per second, at any steady rate.
 *          Instructions per line: 0.5 % more, by callgrind on 200,000 lines of make_lines.
 * Memory:  fixed: 0.6 MiB. The kernel provides this memory page by page, as samples are stored.
 */
#ifndef CORE_MEASURE_TOP_PATHS_H
#define CORE_MEASURE_TOP_PATHS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/measure/minute_counts.h"
#include "core/read/request.h"

#define TOP_PATHS_MAX     5    /* reported */
#define TOP_PATHS_SAMPLES 2048 /* of each kind */
/* With at most this many lines in the window, each line is a sample. The rest of TOP_PATHS_SAMPLES
 * is for old samples, which remain stored for a while after they have left the window. */
#define TOP_PATHS_EXACT 1536
/* Minimum number of samples for an estimate. With fewer, its standard error is over a third of the
 * estimate. */
#define TOP_PATHS_SEEN_MIN 8

struct top_path {
	uint64_t requests;                 /* in the window */
	uint16_t path_len;                 /* at most REQUEST_PATH_SHOWN_MAX */
	char path[REQUEST_PATH_SHOWN_MAX]; /* any bytes; not terminated */
};

struct top_paths_sample {
	uint64_t path_hash; /* 0: the line has no path */
	uint64_t requests;  /* number of requests that the sample stands for */
	int64_t second;
	uint16_t path_len; /* at most REQUEST_PATH_SHOWN_MAX */
	bool estimated;    /* the sample stands for other lines, too */
	char path[REQUEST_PATH_SHOWN_MAX];
};

struct top_paths_kind {
	uint32_t skip;              /* number of lines before the next sample */
	uint32_t step;              /* number of lines that the next sample
				     * stands for, itself included; at least 1 */
	uint64_t random;            /* state of the random generator */
	struct minute_counts lines; /* lines by second, as the sum of
				     * the samples' steps: nearly exact */
	uint32_t n;
	/* in the order in which they were taken */
	struct top_paths_sample samples[TOP_PATHS_SAMPLES];
};

struct top_paths_sum {
	uint16_t newest; /* index of the newest sample */
	uint16_t seen;   /* number of samples */
	bool estimated;  /* true if one of the samples is estimated */
	uint64_t requests;
};

struct top_paths {
	struct top_paths_kind requests;
	struct top_paths_kind errors;
	/* Scratch memory of top_paths_find. Open addressing, at most half full: the number of a sum
	 * + 1; 0: none. */
	uint16_t places[TOP_PATHS_SAMPLES * 2];
	uint32_t sums_n;
	struct top_paths_sum sums[TOP_PATHS_SAMPLES];
};

/* Removes all samples. Called at the start, and when the clock was set. */
void top_paths_clear(struct top_paths *t);

/* Only for top_paths_add: stores a line as a sample. `now`: the open second, which is the current
 * one. */
void top_paths_take(struct top_paths_kind *k, const struct request *r, int64_t second, int64_t now);

/* Counts one line in `second`, which is in the window that ends with `now`. This is inline, because
 * most lines only decrement one or both of the counters `skip`. */
static inline void top_paths_add(
	struct top_paths *t, const struct request *r, int64_t second, int64_t now)
{
	if (t->requests.skip-- == 0)
		top_paths_take(&t->requests, r, second, now);
	if (request_is_error(r) && t->errors.skip-- == 0)
		top_paths_take(&t->errors, r, second, now);
}

/* Called when the n seconds before `now` have closed. Only the first of them may have lines. At the
 * end of each second, the number of lines in the window decides how many lines the next samples
 * stand for. */
void top_paths_pace(struct top_paths *t, int64_t now, int64_t n);

/* Finds the paths with the most requests, or errors, in the 60 seconds that end with `now`, most
 * first. Of two paths with equal counts, the one with the newest request is first. `total`: the
 * requests, or errors, in the window; estimates are scaled to it. *known: at least one line had a
 * path. A path whose estimate rests on fewer than TOP_PATHS_SEEN_MIN samples is left out. Returns
 * the number of paths, at most TOP_PATHS_MAX. */
size_t top_paths_find(struct top_paths *t, bool errors, uint64_t total, int64_t now,
	struct top_path *out, bool *known);

#endif
