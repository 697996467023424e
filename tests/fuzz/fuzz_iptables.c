/* fuzz_iptables.c - parses any bytes as the output of `iptables -S` or `iptables-save`. The facts
 * that are parsed from a line depend only on its own bytes. If a line is a drop rule of the
 * detector, the words by which the detector inserts this rule are parsed as the same rule. The
 * place of a drop rule is found in any table: IPTABLES_FIRST before all other rules, and
 * IPTABLES_BEHIND after a rule that accepts everything. Each stale rule that is found names the
 * set.
 *
 * iptables itself does not run. This file replaces the functions of io/firewall/iptables.h that
 * print a table; here they print the input. tests/unit/firewall/test_iptables_place.c runs a
 * program instead.
 */
#include "io/firewall/iptables_place.h"
#include "io/firewall/iptables_text.h"
#include "io/firewall/stale_rules.h"

#include "mutate_lines.h"

#define OURS       "-A INPUT -m set --match-set ban4 src -j DROP\n"
#define OPEN       "-A INPUT -j ACCEPT\n"
#define LISTED_MAX 2048 /* io/host/child.h cuts lines to this length */

/* The current output of `iptables`. */
static const char *table;
static size_t table_len;

static const char *mutate_word(void)
{
	static const char *const words[] = {"-A", "-N", "-P", "-I", "*raw", "*filter", "COMMIT",
		"INPUT", "FORWARD", "OUTPUT", "PREROUTING", "WEB", "-j", "-g", "DROP", "ACCEPT",
		"RETURN", "QUEUE", "NFQUEUE", "TPROXY", "REJECT", "LOG", "SET", "MARK", "-m", "set",
		"--match-set", "ban4", "ban6", "src", "src,dst", "!", "-p", "tcp", "udp", "icmp",
		"multiport", "--dports", "--dport", "--sports", "80,443", "80:90", "443", "1:65535",
		"65536", "80,", ":", "-i", "lo", "eth0", "-s", "-d", "224.0.0.0/4", "ff00::/8",
		"192.0.2.1/32", "conntrack", "--ctstate", "--state", "NEW", "RELATED,ESTABLISHED",
		"--comment", "\"a \\\"b\\\" c\"", "\"", "\\", "--limit", "5/sec", "--tcp-flags",
		"--add-set", "--del-set", "--map-set", ":WEB", "-", "[0:0]", ""};

	return words[mutate_below(sizeof words / sizeof *words)];
}

static void print_table(child_line *each, void *ctx)
{
	const char *at = table, *end = table + table_len;

	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t len = newline ? (size_t)(newline - at) : (size_t)(end - at);
		size_t bytes = len < LISTED_MAX ? len : LISTED_MAX;
		char *line = fuzz_exact(at, bytes);
		each(ctx, line, bytes);
		free(line);
		at += len + (newline != NULL);
	}
}

bool iptables_list_table(
	const struct drop_rule *r, child_line *each, void *ctx, char *why, size_t why_cap)
{
	(void)r, (void)why, (void)why_cap;
	print_table(each, ctx);
	return true;
}

bool iptables_list_all(
	const struct drop_rule *r, child_line *each, void *ctx, char *why, size_t why_cap)
{
	return iptables_list_table(r, each, ctx, why, why_cap);
}

/* The target must never change a real table. */
bool iptables_delete(const struct drop_rule *r, char *why, size_t why_cap)
{
	(void)r, (void)why, (void)why_cap;
	abort();
}

bool iptables_insert(const struct drop_rule *r, bool *put, char *why, size_t why_cap)
{
	(void)put;
	return iptables_delete(r, why, why_cap);
}

bool iptables_is_installed(bool v6)
{
	(void)v6;
	return true;
}

static bool is_text(const char *s, size_t cap)
{
	return memchr(s, '\0', cap) != NULL;
}

static void must_be_same(const struct iptables_rule *a, const struct iptables_rule *b)
{
	FUZZ_HOLDS(a->line == b->line && strcmp(a->chain, b->chain) == 0);
	FUZZ_HOLDS(a->end == b->end && strcmp(a->target, b->target) == 0);
	FUZZ_HOLDS(a->asks == b->asks && a->asks_sender == b->asks_sender);
	FUZZ_HOLDS(a->loopback == b->loopback && a->asks_state == b->asks_state);
	FUZZ_HOLDS(a->open == b->open && a->fresh == b->fresh);
	FUZZ_HOLDS(strcmp(a->protocol, b->protocol) == 0 && strcmp(a->ports, b->ports) == 0);
	FUZZ_HOLDS(a->names_set == b->names_set && a->ours == b->ours);
}

