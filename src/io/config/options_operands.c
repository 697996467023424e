/* options_operands.c - see options_parts.h: operands, the words of a command line that are not
 * options. */
#include <stdio.h>
#include <string.h>

#include "core/base/address.h"
#include "io/config/option_hints.h"
#include "io/config/options_parts.h"

static bool refuse_words(const struct options_report *r, const char *why)
{
	snprintf(r->why, r->cap, "%s", why);
	return false;
}

static bool is_address(const char *text)
{
	struct address a;
	size_t len = strlen(text);

	return address_parse_prefix(text, len, &a) || address_parse_peer(text, len, &a);
}

static bool is_time(const char *text)
{
	struct span time;

	return options_ban_time(text, strlen(text), &time);
}

static bool refuse_time(const char *time, const struct options_report *r)
{
	(void)options_fail_value(r, "ban", time, "a time (1s to 24d) or permanent");
	options_add_hint(r, option_hints_ban_time(time).s);
	return false;
}

static bool check_ban(struct anomban_options *o, const struct options_report *r)
{
	char **words = o->operands;

	if (o->operands_n == 0)
		return refuse_words(r, "--ban takes an address, and optionally a time (10m)");
	if (o->operands_n == 2 && is_time(words[0]) && is_address(words[1]))
		return refuse_words(r, "--ban takes the address first, and then the time");
	for (size_t i = 1; i < o->operands_n; i++)
		if (is_address(words[i]))
			return refuse_words(
				r, "--ban takes one address; call anomban once for each");
	if (o->operands_n > 2)
		return refuse_words(r, "--ban takes an address, and one time; write 1h30m as 90m");
	return o->operands_n < 2 || options_ban_time(words[1], strlen(words[1]), &o->ban_time) ||
	       refuse_time(words[1], r);
}

/* Refuses a word after an action that takes no operand. */
static bool refuse_word(
	const struct anomban_options *o, const char *word, const struct options_report *r)
{
	snprintf(r->why, r->cap, "'%.200s' is not an option, and nothing else is accepted here",
		word);
	if (!is_address(word))
		options_add_hint(r, option_hints_operand("anomban", word).s);
	else if (o->action == OPTIONS_LIST)
		options_add_hint(r, "; --list prints all bans, for grep");
	else
		options_add_hint(r, "; for one client: --unban");
	return false;
}

bool options_check_operands(
	struct anomban_options *o, enum options_program program, const struct options_report *r)
{
	const char *first = o->operands_n ? o->operands[0] : NULL;

	if (o->json && o->action != OPTIONS_LIST)
		return refuse_words(r, "--json: only with --list");
	switch (o->action) {
	case OPTIONS_BAN:
		return check_ban(o, r);
	case OPTIONS_UNBAN:
		return first || refuse_words(r, "--unban takes addresses; --flush unbans all");
	case OPTIONS_FILTER:
		if (!first)
			return true;
		snprintf(r->why, r->cap,
			"'%.200s' is not an option; lines are read from standard input", first);
		options_add_hint(r, option_hints_operand(option_hints_program(program), first).s);
		return false;
	case OPTIONS_LIST:
	case OPTIONS_FLUSH:
	case OPTIONS_TEARDOWN:
		break;
	}
	return !first || refuse_word(o, first, r);
}
