/* test_counts_read.c - which lines of counts are read, in which forms, and why other lines are
 * rejected. */
#include "core/record/counts_read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define TIME         "\"time\":\"2026-11-22T04:16:00.000Z\""
#define HEAD         "{\"event\":\"counts\"," TIME ",\"mode\":\"live\""
#define WHO          ",\"origin\":\"web1\",\"run\":1790000000123,\"seq\":48213"
#define ONE          ",\"counts\":[[\"198.51.100.7\",12,3,2]]}"
#define WHOLE        HEAD WHO ONE
#define OF(elements) HEAD WHO ",\"counts\":[" elements "]}"

static struct counts_line got;

/* Copies the line to the heap, so that a sanitizer detects a read past its end. */
static enum counts_reason read_bytes(const char *line, size_t len, bool cut)
{
	char *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, line, len);
	enum counts_reason reason = counts_read(copy, len, cut, &got);
	free(copy);
	return reason;
}

static enum counts_reason read_text(const char *line)
{
	return read_bytes(line, strlen(line), false);
}

static void assert_whole(const char *line)
{
	struct address client;

	print_message("# %.120s\n", line);
	memset(&got, 0, sizeof got);
	assert_int_equal(read_text(line), COUNTS_OK);
	assert_string_equal(got.origin, "web1");
	assert_false(got.replay);
	assert_false(got.heartbeat);
	assert_int_equal(got.time.ms, 1795320960000);
	assert_int_equal(got.run, 1790000000123);
	assert_int_equal(got.seq, 48213);
	assert_int_equal(got.elements_n, 1);
	assert_true(address_parse("198.51.100.7", 12, &client));
	assert_true(address_equal(&got.elements[0].client, &client));
	assert_int_equal(got.elements[0].requests, 12);
	assert_int_equal(got.elements[0].errors, 3);
	assert_int_equal(got.elements[0].own, 2);
}

