/* firewall.c - see firewall.h. It contains the dispatch and the null backend. Each backend has a
 * table of functions. So the test double and the kernel backend have the same calls, and this file
 * links without libipset. */
#include "io/firewall/firewall.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "io/firewall/firewall_backend.h"

static bool null_ban(struct firewall *f, const struct address *client, struct span left)
{
	(void)f, (void)client, (void)left;
	return true;
}

static bool null_unban(struct firewall *f, const struct address *client)
{
	(void)f, (void)client;
	return true;
}

static bool null_has(struct firewall *f, const struct address *client, bool *in)
{
	(void)f, (void)client;
	*in = false;
	return true;
}

static bool null_list(struct firewall *f, firewall_each *each, void *ctx)
{
	(void)f, (void)each, (void)ctx;
	return true;
}

static unsigned null_made_sets(const struct firewall *f)
{
	(void)f;
	return 0;
}

static bool null_teardown(struct firewall *f)
{
	(void)f;
	return true;
}

static bool null_keep_rules(struct firewall *f, bool *put_back)
{
	(void)f;
	*put_back = false;
	return true;
}

static void null_undo(struct firewall *f)
{
	(void)f;
}

static void null_free(struct firewall *f)
{
	free(f);
}

static const struct firewall_ops null_ops = {
	.name = "none",
	.enforces = false,
	.ban = null_ban,
	.unban = null_unban,
	.has = null_has,
	.list = null_list,
	.made_sets = null_made_sets,
	.teardown = null_teardown,
	.undo = null_undo,
	.keep_rules = null_keep_rules,
	.free = null_free,
};

void firewall_set_why(struct firewall *f, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(f->why, sizeof f->why, format, args);
	va_end(args);
}

bool firewall_config_check(const struct firewall_config *c, char *why, size_t why_cap)
{
	if (c->v4_prefix_len < 1 || c->v4_prefix_len > 32 || c->v6_prefix_len < 1 ||
		c->v6_prefix_len > 128)
		snprintf(why, why_cap, "prefix lengths must be 1..32 (IPv4) and 1..128 (IPv6)");
	else if (c->max_entries == 0)
		snprintf(why, why_cap, "the sets must have room for at least one entry");
	else
		return true;
	return false;
}

struct firewall *firewall_new_null(void)
{
	struct firewall *f = calloc(1, sizeof *f);

	if (f)
		f->ops = &null_ops;
	return f;
}

bool firewall_ban(struct firewall *f, const struct address *client, struct span left)
{
	f->why[0] = '\0';
	return f->ops->ban(f, client, left);
}

bool firewall_reaches(struct firewall *f, const struct address *client)
{
	f->why[0] = '\0';
	if (!f->v4_only || address_is_v4(client))
		return true;
	firewall_set_why(f, "only IPv4 clients are banned: %s", f->v4_only);
	return false;
}

bool firewall_unban(struct firewall *f, const struct address *client)
{
	f->why[0] = '\0';
	return f->ops->unban(f, client);
}

bool firewall_has(struct firewall *f, const struct address *client, bool *in)
{
	f->why[0] = '\0';
	return f->ops->has(f, client, in);
}

/* Indexed by enum firewall_marker, IPv4 first. The addresses are broadcast and multicast, even
 * after the sets' netmask is applied. They are never the source of a packet, and never banned
 * (core/base/allow.h). */
static const struct address markers[][2] = {
	[FIREWALL_MARKER_MANUAL] = {{{[10] = 255, 255, 255, 255, 255, 255}, 32},
		{{255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255},
			128}},
	[FIREWALL_MARKER_ORDERED] = {{{[10] = 255, 255, 237, 255, 255, 255}, 32},
		{{255, 252, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255},
			128}},
	[FIREWALL_MARKER_TEARDOWN] = {{{[10] = 255, 255, 239, 255, 255, 255}, 32},
		{{255, 254, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255},
			128}},
	[FIREWALL_MARKER_NEW] = {{{[10] = 255, 255, 238, 255, 255, 255}, 32},
		{{255, 253, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255},
			128}},
};
#define MARKERS (sizeof markers / sizeof *markers)

bool firewall_put_marker(struct firewall *f, enum firewall_marker marker)
{
	struct span lasts = marker == FIREWALL_MARKER_NEW ? SPAN_MAX : FIREWALL_MARKER_LASTS;

	return firewall_ban(f, &markers[marker][0], lasts) &&
	       firewall_ban(f, &markers[marker][1], lasts);
}

bool firewall_remove_marker(struct firewall *f, enum firewall_marker marker)
{
	return firewall_unban(f, &markers[marker][0]) && firewall_unban(f, &markers[marker][1]);
}

bool firewall_has_marker(struct firewall *f, enum firewall_marker marker, bool *is_set)
{
	return firewall_has(f, &markers[marker][0], is_set) &&
	       (!*is_set || firewall_has(f, &markers[marker][1], is_set));
}

static bool is_marker(const struct address *entry)
{
	for (size_t i = 0; i < MARKERS; i++) {
		const struct address *marker = &markers[i][address_is_v4(entry) ? 0 : 1];
		struct address masked = address_mask(marker, entry->prefix_len, entry->prefix_len);
		if (address_equal(&masked, entry))
			return true;
	}
	return false;
}

struct listing {
	firewall_each *each;
	void *ctx;
};

static void pass_entry(void *ctx, const struct address *entry, struct span left)
{
	const struct listing *l = ctx;

	if (!is_marker(entry))
		l->each(l->ctx, entry, left);
}

bool firewall_list(struct firewall *f, firewall_each *each, void *ctx)
{
	struct listing l = {each, ctx};

	f->why[0] = '\0';
	return f->ops->list(f, pass_entry, &l);
}

bool firewall_keep_rules(struct firewall *f, bool *put_back)
{
	f->why[0] = '\0';
	return f->ops->keep_rules(f, put_back);
}

unsigned firewall_made_sets(const struct firewall *f)
{
	return f->ops->made_sets(f);
}

bool firewall_teardown(struct firewall *f)
{
	f->why[0] = '\0';
	return f->ops->teardown(f);
}

void firewall_undo(struct firewall *f)
{
	f->ops->undo(f);
}

bool firewall_enforces(const struct firewall *f)
{
	return f->ops->enforces;
}

const char *firewall_name(const struct firewall *f)
{
	return f->ops->name;
}

const char *firewall_why(const struct firewall *f)
{
	return f->why;
}

void firewall_free(struct firewall *f)
{
	if (f)
		f->ops->free(f);
}
