/* test_extract.c - which members of an object make the request, for each product, and why others make
 * none. Objects are given as text, read by object. */
#include "core/read/extract.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/read/object.h"

#include "unit/given.h"

#define OBJECT_CAP 65536

#define TEN    "2026-11-22T10:00:00Z"
#define TEN_MS ((int64_t)1795341600000)

struct picked {
	enum line_reason reason;
	struct line_result result;
	struct line_explanation view;
};

static struct picked extract_with(const struct extract_config *config, const char *json, bool cut)
{
	static struct extract p;
	struct fields_values values = {0};
	struct picked out = {0};
	struct object *o = object_new(OBJECT_CAP);
	size_t error_at;

	assert_non_null(o);
	assert_true(extract_init(&p, config));
	if (!object_read(o, json, strlen(json), &p.fields, &values, &error_at))
		fail_msg("no JSON at %zu: %s", error_at, json);
	out.reason = extract_request(&p, values.at, cut, &out.result, &out.view);
	object_free(o);
	return out;
}

static struct picked pick(const char *json)
{
	return extract_with(&(struct extract_config){0}, json, false);
}

static void is_of(const struct picked *p, const char *client, int status, const char *json)
{
	struct address want = given_address(client);

	if (p->reason != LINE_OK)
		fail_msg("reason %d: %s", (int)p->reason, json);
	if (!address_equal(&p->result.request.client, &want))
		fail_msg("not of %s: %s", client, json);
	if (p->result.request.status != status)
		fail_msg("status %d: %s", p->result.request.status, json);
}

static void gives(const char *json, const char *format, const char *client, int status, int64_t ms)
{
	struct picked p = pick(json);

	is_of(&p, client, status, json);
	if (strcmp(p.view.format, format) != 0)
		fail_msg("by %s: %s", p.view.format, json);
	if (p.result.request.has_time != (ms != 0) || (ms && p.result.request.time.ms != ms))
		fail_msg("time %lld: %s", (long long)p.result.request.time.ms, json);
	assert_int_equal(p.result.request.count, 1);
}

static void rejects(const char *json, enum line_reason reason)
{
	struct picked p = pick(json);

	if (p.reason != reason)
		fail_msg("reason %d, not %d: %s", (int)p.reason, (int)reason, json);
}

static void each_product_is_told_by_its_names(void **state)
{
	(void)state;
	gives("{\"remote_addr\":\"198.51.100.7\",\"status\":200,\"msec\":1795341600.000}", "nginx",
		"198.51.100.7", 200, TEN_MS);
	gives("{\"httpRequest\":{\"remoteIp\":\"2001:db8::7\",\"status\":404},\"timestamp\":\"" TEN
	      "\"}",
		"nginx", "2001:db8::7", 404, TEN_MS);
	gives("{\"ts\":1795341600,\"logger\":\"http.log.access.log0\",\"request\":{\"remote_ip\":\"10.0.0.1\","
	      "\"client_ip\":\"2001:db8::7\"},\"status\":401}",
		"caddy", "2001:db8::7", 401, TEN_MS);
	gives("{\"ClientAddr\":\"10.0.0.1:1\",\"ClientHost\":\"198.51.100.7\",\"DownstreamStatus\":502,"
	      "\"OriginStatus\":200,\"time\":\"" TEN "\"}",
		"traefik", "198.51.100.7", 502, TEN_MS);
	gives("{\"downstream_remote_address\":\"[2001:db8::7]:33045\",\"response_code\":301,\"start_time\":\"" TEN
	      "\"}",
		"envoy", "2001:db8::7", 301, TEN_MS);
	gives("{\"client_ip\":\"198.51.100.7\",\"status_code\":\"503\",\"request_date\":\"22/Nov/2026:10:00:00 "
	      "+0000\"}",
		"haproxy", "198.51.100.7", 503, TEN_MS);
	gives("{\"haproxy_clientIP\":\"2001:db8::7\",\"haproxy_statusCode\":\"200\"}", "haproxy",
		"2001:db8::7", 200, 0);
	gives("{\"remoteIP\":\"198.51.100.7\",\"status\":\"404\",\"time\":\"" TEN "\"}", "apache",
		"198.51.100.7", 404, TEN_MS);
	gives("{\"source\":{\"ip\":\"2001:db8::7\"},\"http\":{\"response\":{\"status_code\":404}},"
	      "\"@timestamp\":\"" TEN "\",\"host\":{\"ip\":\"192.0.2.1\"}}",
		"ecs", "2001:db8::7", 404, TEN_MS);
	gives("{\"source.ip\":\"198.51.100.7\",\"http.response.status_code\":200}", "ecs",
		"198.51.100.7", 200, 0);
	gives("{\"source.ip\":\"198.51.100.7\",\"http\":{\"response.status_code\":200}}", "ecs",
		"198.51.100.7", 200, 0);
}

