/* iptables_text.h - one line of `iptables -S` or `iptables-save`: text in, facts out.
 *
 * Other people's rules, with comments in them that may say anything: words are cut as iptables
 * quotes them, and nothing is looked for by strstr. What is not known here counts as a question
 * about the sender, so that a rule is never said to let everybody pass when it may not.
 */
#ifndef IO_FIREWALL_IPTABLES_TEXT_H
#define IO_FIREWALL_IPTABLES_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#define IPTABLES_NAME_CAP  32 /* a chain has at most 28 bytes */
#define IPTABLES_PORTS_CAP 96 /* multiport's 15: "65535,"; a longer list is cut */

enum iptables_line {
	IPTABLES_OTHER,
	IPTABLES_USER_CHAIN,    /* -N CHAIN: somebody's own, which is only reached by a jump */
	IPTABLES_BUILTIN_CHAIN, /* -P CHAIN: the kernel's */
	IPTABLES_RULE,          /* -A CHAIN ... */
};

/* What becomes of the packets that a rule holds for. */
enum iptables_verdict {
	IPTABLES_CONTINUES, /* no target, or one that only notes something: the next rule */
	IPTABLES_STOPS,     /* DROP, REJECT */
	IPTABLES_PASSES, /* ACCEPT, or a queue to a program: no other rule of this hook and table */
	IPTABLES_RETURNS, /* RETURN: on in the calling chain; of the kernel's chains, the policy */
	IPTABLES_CALLS, /* -j and a word that is none of these: a chain, or a target such as MARK */
	IPTABLES_GOES_TO, /* -g CHAIN: the same, but never back to here */
};

struct iptables_rule {
	enum iptables_line line; /* for IPTABLES_OTHER nothing below is set */
	char chain[IPTABLES_NAME_CAP];
	/* the rest is of rules */
	enum iptables_verdict end;
	char target[IPTABLES_NAME_CAP]; /* of -j or -g; "" when there is none */
	bool asks;                      /* it does not hold for all packets */
	bool asks_sender;               /* who sends, or what is not known here */
	bool loopback;                  /* -i lo */
	bool asks_state;                /* of connection tracking */
	bool open, fresh;               /* that holds for ESTABLISHED; for NEW */
	char protocol[16];              /* "tcp"; "" when it does not ask */
	char ports[IPTABLES_PORTS_CAP]; /* of the destination; "" when it does not ask */
	bool names_set;                 /* refers to the set, in a match or a target */
	/* -m set --match-set SET src -j DROP and nothing else, or after
	 * -p PROTOCOL -m multiport --dports PORTS: as io/firewall/iptables.h puts them in */
	bool ours;
};

/* `line` need not end in a NUL. */
struct iptables_rule iptables_text_parse(const char *line, size_t len, const char *set_name);

/* Whether two lists of ports such as "80,443,8000:8080" have one in common; true when either cannot
 * be read, or is empty. */
bool iptables_text_ports_overlap(const char *a, const char *b);

#endif