/* Writes the words after the chain as io/firewall/iptables.c inserts them. */
static void check_ours(const struct iptables_rule *r)
{
	char text[512], to[160] = "";

	FUZZ_HOLDS(r->names_set && r->end == IPTABLES_STOPS && r->asks_sender);
	FUZZ_HOLDS(strcmp(r->target, "DROP") == 0);
	if (r->protocol[0])
		snprintf(to, sizeof to, "-p %s -m multiport --dports %s ", r->protocol, r->ports);
	int len = snprintf(
		text, sizeof text, "-A %s %s-m set --match-set ban4 src -j DROP", r->chain, to);
	struct iptables_rule again = iptables_text_parse(text, (size_t)len, "ban4");
	/* the chain's name may be too long to store, which iptables never allows, or in quotes */
	if (r->chain[0] && !strpbrk(r->chain, " \""))
		must_be_same(r, &again);
}

static void take_line(void *ctx, const char *line, size_t len)
{
	struct iptables_rule r = iptables_text_parse(line, len, "ban4");
	char *behind = fuzz_followed(line, len, " --match-set ban4 src -j DROP");
	struct iptables_rule same = iptables_text_parse(behind, len, "ban4");

	(void)ctx;
	free(behind);
	must_be_same(&r, &same);
	FUZZ_HOLDS(is_text(r.chain, sizeof r.chain) && is_text(r.target, sizeof r.target));
	FUZZ_HOLDS(is_text(r.protocol, sizeof r.protocol) && is_text(r.ports, sizeof r.ports));
	FUZZ_HOLDS(r.line == IPTABLES_RULE || (!r.target[0] && !r.names_set && !r.ours));
	FUZZ_HOLDS(iptables_text_ports_overlap(r.ports, "1:65535,80") ==
		   iptables_text_ports_overlap("1:65535,80", r.ports));
	FUZZ_HOLDS(iptables_text_ports_overlap(r.ports, r.ports));
	if (r.ours)
		check_ours(&r);
}

/* Returns the place of the drop rule in a table that consists of `before` and the input. */
static struct iptables_place place_of(
	const struct drop_rule *r, const char *before, const char *s, size_t len)
{
	size_t before_len = strlen(before);
	char *text = malloc(before_len + len + 1), why[512] = "";
	struct iptables_place place;

	FUZZ_HOLDS(text);
	memcpy(text, before, before_len);
	memcpy(text + before_len, s, len);
	table = text;
	table_len = before_len + len;
	FUZZ_HOLDS(iptables_place_find(r, &place, why, sizeof why));
	table = s;
	table_len = len;
	free(text);
	FUZZ_HOLDS(place.way <= IPTABLES_UNREACHED && is_text(place.text, sizeof place.text));
	iptables_place_explain(r, &place, why, sizeof why);
	FUZZ_HOLDS((place.way == IPTABLES_FIRST) == !why[0] && is_text(why, sizeof why));
	return place;
}

static void check_places(const char *s, size_t len)
{
	static const struct drop_rule rules[] = {
		{.table = "filter", .chain = "INPUT", .set_name = "ban4"},
		{.table = "raw", .chain = "PREROUTING", .set_name = "ban4"},
		{.table = "filter",
			.chain = "WEB",
			.set_name = "ban4",
			.protocol = "tcp",
			.ports = "80,443"},
	};

	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
		(void)place_of(&rules[i], "", s, len);
	FUZZ_HOLDS(place_of(rules, "-P INPUT ACCEPT\n" OURS, s, len).way == IPTABLES_FIRST);
	FUZZ_HOLDS(place_of(rules, "-P INPUT ACCEPT\n" OPEN OURS, s, len).way == IPTABLES_BEHIND);
	FUZZ_HOLDS(place_of(rules, "-N INPUT\n" OURS, "", 0).way == IPTABLES_UNREACHED);
}

static void check_stale(void)
{
	struct drop_rules r = {.managed = true,
		.set_name = {"ban4", "ban6"},
		.table = "raw",
		.chain = "PREROUTING",
		.ports = "80,443"};
	static struct stale_rules found;
	char why[512];

	FUZZ_HOLDS(stale_rules_find(&r, &found, why, sizeof why));
	FUZZ_HOLDS(found.n <= STALE_RULES_MAX && (!found.more || found.n == STALE_RULES_MAX));
	for (size_t i = 0; i < found.n; i++) {
		struct stale_rule *one = &found.list[i];
		struct drop_rule rule = stale_rules_get(&r, one);
		FUZZ_HOLDS(is_text(one->table, sizeof one->table));
		FUZZ_HOLDS(is_text(one->text, sizeof one->text));
		FUZZ_HOLDS(one->facts.names_set && one->ours == one->facts.ours);
		FUZZ_HOLDS(strcmp(rule.set_name, r.set_name[one->v6]) == 0 && rule.ports);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	table = (const char *)data;
	table_len = len;
	print_table(take_line, NULL);
	check_places((const char *)data, len);
	check_stale();
	return 0;
}
