/* ipset.c - bans in two kernel sets, one per family; the only file that includes libipset.
 *
 * It uses session calls and binary values, not ipset_parse_line. On some errors ipset_parse_line
 * prints a message and exits, on others it returns 0. It also resolves names. Each ban is one
 * command of about 4 microseconds. A batch would lose the entries after one that fails.
 *
 * Traps that this file avoids, seen with libipset 7.17:
 *   - before each command libipset asks the kernel for the set's type, unless making the set or
 *     ipset_cache_add has put it into libipset's cache. Any ipset_session_fini empties the cache
 *   - LIST of a missing set breaks a session: each later command reads the previous command's
 *     answer. So lists use a session of their own, after a HEADER query, which is safe
 *   - CREATE with EXIST fails when any parameter differs, and does not report whether it made the
 *     set. So EXIST is not used with CREATE, and set_inspect checks the header of an existing set
 *   - DESTROY without a set's name destroys all sets of the host; sets_destroy chooses a set first
 *   - FAMILY must be set before IP; timeout 0 is permanent */
#include "io/firewall/firewall.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libipset/data.h>
#include <libipset/session.h>
#include <libipset/types.h>

#include "io/firewall/firewall_backend.h"
#include "io/firewall/ipset_text.h"
#include "io/firewall/stale_rules.h"

#define SETS 2

struct kernel_set {
	const char *name; /* the memory belongs to `rules` */
	uint8_t family;   /* NFPROTO_IPV4, NFPROTO_IPV6 */
	uint8_t full_len; /* 32, 128 */
	uint8_t netmask;  /* prefix length of the entries; full_len: none */
	unsigned made;    /* how often this process made the set */
	uint32_t maxelem; /* of the existing set, after session_open */
};

struct ipset_firewall {
	struct firewall base;
	struct ipset_session *session; /* NULL after a failure: the next call opens a new one */
	struct kernel_set sets[SETS];  /* IPv4, IPv6 */
	struct drop_rules rules;
	uint32_t max_entries;
	uint32_t default_timeout; /* seconds */
	unsigned put;             /* bit per firewall rule that was inserted at the start */
};

static struct ipset_firewall *ipset_of(struct firewall *f)
{
	return (struct ipset_firewall *)f;
}

/* Writes libipset's reason into `why` as one line, with the remedy if one is known. */
static void why_session(struct ipset_firewall *f, struct ipset_session *s, const char *action,
	const struct kernel_set *set)
{
	const char *said = s ? ipset_session_report_msg(s) : strerror(errno);
	int len = (int)strcspn(said, "\n");

	if (strstr(said, "Hash is full"))
		firewall_set_why(&f->base,
			"unable to %s '%s': the set is full (maxelem %u); unban some (anomban), "
			"or recreate it with a larger --max-strikes, after anomban --set %.*s "
			"--teardown",
			action, set->name, set->maxelem, (int)strlen(set->name) - 1, set->name);
	else
		firewall_set_why(&f->base, "unable to %s '%s': %.*s%s", action, set->name,
			len ? len : 10, len ? said : "no reason", ipset_text_hint(said));
	if (s)
		ipset_session_report_reset(s);
}

/* Receives libipset's output, in pieces of up to IPSET_OUTBUFLEN. Never returns a negative number,
 * which would make libipset call longjmp. */
__attribute__((format(printf, 3, 4))) static int take_output(
	struct ipset_session *session, void *p, const char *format, ...)
{
	struct ipset_text_lines *lines = p;
	char text[IPSET_OUTBUFLEN + 64];
	va_list args;
	int n;

