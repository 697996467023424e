/* manual.h - what an administrator changes in the sets, such that it holds.
 *
 * Path:    anomban's actions -> [manual] -> firewall.
 * Word:    a detector that runs beside puts back what something flushed. These calls leave word
 *          in the sets (firewall_put_marker) that it was no such thing, and entries are taken out
 *          one by one, under that word.
 * Errors:  false, and firewall_why says why. *heard is false when no word could be left, as in a
 *          full set: the change was made, and a detector may take it for a flush.
 */
#ifndef IO_FIREWALL_MANUAL_H
#define IO_FIREWALL_MANUAL_H

#include "io/firewall/firewall.h"

/* Also of a client that is banned already: it is now for that long. */
bool manual_ban(struct firewall *f, const struct address *client, struct span left, bool *heard);

bool manual_unban(struct firewall *f, const struct address *clients, size_t n, bool *heard);

/* Unbans everybody. Some 5 s for a million entries, and 32 MB. */
bool manual_flush(struct firewall *f, bool *heard);

/* Unbans everybody, and tells a detector to leave sets and rules alone from now on. Returns
 * when it has heard that, or after FIREWALL_MARKER_LASTS when none is there. The sets and the
 * rules are still to be removed. */
bool manual_teardown(struct firewall *f, bool *heard);

#endif
