/* test_line_values.c - valid and invalid values of the client, the status and the time of a
 * line. */
#include "core/read/line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "core/base/buf.h"

#include "unit/given_line.h"

/* ---- the client ---- */

static void client_may_have_a_port_a_zone_or_be_mapped(void **state)
{
	static const char *const cases[][2] = {
		{"192.0.2.1", "192.0.2.1"},
		{"192.0.2.1:443", "192.0.2.1"},
		{"::ffff:192.0.2.1", "192.0.2.1"},
		{"[::ffff:192.0.2.1]:443", "192.0.2.1"},
		{"::FFFF:C000:201", "192.0.2.1"},
		{"2001:db8::1", "2001:db8::1"},
		{"2001:0DB8:0:0:0:0:0:1", "2001:db8::1"},
		{"[2001:db8::1]", "2001:db8::1"},
		{"[2001:db8::1]:443", "2001:db8::1"},
		{"fe80::1%eth0", "fe80::1"},
		{"[fe80::1%eth0]:443", "fe80::1"},
		{"\\u0031\\u00392.0.2.1", "192.0.2.1"},
	};

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		char line[160];
		snprintf(line, sizeof line, "{\"remote_addr\":\"%s\",\"status\":200}", cases[i][0]);
		check(line, &(struct line_want){LINE_OK, cases[i][1], NO_TIME, 200, false, false});
	}
}

static void client_may_be_a_network_as_events_print_it(void **state)
{
	static const char *const networks[] = {"2001:db8:1:2::/64", "2001:db8::/48",
		"2001:db8::/127", "198.51.100.0/24", "198.51.100.6/31"};

	(void)state;
	for (size_t i = 0; i < N(networks); i++) {
		struct line_result r;
		char line[160], text[ADDRESS_TEXT_MAX];
		struct buf b;
		int n = snprintf(
			line, sizeof line, "{\"remote_addr\":\"%s\",\"status\":200}", networks[i]);
		assert_int_equal(line_try(line, (size_t)n, false, &r), LINE_OK);
		buf_init(&b, text, sizeof text - 1);
		buf_put_address(&b, &r.request.client);
		text[b.len] = '\0';
		assert_string_equal(text, networks[i]);
	}
}

static void client_that_is_no_address_is_bad(void **state)
{
	static const char *const values[] = {
		"\"-\"",
		"\" \"",
		"\"unix:\"",
		"\"localhost\"",
		"\"192.0.2\"",
		"\"192.0.2.256\"",
		"\"192.0.2.01\"",
		"\" 192.0.2.1\"",
		"\"192.0.2.1 \"",
		"\"192.0.2.1,203.0.113.9\"",
		"\"192.0.2.1, 203.0.113.9\"",
		"\"192.0.2.1/32\"",
		"\"192.0.2.1:65536\"",
		"\"192.0.2.1:\"",
		"\"2001:db8::1::2\"",
		"\"[2001:db8::1\"",
		"\"[2001:db8::1]x\"",
		"\"2001:db8::1]:1\"",
		/* networks in a form that events do not print */
		"\"2001:db8::1/64\"",
		"\"2001:db8::/128\"",
		"\"2001:db8::/129\"",
		"\"2001:db8::/\"",
		"\"2001:db8::/64x\"",
		"\"[2001:db8::]/64\"",
		"\"2001:db8::/64:443\"",
		"\"::/0\"",
		"\"0.0.0.0/0\"",
		"\"192.0.2.1/24\"",
		"\"192.0.2.1\\n\"",
		/* strings that JSON allows and C does not */
		"\"192.0.2.1\\u0000\"",
		"\"192.0.2.1\\u0000x\"",
		"\"\\u0000192.0.2.1\"",
		"\"2001:db8::1\\u0000\"",
		"\"192.0.2.1\\\\u0000\"",
		/* values that are not text */
		"3221225985",
		"0",
		"-1",
		"true",
		"false",
		"[]",
		"{}",
		"[\"192.0.2.1\"]",
		"[\"2001:db8::1\",\"192.0.2.1\"]",
		"{\"ip\":\"192.0.2.1\"}",
	};

	(void)state;
	for (size_t i = 0; i < N(values); i++) {
		char line[200];
		snprintf(line, sizeof line, "{\"status\":200,\"remote_addr\":%s}", values[i]);
		check(line, &(struct line_want){.reason = LINE_BAD_CLIENT});
	}
}

