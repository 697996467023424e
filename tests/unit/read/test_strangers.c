/* test_strangers.c - the advice of core/read/strangers.h about lines that are not requests. */
#include "core/read/strangers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct line_parser *parser;
static struct line_config config;
static char said[4096];

static void begin(const char *format, const char *client)
{
	config = (struct line_config){.extract = {.names = {.client = client}}};
	assert_true(line_format(format, &config));
	parser = line_parser_new(&config);
	assert_non_null(parser);
}

static int end(void **state)
{
	(void)state;
	line_parser_free(parser);
	parser = NULL;
	return 0;
}

static enum line_reason explain(const char *line, struct line_explanation *shown)
{
	static struct line_result result;

	return line_explain(parser, line, strlen(line), false, &result, shown);
}

static void terminate(const struct buf *b)
{
	assert_false(b->full);
	assert_true(b->len < sizeof said);
	said[b->len] = '\0';
}

static enum stranger_kind look_at(const char *line)
{
	struct line_explanation shown;
	struct input_kinds kinds = {0};
	struct stranger s;
	struct buf b;
	enum line_reason reason = explain(line, &shown);

	assert_int_not_equal(reason, LINE_OK);
	stranger_look(&s, &kinds, &config, line, strlen(line), reason, &shown);
	buf_init(&b, said, sizeof said - 1);
	stranger_put_advice(&b, &s);
	terminate(&b);
	return s.kind;
}

static void check_said(const char *part)
{
	if (!strstr(said, part))
		fail_msg("'%s' is not in: %s", part, said);
}

static void check_not_said(const char *part)
{
	if (strstr(said, part))
		fail_msg("'%s' is in: %s", part, said);
}

static void advice_for_an_unknown_object_names_a_member(void **state)
{
	(void)state;
	begin("auto", NULL);
	assert_int_equal(look_at("{\"visitor\":\"2001:db8::7\",\"upstream_addr\":\"10.0.0.1:80\"}"),
		STRANGER_UNKNOWN);
	check_said("JSON, but without the member names of an access log");
	check_said("visitor = 2001:db8::7, upstream_addr = 10.0.0.1:80");
	check_said("--client visitor");
	check_not_said("--forwarded");
	assert_int_equal(look_at("{\"a b\":\"203.0.113.7\"}"), STRANGER_UNKNOWN);
	check_said("--client 'a b'");
	assert_int_equal(look_at("\xef\xbb\xbf {\"level\":\"info\"}"), STRANGER_UNKNOWN);
	check_said("none of its members contains an address");
	check_not_said("--client");
}

static void name_of_a_header_is_never_advised_as_the_client(void **state)
{
	static const char *const names[] = {"client_ip", "real_ip", "x-forwarded-for",
		"cf-connecting-ip", "true-client-ip", "http_x_real_ip"};
	char line[256], wanted[128];

	(void)state;
	begin("auto", NULL);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(line, sizeof line, "{\"%s\":\"%s\",\"status\":200}", names[i],
			i % 2 ? "203.0.113.7" : "2001:db8::7");
		assert_int_equal(look_at(line), STRANGER_NAMELESS);
		check_not_said("--client");
		check_said("any visitor can forge");
		check_said("log the address of the connection, too");
		snprintf(wanted, sizeof wanted, "--trust-proxy PROXY --forwarded %s", names[i]);
		check_said(wanted);
	}
	assert_int_equal(
		look_at("{\"client_ip\":\"1.2.3.4\",\"slb_ip\":\"5.6.7.8\",\"status\":200}"),
		STRANGER_NAMELESS);
	check_said("--client slb_ip");
	check_said("--forwarded client_ip");
	check_not_said("--client client_ip");
}

static void empty_client_is_reported_as_empty(void **state)
{
	static const char *const values[] = {"\"\"", "null", "\"-\"", "\"unix:\""};
	char line[128];

	(void)state;
	begin("auto", NULL);
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		snprintf(line, sizeof line, "{\"remote_addr\":%s,\"status\":200}", values[i]);
		assert_int_equal(look_at(line), STRANGER_EMPTY);
		check_said(i < 2    ? "remote_addr is empty"
			   : i == 2 ? "remote_addr is -"
				    : "remote_addr is unix:");
		check_said("set_real_ip_from unix:");
	}
	assert_int_equal(look_at("{\"request\":{\"remote_ip\":\"\",\"method\":\"GET\"},"
				 "\"ts\":1,\"status\":200}"),
		STRANGER_EMPTY);
	check_said("request.remote_ip is empty");
	check_not_said("nginx");
	assert_int_equal(
		look_at("{\"remote_addr\":\"host.example\",\"status\":200}"), STRANGER_PLAIN);
	assert_string_equal(said, "");
}

static void advice_of_prefix_any_states_its_risk(void **state)
{
	(void)state;
	begin("auto", NULL);
	assert_int_equal(look_at("some words {\"remote_addr\":\"1.2.3.4\",\"status\":200}"),
		STRANGER_PREFIXED);
	check_said("--prefix-any");
	check_said("risk");
	assert_int_equal(look_at("2026 INFO {\"level\":7}"), STRANGER_PLAIN);
	/* an error log that quotes an object is not an object */
	assert_int_equal(look_at("[error] \"GET /{\\\"remote_addr\\\":\\\"1.2.3.4\\\"}\" failed"),
		STRANGER_PLAIN);
	assert_string_equal(said, "");
}