	(void)session;
	va_start(args, format);
	n = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (lines && n > 0)
		ipset_text_feed(lines, text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
	if (lines && (size_t)n >= sizeof text)
		lines->bad = true;
	return n < 0 ? 0 : n;
}

/* Selects the set for the next command. Its type is read from the cache or from the kernel. */
static bool set_choose(struct ipset_session *s, const struct kernel_set *set)
{
	struct ipset_data *d = ipset_session_data(s);

	if (ipset_data_set(d, IPSET_SETNAME, set->name) == 0 && ipset_type_get(s, IPSET_CMD_ADD))
		return true;
	ipset_data_reset(d);
	return false;
}

/* Makes the set; also false when a set of that name exists. */
static bool set_create(struct ipset_firewall *f, struct ipset_session *s, struct kernel_set *set)
{
	struct ipset_data *d = ipset_session_data(s);
	const struct ipset_type *type;
	uint32_t hashsize = ipset_text_hashsize(f->max_entries);
	bool done;

	ipset_data_set(d, IPSET_SETNAME, set->name);
	ipset_data_set(d, IPSET_OPT_TYPENAME, "hash:ip");
	ipset_data_set(d, IPSET_OPT_FAMILY, &set->family);
	type = ipset_type_get(s, IPSET_CMD_CREATE);
	if (!type) {
		ipset_data_reset(d);
		return false;
	}
	ipset_data_set(d, IPSET_OPT_TYPE, type);
	ipset_data_set(d, IPSET_OPT_TIMEOUT, &f->default_timeout);
	ipset_data_set(d, IPSET_OPT_MAXELEM, &f->max_entries);
	ipset_data_set(d, IPSET_OPT_HASHSIZE, &hashsize);
	if (set->netmask < set->full_len)
		ipset_data_set(d, IPSET_OPT_NETMASK, &set->netmask);
	set->maxelem = f->max_entries;
	ipset_envopt_unset(s, IPSET_ENV_EXIST);
	done = ipset_cmd(s, IPSET_CMD_CREATE, 0) == 0;
	ipset_envopt_set(s, IPSET_ENV_EXIST);
	set->made += done;
	return done;
}

/* Called if a set of that name exists. True if its type and parameters are as wanted. */
static bool set_inspect(struct ipset_firewall *f, struct kernel_set *set)
{
	struct ipset_text_set found;
	struct ipset_session *s;
	char what[96], mend[192];
	bool listed;

	ipset_text_set_init(&found);
	s = ipset_session_init(take_output, &found.lines);
	if (s)
		ipset_envopt_set(s, IPSET_ENV_LIST_HEADER);
	listed = s && ipset_session_output(s, IPSET_LIST_PLAIN) == 0 && set_choose(s, set) &&
		 ipset_cmd(s, IPSET_CMD_LIST, 0) == 0;
	if (!listed)
		why_session(f, s, "list set", set);
	if (s)
		ipset_session_fini(s);
	if (!listed)
		return false;
	if (!ipset_text_set_fits(&found, set->full_len, set->netmask, what, sizeof what)) {
		ipset_text_set_mend(&found, set->full_len, set->name, mend, sizeof mend);
		firewall_set_why(&f->base, "set '%s' exists but %s; %s", set->name, what, mend);
		return false;
	}
	set->maxelem = found.maxelem;
	return true;
}

static bool set_ensure(struct ipset_firewall *f, struct kernel_set *set)
{
	struct ipset_session *s = f->session;

	if (set_create(f, s, set))
		return true;
	why_session(f, s, "create set", set);
	if (!set_choose(s, set)) { /* there is no such set: keep the reason of set_create */
		ipset_session_report_reset(s);
		return false;
	}
	ipset_data_reset(ipset_session_data(s));
	return set_inspect(f, set);
}

/* Puts the type of both sets into libipset's cache, because otherwise each command would cost a
 * second round trip. */
static bool sets_learn(struct ipset_firewall *f)
{
	struct ipset_data *d = ipset_session_data(f->session);

	/* Empty the cache: ipset_cache_add does not detect a duplicate of the last name in it. */
	ipset_cache_del(NULL);
	for (int i = 0; i < SETS; i++) {
		struct kernel_set *set = &f->sets[i];
		if (!set_choose(f->session, set)) {
			why_session(f, f->session, "find set", set);
			return false;
		}
		ipset_cache_add(set->name, ipset_data_get(d, IPSET_OPT_TYPE), set->family);
		ipset_data_reset(d);
	}
	return true;
}

static void session_close(struct ipset_firewall *f)
{
	if (f->session)
		ipset_session_fini(f->session);
	f->session = NULL;
}

/* Opens a session, and makes or checks both sets. After a failure no session is open. */
static bool session_open(struct ipset_firewall *f)
{
	session_close(f);
	f->session = ipset_session_init(take_output, NULL);
	if (!f->session) {
		why_session(f, NULL, "open a session for", &f->sets[0]);
		return false;
	}
	ipset_envopt_set(f->session, IPSET_ENV_EXIST);
	if (set_ensure(f, &f->sets[0]) && set_ensure(f, &f->sets[1]) && sets_learn(f)) {
		f->base.why[0] = '\0';
		return true;
	}
	session_close(f);
	return false;
}

/* The data to send about one entry. */
struct entry {
	const struct kernel_set *set;
	struct address address; /* masked */
	uint32_t seconds;       /* ADD */
	bool in;                /* TEST: the answer */
};

static bool entry_send(struct ipset_firewall *f, enum ipset_cmd cmd, struct entry *e)
{
	struct ipset_data *d = ipset_session_data(f->session);
	const struct kernel_set *set = e->set;
	bool done;

	if (!set_choose(f->session, set))
		return false;
	ipset_data_set(d, IPSET_OPT_FAMILY, &set->family);
	ipset_data_set(
		d, IPSET_OPT_IP, set->full_len == 32 ? e->address.bytes + 12 : e->address.bytes);
	if (cmd == IPSET_CMD_ADD)
		ipset_data_set(d, IPSET_OPT_TIMEOUT, &e->seconds);
	done = ipset_cmd(f->session, cmd, 0) == 0;
	if (cmd != IPSET_CMD_TEST)
		return done;
	/* "is in set" arrives as a warning; "is NOT in set" as a notice and a failure. */
	e->in = done;
	if (!done && ipset_session_report_type(f->session) != IPSET_NOTICE)
		return false;
	ipset_session_report_reset(f->session);
	return true;
}

/* Whether a new session would fail in the same way. */
static bool is_plain_failure(struct ipset_session *s)
{
	const char *said = ipset_session_report_msg(s);

	return strstr(said, "Hash is full") || strstr(said, "not permitted");
}

/* Sends a command. If it failed, but not by a plain failure (the set may have been destroyed or
 * replaced, or an answer lost), opens the session and the sets again and retries once. */
static bool entry_command(
	struct ipset_firewall *f, enum ipset_cmd cmd, const char *action, struct entry *e)
{
	bool sent = f->session && entry_send(f, cmd, e);

