/* drop_rules.h - the rules that make the sets bite, as one: one a family, or with ports two.
 *
 * With --ports the rules are `-p tcp` and `-p udp -m multiport --dports LIST`: multiport asks for
 * one protocol a rule, and HTTP/3 is UDP. In raw/PREROUTING the ports are those that the client
 * sent to, before any DNAT; in filter/FORWARD those of the container. Only rules of just these
 * words are ours. io/firewall/stale_rules.h finds the rules that an earlier run left with another
 * chain or list.
 *
 * Errors:  false when it cannot be told or done; `why` then says what failed and what to do, in one
 *          line.
 */
#ifndef IO_FIREWALL_DROP_RULES_H
#define IO_FIREWALL_DROP_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "io/firewall/firewall.h"
#include "io/firewall/iptables.h"

/* The kernel's 31 bytes and a terminator. */
#define DROP_RULES_NAME_CAP 32

/* multiport takes 15 ports, of which a range is two: 15 x "65535,". */
#define DROP_RULES_PORTS_MAX 15
#define DROP_RULES_PORTS_CAP 90

/* What iptables takes for a chain of its own. */
#define DROP_RULES_CHAIN_MAX 28

/* What the next two ask for, for messages. */
#define DROP_RULES_NAME_WANT "1 to 30 letters, digits or _.-, the first not -"
#define DROP_RULES_CHAIN_WANT                                                                      \
	"TABLE/CHAIN, for example raw/PREROUTING: a table of raw, mangle, filter, security, and "  \
	"1 to 28 letters, digits or _.-, the first not -"
bool drop_rules_name_ok(const char *name);
bool drop_rules_chain_ok(const char *table, const char *chain);

/* Whether this host has IPv6. When not, its rule is left out, and IPv4 is banned alone. */
enum drop_rules_v6 {
	DROP_RULES_V6 = 0,
	DROP_RULES_V6_NO_KERNEL,  /* no IPv6 packet comes */
	DROP_RULES_V6_NO_PROGRAM, /* they do, but there is no ip6tables */
};

struct drop_rules {
	bool managed; /* else they are the administrator's, and all calls do nothing */
	char set_name[2][DROP_RULES_NAME_CAP]; /* IPv4, IPv6 */
	char table[DROP_RULES_NAME_CAP];
	char chain[DROP_RULES_NAME_CAP];
	char ports[DROP_RULES_PORTS_CAP]; /* "": all */
	enum drop_rules_v6 v6;
};

/* Checks and copies the set's name and, when the rules are to be managed, table, chain and ports,
 * and looks for IPv6. */
bool drop_rules_init(
	struct drop_rules *r, const struct firewall_config *config, char *why, size_t why_cap);

/* Whether "80,443,8000:8080" is a list that the rules can have: ports 1..65535, ranges that rise,
 * at most DROP_RULES_PORTS_MAX, a range counting as two. */
bool drop_rules_ports_ok(const char *list);

/* Why IPv6 is left out, and what to do; NULL: it is not. Lives for ever. */
const char *drop_rules_v4_only(const struct drop_rules *r);

/* 1 for IPv4 alone, else 2. */
int drop_rules_families(const struct drop_rules *r);

/* How many rules there are, and the i-th of them, which refers to *r. */
int drop_rules_count(const struct drop_rules *r);
struct drop_rule drop_rules_get(const struct drop_rules *r, int i);

/* Puts in what is missing, first in its chain. Bit i of *put: the i-th was, also when a later one
 * failed. */
bool drop_rules_insert(const struct drop_rules *r, unsigned *put, char *why, size_t why_cap);

/* Takes these out again, as far as it can. */
void drop_rules_delete(const struct drop_rules *r, unsigned put);

/* As drop_rules_insert; *put_back says whether anything was missing. */
bool drop_rules_repair(const struct drop_rules *r, bool *put_back, char *why, size_t why_cap);

/* Whether banned clients' packets surely or likely pass before one of the rules, or never come to
 * it (IPTABLES_BEHIND and worse of io/firewall/iptables_place.h); `why` then says where and what to
 * do. */
bool drop_rules_are_bypassed(const struct drop_rules *r, bool *behind, char *why, size_t why_cap);

#endif
