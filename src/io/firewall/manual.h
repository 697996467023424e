/* manual.h - an administrator's changes to the sets, made so that they last.
 *
 * Path:    anomban's actions -> [manual] -> firewall.
 * Marker:  a running detector puts back bans that another program flushed. These calls add a marker
 *          to the sets (firewall_put_marker), which means that this change is not such a flush.
 *          They remove entries one by one while the marker exists.
 * Errors:  false, and firewall_why has the reason. *marked is false when the marker could not be
 *          added, for example because a set is full. The change was made all the same, and a
 *          detector may mistake it for a flush.
 */
#ifndef IO_FIREWALL_MANUAL_H
#define IO_FIREWALL_MANUAL_H

#include "io/firewall/firewall.h"

/* Bans a client; if it is banned already, its ban now lasts this long. */
bool manual_ban(struct firewall *f, const struct address *client, struct span left, bool *marked);

bool manual_unban(struct firewall *f, const struct address *clients, size_t n, bool *marked);

/* Unbans all clients. Takes some 5 s for a million entries, and 32 MB. */
bool manual_flush(struct firewall *f, bool *marked);

/* Unbans all clients, and makes all detectors ignore sets and rules from now on. Returns when no
 * detector has removed the marker for 2.5 s, or for 4.5 s when no detector runs; at the latest
 * after 30 s. The caller must then remove the sets and the rules. */
bool manual_teardown(struct firewall *f, bool *marked);

#endif
