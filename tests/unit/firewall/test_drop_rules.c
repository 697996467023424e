/* test_drop_rules.c - which settings of the firewall rules are accepted.
 * tests/e2e/ipset-sets-and-rules.t and tests/e2e/removed-firewall-rules-are-replaced.t test the
 * effect of the rules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "io/firewall/drop_rules.h"

static void lists_that_multiport_accepts_are_accepted(void **state)
{
	static const char *const lists[] = {"80", "80,443", "1", "65535", "8000:8080", "1:65535",
		"80,443,8000:8080", "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15",
		("65521,65522,65523,65524,65525,65526,65527,65528,"
		 "65529,65530,65531,65532,65533,65534,65535"),
		"1:2,3:4,5:6,7:8,9:10,11:12,13:14,15"};

	(void)state;
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		if (!drop_rules_ports_ok(lists[i]))
			fail_msg("refused: %s", lists[i]);
		assert_true(strlen(lists[i]) < DROP_RULES_PORTS_CAP);
	}
}

static void malformed_and_overlong_port_lists_are_refused(void **state)
{
	static const char *const lists[] = {"", ",", "80,", ",80", "80,,443", "0", "65536", "080",
		"80:80", "90:80", "80:", ":80", "80:90:100", "-1", "+80", "80 ,443", "http",
		"80;443", "80\n", "0:80", "80:65536", "99999999999999999999",
		"1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16", "1:2,3:4,5:6,7:8,9:10,11:12,13:14,15:16"};

	(void)state;
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		if (drop_rules_ports_ok(lists[i]))
			fail_msg("accepted: %s", lists[i]);
	}
}

static void if_the_administrator_manages_the_rules_they_are_not_checked(void **state)
{
	struct firewall_config config = {
		.set_name = "anomtest", .table = "-F", .chain = "", .ports = "none"};
	struct drop_rules r;
	bool yes = true;
	char why[FIREWALL_WHY_CAP] = "";

	(void)state;
	assert_true(drop_rules_init(&r, &config, why, sizeof why));
	assert_true(drop_rules_repair(&r, &yes, why, sizeof why));
	assert_false(yes);
	yes = true;
	assert_true(drop_rules_are_bypassed(&r, &yes, why, sizeof why));
	assert_false(yes);
	assert_string_equal(why, "");
}

static void sets_are_named_after_their_family(void **state)
{
	struct firewall_config config = {.set_name = "012345678901234567890123456789"};
	struct drop_rules r;
	char why[FIREWALL_WHY_CAP];

	(void)state;
	assert_true(drop_rules_init(&r, &config, why, sizeof why));
	assert_string_equal(r.set_name[0], "0123456789012345678901234567894");
	assert_string_equal(r.set_name[1], "0123456789012345678901234567896");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_that_multiport_accepts_are_accepted),
		cmocka_unit_test(malformed_and_overlong_port_lists_are_refused),
		cmocka_unit_test(if_the_administrator_manages_the_rules_they_are_not_checked),
		cmocka_unit_test(sets_are_named_after_their_family),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
