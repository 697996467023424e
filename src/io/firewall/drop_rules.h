/* drop_rules.h - the rules that make the sets bite, as one: one a family, or with ports two.
 *
 * With --ports the rules are `-p tcp` and `-p udp -m multiport --dports LIST`: multiport asks for
 * one protocol a rule, and HTTP/3 is UDP. In raw/PREROUTING the ports are those that the client
 * sent to, before any DNAT; in filter/FORWARD those of the container. Only rules of just these
 * words are ours. What an earlier run left with another chain or list is io/firewall/stale_rules.h's.
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
#define RULESET_NAME_CAP 32

/* multiport takes 15 ports, of which a range is two: 15 x "65535,". */
#define RULESET_PORTS_MAX 15
#define RULESET_PORTS_CAP 90

/* What iptables takes for a chain of its own. */
#define RULESET_CHAIN_MAX 28

/* What the next two ask for, for messages. */
#define RULESET_NAME_WANT "1 to 30 letters, digits or _.-, the first not -"
#define RULESET_CHAIN_WANT                                                                         \
	"TABLE/CHAIN, for example raw/PREROUTING: a table of raw, mangle, filter, security, and "  \
	"1 to 28 letters, digits or _.-, the first not -"
bool ruleset_name_ok(const char *name);
bool ruleset_chain_ok(const char *table, const char *chain);

/* Whether this host has IPv6. When not, its rule is left out, and IPv4 is banned alone. */
enum ruleset_v6 {
	RULESET_V6 = 0,
	RULESET_V6_NO_KERNEL,  /* no IPv6 packet comes */
	RULESET_V6_NO_PROGRAM, /* they do, but there is no ip6tables */
};

struct ruleset {
	bool managed; /* else they are the administrator's, and all calls do nothing */
	char set_name[2][RULESET_NAME_CAP]; /* IPv4, IPv6 */
	char table[RULESET_NAME_CAP];
	char chain[RULESET_NAME_CAP];
	char ports[RULESET_PORTS_CAP]; /* "": all */
	enum ruleset_v6 v6;
};

/* Checks and copies the set's name and, when the rules are to be managed, table, chain and ports,
 * and looks for IPv6. */
bool ruleset_init(
	struct ruleset *r, const struct firewall_config *config, char *why, size_t why_cap);

/* Whether "80,443,8000:8080" is a list that the rules can have: ports 1..65535, ranges that rise,
 * at most RULESET_PORTS_MAX, a range counting as two. */
bool ruleset_ports_ok(const char *list);

/* Why IPv6 is left out, and what to do; NULL: it is not. Lives for ever. */
const char *ruleset_v4_only(const struct ruleset *r);

/* 1 for IPv4 alone, else 2. */
int ruleset_families(const struct ruleset *r);

/* How many rules there are, and the i-th of them, which refers to *r. */
int ruleset_count(const struct ruleset *r);
struct drop_rule ruleset_rule(const struct ruleset *r, int i);

/* *present: all of them are there. */
bool ruleset_present(const struct ruleset *r, bool *present, char *why, size_t why_cap);

/* Puts in what is missing, first in its chain. Bit i of *put: the i-th was, also when a later one
 * failed. */
bool ruleset_put(const struct ruleset *r, unsigned *put, char *why, size_t why_cap);

/* Takes these out again, as far as it can. */
void ruleset_take_back(const struct ruleset *r, unsigned put);

/* As ruleset_put; *put_back says whether anything was missing. */
bool ruleset_keep(const struct ruleset *r, bool *put_back, char *why, size_t why_cap);

/* Whether banned clients' packets surely or likely pass before one of the rules, or never come to
 * it (RULE_BEHIND and worse of io/firewall/iptables_place.h); `why` then says where and what to do. */
bool ruleset_behind(const struct ruleset *r, bool *behind, char *why, size_t why_cap);

#endif
