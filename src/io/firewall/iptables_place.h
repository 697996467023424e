/* iptables_place.h - checks whether the packets of banned clients reach the detector's drop rule,
 * or an earlier rule lets them pass.
 *
 * It reads the whole table of the drop rule. It examines the rules before the drop rule in its
 * chain, and the chains that these rules call. If the drop rule's chain is not a built-in chain, it
 * also examines the rules before each jump that leads to that chain. It examines neither native nft
 * rules nor other tables.
 */
#ifndef IO_FIREWALL_IPTABLES_PLACE_H
#define IO_FIREWALL_IPTABLES_PLACE_H

#include <stdbool.h>
#include <stddef.h>

#include "io/firewall/iptables.h"

/* If the table has more rules, the search fails. */
#define IPTABLES_PLACE_RULES_MAX 100000

#define IPTABLES_PLACE_TEXT_CAP 256

/* If several of these values apply, the highest of them is the result. */
enum iptables_reach {
	IPTABLES_FIRST = 0, /* the packets reach the drop rule; or the drop rule does not exist */
	IPTABLES_NARROW,    /* only some packets are sent to the drop rule's chain */
	/* An earlier rule lets some packets pass, possibly those of a banned client. That rule
	 * matches on the sender, or on something unknown to this program. */
	IPTABLES_MAY_PASS,
	IPTABLES_BEHIND,    /* an earlier rule lets packets of any sender pass */
	IPTABLES_UNREACHED, /* no packet from clients reaches the drop rule's chain */
};

struct iptables_place {
	enum iptables_reach way;
	/* The earlier rule, as `iptables -S` prints it, cut; "" when there is none. */
	char text[IPTABLES_PLACE_TEXT_CAP];
	bool open_only; /* that rule lets only packets of open connections pass */
	/* that rule is in the drop rule's chain, or in a chain called from there: inserting the
	 * drop rule at the beginning of its chain solves the problem */
	bool movable;
};

/* False when the place cannot be determined; then `why` has the reason. */
bool iptables_place_find(
	const struct drop_rule *r, struct iptables_place *place, char *why, size_t why_cap);

/* Writes the problem of the place and the remedy, in one line; nothing for IPTABLES_FIRST. */
void iptables_place_explain(
	const struct drop_rule *r, const struct iptables_place *place, char *text, size_t text_cap);

#endif
