/* option_value_hints.c - see option_hints.h: parses numbers and times in forms that options do not
 * accept, such as 1,000 or 5w, and writes them in the accepted form. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/base/num.h"
#include "io/config/option_hints.h"

/* Maximum number of bytes of a number within a value. */
#define NUMBER_MAX 24

static const struct {
	const char *word;
	double seconds;
} units[] = {{"s", 1}, {"sec", 1}, {"secs", 1}, {"second", 1}, {"seconds", 1}, {"m", 60},
	{"min", 60}, {"mins", 60}, {"minute", 60}, {"minutes", 60}, {"h", 3600}, {"hr", 3600},
	{"hrs", 3600}, {"hour", 3600}, {"hours", 3600}, {"d", 86400}, {"day", 86400},
	{"days", 86400}, {"w", 604800}, {"wk", 604800}, {"week", 604800}, {"weeks", 604800},
	{"mo", 30 * 86400.0}, {"month", 30 * 86400.0}, {"months", 30 * 86400.0},
	{"y", 365 * 86400.0}, {"year", 365 * 86400.0}, {"years", 365 * 86400.0}};

static bool find_unit(const char *word, size_t len, double *seconds)
{
	char lower[16] = "";

	if (len >= sizeof lower)
		return false;
	for (size_t i = 0; i < len; i++)
		lower[i] = (char)(word[i] >= 'A' && word[i] <= 'Z' ? word[i] - 'A' + 'a' : word[i]);
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (strcmp(units[i].word, lower) == 0) {
			*seconds = units[i].seconds;
			return true;
		}
	return false;
}

/* Parses numbers with a unit each: "1h30m", "10 min", "5w". */
static bool read_time(const char *s, double *seconds)
{
	double number, unit;

	*seconds = 0;
	do {
		size_t len = strspn(s, "0123456789.");
		if (len == 0 || len > NUMBER_MAX || !num_double(s, len, &number))
			return false;
		s += len;
		s += strspn(s, " ");
		len = strcspn(s, " 0123456789.");
		if (!find_unit(s, len, &unit))
			return false;
		s += len;
		s += strspn(s, " ");
		*seconds += number * unit;
	} while (*s);
	return true;
}

/* Removes thousands separators; false if there are none. */
static bool join_thousands(const char *s, char *out)
{
	size_t n = 0, group = strcspn(s, ",_'");

	if (!s[group] || group == 0 || group > 3)
		return false;
	for (size_t i = 0; i < group; i++)
		out[n++] = *s++;
	while (*s) {
		char separator = *s++;
		if (!strchr(",_'", separator) || strspn(s, "0123456789") != 3 || n + 4 > NUMBER_MAX)
			return false;
		memcpy(out + n, s, 3);
		n += 3;
		s += 3;
	}
	out[n] = '\0';
	return true;
}

/* Parses "50%", "10k", "1,000", "0,5". */
static bool read_number(const char *s, bool whole, double *number)
{
	static const struct {
		const char *letters;
		double times;
	} suffixes[] = {{"%", 0.01}, {"kK", 1e3}, {"mM", 1e6}, {"gG", 1e9}, {"", 1}};
	char text[NUMBER_MAX + 1], *comma;
	size_t len = strlen(s), i = 0;

	if (len == 0 || len > NUMBER_MAX)
		return false;
	while (suffixes[i].letters[0] && !strchr(suffixes[i].letters, s[len - 1]))
		i++;
	len -= suffixes[i].letters[0] != '\0';
	snprintf(text, sizeof text, "%.*s", (int)len, s);
	comma = strchr(text, ',');
	if (!join_thousands(s, text) && comma && !whole)
		*comma = '.';
	if (!num_double(text, strlen(text), number))
		return false;
	*number *= suffixes[i].times;
	return true;
}

struct figure option_hints_seconds(double seconds)
{
	static const struct {
		uint64_t seconds;
		char letter;
	} steps[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
	uint64_t whole = (uint64_t)(seconds + 0.5);
	struct figure text;
	size_t i = 0;

	while (i < 3 && (whole == 0 || whole % steps[i].seconds))
		i++;
	snprintf(text.s, sizeof text.s, "%" PRIu64 "%c", whole / steps[i].seconds, steps[i].letter);
	return text;
}

struct option_hint option_hints_value(const struct options_row *row, const char *value)
{
	struct option_hint hint = {""};
	double number;
	bool span = row->kind == OPTIONS_SPAN, whole = row->kind == OPTIONS_COUNT;

	if (!(span ? read_time(value, &number) : read_number(value, whole, &number)) ||
		!(number >= row->min && number <= row->max))
		return hint;
	if (span)
		snprintf(hint.s, sizeof hint.s, "; did you mean %s?",
			option_hints_seconds(number).s);
	else if (!whole || number == (double)(uint64_t)number)
		snprintf(hint.s, sizeof hint.s, "; did you mean %.10g?", number);
	return hint;
}

struct option_hint option_hints_ban_time(const char *value)
{
	static const char *const lasting[] = {"forever", "perm", "always", "infinite", "never",
		"unlimited", "inf", "-1", "max", "permanently", "permament"};
	static const struct options_row row = {.kind = OPTIONS_SPAN, .min = 1, .max = 24 * 86400.0};
	struct option_hint hint = option_hints_value(&row, value);
	double seconds;

	for (size_t i = 0; i < sizeof lasting / sizeof *lasting; i++)
		if (strcmp(lasting[i], value) == 0)
			snprintf(hint.s, sizeof hint.s, "; did you mean permanent?");
	if (strcmp(value, "0") == 0)
		snprintf(hint.s, sizeof hint.s, "; --unban lifts a ban");
	else if (!hint.s[0] && read_time(value, &seconds) && seconds > row.max)
		snprintf(hint.s, sizeof hint.s,
			"; a longer ban must be permanent; --unban lifts it");
	return hint;
}
