/* allowlist.h - the allow-list of a run: reserved addresses, the host's own addresses, and the
 * networks and files of --allow and --trust-proxy. It also makes a separate list of the trusted
 * proxies.
 *
 * Path:    options, network -> [allowlist] -> core/base/allow.
 * Files:   one address or network per line; blanks and # comments are skipped.
 * Wide:    a network wider than ALLOWLIST_WIDEST4 or ALLOWLIST_WIDEST6 is refused with a reason.
 *          Such a network is a typing error (0.0.0.0/0, 10.0.0.0/0): the program would silently ban
 *          nobody. A network within a private range is accepted. --allow also accepts a network
 *          within a reserved range, such as 224.0.0.0/4.
 */
#ifndef IO_CONFIG_ALLOWLIST_H
#define IO_CONFIG_ALLOWLIST_H

#include <stddef.h>

#include "core/base/allow.h"
#include "io/config/option_groups.h"

/* The shortest prefixes of --allow and --trust-proxy. An IPv4 block of one owner is at most a /8.
 * In published lists of IPv6 ranges, every network is much smaller than a /16 (2002::/16 is all of
 * 6to4). */
#define ALLOWLIST_WIDEST4 8
#define ALLOWLIST_WIDEST6 16

/* Reads all networks and files of the options. Called at start, and again at SIGHUP. A replay
 * leaves out the host's own addresses, because its result must not depend on the machine. NULL on
 * failure: `why` names the wrong value, or the file and its wrong line. */
struct allow *allowlist_new(const struct allow_options *o, bool replay, char *why, size_t why_cap);

/* Returns a copy of `listed` to which the n addresses `more` are added; NULL if there is not enough
 * memory. */
struct allow *allowlist_with(const struct allow *listed, const struct address *more, size_t n);

/* Reads the list of --trust-proxy again. *trusted is NULL if the option is not given. On failure it
 * returns false, with a reason in `why`. */
bool allowlist_trusted(
	const struct options_list *trust_proxy, struct allow **trusted, char *why, size_t why_cap);

/* Reads the allow-list and the list of the trusted proxies; the caller frees them. On failure it
 * sets both pointers to NULL, and `why` has the reason. */
bool allowlist_read(const struct allow_options *o, bool replay, struct allow **allow,
	struct allow **trusted, char *why, size_t why_cap);

/* Whether allowlist_read would succeed. */
bool allowlist_is_readable(const struct allow_options *o, bool replay, char *why, size_t why_cap);

#endif
