/* allowlist.c - see allowlist.h. One bad line makes the whole file invalid: otherwise a typing
 * error would drop a part of the list without notice. */
#include "io/config/allowlist.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/address_hint.h"
#include "io/host/file_access.h"
#include "io/host/own_addresses.h"
#include "io/host/statefile.h"

#define FILE_BYTES_MAX (64 << 20)

struct adding {
	struct allow *allow;
	bool ok;
};

static void add_own(void *ctx, const struct address *own)
{
	struct adding *a = ctx;

	a->ok = allow_add(a->allow, own) && a->ok;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

enum network_result { NETWORK_OK = 0, NETWORK_WRONG, NETWORK_WIDE, NETWORK_NO_MEMORY };

/* The list of one option while it is read. */
struct reading {
	struct allow *allow;
	const char *option;
	bool proxies;           /* --trust-proxy */
	struct address network; /* network of the last line */
	char *why;
	size_t why_cap;
};

/* Whether the network is wider than allowed. A network within a private range is accepted: proxies
 * of a whole private range are common (Docker, Kubernetes), and no client of the Internet has such
 * an address. Only one private range, fc00::/7, is wider than allowed. --allow also accepts a
 * reserved range, because its addresses are never banned anyway. */
static bool is_wide(const struct reading *r)
{
	int most = address_is_v4(&r->network) ? ALLOWLIST_WIDEST4 : ALLOWLIST_WIDEST6;

	return r->network.prefix_len < most && !allow_is_private(&r->network) &&
	       (r->proxies || !allow_is_reserved(&r->network));
}

/* Appends the reason "too wide" to r->why, which already names the network. */
static void say_wide(const struct reading *r)
{
	size_t len = strlen(r->why);
	int bits = r->network.prefix_len;
	bool v4 = address_is_v4(&r->network);
	char share[16] = "all";

	if (bits)
		snprintf(share, sizeof share, "1/%ld of all", 1L << bits);
	snprintf(r->why + len, r->why_cap - len,
		" is too wide: it would %s %s %s addresses%s; the widest is /%d",
		r->proxies ? "trust" : "exempt", share, v4 ? "IPv4" : "IPv6",
		r->proxies ? " as proxies" : " from bans",
		v4 ? ALLOWLIST_WIDEST4 : ALLOWLIST_WIDEST6);
}

/* Removes a comment at the end of the line, and then the blanks at both ends. */
static void trim_line(const char **line, size_t *len)
{
	const char *comment = memchr(*line, '#', *len);

	if (comment)
		*len = (size_t)(comment - *line);
	while (*len && is_blank((*line)[*len - 1]))
		--*len;
	while (*len && is_blank(**line)) {
		++*line;
		--*len;
	}
}

static enum network_result add_line(struct reading *r, const char *line, size_t len)
{
	trim_line(&line, &len);
	if (len == 0)
		return NETWORK_OK;
	if (!address_parse_prefix(line, len, &r->network))
		return NETWORK_WRONG;
	if (is_wide(r))
		return NETWORK_WIDE;
	return allow_add(r->allow, &r->network) ? NETWORK_OK : NETWORK_NO_MEMORY;
}

static void add_hint(const struct reading *r, const char *hint)
{
	size_t len = strlen(r->why);

	snprintf(r->why + len, r->why_cap - len, "%s", hint);
}

/* Adds the network of a file's line; n is the line's number, from 1. */
static bool add_line_of_file(
	struct reading *r, const char *path, int n, const char *line, size_t len)
{
	enum network_result result = add_line(r, line, len);

	if (result == NETWORK_OK)
		return true;
	snprintf(r->why, r->why_cap, "--%s: %.200s: line %d%s", r->option, path, n,
		result == NETWORK_WRONG       ? " is not an address or network"
		: result == NETWORK_NO_MEMORY ? ": out of memory"
					      : "");
	if (result == NETWORK_WIDE)
		say_wide(r);
	if (result == NETWORK_WRONG) {
		trim_line(&line, &len);
		add_hint(r, address_hint_of(line, len).s);
	}
	return false;
}

static bool add_file(struct reading *r, const char *path)
{
	size_t len;
	char *text = statefile_read(path, FILE_BYTES_MAX, &len);
	bool ok = true;
	int n = 1;

	if (!text) {
		snprintf(r->why, r->why_cap, "--%s: unable to read '%.200s': %s", r->option, path,
			file_access_of(path, errno, false).s);
		return false;
	}
	for (const char *s = text + statefile_mark_len(text, len), *end = text + len; ok && s < end;
		n++) {
		const char *newline = memchr(s, '\n', (size_t)(end - s));
		const char *stop = newline ? newline : end;
		ok = add_line_of_file(r, path, n, s, (size_t)(stop - s));
		s = stop + 1;
	}
	free(text);
	return ok;
}

/* Whether the text is empty, or only a comment. In a file, such a line is skipped. As the value of
 * an option, such a text is a mistake, for example an empty shell variable. */
static bool names_nobody(const char *value)
{
	const char *first = value + strspn(value, " \t\r");

	return *first == '\0' || *first == '#';
}

/* Appends a hint for a value that is not a network. */
static void hint_value(const struct reading *r, const char *value)
{
	char text[256];

	if (*value && access(value, F_OK) == 0) {
		snprintf(text, sizeof text, "; for a file: @%.200s", value);
		add_hint(r, text);
		return;
	}
	add_hint(r, address_hint_of(value, strlen(value)).s);
}

static bool add_value(struct reading *r, const char *value)
{
	enum network_result result =
		names_nobody(value) ? NETWORK_WRONG : add_line(r, value, strlen(value));

	if (result == NETWORK_OK)
		return true;
	snprintf(r->why, r->why_cap, "--%s: '%.200s'%s", r->option, value,
		result == NETWORK_WRONG
			? " is not an address or network (192.0.2.0/24, 2001:db8::/32, @FILE)"
		: result == NETWORK_NO_MEMORY ? ": out of memory"
					      : "");
	if (result == NETWORK_WIDE)
		say_wide(r);
	if (result == NETWORK_WRONG)
		hint_value(r, value);
	return false;
}

static bool add_list(struct reading *r, const struct options_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		const char *value = list->values[i];
		if (value[0] == '@' ? !add_file(r, value + 1) : !add_value(r, value))
			return false;
	}
	return true;
}

