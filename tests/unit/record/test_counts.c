/* test_counts.c - which names a host may have in a line of counts, and how such a line is
 * written. */
#include "core/record/counts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

struct name_case {
	const char *name;
	bool valid;
};

static void origins_are_plain_words(void **state)
{
	static const struct name_case cases[] = {
		{"web1", true},
		{"9", true},
		{"edge-1.example_eu", true},
		{"", false},
		{"-web1", false},
		{".web1", false},
		{"web/1", false},
		{"web 1", false},
		{"web\"1", false},
		{"web+", false},
		{"w\xc3\xa9", false},
		{"web\x1b", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(
			counts_is_origin(cases[i].name, strlen(cases[i].name)), cases[i].valid);
}

static void origins_have_63_bytes_at_most(void **state)
{
	char name[COUNTS_ORIGIN_MAX + 2];

	(void)state;
	memset(name, 'a', sizeof name);
	assert_true(counts_is_origin(name, COUNTS_ORIGIN_MAX));
	assert_false(counts_is_origin(name, COUNTS_ORIGIN_MAX + 1));
	assert_false(counts_is_origin("a\0b", 3));
}

static const struct counts_head head = {
	.origin = "web1", .run = {1790000000123}, .seq = 48213, .time = {1795320960000}};

static char text[COUNTS_BYTES_MAX];

static struct counts_client given_client(
	const char *name, uint64_t n, uint64_t errors, uint64_t own)
{
	struct counts_client c = {.requests = n, .errors = errors, .own = own};

	assert_true(address_parse_prefix(name, strlen(name), &c.client));
	return c;
}

static void line_matches_the_manual(void **state)
{
	struct counts_client a = given_client("198.51.100.7", 12, 12, 12);
	struct counts_client b = given_client("2001:db8:1:2::/64", 3, 0, 0);
	struct buf line;

	(void)state;
	buf_init(&line, text, sizeof text);
	counts_begin(&line, &head);
	assert_true(counts_put(&line, &a) && counts_put(&line, &b));
	counts_end(&line);
	static const char want[] =
		"{\"event\":\"counts\",\"time\":\"2026-11-22T04:16:00.000Z\",\"mode\":\"live\","
		"\"origin\":\"web1\",\"run\":1790000000123,\"seq\":48213,"
		"\"counts\":[[\"198.51.100.7\",12,12,12],[\"2001:db8:1:2::/64\",3,0,0]]}\n";
	assert_int_equal(line.len, sizeof want - 1);
	assert_memory_equal(text, want, line.len);
}

static void line_without_clients_is_a_heartbeat(void **state)
{
	struct counts_head replay = head;
	struct buf line;

	(void)state;
	replay.replay = true;
	replay.time.ms += 789;
	buf_init(&line, text, sizeof text);
	counts_begin(&line, &replay);
	counts_end(&line);
	static const char want[] =
		"{\"event\":\"counts\",\"time\":\"2026-11-22T04:16:00.789Z\",\"mode\":\"replay\","
		"\"origin\":\"web1\",\"run\":1790000000123,\"seq\":48213,\"counts\":[]}\n";
	assert_int_equal(line.len, sizeof want - 1);
	assert_memory_equal(text, want, line.len);
}

/* Each element has 1 to 1,000,000 requests, and own <= errors <= requests. */
static void large_counts_are_split(void **state)
{
	static const struct {
		uint64_t requests, errors, own;
		const char *want;
	} cases[] = {
		{1000000, 1000000, 1000000, "[\"::1\",1000000,1000000,1000000]"},
		{1000001, 0, 0, "[\"::1\",1000000,0,0],[\"::1\",1,0,0]"},
		{2500000, 1200000, 7,
			"[\"::1\",1000000,1000000,7],[\"::1\",1000000,200000,0],"
			"[\"::1\",500000,0,0]"},
		{1000002, 1000002, 1000001, "[\"::1\",1000000,1000000,1000000],[\"::1\",2,2,1]"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct counts_client c =
			given_client("::1", cases[i].requests, cases[i].errors, cases[i].own);
		struct buf line;
		buf_init(&line, text, sizeof text);
		counts_begin(&line, &head);
		size_t begin = line.len;
		assert_true(counts_put(&line, &c));
		assert_int_equal(line.len - begin, strlen(cases[i].want));
		assert_memory_equal(text + begin, cases[i].want, line.len - begin);
	}
}

/* Writes lines with the longest numbers and a long address. Returns the number of lines. */
static uint64_t write_lines(const struct counts_head *h, struct counts_client *c)
{
	uint64_t lines = 0, left = c->requests;

	for (bool done = false; !done; lines++) {
		struct buf line;
		buf_init(&line, text, sizeof text);
		counts_begin(&line, h);
		done = counts_put(&line, c);
		counts_end(&line);
		assert_false(line.full);
		assert_true(line.len <= COUNTS_BYTES_MAX);
		assert_true(done || line.len > COUNTS_BYTES_MAX - 120); /* the line is full */
		assert_true(text[line.len - 1] == '\n');
		assert_true(c->requests < left && c->errors == c->requests);
		assert_true(c->own == c->errors);
		left = c->requests;
	}
	return lines;
}

/* Tries origins of each length, so that the last element may end at any byte of the line. An
 * element that does not fit is written to the next line. */
static void no_line_is_longer_than_4096_bytes(void **state)
{
	static const char longest[] = "2001:1db8:1111:2222:3333:4444:5555:6660/127";
	char name[COUNTS_ORIGIN_MAX + 1];
	struct counts_head h = {.origin = name,
		.replay = true,
		.run = INSTANT_MAX,
		.seq = UINT64_MAX,
		.time = INSTANT_MAX};

	(void)state;
	for (int len = 1; len <= COUNTS_ORIGIN_MAX; len++) {
		struct counts_client c = given_client(longest, 0, 0, 0);
		snprintf(name, sizeof name, "%0*d", len, 0);
		c.requests = c.errors = c.own = 500 * (uint64_t)COUNTS_REQUESTS_MAX;
		uint64_t lines = write_lines(&h, &c);
		assert_int_equal(c.requests, 0);
		assert_true(lines > 5 && lines < 15);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(origins_are_plain_words),
		cmocka_unit_test(origins_have_63_bytes_at_most),
		cmocka_unit_test(line_matches_the_manual),
		cmocka_unit_test(line_without_clients_is_a_heartbeat),
		cmocka_unit_test(large_counts_are_split),
		cmocka_unit_test(no_line_is_longer_than_4096_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
