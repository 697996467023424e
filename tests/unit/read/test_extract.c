/* test_extract.c - for each product, which members of an object make the request, and why other
 * objects make none. The objects are given as text and parsed by object.h. test_extract_values.c
 * tests the values of the members. */
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

static void each_product_is_recognised_by_its_names(void **state)
{
	(void)state;
	gives("{\"remote_addr\":\"198.51.100.7\",\"status\":200,\"msec\":1795341600.000}", "nginx",
		"198.51.100.7", 200, TEN_MS);
	gives("{\"httpRequest\":{\"remoteIp\":\"2001:db8::7\",\"status\":404},\"timestamp\":\"" TEN
	      "\"}",
		"nginx", "2001:db8::7", 404, TEN_MS);
	gives("{\"ts\":1795341600,\"logger\":\"http.log.access.log0\","
	      "\"request\":{\"remote_ip\":\"2001:db8::7\","
	      "\"client_ip\":\"203.0.113.66\"},\"status\":401}",
		"caddy", "2001:db8::7", 401, TEN_MS);
	gives("{\"request\":{\"remote_addr\":\"198.51.100.7:1\"},\"status\":401}", "caddy",
		"198.51.100.7", 401, 0);
	gives("{\"ClientAddr\":\"198.51.100.7:1\",\"ClientHost\":\"203.0.113.66\","
	      "\"DownstreamStatus\":502,"
	      "\"OriginStatus\":200,\"time\":\"" TEN "\"}",
		"traefik", "198.51.100.7", 502, TEN_MS);
	gives("{\"downstream_remote_address\":\"[2001:db8::7]:33045\",\"response_code\":301,"
	      "\"start_time\":\"" TEN "\"}",
		"envoy", "2001:db8::7", 301, TEN_MS);
	gives("{\"client_ip\":\"198.51.100.7\",\"status_code\":\"503\","
	      "\"request_date\":\"22/Nov/2026:10:00:00 "
	      "+0000\"}",
		"haproxy", "198.51.100.7", 503, TEN_MS);
	gives("{\"haproxy_clientIP\":\"2001:db8::7\",\"haproxy_statusCode\":\"200\"}", "haproxy",
		"2001:db8::7", 200, 0);
	gives("{\"remoteIP\":\"198.51.100.7\",\"status\":\"404\",\"time\":\"" TEN "\"}", "apache",
		"198.51.100.7", 404, TEN_MS);
	gives("{\"client_ip\":\"2001:db8::7\",\"latencies\":{\"request\":250},"
	      "\"started_at\":1795341600000,"
	      "\"response\":{\"status\":404}}",
		"kong", "2001:db8::7", 404, TEN_MS + 250);
	gives("{\"client_ip\":\"198.51.100.7\",\"route_id\":\"1\",\"start_time\":1795341600000,"
	      "\"response\":{\"status\":404}}",
		"apisix", "198.51.100.7", 404, TEN_MS);
	gives("{\"client_ip\":\"2001:db8::7\",\"service_id\":\"1\",\"start_time\":1795341600000,"
	      "\"latency\":1.5,\"response\":{\"status\":404}}",
		"apisix", "2001:db8::7", 404, TEN_MS + 1);
	gives("{\"req\":{\"remoteAddress\":\"::ffff:198.51.100.7\"},\"res\":{\"statusCode\":404},"
	      "\"time\":1795341600000}",
		"pino", "198.51.100.7", 404, TEN_MS);
	gives("{\"remote\":\"2001:db8::7\",\"code\":\"404\",\"date\":1795341600.0}", "fluentbit",
		"2001:db8::7", 404, TEN_MS);
	gives("{\"remote\":\"198.51.100.7\",\"status\":404,\"ts\":1795341600}", "generic",
		"198.51.100.7", 404, TEN_MS);
	gives("{\"source\":{\"ip\":\"2001:db8::7\"},\"http\":{\"response\":{\"status_code\":404}},"
	      "\"@timestamp\":\"" TEN "\",\"host\":{\"ip\":\"192.0.2.1\"}}",
		"ecs", "2001:db8::7", 404, TEN_MS);
	gives("{\"source.ip\":\"198.51.100.7\",\"http.response.status_code\":200}", "ecs",
		"198.51.100.7", 200, 0);
	gives("{\"source.ip\":\"198.51.100.7\",\"http\":{\"response.status_code\":200}}", "ecs",
		"198.51.100.7", 200, 0);
}

