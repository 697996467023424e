/* ban_target.h - an address that a person names on anomban's command line: the entry of the sets
 * that it means, or the reason why it is not banned.
 *
 * Path:    operands of anomban -> [ban_target] -> set_actions.
 * Before:  this runs before the firewall is opened, so a refused ban makes no set and no rule.
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

/* Writes the entry of the sets that `text` means. `e`: the clients that are never banned; NULL
 * unless the entry is for a ban. If the result is not OK, `why` has the reason, and another way if
 * there is one. */
enum ban_target_result ban_target_find(const struct options *o, const struct exemptions *e,
	const char *text, struct address *entry, char *why, size_t why_cap);

#endif
