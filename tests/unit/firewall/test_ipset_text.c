/* test_ipset_text.c - listings as libipset 7.17 prints them, and entries of other programs. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/address.h"
#include "io/firewall/ipset_text.h"

#define V4_HEADER                                                                                  \
	"Name: ban4\nType: hash:ip\nRevision: 6\n"                                                 \
	"Header: family inet hashsize 1024 maxelem 10 timeout 600 bucketsize 12 "                  \
	"initval 0x3c9a021c\n"                                                                     \
	"Size in memory: 344\nReferences: 0\nNumber of entries: 2\n"
#define V6_HEADER                                                                                  \
	"Name: ban6\nType: hash:ip\nRevision: 6\n"                                                 \
	"Header: family inet6 hashsize 1024 maxelem 65536 netmask 64 timeout 0 bucketsize 12\n"

static void feed(struct ipset_text_lines *l, const char *text)
{
	ipset_text_feed(l, text, strlen(text));
}

static bool fits(const char *text, unsigned full_len, unsigned netmask, char *what, size_t cap)
{
	struct ipset_text_set s;

	ipset_text_set_init(&s);
	feed(&s.lines, text);
	return ipset_text_set_fits(&s, full_len, netmask, what, cap);
}

static void a_set_made_by_this_program_fits_in_both_families(void **state)
{
	struct ipset_text_set s;
	char what[96];

	(void)state;
	assert_true(fits(V4_HEADER, 32, 32, what, sizeof what));
	assert_true(fits(V6_HEADER, 128, 64, what, sizeof what));
	ipset_text_set_init(&s);
	feed(&s.lines, V6_HEADER);
	assert_int_equal(s.maxelem, 65536);
}

static void a_set_of_another_kind_is_refused_with_the_reason(void **state)
{
	static const struct {
		const char *text;
		unsigned full_len, netmask;
		const char *what;
	} cases[] = {
		{"Type: hash:net\nHeader: family inet timeout 1\n", 32, 32,
			"is of type hash:net, not hash:ip"},
		{V6_HEADER, 32, 32, "is of family inet6, not inet"},
		{V4_HEADER, 128, 128, "is of family inet, not inet6"},
		{V6_HEADER, 128, 128, "has netmask 64, not 128"},
		{V4_HEADER, 32, 24, "has netmask 32, not 24"},
		{"Type: hash:ip\nHeader: family inet maxelem 9\n", 32, 32,
			"was made without timeout support"},
		{"Type: hash:ip\nHeader: family inet maxelem 9 bitmask 255.0.255.0 timeout 0\n", 32,
			32, "has a bitmask, not netmask 32"},
		{"Type: hash:ip\n", 32, 32, "is not described as a set of addresses"},
		{"Type: hash:ip\nHeader: family inet maxelem -9 timeout 0\n", 32, 32,
			"is not described as a set of addresses"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char what[96] = "";
		assert_false(fits(
			cases[i].text, cases[i].full_len, cases[i].netmask, what, sizeof what));
		assert_string_equal(what, cases[i].what);
	}
}

static void a_set_that_does_not_fit_is_reported_with_a_remedy(void **state)
{
	static const struct {
		const char *text;
		unsigned full_len;
		const char *name, *mend;
	} cases[] = {
		{V6_HEADER, 128, "ban6",
			"use --ipv6-prefix 64, or unban all and recreate the sets: anomban "
			"--set ban --ipv6-prefix 64 --teardown"},
		{V4_HEADER, 32, "ban4",
			"use --ipv4-prefix 32, or unban all and recreate the sets: anomban "
			"--set ban --ipv4-prefix 32 --teardown"},
		{V4_HEADER, 128, "ban6",
			"remove it (ipset destroy ban6, after its rules) or choose another name "
			"with --set"},
		/* not a valid value of the option */
		{"Type: hash:ip\nHeader: family inet netmask 7 maxelem 9 timeout 0\n", 32, "ban4",
			"remove it (ipset destroy ban4, after its rules) or choose another name "
			"with --set"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct ipset_text_set s;
		char mend[192];
		ipset_text_set_init(&s);
		feed(&s.lines, cases[i].text);
		ipset_text_set_mend(&s, cases[i].full_len, cases[i].name, mend, sizeof mend);
		assert_string_equal(mend, cases[i].mend);
	}
}