/* Some servers log a header of the client under a member name of another product. Such a member
 * does not change the product of a line. */
static void line_with_the_peer_member_of_nginx_is_parsed_as_nginx(void **state)
{
	(void)state;
	gives("{\"remote_addr\":\"198.51.100.7\",\"client_ip\":\"203.0.113.66\","
	      "\"status_code\":201}",
		"nginx", "198.51.100.7", 201, 0);
	gives("{\"remote_addr\":\"2001:db8::7\",\"client_ip\":\"203.0.113.66\",\"status_code\":201,"
	      "\"request_date\":\"22/Nov/2026:10:00:00 +0000\"}",
		"nginx", "2001:db8::7", 201, 0);
	gives("{\"remote_addr\":\"198.51.100.7\",\"source\":{\"ip\":\"203.0.113.66\"},"
	      "\"http\":{\"response\":{\"status_code\":202}}}",
		"nginx", "198.51.100.7", 202, 0);
	/* all members of two products are present: the product that comes first in the table of
	 * format.c is used */
	gives("{\"ClientAddr\":\"203.0.113.66:1\",\"DownstreamStatus\":502,"
	      "\"remote_addr\":\"2001:db8::7\","
	      "\"status\":200}",
		"nginx", "2001:db8::7", 200, 0);
}

/* The marks of a product are the members that only this product writes (format.h). If they are
 * missing, nothing proves that the server wrote client_ip: a client may have sent it in a
 * header. */
static void client_ip_is_a_peer_only_with_the_marks_of_a_product(void **state)
{
	(void)state;
	rejects("{\"client_ip\":\"198.51.100.7\",\"status\":200}", LINE_NO_CLIENT);
	rejects("{\"client_ip\":\"2001:db8::7\",\"status_code\":201}", LINE_NO_CLIENT);
	rejects("{\"slb_ip\":\"10.0.0.1\",\"client_ip\":\"198.51.100.7\",\"status\":200}",
		LINE_NO_CLIENT);
	rejects("{\"real_ip\":\"198.51.100.7\",\"status\":200}", LINE_NO_CLIENT);
	/* some, but not all, of the product's marks are present */
	rejects("{\"client_ip\":\"198.51.100.7\",\"latencies\":{},\"response\":{\"status\":200}}",
		LINE_NO_CLIENT);
	rejects("{\"client_ip\":\"198.51.100.7\",\"route_id\":\"1\",\"response\":{\"status\":200}}",
		LINE_NO_CLIENT);
	rejects("{\"client_ip\":\"198.51.100.7\",\"start_time\":1,\"response\":{\"status\":200}}",
		LINE_NO_CLIENT);
}

/* Some published formats for nginx log $remote_addr under one of these three names. None of these
 * formats contains two of the names. */
static void each_of_three_names_is_a_peer_only_without_the_others(void **state)
{
	static const char *const names[] = {"source_ip", "clientip", "remote_ip"};

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char json[256];
		snprintf(json, sizeof json, "{\"%s\":\"2001:db8::7\",\"status\":404}", names[i]);
		gives(json, "nginx", "2001:db8::7", 404, 0);
		snprintf(json, sizeof json,
			"{\"%s\":\"203.0.113.66\",\"remote_addr\":\"2001:db8::7\",\"status\":404}",
			names[i]);
		gives(json, "nginx", "2001:db8::7", 404, 0);
		snprintf(json, sizeof json,
			"{\"%s\":\"203.0.113.66\",\"%s\":\"2001:db8::7\",\"status\":404}", names[i],
			names[(i + 1) % 3]);
		rejects(json, LINE_NO_CLIENT);
	}
}

