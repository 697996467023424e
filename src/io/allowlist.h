/* allowlist.h - the allow-list of a run: reserved and own addresses, --allow, and files of them.
 *
 * Path:    options, network -> [allowlist] -> core/allow.
 * Files:   one address or network a line; blanks and # comments are skipped.
 */
#ifndef IO_ALLOWLIST_H
#define IO_ALLOWLIST_H

#include <stddef.h>

#include "core/allow.h"
#include "io/options.h"

/* Reads everything anew; called at start and at SIGHUP. NULL on failure: `why` says in one line
 * which value or which line of which file is wrong. */
struct allow *allowlist_new(const struct options *o, char *why, size_t why_cap);

#endif
