/* allowlist.h - the allow-list of a run: reserved addresses, the host's own, the networks and files
 * of --allow and --trust-proxy. And the list of trusted proxies alone.
 *
 * Path:    options, network -> [allowlist] -> core/base/allow.
 * Files:   one address or network per line; blanks and # comments are skipped.
 * Wide:    a network over ALLOWLIST_WIDEST4 or ALLOWLIST_WIDEST6 is refused with a reason: it is a
 *          typing error (0.0.0.0/0, 10.0.0.0/0), and would make the program do nothing, unseen.
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

/* Peers of SSH connections at start, which are allowed for the whole run. With its default
 * MaxStartups (10:30:100) sshd keeps at most 100 connections without a login, so these alone cannot
 * fill the list. */
#define ALLOWLIST_PEERS_MAX 256
struct allowlist_peers {
	struct address list[ALLOWLIST_PEERS_MAX];
	size_t n;
	bool more; /* some are left out */
};

/* Lists each peer once. False with errno when the peers are not known. */
bool allowlist_find_peers(struct allowlist_peers *peers);
/* The same at a start: warns when the peers are not known, and when some are left out. */
void allowlist_meet_peers(struct allowlist_peers *peers);

/* Reads everything anew; called at start and at SIGHUP. A replay leaves out the host's own
 * addresses: it must not depend on the machine. `peers` may be NULL. NULL on failure: `why` says
 * in one line which value or which line of which file is wrong. */
struct allow *allowlist_new(const struct allow_options *o, bool replay,
	const struct allowlist_peers *peers, char *why, size_t why_cap);

/* The list of --trust-proxy, read anew; *trusted is NULL when the option is not given. False as
 * above. */
bool allowlist_trusted(
	const struct options_list *trust_proxy, struct allow **trusted, char *why, size_t why_cap);

/* Both lists; the caller frees them. On failure neither is left, and `why` says what is wrong. */
bool allowlist_read(const struct allow_options *o, bool replay, const struct allowlist_peers *peers,
	struct allow **allow, struct allow **trusted, char *why, size_t why_cap);

#endif
