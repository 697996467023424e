/* test_iptables_place.c - whether the packets of banned clients reach the drop rule, which is
 * judged from the firewall rules before it. The test has an `iptables` and an `ip6tables` of its
 * own, which print the table of a case. tests/e2e/removed-firewall-rules-are-replaced.t uses the
 * real programs. */
#include <dlfcn.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/firewall/iptables_place.h"

#define OURS4    "-A INPUT -m set --match-set ban4 src -j DROP\n"
#define BUILTIN  "-P INPUT ACCEPT\n-P FORWARD DROP\n-P OUTPUT ACCEPT\n"
#define OPEN     "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n"
#define TEXT_CAP 512

static char directory[] = "/tmp/anomdetect-place.XXXXXX";
static char why[TEXT_CAP];

static void write_file(const char *name, const char *text, mode_t mode)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", directory, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
}

/* The test's iptables and ip6tables print the file "table" in their own directory. */
static int make_programs(void **state)
{
	static const char script[] = "#!/bin/sh\nexec cat \"${0%/*}/table\"\n";

	(void)state;
	assert_non_null(mkdtemp(directory));
	write_file("iptables", script, 0755);
	write_file("ip6tables", script, 0755);
	return 0;
}

/* Replaces libc's posix_spawn. io/host/child.c runs only programs in system directories, and only
 * root could put the test's programs there. */
int posix_spawn(pid_t *restrict pid, const char *restrict path,
	const posix_spawn_file_actions_t *files, const posix_spawnattr_t *restrict attributes,
	char *const argv[restrict], char *const environment[restrict])
{
	typedef int spawn_call(pid_t *, const char *, const posix_spawn_file_actions_t *,
		const posix_spawnattr_t *, char *const[], char *const[]);
	spawn_call *usual;
	char ours[128];
	void *found = dlsym(RTLD_NEXT, "posix_spawn");

	assert_non_null(found);
	memcpy(&usual, &found, sizeof usual);
	assert_true(path[0] == '/');
	snprintf(ours, sizeof ours, "%s/%s", directory, argv[0]);
	return usual(pid, ours, files, attributes, argv, environment);
}

static int remove_programs(void **state)
{
	static const char *const names[] = {"iptables", "ip6tables", "table"};
	char path[128];

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof path, "%s/%s", directory, names[i]);
		unlink(path);
	}
	return rmdir(directory);
}

static struct drop_rule rule_in(const char *table, const char *chain)
{
	return (struct drop_rule){.table = table, .chain = chain, .set_name = "ban4"};
}

static struct iptables_place place_of(const struct drop_rule *r, const char *table)
{
	struct iptables_place place;

	write_file("table", table, 0644);
	if (!iptables_place_find(r, &place, why, sizeof why))
		fail_msg("%s", why);
	iptables_place_explain(r, &place, why, sizeof why);
	return place;
}

struct place_case {
	const char *table;
	enum iptables_reach way;
	const char *said; /* part of the message; NULL: there is no message */
};

static void check(const struct drop_rule *r, const struct place_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct iptables_place place = place_of(r, cases[i].table);
		if (place.way != cases[i].way)
			fail_msg("way %d, not %d: %s", place.way, cases[i].way, cases[i].table);
		if (cases[i].said ? !strstr(why, cases[i].said) : why[0] != '\0')
			fail_msg("message '%s' for: %s", why, cases[i].table);
	}
}
#define CHECK(rule, cases) check(rule, cases, sizeof cases / sizeof *cases)

static void earlier_rules_are_judged_by_their_effect(void **state)
{
	static const struct place_case cases[] = {
		{BUILTIN OURS4, IPTABLES_FIRST, NULL},
		{BUILTIN OURS4 "-A INPUT -j ACCEPT\n", IPTABLES_FIRST, NULL},
		{BUILTIN "-A INPUT -i lo -j ACCEPT\n" OURS4, IPTABLES_FIRST, NULL},
		{BUILTIN "-A INPUT -j LOG\n-A INPUT -s 192.0.2.1/32 -j DROP\n" OURS4,
			IPTABLES_FIRST, NULL},
		{BUILTIN "-A OUTPUT -j ACCEPT\n-A FORWARD -j RETURN\n" OURS4, IPTABLES_FIRST, NULL},
		{BUILTIN "-A INPUT -j DROP\n-A INPUT -j ACCEPT\n" OURS4, IPTABLES_FIRST, NULL},
		{BUILTIN "-A INPUT -j ACCEPT\n" OURS4, IPTABLES_BEHIND,
			"after '-A INPUT -j ACCEPT', which lets packets of banned clients pass; "
			"put it first, or use --chain raw/PREROUTING"},
		{BUILTIN "-A INPUT " OPEN OURS4, IPTABLES_BEHIND,
			"lets open connections of banned"},
		{BUILTIN "-A INPUT -m state --state NEW -j ACCEPT\n" OURS4, IPTABLES_BEHIND,
			"packets"},
		{BUILTIN "-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT\n" OURS4, IPTABLES_BEHIND,
			"dport 80"},
		{BUILTIN "-A INPUT -i eth0 -j NFQUEUE --queue-num 0\n" OURS4, IPTABLES_BEHIND,
			"NFQUEUE"},
		{BUILTIN "-A INPUT -j RETURN\n" OURS4, IPTABLES_BEHIND, "-j RETURN"},
		{BUILTIN "-A INPUT -s 192.0.2.0/24 -j ACCEPT\n" OURS4, IPTABLES_MAY_PASS,
			"may let"},
		{BUILTIN "-A INPUT -p icmp -j ACCEPT\n" OURS4, IPTABLES_MAY_PASS, "-p icmp"},
		{BUILTIN "-A INPUT -m conntrack --ctstate RELATED -j ACCEPT\n" OURS4,
			IPTABLES_MAY_PASS, "RELATED"},
		{BUILTIN "-A INPUT -s 192.0.2.0/24 -j ACCEPT\n-A INPUT -p udp -j ACCEPT\n" OURS4,
			IPTABLES_BEHIND, "-p udp"},
		/* the drop rule is missing, which drop_rules.h reports */
		{BUILTIN "-A INPUT -j ACCEPT\n", IPTABLES_FIRST, NULL},
	};
	struct drop_rule r = rule_in("filter", "INPUT");

	(void)state;
	CHECK(&r, cases);
	r.v6 = true;
	CHECK(&r, cases);
}