/* A status shows which product wrote the line, when its client's name is two products'. */
static void product_of_which_all_is_there_wins(void **state)
{
	(void)state;
	gives("{\"client_ip\":\"198.51.100.7\",\"status\":200}", "nginx", "198.51.100.7", 200, 0);
	gives("{\"client_ip\":\"198.51.100.7\",\"status_code\":201}", "haproxy", "198.51.100.7",
		201, 0);
	gives("{\"client_ip\":\"198.51.100.7\",\"source\":{\"ip\":\"203.0.113.1\"},"
	      "\"http\":{\"response\":{\"status_code\":202}}}",
		"ecs", "203.0.113.1", 202, 0);
	/* two whole products: the first of the table */
	gives("{\"ClientHost\":\"203.0.113.1\",\"DownstreamStatus\":502,\"remote_addr\":\"2001:db8::7\","
	      "\"status\":200}",
		"nginx", "2001:db8::7", 200, 0);
}

static void first_name_that_holds_something_wins(void **state)
{
	(void)state;
	gives("{\"client_ip\":\"203.0.113.1\",\"remote_addr\":\"198.51.100.7\",\"status\":200}",
		"nginx", "198.51.100.7", 200, 0);
	gives("{\"remote_addr\":\"\",\"client_ip\":null,\"clientip\":\"2001:db8::7\",\"status\":200}",
		"nginx", "2001:db8::7", 200, 0);
	gives("{\"remote_addr\":\"2001:db8::7\",\"status\":200,\"time\":\"-\",\"timestamp\":\"" TEN
	      "\"}",
		"nginx", "2001:db8::7", 200, TEN_MS);
	gives("{\"remote_addr\":\"2001:db8::7\",\"status\":\"-\",\"httpRequest\":{\"status\":404}}",
		"nginx", "2001:db8::7", 404, 0);
}

/* No second try: whoever can write one of the names would choose. */
static void client_that_is_no_address_is_bad_and_no_other_is_tried(void **state)
{
	static const char *const clients[] = {"\"-\"", "\"unknown\"", "\"198.51.100.7, 10.0.0.1\"",
		"[\"198.51.100.7\"]", "123", "true", "{\"ip\":\"198.51.100.7\"}",
		"\"123.45.678.9\"", "\"2001:db8::/32\"", "\"unix:\""};

	(void)state;
	for (size_t i = 0; i < sizeof clients / sizeof *clients; i++) {
		char json[256];
		snprintf(json, sizeof json,
			"{\"remote_addr\":%s,\"client_ip\":\"198.51.100.7\",\"status\":200}",
			clients[i]);
		rejects(json, LINE_BAD_CLIENT);
	}
}

static void object_without_a_client_is_told_from_another_kind(void **state)
{
	(void)state;
	rejects("{\"status\":200,\"time\":\"" TEN "\"}", LINE_NO_CLIENT);
	rejects("{\"status\":\"200\",\"remote_addr\":\"\"}", LINE_NO_CLIENT);
	rejects("{\"response_code\":0,\"x-forwarded-for\":\"198.51.100.7\"}", LINE_NO_CLIENT);
	rejects("{\"http\":{\"response\":{\"status_code\":200}},\"host\":{\"ip\":\"192.0.2.1\"}}",
		LINE_NO_CLIENT);
	rejects("{}", LINE_OTHER);
	rejects("{\"level\":\"info\",\"msg\":\"listening\"}", LINE_OTHER);
	rejects("{\"status\":null}", LINE_OTHER);
}

