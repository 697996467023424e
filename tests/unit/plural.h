/* plural.h - checks that a text has no plural after the number 1, and no blank before a comma. Tags
 * of HTML are removed first.
 */
#ifndef UNIT_PLURAL_H
#define UNIT_PLURAL_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <ctype.h>
#include <string.h>

#include "core/record/state.h"

/* Sets the numbers that a display prints before a noun. Each is printed as 1: of 1.5, only the
 * integer part is printed. There are no recent events, whose texts have numbers of their own. */
static inline void plural_make_one(struct state *s)
{
	s->bans_total = s->bans_n = s->top_n = s->origins_n = 1;
	s->clients = s->paths = s->slow_clients = s->origins_total = 1;
	s->visits = 1.5;
	for (int k = 0; k < LIMIT_COUNT; k++)
		s->limits[k] = 1.5;
	s->top[0].requests = s->top[0].errors = 1;
	s->origins[0].missing = s->origins[0].lost = 1;
	s->events_n = 0;
}

static inline void plural_assert_none(char *text)
{
	char *to = text;
	bool tag = false;

	for (const char *from = text; *from; from++) {
		if (*from == '<')
			tag = true;
		if (!tag)
			*to++ = *from;
		if (*from == '>')
			tag = false;
	}
	*to = '\0';
	assert_null(strstr(text, " ,"));
	for (const char *at = text; (at = strstr(at, "1 ")); at++) {
		const char *word = at + 2;
		size_t len = 0;
		while (isalpha((unsigned char)word[len]))
			len++;
		bool alone = at == text || !(isalnum((unsigned char)at[-1]) || at[-1] == '.');
		if (alone && len > 1 && tolower((unsigned char)word[len - 1]) == 's' &&
			strncmp(word, "has", 3) != 0)
			fail_msg("a plural follows the number 1: \"%.40s\"", at);
	}
}

#endif
