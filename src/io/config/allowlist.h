/* allowlist.h - the allow-list of a run: reserved addresses, the host's own, the networks and files
 * of --allow and --trust-proxy. And the list of trusted proxies alone.
 *
 * Path:    options, network -> [allowlist] -> core/base/allow.
 * Files:   one address or network per line; blanks and # comments are skipped.
 * Wide:    a network over ALLOWLIST_WIDEST4 or ALLOWLIST_WIDEST6 is refused with a reason: it is a
 *          typing error (0.0.0.0/0, 10.0.0.0/0), and would make the program do nothing, unseen. A
 *          network within a private range is accepted; so is, for --allow, one within a reserved
 *          range, such as 224.0.0.0/4.
 */
#ifndef IO_CONFIG_ALLOWLIST_H
#define IO_CONFIG_ALLOWLIST_H

#include <stddef.h>

#include "core/base/allow.h"
#include "io/config/option_groups.h"

/* The shortest prefixes of --allow and --trust-proxy. An IPv4 block of one owner is a /8 at most,
 * and the published lists of IPv6 ranges stay far below a /16 (2002::/16 is all of 6to4). */
#define ALLOWLIST_WIDEST4 8
#define ALLOWLIST_WIDEST6 16

/* Reads everything anew; called at start and at SIGHUP. A replay leaves out the host's own
 * addresses: it must not depend on the machine. NULL on failure: `why` says in one line which
 * value or which line of which file is wrong. */
struct allow *allowlist_new(const struct allow_options *o, bool replay, char *why, size_t why_cap);

/* A copy of the list with more addresses; NULL when memory is short. */
struct allow *allowlist_with(const struct allow *listed, const struct address *more, size_t n);

/* The list of --trust-proxy, read anew; *trusted is NULL when the option is not given. False as
 * above. */
bool allowlist_trusted(
	const struct options_list *trust_proxy, struct allow **trusted, char *why, size_t why_cap);

/* Both lists; the caller frees them. On failure neither is left, and `why` says what is wrong. */
bool allowlist_read(const struct allow_options *o, bool replay, struct allow **allow,
	struct allow **trusted, char *why, size_t why_cap);

/* Whether that would succeed. */
bool allowlist_is_readable(const struct allow_options *o, bool replay, char *why, size_t why_cap);

#endif
