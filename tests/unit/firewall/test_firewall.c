/* test_firewall.c - tests the firewall without privileges: the null backend, and values that are
 * refused before the kernel is asked. tests/e2e/ipset-sets-and-rules.t tests the kernel's part. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/address.h"
#include "io/firewall/firewall.h"

static struct address address_of(const char *text)
{
	struct address a;

	assert_true(address_parse_prefix(text, strlen(text), &a));
	return a;
}

static void count_entry(void *ctx, const struct address *client, struct span left)
{
	(void)client, (void)left;
	++*(int *)ctx;
}

static void null_backend_accepts_everything_and_enforces_nothing(void **state)
{
	struct firewall *f = firewall_new_null();
	struct address v4 = address_of("198.51.100.7"), v6 = address_of("2001:db8::7");
	bool put_back = true, in = true;
	int n = 0;

	(void)state;
	assert_non_null(f);
	assert_string_equal(firewall_name(f), "none");
	assert_false(firewall_enforces(f));
	assert_true(firewall_ban(f, &v4, span_seconds(600)));
	assert_true(firewall_ban(f, &v6, SPAN_MAX));
	assert_true(firewall_has(f, &v4, &in));
	assert_false(in);
	in = true;
	assert_true(firewall_has(f, &v6, &in));
	assert_false(in);
	assert_int_equal(firewall_made_sets(f), 0);
	assert_true(firewall_unban(f, &v4));
	assert_true(firewall_unban(f, &v6));
	assert_true(firewall_list(f, count_entry, &n));
	assert_int_equal(n, 0);
	assert_true(firewall_keep_rules(f, &put_back));
	assert_false(put_back);
	for (int m = FIREWALL_MARKER_MANUAL; m <= FIREWALL_MARKER_NEW; m++) {
		in = true;
		assert_true(firewall_put_marker(f, m));
		assert_true(firewall_has_marker(f, m, &in));
		assert_false(in);
		assert_true(firewall_remove_marker(f, m));
	}
	assert_true(firewall_teardown(f));
	assert_string_equal(firewall_why(f), "");
	firewall_free(f);
}

static void freeing_a_null_pointer_is_allowed(void **state)
{
	(void)state;
	firewall_free(NULL);
}

static struct firewall_config good_config(void)
{
	return (struct firewall_config){
		.set_name = "anomtest",
		.table = "raw",
		.chain = "PREROUTING",
		.manage_rule = true,
		.v4_prefix_len = 32,
		.v6_prefix_len = 64,
		.max_entries = 100,
	};
}

/* Each value is refused before a socket is opened, so the test is safe as root, too. */
static void assert_refused(const struct firewall_config *config, const char *part)
{
	char why[FIREWALL_WHY_CAP] = "";

	assert_null(firewall_new_ipset(config, why, sizeof why));
	if (!strstr(why, part))
		fail_msg("'%s' is not in: %s", part, why);
	assert_null(strchr(why, '\n'));
}

static void names_that_the_kernel_or_iptables_misreads_are_refused(void **state)
{
	static const char *const names[] = {"", "-exist", "a b", "a\nb", "a/b", "a,b", "a;b",
		"\xc3\xa4", "0123456789012345678901234567890" /* 31 bytes */};

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct firewall_config config = good_config();
		config.set_name = names[i];
		assert_refused(&config, "the set's name must be 1 to 30");
	}
}

static void a_table_or_chain_that_is_an_option_is_refused(void **state)
{
	struct firewall_config config = good_config();

	(void)state;
	config.chain = "-F";
	assert_refused(&config, "the chain must be TABLE/CHAIN");
	config.chain = "PREROUTING";
	config.table = "";
	assert_refused(&config, "the chain must be TABLE/CHAIN");
}

static void ports_that_no_firewall_rule_can_have_are_refused(void **state)
{
	struct firewall_config config = good_config();

	(void)state;
	config.ports = "80,http";
	assert_refused(&config, "ports must be a list such as 80,443,8000:8080");
	config.ports = "";
	assert_refused(&config, "ports must be a list");
}

static void prefix_lengths_outside_the_family_are_refused(void **state)
{
	static const int v4[] = {0, -1, 33}, v6[] = {0, -1, 129};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct firewall_config config = good_config();
		config.v4_prefix_len = v4[i];
		assert_refused(&config, "prefix lengths");
		config = good_config();
		config.v6_prefix_len = v6[i];
		assert_refused(&config, "prefix lengths");
	}
}

static void a_set_without_room_for_an_entry_is_refused(void **state)
{
	struct firewall_config config = good_config();

	(void)state;
	config.max_entries = 0;
	assert_refused(&config, "at least one entry");
}

int main(void)
{
	/* If the firewall does not refuse a value, it makes the set and the rule in a network
	 * namespace that ends with this process. A process that may not make a namespace may not
	 * change the host's firewall either. */
	unshare(CLONE_NEWNET);

	const struct CMUnitTest tests[] = {
		cmocka_unit_test(null_backend_accepts_everything_and_enforces_nothing),
		cmocka_unit_test(freeing_a_null_pointer_is_allowed),
		cmocka_unit_test(names_that_the_kernel_or_iptables_misreads_are_refused),
		cmocka_unit_test(a_table_or_chain_that_is_an_option_is_refused),
		cmocka_unit_test(ports_that_no_firewall_rule_can_have_are_refused),
		cmocka_unit_test(prefix_lengths_outside_the_family_are_refused),
		cmocka_unit_test(a_set_without_room_for_an_entry_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
