/* memory_names.h - names of members in the memory file. Only the file's writer and reader
 * include this header. */
#ifndef CORE_RECORD_MEMORY_NAMES_H
#define CORE_RECORD_MEMORY_NAMES_H

#include "core/measure/site.h"
#include "core/measure/visits.h"

/* The hash filter of the clients that had an honest visit (core/measure/teachers.h): its key and
 * size, and its bits in cells of 32 bits. */
#define MEMORY_HONEST       "honest"
#define MEMORY_HONEST_CELLS "honest_cells"
/* Hosts that send counts. */
#define MEMORY_ORIGINS "origins"

/* The site's counts of each second in the last 30 minutes, by enum site_ring_kind: the seconds that
 * were learned, and all seconds. */
static const char *const memory_ring_names[SITE_RING_COUNT] = {"learned", "all"};
/* The histograms of the values that visits reached, by enum limit_kind. */
static const char *const memory_histogram_names[LIMIT_HISTOGRAMS] = {
	"requests", "errors", "visit_requests", "visit_errors"};

#endif