static void first_member_of_a_list_that_has_a_value_is_read(void **state)
{
	(void)state;
	gives("{\"request\":{\"remote_addr\":\"203.0.113.66:1\",\"remote_ip\":\"198.51.100.7\"},"
	      "\"status\":200}",
		"caddy", "198.51.100.7", 200, 0);
	gives("{\"remote_addr\":\"2001:db8::7\",\"status\":200,\"time\":\"-\",\"timestamp\":\"" TEN
	      "\"}",
		"nginx", "2001:db8::7", 200, TEN_MS);
	gives("{\"remote_addr\":\"2001:db8::7\",\"status\":\"-\",\"httpRequest\":{\"status\":404}}",
		"nginx", "2001:db8::7", 404, 0);
}

/* If the server wrote an empty address, no other member replaces it, because a client could fill
 * that member. */
static void empty_peer_is_no_client(void **state)
{
	(void)state;
	rejects("{\"remote_addr\":\"\",\"clientip\":\"2001:db8::7\",\"status\":200}",
		LINE_NO_CLIENT);
	rejects("{\"remote_addr\":null,\"xff\":\"198.51.100.7\",\"status\":200}", LINE_NO_CLIENT);
	rejects("{\"request\":{\"remote_ip\":\"\",\"remote_addr\":\"198.51.100.7\"},"
		"\"status\":200}",
		LINE_NO_CLIENT);
	rejects("{\"remote_addr\":\"\"}", LINE_NO_CLIENT);
}

/* If the client member has a value that is no address, no other member is tried. Otherwise a client
 * that can write another member could choose its address. */
static void client_that_is_no_address_is_bad_and_no_other_is_tried(void **state)
{
	static const char *const clients[] = {"\"-\"", "\"unknown\"", "\"198.51.100.7, 10.0.0.1\"",
		"[\"198.51.100.7\"]", "123", "true", "{\"ip\":\"198.51.100.7\"}",
		"\"123.45.678.9\"", "\"2001:db8::7/32\"", "\"unix:\""};

	(void)state;
	for (size_t i = 0; i < sizeof clients / sizeof *clients; i++) {
		char json[256];
		snprintf(json, sizeof json,
			"{\"remote_addr\":%s,\"client_ip\":\"198.51.100.7\",\"status\":200}",
			clients[i]);
		rejects(json, LINE_BAD_CLIENT);
	}
}

static void object_of_an_access_log_without_a_client_is_rejected_as_no_client(void **state)
{
	(void)state;
	rejects("{\"status\":200,\"time\":\"" TEN "\"}", LINE_NO_CLIENT);
	rejects("{\"status\":\"200\",\"remote_addr\":\"\"}", LINE_NO_CLIENT);
	rejects("{\"response_code\":0,\"x-forwarded-for\":\"198.51.100.7\"}", LINE_NO_CLIENT);
	rejects("{\"http\":{\"response\":{\"status_code\":200}},\"host\":{\"ip\":\"192.0.2.1\"}}",
		LINE_NO_CLIENT);
	rejects("{}", LINE_OTHER);
	rejects("{\"level\":\"info\",\"msg\":\"listening\"}", LINE_OTHER);
	rejects("{\"status\":null}", LINE_NO_CLIENT);
	/* a forwarded address and a path also show a request */
	rejects("{\"xff\":\"198.51.100.7\",\"uri\":\"/\"}", LINE_NO_CLIENT);
	rejects("{\"xff\":\"198.51.100.7\"}", LINE_OTHER);
	rejects("{\"uri\":\"/\"}", LINE_OTHER);
}

