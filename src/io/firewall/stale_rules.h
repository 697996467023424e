/* stale_rules.h - rules that name our sets and are not the ones that a run wants: those of an earlier
 * run with another --chain or other --ports, and other people's.
 *
 * A rule of just the words that io/firewall/iptables.h puts in is ours, wherever it is. Others are never
 * touched. Looks at the tables of the iptables that is used, nft or legacy; native nft rules cannot
 * name a set.
 */
#ifndef IO_FIREWALL_STALE_RULES_H
#define IO_FIREWALL_STALE_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "io/firewall/iptables_text.h"
#include "io/firewall/drop_rules.h"

/* At a time; further ones are found when these are gone. */
#define LEFTOVERS_MAX 32

#define LEFTOVERS_TEXT_CAP 256

struct leftover {
	bool v6;
	bool ours;
	char table[RULE_TEXT_NAME_CAP];
	struct rule_text facts;
	char text[LEFTOVERS_TEXT_CAP]; /* as `iptables -S` has it, cut */
};

struct leftovers {
	struct leftover list[LEFTOVERS_MAX];
	size_t n;
	bool more;
};

/* None when the rules are the administrator's. False when it cannot be told, with a reason. */
bool leftovers_find(const struct ruleset *r, struct leftovers *found, char *why, size_t why_cap);

/* As a rule that io/firewall/iptables.h takes out; refers to both. For one of ours. */
struct drop_rule leftovers_rule(const struct ruleset *r, const struct leftover *one);

/* Takes out all rules of ours for the sets, also the wanted ones, so that the sets can be
 * destroyed. Nothing when the rules are the administrator's. */
bool leftovers_remove_all(const struct ruleset *r, char *why, size_t why_cap);

/* At start, when the wanted rules are in: takes out what an earlier run left, so that there is
 * never a gap, and names it and other people's rules in warnings; also why IPv6 is left out. A
 * failure is a warning too: the wanted rules are in force. Whether it took anything out. */
bool leftovers_tidy(const struct firewall_config *config);

#endif
