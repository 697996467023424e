/* test_extract_values.c - valid and invalid values of status, time, duration and count in an
 * object. */
#include "core/read/extract.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "unit/picked.h"

static void status_is_a_number_from_100_to_599_or_unknown(void **state)
{
	static const struct {
		const char *text;
		int status;
		bool bad;
	} cases[] = {{"100", 100, false}, {"\"599\"", 599, false}, {"404.0", 404, false},
		{"0", 0, false}, {"-1", 0, false}, {"\"-1\"", 0, false}, {"\"-\"", 0, false},
		{"\"\"", 0, false}, {"null", 0, false}, {"99", 0, true}, {"600", 0, true},
		{"200.5", 0, true}, {"1e999", 0, true}, {"\"200 \"", 0, true}, {"\"ok\"", 0, true},
		{"true", 0, true}, {"[200]", 0, true}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char json[128];
		snprintf(json, sizeof json, "{\"remote_addr\":\"198.51.100.7\",\"status\":%s}",
			cases[i].text);
		struct picked p = pick(json);
		is_of(&p, "198.51.100.7", cases[i].status, json);
		if (p.result.bad_status != cases[i].bad)
			fail_msg("bad_status: %s", json);
	}
}

/* Logs contain durations and zeros under names that usually contain times. */
static void member_that_is_no_time_is_skipped(void **state)
{
	static const char *const times[] = {"\"yesterday\"", "true", "{}", "-5", "1e999", "0",
		"0.012", "\"0.012\"", "978307199", "\"1970-01-01T00:00:00Z\"",
		"\"2026-11-22T10:00:00\""};

	(void)state;
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		char json[256];
		snprintf(json, sizeof json,
			"{\"remote_addr\":\"2001:db8::7\",\"status\":200,\"msec\":%s,"
			"\"time\":\"" TEN "\"}",
			times[i]);
		gives(json, "nginx", "2001:db8::7", 200, TEN_MS);
	}
	gives("{\"remote_addr\":\"2001:db8::7\",\"msec\":978307200}", "nginx", "2001:db8::7", 0,
		978307200000);
}

/* A text in place of the time is treated as a time in an unknown form. A number that cannot be a
 * time is treated as a duration. */
static void line_without_a_time_is_bad_only_if_a_text_is_in_its_place(void **state)
{
	static const char *const bad[] = {"\"yesterday\"", "true", "{}", "[1795341600]",
		"\"2026-11-22T10:00:00\"", "\"22/Nov/2026\""};
	static const char *const none[] = {
		"0", "0.012", "\"0.012\"", "-5", "1e999", "978307199", "\"-\"", "\"\"", "null"};
	char json[256];

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		snprintf(
			json, sizeof json, "{\"remote_addr\":\"2001:db8::7\",\"time\":%s}", bad[i]);
		rejects(json, LINE_BAD_TIME);
		snprintf(json, sizeof json,
			"{\"ClientAddr\":\"198.51.100.7:1\",\"StartUTC\":%s,\"status\":200}",
			bad[i]);
		rejects(json, LINE_BAD_TIME);
	}
	for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
		snprintf(json, sizeof json, "{\"remote_addr\":\"2001:db8::7\",\"time\":%s}",
			none[i]);
		gives(json, "nginx", "2001:db8::7", 0, 0);
	}
}

