/* doctor_rule.c - see doctor_parts.h: are the rules there, and before what accepts open connections? */
#include <stdio.h>

#include "io/doctor_parts.h"
#include "io/rule.h"
#include "io/ruleset.h"

#define FAMILIES 2

/* The words of a rule behind -I CHAIN or -D CHAIN. */
static void rule_words(const struct rule *r, char *text, size_t cap)
{
	char to[160] = "";

	if (r->protocol)
		snprintf(to, sizeof to, "-p %s -m multiport --dports %s ", r->protocol, r->ports);
	snprintf(text, cap, "%s-m set --match-set %s src -j DROP", to, r->set_name);
}

/* False when it is told. */
static bool look_at_rule(const struct rule *r)
{
	const char *program = r->v6 ? "ip6tables" : "iptables";
	char why[FIREWALL_WHY_CAP], words[256];
	bool present, behind;

	rule_words(r, words, sizeof words);
	if (!rule_present(r, &present, why, sizeof why)) {
		return doctor_tell(false, "rule", "%s", why);
	}
	if (!present) {
		return doctor_tell(false, "rule",
			"the %s rule is not in %s/%s, so nobody is stopped; start anomdetect --ban, or: %s "
			"-w -t %s -I %s %s",
			r->v6 ? "IPv6" : "IPv4", r->table, r->chain, program, r->table, r->chain,
			words);
	}
	if (!rule_behind_established(r, &behind, why, sizeof why)) {
		return doctor_tell(false, "rule", "%s", why);
	}
	if (behind)
		return doctor_tell(false, "rule",
			"%s: %s -w -t %s -D %s %s && %s -w -t %s -I %s %s", why, program, r->table,
			r->chain, words, program, r->table, r->chain, words);
	return true;
}

bool doctor_look_at_rules(const struct firewall_config *config)
{
	static const char *const protocols[] = {"tcp", "udp"};
	char why[FIREWALL_WHY_CAP];
	struct ruleset set;
	bool ok = true;

	if (!config->manage_rule) {
		return doctor_tell(true, "rule", "not looked for: --rule none leaves it to you");
	}
	if (!ruleset_init(&set, config, why, sizeof why)) {
		return doctor_tell(false, "rule", "%s", why);
	}
	bool ports = set.ports[0];
	for (int i = 0; i < FAMILIES * (ports ? 2 : 1); i++) {
		struct rule rule = {.v6 = i % FAMILIES,
			.table = set.table,
			.chain = set.chain,
			.set_name = set.set_name[i % FAMILIES],
			.protocol = ports ? protocols[i / FAMILIES] : NULL,
			.ports = set.ports};
		ok &= look_at_rule(&rule);
	}
	if (!ok)
		return false;
	return doctor_tell(true, "rule", "%s/%s drops what %s and %s hold%s%s, IPv4 and IPv6",
		set.table, set.chain, set.set_name[0], set.set_name[1], ports ? ", to ports " : "",
		set.ports);
}
