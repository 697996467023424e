/* test_lift.c - the command that lifts a ban: a shell splits it into the words that anomban
 * expects. The command leaves out options only if their values are anomban's defaults. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "core/record/lift.h"
#include "io/config/options.h"
#include "unit/given.h"

static char text[LIFT_BYTES_MAX + 1];

static const char *lift(const char *name, int v4, int v6, const char *client)
{
	struct lift_sets sets = {name, v4, v6};
	struct address a = given_address(client);
	struct buf b;

	buf_init(&b, text, sizeof text - 1);
	lift_put(&b, &sets, &a);
	assert_false(b.full);
	text[b.len] = '\0';
	return text;
}

static void set_and_prefixes_are_named_unless_they_are_the_defaults(void **state)
{
	(void)state;
	assert_string_equal(
		lift("anomdetect", 32, 64, "203.0.113.9"), "anomban --unban 203.0.113.9");
	assert_string_equal(
		lift("anomdetect", 0, 0, "2001:db8::/64"), "anomban --unban 2001:db8::/64");
	assert_string_equal(lift("web", 24, 64, "203.0.113.0/24"),
		"anomban --set web --ipv4-prefix 24 --unban 203.0.113.0/24");
	assert_string_equal(lift("web.a-b_c", 32, 56, "2001:db8:0:100::/56"),
		"anomban --set web.a-b_c --ipv6-prefix 56 --unban 2001:db8:0:100::/56");
}

static void defaults_match_the_options_of_anomban(void **state)
{
	static char *argv[] = {(char *)(uintptr_t) "anomban", NULL};
	struct options o;
	char why[256];

	(void)state;
	assert_true(options_parse_anomban(&o, 1, argv, why, sizeof why));
	assert_string_equal(o.firewall.set_name, LIFT_SET);
	assert_int_equal(o.bans.ipv4_prefix, LIFT_IPV4_PREFIX);
	assert_int_equal(o.bans.ipv6_prefix, LIFT_IPV6_PREFIX);
}

/* A state file may contain any name of a set. A shell must not execute this name. */
static void shell_reads_odd_names_as_one_word(void **state)
{
	static const char *const names[] = {"a b", "$(touch x)", "`x`;", "it's", "'", "", "\"\\",
		"*", "''''''''''''''''''''''''''''''"};

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char command[512], said[256] = "", wanted[64];
		snprintf(command, sizeof command, "anomban() { printf '<%%s>' \"$@\"; }; %s",
			lift(names[i], 32, 64, "2001:db8::/64"));
		FILE *shell = popen(command, "r"); /* NOLINT: the test needs a shell */
		assert_non_null(shell);
		assert_true(fread(said, 1, sizeof said - 1, shell) > 0);
		assert_int_equal(pclose(shell), 0);
		snprintf(wanted, sizeof wanted, "<--set><%s><--unban>", names[i]);
		if (strncmp(said, wanted, strlen(wanted)) != 0)
			fail_msg("%s gives %s", text, said);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(set_and_prefixes_are_named_unless_they_are_the_defaults),
		cmocka_unit_test(defaults_match_the_options_of_anomban),
		cmocka_unit_test(shell_reads_odd_names_as_one_word),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