/* Products that always write a status write its names beside clients in other kinds of line, too. */
static void line_without_a_status_counts_only_where_that_may_be(void **state)
{
	struct picked p;

	(void)state;
	gives("{\"remote_addr\":\"2001:db8::7\"}", "nginx", "2001:db8::7", 0, 0);
	gives("{\"remoteIP\":\"198.51.100.7\"}", "apache", "198.51.100.7", 0, 0);
	rejects("{\"ClientHost\":\"198.51.100.7\"}", LINE_OTHER);
	rejects("{\"downstream_remote_address\":\"198.51.100.7:1\"}", LINE_OTHER);
	rejects("{\"haproxy_clientIP\":\"198.51.100.7\"}", LINE_OTHER);
	rejects("{\"source\":{\"ip\":\"198.51.100.7\"}}", LINE_OTHER);
	rejects("{\"logger\":\"http.log.access\",\"request\":{\"client_ip\":\"198.51.100.7\"}}",
		LINE_OTHER);
	gives("{\"ClientHost\":\"198.51.100.7\",\"DownstreamStatus\":null}", "traefik",
		"198.51.100.7", 0, 0);
	/* it may have been cut off */
	p = extract_with(&(struct extract_config){0}, "{\"ClientHost\":\"2001:db8::7\"}", true);
	is_of(&p, "2001:db8::7", 0, "cut");
}

static void other_loggers_of_caddy_write_no_requests(void **state)
{
	(void)state;
	rejects("{\"logger\":\"http.log.error\",\"request\":{\"client_ip\":\"198.51.100.7\"},\"status\":502}",
		LINE_OTHER);
	rejects("{\"logger\":\"http.log.acces\",\"request\":{\"client_ip\":\"198.51.100.7\"},\"status\":502}",
		LINE_OTHER);
	rejects("{\"logger\":7,\"request\":{\"client_ip\":\"198.51.100.7\"},\"status\":502}",
		LINE_OTHER);
	gives("{\"request\":{\"client_ip\":\"198.51.100.7\"},\"status\":502}", "caddy",
		"198.51.100.7", 502, 0);
	gives("{\"logger\":\"http.log.access\",\"request\":{\"remote_ip\":\"2001:db8::7\"},\"status\":0}",
		"caddy", "2001:db8::7", 0, 0);
}

static void peer_that_is_not_the_client_makes_bans_unenforceable(void **state)
{
	static const struct {
		const char *json;
		bool behind;
	} cases[] = {
		{"{\"request\":{\"client_ip\":\"2001:db8::7\",\"remote_ip\":\"10.0.0.1\"},\"status\":200}",
			true},
		{"{\"request\":{\"client_ip\":\"10.0.0.1\",\"remote_ip\":\"10.0.0.1\"},\"status\":200}",
			false},
		{"{\"request\":{\"client_ip\":\"::ffff:10.0.0.1\",\"remote_ip\":\"10.0.0.1\"},\"status\":200}",
			false},
		{"{\"request\":{\"remote_ip\":\"2001:db8::7\"},\"status\":200}", false},
		{"{\"ClientHost\":\"2001:db8::7\",\"ClientAddr\":\"10.0.0.1:9\",\"DownstreamStatus\":200}",
			true},
		{"{\"ClientHost\":\"2001:db8::7\",\"ClientAddr\":\"[2001:db8::7]:9\",\"DownstreamStatus\":200}",
			false},
		{"{\"remote_addr\":\"2001:db8::7\",\"realip_remote_addr\":\"10.0.0.1\",\"status\":200}",
			true},
		{"{\"remote_addr\":\"2001:db8::7\",\"realip_remote_addr\":\"2001:db8::7\",\"status\":200}",
			false},
		{"{\"remote_addr\":\"2001:db8::7\",\"realip_remote_addr\":\"unix:\",\"status\":200}",
			false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct extract_config transparent = {.transparent = true};
		struct picked p = pick(cases[i].json);
		assert_int_equal(p.reason, LINE_OK);
		if (p.result.request.behind_proxy != cases[i].behind)
			fail_msg("behind_proxy: %s", cases[i].json);
		p = extract_with(&transparent, cases[i].json, false);
		assert_false(p.result.request.behind_proxy);
	}
}

static void forwarded_client_counts_only_behind_a_trusted_peer(void **state)
{
	static const char *const headers[] = {"http_x_forwarded_for", "x_forwarded_for",
		"x-forwarded-for", "xff", "request.headers.X-Forwarded-For",
		"request_X-Forwarded-For", "X-Forwarded-For"};
	struct allow *trusted = allow_new();
	struct address proxies = given_address("10.0.0.0/8");

	(void)state;
	assert_non_null(trusted);
	assert_true(allow_add(trusted, &proxies));
	allow_seal(trusted);
	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
		struct extract_config c = {.trusted = trusted};
		char json[256];
		snprintf(json, sizeof json,
			"{\"remote_addr\":\"10.0.0.1\",\"status\":200,\"%s\":\"203.0.113.1, 2001:db8::7\"}",
			headers[i]);
		struct picked p = extract_with(&c, json, false);
		is_of(&p, "2001:db8::7", 200, json);
		assert_true(p.result.request.behind_proxy);
		assert_string_equal(p.view.forwarded.name, headers[i]);
		c.transparent = true;
		p = extract_with(&c, json, false);
		is_of(&p, "2001:db8::7", 200, json);
		assert_false(p.result.request.behind_proxy);
		p = pick(json); /* nobody is trusted */
		is_of(&p, "10.0.0.1", 200, json);
		snprintf(json, sizeof json,
			"{\"remote_addr\":\"198.51.100.1\",\"status\":200,\"%s\":\"2001:db8::7\"}",
			headers[i]);
		c.transparent = false;
		p = extract_with(&c, json, false); /* a peer that is not */
		is_of(&p, "198.51.100.1", 200, json);
		assert_false(p.result.request.behind_proxy);
		assert_string_equal(p.view.forwarded.name, "");
	}
	/* a list of strings, as Caddy logs headers */
	static const char caddy[] =
		"{\"request\":{\"remote_ip\":\"10.0.0.1\",\"headers\":{\"X-Forwarded-For\":"
		"[\"203.0.113.1\",\"2001:db8::7, 10.0.0.2\"]}},\"status\":200}";
	struct picked p = extract_with(&(struct extract_config){.trusted = trusted}, caddy, false);
	is_of(&p, "2001:db8::7", 200, caddy);
	/* however much the client puts before it */
	static char longest[OBJECT_CAP];
	int len = snprintf(longest, sizeof longest,
		"{\"request\":{\"remote_ip\":\"10.0.0.1\",\"headers\":{\"X-Forwarded-For\":[\"");
	memset(longest + len, 'x', sizeof longest - 200);
	snprintf(longest + len + sizeof longest - 200, 200 - (size_t)len,
		"\",\"1.2.3.4, 2001:db8::7\"]}},\"status\":200}");
	p = extract_with(&(struct extract_config){.trusted = trusted}, longest, false);
	is_of(&p, "2001:db8::7", 200, "a long list");
	allow_free(trusted);
}

