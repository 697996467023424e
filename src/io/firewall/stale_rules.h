/* stale_rules.h - finds firewall rules that name this run's sets but that this run does not want.
 * They are from an earlier run with another --chain or other --ports, or from other people.
 *
 * A firewall rule in any chain belongs to the detector if it has exactly the form that
 * io/firewall/iptables.h inserts. Other firewall rules are never changed. The search reads the
 * tables of the iptables in use, nft or legacy. Native nft rules cannot name an ipset.
 */
#ifndef IO_FIREWALL_STALE_RULES_H
#define IO_FIREWALL_STALE_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "io/firewall/iptables_text.h"
#include "io/firewall/drop_rules.h"

/* Maximum number of rules per search. Further rules are found by a new search after these are
 * removed. */
#define STALE_RULES_MAX 32

#define STALE_RULES_TEXT_CAP 256

struct stale_rule {
	bool v6;
	bool ours;
	char table[IPTABLES_NAME_CAP];
	struct iptables_rule facts;
	char text[STALE_RULES_TEXT_CAP]; /* as `iptables -S` prints it, cut off at this size */
};

struct stale_rules {
	struct stale_rule list[STALE_RULES_MAX];
	size_t n;
	bool more;
};

/* Finds no rules when the administrator manages them. False when the search failed; then `why` has
 * the reason. */
bool stale_rules_find(
	const struct drop_rules *r, struct stale_rules *found, char *why, size_t why_cap);

/* Converts a rule of the detector to the form that io/firewall/iptables.h removes. The result
 * points into both arguments. */
struct drop_rule stale_rules_get(const struct drop_rules *r, const struct stale_rule *one);

/* Removes all the detector's rules for the sets, including the wanted ones, so that the sets can be
 * destroyed. Does nothing when the administrator manages the rules. */
bool stale_rules_delete_all(const struct drop_rules *r, char *why, size_t why_cap);

/* Removes the firewall rules that an earlier run left. Logs a warning for each removed rule, and
 * for each rule of other people. If IPv6 clients are not banned, logs the reason. Call it at the
 * start, after the wanted rules are inserted, so that banned clients are blocked all the time. A
 * failure is only a warning, because the wanted rules are in force. Returns whether it removed a
 * rule. */
bool stale_rules_tidy(const struct firewall_config *config);

#endif