static void escape_without_a_number_is_text(void **state)
{
	/* cJSON reads each of these \u as \u0000, which ends its string */
	static const char *const clients[] = {
		"{\"remote_addr\":\"192.0.2.1\\u00zz\",\"status\":200}",
		"{\"remote_addr\":\"192.0.2.1\\uzzzz\",\"status\":200}",
		"{\"remote_addr\":\"192.0.2.1\\u000 x\",\"status\":200}",
	};
	static const char *const keys[] = {"{\"remote_addr\\u000g\":\"192.0.2.1\",\"status\":200}"};
	static const char *const agents[] = {"\\u-001", "\\u000", "\\u", "\\x4", "\\ud800",
		"\\udc00\\ud800", "\\ud800\\u0041", "\\q", "\\ "};

	(void)state;
	check_reasons(clients, N(clients), LINE_BAD_CLIENT);
	check_reasons(keys, N(keys), LINE_NO_CLIENT);
	for (size_t i = 0; i < N(agents); i++) {
		char line[128];
		snprintf(line, sizeof line, "{\"remote_addr\":\"192.0.2.1\",\"ua\":\"%s\"}",
			agents[i]);
		check(line, &(struct line_want){LINE_OK, "192.0.2.1", NO_TIME, 0, false, false});
	}
	check("{\"ua\":\"C:\\\\users \\\\u00zz \\u00e9\\u0000\",\"remote_addr\":\"192.0.2.1\"}",
		&(struct line_want){LINE_OK, "192.0.2.1", NO_TIME, 0, false, false});
}

/* ---- the status ---- */

static void status_is_a_number_or_text_or_unknown(void **state)
{
	static const struct {
		const char *value;
		int status;
		bool bad;
	} cases[] = {
		{"200", 200, false},
		{"\"200\"", 200, false},
		{"100", 100, false},
		{"599", 599, false},
		{"\"404\"", 404, false},
		{"4.04e2", 404, false},
		/* values that mean unknown */
		{"0", 0, false},
		{"-1", 0, false},
		{"\"0\"", 0, false},
		{"\"-1\"", 0, false},
		{"\"000\"", 0, false},
		{"\"-\"", 0, false},
		{"\"\"", 0, false},
		{"null", 0, false},
		/* out of range */
		{"99", 0, true},
		{"600", 0, true},
		{"99999", 0, true},
		{"-200", 0, true},
		{"200.5", 0, true},
		{"\"200.5\"", 0, true},
		{"1e999", 0, true},
		{"-1e999", 0, true},
		{"\"1e999\"", 0, true},
		{"\"OK\"", 0, true},
		{"\"200 \"", 0, true},
		{"\"200, 502\"", 0, true},
		{"\"0x1f4\"", 0, true},
		{"\"--\"", 0, true},
		{"true", 0, true},
		{"[]", 0, true},
		{"[200]", 0, true},
		{"{}", 0, true},
	};

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		char line[200];
		snprintf(line, sizeof line, "{\"status\":%s,\"remote_addr\":\"2001:db8::7\"}",
			cases[i].value);
		check(line, &(struct line_want){LINE_OK, "2001:db8::7", NO_TIME, cases[i].status,
				    cases[i].bad, false});
	}
	check("{\"remote_addr\":\"2001:db8::7\"}",
		&(struct line_want){LINE_OK, "2001:db8::7", NO_TIME, 0, false, false});
}

