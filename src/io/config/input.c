/* input.c - see input.h. */
#include "io/config/input.h"

#include <stdio.h>
#include <string.h>

#include "io/config/allowlist.h"

static bool has_names(const struct input_options *o)
{
	return o->client_path || o->status_path || o->time_path || o->count_path || o->prefix_any;
}

static bool is_name(const char *option, const char *name, char *why, size_t why_cap)
{
	if (!name || strlen(name) <= FIELDS_NAME_MAX)
		return true;
	snprintf(why, why_cap, "--%s: a member's name has at most %d bytes", option,
		FIELDS_NAME_MAX);
	return false;
}

bool input_open(struct input *in, const struct input_options *o,
	const struct options_list *trust_proxy, char *why, size_t why_cap)
{
	*in = (struct input){.line = {.pick = {.client = o->client_path,
					      .status = o->status_path,
					      .time = o->time_path,
					      .count = o->count_path,
					      .transparent = o->transparent_proxy},
				     .prefix_any = o->prefix_any}};
	if (!line_format(o->format, &in->line)) {
		snprintf(why, why_cap, "--format: '%.200s' is not auto, combined", o->format);
		for (const struct format *f = format_all(); f->name; f++) {
			size_t len = strlen(why);
			snprintf(why + len, why_cap - len, "%s%s", f[1].name ? ", " : " or ",
				f->name);
		}
		return false;
	}
	if (in->line.combined && has_names(o)) {
		snprintf(why, why_cap,
			"--format combined: its lines have no members that an option could name");
		return false;
	}
	if (!is_name("client", o->client_path, why, why_cap) ||
		!is_name("status", o->status_path, why, why_cap) ||
		!is_name("time", o->time_path, why, why_cap) ||
		!is_name("count", o->count_path, why, why_cap))
		return false;
	if (!zone_init(&in->zone, o->tz)) {
		snprintf(why, why_cap,
			"--tz: '%.200s' is not local, UTC, an offset (+01:00) "
			"or a zone of this host (Europe/Berlin)",
			o->tz);
		return false;
	}
	if (!allowlist_trusted(trust_proxy, &in->trusted, why, why_cap))
		return false;
	in->line.pick.zone = &in->zone.timestamp;
	in->line.pick.trusted = in->trusted;
	return true;
}

void input_close(struct input *in)
{
	allow_free(in->trusted);
	in->trusted = NULL;
}
