/* rule_watch.h - checks the firewall rules through the rule keeper, which repairs them, and reports
 * the result.
 *
 * Path:    loop, once per second -> [rule_watch] -> io/firewall/rule_keeper.
 * Method:  the keeper gets a query every 60 s, or in the next step after rule_watch_hurry. A later
 *          call reads the answer, so no call waits. The keeper's two processes replace each other
 *          when one is killed; this is reported at most once per 60 s. A keeper that does not
 *          answer is reported after 180 calls, but not killed, because the cause of the delay may
 *          end.
 */
#ifndef IO_RUN_RULE_WATCH_H
#define IO_RUN_RULE_WATCH_H

#include <stdbool.h>

#include "core/base/instant.h"
#include "io/firewall/rule_keeper.h"

struct rule_watch {
	/* owned by the caller; NULL: somebody else manages the firewall rules */
	struct rule_keeper *keeper;
	struct rule_keeper_answer answer; /* the last answer */
	/* a firewall rule may be missing, or packets pass before it; answer.why has the reason */
	bool bad;
	struct instant asked;
	unsigned silent;       /* calls since the last query to the keeper; 0: it has answered */
	struct instant killed; /* when a killed keeper process was last reported */
};

/* Results of a call, as bits. */
enum rule_watch_found {
	RULE_WATCH_REPAIRED = 1 << 0, /* a firewall rule was missing, and was put back */
	RULE_WATCH_FAILED = 1 << 1,   /* the firewall rules could not be checked or repaired */
	/* packets pass before a firewall rule, or do not reach it */
	RULE_WATCH_BYPASSED = 1 << 2,
	/* a process of the keeper has ended; answer.why reports whether it was replaced */
	RULE_WATCH_KEEPER_GONE = 1 << 3,
};

unsigned rule_watch_step(struct rule_watch *w, struct instant now);

/* Makes the next step send a query. When the sets were flushed, the firewall rules may have been
 * flushed, too. */
void rule_watch_hurry(struct rule_watch *w);

#endif
