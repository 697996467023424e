/* doctor_rule.c - see doctor_parts.h: checks that the firewall rules exist, and that packets reach
 * them. */
#include <stdio.h>

#include "io/check/doctor_parts.h"
#include "io/firewall/stale_rules.h"
#include "io/firewall/iptables_place.h"

/* Checks that packets reach the rule. False when a fault was reported. */
static bool look_at_place(const struct drop_rule *r)
{
	char why[FIREWALL_WHY_CAP], out[256], in[256];
	struct iptables_place place;

	if (!iptables_place_find(r, &place, why, sizeof why)) {
		return doctor_report(false, "rule", "%s", why);
	}
	if (place.way == IPTABLES_FIRST)
		return true;
	iptables_place_explain(r, &place, why, sizeof why);
	iptables_command(r, "-D", out, sizeof out);
	iptables_command(r, "-I", in, sizeof in);
	if (place.way < IPTABLES_BEHIND) {
		doctor_warn("rule", place.movable ? "%s; if so: %s && %s" : "%s", why, out, in);
		return true;
	}
	return doctor_report(false, "rule", place.movable ? "%s: %s && %s" : "%s", why, out, in);
}

/* Checks that the rule exists, and that packets reach it. False when a fault was reported. */
static bool look_at_rule(const struct drop_rule *r)
{
	char why[FIREWALL_WHY_CAP], command[256];
	bool present;

	if (!iptables_has_rule(r, &present, why, sizeof why)) {
		return doctor_report(false, "rule", "%s", why);
	}
	if (present)
		return look_at_place(r);
	iptables_command(r, "-I", command, sizeof command);
	return doctor_report(false, "rule",
		"the %s rule is not in %s/%s, so no packet is dropped; start anomdetect --ban, "
		"or: %s",
		r->v6 ? "IPv6" : "IPv4", r->table, r->chain, command);
}

/* Checks for other firewall rules that name the sets. False when a fault was reported. */
static bool look_at_others(const struct drop_rules *set)
{
	struct stale_rules found;
	char why[FIREWALL_WHY_CAP], command[256];
	bool ok = true;

	if (!stale_rules_find(set, &found, why, sizeof why)) {
		return doctor_report(false, "rule", "%s", why);
	}
	for (size_t i = 0; i < found.n; i++) {
		const struct stale_rule *one = &found.list[i];
		struct drop_rule rule = stale_rules_get(set, one);
		if (!one->ours) {
			doctor_warn("rule", "another firewall rule names set '%s': %s -t %s %s",
				rule.set_name, one->v6 ? "ip6tables" : "iptables", one->table,
				one->text);
			continue;
		}
		iptables_command(&rule, "-D", command, sizeof command);
		ok = doctor_report(false, "rule",
			"a firewall rule of an earlier run, for another chain or other ports, is "
			"in force; the next start removes it, or: %s",
			command);
	}
	return ok;
}

bool doctor_check_rules(const struct firewall_config *config, bool no_sets)
{
	char why[FIREWALL_WHY_CAP];
	struct drop_rules set;
	bool ok = true;

	if (!config->manage_rule) {
		return doctor_report(true, "rule",
			"not checked: with --rule none you manage the "
			"firewall rule");
	}
	if (!drop_rules_init(&set, config, why, sizeof why)) {
		return doctor_report(false, "rule", "%s", why);
	}
	for (int i = 0; !no_sets && i < drop_rules_count(&set); i++) {
		struct drop_rule rule = drop_rules_get(&set, i);
		ok &= look_at_rule(&rule);
	}
	ok &= look_at_others(&set);
	if (set.v6 == DROP_RULES_V6_NO_PROGRAM)
		ok = doctor_report(false, "rule", "only IPv4 clients are banned: %s",
			drop_rules_v4_only(&set));
	if (!ok)
		return false;
	if (no_sets) {
		doctor_skip("rule", "not checked: without the sets there is no firewall rule; the "
				    "next start adds both");
		return true;
	}
	return doctor_report(true, "rule",
		"%s/%s drops packets of the clients in %s and %s%s%s, "
		"%s",
		set.table, set.chain, set.set_name[0], set.set_name[1],
		set.ports[0] ? ", to ports " : "", set.ports,
		set.v6 ? "IPv4 only: this kernel has no IPv6" : "IPv4 and IPv6");
}
