/* input.c - see input.h. */
#include "io/config/input.h"

#include <stdio.h>
#include <string.h>

#include "io/config/allowlist.h"
#include "io/config/option_hints.h"

/* Must exceed the number of formats in core/read/format, which is about fifteen. */
#define FORMATS_MAX 60

/* An option and the member that it names, for messages. */
struct named {
	const char *option, *name;
};

static bool has_names(const struct named *named, const struct input_options *o)
{
	for (; named->option; named++)
		if (named->name)
			return true;
	return o->prefix_any;
}

static bool is_name(const char *option, const char *name, char *why, size_t why_cap)
{
	if (!name || strlen(name) <= FIELDS_NAME_MAX)
		return true;
	snprintf(why, why_cap, "--%s: a member's name has at most %d bytes", option,
		FIELDS_NAME_MAX);
	return false;
}

static void say_formats(const char *wrong, char *why, size_t why_cap)
{
	snprintf(why, why_cap, "--format: '%.200s' is not auto, counts, combined", wrong);
	for (const struct format *f = format_all(); f->name; f++) {
		size_t len = strlen(why);
		if (format_find(f->name) == f) /* rows with one name are listed once */
			snprintf(why + len, why_cap - len, "%s%s", f[1].name ? ", " : " or ",
				f->name);
	}
}

/* Appends the format with the most similar name. If the word is the name of a format in other
 * programs, appends the format that these programs mean. */
static void hint_format(const char *wrong, char *why, size_t why_cap)
{
	static const char *const others[][2] = {{"json", "; auto reads JSON of each of these"},
		{"common", "; did you mean combined?"}, {"clf", "; did you mean combined?"},
		{"httpd", "; did you mean apache?"}, {"nginx-json", "; did you mean nginx?"},
		{"k8s", "; auto reads JSON of each of these"}};
	const char *names[FORMATS_MAX + 4] = {"auto", "counts", "combined"};
	size_t n = 3, len = strlen(why);
	struct option_hint hint;

	for (const struct format *f = format_all(); f->name && n < FORMATS_MAX + 3; f++)
		names[n++] = f->name;
	hint = option_hints_word(wrong, names);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (strcasecmp(wrong, others[i][0]) == 0)
			snprintf(hint.s, sizeof hint.s, "%s", others[i][1]);
	snprintf(why + len, why_cap - len, "%s", hint.s);
}

/* Suggests the form with a colon for "+1", "+0100" and "GMT+1". */
static void hint_zone(const char *wrong, char *why, size_t why_cap)
{
	static const char *const words[] = {"local", "UTC", NULL};
	const char *sign = strpbrk(wrong, "+-");
	size_t len = strlen(why), digits = sign ? strspn(sign + 1, "0123456789") : 0;
	struct option_hint hint = option_hints_word(wrong, words);

	if (digits && digits <= 2 && !sign[1 + digits])
		snprintf(hint.s, sizeof hint.s, "; did you mean %c%s%.*s:00?", *sign,
			digits == 1 ? "0" : "", (int)digits, sign + 1);
	else if (digits == 4 && !sign[5])
		snprintf(hint.s, sizeof hint.s, "; did you mean %.3s:%.2s?", sign, sign + 3);
	snprintf(why + len, why_cap - len, "%s", hint.s);
}

bool input_is_counts(const char *format)
{
	return strcmp(format, "counts") == 0;
}

bool input_check(const struct input_options *o, char *why, size_t why_cap)
{
	const struct format_names *names = &o->names;
	const struct named named[] = {{"client", names->client}, {"status", names->status},
		{"time", names->time}, {"method", names->method}, {"path", names->path},
		{"forwarded", names->forwarded}, {"count", o->count}, {NULL, NULL}};
	bool counts = input_is_counts(o->format);
	struct line_config line = {.combined = false};

	if (!counts && !line_format(o->format, &line)) {
		say_formats(o->format, why, why_cap);
		hint_format(o->format, why, why_cap);
		return false;
	}
	if ((line.combined || counts) && has_names(named, o)) {
		snprintf(why, why_cap,
			"--format %s: its lines have no members that an option could name",
			o->format);
		return false;
	}
	for (const struct named *n = named; n->option; n++)
		if (!is_name(n->option, n->name, why, why_cap))
			return false;
	if (zone_is_known(o->tz))
		return true;
	snprintf(why, why_cap,
		"--tz: '%.200s' is not local, UTC, an offset (+01:00) "
		"or a zone of this host (Europe/Berlin)",
		o->tz);
	hint_zone(o->tz, why, why_cap);
	return false;
}

bool input_open(struct input *in, const struct input_options *o,
	const struct options_list *trust_proxy, char *why, size_t why_cap)
{
	*in = (struct input){.line = {.extract = {.names = o->names,
					      .count = o->count,
					      .transparent = o->transparent_proxy},
				     .prefix_any = o->prefix_any}};
	if (!input_check(o, why, why_cap))
		return false;
	in->counts = input_is_counts(o->format);
	(void)line_format(o->format, &in->line); /* leaves in->line unchanged for counts */
	if (!zone_init(&in->zone, o->tz)) {
		snprintf(why, why_cap, "--tz: out of memory");
		return false;
	}
	if (!allowlist_trusted(trust_proxy, &in->trusted, why, why_cap))
		return false;
	in->line.extract.zone = &in->zone.timestamp;
	in->line.extract.trusted = in->trusted;
	return true;
}

void input_close(struct input *in)
{
	allow_free(in->trusted);
	in->trusted = NULL;
}