	if (!sent && !(f->session && is_plain_failure(f->session))) {
		if (!session_open(f))
			return false;
		sent = entry_send(f, cmd, e);
	}
	if (!sent)
		why_session(f, f->session, action, e->set);
	return sent;
}

/* The set and the masked address for a client. False with a reason if no entry can ban it. */
static bool entry_of(struct ipset_firewall *f, const struct address *client, struct entry *e)
{
	static const uint8_t zero[16];
	bool v4 = address_is_v4(client);

	*e = (struct entry){.set = &f->sets[v4 ? 0 : 1]};
	if (client->prefix_len < e->set->netmask) {
		firewall_set_why(&f->base,
			"set '%s' has /%u networks, but a client is a /%u; see --ipv%c-prefix",
			e->set->name, e->set->netmask, client->prefix_len, v4 ? '4' : '6');
		return false;
	}
	e->address = address_mask(client, f->sets[0].netmask, f->sets[1].netmask);
	if (memcmp(e->address.bytes + (v4 ? 12 : 0), zero, v4 ? 4 : 16) != 0)
		return true;
	firewall_set_why(&f->base, "the unspecified address cannot be banned");
	return false;
}

static bool ipset_ban(struct firewall *base, const struct address *client, struct span left)
{
	struct entry e;

	if (!entry_of(ipset_of(base), client, &e))
		return false;
	e.seconds = ipset_text_timeout(left);
	return entry_command(ipset_of(base), IPSET_CMD_ADD, "add to set", &e);
}

static bool ipset_unban(struct firewall *base, const struct address *client)
{
	struct entry e;

	return entry_of(ipset_of(base), client, &e) &&
	       entry_command(ipset_of(base), IPSET_CMD_DEL, "remove from set", &e);
}

static bool ipset_has(struct firewall *base, const struct address *client, bool *in)
{
	struct entry e;

	*in = false;
	if (!entry_of(ipset_of(base), client, &e) ||
		!entry_command(ipset_of(base), IPSET_CMD_TEST, "query set", &e))
		return false;
	*in = e.in;
	return true;
}

static unsigned ipset_made_sets(const struct firewall *base)
{
	const struct ipset_firewall *f = (const struct ipset_firewall *)base;

	return f->sets[0].made + f->sets[1].made;
}

/* Lists both sets on a separate session. *gone: a set does not exist, or was replaced. */
static bool sets_list(struct ipset_firewall *f, struct ipset_text_entries *all, bool *gone)
{
	struct ipset_session *s = ipset_session_init(take_output, &all->lines);
	bool done = s && ipset_session_output(s, IPSET_LIST_SAVE) == 0;
	const struct kernel_set *set = f->sets;

	*gone = false;
	ipset_cache_del(NULL); /* makes libipset ask the kernel instead of its cache */
	for (int i = 0; i < SETS && done; i++) {
		set = &f->sets[i];
		all->set_name = set->name;
		all->full_len = set->full_len;
		all->netmask = set->netmask;
		*gone = !set_choose(s, set) ||
			ipset_data_family(ipset_session_data(s)) != set->family;
		done = !*gone && ipset_cmd(s, IPSET_CMD_LIST, 0) == 0 && !all->lines.bad;
	}
	if (all->lines.bad)
		firewall_set_why(&f->base, "unable to list set '%s': %s", set->name,
			all->short_of_memory ? strerror(ENOMEM) : "unexpected text");
	else if (!done)
		why_session(f, s, "list set", set);
	if (s)
		ipset_session_fini(s);
	return done;
}

static bool ipset_list(struct firewall *base, firewall_each *each, void *ctx)
{
	struct ipset_firewall *f = ipset_of(base);
	struct ipset_text_entries all;
	bool gone, done;

	ipset_text_entries_init(&all, (size_t)f->sets[0].maxelem + f->sets[1].maxelem);
	done = sets_list(f, &all, &gone);
	if (gone && session_open(f)) {
		all.n = 0;
		done = sets_list(f, &all, &gone);
	}
	if (f->session && !sets_learn(f)) /* ipset_session_fini has emptied the cache */
		session_close(f);
	for (size_t i = 0; i < all.n && done; i++)
		each(ctx, &all.entry[i].address, all.entry[i].left);
	ipset_text_entries_fini(&all);
	return done;
}

/* A set that does not exist is not a failure. */
static bool sets_destroy(struct ipset_firewall *f)
{
	bool done = f->session || session_open(f);

	ipset_cache_del(NULL); /* makes libipset ask the kernel instead of its cache */
	for (int i = 0; i < SETS && done; i++) {
		if (set_choose(f->session, &f->sets[i]))
			done = ipset_cmd(f->session, IPSET_CMD_DESTROY, 0) == 0;
		if (!done)
			why_session(f, f->session, "destroy set", &f->sets[i]);
		else
			ipset_session_report_reset(f->session);
	}
	session_close(f);
	return done;
}

static bool ipset_teardown(struct firewall *base)
{
	struct ipset_firewall *f = ipset_of(base);

	return stale_rules_delete_all(&f->rules, f->base.why, sizeof f->base.why) &&
	       sets_destroy(f);
}

static void ipset_undo(struct firewall *base)
{
	struct ipset_firewall *f = ipset_of(base);

	drop_rules_delete(&f->rules, f->put);
	session_close(f); /* session_open would make the sets again */
	f->session = ipset_session_init(take_output, NULL);
	ipset_cache_del(NULL);
	for (int i = 0; i < SETS && f->session; i++) {
		if (f->sets[i].made && set_choose(f->session, &f->sets[i]))
			ipset_cmd(f->session, IPSET_CMD_DESTROY, 0);
	}
	session_close(f);
}

static bool ipset_keep_rules(struct firewall *base, bool *put_back)
{
	return drop_rules_repair(&ipset_of(base)->rules, put_back, base->why, sizeof base->why);
}

static void ipset_free(struct firewall *base)
{
	session_close(ipset_of(base));
	free(base);
}

static const struct firewall_ops ipset_ops = {
	.name = "ipset",
	.enforces = true,
	.ban = ipset_ban,
	.unban = ipset_unban,
	.has = ipset_has,
	.list = ipset_list,
	.made_sets = ipset_made_sets,
	.teardown = ipset_teardown,
	.undo = ipset_undo,
	.keep_rules = ipset_keep_rules,
	.free = ipset_free,
};

static void config_apply(struct ipset_firewall *f, const struct firewall_config *c)
{
	f->sets[0] = (struct kernel_set){.name = f->rules.set_name[0],
		.family = NFPROTO_IPV4,
		.full_len = 32,
		.netmask = (uint8_t)c->v4_prefix_len};
	f->sets[1] = (struct kernel_set){.name = f->rules.set_name[1],
		.family = NFPROTO_IPV6,
		.full_len = 128,
		.netmask = (uint8_t)c->v6_prefix_len};
	f->max_entries = c->max_entries;
	f->default_timeout = ipset_text_timeout(c->default_timeout);
}

struct firewall *firewall_new_ipset(const struct firewall_config *config, char *why, size_t why_cap)
{
	static bool types_loaded; /* libipset demands this once per process */
	if (!firewall_config_check(config, why, why_cap))
		return NULL;
	struct ipset_firewall *f = calloc(1, sizeof *f);
	if (!f)
		snprintf(why, why_cap, "%s", strerror(ENOMEM));
	if (!f || !drop_rules_init(&f->rules, config, why, why_cap)) {
		free(f);
		return NULL;
	}
	f->base.ops = &ipset_ops;
	f->base.v4_only = drop_rules_v4_only(&f->rules);
	config_apply(f, config);
	if (!types_loaded)
		ipset_load_types();
	types_loaded = true;
	/* The sets come first: a firewall rule cannot name a set that does not exist. */
	if (!session_open(f) ||
		!drop_rules_insert(&f->rules, &f->put, f->base.why, sizeof f->base.why)) {
		int saved = errno;
		snprintf(why, why_cap, "%s", f->base.why);
		ipset_undo(&f->base);
		ipset_free(&f->base);
		errno = saved;
		return NULL;
	}
	return &f->base;
}