static bool add_allowed(struct allow *a, const struct options_list *list, char *why, size_t why_cap)
{
	struct reading r = {.allow = a, .option = "allow", .why = why, .why_cap = why_cap};

	return add_list(&r, list);
}

static bool add_proxies(struct allow *a, const struct options_list *list, char *why, size_t why_cap)
{
	struct reading r = {.allow = a,
		.option = "trust-proxy",
		.proxies = true,
		.why = why,
		.why_cap = why_cap};

	return add_list(&r, list);
}

struct allow *allowlist_new(const struct allow_options *o, bool replay, char *why, size_t why_cap)
{
	struct allow *a = allow_new();
	struct adding adding = {a, true};

	snprintf(why, why_cap, "--allow: out of memory");
	if (!a || !allow_add_reserved(a, !o->ban_private))
		goto fail;
	/* a replay must not depend on the machine it runs on */
	if (!replay && (!own_addresses_list(add_own, &adding) || !adding.ok)) {
		snprintf(why, why_cap, "unable to read the host's own addresses: %s",
			strerror(errno));
		goto fail;
	}
	if (!add_allowed(a, &o->networks, why, why_cap) ||
		!add_proxies(a, &o->trust_proxy, why, why_cap))
		goto fail;
	allow_seal(a);
	return a;
fail:
	allow_free(a);
	return NULL;
}

struct allow *allowlist_with(const struct allow *listed, const struct address *more, size_t n)
{
	struct allow *a = allow_copy(listed);

	for (size_t i = 0; a && i < n; i++)
		if (!allow_add(a, &more[i])) {
			allow_free(a);
			return NULL;
		}
	if (a)
		allow_seal(a);
	return a;
}

bool allowlist_trusted(
	const struct options_list *trust_proxy, struct allow **trusted, char *why, size_t why_cap)
{
	*trusted = NULL;
	if (trust_proxy->n == 0)
		return true;
	struct allow *a = allow_new();
	snprintf(why, why_cap, "--trust-proxy: out of memory");
	if (!a || !add_proxies(a, trust_proxy, why, why_cap)) {
		allow_free(a);
		return false;
	}
	allow_seal(a);
	*trusted = a;
	return true;
}

bool allowlist_read(const struct allow_options *o, bool replay, struct allow **allow,
	struct allow **trusted, char *why, size_t why_cap)
{
	*trusted = NULL;
	*allow = allowlist_new(o, replay, why, why_cap);
	if (*allow && allowlist_trusted(&o->trust_proxy, trusted, why, why_cap))
		return true;
	allow_free(*allow);
	*allow = NULL;
	return false;
}

bool allowlist_is_readable(const struct allow_options *o, bool replay, char *why, size_t why_cap)
{
	struct allow *allow, *trusted;

	if (!allowlist_read(o, replay, &allow, &trusted, why, why_cap))
		return false;
	allow_free(allow);
	allow_free(trusted);
	return true;
}