static void entries_of_both_families_are_parsed_from_any_pieces(void **state)
{
	static const char v4[] =
		"create ban4 hash:ip family inet timeout 600\n"
		"add ban4 198.51.100.7 timeout 57\n"
		"add ban4 203.0.113.9 timeout 0 packets 0 bytes 0 comment \"add ban4 192.0.2.1\"\n";
	static const char v6[] = "create ban6 hash:ip family inet6 netmask 64 timeout 0\n"
				 "add ban6 2001:db8:1:2:: timeout 2147483\n";

	(void)state;
	for (size_t piece = 1; piece < sizeof v4; piece++) {
		struct ipset_text_entries e;
		ipset_text_entries_init(&e, 10);
		e.set_name = "ban4", e.full_len = 32, e.netmask = 32;
		for (size_t at = 0; at < sizeof v4 - 1; at += piece)
			ipset_text_feed(&e.lines, v4 + at,
				piece < sizeof v4 - 1 - at ? piece : sizeof v4 - 1 - at);
		e.set_name = "ban6", e.full_len = 128, e.netmask = 64;
		feed(&e.lines, v6);
		assert_false(e.lines.bad);
		assert_int_equal(e.n, 3);

		struct address want;
		assert_true(address_parse("198.51.100.7", 12, &want));
		assert_true(address_equal(&e.entry[0].address, &want));
		assert_int_equal(e.entry[0].left.ms, 57000);
		assert_true(address_parse("203.0.113.9", 11, &want));
		assert_true(address_equal(&e.entry[1].address, &want));
		assert_int_equal(e.entry[1].left.ms, SPAN_MAX.ms);
		assert_true(address_parse_prefix("2001:db8:1:2::/64", 17, &want));
		assert_true(address_equal(&e.entry[2].address, &want));
		assert_int_equal(e.entry[2].left.ms, 2147483000);
		ipset_text_entries_fini(&e);
	}
}

static bool entry_is_read(const char *line, size_t most)
{
	struct ipset_text_entries e;
	bool good;

	ipset_text_entries_init(&e, most);
	e.set_name = "ban4", e.full_len = 32, e.netmask = 32;
	feed(&e.lines, line);
	good = !e.lines.bad;
	ipset_text_entries_fini(&e);
	return good;
}

static void a_line_that_is_no_entry_of_the_set_is_refused(void **state)
{
	static const char *const lines[] = {
		"add other4 198.51.100.7 timeout 57\n",
		"add ban4 198.51.100.0/24 timeout 57\n",
		"add ban4 2001:db8::1 timeout 57\n",
		"add ban4 198.51.100.7\n",
		"add ban4 198.51.100.7 timeout\n",
		"add ban4 198.51.100.7 timeout -1\n",
		"add ban4 198.51.100.7 timeout 99999999999\n",
		"add ban4 198.51.100.7 comment \"x\" timeout 5\n",
		"add ban4  timeout 57\n",
		"rest of a comment with a newline\"\n",
	};

	(void)state;
	assert_true(entry_is_read("add ban4 198.51.100.7 timeout 57\n", 1));
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		if (entry_is_read(lines[i], 1))
			fail_msg("accepted: %s", lines[i]);
}

/* Somebody may have added this entry by hand. One entry of this kind must not make the parser
 * refuse all other entries. */
static void a_mapped_address_in_an_ipv6_set_is_skipped(void **state)
{
	struct ipset_text_entries e;

	(void)state;
	ipset_text_entries_init(&e, 10);
	e.set_name = "ban6", e.full_len = 128, e.netmask = 128;
	feed(&e.lines, "add ban6 ::ffff:192.0.2.1 timeout 57\nadd ban6 2001:db8::1 timeout 5\n");
	assert_false(e.lines.bad);
	assert_int_equal(e.n, 1);
	assert_int_equal(e.entry[0].left.ms, 5000);
	feed(&e.lines, "add ban6 192.0.2.1 timeout 57\n");
	assert_true(e.lines.bad);
	ipset_text_entries_fini(&e);
}

