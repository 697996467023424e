/* ban_target.h - parses an address from anomban's command line: returns its entry in the sets, or
 * the reason why it is not banned.
 *
 * Path:    operands of anomban -> [ban_target] -> set_actions.
 * Before:  call it before the firewall is opened, so that a refused ban makes no set and no
 *          firewall rule.
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
	BAN_TARGET_WRONG, /* not an address, or a network that is wider than an entry of the sets */
	BAN_TARGET_EXEMPT /* never banned */
};

/* Writes the entry of the sets for the address in `text`. `e`: the clients that are never banned;
 * NULL unless the entry is for a ban. If the result is not OK, `why` contains the reason, and
 * also advice if there is another way to block the address. */
enum ban_target_result ban_target_find(const struct options *o, const struct exemptions *e,
	const char *text, struct address *entry, char *why, size_t why_cap);

#endif
