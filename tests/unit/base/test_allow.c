/* test_allow.c - the bisection over merged ranges gives the same results as a walk over all
 * networks. */
#include "core/base/allow.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "unit/random.h"

#define LISTS    400
#define LIST_MAX 60
#define LOOKS    300
#define N(array) (sizeof(array) / sizeof *(array))

static struct address network(const char *text)
{
	struct address a;

	assert_true(address_parse_prefix(text, strlen(text), &a));
	return a;
}

static struct allow *allow_of(const char *const *texts, size_t n)
{
	struct allow *a = allow_new();

	assert_non_null(a);
	for (size_t i = 0; i < n; i++) {
		struct address one = network(texts[i]);
		assert_true(allow_add(a, &one));
	}
	allow_seal(a);
	return a;
}

static bool has(const struct allow *a, const char *client)
{
	struct address c = network(client);

	return allow_has(a, &c);
}

/* The slow model: two networks overlap if they are of one family and equal in the bits of the
 * shorter prefix. */
static bool overlap(const struct address *a, const struct address *b)
{
	int skip = address_is_v4(a) ? 96 : 0;
	int bits = a->prefix_len < b->prefix_len ? a->prefix_len : b->prefix_len;

	if (address_is_v4(a) != address_is_v4(b))
		return false;
	for (int i = skip; i < skip + bits; i++)
		if ((a->bytes[i / 8] ^ b->bytes[i / 8]) >> (7 - i % 8) & 1)
			return false;
	return true;
}

/* Uses few different bytes, so that networks touch and contain each other. */
static struct address random_network(struct random *r)
{
	static const uint8_t values[] = {0, 1, 0x7f, 0x80, 0xfe, 0xff};
	struct address a = network(random_below(r, 2) ? "0.0.0.0" : "::1:0:0:0");
	bool v4 = address_is_v4(&a);

	for (int i = v4 ? 12 : 0; i < 16; i++)
		if (random_below(r, 3))
			a.bytes[i] = values[random_below(r, N(values))];
	if (!v4 && address_is_v4(&a)) /* became a mapped address by chance */
		a.bytes[0] = 1;
	int bits = (int)random_below(r, v4 ? 33 : 129);
	return random_below(r, 3) ? address_mask(&a, bits, bits) : a;
}

static void lookups_agree_with_a_walk_over_all_networks(void **state)
{
	struct random r = random_new(1);
	uint64_t found = 0, looked = 0;

	(void)state;
	random_note();
	for (int list = 0; list < LISTS; list++) {
		struct address all[LIST_MAX];
		size_t n = random_below(&r, LIST_MAX + 1);
		struct allow *a = allow_new();
		assert_non_null(a);
		for (size_t i = 0; i < n; i++) {
			all[i] = random_network(&r);
			/* wide networks would contain all others */
			while (all[i].prefix_len < 6 && random_below(&r, 16))
				all[i] = random_network(&r);
			assert_true(allow_add(a, &all[i]));
		}
		allow_seal(a);
		for (int look = 0; look < LOOKS; look++) {
			struct address c = random_network(&r);
			bool want = false;
			for (size_t i = 0; i < n && !want; i++)
				want = overlap(&all[i], &c);
			assert_int_equal(allow_has(a, &c), want);
			found += want;
			looked++;
		}
		allow_free(a);
	}
	assert_true(found > looked / 10 && found < looked * 9 / 10);
}

static void network_with_one_allowed_address_is_allowed(void **state)
{
	static const char *const list[] = {"2001:db8:1:2::77", "198.51.100.77"};
	struct allow *a = allow_of(list, N(list));

	(void)state;
	assert_true(has(a, "2001:db8:1:2::/64"));
	assert_true(has(a, "2001:db8:1:2::77"));
	assert_false(has(a, "2001:db8:1:3::/64"));
	assert_false(has(a, "2001:db8:1:2::76"));
	assert_false(has(a, "2001:db8:1:2::78"));
	assert_true(has(a, "198.51.100.0/24"));
	assert_false(has(a, "198.51.100.76"));
	assert_false(has(a, "198.51.100.78"));
	allow_free(a);
}

static void both_ends_of_a_network_are_allowed(void **state)
{
	static const char *const list[] = {"192.0.2.64/26", "2001:db8:4000::/34"};
	struct allow *a = allow_of(list, N(list));

	(void)state;
	assert_false(has(a, "192.0.2.63"));
	assert_true(has(a, "192.0.2.64"));
	assert_true(has(a, "::ffff:192.0.2.127"));
	assert_false(has(a, "192.0.2.128"));
	assert_false(has(a, "2001:db8:3fff:ffff:ffff:ffff:ffff:ffff"));
	assert_true(has(a, "2001:db8:4000::"));
	assert_true(has(a, "2001:db8:7fff:ffff:ffff:ffff:ffff:ffff"));
	assert_false(has(a, "2001:db8:8000::"));
	allow_free(a);
}