static void errors_are_400_to_599(void **state)
{
	static const struct {
		const char *status;
		bool error;
	} cases[] = {{"399", false}, {"400", true}, {"499", true}, {"500", true}, {"599", true},
		{"600", false}, {"0", false}, {"\"-\"", false}, {"\"404\"", true}};

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		struct line_result r;
		char line[100];
		int len = snprintf(line, sizeof line,
			"{\"status\":%s,\"remote_addr\":\"192.0.2.1\"}", cases[i].status);
		assert_int_equal(line_try(line, (size_t)len, false, &r), LINE_OK);
		assert_int_equal(request_is_error(&r.request), cases[i].error);
	}
}

/* ---- the time ---- */

static void time_is_read_in_every_spelling(void **state)
{
	static const struct {
		const char *value;
		int64_t ms;
	} cases[] = {
		{"1795320960.343", AT_MS},
		{"\"1795320960.343\"", AT_MS},
		{"1795320960", AT_S},
		{"\"1795320960\"", AT_S},
		{"1.795320960343e9", AT_MS},
		{"\"2026-11-22T04:16:00.343Z\"", AT_MS},
		{"\"2026-11-22T05:16:00+01:00\"", AT_S},
		{"\"2026-11-22T04:16:00+00:00\"", AT_S},
		{"\"22/Nov/2026:04:16:00 +0000\"", AT_S},
		{"\"[22/Nov/2026:05:16:00 +0100]\"", AT_S},
		{"978307200", 978307200000},
		/* an old log, with dates */
		{"\"1995-07-09T00:00:00Z\"", 805248000000},
		{"\"09/Jul/1995:00:00:00 -0000\"", 805248000000},
		{"\"1991-01-01T00:00:00Z\"", 662688000000},
		/* values without a time: no times at all, numbers of seconds that mean a time
		 * before 2001, and dates before 1991 */
		{"805248000", NO_TIME},
		{"\"805248000\"", NO_TIME},
		{"\"1990-12-31T23:59:59.999Z\"", NO_TIME},
		{"978307199.999", NO_TIME},
		{"0", NO_TIME},
		{"0.012", NO_TIME},
		{"\"0.012\"", NO_TIME},
		{"\"1970-01-01T00:00:00Z\"", NO_TIME},
		{"-1", NO_TIME},
		{"1e999", NO_TIME},
		{"-1e999", NO_TIME},
		{"1e21", NO_TIME},
		{"null", NO_TIME},
		{"\"\"", NO_TIME},
		{"\"-\"", NO_TIME},
	};

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		for (size_t t = 0; t < N(time_names); t++) {
			char line[200];
			snprintf(line, sizeof line, "{\"%s\":%s,\"remote_addr\":\"192.0.2.1\"}",
				time_names[t], cases[i].value);
			check(line, &(struct line_want){
					    LINE_OK, "192.0.2.1", cases[i].ms, 0, false, false});
		}
	}
}

static void invalid_time_is_rejected_as_bad_time(void **state)
{
	static const char *const values[] = {"{}", "\"now\"", "\"2026-11-22\"",
		"\"2026-11-22T04:16:00\"", "\"2026-13-22T04:16:00Z\"",
		"\"2026-11-22T04:16:00Z\\u0000\"", "\"22/Nov/2026:04:16:00\"", "true", "[]", "{}",
		"[1795320960]"};

	(void)state;
	for (size_t i = 0; i < N(values); i++) {
		char line[200];
		snprintf(line, sizeof line, "{\"msec\":%s,\"remote_addr\":\"192.0.2.1\"}",
			values[i]);
		check(line, &(struct line_want){.reason = LINE_BAD_TIME});
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(client_may_have_a_port_a_zone_or_be_mapped),
		cmocka_unit_test(client_may_be_a_network_as_events_print_it),
		cmocka_unit_test(client_that_is_no_address_is_bad),
		cmocka_unit_test(escape_without_a_number_is_text),
		cmocka_unit_test(status_is_a_number_or_text_or_unknown),
		cmocka_unit_test(errors_are_400_to_599),
		cmocka_unit_test(time_is_read_in_every_spelling),
		cmocka_unit_test(invalid_time_is_rejected_as_bad_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
