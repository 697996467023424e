/* test_unwrap_values.c - lines that are wrapped: a log driver such as Docker's puts the server's
 * line into a member of its own object. The scanner (scan.h) reads the members of the outer object
 * once. From these members alone, unwrap_values opens the same inner object as unwrap_object, which
 * walks over the text. In a stream of wrapped lines, line_parse gives the same result as with
 * cJSON.
 *
 * TEST_SEED=N repeats a run. */
#include "core/read/unwrap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/read/extract.h"
#include "core/read/line.h"
#include "core/read/scan.h"

#include "unit/random.h"
#include "unit/same_result.h"

#define ROUNDS   200000
#define TEXT_MAX 8192

#define N(array)       (sizeof(array) / sizeof *(array))
#define PICK(r, array) ((array)[random_below((r), N(array))])

#define REQUEST "{\\\"remote_addr\\\":\\\"198.51.100.7\\\",\\\"status\\\":404}"

static const char *const keys[] = {"log", "log", "message", "MESSAGE", "line", "msg", "stream",
	"stream", "source", "short_message", "log_processed", "time", "x", "lo\\u0067", "labels",
	"container", "request", "status", "client_ip", "response", "path", "logger", "user_agent",
	"msec", "x-forwarded-for", "addr"};
/* Half of the members have one of these values. */
static const char *const inner[] = {"\"" REQUEST "\\n\"", "\"" REQUEST "\"",
	"\"" REQUEST "\\r\\n\"",
	"\"\\u007b\\\"remote_addr\\\":\\\"2001:db8::7\\\",\\\"status\\\":200}\"",
	"\"198.51.100.9 - - [22/Nov/2026:04:16:00 +0000] \\\"GET / HTTP/1.1\\\" 200 5\\n\"",
	"\"{\\\"log\\\":\\\"{\\\\\\\"remote_addr\\\\\\\":\\\\\\\"2001:db8::8\\\\\\\"}\\\"}\""};
static const char *const values[] = {"\"stdout\"", "\"stderr\"", "\"stderr\"", "\"stdE\"",
	"\"stde\"", "\"std\"", "\"stder\\u0072\"", "\"stderrs\"", "\"-\"", "\"\"", "null", "1",
	"-0.5e3", "true", "[]", "[123,125]", "[\"{\"]", "{}", "{\"x\":1}", "{\"status\":1}",
	"{\"headers\":{\"X-Forwarded-For\":\"::1\"}}", "\"{\"", "\"{\\ud83d\\ude00}\"",
	"\"{\\ud83d}\"", "\"{\\u0000}\"", "\"\\n\"", "\"x\\r\\n\"", "\"{ }\"", "\"2026-11-22\""};
static const char *const colons[] = {":", ":", " : ", ":\t"};

static void put_member(struct random *r, char *text, size_t *len)
{
	*len += (size_t)snprintf(text + *len, TEXT_MAX - *len, "%s\"%s\"%s%s", *len ? "," : "{",
		PICK(r, keys), PICK(r, colons),
		random_below(r, 2) ? PICK(r, inner) : PICK(r, values));
	assert_true(*len < TEXT_MAX);
}

static size_t put_object(struct random *r, char *text)
{
	size_t len = 0;

	for (uint64_t n = 1 + random_below(r, 4); n > 0; n--)
		put_member(r, text, &len);
	len += (size_t)snprintf(text + len, TEXT_MAX - len, "}");
	return len;
}

struct given {
	struct scan *scan, *outer;
	struct unwrap unwrap;
	struct extract extract;
	struct fields_values values;
};

static void begin(struct given *g, const struct format_names *names)
{
	const struct extract_config config = {.names = *names};

	g->scan = scan_new(TEXT_MAX);
	g->outer = scan_new(TEXT_MAX);
	assert_true(g->scan && g->outer);
	assert_true(unwrap_init(&g->unwrap, names));
	assert_true(extract_init(&g->extract, &config));
}

static void check_same(const struct unwrapped *a, const struct unwrapped *b)
{
	assert_int_equal(a->len, b->len);
	assert_memory_equal(a->text, b->text, a->len);
	assert_string_equal(a->name, b->name);
	assert_int_equal(a->standard_error, b->standard_error);
	assert_int_equal(a->may_be_part, b->may_be_part);
	assert_int_equal(a->is_string, b->is_string);
}

/* An outer object that is opened is never a request itself, so no code needs to check for this. */
static void check_no_request(struct given *g, const char *text, size_t len)
{
	static struct line_result result;

	assert_true(scan_read(g->scan, text, len, &g->extract.fields, &g->values));
	for (unsigned around = 0; around < 4; around++) {
		line_result_clear(&result);
		assert_int_equal(extract_request(&g->extract, &g->values, around, &result, NULL),
			LINE_OTHER);
	}
}

static void scanned_values_open_the_same_objects_as_the_walk(void **state)
{
	static const struct format_names names[] = {{.client = NULL},
		{.client = "addr", .status = "time", .path = "path"}, {.forwarded = "x"}};
	static struct given g;
	static char text[TEXT_MAX], room[TEXT_MAX];
	struct random r = random_new(1);
	unsigned opened = 0, left = 0;

	(void)state;
	random_note();
	for (int round = 0; round < ROUNDS; round++) {
		struct unwrapped a, b;
		bool plain = random_below(&r, 4) == 0;
		size_t len = put_object(&r, text);
		if (round % (ROUNDS / 3) == 0) {
			scan_free(g.scan);
			scan_free(g.outer);
			begin(&g, &names[round / (ROUNDS / 3) % 3]);
		}
		bool walked = unwrap_object(&g.unwrap, text, len, plain, room, sizeof room, &a);
		bool scanned = scan_read(g.outer, text, len, &g.unwrap.fields, &g.values);
		bool found = scanned && unwrap_values(&g.unwrap, &g.values, text, len, plain, &b);
		if (found && !walked)
			fail_msg("opened: %s", text);
		left += walked && !found;
		opened += found;
		if (!found)
			continue;
		check_same(&a, &b);
		check_no_request(&g, text, len);
	}
	scan_free(g.scan);
	scan_free(g.outer);
	assert_true(opened > ROUNDS / 10 && left < opened);
}

static void stream_of_wrapped_lines_is_read_as_cjson_reads_it(void **state)
{
	static char text[TEXT_MAX];
	struct random r = random_new(2);
	unsigned requests = 0;

	(void)state;
	random_note();
	for (int combined = 0; combined < 2; combined++) {
		struct line_config c = {.combined = combined};
		struct line_parser *scan = line_parser_new(&c);
		c.by_tree = true;
		struct line_parser *tree = line_parser_new(&c);
		assert_true(scan && tree);
		for (int round = 0; round < ROUNDS; round++) {
			struct line_result a, b;
			size_t len = put_object(&r, text);
			bool cut = random_below(&r, 16) == 0;
			if (random_below(&r, 16) == 0)
				len = random_below(&r, len + 1);
			enum line_reason scanned = line_parse(scan, text, len, cut, &a);
			enum line_reason read = line_parse(tree, text, len, cut, &b);
			if (scanned != read || !same_result(read, &a, &b))
				fail_msg("reason %d, by tree %d: %.*s", scanned, read, (int)len,
					text);
			requests += read == LINE_OK;
		}
		line_parser_free(scan);
		line_parser_free(tree);
	}
	assert_true(requests > ROUNDS / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scanned_values_open_the_same_objects_as_the_walk),
		cmocka_unit_test(stream_of_wrapped_lines_is_read_as_cjson_reads_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
