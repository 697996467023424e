/* stale_rules.h - rules that name our sets and are not the ones that a run wants: those of an
 * earlier run with another --chain or other --ports, and other people's.
 *
 * A rule of just the words that io/firewall/iptables.h puts in is ours, wherever it is. Others are
 * never touched. Reads the tables of the iptables that is used, nft or legacy; native nft rules
 * cannot name a set.
 */
#ifndef IO_FIREWALL_STALE_RULES_H
#define IO_FIREWALL_STALE_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "io/firewall/iptables_text.h"
#include "io/firewall/drop_rules.h"

/* At a time; further ones are found when these are gone. */
#define STALE_RULES_MAX 32

#define STALE_RULES_TEXT_CAP 256

struct stale_rule {
	bool v6;
	bool ours;
	char table[IPTABLES_NAME_CAP];
	struct iptables_rule facts;
	char text[STALE_RULES_TEXT_CAP]; /* as `iptables -S` has it, cut */
};

struct stale_rules {
	struct stale_rule list[STALE_RULES_MAX];
	size_t n;
	bool more;
};

/* None when the rules are the administrator's. False when it cannot be told, with a reason. */
bool stale_rules_find(
	const struct drop_rules *r, struct stale_rules *found, char *why, size_t why_cap);

/* As a rule that io/firewall/iptables.h takes out; refers to both. For one of ours. */
struct drop_rule stale_rules_get(const struct drop_rules *r, const struct stale_rule *one);

/* Takes out all rules of ours for the sets, also the wanted ones, so that the sets can be
 * destroyed. Nothing when the rules are the administrator's. */
bool stale_rules_delete_all(const struct drop_rules *r, char *why, size_t why_cap);

/* At start, when the wanted rules are in: takes out what an earlier run left, so that there is
 * never a gap, and names it and other people's rules in warnings; also why IPv6 is left out. A
 * failure is a warning too: the wanted rules are in force. Whether it took anything out. */
bool stale_rules_tidy(const struct firewall_config *config);

#endif