static void time_is_beginning_plus_duration(void **state)
{
	static const struct {
		const char *format, *members; /* members without the duration */
		const char *lasted;
		double unit_ms;
	} rows[] = {
		{"traefik", "\"ClientAddr\":\"[2001:db8::7]:1\",\"StartUTC\":\"" TEN "\"",
			"Duration", 1e-6},
		{"envoy",
			"\"downstream_remote_address\":\"2001:db8::7\",\"start_time\":\"" TEN "\"",
			"duration", 1},
		{"haproxy", "\"client_ip\":\"2001:db8::7\",\"request_date\":\"" TEN "\"",
			"time_active", 1},
		{"haproxy", "\"haproxy_clientIP\":\"2001:db8::7\",\"haproxy_dateTime\":\"" TEN "\"",
			"haproxy_Ta", 1},
		{"kong",
			"\"client_ip\":\"2001:db8::7\",\"latencies\":{},"
			"\"started_at\":1795341600000",
			"latencies.request", 1},
		{"apisix",
			"\"client_ip\":\"2001:db8::7\",\"route_id\":1,\"start_time\":1795341600000",
			"latency", 1},
		{"apache", "\"remoteIP\":\"2001:db8::7\",\"time\":\"" TEN "\"", "duration", 1e-3},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		static const struct {
			/* the text around a duration of 1500 ms */
			const char *before, *behind;
			int64_t ms;
		} forms[] = {{"", "", 1500}, {"\"", "\"", 1500}, {"-", "", 0}, {"", "e300", 0},
			{"\"", " \"", 0}, {"\"+", "x\"", 0}, {"[", "]", 0}};
		for (size_t k = 0; k < sizeof forms / sizeof *forms; k++) {
			char json[400], lasted[64];
			snprintf(lasted, sizeof lasted, "%s%.0f%s", forms[k].before,
				1500 / rows[i].unit_ms, forms[k].behind);
			snprintf(json, sizeof json, "{%s,\"status\":200,\"%s\":%s}",
				rows[i].members, rows[i].lasted, lasted);
			gives(json, rows[i].format, "2001:db8::7", 200, TEN_MS + forms[k].ms);
		}
	}
	/* the longest duration is a day */
#define ENVOY                                                                                      \
	"{\"downstream_remote_address\":\"198.51.100.7:1\",\"status\":200,\"start_time\":\"" TEN   \
	"\""
	gives(ENVOY ",\"duration\":86400000}", "envoy", "198.51.100.7", 200, TEN_MS + 86400000);
	gives(ENVOY ",\"duration\":86400001}", "envoy", "198.51.100.7", 200, TEN_MS);
#undef ENVOY
	/* the time of the request's end is preferred to the sum of its start and its duration */
	gives("{\"ClientAddr\":\"[2001:db8::7]:1\",\"DownstreamStatus\":200,\"StartUTC\":\"" TEN
	      "\",\"Duration\":1500000000,\"time\":\"" TEN "\"}",
		"traefik", "2001:db8::7", 200, TEN_MS);
	gives("{\"remoteIP\":\"198.51.100.7\",\"status\":200,\"time\":\"2026-11-22T09:00:00Z\","
	      "\"duration\":5,\"end\":\"" TEN "\"}",
		"apache", "198.51.100.7", 200, TEN_MS);
}

static void line_stands_for_as_many_requests_as_its_count(void **state)
{
	static const struct {
		const char *text;
		uint32_t count; /* 0: rejected */
	} cases[] = {{"7", 7}, {"\"12\"", 12}, {"1", 1}, {"1.0", 1}, {"1000000", 1000000},
		{"1e6", 1000000}, {"1000001", 0}, {"1e9", 0}, {"4294967295", 0}, {"4294967296", 0},
		{"4294967297", 0}, {"1.9", 0}, {"0.5", 0}, {"0", 0}, {"-0", 0}, {"-1", 0},
		{"-4294967295", 0}, {"1e999", 0}, {"-1e999", 0}, {"null", 0}, {"true", 0},
		{"\"\"", 0}, {"\"-\"", 0}, {"\"many\"", 0}, {"\"x\"", 0}, {"\"nan\"", 0},
		{"\"0x10\"", 0}, {"\" 3\"", 0}, {"[3]", 0}, {"{}", 0}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char json[128];
		snprintf(json, sizeof json, "{\"remote_addr\":\"198.51.100.7\",\"agg\":{\"n\":%s}}",
			cases[i].text);
		struct picked p =
			extract_with(&(struct extract_config){.count = "agg.n"}, json, false);
		if (p.reason != (cases[i].count ? LINE_OK : LINE_BAD_COUNT))
			fail_msg("reason %d: %s", (int)p.reason, json);
		if (cases[i].count && p.result.request.count != cases[i].count)
			fail_msg("count %u: %s", p.result.request.count, json);
		assert_int_equal(pick(json).result.request.count, 1);
	}
	struct picked p = extract_with(&(struct extract_config){.count = "agg.n"},
		"{\"remote_addr\":\"2001:db8::7\",\"agg\":{\"m\":3}}", false);
	assert_int_equal(p.reason, LINE_OK);
	assert_int_equal(p.result.request.count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(status_is_a_number_from_100_to_599_or_unknown),
		cmocka_unit_test(member_that_is_no_time_is_skipped),
		cmocka_unit_test(line_without_a_time_is_bad_only_if_a_text_is_in_its_place),
		cmocka_unit_test(time_is_beginning_plus_duration),
		cmocka_unit_test(line_stands_for_as_many_requests_as_its_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