static void line_is_read_in_each_form(void **state)
{
#define ESCAPED                                                                                    \
	"{\\\"event\\\":\\\"counts\\\",\\\"time\\\":\\\"2026-11-22T04:16:00.000Z\\\","             \
	"\\\"mode\\\":\\\"live\\\",\\\"origin\\\":\\\"web1\\\",\\\"run\\\":1790000000123,"         \
	"\\\"seq\\\":48213,\\\"counts\\\":[[\\\"198.51.100.7\\\",12,3,2]]}"
	static const char *const forms[] = {
		WHOLE,
		"counts/web1 " WHOLE,
		"web1 " WHOLE,
		"counts.web1 " WHOLE,
		"site/eu/counts/web1 " WHOLE,
		/* mosquitto_sub -F %j, without -V 5 and with it; kcat -J; mosquitto_sub -F %J */
		"{\"tst\":\"2026-11-30T08:22:14.574582Z+0000\",\"topic\":\"counts/web1\",\"qos\":1,"
		"\"retain\":0,\"payloadlen\":87,\"mid\":1,\"payload\":\"" ESCAPED "\"}",
		"{\"topic\":\"counts/web1\",\"properties\":{\"user-properties\":{\"topic\":"
		"\"counts/web9\",\"payload\":\"{}\"},\"content-type\":\"}]\"},\"payload\":"
		"\"" ESCAPED "\\n\"}",
		"{\"topic\":\"counts.web1\",\"partition\":0,\"key\":null,\"payload\":\"" ESCAPED
		"\"}",
		"{\"topic\":\"counts/web1\",\"payload\":" WHOLE "}",
		/* blanks, another order, and unknown members */
		" { \"x\" : [ 1 , { \"y\" : \"]}\\\"\" } ] , \"seq\" : 48213 , \"run\" : "
		"1790000000123 , \"counts\" : [ [ \"198.51.100.7\" , 12 , 3 , 2 ] ] , " TIME
		" , \"origin\" : \"web1\" , \"mode\" : \"live\" , \"event\" : \"counts\" } ",
		/* the first of two members with the same name counts */
		HEAD WHO ",\"origin\":\"web2\",\"seq\":1,\"counts\":[[\"198.51.100.7\",12,3,2]],"
			 "\"counts\":[]}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		assert_whole(forms[i]);
}

static void origin_with_dots_may_end_the_topic(void **state)
{
#define DOTS HEAD ",\"origin\":\"web1.example.com\",\"run\":1,\"seq\":1,\"counts\":[]}"
	(void)state;
	assert_int_equal(read_text("counts/web1.example.com " DOTS), COUNTS_OK);
	assert_int_equal(read_text("counts.web1.example.com " DOTS), COUNTS_OK);
	/* a host that may publish as a.web1 or as com must not send counts for web1 or for the
	 * whole name */
	assert_int_equal(read_text("counts/com " DOTS), COUNTS_BAD_ORIGIN);
	assert_int_equal(read_text("counts/a.web1 " WHOLE), COUNTS_BAD_ORIGIN);
	assert_int_equal(read_text("counts.a.web1 " WHOLE), COUNTS_BAD_ORIGIN);
}

static void empty_counts_are_a_heartbeat(void **state)
{
	(void)state;
	assert_int_equal(read_text(OF("")), COUNTS_OK);
	assert_true(got.heartbeat);
	assert_int_equal(got.elements_n, 0);
	assert_int_equal(read_text(OF(" ")), COUNTS_OK);
	assert_true(got.heartbeat);
}

static void client_of_an_element_may_be_a_network(void **state)
{
	struct address network;

	(void)state;
	assert_int_equal(read_text(OF("[\"2001:db8:1:2::/64\",3,0,0],[\"203.0.113.0/24\",1,1,0]")),
		COUNTS_OK);
	assert_int_equal(got.elements_n, 2);
	assert_true(address_parse_prefix("2001:db8:1:2::/64", 17, &network));
	assert_true(address_equal(&got.elements[0].client, &network));
	assert_int_equal(got.elements[1].client.prefix_len, 24);
}

struct line_case {
	const char *line;
	enum counts_reason reason;
};

static const struct line_case rejected[] = {
	{"", COUNTS_OTHER},
	{"text", COUNTS_OTHER},
	{"two words " WHOLE, COUNTS_OTHER},
	{"counts/web1" WHOLE, COUNTS_OTHER},
	{" " WHOLE "x", COUNTS_NOT_JSON},
	{" counts/web1 x" WHOLE, COUNTS_OTHER},
	{"{}", COUNTS_OTHER},
	{"{\"event\":\"ban\"," TIME "}", COUNTS_OTHER},
	{"{\"remote_addr\":\"198.51.100.7\",\"status\":200}", COUNTS_OTHER},
	{"{\"topic\":\"counts/web1\",\"payload\":\"x\\ncounts/web1 {}\"}", COUNTS_OTHER},
	{"{\"topic\":\"counts/web1\"}", COUNTS_OTHER},
	{"{\"payload\":\"{}\"}", COUNTS_OTHER},
	{"{\"topic\":\"counts/web1\",\"payload\":\"\\x\"}", COUNTS_NOT_JSON},
	{"{\"topic\":\"counts/web1\",\"payload\":null}", COUNTS_NOT_JSON},
	{WHOLE "x", COUNTS_NOT_JSON},
	{WHOLE WHOLE, COUNTS_NOT_JSON},
	{HEAD WHO, COUNTS_NOT_JSON},
	{HEAD WHO ",\"counts\":[[\"198.51.100.7\",12,3,2]]", COUNTS_NOT_JSON},
	{HEAD WHO ",\"counts\":[[\"198.51.100.7\",12,3,2]}", COUNTS_NOT_JSON},
	{HEAD WHO ",\"x\":[}],\"counts\":[]}", COUNTS_NOT_JSON},
	{HEAD WHO "}", COUNTS_NOT_JSON},
	{HEAD WHO ",\"counts\":{}}", COUNTS_NOT_JSON},
	{HEAD WHO ",\"counts\":\"\"}", COUNTS_NOT_JSON},
	{OF("[\"198.51.100.7\",1,0,0],"), COUNTS_NOT_JSON},
	{OF("[\"198.51.100.7\",1,0,0] [\"198.51.100.7\",1,0,0]"), COUNTS_NOT_JSON},
	{OF("1"), COUNTS_NOT_JSON},
	{OF("{\"198.51.100.7\":1}"), COUNTS_NOT_JSON},
	{"{\"event\":\"counts\"," TIME WHO ONE, COUNTS_NOT_JSON},
	{"{\"event\":\"counts\"," TIME ",\"mode\":\"now\"" WHO ONE, COUNTS_NOT_JSON},
	{"{\"event\":\"counts\",\"mode\":\"live\"" WHO ONE, COUNTS_BAD_TIME},
	{"{\"event\":\"counts\",\"time\":\"today\",\"mode\":\"live\"" WHO ONE, COUNTS_BAD_TIME},
	{"{\"event\":\"counts\",\"time\":1795320960,\"mode\":\"live\"" WHO ONE, COUNTS_BAD_TIME},
	{"{\"event\":\"counts\",\"time\":\"2026-11-22T04:16:00\",\"mode\":\"live\"" WHO ONE,
		COUNTS_BAD_TIME},
	{HEAD ",\"run\":1,\"seq\":1" ONE, COUNTS_BAD_ORIGIN},
	{HEAD ",\"origin\":1,\"run\":1,\"seq\":1" ONE, COUNTS_BAD_ORIGIN},
	{HEAD ",\"origin\":\"\",\"run\":1,\"seq\":1" ONE, COUNTS_BAD_ORIGIN},
	{HEAD ",\"origin\":\"a b\",\"run\":1,\"seq\":1" ONE, COUNTS_BAD_ORIGIN},
	{HEAD ",\"origin\":\"web\\u0031\",\"run\":1,\"seq\":1" ONE, COUNTS_BAD_ORIGIN},
	{"counts/web2 " WHOLE, COUNTS_BAD_ORIGIN},
	{"counts/web1/ " WHOLE, COUNTS_BAD_ORIGIN},
	{"counts/xweb1 " WHOLE, COUNTS_BAD_ORIGIN},
	{"{\"topic\":\"counts/web2\",\"payload\":" WHOLE "}", COUNTS_BAD_ORIGIN},
	{"{\"topic\":\"counts/web2\",\"topic\":\"counts/web1\",\"payload\":" WHOLE "}",
		COUNTS_BAD_ORIGIN},
	{HEAD ",\"origin\":1,\"origin\":\"web1\",\"run\":1,\"seq\":1" ONE, COUNTS_BAD_ORIGIN},
	{HEAD ",\"origin\":\"web1\",\"run\":\"x\",\"run\":1,\"seq\":1" ONE, COUNTS_NOT_JSON},
	{HEAD ",\"origin\":\"web1\",\"run\":0,\"seq\":1" ONE, COUNTS_NOT_JSON},
	{HEAD ",\"origin\":\"web1\",\"run\":1,\"seq\":0" ONE, COUNTS_NOT_JSON},
	{HEAD ",\"origin\":\"web1\",\"run\":1,\"seq\":-1" ONE, COUNTS_NOT_JSON},
	{HEAD ",\"origin\":\"web1\",\"run\":1,\"seq\":1.5" ONE, COUNTS_NOT_JSON},
	{HEAD ",\"origin\":\"web1\",\"run\":\"1\",\"seq\":1" ONE, COUNTS_NOT_JSON},
	{HEAD ",\"origin\":\"web1\",\"run\":1,\"seq\":9007199254740993" ONE, COUNTS_NOT_JSON},
	{HEAD ",\"origin\":\"web1\",\"run\":1,\"seq\":99999999999999999999" ONE, COUNTS_NOT_JSON},
};

static void other_lines_are_rejected_by_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rejected / sizeof *rejected; i++) {
		enum counts_reason reason = read_text(rejected[i].line);
		if (reason != rejected[i].reason)
			print_error("%s\n", rejected[i].line);
		assert_int_equal(reason, rejected[i].reason);
	}
}

