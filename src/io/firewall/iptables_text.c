/* iptables_text.c - see iptables_text.h. */
#include "io/firewall/iptables_text.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/base/address.h"
#include "core/base/num.h"

struct word {
	const char *s;
	size_t len;
	bool quoted;
};

/* The unparsed rest of a line. */
struct words {
	const char *s;
	size_t len;
};

/* Removes the next word from the front of the line. iptables quotes words that contain blanks; in
 * quotes a backslash escapes the next character. */
static bool next_word(struct words *rest, struct word *w)
{
	const char *s = rest->s;
	size_t at = 0, end, len = rest->len;
	bool quoted;

	while (at < len && s[at] == ' ')
		at++;
	if (at == len)
		return false;
	quoted = s[at] == '"';
	for (end = at + quoted; end < len && s[end] != (quoted ? '"' : ' '); end++)
		end += quoted && s[end] == '\\';
	if (end > len)
		end = len;
	*w = (struct word){s + at + quoted, end - at - quoted, quoted};
	end += end < len; /* skips the blank or the quote */
	*rest = (struct words){s + end, len - end};
	return true;
}

static bool word_is(const struct word *w, const char *text)
{
	return w->len == strlen(text) && memcmp(w->s, text, w->len) == 0;
}

/* Copies a word; a word that is too long for `cap` becomes "". */
static void copy_name(char *to, size_t cap, const struct word *w)
{
	snprintf(to, cap, "%.*s", (int)(w->len < cap ? w->len : 0), w->s);
}

/* Whether `name` is in a list such as "RELATED,ESTABLISHED". */
static bool has_word(const struct word *list, const char *name)
{
	const char *s = list->s;
	size_t len = list->len;

	for (;;) {
		const char *comma = memchr(s, ',', len);
		struct word one = {s, comma ? (size_t)(comma - s) : len, false};
		if (word_is(&one, name))
			return true;
		if (!comma)
			return false;
		s += one.len + 1;
		len -= one.len + 1;
	}
}

/* ---- the conditions of a rule ---- */

enum question {
	ASKS_NOTHING, /* the value only modifies another condition, or is a comment */
	ASKS_PACKET,  /* a property that anybody's packets may have */
	ASKS_INTERFACE,
	ASKS_DESTINATION,
	ASKS_PROTOCOL,
	ASKS_PORTS,
	ASKS_STATE,
	ASKS_SET,
	ASKS_SENDER, /* a condition on the sender; or an option that is not in the table */
};

static const struct option_word {
	const char *name;
	int values;
	enum question question;
} option_words[] = {
	{"-m", 1, ASKS_NOTHING},
	{"--comment", 1, ASKS_NOTHING},
	{"--limit", 1, ASKS_PACKET},
	{"--limit-burst", 1, ASKS_NOTHING},
	{"--sport", 1, ASKS_PACKET},
	{"--sports", 1, ASKS_PACKET},
	{"--tcp-flags", 2, ASKS_PACKET},
	{"-i", 1, ASKS_INTERFACE},
	{"-d", 1, ASKS_DESTINATION},
	{"-p", 1, ASKS_PROTOCOL},
	{"--dport", 1, ASKS_PORTS},
	{"--dports", 1, ASKS_PORTS},
	{"--ctstate", 1, ASKS_STATE},
	{"--state", 1, ASKS_STATE},
	{"--match-set", 2, ASKS_SET},
};

static const struct option_word *option_of(const struct word *w)
{
	static const struct option_word unknown = {"", 0, ASKS_SENDER};

	for (size_t i = 0; i < sizeof option_words / sizeof *option_words; i++) {
		if (word_is(w, option_words[i].name))
			return &option_words[i];
	}
	/* a word that begins with a dash is an unknown option; all other words are values */
	return !w->quoted && w->len && w->s[0] == '-' ? &unknown : NULL;
}

/* Whether the destination is a multicast, reserved or broadcast address: clients of a web server do
 * not send there. */
static bool is_crowd(const struct word *destination)
{
	struct address a;

	if (!address_parse_prefix(destination->s, destination->len, &a))
		return false;
	return address_is_v4(&a) ? a.bytes[12] >= 224 : a.bytes[0] == 0xff;
}

static void take_question(struct iptables_rule *r, enum question question, const struct word *value,
	bool inverted, const char *set_name)
{
	r->asks |= question != ASKS_NOTHING;
	switch (question) {
	case ASKS_NOTHING:
	case ASKS_PACKET:
		break;
	case ASKS_INTERFACE:
		r->loopback |= word_is(value, "lo") && !inverted;
		break;
	case ASKS_DESTINATION:
		r->asks_sender |= is_crowd(value) != inverted;
		break;
	case ASKS_PROTOCOL:
		copy_name(r->protocol, sizeof r->protocol, value);
		r->asks_sender |= inverted;
		break;
	case ASKS_PORTS:
		copy_name(r->ports, sizeof r->ports, value);
		r->asks_sender |= inverted;
		break;
	case ASKS_STATE:
		r->asks_state = true;
		r->open |= has_word(value, "ESTABLISHED") != inverted;
		r->fresh |= has_word(value, "NEW") != inverted;
		break;
	case ASKS_SET:
		r->names_set |= word_is(value, set_name);
		r->asks_sender = true;
		break;
	case ASKS_SENDER:
		r->asks_sender = true;
		break;
	}
}

