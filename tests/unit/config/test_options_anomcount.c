/* test_options_anomcount.c - the options that anomcount shares with anomdetect, its own options,
 * and a configuration file that both programs read. */
#include "io/config/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "unit/given_argv.h"
#include "unit/given_file.h"

static char why[512];

static bool parse_list(struct options *o, const char *const *args, int n)
{
	why[0] = '\0';
	return options_parse_anomcount(o, n, given_argv(args, (size_t)n), why, sizeof why);
}

#define PARSE(o, ...)                                                                              \
	parse_list(o, (const char *const[]){"anomcount", __VA_ARGS__},                             \
		sizeof((const char *const[]){"anomcount", __VA_ARGS__}) / sizeof(char *))

static void origin_defaults_to_the_host_name(void **state)
{
	struct options o;

	(void)state;
	assert_true(PARSE(&o, "-v"));
	assert_null(o.anomcount.origin);
	assert_null(o.state.path);
	assert_int_equal(o.anomcount.grace.ms, 1000);
	assert_int_equal(o.detection.max_clients, 1000000);
	assert_int_equal(o.bans.ipv4_prefix, 32);
	assert_int_equal(o.bans.ipv6_prefix, 64);
	assert_string_equal(o.input.format, "auto");
	assert_false(o.run.replay);
}

static void shared_options_have_the_same_meaning(void **state)
{
	struct options o;

	(void)state;
	assert_true(PARSE(&o, "-r", "-f", "nginx", "--client=a.b", "--status", "s", "--time", "t",
		"--method", "m", "--path", "p", "--forwarded", "x", "--count", "n", "--tz", "UTC",
		"--prefix-any", "--trust-proxy", "192.0.2.0/24", "--transparent-proxy", "-s",
		"none", "--max-clients", "100", "--ipv4-prefix", "24", "--ipv6-prefix", "48"));
	assert_true(o.run.replay && o.input.prefix_any && o.input.transparent_proxy);
	assert_string_equal(o.input.format, "nginx");
	assert_string_equal(o.input.names.client, "a.b");
	assert_string_equal(o.input.names.forwarded, "x");
	assert_string_equal(o.input.count, "n");
	assert_string_equal(o.allow.trust_proxy.values[0], "192.0.2.0/24");
	assert_string_equal(o.state.path, "none");
	assert_int_equal(o.detection.max_clients, 100);
	assert_int_equal(o.bans.ipv4_prefix, 24);
	assert_int_equal(o.bans.ipv6_prefix, 48);
}

static void grace_is_at_most_a_minute(void **state)
{
	struct options o;

	(void)state;
	assert_true(PARSE(&o, "--grace", "0") && o.anomcount.grace.ms == 0);
	assert_true(PARSE(&o, "--grace", "1m") && o.anomcount.grace.ms == 60000);
	assert_false(PARSE(&o, "--grace", "61"));
	assert_string_equal(
		why, "--grace: '61' is not a time (90, 90s, 15m, 2h, 7d) from 0s to 1m");
}

static void origin_is_a_plain_word(void **state)
{
	struct options o;

	(void)state;
	assert_true(PARSE(&o, "--origin", "web-1.example"));
	assert_string_equal(o.anomcount.origin, "web-1.example");
	assert_false(PARSE(&o, "--origin", "web/1"));
	assert_string_equal(why,
		"--origin: 'web/1' is not a name of 1 to 63 letters, digits, '.', '_' and '-', "
		"that begins with a letter or digit");
	assert_false(PARSE(&o, "--origin", ""));
	assert_false(PARSE(&o, "--origin", "web\n"));
}

static void options_of_other_programs_are_refused(void **state)
{
	struct options o;

	(void)state;
	assert_false(PARSE(&o, "--ban"));
	assert_string_equal(why, "unknown option --ban; it is an option of anomdetect and anomban");
	assert_false(PARSE(&o, "--severe", "3"));
	assert_false(PARSE(&o, "--allow", "192.0.2.1"));
	assert_false(PARSE(&o, "access.json"));
	assert_string_equal(why,
		"'access.json' is not an option; lines are read from standard input; "
		"try: anomcount <access.json");
	assert_false(options_parse(&o, 3,
		given_argv((const char *const[]){"anomdetect", "--origin", "a"}, 3), why,
		sizeof why));
}

/* Each line of the detector's file is checked, and its options about lines are used. */
static void file_of_the_detector_is_accepted(void **state)
{
	static const char good[] = "format nginx\nsevere 4\nallow 192.0.2.1\nreplay\nban\n"
				   "trust-proxy 2001:db8::/32\nstate /tmp/s.json\n";
	static const char bad[] = "format nginx\nsevere 0\n";
	struct options o;

	(void)state;
	write_bytes(good, sizeof good - 1);
	assert_true(PARSE(&o, "--config", path));
	assert_string_equal(o.input.format, "nginx");
	assert_string_equal(o.allow.trust_proxy.values[0], "2001:db8::/32");
	assert_string_equal(o.state.path, "/tmp/s.json");
	assert_int_equal(o.allow.networks.n, 0);
	assert_true(o.run.replay && !o.run.ban);
	options_free(&o);
	write_bytes(bad, sizeof bad - 1);
	assert_false(PARSE(&o, "-c", path));
	assert_non_null(strstr(why, "line 2: severe: '0' is not"));
	options_free(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(origin_defaults_to_the_host_name),
		cmocka_unit_test(shared_options_have_the_same_meaning),
		cmocka_unit_test(grace_is_at_most_a_minute),
		cmocka_unit_test(origin_is_a_plain_word),
		cmocka_unit_test(options_of_other_programs_are_refused),
		cmocka_unit_test(file_of_the_detector_is_accepted),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
