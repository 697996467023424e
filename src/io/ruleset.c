/* ruleset.c - see ruleset.h. */
#include "io/ruleset.h"

#include <stdio.h>
#include <string.h>

#include "core/num.h"
#include "io/rule.h"

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

bool ruleset_init(struct ruleset *r, const struct firewall_config *c, char *why, size_t why_cap)
{
	*r = (struct ruleset){.managed = c->manage_rule};
	if (!is_name(c->set_name, FIREWALL_NAME_MAX)) {
		snprintf(why, why_cap,
			"the set's name must be 1 to %d letters, digits or _.- and not begin with -",
			FIREWALL_NAME_MAX);
		return false;
	}
	for (int i = 0; i < FAMILIES; i++)
		snprintf(r->set_name[i], RULESET_NAME_CAP, "%.*s%c", FIREWALL_NAME_MAX, c->set_name,
			i ? '6' : '4');
	if (!r->managed)
		return true;
	if (!is_name(c->table, RULESET_NAME_CAP - 1) || !is_name(c->chain, RULESET_NAME_CAP - 1)) {
		snprintf(why, why_cap, "table and chain must be plain names, as raw/PREROUTING is");
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
	return true;
}

/* How many rules there are, and the i-th of them. */
static int rule_count(const struct ruleset *r)
{
	return !r->managed ? 0 : r->ports[0] ? FAMILIES * PROTOCOLS : FAMILIES;
}

static struct rule rule_at(const struct ruleset *r, int i)
{
	static const char *const protocols[PROTOCOLS] = {"tcp", "udp"};
	int family = i % FAMILIES;

	return (struct rule){.v6 = family,
		.table = r->table,
		.chain = r->chain,
		.set_name = r->set_name[family],
		.protocol = r->ports[0] ? protocols[i / FAMILIES] : NULL,
		.ports = r->ports};
}

bool ruleset_present(const struct ruleset *r, bool *present, char *why, size_t why_cap)
{
	*present = true;
	for (int i = 0; i < rule_count(r) && *present; i++) {
		struct rule rule = rule_at(r, i);
		if (!rule_present(&rule, present, why, why_cap))
			return false;
	}
	return true;
}

bool ruleset_keep(const struct ruleset *r, bool *put_back, char *why, size_t why_cap)
{
	*put_back = false;
	for (int i = 0; i < rule_count(r); i++) {
		struct rule rule = rule_at(r, i);
		bool put;
		if (!rule_put(&rule, &put, why, why_cap))
			return false;
		*put_back |= put;
	}
	return true;
}

bool ruleset_behind_established(const struct ruleset *r, bool *behind, char *why, size_t why_cap)
{
	*behind = false;
	/* The rules of one family stand side by side, and the first of them is asked for. */
	for (int i = 0; i < rule_count(r) && i < FAMILIES && !*behind; i++) {
		struct rule rule = rule_at(r, i);
		if (!rule_behind_established(&rule, behind, why, why_cap))
			return false;
	}
	return true;
}

bool ruleset_remove(const struct ruleset *r, char *why, size_t why_cap)
{
	for (int i = 0; i < rule_count(r); i++) {
		struct rule rule = rule_at(r, i);
		if (!rule_remove(&rule, why, why_cap))
			return false;
	}
	return true;
}