static void allowing_one_family_allows_nothing_of_the_other(void **state)
{
	static const char *const v6[] = {"::/0"}, *const v4[] = {"0.0.0.0/0"};
	struct allow *a = allow_of(v6, 1);

	(void)state;
	assert_true(has(a, "2001:db8::1"));
	assert_true(has(a, "::"));
	assert_true(has(a, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
	assert_false(has(a, "192.0.2.1"));
	assert_false(has(a, "0.0.0.0"));
	allow_free(a);
	a = allow_of(v4, 1);
	assert_true(has(a, "0.0.0.0"));
	assert_true(has(a, "255.255.255.255"));
	assert_false(has(a, "2001:db8::1"));
	assert_false(has(a, "::/64"));
	assert_false(has(a, "::fffe:ffff:ffff"));
	assert_false(has(a, "::1:0:0:0"));
	allow_free(a);
}

static void empty_list_allows_nobody(void **state)
{
	struct allow *a = allow_of(NULL, 0);

	(void)state;
	assert_false(has(a, "192.0.2.1"));
	assert_false(has(a, "::1"));
	assert_false(has(a, "::/0"));
	allow_free(a);
	allow_free(NULL);
}

static const char *const reserved[] = {"0.0.0.0", "0.255.255.255", "127.0.0.1", "127.255.255.255",
	"169.254.0.0", "169.254.255.255", "224.0.0.1", "239.255.255.255", "255.255.255.255",
	"::", "::1", "fe80::1", "febf:ffff::1", "ff00::", "ff02::1", "::ffff:127.0.0.1",
	"fe80::/64"};
static const char *const private_ones[] = {"10.0.0.0", "10.255.255.255", "172.16.0.0",
	"172.31.255.255", "192.168.0.0", "192.168.255.255", "100.64.0.0", "100.127.255.255",
	"fc00::", "fdff:ffff:ffff:ffff::1", "::ffff:10.0.0.1"};
static const char *const public_ones[] = {"1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255",
	"100.128.0.0", "126.255.255.255", "128.0.0.0", "169.253.255.255", "169.255.0.0",
	"172.15.255.255", "172.32.0.0", "192.167.255.255", "192.169.0.0", "223.255.255.255", "::2",
	"240.0.0.0", "255.255.255.254", "2001:db8::1", "fbff::", "fe00::", "fe7f:ffff::1",
	"fec0::", "feff::1"};

static void reserved_addresses_are_allowed_and_private_ones_on_request(void **state)
{
	(void)state;
	for (int private_too = 0; private_too < 2; private_too++) {
		struct allow *a = allow_new();
		assert_non_null(a);
		assert_true(allow_add_reserved(a, private_too != 0));
		allow_seal(a);
		for (size_t i = 0; i < N(reserved); i++)
			assert_true(has(a, reserved[i]));
		for (size_t i = 0; i < N(private_ones); i++)
			assert_int_equal(has(a, private_ones[i]), private_too);
		for (size_t i = 0; i < N(public_ones); i++)
			assert_false(has(a, public_ones[i]));
		allow_free(a);
	}
}

/* `translated` contains clients that cover NAT64 addresses: a /64, a /96 and wider networks.
 * `not_translated` contains single NAT64 addresses, smaller networks of them, and networks next to
 * NAT64. */
static const char *const translated[] = {"64:ff9b::/64", "64:ff9b::/96", "64:ff9b::/48",
	"64:ff9b::/32", "64::/16", "::/0", "64:ff9b:1::/48", "64:ff9b:1::/64",
	"64:ff9b:1:fffe::/96", "64:ff9b:1:ffff:ffff:ffff::/96"};
static const char *const not_translated[] = {"64:ff9b::c633:6407", "64:ff9b::c633:6400/120",
	"64:ff9b::/97", "64:ff9b:1::c633:6407", "64:ff9b:0:0:0:1::/96", "64:ff9b:0:1::/64",
	"64:ff9b:2::/64", "64:ff9a:ffff:ffff::/64", "64:ff9c::/64", "2001:db8::/64", "198.51.100.7",
	"0.100.255.155", "0.0.0.0/0"};

static void translated_clients_are_allowed_on_request(void **state)
{
	(void)state;
	for (int private_too = 0; private_too < 2; private_too++) {
		struct allow *a = allow_new();
		assert_non_null(a);
		assert_true(allow_add_reserved(a, private_too != 0));
		allow_seal(a);
		assert_int_equal(has(a, "64:ff9b::/64"), private_too);
		assert_int_equal(has(a, "64:ff9b:1::/64"), private_too);
		assert_int_equal(has(a, "64:ff9b::/96"), private_too);
		assert_false(has(a, "64:ff9b::c633:6407") || has(a, "64:ff9b:1::c633:6407"));
		allow_free(a);
	}
	for (size_t i = 0; i < N(translated); i++) {
		struct address a = network(translated[i]);
		assert_true(allow_is_translated(&a));
		assert_false(allow_is_private(&a));
	}
	for (size_t i = 0; i < N(not_translated); i++) {
		struct address a = network(not_translated[i]);
		assert_false(allow_is_translated(&a));
	}
}

static void translated_clients_are_not_allowed_by_default(void **state)
{
	static const char *const list[] = {"198.51.100.0/24"};
	struct allow *a = allow_of(list, N(list));

	(void)state;
	assert_false(has(a, "64:ff9b::/64"));
	allow_free(a);
}

static void adding_to_a_copy_leaves_the_original_unchanged(void **state)
{
	static const char *const list[] = {"198.51.100.0/24", "2001:db8:1::/48"};
	struct allow *a = allow_of(list, N(list)), *copy = allow_copy(a);
	struct address more[] = {network("203.0.113.9"), network("2001:db8:2::9")};

	(void)state;
	assert_non_null(copy);
	for (size_t i = 0; i < N(more); i++)
		assert_true(allow_add(copy, &more[i]));
	allow_seal(copy);
	assert_true(has(copy, "198.51.100.7") && has(copy, "2001:db8:1::7"));
	assert_true(has(copy, "203.0.113.9") && has(copy, "2001:db8:2::/64"));
	assert_false(has(a, "203.0.113.9") || has(a, "2001:db8:2::9"));
	assert_true(has(a, "198.51.100.7") && has(a, "2001:db8:1::7"));
	allow_free(copy);
	allow_free(a);
	a = allow_of(NULL, 0);
	copy = allow_copy(a);
	assert_non_null(copy);
	assert_false(has(copy, "198.51.100.7"));
	allow_free(copy);
	allow_free(a);
}

static void full_list_refuses_more_and_keeps_its_networks(void **state)
{
	struct allow *a = allow_new();
	struct address one = network("198.51.100.0");

	(void)state;
	assert_non_null(a);
	for (uint32_t i = 0; i < ALLOW_MAX; i++) {
		one.bytes[13] = (uint8_t)(i >> 16);
		one.bytes[14] = (uint8_t)(i >> 8);
		one.bytes[15] = (uint8_t)i;
		assert_true(allow_add(a, &one));
	}
	struct address more = network("2001:db8::1");
	assert_false(allow_add(a, &more));
	allow_seal(a);
	assert_true(has(a, "198.0.0.0"));
	assert_true(allow_has(a, &one));
	assert_false(has(a, "2001:db8::1"));
	allow_free(a);
}

static void ipv4_addresses_are_counted_once(void **state)
{
	static const char *const half[] = {"128.0.0.0/1", "200.0.0.0/8", "::/1", "2001:db8::1"};
	static const char *const all[] = {"0.0.0.0/0", "::/0", "192.0.2.1"};
	static const char *const few[] = {"192.0.2.0/24", "192.0.2.7", "198.51.100.7"};
	struct allow *a = allow_of(half, N(half));

	(void)state;
	assert_true(allow_ipv4_addresses(a) == UINT64_C(1) << 31);
	allow_free(a);
	a = allow_of(all, N(all));
	assert_true(allow_ipv4_addresses(a) == UINT64_C(1) << 32);
	allow_free(a);
	a = allow_of(few, N(few));
	assert_true(allow_ipv4_addresses(a) == 257);
	allow_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lookups_agree_with_a_walk_over_all_networks),
		cmocka_unit_test(network_with_one_allowed_address_is_allowed),
		cmocka_unit_test(both_ends_of_a_network_are_allowed),
		cmocka_unit_test(allowing_one_family_allows_nothing_of_the_other),
		cmocka_unit_test(ipv4_addresses_are_counted_once),
		cmocka_unit_test(empty_list_allows_nobody),
		cmocka_unit_test(translated_clients_are_allowed_on_request),
		cmocka_unit_test(translated_clients_are_not_allowed_by_default),
		cmocka_unit_test(adding_to_a_copy_leaves_the_original_unchanged),
		cmocka_unit_test(reserved_addresses_are_allowed_and_private_ones_on_request),
		cmocka_unit_test(full_list_refuses_more_and_keeps_its_networks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