static void chains_called_before_the_drop_rule_are_searched(void **state)
{
	static const struct place_case cases[] = {
		{BUILTIN "-N web\n-N deep\n-A INPUT -j web\n" OURS4
			 "-A web -j deep\n-A deep -i eth0 " OPEN,
			IPTABLES_BEHIND, "'-A deep -i eth0 -m conntrack"},
		{BUILTIN "-N web\n" OURS4 "-A INPUT -j web\n-A web -j ACCEPT\n", IPTABLES_FIRST,
			NULL},
		{BUILTIN "-N web\n-A INPUT -j web\n" OURS4 "-A web -j RETURN\n-A web -j ACCEPT\n",
			IPTABLES_FIRST, NULL},
		{BUILTIN "-N web\n-A INPUT -j web\n" OURS4 "-A web -s 192.0.2.1/32 -j RETURN\n"
			 "-A web -j DROP\n-A web -j ACCEPT\n",
			IPTABLES_FIRST, NULL},
		/* only some packets are sent to the chain */
		{BUILTIN "-N web\n-A INPUT -s 192.0.2.0/24 -j web\n" OURS4 "-A web -j ACCEPT\n",
			IPTABLES_MAY_PASS, "'-A web -j ACCEPT', which may"},
		/* of two rules, the rule that lets more packets pass decides, whatever their order
		 * is */
		{BUILTIN
			"-N web\n-N deep\n-A INPUT -s 192.0.2.0/24 -j web\n-A INPUT -j deep\n" OURS4
			"-A web -j ACCEPT\n-A deep -j web\n",
			IPTABLES_BEHIND, "'-A web -j ACCEPT', which lets packets"},
		{BUILTIN "-N web\n-A INPUT -g web\n" OURS4 "-A web -j DROP\n", IPTABLES_MAY_PASS,
			"-g web"},
		/* chains that call each other */
		{BUILTIN "-N web\n-N deep\n-A INPUT -j web\n" OURS4
			 "-A web -j deep\n-A deep -j web\n",
			IPTABLES_FIRST, NULL},
		/* MARK is a target, not a chain */
		{BUILTIN "-A INPUT -j MARK --set-xmark 0x1/0xffffffff\n" OURS4, IPTABLES_FIRST,
			NULL},
	};
	struct drop_rule r = rule_in("filter", "INPUT");

	(void)state;
	CHECK(&r, cases);
}

#define OWN "-A web -m set --match-set ban4 src -j DROP\n"

static void a_user_chain_must_be_called_before_accepting_rules(void **state)
{
	static const struct place_case cases[] = {
		{BUILTIN "-N web\n" OWN, IPTABLES_UNREACHED,
			"in filter/web drops nothing: no packet of"},
		{BUILTIN "-N web\n-N web2\n-A web2 -j web\n" OWN, IPTABLES_UNREACHED,
			"drops nothing"},
		{BUILTIN "-N web\n-A OUTPUT -j web\n" OWN, IPTABLES_UNREACHED, "drops nothing"},
		{BUILTIN "-N web\n-A FORWARD -j web\n" OWN, IPTABLES_FIRST, NULL},
		{BUILTIN "-N web\n-A INPUT -j web\n-A OUTPUT -j web\n" OWN, IPTABLES_FIRST, NULL},
		{BUILTIN "-N web\n-N on\n-A INPUT -j on\n-A on -j web\n" OWN, IPTABLES_FIRST, NULL},
		{BUILTIN "-N web\n-A INPUT " OPEN "-A INPUT -j web\n" OWN, IPTABLES_BEHIND,
			"'-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT', "
			"which lets open connections of banned clients pass; "
			"jump to its chain earlier"},
		{BUILTIN "-N web\n-N on\n-A INPUT -j on\n"
			 "-A on -i eth0 -j RETURN\n-A on -j web\n" OWN,
			IPTABLES_BEHIND, "-A on -i eth0 -j RETURN"},
		{BUILTIN "-N web\n-A INPUT -j web\n-A web -p tcp -j RETURN\n" OWN, IPTABLES_BEHIND,
			"put it first"},
		{BUILTIN "-N web\n-A INPUT -p tcp -m tcp --dport 22 -j web\n" OWN, IPTABLES_NARROW,
			"only receives packets that "
			"'-A INPUT -p tcp -m tcp --dport 22 -j web' sends"},
	};
	struct drop_rule r = rule_in("filter", "web");

	(void)state;
	CHECK(&r, cases);
}

