/* rule_text.h - one line of `iptables -S`: text in, facts out.
 *
 * Other people's rules, with comments in them that may say anything: words are cut as iptables
 * quotes them, and nothing is looked for by strstr.
 */
#ifndef IO_RULE_TEXT_H
#define IO_RULE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#define RULE_TEXT_NAME_CAP 32 /* a chain has at most 28 bytes */

struct rule_text {
	bool is_rule;      /* an "-A" line of `chain`; else nothing below is set */
	bool drops_set;    /* -m set --match-set SET src ... -j DROP, whatever else it asks */
	bool accepts_open; /* accepts ESTABLISHED packets, perhaps not all of them */
	char target[RULE_TEXT_NAME_CAP]; /* of -j or -g; "" when there is none */
};

/* `line` need not end in a NUL. */
struct rule_text rule_text_read(
	const char *line, size_t len, const char *chain, const char *set_name);

#endif