/* ---- the target of a rule ---- */

static const struct {
	const char *name;
	enum iptables_verdict end;
} verdicts[] = {
	{"ACCEPT", IPTABLES_PASSES},
	{"QUEUE", IPTABLES_PASSES},
	{"NFQUEUE", IPTABLES_PASSES},
	{"TPROXY", IPTABLES_PASSES},
	{"DROP", IPTABLES_STOPS},
	{"REJECT", IPTABLES_STOPS},
	{"RETURN", IPTABLES_RETURNS},
};

/* Parses the target; everything after -j or -g belongs to it. */
static void take_target(
	struct iptables_rule *r, bool goes_to, struct words *rest, const char *set_name)
{
	struct word w, value;

	if (!next_word(rest, &w))
		return;
	copy_name(r->target, sizeof r->target, &w);
	r->end = goes_to ? IPTABLES_GOES_TO : IPTABLES_CALLS;
	for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts && !goes_to; i++) {
		if (word_is(&w, verdicts[i].name))
			r->end = verdicts[i].end;
	}
	while (next_word(rest, &w)) {
		if (word_is(&w, "--add-set") || word_is(&w, "--del-set") ||
			word_is(&w, "--map-set"))
			r->names_set |= next_word(rest, &value) && word_is(&value, set_name);
	}
}

/* ---- the detector's rules ---- */

static bool take_word(struct words *rest, const char *text)
{
	struct word w;

	return next_word(rest, &w) && !w.quoted && word_is(&w, text);
}

/* Whether the words after the chain are those of the detector's drop rule. */
static bool is_ours(struct words rest, const struct iptables_rule *r, const char *set_name)
{
	if (r->protocol[0] && !(take_word(&rest, "-p") && take_word(&rest, r->protocol)))
		return false;
	if (r->ports[0] && !(take_word(&rest, "-m") && take_word(&rest, "multiport") &&
				   take_word(&rest, "--dports") && take_word(&rest, r->ports)))
		return false;
	return !r->protocol[0] == !r->ports[0] && take_word(&rest, "-m") &&
	       take_word(&rest, "set") && take_word(&rest, "--match-set") &&
	       take_word(&rest, set_name) && take_word(&rest, "src") && take_word(&rest, "-j") &&
	       take_word(&rest, "DROP") && rest.len == 0;
}

static enum iptables_line line_kind(const struct word *w)
{
	return word_is(w, "-A")   ? IPTABLES_RULE
	       : word_is(w, "-N") ? IPTABLES_USER_CHAIN
	       : word_is(w, "-P") ? IPTABLES_BUILTIN_CHAIN
				  : IPTABLES_OTHER;
}

struct iptables_rule iptables_text_parse(const char *line, size_t len, const char *set_name)
{
	struct iptables_rule r = {.line = IPTABLES_OTHER};
	struct words rest = {line, len}, all;
	struct word w, value = {0}, second;
	enum iptables_line kind;
	bool negated = false;

	if (!next_word(&rest, &w) || (kind = line_kind(&w)) == IPTABLES_OTHER ||
		!next_word(&rest, &w))
		return r;
	r.line = kind;
	copy_name(r.chain, sizeof r.chain, &w);
	if (kind != IPTABLES_RULE)
		return r;
	all = rest;
	while (next_word(&rest, &w)) {
		bool inverted = negated;
		negated = word_is(&w, "!");
		if (word_is(&w, "-j") || word_is(&w, "-g")) {
			take_target(&r, word_is(&w, "-g"), &rest, set_name);
			break;
		}
		const struct option_word *option = option_of(&w);
		if (!option || (option->values > 0 && !next_word(&rest, &value)) ||
			(option->values > 1 && !next_word(&rest, &second)))
			continue;
		take_question(&r, option->question, &value, inverted, set_name);
	}
	r.ours = is_ours(all, &r, set_name);
	return r;
}

/* ---- ports ---- */

/* Removes the first item, such as "80" or "8000:8080", and its comma from the list. False at the
 * end, and for a falling range, which iptables never prints. */
static bool next_range(const char **list, uint64_t *from, uint64_t *to)
{
	size_t len = strcspn(*list, ","), colon = strcspn(*list, ":,");

	if (!num_u64(*list, colon, from))
		return false;
	*to = *from;
	if (colon < len && !num_u64(*list + colon + 1, len - colon - 1, to))
		return false;
	*list += len + ((*list)[len] == ',');
	return *from <= *to;
}

bool iptables_text_ports_overlap(const char *a, const char *b)
{
	uint64_t from, to, other_from, other_to;

	if (!*a || !*b)
		return true;
	while (*a) {
		const char *others = b;
		if (!next_range(&a, &from, &to))
			return true;
		while (*others) {
			if (!next_range(&others, &other_from, &other_to) ||
				(from <= other_to && other_from <= to))
				return true;
		}
	}
	return false;
}
