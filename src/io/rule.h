/* rule.h - one rule that drops what a set holds: is it there, put it there, take it out.
 *
 * Runs iptables or ip6tables (whichever backend the system has chosen, nft or legacy) without a
 * shell; each call takes a few ms, io/child.h bounds it.
 * Order:   the set must be there before the rule, and cannot be destroyed while the rule is.
 * Errors:  false when it cannot be told or done; `why` then says what failed and what to do, in one
 *          line.
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
	const char *protocol; /* "tcp", "udp": to the ports alone; NULL: all packets */
	const char *ports; /* as multiport takes them: "80,443,8000:8080"; not NULL with protocol */
};

bool rule_present(const struct rule *r, bool *present, char *why, size_t why_cap);

/* Puts the rule first in its chain unless it is somewhere in it; *put says which. */
bool rule_put(const struct rule *r, bool *put, char *why, size_t why_cap);

/* Takes it out, as often as it is there. */
bool rule_remove(const struct rule *r, char *why, size_t why_cap);

/* Whether open connections pass before the rule is asked: an accept of ESTABLISHED (conntrack or
 * state match, whatever else it asks) stands before the first rule of ours for the set, in the
 * chain or in one that it calls before (at most RULE_CHAINS of them). When so, `why` names the
 * place. False in table raw, which comes before connection tracking. What native nft rules and
 * other tables do is not seen. */
#define RULE_CHAINS 32
bool rule_behind_established(const struct rule *r, bool *behind, char *why, size_t why_cap);

#endif
