/* ban_target.h - an address that a person names on anomban's command line: which entry of the sets
 * it means, and why it is not banned.
 *
 * Path:    operands of anomban -> [ban_target] -> set_actions.
 * Before:  the firewall is opened: a ban that is refused makes no set and no rule.
 */
#ifndef IO_RUN_BAN_TARGET_H
#define IO_RUN_BAN_TARGET_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/address.h"
#include "io/config/option_groups.h"
#include "io/run/exemptions.h"

enum ban_target_result {
	BAN_TARGET_OK,
	BAN_TARGET_WRONG, /* no address, or a network that is wider than an entry of the sets */
	BAN_TARGET_EXEMPT /* never banned */
};

/* The entry of the sets that `text` means. `e`: who is never banned; NULL unless it is for a ban.
 * Other than OK: *why has the reason, and another way where there is one. */
enum ban_target_result ban_target_find(const struct options *o, const struct exemptions *e,
	const char *text, struct address *entry, char *why, size_t why_cap);

#endif
