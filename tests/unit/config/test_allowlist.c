/* test_allowlist.c - the clients that a run never bans: reserved addresses, addresses of this host,
 * the networks of --allow, and the networks in files that --allow names. */
#include "io/config/allowlist.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "io/host/own_addresses.h"
#include "unit/given_file.h"

static char why[512];
static char at_path[sizeof path + 1];

static int make_list_directory(void **state)
{
	int result = make_directory(state);

	snprintf(at_path, sizeof at_path, "@%s", path);
	return result;
}

static struct allow_options options_with(const char *const *allow, size_t n)
{
	struct allow_options o = {.networks.n = n};

	for (size_t i = 0; i < n; i++)
		o.networks.values[i] = allow[i];
	return o;
}

static struct allow *list_of(const char *const *allow, size_t n)
{
	struct allow_options o = options_with(allow, n);
	struct allow *a = allowlist_new(&o, true, why, sizeof why);

	if (!a)
		fail_msg("%s", why);
	return a;
}

static struct allow *list_of_file(const char *text)
{
	write_bytes(text, strlen(text));
	return list_of((const char *const[]){at_path}, 1);
}

static bool has(const struct allow *a, const char *text)
{
	struct address client;

	assert_true(address_parse_prefix(text, strlen(text), &client));
	return allow_has(a, &client);
}

static void refuses(const char *value, const char *said)
{
	struct allow_options o = options_with(&value, 1);

	assert_null(allowlist_new(&o, true, why, sizeof why));
	assert_string_equal(why, said);
}

/* Same as refuses, but the message may continue with a hint. */
static void refuses_so(const char *value, const char *said)
{
	struct allow_options o = options_with(&value, 1);

	assert_null(allowlist_new(&o, true, why, sizeof why));
	assert_memory_equal(why, said, strlen(said));
	assert_true(why[strlen(said)] == '\0' || why[strlen(said)] == ';');
}

static void reserved_and_private_addresses_are_allowed_by_default(void **state)
{
	struct allow *a = list_of(NULL, 0);

	(void)state;
	assert_true(has(a, "127.0.0.1") && has(a, "::1"));
	assert_true(has(a, "169.254.1.1") && has(a, "fe80::1"));
	assert_true(has(a, "10.1.2.3") && has(a, "fd00::1"));
	assert_false(has(a, "198.51.100.7") || has(a, "2001:db8::7"));
	allow_free(a);
}

static void private_addresses_are_not_allowed_with_ban_private(void **state)
{
	struct allow_options o = options_with(NULL, 0);

	(void)state;
	o.ban_private = true;
	struct allow *a = allowlist_new(&o, true, why, sizeof why);
	assert_non_null(a);
	assert_false(has(a, "10.1.2.3") || has(a, "fd00::1"));
	assert_true(has(a, "127.0.0.1") && has(a, "::1"));
	allow_free(a);
}

struct own {
	const struct allow *allow;
	size_t n;
	size_t allowed;
};

static void look_at_own(void *ctx, const struct address *own)
{
	struct own *o = ctx;

	o->n++;
	o->allowed += allow_has(o->allow, own);
}

static void own_addresses_are_allowed_in_a_live_run(void **state)
{
	struct allow_options o = {.ban_private = true};
	struct allow *a = allowlist_new(&o, false, why, sizeof why);
	struct own own = {a, 0, 0};

	(void)state;
	assert_non_null(a);
	assert_true(own_addresses_list(look_at_own, &own));
	assert_int_equal(own.allowed, own.n);
	allow_free(a);
}

static void each_value_of_allow_is_added(void **state)
{
	static const char *const values[] = {"192.0.2.0/24", "198.51.100.7", "2001:db8:1::/48",
		"2001:db8:2::7", "::ffff:203.0.113.9"};
	struct allow *a = list_of(values, sizeof values / sizeof *values);

	(void)state;
	assert_true(has(a, "192.0.2.255") && has(a, "198.51.100.7"));
	assert_true(has(a, "2001:db8:1:ffff::1") && has(a, "2001:db8:2::7"));
	assert_true(has(a, "203.0.113.9"));
	assert_false(has(a, "192.0.3.0") || has(a, "198.51.100.8"));
	assert_false(has(a, "2001:db8:3::1") || has(a, "2001:db8:2::8"));
	allow_free(a);
}