static void advice_for_a_combined_line_names_its_option(void **state)
{
	static const char *const lines[] = {
		"203.0.113.7 - - [22/Nov/2026:04:16:00 +0000] \"GET / HTTP/1.1\" 200 12",
		"2001:db8::7 - - [22/Nov/2026:04:16:00 +0000] \"GET / HTTP/1.1\" 200 12 \"-\" "
		"\"x\"\r",
		"<6>Nov 22 04:16:00 web1 nginx: 2001:db8::7 - - [22/Nov/2026:04:16:00 +0000] "
		"\"GET / HTTP/1.1\" 200 12 \"-\" \"x\""};

	(void)state;
	begin("auto", NULL);
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		assert_int_equal(look_at(lines[i]), STRANGER_COMBINED);
		check_said("--format combined");
	}
	/* an error log is no access log */
	assert_int_equal(look_at("2026/11/22 04:16:00 [error] 7#7: *1 open() \"/x\" failed, "
				 "client: 203.0.113.7, request: \"GET /x HTTP/1.1\""),
		STRANGER_INPUT);
	check_said("error log");
	assert_int_equal(look_at("[Sun Nov 22 04:16:00.1 2026] [core:error] [pid 7] "
				 "[client 2001:db8::7:80] AH00128: no file \"/x\""),
		STRANGER_INPUT);
	check_said("error log");
	assert_int_equal(look_at("{\"event\":\"start\",\"time\":\"2026-11-22T04:16:00.000Z\"}"),
		STRANGER_EVENT);
	check_said("give this program the server's access log");
	end(NULL);
	begin("combined", NULL);
	assert_int_equal(look_at("some words"), STRANGER_PLAIN);
}

static void advice_for_a_line_cut_off_before_its_client_explains_the_cut(void **state)
{
	static const char *const cut[] = {"{\"time\":1,\"request\":\"GET /aaa",
		"{\"request\":\"GET /aaa", "{\"request\":{\"headers\":{\"A\":[\"b"};

	(void)state;
	begin("auto", NULL);
	for (size_t i = 0; i < sizeof cut / sizeof *cut; i++) {
		assert_int_equal(look_at(cut[i]), STRANGER_CUT);
		check_said("cut off before");
		check_said("maxMessageSize");
	}
	assert_int_equal(look_at("{\"time\":1,\"rt\":,\"request\":\"GET /"), STRANGER_PLAIN);
}

static void options_that_do_not_fit_the_line_are_named(void **state)
{
	static const char line[] = "{\"visitor\":\"203.0.113.7\",\"status\":200,\"time\":1}";

	(void)state;
	begin("combined", NULL);
	assert_int_equal(look_at(line), STRANGER_JSON);
	check_said("leave out --format combined");
	end(NULL);
	begin("caddy", NULL);
	(void)look_at(line);
	check_said("--format caddy");
	end(NULL);
	begin("auto", "who");
	(void)look_at(line);
	check_said("no member who, which --client names");
}

static void note(struct strangers *all, const char *line)
{
	struct line_explanation shown;
	enum line_reason reason = explain(line, &shown);

	strangers_note(all, &config, line, strlen(line), reason, &shown);
}

static void advice_is_about_the_most_frequent_kind(void **state)
{
	static struct strangers all;
	struct buf b;

	(void)state;
	begin("auto", NULL);
	note(&all, "==> a <==");
	note(&all, "");
	note(&all, "{\"level\":\"info\"}");
	note(&all, "{\"visitor\":\"2001:db8::7\"}");
	note(&all, "{");
	assert_int_equal(all.inputs[INPUT_TAIL], 2);
	assert_int_equal(all.n[STRANGER_UNKNOWN], 2);
	assert_int_equal(all.n[STRANGER_INPUT], 1);
	buf_init(&b, said, sizeof said - 1);
	strangers_put_advice(&b, &all);
	terminate(&b);
	check_said("--client visitor");
	for (int i = 0; i < 3; i++)
		note(&all, "  \"a\": 1,");
	buf_init(&b, b.data, b.cap);
	strangers_put_advice(&b, &all);
	terminate(&b);
	check_said("jq -c .");
	for (int i = 0; i < 5; i++)
		note(&all, "plain text");
	buf_init(&b, b.data, b.cap);
	strangers_put_advice(&b, &all);
	assert_int_equal(b.len, 0);
	for (int i = 0; i < STRANGERS_MAX + 10; i++)
		note(&all, "plain text");
	assert_false(strangers_want(&all));
	assert_int_equal(all.looked, STRANGERS_MAX);
}

static void counts_of_other_hosts_are_recognised(void **state)
{
	static const char *const counts[] = {
		"{\"event\":\"counts\",\"origin\":\"web1\",\"counts\":[[\"203.0.113.7\",1,0,0]]}",
		"counts/web1 {\"event\":\"counts\",\"counts\":[[\"2001:db8::/64\",1,0,0]]}",
		"{\"topic\":\"counts/web1\",\"payload\":\"{\\\"event\\\":\\\"counts\\\"}\"}"};

	(void)state;
	begin("auto", NULL);
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		assert_int_equal(look_at(counts[i]), STRANGER_COUNTS);
		check_said("--format counts");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(advice_for_an_unknown_object_names_a_member, end),
		cmocka_unit_test_teardown(name_of_a_header_is_never_advised_as_the_client, end),
		cmocka_unit_test_teardown(empty_client_is_reported_as_empty, end),
		cmocka_unit_test_teardown(advice_of_prefix_any_states_its_risk, end),
		cmocka_unit_test_teardown(advice_for_a_combined_line_names_its_option, end),
		cmocka_unit_test_teardown(
			advice_for_a_line_cut_off_before_its_client_explains_the_cut, end),
		cmocka_unit_test_teardown(options_that_do_not_fit_the_line_are_named, end),
		cmocka_unit_test_teardown(advice_is_about_the_most_frequent_kind, end),
		cmocka_unit_test_teardown(counts_of_other_hosts_are_recognised, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
