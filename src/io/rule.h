/* rule.h - the one firewall rule a family that refers to a set: is it there, put it there.
 *
 * Runs iptables or ip6tables (whichever backend the system has chosen, nft or legacy) without a
 * shell. Order:   the set must be there before the rule, and cannot be destroyed while the rule is.
 * Bound:   a child has 10 s, then it is killed. SIGCHLD must not be ignored.
 */
#ifndef IO_RULE_H
#define IO_RULE_H

#include <stdbool.h>
#include <stddef.h>

struct rule {
	bool v6;
	const char *table;    /* "raw" */
	const char *chain;    /* "PREROUTING" */
	const char *set_name; /* of the same family */
};

/* False when that cannot be told; `why` then says what failed and what to do, in one line. */
bool rule_present(const struct rule *r, bool *present, char *why, size_t why_cap);

/* Puts the rule first in its chain unless it is somewhere in it; *put says which. False as above.
 */
bool rule_put(const struct rule *r, bool *put, char *why, size_t why_cap);

#endif
