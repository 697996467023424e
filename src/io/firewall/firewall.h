/* firewall.h - where bans are carried out: nowhere, or in the kernel's sets.
 *
 * Path:     io/run/enforce, anomban -> [firewall].   It decides nothing.
 * Threads:  one only: libipset keeps globals.
 * Backends: null (firewall.c) accepts everything and enforces nothing: the test double, and the
 *           backend of a run without --ban. ipset (ipset.c) has two sets with timeouts, and the
 *           rules of drop_rules.h.
 * Errors:   a call returns false and leaves a text for people in firewall_why(); nothing here logs,
 *           prints or exits.
 * Needs:    CAP_NET_ADMIN for every ban, CAP_NET_RAW too for the rules. A call may open a new
 *           netlink socket at any time (a session that went bad), and firewall_keep_rules runs a
 *           child: SIGCHLD must not be ignored.
 */
#ifndef IO_FIREWALL_FIREWALL_H
#define IO_FIREWALL_FIREWALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/address.h"
#include "core/base/instant.h"

struct firewall;

/* Longest set name given by the user: the kernel takes 31 bytes, and one is for the family.
 * Letters, digits and "_.-", not beginning with "-". */
#define FIREWALL_NAME_MAX 30

/* Room for any text of firewall_why, with its terminator. */
#define FIREWALL_WHY_CAP 512

struct firewall_config {
	const char *set_name; /* NAME: the sets are NAME4 and NAME6 */
	const char *table;    /* "raw" */
	const char *chain;    /* "PREROUTING" */
	const char *ports;    /* "80,443": the rules drop only what goes there; NULL: everything */
	bool manage_rule;     /* put the rule in; else it is the administrator's */
	int v4_prefix_len;    /* netmask of the sets */
	int v6_prefix_len;
	uint32_t max_entries;        /* maxelem of each set */
	struct span default_timeout; /* of the sets, for entries added by hand */
};

struct firewall *firewall_new_null(void);

/* Opens the session, makes or checks both sets, then puts the rules in. The texts of config are
 * copied. A set that is there keeps its entries, maxelem and default timeout; its type, family,
 * netmask and timeout support must be ours. NULL when bans cannot work, and nothing is left behind;
 * `why` then says what failed and what to do about it, in one line. */
struct firewall *firewall_new_ipset(
	const struct firewall_config *config, char *why, size_t why_cap);

/* Bans for `left` (rounded up to whole seconds, at least 1, at most the kernel's 2147483), or for
 * ever when left is SPAN_MAX. Replaces the time of an entry that is there. One kernel round trip;
 * when the session went bad or the set vanished, both are made anew and the ban is tried once more.
 * Refused: the unspecified address, and a network wider than the set's entries. */
bool firewall_ban(struct firewall *f, const struct address *client, struct span left);

/* Whether a ban of this client stops it: not of IPv6 on a host where it is left out, because there
 * is no ip6tables or no IPv6. The set would take it all the same. */
bool firewall_reaches(struct firewall *f, const struct address *client);

/* Takes a ban back; true also when there was none. */
bool firewall_unban(struct firewall *f, const struct address *client);

/* *in: the client, or the network that stands for it, is banned in the kernel now. One kernel round
 * trip; a set that vanished is made anew, so nobody is in it. *in is false after a failure. */
bool firewall_has(struct firewall *f, const struct address *client, bool *in);

/* A marker tells the other programs which share the sets what is being changed: an entry, in each
 * set, of an address that no packet comes from. So only a program that may change the sets can put
 * it there. All but FIREWALL_MARKER_NEW expire by themselves. A marker goes with a set that
 * something else flushes. */
enum firewall_marker {
	/* Entries are being changed by hand: what is gone is to stay so. */
	FIREWALL_MARKER_MANUAL,
	/* The same, by order of another host: that one has reported it already. */
	FIREWALL_MARKER_ORDERED,
	/* Rules and sets are about to go, on purpose; the program that reads it takes it out. */
	FIREWALL_MARKER_TEARDOWN,
	/* The sets were made for rules alone, after a boot, and never held a run's bans. It lasts
	 * until a run takes it out, which has put its bans in. */
	FIREWALL_MARKER_NEW
};
#define FIREWALL_MARKER_LASTS ((struct span){5000})
bool firewall_put_marker(struct firewall *f, enum firewall_marker marker);
bool firewall_remove_marker(struct firewall *f, enum firewall_marker marker);
/* *is_set: it is in both sets. */
bool firewall_has_marker(struct firewall *f, enum firewall_marker marker, bool *is_set);

/* Calls `each` for every entry of both sets but markers, masked as the set is; left is SPAN_MAX for
 * a permanent one. All or nothing: after false, each was not called. A set that is gone is made
 * anew, and so is empty. About 1 s for a million entries. */
typedef void firewall_each(void *ctx, const struct address *client, struct span left);
bool firewall_list(struct firewall *f, firewall_each *each, void *ctx);

/* How many sets had to be made because there was none of their name, so far: 0 after
 * firewall_new_ipset means that both were found, with the bans of an earlier run; 1 or 2, that this
 * host has booted since, or never ran us. A rise later means that a set vanished, and its bans with
 * it. */
unsigned firewall_made_sets(const struct firewall *f);

/* Takes the rules out, when they are ours, then destroys the sets; what is not there is no failure.
 * The firewall can only be freed then: any other call makes the sets anew. */
bool firewall_teardown(struct firewall *f);

/* Takes back what firewall_new_ipset did, for a start that fails after it: the rules that it put
 * in, the sets that it made. As far as it can. The firewall can only be freed then. */
void firewall_undo(struct firewall *f);

/* How often the programs check the rules: rules that were flushed are missing for so long at
 * most. */
#define FIREWALL_RULES_EVERY ((struct span){60 * 1000})

/* Looks for the rules and puts back what is missing; *put_back says whether anything was. Nothing
 * to do, and true, when the rules are the administrator's. A few ms each, at most 10 s, in which
 * nothing else is done: io/firewall/rule_keeper.h does it beside. */
bool firewall_keep_rules(struct firewall *f, bool *put_back);

/* Whether bans reach a kernel at all: "enforced" in events. */
bool firewall_enforces(const struct firewall *f);

/* "none" or "ipset". */
const char *firewall_name(const struct firewall *f);

/* Why the last call failed; valid until the next call. */
const char *firewall_why(const struct firewall *f);

/* Closes the session. Sets and rules stay: bans time out by themselves. */
void firewall_free(struct firewall *f);

#endif
