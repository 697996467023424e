/* iptables_text.h - parses one line of `iptables -S` or `iptables-save`.
 *
 * The lines may be firewall rules of other people, and their comments may contain any text. So
 * words are split as iptables quotes them, and strstr is not used. An unknown option counts as a
 * condition on the sender. So a rule that may match only some senders is never reported to let
 * everybody pass.
 */
#ifndef IO_FIREWALL_IPTABLES_TEXT_H
#define IO_FIREWALL_IPTABLES_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#define IPTABLES_NAME_CAP  32 /* a chain's name has at most 28 bytes */
#define IPTABLES_PORTS_CAP 96 /* 15 ports as in "65535,", multiport's maximum; longer: "" */

enum iptables_line {
	IPTABLES_OTHER,
	IPTABLES_USER_CHAIN,    /* -N CHAIN: a user's chain, which is only reached by a jump */
	IPTABLES_BUILTIN_CHAIN, /* -P CHAIN: the kernel's chain */
	IPTABLES_RULE,          /* -A CHAIN ... */
};

/* The fate of the packets that match a rule. */
enum iptables_verdict {
	/* no target, or a target that only records something: the next rule follows */
	IPTABLES_CONTINUES,
	IPTABLES_STOPS, /* DROP, REJECT */
	/* ACCEPT, or a queue to a program: the packet meets no further rule of this hook and
	 * table */
	IPTABLES_PASSES,
	/* RETURN: continues in the calling chain; in a built-in chain, the chain's policy
	 * applies */
	IPTABLES_RETURNS,
	IPTABLES_CALLS,   /* -j and any other word: a chain, or a target such as MARK */
	IPTABLES_GOES_TO, /* -g CHAIN: like -j, but never returns to this chain */
};

struct iptables_rule {
	enum iptables_line line; /* for IPTABLES_OTHER no other member is set */
	char chain[IPTABLES_NAME_CAP];
	/* the other members are for rules */
	enum iptables_verdict end;
	char target[IPTABLES_NAME_CAP]; /* of -j or -g; "" when there is none */
	bool asks;                      /* it does not match all packets */
	bool asks_sender;  /* it matches on the sender, or on something unknown to this parser */
	bool loopback;     /* -i lo */
	bool asks_state;   /* it matches on the state of connection tracking */
	bool open, fresh;  /* that state may be ESTABLISHED (`open`); it may be NEW (`fresh`) */
	char protocol[16]; /* "tcp"; "" when it matches any */
	char ports[IPTABLES_PORTS_CAP]; /* of the destination; "" when it matches any */
	bool names_set;                 /* refers to the set, in a match or a target */
	/* Exactly -m set --match-set SET src -j DROP, possibly after -p PROTOCOL -m multiport
	 * --dports PORTS: as io/firewall/iptables.h inserts it. */
	bool ours;
};

/* `line` need not end in a NUL. */
struct iptables_rule iptables_text_parse(const char *line, size_t len, const char *set_name);

/* Whether two lists of ports such as "80,443,8000:8080" have a common port; also true when a list
 * cannot be parsed, or is empty. */
bool iptables_text_ports_overlap(const char *a, const char *b);

#endif