static void in_the_raw_table_states_are_unknown_and_accepting_rules_matter(void **state)
{
#define RAW     "-P PREROUTING ACCEPT\n-P OUTPUT ACCEPT\n"
#define OURSRAW "-A PREROUTING -m set --match-set ban4 src -j DROP\n"
	static const struct place_case cases[] = {
		{RAW OURSRAW, IPTABLES_FIRST, NULL},
		{RAW "-A PREROUTING -j NOTRACK\n" OURSRAW, IPTABLES_FIRST, NULL},
		{RAW "-A PREROUTING -j ACCEPT\n" OURSRAW, IPTABLES_BEHIND,
			"-A PREROUTING -j ACCEPT"},
		{RAW "-A PREROUTING " OPEN OURSRAW, IPTABLES_MAY_PASS, "may let"},
	};
	struct drop_rule r = rule_in("raw", "PREROUTING");

	(void)state;
	CHECK(&r, cases);
}

static void with_ports_only_rules_for_these_ports_matter(void **state)
{
#define OURSPORTS                                                                                  \
	"-A INPUT -p tcp -m multiport --dports 80,443 -m set --match-set ban4 src -j DROP\n"
	static const struct place_case cases[] = {
		{BUILTIN "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n" OURSPORTS, IPTABLES_FIRST,
			NULL},
		{BUILTIN "-A INPUT -p udp -m udp --dport 443 -j ACCEPT\n" OURSPORTS, IPTABLES_FIRST,
			NULL},
		{BUILTIN "-A INPUT -p icmp -j ACCEPT\n" OURSPORTS, IPTABLES_FIRST, NULL},
		{BUILTIN "-A INPUT -p tcp -m tcp --dport 1:1024 -j ACCEPT\n" OURSPORTS,
			IPTABLES_BEHIND, "1:1024"},
		/* the drop rule for all packets does not count as the drop rule for some ports */
		{BUILTIN OURS4 "-A INPUT -j ACCEPT\n" OURSPORTS, IPTABLES_BEHIND, "-j ACCEPT"},
	};
	struct drop_rule r = rule_in("filter", "INPUT");

	(void)state;
	r.protocol = "tcp";
	r.ports = "80,443";
	CHECK(&r, cases);
}

static void moving_helps_only_in_the_chain_of_the_drop_rule(void **state)
{
	struct drop_rule r = rule_in("filter", "INPUT"), web = rule_in("filter", "web");

	(void)state;
	assert_true(place_of(&r, BUILTIN "-A INPUT -j ACCEPT\n" OURS4).movable);
	assert_true(place_of(&r, BUILTIN "-N x\n-A INPUT -j x\n" OURS4 "-A x -j ACCEPT\n").movable);
	assert_false(
		place_of(&web, BUILTIN "-N web\n-A INPUT -p tcp -j ACCEPT\n-A INPUT -j web\n" OWN)
			.movable);
	assert_false(place_of(&web,
		BUILTIN "-N web\n-N x\n-A INPUT -j x\n-A INPUT -j web\n" OWN "-A x -j ACCEPT\n")
			     .movable);
}

static void a_failed_listing_is_reported(void **state)
{
	struct drop_rule r = rule_in("filter", "INPUT");
	struct iptables_place place;

	(void)state;
	write_file("iptables", "#!/bin/sh\necho no such table >&2\nexit 3\n", 0755);
	assert_false(iptables_place_find(&r, &place, why, sizeof why));
	assert_string_equal(
		why, "unable to check the rule for set 'ban4' in filter/INPUT: no such table");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(earlier_rules_are_judged_by_their_effect),
		cmocka_unit_test(chains_called_before_the_drop_rule_are_searched),
		cmocka_unit_test(a_user_chain_must_be_called_before_accepting_rules),
		cmocka_unit_test(in_the_raw_table_states_are_unknown_and_accepting_rules_matter),
		cmocka_unit_test(with_ports_only_rules_for_these_ports_matter),
		cmocka_unit_test(moving_helps_only_in_the_chain_of_the_drop_rule),
		cmocka_unit_test(a_failed_listing_is_reported),
	};

	return cmocka_run_group_tests(tests, make_programs, remove_programs);
}
