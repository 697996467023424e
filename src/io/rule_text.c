/* rule_text.c - see rule_text.h. */
#include "io/rule_text.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct word {
	const char *s;
	size_t len;
};

/* Takes the next word off the front of (*s, *len). In quotes, which iptables puts around what has
 * blanks in it, a backslash keeps the next character. */
static bool next_word(const char **s, size_t *len, struct word *w)
{
	size_t at = 0, end;
	bool quoted;

	while (at < *len && (*s)[at] == ' ')
		at++;
	if (at == *len)
		return false;
	quoted = (*s)[at] == '"';
	for (end = at + quoted; end < *len && (*s)[end] != (quoted ? '"' : ' '); end++)
		end += quoted && (*s)[end] == '\\';
	if (end > *len)
		end = *len;
	*w = (struct word){*s + at + quoted, end - at - quoted};
	end += end < *len; /* past the blank or the quote */
	*s += end;
	*len -= end;
	return true;
}

static bool is(const struct word *w, const char *text)
{
	return w->len == strlen(text) && memcmp(w->s, text, w->len) == 0;
}

/* Whether "RELATED,ESTABLISHED" has ESTABLISHED in it. */
static bool has_established(const struct word *w)
{
	static const char name[] = "ESTABLISHED";
	const char *s = w->s;
	size_t len = w->len;

	for (;;) {
		const char *comma = memchr(s, ',', len);
		struct word one = {s, comma ? (size_t)(comma - s) : len};
		if (is(&one, name))
			return true;
		if (!comma)
			return false;
		s += one.len + 1;
		len -= one.len + 1;
	}
}

struct rule_text rule_text_read(
	const char *line, size_t len, const char *chain, const char *set_name)
{
	struct rule_text r = {0};
	bool is_set = false, open = false, negated = false;
	struct word w, value;

	if (!next_word(&line, &len, &w) || !is(&w, "-A") || !next_word(&line, &len, &w) ||
		!is(&w, chain))
		return r;
	r.is_rule = true;
	while (next_word(&line, &len, &w)) {
		bool not = negated;
		negated = is(&w, "!");
		if (is(&w, "--comment")) {
			next_word(&line, &len, &value);
		} else if (is(&w, "--match-set")) {
			is_set |= next_word(&line, &len, &value) && is(&value, set_name) &&
				  next_word(&line, &len, &value) && is(&value, "src") && !not ;
		} else if (is(&w, "--ctstate") || is(&w, "--state")) {
			open |= next_word(&line, &len, &value) && has_established(&value) != not ;
		} else if ((is(&w, "-j") || is(&w, "-g")) && next_word(&line, &len, &value)) {
			snprintf(r.target, sizeof r.target, "%.*s",
				(int)(value.len < sizeof r.target ? value.len : 0), value.s);
		}
	}
	r.drops_set = is_set && strcmp(r.target, "DROP") == 0;
	r.accepts_open = open && strcmp(r.target, "ACCEPT") == 0;
	return r;
}
