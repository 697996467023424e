/* test_unnamed_proxy.c - a proxy that --trust-proxy does not name is reported once. Clients that
 * are no proxies are not reported. */
#include "core/measure/unnamed_proxy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "unit/given.h"

static struct unnamed_proxy p;

static int begin(void **state)
{
	(void)state;
	p = (struct unnamed_proxy){0};
	return 0;
}

/* Adds n requests of a client. Member `name` of their lines contains another address; "": their
 * lines have no such member. ClientHost, a member of Traefik, cannot be trusted. Returns the number
 * of reports. */
static unsigned give(unsigned n, const char *client, const char *name)
{
	struct address a = given_address(client);
	unsigned told = 0;

	while (n--)
		if (unnamed_proxy_note(&p, &a))
			told += unnamed_proxy_look(&p, name, strcmp(name, "ClientHost") == 0);
	return told;
}

static void private_client_of_most_requests_is_reported_once(void **state)
{
	static const char *const clients[] = {
		"127.0.0.1", "10.0.0.1", "172.18.0.1", "100.64.0.1", "::1", "fd00::1"};

	(void)state;
	for (size_t i = 0; i < sizeof clients / sizeof *clients; i++) {
		begin(NULL);
		assert_int_equal(give(UNNAMED_PROXY_LEAST - 1, clients[i], "real_ip"), 0);
		assert_int_equal(give(1000, clients[i], "real_ip"), 1);
		assert_non_null(strstr(p.message, "--trust-proxy "));
		assert_non_null(strstr(p.message, clients[i]));
		assert_non_null(strstr(p.message, " --forwarded real_ip"));
	}
}

static void untrustworthy_member_is_not_advised(void **state)
{
	(void)state;
	assert_int_equal(give(1000, "10.0.0.1", "ClientHost"), 1);
	assert_non_null(strstr(p.message, "X-Forwarded-For=keep"));
	assert_non_null(strstr(p.message, "--trust-proxy 10.0.0.1"));
	assert_null(strstr(p.message, "--forwarded"));
	/* the longest address */
	begin(NULL);
	assert_int_equal(give(1000, "fd00:1111:2222:3333:4444:5555:6666:7777", "ClientHost"), 1);
	assert_non_null(strstr(p.message, "--trust-proxy fd00:1111:2222:3333:4444:5555:6666:7777"));
}

static void public_client_is_not_reported(void **state)
{
	(void)state;
	assert_int_equal(give(1000, "203.0.113.7", "real_ip"), 0);
	begin(NULL);
	assert_int_equal(give(1000, "2001:db8::7", "real_ip"), 0);
}

static void client_of_half_the_requests_is_not_reported(void **state)
{
	unsigned told = 0;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		told += give(1, "2001:db8::7", "");
		told += give(1, "127.0.0.1", "real_ip");
	}
	assert_int_equal(told, 0);
}

static void client_of_over_half_the_requests_among_many_is_reported(void **state)
{
	unsigned told = 0;

	(void)state;
	told += give(10, "fd00::1", "xff");
	for (uint32_t i = 0; i < 1000; i++) {
		struct address other = given_client(i);
		told += give(2, "fd00::1", "xff");
		assert_false(unnamed_proxy_note(&p, &other));
	}
	assert_int_equal(told, 1);
}

static void monitoring_that_forwards_nothing_is_not_reported(void **state)
{
	(void)state;
	assert_int_equal(give(1000, "127.0.0.1", ""), 0);
	assert_true(p.done);
	begin(NULL);
	/* a few requests are forwarded */
	for (int i = 0; i < 100; i++)
		assert_int_equal(give(3, "127.0.0.1", "") + give(1, "127.0.0.1", "xff"), 0);
}

static void lines_after_the_first_ones_are_ignored(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < UNNAMED_PROXY_LINES; i++) {
		struct address other = given_client(i);
		assert_false(unnamed_proxy_note(&p, &other));
	}
	assert_true(p.done);
	assert_int_equal(give(2 * UNNAMED_PROXY_LINES, "127.0.0.1", "xff"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(private_client_of_most_requests_is_reported_once),
		cmocka_unit_test_setup(untrustworthy_member_is_not_advised, begin),
		cmocka_unit_test_setup(public_client_is_not_reported, begin),
		cmocka_unit_test_setup(client_of_half_the_requests_is_not_reported, begin),
		cmocka_unit_test_setup(
			client_of_over_half_the_requests_among_many_is_reported, begin),
		cmocka_unit_test_setup(monitoring_that_forwards_nothing_is_not_reported, begin),
		cmocka_unit_test_setup(lines_after_the_first_ones_are_ignored, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
