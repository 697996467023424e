/* ban_target.c - see ban_target.h. The allow-lists in use contain address ranges, but not the
 * options that added them. So when a ban is refused, each source of the allow-lists is examined
 * again to name the option. */
#include "io/run/ban_target.h"

#include <stdio.h>
#include <string.h>

#include "core/base/address_hint.h"
#include "io/config/allowlist.h"
#include "io/config/settings.h"
#include "io/host/own_addresses.h"

/* The message suggests a separate firewall rule only for prefixes at least this long. A firewall
 * rule for a wider network would cut off a large part of the Internet. */
#define RULE_WIDEST4 8
#define RULE_WIDEST6 16

struct address_text {
	char s[ADDRESS_TEXT_MAX];
};

static struct address_text text_of(const struct address *a)
{
	struct address_text text;
	struct buf b;

	buf_init(&b, text.s, sizeof text.s - 1);
	buf_put_address(&b, a);
	text.s[b.len] = '\0';
	return text;
}

static bool read_named(const char *text, struct address *out, char *why, size_t why_cap)
{
	size_t len = strlen(text);

	if (address_parse_prefix(text, len, out))
		return true;
	snprintf(why, why_cap, "'%.200s' is not an address or network%s", text,
		strcmp(text, "all") == 0 || strcmp(text, "*") == 0 ? "; --flush unbans all"
								   : address_hint_of(text, len).s);
	return false;
}

static bool fits_sets(const struct options *o, const struct exemptions *e,
	const struct address *named, char *why, size_t why_cap)
{
	bool v4 = address_is_v4(named);
	uint32_t prefix = v4 ? o->bans.ipv4_prefix : o->bans.ipv6_prefix;
	struct settings_chain chain = {0};

	if (named->prefix_len >= prefix)
		return true;
	int len = snprintf(why, why_cap, "'%s' is a network, but a ban covers only one %s/%u",
		text_of(named).s, v4 ? "IPv4 " : "IPv6 ", prefix);
	why += len;
	why_cap -= (size_t)len;
	if (!e) {
		snprintf(why, why_cap, "; see --list for the bans in this network");
	} else if (allow_has(e->allow, named)) {
		snprintf(why, why_cap,
			"; some of its addresses are never banned (private, in --allow, this "
			"host's own or an administrator's)");
	} else if (named->prefix_len >= (v4 ? RULE_WIDEST4 : RULE_WIDEST6)) {
		(void)settings_firewall(&o->firewall, &o->bans, &chain);
		snprintf(why, why_cap,
			"; drop it by a rule of your own: %s -t %s -I %s -s %s -j DROP",
			v4 ? "iptables" : "ip6tables", chain.table, chain.chain, text_of(named).s);
	}
	return false;
}

/* ---- reasons why an address is never banned ---- */

struct own_search {
	const struct address *entry;
	struct address found;
	bool has;
};

static void look_at_own(void *ctx, const struct address *own)
{
	struct own_search *search = ctx;

	if (!search->has && address_covers(search->entry, own)) {
		search->found = *own;
		search->has = true;
	}
}

static bool find_own(const struct address *entry, struct address *found)
{
	struct own_search search = {.entry = entry};

	if (!own_addresses_list(look_at_own, &search) || !search.has)
		return false;
	*found = search.found;
	return true;
}

/* Finds a peer whose address is within the entry. */
static bool find_peer(
	const struct ssh_peers *peers, const struct address *entry, struct address *found)
{
	for (size_t i = 0; i < peers->n; i++)
		if (address_covers(entry, &peers->list[i].connection.peer)) {
			*found = peers->list[i].connection.peer;
			return true;
		}
	return false;
}

static bool is_proxy(const struct options *o, const struct address *entry)
{
	struct allow *trusted;
	char why[256];
	bool has;

	if (!allowlist_trusted(&o->allow.trust_proxy, &trusted, why, sizeof why) || !trusted)
		return false;
	has = allow_has(trusted, entry);
	allow_free(trusted);
	return has;
}

static bool is_free(const struct options *o, const struct exemptions *e,
	const struct address *named, const struct address *entry, char *why, size_t why_cap)
{
	struct address found;

	if (!allow_has(e->allow, entry))
		return true;
	int len = snprintf(why, why_cap, "'%s' is not banned: ", text_of(named).s);
	why += len;
	why_cap -= (size_t)len;
	if (allow_is_reserved(named))
		snprintf(why, why_cap,
			"no client has this address, because it is loopback, link-local, "
			"multicast or "
			"unspecified");
	else if (find_own(entry, &found))
		snprintf(why, why_cap, "%s is this host's own address", text_of(&found).s);
	else if (find_peer(&e->peers, entry, &found))
		snprintf(why, why_cap, "%s has logged in by SSH", text_of(&found).s);
	else if (find_peer(&e->brokers, entry, &found))
		snprintf(why, why_cap,
			"this host is connected to %s, which may be a broker; see --allow-peers",
			text_of(&found).s);
	else if (is_proxy(o, entry))
		snprintf(why, why_cap, "it is a proxy (--trust-proxy); ban the visitor behind it");
	else if (!o->allow.ban_private && allow_is_private(named))
		snprintf(why, why_cap, "it is private; --ban-private bans it");
	else if (!o->allow.ban_private && allow_is_translated(entry))
		snprintf(why, why_cap,
			"all IPv4 clients behind a NAT64 share it; --ban-private bans it");
	else
		snprintf(why, why_cap, "it is in a network of --allow; remove it there first");
	return false;
}

enum ban_target_result ban_target_find(const struct options *o, const struct exemptions *e,
	const char *text, struct address *entry, char *why, size_t why_cap)
{
	struct address named;

	if (!read_named(text, &named, why, why_cap) || !fits_sets(o, e, &named, why, why_cap))
		return BAN_TARGET_WRONG;
	*entry = address_mask(&named, (int)o->bans.ipv4_prefix, (int)o->bans.ipv6_prefix);
	if (e && !is_free(o, e, &named, entry, why, why_cap))
		return BAN_TARGET_EXEMPT;
	return BAN_TARGET_OK;
}
