/* drop_rules.c - see drop_rules.h. */
#include "io/firewall/drop_rules.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/num.h"
#include "io/firewall/iptables_place.h"

#define FAMILIES  2
#define PROTOCOLS 2

/* Whether the kernel, the shell and iptables' options all accept the text as a plain word. */
static bool is_name(const char *s, size_t max)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
	size_t len = strlen(s);

	return len > 0 && len <= max && s[0] != '-' && strspn(s, letters) == len;
}

bool drop_rules_name_ok(const char *name)
{
	return is_name(name, FIREWALL_NAME_MAX);
}

bool drop_rules_chain_ok(const char *table, const char *chain)
{
	/* nat is left out: it receives only a connection's first packet, and refuses DROP. */
	static const char *const tables[] = {"raw", "mangle", "filter", "security"};

	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
		if (strcmp(table, tables[i]) == 0)
			return is_name(chain, DROP_RULES_CHAIN_MAX);
	}
	return false;
}

static bool is_port(const char *s, size_t len, uint64_t *port)
{
	/* Some parsers would treat a number with a leading zero as octal. */
	return len && s[0] != '0' && num_u64(s, len, port) && *port <= 65535;
}

bool drop_rules_ports_ok(const char *list)
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
		if (n > DROP_RULES_PORTS_MAX)
			return false;
		if (!list[len])
			return true;
		list += len + 1;
	}
}

/* /proc/net/if_inet6 exists if the kernel has IPv6 and it is not disabled. /proc/net/dev exists if
 * the files of /proc/net are readable at all. */
static enum drop_rules_v6 look_for_v6(void)
{
	if (access("/proc/net/if_inet6", F_OK) != 0 && access("/proc/net/dev", F_OK) == 0)
		return DROP_RULES_V6_NO_KERNEL;
	return iptables_is_installed(true) ? DROP_RULES_V6 : DROP_RULES_V6_NO_PROGRAM;
}

bool drop_rules_init(
	struct drop_rules *r, const struct firewall_config *c, char *why, size_t why_cap)
{
	*r = (struct drop_rules){.managed = c->manage_rule};
	if (!drop_rules_name_ok(c->set_name)) {
		snprintf(why, why_cap, "the set's name must be " DROP_RULES_NAME_WANT);
		return false;
	}
	for (int i = 0; i < FAMILIES; i++)
		snprintf(r->set_name[i], DROP_RULES_NAME_CAP, "%.*s%c", FIREWALL_NAME_MAX,
			c->set_name, i ? '6' : '4');
	if (!r->managed)
		return true;
	if (!drop_rules_chain_ok(c->table, c->chain)) {
		snprintf(why, why_cap, "the chain must be " DROP_RULES_CHAIN_WANT);
		return false;
	}
	if (c->ports && !drop_rules_ports_ok(c->ports)) {
		snprintf(why, why_cap,
			"ports must be a list such as 80,443,8000:8080: 1..65535, at most %d, "
			"a range counting as two",
			DROP_RULES_PORTS_MAX);
		return false;
	}
	snprintf(r->table, sizeof r->table, "%s", c->table);
	snprintf(r->chain, sizeof r->chain, "%s", c->chain);
	snprintf(r->ports, sizeof r->ports, "%s", c->ports ? c->ports : "");
	r->v6 = look_for_v6();
	return true;
}

const char *drop_rules_v4_only(const struct drop_rules *r)
{
	switch (r->v6) {
	case DROP_RULES_V6:
		break;
	case DROP_RULES_V6_NO_KERNEL:
		return "this kernel has no IPv6";
	case DROP_RULES_V6_NO_PROGRAM:
		return "there is no ip6tables; install it (apt install iptables), "
		       "or add the firewall rule by other means and use --rule none";
	}
	return NULL;
}

int drop_rules_families(const struct drop_rules *r)
{
	return r->v6 == DROP_RULES_V6 ? FAMILIES : 1;
}

int drop_rules_count(const struct drop_rules *r)
{
	return !r->managed ? 0 : drop_rules_families(r) * (r->ports[0] ? PROTOCOLS : 1);
}

struct drop_rule drop_rules_get(const struct drop_rules *r, int i)
{
	static const char *const protocols[PROTOCOLS] = {"tcp", "udp"};
	int family = i % drop_rules_families(r);

	return (struct drop_rule){.v6 = family,
		.table = r->table,
		.chain = r->chain,
		.set_name = r->set_name[family],
		.protocol = r->ports[0] ? protocols[i / drop_rules_families(r)] : NULL,
		.ports = r->ports};
}

bool drop_rules_insert(const struct drop_rules *r, unsigned *put, char *why, size_t why_cap)
{
	*put = 0;
	for (int i = 0; i < drop_rules_count(r); i++) {
		struct drop_rule rule = drop_rules_get(r, i);
		bool was_put;
		if (!iptables_insert(&rule, &was_put, why, why_cap))
			return false;
		*put |= was_put ? 1u << i : 0;
	}
	return true;
}

void drop_rules_delete(const struct drop_rules *r, unsigned put)
{
	char why[FIREWALL_WHY_CAP];

	for (int i = 0; i < drop_rules_count(r); i++) {
		struct drop_rule rule = drop_rules_get(r, i);
		if (put & 1u << i)
			iptables_delete(&rule, why, sizeof why);
	}
}

bool drop_rules_repair(const struct drop_rules *r, bool *put_back, char *why, size_t why_cap)
{
	unsigned put;
	bool done = drop_rules_insert(r, &put, why, why_cap);

	*put_back = put != 0;
	return done;
}

bool drop_rules_are_bypassed(const struct drop_rules *r, bool *behind, char *why, size_t why_cap)
{
	*behind = false;
	for (int i = 0; i < drop_rules_count(r) && !*behind; i++) {
		struct drop_rule rule = drop_rules_get(r, i);
		struct iptables_place place;
		if (!iptables_place_find(&rule, &place, why, why_cap))
			return false;
		*behind = place.way >= IPTABLES_BEHIND;
		if (*behind)
			iptables_place_explain(&rule, &place, why, why_cap);
	}
	return true;
}
