/* lift.c - see lift.h. */
#include "core/record/lift.h"

#include <string.h>

/* Writes one word for a shell. The usual names of sets need no quotes, but a state file may contain
 * any other name. */
static void put_word(struct buf *out, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_.-";

	if (word[0] && word[strspn(word, plain)] == '\0') {
		buf_put_text(out, word);
		return;
	}
	buf_put_char(out, '\'');
	for (; *word; word++) {
		if (*word == '\'')
			buf_put_text(out, "'\\''");
		else
			buf_put_char(out, *word);
	}
	buf_put_char(out, '\'');
}

void lift_put_any(struct buf *out, const struct lift_sets *sets)
{
	buf_put_text(out, "anomban");
	if (strcmp(sets->name, LIFT_SET) != 0) {
		buf_put_text(out, " --set ");
		put_word(out, sets->name);
	}
	if (sets->ipv4_prefix && sets->ipv4_prefix != LIFT_IPV4_PREFIX)
		buf_put_format(out, " --ipv4-prefix %d", sets->ipv4_prefix);
	if (sets->ipv6_prefix && sets->ipv6_prefix != LIFT_IPV6_PREFIX)
		buf_put_format(out, " --ipv6-prefix %d", sets->ipv6_prefix);
	buf_put_text(out, " --unban ");
}

void lift_put(struct buf *out, const struct lift_sets *sets, const struct address *client)
{
	lift_put_any(out, sets);
	buf_put_address(out, client);
}