static void file_may_contain_networks_blanks_and_comments(void **state)
{
	struct allow *a = list_of_file("\xef\xbb\xbf# office\n" /* a byte order mark */
				       "\n"
				       "192.0.2.0/24\n"
				       " \t198.51.100.7 \t\r\n"
				       "2001:db8:1::/48 # branch\n"
				       "#203.0.113.9\n"
				       "2001:db8:2::7");

	(void)state;
	assert_true(has(a, "192.0.2.1") && has(a, "198.51.100.7"));
	assert_true(has(a, "2001:db8:1::1") && has(a, "2001:db8:2::7"));
	assert_false(has(a, "203.0.113.9"));
	allow_free(a);
}

static void empty_file_allows_no_client(void **state)
{
	static const char *const texts[] = {"", "\n", "# nothing", "\n\n \n"};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct allow *a = list_of_file(texts[i]);
		assert_false(has(a, "198.51.100.7") || has(a, "2001:db8::7"));
		allow_free(a);
	}
}

static void files_and_networks_may_be_mixed(void **state)
{
	(void)state;
	write_bytes("192.0.2.0/24\n", 13);
	struct allow *a = list_of(
		(const char *const[]){"2001:db8::/32", at_path, at_path, "198.51.100.7"}, 4);
	assert_true(has(a, "2001:db8::1") && has(a, "192.0.2.1") && has(a, "198.51.100.7"));
	allow_free(a);
}

static void invalid_network_is_named(void **state)
{
	static const char *const bad[] = {"", "x", "localhost", "192.0.2.0/33", "192.0.2.256",
		"192.0.2.0/24,198.51.100.7", "2001:db8::/129", "2001:db8::1::", "192.0.2.1:443",
		"/24", "192.0.2.0/", "192.0.2.0/-1", "0/0"};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char said[300];
		snprintf(said, sizeof said,
			"--allow: '%s' is not an address or network "
			"(192.0.2.0/24, 2001:db8::/32, @FILE)",
			bad[i]);
		refuses_so(bad[i], said);
	}
}

static const struct {
	const char *value, *network, *said; /* `network` is the same value in a file */
} wide[] = {
	{"0.0.0.0/0", "0.0.0.0/0", "all IPv4"},
	{"::/0", "::/0", "all IPv6"},
	{"203.0.113.9/0", "203.0.113.9/0", "all IPv4"},
	{"2001:db8::1/0", "2001:db8::1/0", "all IPv6"},
	{"0.0.0.0/1", "0.0.0.0/1", "1/2 of all IPv4"},
	{"128.0.0.0/1", "128.0.0.0/1", "1/2 of all IPv4"},
	{"10.0.0.0/7", "10.0.0.0/7", "1/128 of all IPv4"},
	{"2000::/3", "2000::/3", "1/8 of all IPv6"},
	{"2a00::/15", "2a00::/15", "1/32768 of all IPv6"},
	{"::ffff:0.0.0.0/96", "::ffff:0.0.0.0/96", "all IPv4"},
	{"::ffff:0:0/97", "::ffff:0:0/97", "1/2 of all IPv4"},
	{"::FFFF:203.0.113.9/103", "::FFFF:203.0.113.9/103", "1/128 of all IPv4"},
	{" \t0.0.0.0/0 # everybody", " \t0.0.0.0/0 # everybody", "all IPv4"},
	{"fc00::/6", "fc00::/6", "1/64 of all IPv6"},
	{"fe00::/7", "fe00::/7", "1/128 of all IPv6"},
	{"fe80::/9", "fe80::/9", "1/512 of all IPv6"},
	{"224.0.0.0/3", "224.0.0.0/3", "1/8 of all IPv4"},
	{"240.0.0.0/4", "240.0.0.0/4", "1/16 of all IPv4"},
	{"126.0.0.0/7", "126.0.0.0/7", "1/128 of all IPv4"},
	{"::/0 ", "::/0 \r", "all IPv6"},
};

