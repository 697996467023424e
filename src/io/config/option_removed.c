/* option_removed.c - see option_removed.h. The values here are for messages; the code has its own
 * constants. */
#include "io/config/option_removed.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "io/config/options_table.h"

/* The beginning of a name is recognised from this many letters on. Fewer letters may be a typing
 * mistake. */
#define BEGIN_MIN 3
/* Bytes for a name with its NUL; the longest name of an option is shorter. */
#define NAME_CAP 32

static const struct {
	const char *name, *value;
} removed[] = {
	{"zscore", "3"},
	{"multiplier", "5"},
	{"tight-zscore", "2"},
	{"tight-multiplier", "3"},
	{"error-surge", "3"},
	{"min-requests", "200"},
	{"busy-seconds", "15"},
	{"burst", "2"},
	{"tight-share", "0.6"},
	{"error-share", "0.25"},
	{"errors-floor", "20"},
	{"errors-cold", "20"},
	{"visit-requests-floor", "330"},
	{"visit-requests-cold", "600"},
	{"visit-errors-floor", "30"},
	{"visit-errors-cold", "30"},
	{"mark-floor", "30"},
	{"visit-mark-floor", "60"},
	{"known-from", "30"},
	{"growth", "1.5"},
	{"growth-from", "1000"},
	{"top-share", "0.01"},
	{"top-share-few", "0.05"},
	{"top-many", "1000"},
	{"beyond-highest", "2"},
	{"mark-share", "0.01"},
	{"per-network", "8"},
	{"half-life", "24h"},
	{"swarm-min", "30"},
	{"swarm-share", "0.1"},
	{"visit-swarm-share", "0.25"},
	{"known-after", "10m"},
	{"mass-min", "5"},
	{"warmup", "120s"},
	{"baseline-window", "30m"},
	{"recompute", "60s"},
	{"hour-min", "30m"},
	{"mean-floor", "1"},
	{"stddev-floor", "0.5"},
	{"error-mean-floor", "0.1"},
	{"recovery", "30s"},
	{"accept-after", "30m"},
	{"state-interval", "3s"},
	{"in-flight", "90s"},
};

/* Removed options for which the message has a sentence instead of a value. */
static const struct {
	const char *name, *now, *advice; /* advice NULL: the caller gives it */
} replaced[] = {
	{"requests-cold", "its value is 5/3 of --requests-floor now", "use --requests-floor"},
	{"client-baseline", "clients are always judged by learned visits now", NULL},
};

static struct option_removed say_removed(const char *name, const char *now, const char *advice)
{
	struct option_removed text;

	snprintf(text.s, sizeof text.s, "--%s was removed in 1.0.0; %s: %s", name, now, advice);
	return text;
}

/* True if an option that exists begins with these letters. */
static bool begins_option(const char *name, size_t len)
{
	for (size_t i = 0; i < options_rows_n; i++)
		if (options_rows[i].programs & OPTIONS_ANOMDETECT &&
			strncmp(options_rows[i].name, name, len) == 0)
			return true;
	return false;
}

/* The message for the option whose name is these letters, or begins with them. If several names
 * begin with these letters, the result is for the first of these names, as in 0.1.0. */
static struct option_removed find_removed(
	const char *name, size_t len, bool begins, const char *advice)
{
	char now[40];

	for (size_t i = 0; i < sizeof removed / sizeof *removed; i++)
		if (strncmp(removed[i].name, name, len) == 0 && (begins || !removed[i].name[len])) {
			snprintf(now, sizeof now, "its value is %s now", removed[i].value);
			return say_removed(removed[i].name, now, advice);
		}
	for (size_t i = 0; i < sizeof replaced / sizeof *replaced; i++)
		if (strncmp(replaced[i].name, name, len) == 0 && (begins || !replaced[i].name[len]))
			return say_removed(replaced[i].name, replaced[i].now,
				replaced[i].advice ? replaced[i].advice : advice);
	return (struct option_removed){""};
}

/* Copies the name without dashes before it and "=VALUE" after it, in lower case, with hyphens:
 * "--Half_Life" is a common way to mistype a name. Returns its length; 0: it is longer than every
 * option's name. */
static size_t copy_name(const char *given, char name[NAME_CAP])
{
	const char *from = given + strspn(given, "-");
	size_t len = strcspn(from, "=");

	if (len >= NAME_CAP)
		return 0;
	for (size_t i = 0; i < len; i++)
		name[i] = from[i] == '_' ? '-' : (char)tolower((unsigned char)from[i]);
	name[len] = '\0';
	return len;
}

struct option_removed option_removed(const char *given, const char *advice)
{
	char name[NAME_CAP];
	size_t len = copy_name(given, name);

	if (!len)
		return (struct option_removed){""};
	struct option_removed found = find_removed(name, len, false, advice);

	if (found.s[0] || len < BEGIN_MIN || begins_option(name, len))
		return found;
	return find_removed(name, len, true, advice);
}

bool option_removed_has(const char *given)
{
	char name[NAME_CAP];
	size_t len = copy_name(given, name);

	return len && find_removed(name, len, false, "").s[0] != '\0';
}
