/* allowlist.c - see allowlist.h. A file with one bad line is refused whole: after a typing error,
 * half of the list would be missing and nobody would know. */
#include "io/config/allowlist.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/host/log.h"
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

static bool add_line(struct allow *a, const char *line, size_t len)
{
	struct address network;
	const char *comment = memchr(line, '#', len);

	if (comment)
		len = (size_t)(comment - line);
	while (len && is_blank(line[len - 1]))
		len--;
	while (len && is_blank(*line)) {
		line++;
		len--;
	}
	return len == 0 || (address_parse_prefix(line, len, &network) && allow_add(a, &network));
}

static bool add_file(
	struct allow *a, const char *option, const char *path, char *why, size_t why_cap)
{
	size_t len;
	char *text = statefile_read(path, FILE_BYTES_MAX, &len);
	int n = 1;

	if (!text) {
		snprintf(why, why_cap, "--%s: unable to read '%.200s': %s", option, path,
			strerror(errno));
		return false;
	}
	for (const char *s = text, *end = text + len; s < end; n++) {
		const char *newline = memchr(s, '\n', (size_t)(end - s));
		const char *stop = newline ? newline : end;
		if (!add_line(a, s, (size_t)(stop - s))) {
			snprintf(why, why_cap, "--%s: %.200s: line %d is no address or network",
				option, path, n);
			free(text);
			return false;
		}
		s = stop + 1;
	}
	free(text);
	return true;
}

/* An empty line is fine in a file. An empty value of an option is a mistake: it comes from an empty
 * shell variable. */
static bool names_nobody(const char *value)
{
	const char *first = value + strspn(value, " \t\r");

	return *first == '\0' || *first == '#';
}

static bool add_list(struct allow *a, const char *option, const struct options_list *list,
	char *why, size_t why_cap)
{
	for (size_t i = 0; i < list->n; i++) {
		const char *value = list->values[i];
		if (value[0] == '@') {
			if (!add_file(a, option, value + 1, why, why_cap))
				return false;
		} else if (names_nobody(value) || !add_line(a, value, strlen(value))) {
			snprintf(why, why_cap,
				"--%s: '%.200s' is no address or network "
				"(192.0.2.0/24, 2001:db8::/32, @FILE)",
				option, value);
			return false;
		}
	}
	return true;
}

static void add_peer(void *ctx, const struct address *peer)
{
	struct allowlist_peers *peers = ctx;

	for (size_t i = 0; i < peers->n; i++)
		if (address_equal(&peers->list[i], peer))
			return;
	peers->more |= peers->n == ALLOWLIST_PEERS_MAX;
	if (peers->n < ALLOWLIST_PEERS_MAX)
		peers->list[peers->n++] = *peer;
}

bool allowlist_find_peers(struct allowlist_peers *peers)
{
	peers->n = 0;
	peers->more = false;
	return own_addresses_ssh_peers(add_peer, peers);
}

void allowlist_meet_peers(struct allowlist_peers *peers)
{
	if (!allowlist_find_peers(peers))
		log_warning("unable to see who is connected by SSH: %s; nobody is allowed for it",
			strerror(errno));
	if (peers->more)
		log_warning(
			"over %d addresses are connected by SSH, and not all are allowed for it; "
			"give yours with --allow",
			ALLOWLIST_PEERS_MAX);
}

struct allow *allowlist_new(const struct allow_options *o, bool replay,
	const struct allowlist_peers *peers, char *why, size_t why_cap)
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
	for (size_t i = 0; peers && i < peers->n; i++)
		if (!allow_add(a, &peers->list[i]))
			goto fail;
	if (!add_list(a, "allow", &o->networks, why, why_cap) ||
		!add_list(a, "trust-proxy", &o->trust_proxy, why, why_cap))
		goto fail;
	allow_seal(a);
	return a;
fail:
	allow_free(a);
	return NULL;
}

bool allowlist_trusted(
	const struct options_list *trust_proxy, struct allow **trusted, char *why, size_t why_cap)
{
	*trusted = NULL;
	if (trust_proxy->n == 0)
		return true;
	struct allow *a = allow_new();
	snprintf(why, why_cap, "--trust-proxy: out of memory");
	if (!a || !add_list(a, "trust-proxy", trust_proxy, why, why_cap)) {
		allow_free(a);
		return false;
	}
	allow_seal(a);
	*trusted = a;
	return true;
}

bool allowlist_read(const struct allow_options *o, bool replay, const struct allowlist_peers *peers,
	struct allow **allow, struct allow **trusted, char *why, size_t why_cap)
{
	*trusted = NULL;
	*allow = allowlist_new(o, replay, peers, why, why_cap);
	if (*allow && allowlist_trusted(&o->trust_proxy, trusted, why, why_cap))
		return true;
	allow_free(*allow);
	*allow = NULL;
	return false;
}