/* Products that always write a status also name clients in lines of other kinds. */
static void line_without_a_status_counts_only_if_its_product_allows_it(void **state)
{
	struct picked p;

	(void)state;
	gives("{\"remote_addr\":\"2001:db8::7\"}", "nginx", "2001:db8::7", 0, 0);
	gives("{\"source_ip\":\"198.51.100.7\"}", "nginx", "198.51.100.7", 0, 0);
	rejects("{\"remoteIP\":\"198.51.100.7\"}", LINE_OTHER);
	rejects("{\"remoteAddr\":\"2001:db8::7\",\"time\":\"" TEN "\",\"method\":\"GET\"}",
		LINE_OTHER);
	rejects("{\"ClientAddr\":\"198.51.100.7:1\"}", LINE_OTHER);
	rejects("{\"client_ip\":\"198.51.100.7\",\"request_date\":\"x\"}", LINE_OTHER);
	rejects("{\"req\":{\"remoteAddress\":\"2001:db8::7\"},\"time\":1795341600}", LINE_OTHER);
	rejects("{\"src_ip\":\"198.51.100.7\",\"time\":1795341600}", LINE_OTHER);
	rejects("{\"downstream_remote_address\":\"198.51.100.7:1\"}", LINE_OTHER);
	rejects("{\"haproxy_clientIP\":\"198.51.100.7\"}", LINE_OTHER);
	rejects("{\"source\":{\"ip\":\"198.51.100.7\"}}", LINE_OTHER);
	rejects("{\"logger\":\"http.log.access\",\"request\":{\"remote_ip\":\"198.51.100.7\"}}",
		LINE_OTHER);
	gives("{\"ClientAddr\":\"198.51.100.7:1\",\"DownstreamStatus\":null}", "traefik",
		"198.51.100.7", 0, 0);
	/* the status may have been cut off */
	p = extract_with(&(struct extract_config){0}, "{\"ClientAddr\":\"[2001:db8::7]:1\"}", true);
	is_of(&p, "2001:db8::7", 0, "cut");
}

static void other_loggers_of_caddy_write_no_requests(void **state)
{
	(void)state;
	rejects("{\"logger\":\"http.log.error\",\"request\":{\"remote_ip\":\"198.51.100.7\"},"
		"\"status\":502}",
		LINE_OTHER);
	rejects("{\"logger\":\"http.log.acces\",\"request\":{\"remote_ip\":\"198.51.100.7\"},"
		"\"status\":502}",
		LINE_OTHER);
	rejects("{\"logger\":7,\"request\":{\"remote_ip\":\"198.51.100.7\"},\"status\":502}",
		LINE_OTHER);
	gives("{\"request\":{\"remote_ip\":\"198.51.100.7\"},\"status\":502}", "caddy",
		"198.51.100.7", 502, 0);
	gives("{\"logger\":\"http.log.access\",\"request\":{\"remote_ip\":\"2001:db8::7\"},"
	      "\"status\":0}",
		"caddy", "2001:db8::7", 0, 0);
}