static void status_is_a_number_of_100_to_599_or_unknown(void **state)
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

static void time_that_is_none_is_bad_and_no_other_is_tried(void **state)
{
	static const char *const times[] = {
		"\"yesterday\"", "true", "{}", "-5", "1e999", "\"2026-11-22T10:00:00\""};

	(void)state;
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		char json[256];
		snprintf(json, sizeof json,
			"{\"remote_addr\":\"2001:db8::7\",\"status\":200,\"msec\":%s,\"time\":\"" TEN
			"\"}",
			times[i]);
		rejects(json, LINE_BAD_TIME);
	}
}

static void begin_and_duration_make_the_time(void **state)
{
	(void)state;
#define TRAEFIK "{\"ClientHost\":\"2001:db8::7\",\"DownstreamStatus\":200,\"StartUTC\":\"" TEN "\""
	gives(TRAEFIK ",\"Duration\":1500000000}", "traefik", "2001:db8::7", 200, TEN_MS + 1500);
	gives(TRAEFIK ",\"Duration\":1500000000,\"time\":\"" TEN "\"}", "traefik", "2001:db8::7",
		200, TEN_MS);
	gives(TRAEFIK "}", "traefik", "2001:db8::7", 200, TEN_MS);
	gives(TRAEFIK ",\"Duration\":-1}", "traefik", "2001:db8::7", 200, TEN_MS);
	gives(TRAEFIK ",\"Duration\":1e300}", "traefik", "2001:db8::7", 200, TEN_MS);
	gives(TRAEFIK ",\"Duration\":\"1500000000\"}", "traefik", "2001:db8::7", 200, TEN_MS);
#undef TRAEFIK
}

static void count_says_how_many_requests_a_line_stands_for(void **state)
{
	static const struct {
		const char *text;
		uint32_t count;
	} cases[] = {{"7", 7}, {"\"12\"", 12}, {"1.9", 1}, {"4294967295", 4294967295},
		{"4294967296", 1}, {"0", 1}, {"-3", 1}, {"1e999", 1}, {"null", 1}, {"\"many\"", 1},
		{"[3]", 1}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char json[128];
		snprintf(json, sizeof json, "{\"remote_addr\":\"198.51.100.7\",\"agg\":{\"n\":%s}}",
			cases[i].text);
		struct picked p =
			extract_with(&(struct extract_config){.count = "agg.n"}, json, false);
		assert_int_equal(p.reason, LINE_OK);
		if (p.result.request.count != cases[i].count)
			fail_msg("count %u: %s", p.result.request.count, json);
		assert_int_equal(pick(json).result.request.count, 1);
	}
}