static void more_entries_than_the_size_of_the_set_are_refused(void **state)
{
	(void)state;
	assert_false(entry_is_read(
		"add ban4 198.51.100.7 timeout 5\nadd ban4 198.51.100.8 timeout 5\n", 1));
	assert_true(entry_is_read(
		"add ban4 198.51.100.7 timeout 5\nadd ban4 198.51.100.8 timeout 5\n", 2));
}

static void an_overlong_line_ends_the_parsing(void **state)
{
	struct ipset_text_entries e;

	(void)state;
	ipset_text_entries_init(&e, 10);
	e.set_name = "ban4", e.full_len = 32, e.netmask = 32;
	for (int i = 0; i < 300; i++)
		feed(&e.lines, "add ban4");
	assert_true(e.lines.bad);
	feed(&e.lines, "\nadd ban4 198.51.100.7 timeout 5\n");
	assert_int_equal(e.n, 0);
	ipset_text_entries_fini(&e);
}

static void timeouts_are_rounded_up_and_never_become_permanent(void **state)
{
	static const struct {
		int64_t ms;
		uint32_t seconds;
	} cases[] = {
		{-1, 1}, {0, 1}, {1, 1}, {1000, 1}, {1001, 2}, {600000, 600}, {599001, 600},
		{2147482001, 2147483}, {2147483000, 2147483}, {2147483001, 2147483},
		{4294967296000, 2147483}, /* 2^32 s would be 0 if cut to 32 bits */
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(ipset_text_timeout((struct span){cases[i].ms}), cases[i].seconds);
	assert_int_equal(ipset_text_timeout((struct span){SPAN_MAX.ms - 1}), 2147483);
	assert_int_equal(ipset_text_timeout(SPAN_MAX), 0);
}

static void hash_size_is_the_next_power_of_two_from_1024_to_131072(void **state)
{
	(void)state;
	assert_int_equal(ipset_text_hashsize(1), 1024);
	assert_int_equal(ipset_text_hashsize(1025), 2048);
	assert_int_equal(ipset_text_hashsize(100000), 131072);
	assert_int_equal(ipset_text_hashsize(100000000), 131072);
}

static void known_failures_get_advice(void **state)
{
	(void)state;
	assert_non_null(strstr(ipset_text_hint("Operation not permitted"),
		geteuid() == 0 ? "; this root lacks CAP_NET_ADMIN: "
			       : "; run as root, by sudo, or give CAP_NET_ADMIN"));
	assert_non_null(
		strstr(ipset_text_hint("Cannot open session to kernel."), "(modprobe ip_set)"));
	assert_non_null(strstr(ipset_text_hint("Kernel error received: set type not supported"),
		"(modprobe ip_set_hash_ip)"));
	assert_non_null(
		strstr(ipset_text_hint("it is in use by a kernel component"), "a firewall rule"));
	assert_string_equal(ipset_text_hint("something else"), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hash_size_is_the_next_power_of_two_from_1024_to_131072),
		cmocka_unit_test(known_failures_get_advice),
		cmocka_unit_test(timeouts_are_rounded_up_and_never_become_permanent),
		cmocka_unit_test(a_set_made_by_this_program_fits_in_both_families),
		cmocka_unit_test(a_set_of_another_kind_is_refused_with_the_reason),
		cmocka_unit_test(a_set_that_does_not_fit_is_reported_with_a_remedy),
		cmocka_unit_test(entries_of_both_families_are_parsed_from_any_pieces),
		cmocka_unit_test(a_line_that_is_no_entry_of_the_set_is_refused),
		cmocka_unit_test(a_mapped_address_in_an_ipv6_set_is_skipped),
		cmocka_unit_test(more_entries_than_the_size_of_the_set_are_refused),
		cmocka_unit_test(an_overlong_line_ends_the_parsing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
