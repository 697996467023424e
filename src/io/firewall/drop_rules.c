/* drop_rules.c - see drop_rules.h. */
#include "io/firewall/drop_rules.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/num.h"
#include "io/firewall/iptables_place.h"

#define FAMILIES  2
#define PROTOCOLS 2

/* What the kernel, the shell and iptables' options all take as a plain word. */
static bool is_name(const char *s, size_t max)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
	size_t len = strlen(s);

	return len > 0 && len <= max && s[0] != '-' && strspn(s, letters) == len;
}

bool ruleset_name_ok(const char *name)
{
	return is_name(name, FIREWALL_NAME_MAX);
}

bool ruleset_chain_ok(const char *table, const char *chain)
{
	/* nat sees only a connection's first packet, and refuses DROP. */
	static const char *const tables[] = {"raw", "mangle", "filter", "security"};

	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
		if (strcmp(table, tables[i]) == 0)
			return is_name(chain, RULESET_CHAIN_MAX);
	}
	return false;
}

static bool is_port(const char *s, size_t len, uint64_t *port)
{
	/* A leading zero would be octal to some readers. */
	return len && s[0] != '0' && num_u64(s, len, port) && *port <= 65535;
}

bool ruleset_ports_ok(const char *list)
{
	int n = 0;

	for (;;) {
		size_t len = strcspn(list, ",");
		const char *colon = memchr(list, ':', len);
		size_t from_len = colon ? (size_t)(colon - list) : len;
		uint64_t from, to;
		if (!is_port(list, from_len, &from))
			return false;
		if (colon && (!is_port(colon + 1, len - from_len - 1, &to) || to <= from))
			return false;
		n += colon ? 2 : 1;
		if (n > RULESET_PORTS_MAX)
			return false;
		if (!list[len])
			return true;
		list += len + 1;
	}
}

/* The first file is there when the kernel has IPv6 and it is not disabled; the second, when files of
 * that kind are there at all. */
static enum ruleset_v6 look_for_v6(void)
{
	if (access("/proc/net/if_inet6", F_OK) != 0 && access("/proc/net/dev", F_OK) == 0)
		return RULESET_V6_NO_KERNEL;
	return rule_has_program(true) ? RULESET_V6 : RULESET_V6_NO_PROGRAM;
}

bool ruleset_init(struct ruleset *r, const struct firewall_config *c, char *why, size_t why_cap)
{
	*r = (struct ruleset){.managed = c->manage_rule};
	if (!ruleset_name_ok(c->set_name)) {
		snprintf(why, why_cap, "the set's name must be " RULESET_NAME_WANT);
		return false;
	}
	for (int i = 0; i < FAMILIES; i++)
		snprintf(r->set_name[i], RULESET_NAME_CAP, "%.*s%c", FIREWALL_NAME_MAX, c->set_name,
			i ? '6' : '4');
	if (!r->managed)
		return true;
	if (!ruleset_chain_ok(c->table, c->chain)) {
		snprintf(why, why_cap, "the chain must be " RULESET_CHAIN_WANT);
		return false;
	}
	if (c->ports && !ruleset_ports_ok(c->ports)) {
		snprintf(why, why_cap,
			"ports must be a list as 80,443,8000:8080 is: 1..65535, at most %d, a range "
			"counting as two",
			RULESET_PORTS_MAX);
		return false;
	}
	snprintf(r->table, sizeof r->table, "%s", c->table);
	snprintf(r->chain, sizeof r->chain, "%s", c->chain);
	snprintf(r->ports, sizeof r->ports, "%s", c->ports ? c->ports : "");
	r->v6 = look_for_v6();
	return true;
}

const char *ruleset_v4_only(const struct ruleset *r)
{
	switch (r->v6) {
	case RULESET_V6:
		break;
	case RULESET_V6_NO_KERNEL:
		return "this kernel has no IPv6";
	case RULESET_V6_NO_PROGRAM:
		return "there is no ip6tables; install it (apt install iptables), or put the rule in "
		       "by other means and use --rule none";
	}
	return NULL;
}

int ruleset_families(const struct ruleset *r)
{
	return r->v6 == RULESET_V6 ? FAMILIES : 1;
}

int ruleset_count(const struct ruleset *r)
{
	return !r->managed ? 0 : ruleset_families(r) * (r->ports[0] ? PROTOCOLS : 1);
}

struct drop_rule ruleset_rule(const struct ruleset *r, int i)
{
	static const char *const protocols[PROTOCOLS] = {"tcp", "udp"};
	int family = i % ruleset_families(r);

	return (struct drop_rule){.v6 = family,
		.table = r->table,
		.chain = r->chain,
		.set_name = r->set_name[family],
		.protocol = r->ports[0] ? protocols[i / ruleset_families(r)] : NULL,
		.ports = r->ports};
}

bool ruleset_present(const struct ruleset *r, bool *present, char *why, size_t why_cap)
{
	*present = true;
	for (int i = 0; i < ruleset_count(r) && *present; i++) {
		struct drop_rule rule = ruleset_rule(r, i);
		if (!rule_present(&rule, present, why, why_cap))
			return false;
	}
	return true;
}

bool ruleset_put(const struct ruleset *r, unsigned *put, char *why, size_t why_cap)
{
	*put = 0;
	for (int i = 0; i < ruleset_count(r); i++) {
		struct drop_rule rule = ruleset_rule(r, i);
		bool was_put;
		if (!rule_put(&rule, &was_put, why, why_cap))
			return false;
		*put |= was_put ? 1u << i : 0;
	}
	return true;
}

void ruleset_take_back(const struct ruleset *r, unsigned put)
{
	char why[FIREWALL_WHY_CAP];

	for (int i = 0; i < ruleset_count(r); i++) {
		struct drop_rule rule = ruleset_rule(r, i);
		if (put & 1u << i)
			rule_remove(&rule, why, sizeof why);
	}
}

bool ruleset_keep(const struct ruleset *r, bool *put_back, char *why, size_t why_cap)
{
	unsigned put;
	bool done = ruleset_put(r, &put, why, why_cap);

	*put_back = put != 0;
	return done;
}

bool ruleset_behind(const struct ruleset *r, bool *behind, char *why, size_t why_cap)
{
	*behind = false;
	for (int i = 0; i < ruleset_count(r) && !*behind; i++) {
		struct drop_rule rule = ruleset_rule(r, i);
		struct rule_place place;
		if (!rule_place_find(&rule, &place, why, why_cap))
			return false;
		*behind = place.way >= RULE_BEHIND;
		if (*behind)
			rule_place_say(&rule, &place, why, why_cap);
	}
	return true;
}
