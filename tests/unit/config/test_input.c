/* test_input.c - options about reading lines reach core/read/line. A wrong value is refused with a
 * message that names the possible values. */
#include "io/config/input.h"
#include "io/config/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#define WORDS_MAX 24

static struct options o;
static struct input in;
static char why[256];

/* The list of words ends with NULL. The words must stay valid, because the options point to them.
 */
static bool open_with(char **words)
{
	static char program[] = "anomdetect";
	static char *argv[WORDS_MAX];
	int n = 0;

	for (argv[n++] = program; *words; words++) {
		assert_true(n < WORDS_MAX - 1);
		argv[n++] = *words;
	}
	argv[n] = NULL;
	if (!options_parse(&o, n, argv, why, sizeof why))
		fail_msg("options: %s", why);
	why[0] = '\0';
	return input_open(&in, &o.input, &o.allow.trust_proxy, why, sizeof why);
}

#define OPEN(...) open_with((char *[]){__VA_ARGS__, NULL})
#define W(word)   ((char[]){word})

static void close_all(void)
{
	input_close(&in);
	options_free(&o);
}

static void refuses(char *option, char *value, const char *message)
{
	assert_false(OPEN(option, value));
	assert_string_equal(why, message);
	close_all();
}

static enum line_reason read_line(const char *line, struct line_result *r)
{
	struct line_parser *p = line_parser_new(&in.line);

	assert_non_null(p);
	enum line_reason reason = line_parse(p, line, strlen(line), false, r);
	line_parser_free(p);
	return reason;
}

static bool is_client(const struct line_result *r, const char *client)
{
	struct address a;

	assert_true(address_parse(client, strlen(client), &a));
	return address_equal(&a, &r->request.client);
}

static void defaults_parse_all_products_and_trust_no_proxy(void **state)
{
	struct line_result r;

	(void)state;
	assert_true(open_with((char *[]){NULL}));
	assert_false(in.line.combined);
	assert_false(in.line.prefix_any);
	assert_null(in.line.extract.format);
	assert_null(in.trusted);
	assert_int_equal(
		read_line("{\"remote_addr\":\"10.0.0.1\",\"xff\":\"2001:db8::7\"}", &r), LINE_OK);
	assert_true(is_client(&r, "10.0.0.1"));
	assert_int_equal(
		read_line("{\"ClientAddr\":\"[2001:db8::7]:1\",\"DownstreamStatus\":1}", &r),
		LINE_OK);
	close_all();
}

static void names_and_flags_reach_the_line_parser(void **state)
{
	struct line_result r;

	(void)state;
	assert_true(OPEN(W("--client"), W("who"), W("--status"), W("a.b"), W("--time"), W("at"),
		W("--count"), W("n"), W("--method"), W("how"), W("--path"), W("to"),
		W("--prefix-any")));
	assert_int_equal(
		read_line("x y {\"who\":\"2001:db8::7\",\"a\":{\"b\":404},\"at\":1795341600,"
			  "\"n\":3,\"how\":\"PUT\",\"to\":\"/a/../b?c\"}",
			&r),
		LINE_OK);
	assert_true(is_client(&r, "2001:db8::7"));
	assert_int_equal(r.request.status, 404);
	assert_int_equal(r.request.time.ms, 1795341600000);
	assert_int_equal(r.request.count, 3);
	assert_string_equal(r.request.method, "PUT");
	assert_int_equal(r.request.path_len, 2);
	assert_memory_equal(r.request.path, "/b", 2);
	close_all();
}

static void each_format_can_be_named(void **state)
{
	(void)state;
	for (const struct format *f = format_all(); f->name; f++) {
		char name[32];
		snprintf(name, sizeof name, "%s", f->name);
		assert_true(OPEN(W("--format"), name));
		/* the parser uses all rows of this format */
		assert_ptr_equal(in.line.extract.format, format_find(f->name));
		close_all();
	}
	assert_true(OPEN(W("--format"), W("auto")));
	assert_null(in.line.extract.format);
	close_all();
	assert_true(OPEN(W("--format"), W("combined")));
	assert_true(in.line.combined);
	close_all();
}

static void times_without_a_zone_use_the_zone_of_tz(void **state)
{
	struct line_result r;
	static const char line[] =
		"{\"remote_addr\":\"2001:db8::7\",\"time\":\"2026-11-22 10:00:00\"}";

	(void)state;
	assert_true(OPEN(W("--tz"), W("+01:00")));
	assert_int_equal(read_line(line, &r), LINE_OK);
	assert_true(r.request.time.ms == 1795338000000);
	close_all();
	assert_true(OPEN(W("--tz"), W("UTC")));
	assert_int_equal(read_line(line, &r), LINE_OK);
	assert_true(r.request.time.ms == 1795341600000);
	close_all();
}

