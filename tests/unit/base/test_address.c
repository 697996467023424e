/* test_address.c - addresses of both families: parsing, refusing and printing. */
#include "core/base/address.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "unit/random.h"

typedef bool parse(const char *s, size_t len, struct address *out);

/* Copies the text to the heap, so that a sanitizer detects a read past its end. */
static bool parse_exactly(parse *read, const char *s, size_t len, struct address *out)
{
	char *copy = malloc(len + !len);

	assert_non_null(copy);
	memcpy(copy, s, len);
	bool ok = read(copy, len, out);
	free(copy);
	return ok;
}

static void prints(const struct address *a, const char *want)
{
	char text[ADDRESS_TEXT_MAX];
	struct buf b;

	buf_init(&b, text, sizeof text);
	buf_put_address(&b, a);
	assert_false(b.full);
	assert_int_equal(b.len, strlen(want));
	assert_memory_equal(text, want, b.len);
}

static void accepts(parse *read, const char *s, const char *want)
{
	struct address a;

	assert_true(parse_exactly(read, s, strlen(s), &a));
	prints(&a, want);
}

static void refuses_bytes(parse *read, const char *s, size_t len)
{
	struct address a, before;

	memset(&a, 0x5a, sizeof a);
	before = a;
	assert_false(parse_exactly(read, s, len, &a));
	assert_memory_equal(&a, &before, sizeof a);
}

static void refuses(parse *read, const char *s)
{
	refuses_bytes(read, s, strlen(s));
}