static void bad_elements_are_left_out(void **state)
{
	static const struct {
		const char *element;
		size_t clients, counts;
	} cases[] = {
		{"[\"198.51.100.7\",1000000,1000000,1000000]", 0, 0},
		{"[\"198.51.100.7\",0,0,0]", 0, 1},
		{"[\"198.51.100.7\",-1,0,0]", 0, 1},
		{"[\"198.51.100.7\",1000001,0,0]", 0, 1},
		{"[\"198.51.100.7\",4294967297,0,0]", 0, 1},
		{"[\"198.51.100.7\",1.5,0,0]", 0, 1},
		{"[\"198.51.100.7\",01,0,0]", 0, 1},
		{"[\"198.51.100.7\",1e3,0,0]", 0, 1},
		{"[\"198.51.100.7\",null,0,0]", 0, 1},
		{"[\"198.51.100.7\",\"1\",0,0]", 0, 1},
		{"[\"198.51.100.7\",1,2,0]", 0, 1},
		{"[\"198.51.100.7\",1,0,1]", 0, 1},
		{"[\"198.51.100.7\",1,0]", 0, 1},
		{"[\"198.51.100.7\"]", 0, 1},
		{"[\"198.51.100.7\",1,0,0,0]", 0, 1},
		{"[\"198.51.100.7\",1,[0],0]", 0, 1},
		{"[\"2001:db8:1:2::/64\",1,1,2]", 0, 1},
		{"[\"198.51.100.777\",1,0,0]", 1, 0},
		{"[\"2001:db8::/129\",1,0,0]", 1, 0},
		{"[\"web1.example.com\",1,0,0]", 1, 0},
		{"[\"\",1,0,0]", 1, 0},
		{"[1,1,0,0]", 1, 0},
		{"[]", 1, 0},
		{"[[\"198.51.100.7\"],1,0,0]", 1, 0},
	};
	char line[512];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		snprintf(line, sizeof line, "%s%s%s",
			HEAD WHO ",\"counts\":[[\"203.0.113.1\",1,0,0],", cases[i].element,
			",[\"2001:db8::/64\",2,0,0]]}");
		print_message("# %s\n", cases[i].element);
		assert_int_equal(read_text(line), COUNTS_OK);
		assert_int_equal(got.bad_clients, cases[i].clients);
		assert_int_equal(got.bad_counts, cases[i].counts);
		assert_int_equal(got.elements_n, 3 - cases[i].clients - cases[i].counts);
		assert_int_equal(got.elements[got.elements_n - 1].requests, 2);
	}
}

