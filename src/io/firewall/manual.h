/* manual.h - makes an administrator's changes to the sets so that no running detector undoes them.
 *
 * Path:    anomban's actions -> [manual] -> firewall.
 * Marker:  a running detector puts back bans that another program flushed. These calls add a marker
 *          to the sets (firewall_put_marker), by which a detector knows that a change is intended.
 *          The calls remove entries one by one while the marker exists.
 * Errors:  false, and firewall_why has the reason. *marked is false when the marker could not be
 *          added, for example because a set is full. The change was made nevertheless, but a
 *          detector may mistake it for a flush.
 */
#ifndef IO_FIREWALL_MANUAL_H
#define IO_FIREWALL_MANUAL_H

#include "io/firewall/firewall.h"

/* Bans a client for `left`. If the client is banned already, `left` replaces the rest of its
 * ban. */
bool manual_ban(struct firewall *f, const struct address *client, struct span left, bool *marked);

bool manual_unban(struct firewall *f, const struct address *clients, size_t n, bool *marked);

/* Unbans all clients. A million entries take about 5 s and 32 MB. */
bool manual_flush(struct firewall *f, bool *marked);

/* Unbans all clients, and makes all detectors ignore the sets and firewall rules from now on. A
 * detector that reads the marker removes it, and the marker is added again. Returns when no
 * detector has removed the marker for 2.5 s. If no detector runs, returns after 4.5 s. The maximum
 * is about 30 s. The caller must then remove the sets and the firewall rules. */
bool manual_teardown(struct firewall *f, bool *marked);

#endif