static void too_wide_value_is_refused_with_the_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof wide / sizeof *wide; i++) {
		char said[300];
		snprintf(said, sizeof said,
			"--allow: '%s' is too wide: it would exempt %s addresses from bans; "
			"the widest is /%d",
			wide[i].value, wide[i].said, strstr(wide[i].said, "IPv4") ? 8 : 16);
		refuses(wide[i].value, said);
	}
}

static void too_wide_line_is_refused_with_its_number(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof wide / sizeof *wide; i++) {
		char text[200], said[300];
		snprintf(text, sizeof text, "192.0.2.1\n\n%s\n", wide[i].network);
		write_bytes(text, strlen(text));
		snprintf(said, sizeof said,
			"--allow: %s: line 3 is too wide: it would exempt %s addresses from bans; "
			"the widest is /%d",
			path, wide[i].said, strstr(wide[i].said, "IPv4") ? 8 : 16);
		refuses(at_path, said);
	}
}

static void widest_networks_are_allowed(void **state)
{
	static const char *const values[] = {"198.0.0.0/8", "2002::/16", "::ffff:11.0.0.0/104"};
	struct allow *a = list_of(values, sizeof values / sizeof *values);

	(void)state;
	assert_true(has(a, "198.51.100.7") && has(a, "2002:db8::7") && has(a, "11.1.1.1"));
	assert_false(has(a, "199.0.0.1") || has(a, "2003::1") || has(a, "12.0.0.1"));
	allow_free(a);
}

static void private_and_reserved_ranges_are_allowed_whole(void **state)
{
	static const char *const values[] = {"fc00::/7", "fd00::/8", "fe80::/10", "ff00::/8",
		"224.0.0.0/4", "240.0.0.0/8", "10.0.0.0/8", "::ffff:224.0.0.0/100", "228.0.0.0/6"};
	struct allow *a = list_of(values, sizeof values / sizeof *values);

	(void)state;
	assert_true(has(a, "fc00::1") && has(a, "fd12::7") && has(a, "fe80::1") &&
		    has(a, "ff02::1") && has(a, "224.0.0.1"));
	assert_false(has(a, "fbff::1") || has(a, "fec0::1") || has(a, "223.255.255.255"));
	allow_free(a);
}

static void trusts(const char *value, const char *said)
{
	struct options_list list = {.values = {value}, .n = 1};
	struct allow_options o = {.trust_proxy = list};
	struct allow *trusted;

	assert_int_equal(allowlist_trusted(&list, &trusted, why, sizeof why), !said);
	allow_free(trusted);
	if (said)
		assert_string_equal(why, said);
	struct allow *a = allowlist_new(&o, true, why, sizeof why);
	assert_int_equal(a != NULL, !said);
	allow_free(a);
	if (said)
		assert_string_equal(why, said);
}

static void too_wide_proxy_is_refused(void **state)
{
	(void)state;
	trusts("0.0.0.0/0",
		"--trust-proxy: '0.0.0.0/0' is too wide: it would trust all IPv4 addresses as "
		"proxies; the widest is /8");
	trusts("8000::/1",
		"--trust-proxy: '8000::/1' is too wide: it would trust 1/2 of all IPv6 addresses "
		"as proxies; the widest is /16");
	trusts("::ffff:0.0.0.0/96",
		"--trust-proxy: '::ffff:0.0.0.0/96' is too wide: it would trust all IPv4 addresses "
		"as proxies; the widest is /8");
	trusts("224.0.0.0/4",
		"--trust-proxy: '224.0.0.0/4' is too wide: it would trust 1/16 of all IPv4 "
		"addresses as proxies; the widest is /8");
	trusts("fc00::/6",
		"--trust-proxy: 'fc00::/6' is too wide: it would trust 1/64 of all IPv6 addresses "
		"as proxies; the widest is /16");
}

static void proxies_may_be_a_whole_private_range(void **state)
{
	(void)state;
	trusts("10.0.0.0/8", NULL);
	trusts("fc00::/7", NULL);
	trusts("fd00::/8", NULL);
}

