/* lift.h - writes the command that lifts a ban. An administrator pastes it into a root shell.
 *
 * Path:    bans -> [lift] -> event, core/show.   Pure.
 * Promise: the command is correct for any set of the kernel. It names the set and the prefix
 *          lengths if they differ from anomban's defaults. Each word is quoted for a shell if
 *          necessary.
 */
#ifndef CORE_RECORD_LIFT_H
#define CORE_RECORD_LIFT_H

#include "core/base/address.h"
#include "core/base/buf.h"

/* The defaults of --set, --ipv4-prefix and --ipv6-prefix. */
#define LIFT_SET         "anomdetect"
#define LIFT_IPV4_PREFIX 32
#define LIFT_IPV6_PREFIX 64

/* Enough for the longest name of a set, with four bytes for each quoted byte. */
#define LIFT_BYTES_MAX 256

/* The two sets in the kernel, NAME4 and NAME6. */
struct lift_sets {
	const char *name;
	int ipv4_prefix; /* 0: the default */
	int ipv6_prefix;
};

/* Writes a command such as "anomban --set web --unban 2001:db8:1:2::/64". */
void lift_put(struct buf *out, const struct lift_sets *sets, const struct address *client);

/* Writes the command without the address: "anomban --unban ". */
void lift_put_any(struct buf *out, const struct lift_sets *sets);

#endif
