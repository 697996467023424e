/* test_forwarded.c - X-Forwarded-For is trusted from its right end to the first address that is no
 * trusted proxy, and no further. */
#include "core/read/forwarded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "unit/given.h"

static struct allow *trusted;

static int trust(void **state)
{
	static const char *const networks[] = {"10.0.0.0/8", "2001:db8:ff::/48"};

	(void)state;
	trusted = allow_new();
	assert_non_null(trusted);
	for (size_t i = 0; i < 2; i++) {
		struct address n = given_address(networks[i]);
		assert_true(allow_add(trusted, &n));
	}
	allow_seal(trusted);
	return 0;
}

static int distrust(void **state)
{
	(void)state;
	allow_free(trusted);
	return 0;
}

/* Copies the list to the heap, so that a sanitizer detects a read before or past it. */
static bool find(const char *list, struct address *client)
{
	size_t len = strlen(list);
	char *copy = malloc(len + !len);

	assert_non_null(copy);
	memcpy(copy, list, len);
	bool found = forwarded_find(copy, len, trusted, client);
	free(copy);
	return found;
}

static void gives(const char *list, const char *client)
{
	struct address got, want = given_address(client);

	if (!find(list, &got))
		fail_msg("no client: %s", list);
	if (!address_equal(&got, &want))
		fail_msg("the client is not %s: %s", client, list);
}

static void gives_none(const char *list)
{
	struct address a;

	if (find(list, &a))
		fail_msg("a client was found: %s", list);
}

static void rightmost_untrusted_address_is_the_client(void **state)
{
	(void)state;
	gives("203.0.113.7", "203.0.113.7");
	gives("198.51.100.1, 203.0.113.7", "203.0.113.7");
	gives("198.51.100.1, 203.0.113.7, 10.0.0.1", "203.0.113.7");
	gives("198.51.100.1, 203.0.113.7, 10.0.0.1, 10.9.9.9", "203.0.113.7");
	gives("10.0.0.1, 203.0.113.7, 10.0.0.2", "203.0.113.7");
	gives("2001:db8:1::1, 2001:db8:2::7, 2001:db8:ff::9", "2001:db8:2::7");
	gives("203.0.113.7, 2001:db8:ff:1::9, 10.0.0.2", "203.0.113.7");
	gives("2001:db8::7,10.0.0.2", "2001:db8::7");
}

/* The text from a client is to the left of the address that the first proxy appends. */
static void text_from_the_client_is_not_read(void **state)
{
	(void)state;
	gives("unknown, 203.0.113.7", "203.0.113.7");
	gives("\"; drop, ,,, 203.0.113.7, 10.0.0.1", "203.0.113.7");
	gives("10.0.0.1, 2001:db8:ff::1, 2001:db8:2::7", "2001:db8:2::7");
}

static void ports_brackets_zones_and_mapped_addresses_are_read(void **state)
{
	(void)state;
	gives("203.0.113.7:4711", "203.0.113.7");
	gives("[2001:db8::7]:4711, 10.0.0.1:80", "2001:db8::7");
	gives("[2001:db8::7]", "2001:db8::7");
	gives("::ffff:203.0.113.7, ::ffff:10.0.0.1", "203.0.113.7");
	gives("fe80::7%eth0", "fe80::7");
}

static void blanks_around_addresses_do_not_matter(void **state)
{
	(void)state;
	gives("  203.0.113.7\t", "203.0.113.7");
	gives("198.51.100.1 ,\t 2001:db8::7  ,10.0.0.1 ", "2001:db8::7");
}

static void text_that_is_no_address_ends_the_search(void **state)
{
	static const char *const lists[] = {"", " ", ",", "-", "unknown", "203.0.113.7, unknown",
		"203.0.113.7, unknown, 10.0.0.1", "203.0.113.7,", "203.0.113.7, , 10.0.0.1",
		"203.0.113.7 198.51.100.1", "203.0.113.256", "203.0.113.7/32", "2001:db8::/32",
		"[2001:db8::7", "203.0.113.7;10.0.0.1", "_hidden, 10.0.0.1", "for=203.0.113.7",
		"203.0.113.7\n", "2001:db8::7, \xff, 2001:db8:ff::1"};

	(void)state;
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		gives_none(lists[i]);
}

static void list_of_only_proxies_gives_no_client(void **state)
{
	(void)state;
	gives_none("10.0.0.1");
	gives_none("10.0.0.1, 2001:db8:ff::1, 10.0.0.2");
}

static void chain_of_proxies_is_bounded(void **state)
{
	static const char *const proxies[] = {", 10.0.0.1", ", 2001:db8:ff::1"};

	(void)state;
	for (int f = 0; f < 2; f++) {
		char list[32 + FORWARDED_HOPS_MAX * 20] = "203.0.113.7";
		for (int i = 1; i < FORWARDED_HOPS_MAX; i++)
			strcat(list, proxies[f]);
		gives(list, "203.0.113.7");
		strcat(list, proxies[f]);
		gives_none(list);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rightmost_untrusted_address_is_the_client),
		cmocka_unit_test(text_from_the_client_is_not_read),
		cmocka_unit_test(ports_brackets_zones_and_mapped_addresses_are_read),
		cmocka_unit_test(blanks_around_addresses_do_not_matter),
		cmocka_unit_test(text_that_is_no_address_ends_the_search),
		cmocka_unit_test(list_of_only_proxies_gives_no_client),
		cmocka_unit_test(chain_of_proxies_is_bounded),
	};

	return cmocka_run_group_tests(tests, trust, distrust);
}