static void trusted_proxies_are_networks_or_files_of_networks(void **state)
{
	static const char line[] =
		"{\"remote_addr\":\"2001:db8:ff::1\",\"xff\":\"203.0.113.1, 198.51.100.7, "
		"10.1.2.3\"}";
	char path[] = "/tmp/test_input.XXXXXX", value[64];
	struct line_result r;

	(void)state;
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(dprintf(fd, "# proxies\n10.0.0.0/8\n"), 21);
	close(fd);
	snprintf(value, sizeof value, "@%s", path);
	assert_true(OPEN(W("--trust-proxy"), value, W("--trust-proxy"), W("2001:db8:ff::/48")));
	assert_int_equal(read_line(line, &r), LINE_OK);
	assert_true(is_client(&r, "198.51.100.7"));
	assert_true(r.request.behind_proxy);
	close_all();
	assert_true(OPEN(W("--trust-proxy"), value, W("--trust-proxy"), W("2001:db8:ff::/48"),
		W("--transparent-proxy")));
	assert_int_equal(read_line(line, &r), LINE_OK);
	assert_true(is_client(&r, "198.51.100.7"));
	assert_false(r.request.behind_proxy);
	close_all();
	assert_int_equal(unlink(path), 0);
	assert_false(OPEN(W("--trust-proxy"), value));
	assert_non_null(strstr(why, "--trust-proxy"));
	close_all();
}

static void only_the_named_forwarded_member_is_read(void **state)
{
	static const char line[] =
		"{\"remote_addr\":\"10.0.0.1\",\"status\":200,\"xff\":\"203.0.113.66\","
		"\"headers\":{\"CF-Connecting-IP\":\"2001:db8::7\"}}";
	static const char stranger[] = "{\"remote_addr\":\"198.51.100.7\",\"status\":200,"
				       "\"headers\":{\"CF-Connecting-IP\":\"203.0.113.66\"}}";
	struct line_result r;

	(void)state;
	assert_true(OPEN(W("--trust-proxy"), W("10.0.0.0/8"), W("--forwarded"),
		W("headers.CF-Connecting-IP")));
	assert_int_equal(read_line(line, &r), LINE_OK);
	assert_true(is_client(&r, "2001:db8::7"));
	assert_int_equal(read_line(stranger, &r), LINE_OK);
	assert_true(is_client(&r, "198.51.100.7"));
	assert_int_equal(
		read_line("{\"remote_addr\":\"10.0.0.1\",\"status\":200,\"xff\":\"203.0.113.66\"}",
			&r),
		LINE_OK);
	assert_true(is_client(&r, "10.0.0.1"));
	close_all();
}

static void wrong_values_are_refused_with_the_possible_values(void **state)
{
	char name[FIELDS_NAME_MAX + 2];

	(void)state;
	refuses(W("--format"), W("iis"),
		"--format: 'iis' is not auto, counts, combined, nginx, caddy, traefik, envoy, "
		"haproxy, "
		"kong, apisix, pino, ecs, apache, fluentbit or generic");
	refuses(W("--tz"), W("Mars/Olympus"),
		"--tz: 'Mars/Olympus' is not local, UTC, an offset (+01:00) or a zone of this host "
		"(Europe/Berlin)");
	memset(name, 'n', sizeof name);
	name[sizeof name - 1] = '\0';
	refuses(W("--client"), name, "--client: a member's name has at most 127 bytes");
	refuses(W("--status"), name, "--status: a member's name has at most 127 bytes");
	refuses(W("--time"), name, "--time: a member's name has at most 127 bytes");
	refuses(W("--count"), name, "--count: a member's name has at most 127 bytes");
	name[sizeof name - 2] = '\0';
	assert_true(OPEN(W("--client"), name));
	close_all();
}

static void combined_lines_have_no_members_to_name(void **state)
{
	static const char *const options[] = {
		"--client", "--status", "--time", "--count", "--method", "--path", "--forwarded"};

	(void)state;
	for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
		char option[16];
		snprintf(option, sizeof option, "%s", options[i]);
		assert_false(OPEN(W("--format"), W("combined"), option, W("x")));
		assert_string_equal(why,
			"--format combined: its lines have no members that an option could name");
		close_all();
	}
	assert_false(OPEN(W("--format"), W("combined"), W("--prefix-any")));
	close_all();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_parse_all_products_and_trust_no_proxy),
		cmocka_unit_test(names_and_flags_reach_the_line_parser),
		cmocka_unit_test(each_format_can_be_named),
		cmocka_unit_test(times_without_a_zone_use_the_zone_of_tz),
		cmocka_unit_test(trusted_proxies_are_networks_or_files_of_networks),
		cmocka_unit_test(only_the_named_forwarded_member_is_read),
		cmocka_unit_test(wrong_values_are_refused_with_the_possible_values),
		cmocka_unit_test(combined_lines_have_no_members_to_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