static void names_of_the_options_stand_in_for_the_lists(void **state)
{
	static const char json[] =
		"{\"remote_addr\":\"203.0.113.1\",\"status\":200,\"msec\":1,"
		"\"who\":{\"ip\":\"2001:db8::7\"},\"code\":404,\"when\":\"" TEN "\"}";
	struct extract_config c = {.client = "who.ip", .status = "code", .time = "when"};
	struct picked p = extract_with(&c, json, false);

	(void)state;
	is_of(&p, "2001:db8::7", 404, json);
	assert_int_equal(p.result.request.time.ms, TEN_MS);
	assert_string_equal(p.view.client.name, "who.ip");
	/* and nothing else is tried */
	c = (struct extract_config){.client = "nobody"};
	assert_int_equal(extract_with(&c, json, false).reason, LINE_NO_CLIENT);
	c = (struct extract_config){.client = "code"};
	assert_int_equal(extract_with(&c, json, false).reason, LINE_BAD_CLIENT);
	c = (struct extract_config){.status = "nothing"};
	p = extract_with(&c, json, false);
	is_of(&p, "203.0.113.1", 0, json);
	/* who is named is the client, whoever connected */
	c = (struct extract_config){.client = "ClientHost"};
	p = extract_with(&c,
		"{\"ClientHost\":\"2001:db8::7\",\"ClientAddr\":\"10.0.0.1:9\",\"DownstreamStatus\":404}",
		false);
	is_of(&p, "2001:db8::7", 404, "named");
	assert_false(p.result.request.behind_proxy);
}

static void chosen_product_is_the_only_one(void **state)
{
	struct extract_config c = {.format = format_find("traefik")};
	struct picked p;

	(void)state;
	assert_non_null(c.format);
	assert_int_equal(
		extract_with(&c, "{\"remote_addr\":\"198.51.100.7\",\"status\":200}", false).reason,
		LINE_OTHER);
	p = extract_with(&c,
		"{\"remote_addr\":\"198.51.100.7\",\"status\":200,\"ClientHost\":\"2001:db8::7\","
		"\"DownstreamStatus\":404}",
		false);
	is_of(&p, "2001:db8::7", 404, "traefik");
}

static void name_that_cannot_be_one_is_refused(void **state)
{
	static struct extract p;
	char name[FIELDS_NAME_MAX + 2];

	(void)state;
	assert_false(extract_init(&p, &(struct extract_config){.client = ""}));
	assert_false(extract_init(&p, &(struct extract_config){.count = ""}));
	memset(name, 'n', sizeof name);
	name[sizeof name - 1] = '\0';
	assert_false(extract_init(&p, &(struct extract_config){.time = name}));
	name[sizeof name - 2] = '\0';
	assert_true(extract_init(&p, &(struct extract_config){.status = name}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_product_is_told_by_its_names),
		cmocka_unit_test(product_of_which_all_is_there_wins),
		cmocka_unit_test(first_name_that_holds_something_wins),
		cmocka_unit_test(client_that_is_no_address_is_bad_and_no_other_is_tried),
		cmocka_unit_test(object_without_a_client_is_told_from_another_kind),
		cmocka_unit_test(line_without_a_status_counts_only_where_that_may_be),
		cmocka_unit_test(other_loggers_of_caddy_write_no_requests),
		cmocka_unit_test(peer_that_is_not_the_client_makes_bans_unenforceable),
		cmocka_unit_test(forwarded_client_counts_only_behind_a_trusted_peer),
		cmocka_unit_test(status_is_a_number_of_100_to_599_or_unknown),
		cmocka_unit_test(time_that_is_none_is_bad_and_no_other_is_tried),
		cmocka_unit_test(begin_and_duration_make_the_time),
		cmocka_unit_test(count_says_how_many_requests_a_line_stands_for),
		cmocka_unit_test(names_of_the_options_stand_in_for_the_lists),
		cmocka_unit_test(chosen_product_is_the_only_one),
		cmocka_unit_test(name_that_cannot_be_one_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