static void every_beginning_of_a_line_is_rejected(void **state)
{
	static const char line[] = "{\"topic\":\"counts/web1\",\"payload\":" WHOLE "}";

	(void)state;
	for (size_t len = 0; len + 1 < sizeof line; len++)
		assert_int_not_equal(read_bytes(line, len, false), COUNTS_OK);
	assert_int_equal(read_bytes(line, sizeof line - 1, true), COUNTS_TOO_LONG);
}

/* Writes as many of the shortest elements as an object can contain. */
static size_t put_elements(char *out, size_t cap)
{
	size_t len = (size_t)snprintf(out, cap, "%s", HEAD WHO ",\"counts\":[");
	const char *sep = "";

	while (len + 16 < COUNTS_BYTES_MAX) {
		len += (size_t)snprintf(out + len, cap - len, "%s[\"::\",1,0,0]", sep);
		sep = ",";
	}
	return len + (size_t)snprintf(out + len, cap - len, "]}");
}

static void line_may_contain_the_maximum_number_of_elements(void **state)
{
	char line[2 * COUNTS_BYTES_MAX];
	size_t len = put_elements(line, sizeof line);

	(void)state;
	assert_in_range(len, COUNTS_BYTES_MAX - 16, COUNTS_BYTES_MAX - 1);
	assert_int_equal(read_bytes(line, len, false), COUNTS_OK);
	assert_in_range(got.elements_n, 290, COUNTS_ELEMENTS_MAX);
	memset(line + len, ' ', COUNTS_BYTES_MAX - len);
	assert_int_equal(read_bytes(line, COUNTS_BYTES_MAX - 1, false), COUNTS_OK);
	assert_int_equal(read_bytes(line, COUNTS_BYTES_MAX, false), COUNTS_TOO_LONG);
}

static void overlong_line_is_rejected_as_too_long(void **state)
{
	static char line[COUNTS_LINE_MAX + 64];
	int len = snprintf(
		line, sizeof line, "{\"topic\":\"counts/web1\",\"payload\":%s,\"x\":\"", WHOLE);

	(void)state;
	memset(line + len, 'x', sizeof line - (size_t)len);
	memcpy(line + COUNTS_LINE_MAX - 2, "\"}", 2);
	assert_int_equal(read_bytes(line, COUNTS_LINE_MAX, false), COUNTS_OK);
	memcpy(line + COUNTS_LINE_MAX - 2, "x\"}", 3);
	assert_int_equal(read_bytes(line, COUNTS_LINE_MAX + 1, false), COUNTS_TOO_LONG);
}

static void deeply_nested_members_are_rejected(void **state)
{
	char line[512];
	char open[64], close[64];

	(void)state;
	for (int depth = 31; depth <= 33; depth++) {
		memset(open, '[', sizeof open);
		memset(close, ']', sizeof close);
		snprintf(line, sizeof line, "{\"x\":%.*s%.*s,%s", depth, open, depth, close,
			(HEAD WHO ONE) + 1);
		assert_int_equal(read_text(line), depth <= 32 ? COUNTS_OK : COUNTS_NOT_JSON);
	}
}

static void each_reason_has_a_counter(void **state)
{
	struct counters c = {0};

	(void)state;
	assert_null(counts_counter(&c, COUNTS_OK));
	assert_ptr_equal(counts_counter(&c, COUNTS_OTHER), &c.other);
	assert_ptr_equal(counts_counter(&c, COUNTS_NOT_JSON), &c.not_json);
	assert_ptr_equal(counts_counter(&c, COUNTS_BAD_TIME), &c.bad_time);
	assert_ptr_equal(counts_counter(&c, COUNTS_BAD_ORIGIN), &c.bad_origin);
	assert_ptr_equal(counts_counter(&c, COUNTS_TOO_LONG), &c.too_long);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(line_is_read_in_each_form),
		cmocka_unit_test(origin_with_dots_may_end_the_topic),
		cmocka_unit_test(empty_counts_are_a_heartbeat),
		cmocka_unit_test(client_of_an_element_may_be_a_network),
		cmocka_unit_test(other_lines_are_rejected_by_reason),
		cmocka_unit_test(bad_elements_are_left_out),
		cmocka_unit_test(every_beginning_of_a_line_is_rejected),
		cmocka_unit_test(line_may_contain_the_maximum_number_of_elements),
		cmocka_unit_test(overlong_line_is_rejected_as_too_long),
		cmocka_unit_test(deeply_nested_members_are_rejected),
		cmocka_unit_test(each_reason_has_a_counter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
