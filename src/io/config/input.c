/* input.c - see input.h. */
#include "io/config/input.h"

#include <stdio.h>
#include <string.h>

#include "io/config/allowlist.h"

/* The members that options name, for messages. */
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
		if (format_find(f->name) == f) /* a product may have more rows than one */
			snprintf(why + len, why_cap - len, "%s%s", f[1].name ? ", " : " or ",
				f->name);
	}
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
	(void)line_format(o->format, &in->line); /* of counts, nothing */
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
