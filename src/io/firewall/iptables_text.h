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

#define RULE_TEXT_NAME_CAP  32 /* a chain has at most 28 bytes */
#define RULE_TEXT_PORTS_CAP 96 /* multiport's 15: "65535,"; a longer list is cut */

enum rule_line {
	RULE_LINE_OTHER,
	RULE_LINE_OWN,     /* -N CHAIN: somebody's own, which is only reached by a jump */
	RULE_LINE_BUILTIN, /* -P CHAIN: the kernel's */
	RULE_LINE_RULE,    /* -A CHAIN ... */
};

/* What becomes of the packets that a rule holds for. */
enum rule_end {
	RULE_GOES_ON, /* no target, or one that only notes something: the next rule */
	RULE_STOPS,   /* DROP, REJECT */
	RULE_PASSES,  /* ACCEPT, or a queue to a program: no other rule of this hook and table */
	RULE_RETURNS, /* RETURN: on in the calling chain; of the kernel's chains, the policy */
	RULE_CALLS,   /* -j and a word that is none of these: a chain, or a target such as MARK */
	RULE_GOES_TO, /* -g CHAIN: the same, but never back to here */
};

struct rule_text {
	enum rule_line line; /* for RULE_LINE_OTHER nothing below is set */
	char chain[RULE_TEXT_NAME_CAP];
	/* the rest is of rules */
	enum rule_end end;
	char target[RULE_TEXT_NAME_CAP]; /* of -j or -g; "" when there is none */
	bool asks;                       /* it does not hold for all packets */
	bool asks_sender;                /* who sends, or what is not known here */
	bool loopback;                   /* -i lo */
	bool asks_state;                 /* of connection tracking */
	bool open, fresh;                /* that holds for ESTABLISHED; for NEW */
	char protocol[16];               /* "tcp"; "" when it does not ask */
	char ports[RULE_TEXT_PORTS_CAP]; /* of the destination; "" when it does not ask */
	bool names_set;                  /* refers to the set, in a match or a target */
	/* -m set --match-set SET src -j DROP and nothing else, or after
	 * -p PROTOCOL -m multiport --dports PORTS: as io/firewall/iptables.h puts them in */
	bool ours;
};

/* `line` need not end in a NUL. */
struct rule_text rule_text_read(const char *line, size_t len, const char *set_name);

/* Whether two lists of ports such as "80,443,8000:8080" have one in common; true when either cannot
 * be read, or is empty. */
bool rule_text_ports_meet(const char *a, const char *b);

#endif
