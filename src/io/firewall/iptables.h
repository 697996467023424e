/* iptables.h - one rule that drops what a set holds: is it there, put it there, take it out.
 *
 * Runs iptables or ip6tables (whichever backend the system has chosen, nft or legacy) without a
 * shell; each call takes a few ms, io/host/child.h bounds it.
 * Order:   the set must be there before the rule, and cannot be destroyed while the rule is.
 * Errors:  false when it cannot be told or done; `why` then says what failed and what to do, in one
 *          line.
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
	const char *set_name; /* of the same family */
	const char *protocol; /* "tcp", "udp": to the ports alone; NULL: all packets */
	const char *ports; /* as multiport takes them: "80,443,8000:8080"; not NULL with protocol */
};

bool iptables_has_rule(const struct drop_rule *r, bool *present, char *why, size_t why_cap);

/* Puts the rule first in its chain unless it is somewhere in it; *put says which. */
bool iptables_insert(const struct drop_rule *r, bool *put, char *why, size_t why_cap);

/* Takes it out, as often as it is there. */
bool iptables_delete(const struct drop_rule *r, char *why, size_t why_cap);

/* Whether the family's program can be found; it is run once. */
bool iptables_is_installed(bool v6);

/* The lines of `iptables -S` for its table, and of `iptables-save` for all tables in use. */
bool iptables_list_table(
	const struct drop_rule *r, child_line *each, void *ctx, char *why, size_t why_cap);
bool iptables_list_all(
	const struct drop_rule *r, child_line *each, void *ctx, char *why, size_t why_cap);

/* For messages: a command that does it; `operation` is "-I" or "-D". */
void iptables_command(const struct drop_rule *r, const char *operation, char *text, size_t cap);

#endif