static void peer_that_is_not_the_client_makes_bans_unenforceable(void **state)
{
	static const struct {
		const char *json;
		bool behind;
	} cases[] = {
		{"{\"request\":{\"client_ip\":\"203.0.113.66\",\"remote_ip\":\"2001:db8::7\"},"
		 "\"status\":200}",
			false},
		{"{\"ClientHost\":\"203.0.113.66\",\"ClientAddr\":\"10.0.0.1:9\","
		 "\"DownstreamStatus\":200}",
			false},
		{"{\"downstream_remote_address\":\"2001:db8::7\","
		 "\"downstream_direct_remote_address\":\"10.0.0.1:9\",\"response_code\":200}",
			true},
		{"{\"downstream_remote_address\":\"198.51.100.7\","
		 "\"downstream_direct_remote_address\":\"198.51.100.7:9\",\"response_code\":200}",
			false},
		{"{\"remote_addr\":\"10.0.0.1\",\"realip_remote_addr\":\"::ffff:10.0.0.1\","
		 "\"status\":200}",
			false},
		{"{\"remote_addr\":\"2001:db8::7\",\"realip_remote_addr\":\"10.0.0.1\","
		 "\"status\":200}",
			true},
		{"{\"remote_addr\":\"2001:db8::7\",\"realip_remote_addr\":\"2001:db8::7\","
		 "\"status\":200}",
			false},
		{"{\"remote_addr\":\"2001:db8::7\",\"realip_remote_addr\":\"unix:\","
		 "\"status\":200}",
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
		"request.headers.x-forwarded-for", "req.headers.x-forwarded-for",
		"request_X-Forwarded-For", "X-Forwarded-For", "client_ip", "real_ip", "remote_ip",
		"source_ip", "clientip"};
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
			"{\"remote_addr\":\"10.0.0.1\",\"status\":200,\"%s\":\"203.0.113.1, "
			"2001:db8::7\"}",
			headers[i]);
		struct picked p = extract_with(&c, json, false);
		is_of(&p, "2001:db8::7", 200, json);
		assert_true(p.result.request.behind_proxy);
		assert_string_equal(p.view.forwarded.name, headers[i]);
		c.transparent = true;
		p = extract_with(&c, json, false);
		is_of(&p, "2001:db8::7", 200, json);
		assert_false(p.result.request.behind_proxy);
		p = pick(json); /* without --trust-proxy, no proxy is trusted */
		is_of(&p, "10.0.0.1", 200, json);
		snprintf(json, sizeof json,
			"{\"remote_addr\":\"198.51.100.1\",\"status\":200,\"%s\":\"2001:db8::7\"}",
			headers[i]);
		c.transparent = false;
		p = extract_with(&c, json, false); /* the peer is not trusted */
		is_of(&p, "198.51.100.1", 200, json);
		assert_false(p.result.request.behind_proxy);
		assert_string_equal(p.view.forwarded.name, "");
	}
	allow_free(trusted);
}

