/* memory_names.h - the names in the memory file; for its writer and its reader alone. */
#ifndef CORE_RECORD_MEMORY_NAMES_H
#define CORE_RECORD_MEMORY_NAMES_H

/* Words behind a client's numbers, in this order (struct ban). */
#define MEMORY_TEMPORARY "temporary"
#define MEMORY_PAROLED   "paroled"
#define MEMORY_STRUCK    "struck"

#include "core/measure/site.h"
#include "core/measure/visits.h"

/* Clients with an honest visit: the filter's head, and its cells. */
#define MEMORY_HONEST       "honest"
#define MEMORY_HONEST_CELLS "honest_cells"

static const char *const memory_ring_names[SITE_RING_COUNT] = {"learned", "all"};
/* By enum limit_kind: the histograms of what visits reached. */
static const char *const memory_histogram_names[LIMIT_HISTOGRAMS] = {
	"requests", "errors", "visit_requests", "visit_errors"};
/* By enum ban_form, where "active" is a ban that was only printed; then an active ban that the
 * firewall has, and one that it was asked for and does not have. */
static const char *const memory_form_names[] = {"over", "active", "muted", "enforced", "refused"};
#define MEMORY_FORM_ENFORCED 3
#define MEMORY_FORM_REFUSED  4

#endif
