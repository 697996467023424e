/* manual.h - what an administrator changes in the sets, such that it holds.
 *
 * Path:    anomban's actions -> [manual] -> firewall.
 * Marker:  a detector that runs beside puts back the bans that something flushed. These calls put
 *          a marker into the sets (firewall_put_marker), which says that this is no flush, and
 *          remove entries one by one while the marker is there.
 * Errors:  false, and firewall_why says why. *marked is false when the marker could not be put, as
 *          in a full set: the change was made, and a detector may take it for a flush.
 */
#ifndef IO_FIREWALL_MANUAL_H
#define IO_FIREWALL_MANUAL_H

#include "io/firewall/firewall.h"

/* Also of a client that is banned already: it is now for that long. */
bool manual_ban(struct firewall *f, const struct address *client, struct span left, bool *marked);

bool manual_unban(struct firewall *f, const struct address *clients, size_t n, bool *marked);

/* Unbans everybody. Some 5 s for a million entries, and 32 MB. */
bool manual_flush(struct firewall *f, bool *marked);

/* Unbans everybody, and tells all detectors to leave sets and rules alone from now on. Returns when
 * none has removed the marker for 2.5 s, or for 4.5 s when none is there; after 30 s anyway. The
 * sets and the rules are still to be removed. */
bool manual_teardown(struct firewall *f, bool *marked);

#endif