static void last_string_of_a_list_is_the_client_behind_a_proxy(void **state)
{
	struct allow *trusted = allow_new();
	struct address proxies = given_address("10.0.0.0/8");

	(void)state;
	assert_non_null(trusted);
	assert_true(allow_add(trusted, &proxies));
	allow_seal(trusted);
	/* client_ip has Caddy's own choice: the first value of X-Forwarded-For, which the client
	 * wrote */
	static const char chosen[] =
		"{\"request\":{\"remote_ip\":\"10.0.0.1\",\"client_ip\":\"203.0.113.66\"},"
		"\"status\":200}";
	struct picked alone =
		extract_with(&(struct extract_config){.trusted = trusted}, chosen, false);
	is_of(&alone, "10.0.0.1", 200, chosen);
	/* a list of strings, as Caddy logs headers */
	static const char caddy[] =
		"{\"request\":{\"remote_ip\":\"10.0.0.1\",\"headers\":{\"X-Forwarded-For\":"
		"[\"203.0.113.1\",\"2001:db8::7, 10.0.0.2\"]}},\"status\":200}";
	struct picked p = extract_with(&(struct extract_config){.trusted = trusted}, caddy, false);
	is_of(&p, "2001:db8::7", 200, caddy);
	/* the client stays the same if the part of the list that the client wrote is as long as a
	 * line can be */
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

static void only_the_member_that_an_option_names_is_read(void **state)
{
	static const char json[] =
		"{\"remote_addr\":\"203.0.113.1\",\"status\":200,\"msec\":1,"
		"\"who\":{\"ip\":\"2001:db8::7\"},\"code\":404,\"when\":\"" TEN "\"}";
	struct extract_config c = {.names = {.client = "who.ip", .status = "code", .time = "when"}};
	struct picked p = extract_with(&c, json, false);

	(void)state;
	is_of(&p, "2001:db8::7", 404, json);
	assert_int_equal(p.result.request.time.ms, TEN_MS);
	assert_string_equal(p.view.client.name, "who.ip");
	/* no other member is tried */
	c = (struct extract_config){.names = {.client = "nobody"}};
	assert_int_equal(extract_with(&c, json, false).reason, LINE_NO_CLIENT);
	c = (struct extract_config){.names = {.client = "code"}};
	assert_int_equal(extract_with(&c, json, false).reason, LINE_BAD_CLIENT);
	c = (struct extract_config){.names = {.status = "nothing"}};
	p = extract_with(&c, json, false);
	is_of(&p, "203.0.113.1", 0, json);
	/* the named member is the client, whatever address connected */
	c = (struct extract_config){.names = {.client = "ClientHost"}};
	p = extract_with(&c,
		"{\"ClientHost\":\"2001:db8::7\",\"ClientAddr\":\"10.0.0.1:9\","
		"\"DownstreamStatus\":404}",
		false);
	is_of(&p, "2001:db8::7", 404, "named");
	assert_false(p.result.request.behind_proxy);
}

static void only_the_chosen_product_is_tried(void **state)
{
	struct extract_config c = {.format = format_find("traefik")};
	struct picked p;

	(void)state;
	assert_non_null(c.format);
	assert_int_equal(
		extract_with(&c, "{\"remote_addr\":\"198.51.100.7\",\"status\":200}", false).reason,
		LINE_NO_CLIENT);
	assert_int_equal(
		extract_with(&c, "{\"remote_addr\":\"198.51.100.7\"}", false).reason, LINE_OTHER);
	p = extract_with(&c,
		"{\"remote_addr\":\"198.51.100.7\",\"status\":200,"
		"\"ClientAddr\":\"[2001:db8::7]:1\","
		"\"DownstreamStatus\":404}",
		false);
	is_of(&p, "2001:db8::7", 404, "traefik");
}

static void empty_or_overlong_name_is_refused(void **state)
{
	static struct extract p;
	char name[FIELDS_NAME_MAX + 2];

	(void)state;
	assert_false(extract_init(&p, &(struct extract_config){.names = {.client = ""}}));
	assert_false(extract_init(&p, &(struct extract_config){.count = ""}));
	memset(name, 'n', sizeof name);
	name[sizeof name - 1] = '\0';
	assert_false(extract_init(&p, &(struct extract_config){.names = {.time = name}}));
	name[sizeof name - 2] = '\0';
	assert_true(extract_init(&p, &(struct extract_config){.names = {.status = name}}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_product_is_recognised_by_its_names),
		cmocka_unit_test(line_with_the_peer_member_of_nginx_is_parsed_as_nginx),
		cmocka_unit_test(client_ip_is_a_peer_only_with_the_marks_of_a_product),
		cmocka_unit_test(each_of_three_names_is_a_peer_only_without_the_others),
		cmocka_unit_test(first_member_of_a_list_that_has_a_value_is_read),
		cmocka_unit_test(empty_peer_is_no_client),
		cmocka_unit_test(client_that_is_no_address_is_bad_and_no_other_is_tried),
		cmocka_unit_test(object_of_an_access_log_without_a_client_is_rejected_as_no_client),
		cmocka_unit_test(line_without_a_status_counts_only_if_its_product_allows_it),
		cmocka_unit_test(other_loggers_of_caddy_write_no_requests),
		cmocka_unit_test(peer_that_is_not_the_client_makes_bans_unenforceable),
		cmocka_unit_test(forwarded_client_counts_only_behind_a_trusted_peer),
		cmocka_unit_test(last_string_of_a_list_is_the_client_behind_a_proxy),
		cmocka_unit_test(only_the_member_that_an_option_names_is_read),
		cmocka_unit_test(only_the_chosen_product_is_tried),
		cmocka_unit_test(empty_or_overlong_name_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