static void invalid_network_is_named_with_a_correction(void **state)
{
	char said[400];

	(void)state;
	refuses("192.0.2.0/255.255.255.0",
		"--allow: '192.0.2.0/255.255.255.0' is not an address or network "
		"(192.0.2.0/24, 2001:db8::/32, @FILE); did you mean 192.0.2.0/24?");
	refuses("[2001:db8::1]:443",
		"--allow: '[2001:db8::1]:443' is not an address or network (192.0.2.0/24, "
		"2001:db8::/32, @FILE); leave out the port and the brackets: 2001:db8::1");
	write_bytes("192.0.2.1\n  2001:db8::/129 # office\n", 36);
	snprintf(said, sizeof said,
		"--allow: '%s' is not an address or network (192.0.2.0/24, 2001:db8::/32, @FILE); "
		"for a file: @%s",
		path, path);
	refuses(path, said);
	snprintf(said, sizeof said,
		"--allow: %s: line 2 is not an address or network; the prefix of an IPv6 network "
		"is /0 to /128",
		path);
	refuses(at_path, said);
}

static void value_without_a_network_is_refused(void **state)
{
	(void)state;
	refuses(" ",
		"--allow: ' ' is not an address or network (192.0.2.0/24, 2001:db8::/32, @FILE)");
	refuses("# x",
		"--allow: '# x' is not an address or network (192.0.2.0/24, 2001:db8::/32, @FILE)");
}

static void file_with_one_wrong_line_is_refused_whole(void **state)
{
	static const struct {
		const char *text;
		int line;
	} cases[] = {{"x", 1}, {"192.0.2.0/24\n\n# c\n2001:db8::/32\n198.51.100.7/33\n", 5},
		{"192.0.2.0/24 198.51.100.7\n", 1}, {"192.0.2.1\n@other\n", 2},
		{"192.0.2.1\nallow 192.0.2.2\n", 2}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char said[200];
		write_bytes(cases[i].text, strlen(cases[i].text));
		snprintf(said, sizeof said, "--allow: %s: line %d is not an address or network",
			path, cases[i].line);
		refuses_so(at_path, said);
	}
}

static void line_with_a_nul_is_refused(void **state)
{
	static const char after[] = "192.0.2.1\n192.0.2.2\0\n", alone[] = "192.0.2.1\n\0\n";
	char said[200];

	(void)state;
	snprintf(said, sizeof said, "--allow: %s: line 2 is not an address or network", path);
	write_bytes(after, sizeof after - 1);
	refuses(at_path, said);
	write_bytes(alone, sizeof alone - 1);
	refuses(at_path, said);
}

static void file_that_cannot_be_read_is_named(void **state)
{
	char said[300];

	(void)state;
	unlink(path);
	snprintf(
		said, sizeof said, "--allow: unable to read '%s': No such file or directory", path);
	refuses(at_path, said);
	refuses("@", "--allow: unable to read '': No such file or directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reserved_and_private_addresses_are_allowed_by_default),
		cmocka_unit_test(private_addresses_are_not_allowed_with_ban_private),
		cmocka_unit_test(own_addresses_are_allowed_in_a_live_run),
		cmocka_unit_test(each_value_of_allow_is_added),
		cmocka_unit_test(file_may_contain_networks_blanks_and_comments),
		cmocka_unit_test(empty_file_allows_no_client),
		cmocka_unit_test(files_and_networks_may_be_mixed),
		cmocka_unit_test(invalid_network_is_named),
		cmocka_unit_test(too_wide_value_is_refused_with_the_reason),
		cmocka_unit_test(too_wide_line_is_refused_with_its_number),
		cmocka_unit_test(widest_networks_are_allowed),
		cmocka_unit_test(private_and_reserved_ranges_are_allowed_whole),
		cmocka_unit_test(too_wide_proxy_is_refused),
		cmocka_unit_test(proxies_may_be_a_whole_private_range),
		cmocka_unit_test(invalid_network_is_named_with_a_correction),
		cmocka_unit_test(value_without_a_network_is_refused),
		cmocka_unit_test(file_with_one_wrong_line_is_refused_whole),
		cmocka_unit_test(line_with_a_nul_is_refused),
		cmocka_unit_test(file_that_cannot_be_read_is_named),
	};

	return cmocka_run_group_tests(tests, make_list_directory, remove_directory);
}
