/* rule_watch.h - has the rule keeper repair the iptables rules, and reports what it found.
 *
 * Path:    loop, once per second -> [rule_watch] -> io/firewall/rule_keeper.
 * Method:  a question every 60 s, or at once after rule_watch_hurry. The answer is read at a later
 *          call, so that no call waits. A keeper that was killed is reported once per 60 s at most;
 *          its processes replace each other. One that does not answer is reported after 180 calls,
 *          but not killed: what delays it may end.
 */
#ifndef IO_RUN_RULE_WATCH_H
#define IO_RUN_RULE_WATCH_H

#include <stdbool.h>

#include "core/base/instant.h"
#include "io/firewall/rule_keeper.h"

struct rule_watch {
	struct rule_keeper *keeper;       /* the caller's; NULL: somebody else keeps the rules */
	struct rule_keeper_answer answer; /* the last one */
	bool bad; /* a rule is not in force, or does not cut open connections: answer.why */
	struct instant asked;
	unsigned silent;       /* calls since the keeper was asked; 0: it has answered */
	struct instant killed; /* when this was last reported of the keeper */
};

/* What a call found: bits. */
enum rule_watch_found {
	RULE_WATCH_REPAIRED = 1 << 0,    /* a rule was gone, and was put back */
	RULE_WATCH_FAILED = 1 << 1,      /* the rules could not be checked or repaired */
	RULE_WATCH_BYPASSED = 1 << 2,    /* packets pass before a rule, or do not reach it */
	RULE_WATCH_KEEPER_GONE = 1 << 3, /* answer.why says whether there is a new keeper */
};

unsigned rule_watch_step(struct rule_watch *w, struct instant now);

/* The next step asks at once: what flushed the sets may have flushed the rules. */
void rule_watch_hurry(struct rule_watch *w);

#endif
