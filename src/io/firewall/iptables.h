/* iptables.h - checks, inserts and removes one firewall rule that drops the packets of a set's
 * clients.
 *
 * It runs iptables or ip6tables without a shell, with the backend that the system has chosen (nft
 * or legacy). Each call takes a few ms; io/host/child.h limits its time.
 * Order:   the set must exist before the rule, and cannot be destroyed while the rule exists.
 * Errors:  false when a call failed; then `why` has the reason and what to do, in one line.
 */
#ifndef IO_FIREWALL_IPTABLES_H
#define IO_FIREWALL_IPTABLES_H

#include <stdbool.h>
#include <stddef.h>

#include "io/host/child.h"

struct drop_rule {
	bool v6;
	const char *table;    /* "raw" */
	const char *chain;    /* "PREROUTING" */
	const char *set_name; /* the set's family is also the rule's family */
	/* "tcp", "udp": drops only packets to the ports; NULL: drops all packets */
	const char *protocol;
	const char *ports; /* in multiport's form: "80,443,8000:8080"; not NULL with protocol */
};

bool iptables_has_rule(const struct drop_rule *r, bool *present, char *why, size_t why_cap);

/* Inserts the rule at the beginning of its chain, unless the chain contains it. *put: whether the
 * rule was inserted. */
bool iptables_insert(const struct drop_rule *r, bool *put, char *why, size_t why_cap);

/* Removes the rule and all its copies. */
bool iptables_delete(const struct drop_rule *r, char *why, size_t why_cap);

/* Whether iptables, or ip6tables for v6, is installed; runs it once. */
bool iptables_is_installed(bool v6);

/* iptables_list_table runs `iptables -S` for the rule's table. iptables_list_all runs
 * `iptables-save`, which lists all tables in use. Both functions call `each` for every line of the
 * output. */
bool iptables_list_table(
	const struct drop_rule *r, child_line *each, void *ctx, char *why, size_t why_cap);
bool iptables_list_all(
	const struct drop_rule *r, child_line *each, void *ctx, char *why, size_t why_cap);

/* For messages: the command for the operation "-I" or "-D". */
void iptables_command(const struct drop_rule *r, const char *operation, char *text, size_t cap);

#endif