static void literal_addresses_are_parsed(void **state)
{
	(void)state;
	accepts(address_parse, "0.0.0.0", "0.0.0.0");
	accepts(address_parse, "255.255.255.255", "255.255.255.255");
	accepts(address_parse, "192.0.2.1", "192.0.2.1");
	accepts(address_parse, "::", "::");
	accepts(address_parse, "::1", "::1");
	accepts(address_parse, "2001:db8::1", "2001:db8::1");
	accepts(address_parse, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
	accepts(address_parse, "64:ff9b:0000:0000:0000:0000:255.255.255.255", "64:ff9b::ffff:ffff");
}

static void malformed_text_is_no_address(void **state)
{
	static const char *const bad[] = {"", ".", "1", "1.2.3", "1.2.3.", "1.2.3.4.", ".1.2.3.4",
		"1..2.3", "1.2.3.4.5", "256.0.0.1", "1.2.3.256", "1.2.3.999", "1.2.3.1000",
		"01.2.3.4", "1.2.3.00", "1.2.3.04", "0x1.2.3.4", "1.2.3.4 ", " 1.2.3.4", "+1.2.3.4",
		"-1.2.3.4", "1.2.3.4\n", "1.2.3.4/32", "1.2.3.4:80", "4294967295", "localhost", "-",
		":", ":::", "::1::", "1::2::3", "2001:db8", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
		"12345::", "g::", "::1 ", " ::1", "[::1]", "::1/128", "::256.1.1.1", "::1.2.3.04",
		"::1.2.3", "::ffff:1.2.3.4.5", "1.2.3.4::", "unix:", "192.0.2.1%eth0",
		"\xd9\xa1.2.3.4"};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		refuses(address_parse, bad[i]);
}

static void text_with_a_nul_is_no_address(void **state)
{
	(void)state;
	refuses_bytes(address_parse, "1.2.3.4\0", 8);
	refuses_bytes(address_parse, "1.2.3.4\0x", 9);
	refuses_bytes(address_parse, "::1\0", 4);
	refuses_bytes(address_parse, "::1\0%eth0", 9);
	refuses_bytes(address_parse, "fe80::1%e\0", 10);
	refuses_bytes(address_parse_peer, "1.2.3.4\0:80", 11);
	refuses_bytes(address_parse_peer, "[::1\0]:80", 9);
	refuses_bytes(address_parse_peer, "[::1]:8\0", 8);
	refuses_bytes(address_parse_prefix, "::1/64\0", 7);
}

static void overlong_text_is_no_address(void **state)
{
	char text[300];

	(void)state;
	for (size_t len = 40; len < sizeof text; len++) {
		memset(text, '0', len);
		text[0] = ':';
		text[1] = ':';
		refuses_bytes(address_parse, text, len);
		memset(text, '1', len);
		refuses_bytes(address_parse, text, len);
	}
}

static void zone_is_dropped(void **state)
{
	(void)state;
	accepts(address_parse, "fe80::1%eth0", "fe80::1");
	accepts(address_parse, "fe80::1%25eth0", "fe80::1");
	accepts(address_parse, "fe80::1%br-0.12@x", "fe80::1");
	accepts(address_parse_peer, "[fe80::1%eth0]:443", "fe80::1");
	refuses(address_parse, "fe80::1%");
	refuses(address_parse, "%eth0");
}

static void zone_that_is_no_interface_name_is_refused(void **state)
{
	(void)state;
	refuses(address_parse, "2001:db8::1%eth0, 192.0.2.1");
	refuses(address_parse, "2001:db8::1%eth0,192.0.2.1");
	refuses(address_parse, "2001:db8::1% ");
	refuses(address_parse, "2001:db8::1%a b");
	refuses(address_parse, "2001:db8::1%\x1b[2J");
	refuses(address_parse, "2001:db8::1%\xff");
	refuses(address_parse_prefix, "2001:db8::1%/64");
}

static void mapped_address_is_the_ipv4_address(void **state)
{
	struct address a, mapped;

	(void)state;
	assert_true(address_parse("192.0.2.1", 9, &a));
	assert_true(address_parse("::ffff:192.0.2.1", 16, &mapped));
	assert_true(address_is_v4(&a));
	assert_true(address_is_v4(&mapped));
	assert_true(address_equal(&a, &mapped));
	assert_int_equal(mapped.prefix_len, 32);
	accepts(address_parse, "::FFFF:c000:201", "192.0.2.1");
	accepts(address_parse, "0:0:0:0:0:ffff:192.0.2.1", "192.0.2.1");
	accepts(address_parse_peer, "[::ffff:192.0.2.1]:443", "192.0.2.1");
}

static void compatible_and_translated_addresses_are_not_ipv4(void **state)
{
	struct address a;

	(void)state;
	assert_true(address_parse("::192.0.2.1", 11, &a));
	assert_false(address_is_v4(&a));
	assert_int_equal(a.prefix_len, 128);
	assert_true(address_parse("::ffff:0:192.0.2.1", 18, &a));
	assert_false(address_is_v4(&a));
	assert_true(address_parse("::", 2, &a));
	assert_false(address_is_v4(&a));
}

static void ports_of_peers_are_dropped(void **state)
{
	(void)state;
	accepts(address_parse_peer, "192.0.2.1", "192.0.2.1");
	accepts(address_parse_peer, "192.0.2.1:443", "192.0.2.1");
	accepts(address_parse_peer, "192.0.2.1:0", "192.0.2.1");
	accepts(address_parse_peer, "192.0.2.1:65535", "192.0.2.1");
	accepts(address_parse_peer, "2001:db8::1", "2001:db8::1");
	accepts(address_parse_peer, "[2001:db8::1]", "2001:db8::1");
	accepts(address_parse_peer, "[2001:db8::1]:443", "2001:db8::1");
	/* without brackets, the last group is part of the address */
	accepts(address_parse_peer, "2001:db8::1:443", "2001:db8::1:443");
}

static void malformed_peers_are_refused(void **state)
{
	static const char *const bad[] = {"", ":", ":80", "192.0.2.1:", "192.0.2.1:65536",
		"192.0.2.1:-1", "192.0.2.1:8 0", "192.0.2.1:80:80", "192.0.2.1 :80", "[", "[]",
		"[]:80", "[::1", "[::1]:", "[::1]x", "[::1]80", "[::1]:65536", "[::1]]",
		"[[::1]]:80", "::1]:80", "example.com:80", "unix:/run/socket",
		"2001:db8:1:2:3:4:5:6:443", "@"};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		refuses(address_parse_peer, bad[i]);
}

static void prefixes_clear_the_bits_after_them(void **state)
{
	(void)state;
	accepts(address_parse_prefix, "192.0.2.129/24", "192.0.2.0/24");
	accepts(address_parse_prefix, "192.0.2.255/25", "192.0.2.128/25");
	accepts(address_parse_prefix, "192.0.2.255/31", "192.0.2.254/31");
	accepts(address_parse_prefix, "192.0.2.1", "192.0.2.1");
	accepts(address_parse_prefix, "2001:db8:ffff::1/32", "2001:db8::/32");
	accepts(address_parse_prefix, "2001:db8:1:2:3:4:5:6/64", "2001:db8:1:2::/64");
	accepts(address_parse_prefix, "2001:db8::ffff/113", "2001:db8::8000/113");
	accepts(address_parse_prefix, "fe80::1%eth0/10", "fe80::/10");
	accepts(address_parse_prefix, "2001:db8::1", "2001:db8::1");
}

static void network_is_parsed_in_its_printed_form(void **state)
{
	static const char *const good[] = {"2001:db8:1:2::/64", "8000::/1", "198.51.100.0/24",
		"198.51.100.6/31", "128.0.0.0/1", "2001:db8::/127"};
	static const char *const bad[] = {"2001:db8::", "198.51.100.0", "2001:db8::1/64",
		"198.51.100.1/24", "198.51.100.1/32", "2001:db8::1/128", "0.0.0.0/0", "::/0",
		"2001:db8::/", "2001:db8::/129", "198.51.100.0/33", "2001:db8::/64/64", "/64",
		"2001:db8::/064x", "[2001:db8::]/64", "198.51.100.0:80/24", "198.51.100.0/24:80",
		""};

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		accepts(address_parse_network, good[i], good[i]);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		refuses(address_parse_network, bad[i]);
	refuses_bytes(address_parse_network, "2001:db8::/64\0", 14);
}

static void prefixes_of_zero_and_of_all_bits_are_parsed(void **state)
{
	struct address a;

	(void)state;
	accepts(address_parse_prefix, "203.0.113.9/0", "0.0.0.0/0");
	accepts(address_parse_prefix, "2001:db8::1/0", "::/0");
	accepts(address_parse_prefix, "203.0.113.9/32", "203.0.113.9");
	accepts(address_parse_prefix, "2001:db8::1/128", "2001:db8::1");
	assert_true(address_parse_prefix("0.0.0.0/0", 9, &a));
	assert_true(address_is_v4(&a));
	assert_true(address_parse_prefix("::/0", 4, &a));
	assert_false(address_is_v4(&a));
}

static void mapped_prefixes_are_ipv4_prefixes(void **state)
{
	(void)state;
	accepts(address_parse_prefix, "::ffff:192.0.2.77/120", "192.0.2.0/24");
	accepts(address_parse_prefix, "::ffff:192.0.2.77/128", "192.0.2.77");
	accepts(address_parse_prefix, "::ffff:192.0.2.77/96", "0.0.0.0/0");
	refuses(address_parse_prefix, "::ffff:192.0.2.77/95");
	refuses(address_parse_prefix, "::ffff:192.0.2.77/24");
	refuses(address_parse_prefix, "::ffff:192.0.2.77/129");
}

static void prefixes_out_of_range_are_refused(void **state)
{
	static const char *const bad[] = {"", "/", "/24", "192.0.2.0/", "192.0.2.0/33",
		"192.0.2.0/-1", "192.0.2.0/+8", "192.0.2.0/24/24", "192.0.2.0/ 24", "192.0.2.0/24 ",
		"192.0.2/24", "192.0.2.0/255.255.255.0", "192.0.2.0/4294967328",
		"192.0.2.0/18446744073709551640", "2001:db8::/129", "2001:db8::/", "2001:db8::/256",
		"[2001:db8::]/32", "192.0.2.0:80/24"};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		refuses(address_parse_prefix, bad[i]);
}

static void mask_uses_the_prefix_length_of_the_family(void **state)
{
	struct address a, m;

	(void)state;
	assert_true(address_parse("198.51.100.200", 14, &a));
	m = address_mask(&a, 24, 64);
	prints(&m, "198.51.100.0/24");
	m = address_mask(&a, 32, 0);
	prints(&m, "198.51.100.200");
	m = address_mask(&a, 0, 64);
	prints(&m, "0.0.0.0/0");
	assert_true(address_parse("2001:db8:1:2:3:4:5:6", 20, &a));
	m = address_mask(&a, 24, 64);
	prints(&m, "2001:db8:1:2::/64");
	m = address_mask(&a, 0, 128);
	prints(&m, "2001:db8:1:2:3:4:5:6");
	m = address_mask(&a, 32, 0);
	prints(&m, "::/0");
}

static void mask_never_makes_a_network_smaller(void **state)
{
	struct address a, m;

	(void)state;
	assert_true(address_parse_prefix("2001:db8::/32", 13, &a));
	m = address_mask(&a, 32, 64);
	assert_true(address_equal(&m, &a));
	assert_true(address_parse_prefix("10.0.0.0/8", 10, &a));
	m = address_mask(&a, 24, 64);
	assert_true(address_equal(&m, &a));
}

/* Compares with a loop over single bits, for every prefix length of both families. */
static void mask_keeps_exactly_the_bits_of_the_prefix(void **state)
{
	struct random r = random_new(11);
	struct address v4;

	(void)state;
	random_note();
	assert_true(address_parse("0.0.0.0", 7, &v4));
	for (int i = 0; i < 20 * (33 + 129); i++) {
		int len = i % (33 + 129), before = len < 33 ? 96 : 0;
		len -= before ? 0 : 33;
		struct address a = before ? v4 : (struct address){.prefix_len = 128};
		for (int k = before / 8; k < 16; k++)
			a.bytes[k] = (uint8_t)random_u64(&r);
		a.bytes[0] |= before ? 0 : 0x20;
		struct address m = address_mask(&a, before ? len : 0, before ? 0 : len);
		assert_int_equal(m.prefix_len, len);
		for (int bit = 0; bit < 128; bit++) {
			int in = a.bytes[bit / 8] >> (7 - bit % 8) & 1;
			int out = m.bytes[bit / 8] >> (7 - bit % 8) & 1;
			assert_int_equal(out, bit < before + len ? in : 0);
		}
		address_narrow(&a, before ? len : 0, before ? 0 : len);
		assert_true(address_equal(&a, &m));
	}
}

static void equal_means_same_address_and_same_prefix(void **state)
{
	struct address a, b;

	(void)state;
	assert_true(address_parse_prefix("10.0.0.0/8", 10, &a));
	assert_true(address_parse_prefix("10.0.0.0/9", 10, &b));
	assert_false(address_equal(&a, &b));
	assert_true(address_parse_prefix("11.0.0.0/8", 10, &b));
	assert_false(address_equal(&a, &b));
	assert_true(address_parse_prefix("10.9.9.9/8", 10, &b));
	assert_true(address_equal(&a, &b));
}

static void network_covers_the_addresses_inside_it(void **state)
{
	static const struct {
		const char *network, *a;
		bool covers;
	} cases[] = {{"203.0.113.7", "203.0.113.7", true}, {"203.0.113.7", "203.0.113.8", false},
		{"203.0.113.0/24", "203.0.113.8", true}, {"203.0.113.8", "203.0.113.0/24", false},
		{"203.0.113.0", "203.0.113.0/24", false}, {"2001:db8::/64", "2001:db8::/48", false},
		{"203.0.113.0/24", "203.0.114.0", false}, {"0.0.0.0/0", "203.0.113.8", true},
		{"0.0.0.0/0", "2001:db8::1", false}, {"::/0", "2001:db8::1", true},
		{"::/0", "203.0.113.8", false}, {"2001:db8:1:2::/64", "2001:db8:1:2::3", true},
		{"2001:db8:1:2::/64", "2001:db8:1:3::3", false},
		{"2001:db8:1:2::/64", "2001:db8:1::/48", false}};
	struct address network, a;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_true(
			address_parse_prefix(cases[i].network, strlen(cases[i].network), &network));
		assert_true(address_parse_prefix(cases[i].a, strlen(cases[i].a), &a));
		if (address_covers(&network, &a) != cases[i].covers)
			fail_msg("wrong result: does %s cover %s?", cases[i].network, cases[i].a);
	}
}

