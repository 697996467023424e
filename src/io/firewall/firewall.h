/* firewall.h - carries out bans in the kernel's sets, or nowhere (null backend).
 *
 * Path:     io/run/enforce, anomban -> [firewall].   It decides nothing.
 * Threads:  only one, because libipset has global variables.
 * Backends: null (firewall.c) accepts everything and enforces nothing. It is the test double, and
 *           the backend of a run without --ban. ipset (ipset.c) uses two sets with timeouts, and
 *           the firewall rules of drop_rules.h.
 * Errors:   a call returns false and firewall_why() has the reason for a message; no call logs,
 *           prints or exits.
 * Needs:    CAP_NET_ADMIN for every ban, and also CAP_NET_RAW for the firewall rules. Any call may
 *           open a new netlink socket (after a failed session). firewall_keep_rules runs a child
 *           process: SIGCHLD must not be ignored.
 */
#ifndef IO_FIREWALL_FIREWALL_H
#define IO_FIREWALL_FIREWALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/address.h"
#include "core/base/instant.h"

struct firewall;

/* Longest set name that the user may give: the kernel accepts 31 bytes, and the last one is the
 * digit of the family. The name has letters, digits and "_.-", and does not begin with "-". */
#define FIREWALL_NAME_MAX 30

/* Room for any text of firewall_why, with its terminator. */
#define FIREWALL_WHY_CAP 512

struct firewall_config {
	const char *set_name; /* NAME: the sets are NAME4 and NAME6 */
	const char *table;    /* "raw" */
	const char *chain;    /* "PREROUTING" */
	/* "80,443": the rules drop only packets to these ports; NULL: to all ports */
	const char *ports;
	bool manage_rule;  /* insert the firewall rules; false: the administrator inserts them */
	int v4_prefix_len; /* netmask of the sets */
	int v6_prefix_len;
	uint32_t max_entries;        /* maxelem of each set */
	struct span default_timeout; /* of entries that are added by hand without a timeout */
};

struct firewall *firewall_new_null(void);

/* Opens the session, makes or checks both sets, then inserts the firewall rules. The texts of
 * config are copied. An existing set keeps its entries, maxelem and default timeout; its type,
 * family, netmask and timeout support must match. NULL when bans cannot work; then nothing is left
 * behind, and `why` has the reason and what to do, in one line. */
struct firewall *firewall_new_ipset(
	const struct firewall_config *config, char *why, size_t why_cap);

/* Bans for `left`, or for ever when left is SPAN_MAX. `left` is rounded up to whole seconds, at
 * least 1 and at most the kernel's 2147483. An existing entry gets the new time. Takes one kernel
 * round trip. If the session failed or the set vanished, the call opens a new session, makes a
 * missing set again, and retries the ban once. Refuses the unspecified address, and a network wider
 * than the set's entries. */
bool firewall_ban(struct firewall *f, const struct address *client, struct span left);

/* Whether a ban of this client drops its packets. False for an IPv6 client on a host without
 * ip6tables or without IPv6, although the set would accept the client. */
bool firewall_reaches(struct firewall *f, const struct address *client);

/* Removes a ban; also true when there was none. */
bool firewall_unban(struct firewall *f, const struct address *client);

/* *in: the client, or the network that contains it in the set, is banned in the kernel now. Takes
 * one kernel round trip. A set that vanished is made again, and is empty. *in is false after a
 * failure. */
bool firewall_has(struct firewall *f, const struct address *client, bool *in);

/* A marker informs the other programs that share the sets about changes. A marker is an entry in
 * each set. Its address is never the source of a packet, so a marker bans nobody. Only a program
 * that may change the sets can add a marker. All markers except FIREWALL_MARKER_NEW expire by
 * themselves. If another program flushes a set, the markers in the set are removed, too. */
enum firewall_marker {
	/* Entries are being changed by hand: no program may put back removed entries. */
	FIREWALL_MARKER_MANUAL,
	/* Like MANUAL, but another host has ordered the change, and has reported it already. */
	FIREWALL_MARKER_ORDERED,
	/* Firewall rules and sets will be removed on purpose. A program that reads this marker
	 * removes the marker. */
	FIREWALL_MARKER_TEARDOWN,
	/* The sets were made after a boot, only because saved firewall rules name them. The sets
	 * never contained a run's bans. A run removes this marker after it has added its bans. */
	FIREWALL_MARKER_NEW
};
#define FIREWALL_MARKER_LASTS ((struct span){5000})
bool firewall_put_marker(struct firewall *f, enum firewall_marker marker);
bool firewall_remove_marker(struct firewall *f, enum firewall_marker marker);
/* *is_set: the marker is in both sets. */
bool firewall_has_marker(struct firewall *f, enum firewall_marker marker, bool *is_set);

/* Calls `each` for every entry of both sets except markers, masked as in the set; left is SPAN_MAX
 * for a permanent entry. All or nothing: if it returns false, `each` was not called. A set that
 * vanished is made again, and is empty. Takes about 1 s for a million entries. */
typedef void firewall_each(void *ctx, const struct address *client, struct span left);
bool firewall_list(struct firewall *f, firewall_each *each, void *ctx);

/* The number of sets made so far because they did not exist. 0 after firewall_new_ipset: both sets
 * existed, with the bans of an earlier run. 1 or 2: the host has booted since the last run, or
 * there was no earlier run. If the number rises later, a set vanished with its bans. */
unsigned firewall_made_sets(const struct firewall *f);

/* Removes the firewall rules, if this program manages them, then destroys the sets. A missing rule
 * or set is not a failure. Afterwards only firewall_free may be called: any other call would make
 * the sets again. */
bool firewall_teardown(struct firewall *f);

/* Undoes firewall_new_ipset, for a start that fails after it: removes the firewall rules and sets
 * that firewall_new_ipset made; ignores failures. Afterwards only firewall_free may be called. */
void firewall_undo(struct firewall *f);

/* Time between two checks of the firewall rules. Flushed rules are missing for about this long at
 * most. */
#define FIREWALL_RULES_EVERY ((struct span){60 * 1000})

/* Checks the firewall rules and inserts missing ones; *put_back: a rule was missing. Does nothing
 * and returns true when the administrator manages the rules. Takes a few ms per rule, at most 10 s,
 * in which the process does nothing else. So the detector calls it in another process
 * (io/firewall/rule_keeper.h). */
bool firewall_keep_rules(struct firewall *f, bool *put_back);

/* Whether bans are enforced in the kernel: the member "enforced" of events. */
bool firewall_enforces(const struct firewall *f);

/* "none" or "ipset". */
const char *firewall_name(const struct firewall *f);

/* Why the last call failed; valid until the next call. */
const char *firewall_why(const struct firewall *f);

/* Closes the session. Sets and firewall rules stay: bans expire by themselves. */
void firewall_free(struct firewall *f);

#endif
