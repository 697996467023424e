/* drop_rules.h - the firewall rules that drop the packets of banned clients: one rule per address
 * family, or two with --ports.
 *
 * With --ports the rules are `-p tcp` and `-p udp -m multiport --dports LIST`: multiport needs one
 * protocol per rule, and HTTP/3 is UDP. In raw/PREROUTING they match the ports to which the client
 * sent, before any DNAT; in filter/FORWARD they match the container's ports. A firewall rule
 * belongs to this program only if it has exactly the form that io/firewall/iptables.h inserts.
 * io/firewall/stale_rules.h finds the rules of an earlier run with another chain or other ports.
 *
 * Errors:  false when a call failed; then `why` has the reason and what to do, in one line.
 */
#ifndef IO_FIREWALL_DROP_RULES_H
#define IO_FIREWALL_DROP_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "io/firewall/firewall.h"
#include "io/firewall/iptables.h"

/* The kernel's maximum of 31 bytes, and a terminator. */
#define DROP_RULES_NAME_CAP 32

/* multiport accepts 15 ports; a range counts as two: 15 x "65535,". */
#define DROP_RULES_PORTS_MAX 15
#define DROP_RULES_PORTS_CAP 90

/* Longest name that iptables accepts for a user's chain. */
#define DROP_RULES_CHAIN_MAX 28

/* The forms that drop_rules_init accepts, for messages. */
#define DROP_RULES_NAME_WANT "1 to 30 letters, digits or _.-, the first not -"
#define DROP_RULES_CHAIN_WANT                                                                      \
	"TABLE/CHAIN, for example raw/PREROUTING: a table of raw, mangle, filter, security, and "  \
	"1 to 28 letters, digits or _.-, the first not -"
bool drop_rules_name_ok(const char *name);
bool drop_rules_chain_ok(const char *table, const char *chain);

/* Whether IPv6 clients can be banned on this host. If not, the IPv6 rule is left out, and only IPv4
 * clients are banned. */
enum drop_rules_v6 {
	DROP_RULES_V6 = 0,
	DROP_RULES_V6_NO_KERNEL,  /* no IPv6 packet arrives */
	DROP_RULES_V6_NO_PROGRAM, /* IPv6 packets arrive, but there is no ip6tables */
};

struct drop_rules {
	bool managed; /* false: the administrator manages the rules, and all calls do nothing */
	char set_name[2][DROP_RULES_NAME_CAP]; /* IPv4, IPv6 */
	char table[DROP_RULES_NAME_CAP];
	char chain[DROP_RULES_NAME_CAP];
	char ports[DROP_RULES_PORTS_CAP]; /* "": all ports */
	enum drop_rules_v6 v6;
};

/* Checks and copies the set's name. If this program manages the rules, also checks and copies
 * table, chain and ports. Determines whether IPv6 clients can be banned. */
bool drop_rules_init(
	struct drop_rules *r, const struct firewall_config *config, char *why, size_t why_cap);

/* Whether the rules can use a list such as "80,443,8000:8080": ports 1..65535, rising ranges, at
 * most DROP_RULES_PORTS_MAX, where a range counts as two. */
bool drop_rules_ports_ok(const char *list);

/* Why IPv6 clients are not banned, and what to do; NULL: they are banned. The text is static. */
const char *drop_rules_v4_only(const struct drop_rules *r);

/* The number of address families: 1 if only IPv4 clients are banned, otherwise 2. */
int drop_rules_families(const struct drop_rules *r);

/* The number of rules, and the i-th rule, which refers to *r. */
int drop_rules_count(const struct drop_rules *r);
struct drop_rule drop_rules_get(const struct drop_rules *r, int i);

/* Inserts missing rules at the beginning of their chain. Bit i of *put: the i-th rule was inserted,
 * even if a later one failed. */
bool drop_rules_insert(const struct drop_rules *r, unsigned *put, char *why, size_t why_cap);

/* Removes the rules whose bits are set in `put`; ignores failures. */
void drop_rules_delete(const struct drop_rules *r, unsigned put);

/* Like drop_rules_insert; *put_back: at least one rule was missing and was inserted. */
bool drop_rules_repair(const struct drop_rules *r, bool *put_back, char *why, size_t why_cap);

/* *behind: packets of banned clients most likely pass before they reach one of the rules, or never
 * reach it (IPTABLES_BEHIND or worse in io/firewall/iptables_place.h). Then `why` describes the
 * place of this rule, and what to do. */
bool drop_rules_are_bypassed(const struct drop_rules *r, bool *behind, char *why, size_t why_cap);

#endif