/* The examples of RFC 5952, section 4. */
static void addresses_print_as_rfc5952_demands(void **state)
{
	(void)state;
	accepts(address_parse, "2001:0db8::0001", "2001:db8::1");
	accepts(address_parse, "2001:db8:0:0:0:0:2:1", "2001:db8::2:1");
	accepts(address_parse, "2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1");
	accepts(address_parse, "2001:0:0:1:0:0:0:1", "2001:0:0:1::1");
	accepts(address_parse, "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1");
	accepts(address_parse, "2001:DB8::ABCD", "2001:db8::abcd");
	accepts(address_parse, "1:0:0:0:0:0:0:0", "1::");
}

static void printed_addresses_are_parsed_again(void **state)
{
	struct random r = random_new(12);
	char text[ADDRESS_TEXT_MAX];

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct address a = {.prefix_len = 128}, back;
		bool v4 = random_below(&r, 2);
		for (int k = 0; k < 16; k++)
			a.bytes[k] = random_below(&r, 2) ? (uint8_t)random_u64(&r) : 0;
		if (v4) {
			memset(a.bytes, 0, 10);
			memset(a.bytes + 10, 0xff, 2);
			a.prefix_len = 32;
		}
		a = address_mask(&a, (int)random_below(&r, 33), (int)random_below(&r, 129));
		struct buf b;
		buf_init(&b, text, sizeof text);
		buf_put_address(&b, &a);
		assert_false(b.full);
		assert_true(parse_exactly(address_parse_prefix, text, b.len, &back));
		assert_true(address_equal(&a, &back));
	}
}

