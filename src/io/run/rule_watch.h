/* rule_watch.h - has the rule keeper repair the iptables rules, and reports the result.
 *
 * Path:    loop, once per second -> [rule_watch] -> io/firewall/rule_keeper.
 * Method:  the keeper is asked every 60 s, or at once after rule_watch_hurry. A later call reads
 *          the answer, so no call waits. The keeper's two processes replace each other when one is
 *          killed; this is reported at most once per 60 s. A keeper that does not answer is
 *          reported after 180 calls, but not killed: the cause of the delay may end.
 */
#ifndef IO_RUN_RULE_WATCH_H
#define IO_RUN_RULE_WATCH_H

#include <stdbool.h>

#include "core/base/instant.h"
#include "io/firewall/rule_keeper.h"

struct rule_watch {
	struct rule_keeper *keeper;       /* the caller's; NULL: somebody else manages the rules */
	struct rule_keeper_answer answer; /* the last answer */
	bool bad; /* a rule is not in force, or open connections pass before it; see answer.why */
	struct instant asked;
	unsigned silent;       /* calls since the keeper was asked; 0: it has answered */
	struct instant killed; /* when a killed keeper process was last reported */
};

/* Results of a call, as bits. */
enum rule_watch_found {
	RULE_WATCH_REPAIRED = 1 << 0,    /* a rule was missing, and was put back */
	RULE_WATCH_FAILED = 1 << 1,      /* the rules could not be checked or repaired */
	RULE_WATCH_BYPASSED = 1 << 2,    /* packets pass before a rule, or do not reach it */
	RULE_WATCH_KEEPER_GONE = 1 << 3, /* answer.why says whether there is a new keeper */
};

unsigned rule_watch_step(struct rule_watch *w, struct instant now);

/* Makes the next step ask at once: whatever flushed the sets may have flushed the rules. */
void rule_watch_hurry(struct rule_watch *w);

#endif
