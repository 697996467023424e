/* stale_rules.c - see stale_rules.h. This file parses the output of iptables-save, because
 * `iptables -C` and `iptables -D` find a rule only if the caller already knows all its words. */
#include "io/firewall/stale_rules.h"

#include <stdio.h>
#include <string.h>

#include "io/host/log.h"

/* Maximum number of rounds; each removes up to STALE_RULES_MAX rules. If this many rounds are not
 * enough, another program inserts rules as fast as this program removes them. */
#define ROUNDS_MAX 100

/* The state while the listing of one address family is parsed. */
struct listing {
	const struct drop_rules *rules;
	bool v6, all; /* all: finds the wanted rules, too */
	char table[IPTABLES_NAME_CAP];
	struct stale_rules *found;
};

static bool is_wanted(const struct listing *l, const struct iptables_rule *facts)
{
	const struct drop_rules *r = l->rules;
	bool ports = r->ports[0];

	return facts->ours && strcmp(l->table, r->table) == 0 &&
	       strcmp(facts->chain, r->chain) == 0 && strcmp(facts->ports, r->ports) == 0 &&
	       (!ports || strcmp(facts->protocol, "tcp") == 0 ||
		       strcmp(facts->protocol, "udp") == 0);
}

static void take_line(void *ctx, const char *line, size_t len)
{
	struct listing *l = ctx;
	struct iptables_rule facts;
	struct stale_rule *one;

	if (len && line[0] == '*') {
		snprintf(l->table, sizeof l->table, "%.*s", (int)len - 1, line + 1);
		return;
	}
	facts = iptables_text_parse(line, len, l->rules->set_name[l->v6]);
	if (!facts.names_set || (!l->all && is_wanted(l, &facts)))
		return;
	l->found->more |= l->found->n == STALE_RULES_MAX;
	if (l->found->n == STALE_RULES_MAX)
		return;
	one = &l->found->list[l->found->n++];
	*one = (struct stale_rule){.v6 = l->v6, .ours = facts.ours, .facts = facts};
	memcpy(one->table, l->table, sizeof one->table);
	snprintf(one->text, sizeof one->text, "%.*s", (int)len, line);
}

static bool find_rules(
	const struct drop_rules *r, bool all, struct stale_rules *found, char *why, size_t why_cap)
{
	*found = (struct stale_rules){.n = 0};
	if (!r->managed)
		return true;
	for (int v6 = 0; v6 < drop_rules_families(r); v6++) {
		struct listing l = {.rules = r, .v6 = v6, .all = all, .found = found};
		struct drop_rule any = drop_rules_get(r, v6);
		if (!iptables_list_all(&any, take_line, &l, why, why_cap))
			return false;
	}
	return true;
}

bool stale_rules_find(
	const struct drop_rules *r, struct stale_rules *found, char *why, size_t why_cap)
{
	return find_rules(r, false, found, why, why_cap);
}

struct drop_rule stale_rules_get(const struct drop_rules *r, const struct stale_rule *one)
{
	return (struct drop_rule){.v6 = one->v6,
		.table = one->table,
		.chain = one->facts.chain,
		.set_name = r->set_name[one->v6],
		.protocol = one->facts.protocol[0] ? one->facts.protocol : NULL,
		.ports = one->facts.ports};
}

bool stale_rules_delete_all(const struct drop_rules *r, char *why, size_t why_cap)
{
	struct stale_rules found;

	for (int round = 0; round < ROUNDS_MAX; round++) {
		bool any = false;
		if (!find_rules(r, true, &found, why, why_cap))
			return false;
		for (size_t i = 0; i < found.n; i++) {
			struct drop_rule rule = stale_rules_get(r, &found.list[i]);
			any |= found.list[i].ours;
			if (found.list[i].ours && !iptables_delete(&rule, why, why_cap))
				return false;
		}
		if (!any || !found.more)
			return true;
	}
	snprintf(why, why_cap,
		"unable to remove the firewall rules for set '%s': something adds "
		"them again",
		r->set_name[0]);
	return false;
}

/* Removes a rule of an earlier run, but only reports a rule of other people. Returns whether the
 * rule was removed. */
static bool tidy_one(const struct drop_rules *r, const struct stale_rule *one)
{
	struct drop_rule rule = stale_rules_get(r, one);
	const char *program = one->v6 ? "ip6tables" : "iptables";
	char why[FIREWALL_WHY_CAP];

	if (!one->ours) {
		log_warning("another firewall rule names set '%s', and is kept: %s -t %s %s",
			rule.set_name, program, one->table, one->text);
		return false;
	}
	if (!iptables_delete(&rule, why, sizeof why)) {
		log_warning("%s", why);
		return false;
	}
	log_warning("a firewall rule of an earlier run, for another chain or other ports, is "
		    "removed: "
		    "%s -t %s %s",
		program, one->table, one->text);
	return true;
}

bool stale_rules_tidy(const struct firewall_config *config)
{
	struct stale_rules found = {.n = 0};
	char why[FIREWALL_WHY_CAP];
	struct drop_rules rules;
	bool any = false;

	if (!drop_rules_init(&rules, config, why, sizeof why) ||
		!stale_rules_find(&rules, &found, why, sizeof why)) {
		log_warning("%s", why);
		return false;
	}
	if (drop_rules_v4_only(&rules))
		log_warning("only IPv4 clients are banned: %s", drop_rules_v4_only(&rules));
	for (size_t i = 0; i < found.n; i++)
		any |= tidy_one(&rules, &found.list[i]);
	if (found.more)
		log_warning("there are more firewall rules that name set '%s' or '%s'; see "
			    "iptables-save",
			rules.set_name[0], rules.set_name[1]);
	return any;
}