/* Compares with the text of the C library, for every length of a group and every run of zero
 * groups. */
static void addresses_print_as_inet_ntop_prints_them(void **state)
{
	struct random r = random_new(77);
	char want[INET6_ADDRSTRLEN];

	(void)state;
	for (int i = 0; i < 200000; i++) {
		struct address a = {.prefix_len = 128};
		unsigned zeros = (unsigned)random_below(&r, 256);
		for (int k = 0; k < 16; k++)
			a.bytes[k] = (uint8_t)(random_u64(&r) >> 8 * random_below(&r, 4) >> 33);
		for (int k = 0; k < 8; k++)
			if (zeros >> k & 1)
				a.bytes[2 * k] = a.bytes[2 * k + 1] = 0;
		bool v4 = i % 4 == 0;
		if (v4) {
			memset(a.bytes, 0, 10);
			memset(a.bytes + 10, 0xff, 2);
			a.prefix_len = 32;
		}
		if (address_is_v4(&a) == v4) {
			const uint8_t *from = v4 ? a.bytes + 12 : a.bytes;
			assert_non_null(
				inet_ntop(v4 ? AF_INET : AF_INET6, from, want, sizeof want));
			prints(&a, want);
		}
	}
}

static void address_that_does_not_fit_is_left_out_whole(void **state)
{
	struct address a;
	char text[32];
	struct buf b;

	(void)state;
	assert_true(address_parse_prefix("2001:db8:1:2::/64", 17, &a));
	for (size_t cap = 0; cap <= 17; cap++) {
		buf_init(&b, text, cap);
		buf_put_address(&b, &a);
		assert_int_equal(b.len, cap < 17 ? 0 : 17);
		assert_int_equal(b.full, cap < 17);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(literal_addresses_are_parsed),
		cmocka_unit_test(malformed_text_is_no_address),
		cmocka_unit_test(text_with_a_nul_is_no_address),
		cmocka_unit_test(overlong_text_is_no_address),
		cmocka_unit_test(zone_is_dropped),
		cmocka_unit_test(zone_that_is_no_interface_name_is_refused),
		cmocka_unit_test(mapped_address_is_the_ipv4_address),
		cmocka_unit_test(compatible_and_translated_addresses_are_not_ipv4),
		cmocka_unit_test(ports_of_peers_are_dropped),
		cmocka_unit_test(malformed_peers_are_refused),
		cmocka_unit_test(prefixes_clear_the_bits_after_them),
		cmocka_unit_test(prefixes_of_zero_and_of_all_bits_are_parsed),
		cmocka_unit_test(mapped_prefixes_are_ipv4_prefixes),
		cmocka_unit_test(prefixes_out_of_range_are_refused),
		cmocka_unit_test(mask_uses_the_prefix_length_of_the_family),
		cmocka_unit_test(mask_never_makes_a_network_smaller),
		cmocka_unit_test(mask_keeps_exactly_the_bits_of_the_prefix),
		cmocka_unit_test(equal_means_same_address_and_same_prefix),
		cmocka_unit_test(network_covers_the_addresses_inside_it),
		cmocka_unit_test(addresses_print_as_rfc5952_demands),
		cmocka_unit_test(printed_addresses_are_parsed_again),
		cmocka_unit_test(addresses_print_as_inet_ntop_prints_them),
		cmocka_unit_test(address_that_does_not_fit_is_left_out_whole),
		cmocka_unit_test(network_is_parsed_in_its_printed_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
