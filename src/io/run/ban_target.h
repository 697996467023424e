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

/* The address as it is named. False, with a reason, if the text is none. */
bool ban_target_read(const char *text, struct address *out, char *why, size_t why_cap);

/* Whether a set has entries that are so long: a ban is of one address, or of an IPv6 /64. False,
 * with a reason and another way. `e`: NULL unless the network is to be banned. */
bool ban_target_fits(const struct options *o, const struct exemptions *e,
	const struct address *named, char *why, size_t why_cap);

/* Whether `entry`, which is what the sets would hold of `named`, may be banned. False, with the
 * reason. */
bool ban_target_is_free(const struct options *o, const struct exemptions *e,
	const struct address *named, const struct address *entry, char *why, size_t why_cap);

#endif
