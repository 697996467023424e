/* iptables_place.h - do the packets of banned clients come to a rule, or pass before it?
 *
 * Looks at the whole table that the rule is in: what stands before it in its chain, in the chains
 * that are called there, and, when the chain is somebody's own, before the jumps that lead to it.
 * Native nft rules and other tables are not seen.
 */
#ifndef IO_FIREWALL_IPTABLES_PLACE_H
#define IO_FIREWALL_IPTABLES_PLACE_H

#include <stdbool.h>
#include <stddef.h>

#include "io/firewall/iptables.h"

/* More is not looked through. */
#define IPTABLES_PLACE_RULES_MAX 100000

#define IPTABLES_PLACE_TEXT_CAP 256

/* Each outweighs those before it. */
enum iptables_reach {
	IPTABLES_FIRST = 0, /* they come to it; or it is not there */
	IPTABLES_NARROW,    /* its chain is called for some packets only */
	/* A rule before it lets some packets pass, which may be a banned client's: it asks who
	 * sends, or something that is not known here. */
	IPTABLES_MAY_PASS,
	IPTABLES_BEHIND,    /* a rule before it lets packets pass, whoever sends them */
	IPTABLES_UNREACHED, /* nothing that clients send comes to its chain */
};

struct iptables_place {
	enum iptables_reach way;
	/* That rule, as `iptables -S` has it, cut; "" when there is none. */
	char text[IPTABLES_PLACE_TEXT_CAP];
	bool open_only; /* it lets pass connections that are open */
	bool movable;   /* it stands in the rule's own chain: the rule put first mends it */
};

/* False when it cannot be told; `why` then says what failed. */
bool iptables_place_find(
	const struct drop_rule *r, struct iptables_place *place, char *why, size_t why_cap);

/* What is wrong with the place, and what to do, in one line; for IPTABLES_FIRST nothing. */
void iptables_place_explain(
	const struct drop_rule *r, const struct iptables_place *place, char *text, size_t text_cap);

#endif
