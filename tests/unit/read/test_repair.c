/* test_repair.c - a line that would be JSON without a known flaw is repaired. Text inside a string
 * never becomes a member. */
#include "core/read/repair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "unit/line_check.h"
#include "unit/random.h"

/* The repaired text with a terminator; NULL if it needs no repair. The text is copied to the heap,
 * so that a sanitizer detects a read past its end. */
static const char *mended(const char *text)
{
	static char out[4096];
	size_t len = strlen(text);
	char *copy = malloc(len + !len);

	assert_non_null(copy);
	memcpy(copy, text, len);
	size_t n = repair_escapes(copy, len, out, sizeof out - 1);
	free(copy);
	out[n] = '\0';
	return n ? out : NULL;
}

static void becomes(const char *text, const char *want)
{
	const char *got = mended(text);

	if (!got)
		fail_msg("not repaired: %s", text);
	assert_string_equal(got, want);
}

static void apache_escapes_become_json_escapes(void **state)
{
	(void)state;
	becomes("{\"a\":\"\\x22\\xC3\\xa4\\x00\"}", "{\"a\":\"\\u0022\\u00C3\\u00a4\\u0000\"}");
	becomes("{\"a\":\"x\\vy\"}", "{\"a\":\"x\\u000by\"}");
	becomes("{\"a\":\"\\\\\\x5c\\\"\\v\"}", "{\"a\":\"\\\\\\u005c\\\"\\u000b\"}");
}

static void valid_json_is_left_unchanged(void **state)
{
	static const char *const texts[] = {"", "{", "{\"a\":1}",
		"{\"a\":\"\\\\x22\",\"b\":\"\\\\v\"}", "{\"a\":\"\\\"\\/\\b\\f\\n\\r\\t\\u0041\"}",
		"{\"a\":-1,\"b\":[-2,-3e-4]}", "{\"a\":\"\\", "{\"a\":\"\\ud83d\\ude00\"}"};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (mended(texts[i]))
			fail_msg("repaired: %s", texts[i]);
}

/* Some servers do not escape a backslash. A client that sends one must not hide its line. */
static void backslash_that_begins_no_escape_is_text(void **state)
{
	(void)state;
	becomes("{\"a\":\"\\q\\]\"}", "{\"a\":\"\\\\q\\\\]\"}");
	becomes("{\"a\":\"\\x2\"}", "{\"a\":\"\\\\x2\"}");
	becomes("{\"a\":\"\\xg0", "{\"a\":\"\\\\xg0");
	becomes("{\"a\":\"\\u12\"}", "{\"a\":\"\\\\u12\"}");
	becomes("{\"a\":\"\\u", "{\"a\":\"\\\\u");
}

static void half_a_surrogate_becomes_the_replacement_character(void **state)
{
	(void)state;
	becomes("{\"a\":\"\\ud800\"}", "{\"a\":\"\\ufffd\"}");
	becomes("{\"a\":\"\\uDC00\\uD800x\"}", "{\"a\":\"\\ufffd\\ufffdx\"}");
	becomes("{\"a\":\"\\ud83d\\ude00\\udbff\\u0041", "{\"a\":\"\\ud83d\\ude00\\ufffd\\u0041");
	becomes("{\"a\":\"\\ud83d\\ude0", "{\"a\":\"\\ufffd\\\\ude0");
}

static void dash_where_a_number_is_missing_becomes_empty(void **state)
{
	(void)state;
	becomes("{\"s\":-}", "{\"s\":\"\"}");
	becomes("{\"s\":-,\"t\":1}", "{\"s\":\"\",\"t\":1}");
	becomes("{\"s\": - ,\"t\":\t-\t}", "{\"s\": \"\" ,\"t\":\t\"\"\t}");
}

static void dash_anywhere_else_is_left_unchanged(void **state)
{
	static const char *const texts[] = {"{\"s\":\":-,\"}", "{\"s\":\"a:-}\"}",
		"{\"s\":\"\\\":-,\"}", "-", ":-", "{-}", "{\"s\"-,}", "[-,-]", "{\"s\":--}",
		"{\"s\":-x}", "{\"s\":-", "{\"s\":1-,}", "{\"s\":- 1}"};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (mended(texts[i]))
			fail_msg("repaired: %s", texts[i]);
}

static void result_that_does_not_fit_gives_nothing(void **state)
{
	static const char text[] = "{\"a\":\"\\x22\\v\",\"b\":-}";
	const size_t need = sizeof "{\"a\":\"\\u0022\\u000b\",\"b\":\"\"}" - 1;

	(void)state;
	for (size_t cap = 1; cap <= need; cap++) {
		char *out = malloc(cap);
		assert_non_null(out);
		assert_int_equal(
			repair_escapes(text, sizeof text - 1, out, cap), cap == need ? need : 0);
		free(out);
	}
}

static void three_times_the_length_always_fits(void **state)
{
	static const char *const pieces[] = {"\\x00", "\\v", ":-,", "\"", "-", "\\", "a"};
	struct random r = random_new(1);

	(void)state;
	for (int round = 0; round < 20000; round++) {
		char text[64] = "{\"";
		char out[6 * sizeof text];
		/* the text repeats one piece, or contains up to `kinds` different pieces */
		unsigned kinds = 1 + random_below(&r, sizeof pieces / sizeof *pieces);
		while (strlen(text) < sizeof text - 8)
			strcat(text, pieces[(round + random_below(&r, kinds)) %
					     (sizeof pieces / sizeof *pieces)]);
		size_t len = strlen(text);
		if (repair_escapes(text, len, out, sizeof out))
			assert_true(repair_escapes(text, len, out, 3 * len) > 0);
	}
}

/* ---- half a line and the next line ---- */

/* Two lines that the same product wrote. The first line is cut off at some byte, and the second
 * line follows. */
struct pair {
	const char *half, *whole; /* the first line, and the second line */
	const char *client;       /* of `whole`; the client of `half` is 203.0.113.9 */
};

static const struct pair pairs[] = {
	{"{\"remote_addr\":\"203.0.113.9\","
	 "\"request\":\"GET /{\\\"remote_addr\\\":\\\"203.0.113.66\\\"}\","
	 "\"status\":200,\"n\":[1,{\"a\":null}],\"ua\":\"\\\\\\\"{\"}",
		"{\"remote_addr\":\"198.51.100.7\",\"request\":\"GET /{\\\"remote_addr\\\":1\","
		"\"status\":404}",
		"198.51.100.7"},
	{"{\"level\":\"info\",\"ts\":1,\"logger\":\"http.log.access\","
	 "\"request\":{\"remote_ip\":\"203.0.113.9\","
	 "\"client_ip\":\"203.0.113.9\",\"headers\":{\"A\":[\"{\\\"level\\\":\"]}},\"status\":200}",
		"{\"level\":\"info\",\"ts\":2,\"logger\":\"http.log.access\","
		"\"request\":{\"remote_ip\":"
		"\"2001:db8::7\",\"client_ip\":\"2001:db8::7\",\"headers\":{}},\"status\":401}",
		"2001:db8::7"},
	{"{\"ClientAddr\":\"203.0.113.9:1\",\"ClientHost\":\"203.0.113.9\","
	 "\"DownstreamStatus\":200}",
		"{\"ClientAddr\":\"[2001:db8::7]:2\",\"ClientHost\":\"2001:db8::7\","
		"\"DownstreamStatus\":502}",
		"2001:db8::7"},
	{"{\"remoteIP\":\"203.0.113.9\","
	 "\"request\":\"GET /{\\x22remoteIP\\x22:\\x22203.0.113.66\\x22}\","
	 "\"status\":-,\"bytes\":-}",
		"{\"remoteIP\":\"2001:db8::7\",\"request\":\"\\x22{\\x22remoteIP\\x22:\","
		"\"status\":-}",
		"2001:db8::7"},
};

/* If the half line ends where a value is expected, the whole line after it may be parsed as this
 * value. Then the whole line need not be read as a request. */
static bool wants_a_value(const char *half, size_t cut)
{
	return strchr(":[", half[cut - 1]) || (half[cut - 1] == ',' && half[cut] != '"');
}

static void whole_line_after_any_half_line_is_read(void **state)
{
	(void)state;
	for (const struct pair *p = pairs; p < pairs + sizeof pairs / sizeof *pairs; p++) {
		for (size_t cut = 1; cut < strlen(p->half); cut++) {
			char text[1024];
			struct line_result r;
			int len =
				snprintf(text, sizeof text, "%.*s%s", (int)cut, p->half, p->whole);
			enum line_reason reason = line_try(text, (size_t)len, false, &r);
			bool second = reason == LINE_OK && r.glued && !r.truncated &&
				      line_client_is(&r, p->client);
			bool first = reason == LINE_OK && !r.glued && r.truncated &&
				     line_client_is(&r, "203.0.113.9");
			if (!second &&
				!(wants_a_value(p->half, cut) && (first || reason != LINE_OK)))
				fail_msg("the client is not %s: %s", p->client, text);
		}
	}
}

/* Both lines are cut off. If a request is read from them, its client is the client of the first or
 * of the second line. */
static void two_half_lines_give_no_other_client(void **state)
{
	struct random r = random_new(2);

	(void)state;
	for (int round = 0; round < 20000; round++) {
		const struct pair *p = &pairs[random_below(&r, sizeof pairs / sizeof *pairs)];
		char text[1024];
		struct line_result result;
		int len = snprintf(text, sizeof text, "%.*s%.*s",
			(int)random_below(&r, strlen(p->half) + 1), p->half,
			(int)random_below(&r, strlen(p->whole) + 1), p->whole);
		if (line_try(text, (size_t)len, false, &result) != LINE_OK)
			continue;
		if (!line_client_is(&result, "203.0.113.9") && !line_client_is(&result, p->client))
			fail_msg("another client: %s", text);
	}
}

static void line_inside_a_string_is_never_read(void **state)
{
	(void)state;
	for (const struct pair *p = pairs; p < pairs + sizeof pairs / sizeof *pairs; p++) {
		for (size_t cut = 0; cut <= strlen(p->half); cut++) {
			struct line_result r;
			if (line_try(p->half, cut, false, &r) != LINE_OK)
				continue;
			assert_false(r.glued);
			if (!line_client_is(&r, "203.0.113.9"))
				fail_msg("another client: %.*s", (int)cut, p->half);
		}
	}
}

static void only_a_line_that_begins_like_the_half_line_is_read_after_it(void **state)
{
	static const char *const texts[] = {
		/* in the first text, the second line begins with client_ip, but the half line
		 * begins with remote_addr. In the second text, the text before the line is not
		 * half a line. In the third text, the line before it is whole. */
		("{\"remote_addr\":\"203.0.113.9\",\"a\":\"{\"client_ip\":\"198.51.100.7\","
		 "\"status\":1}"),
		"{\"remote_addr\"x{\"remote_addr\":\"198.51.100.7\",\"status\":1}",
		("{\"remote_addr\":\"203.0.113.9\",\"a\":1}{\"remote_addr\":\"198.51.100.7\","
		 "\"status\":1}"),
		"{}{\"remote_addr\":\"198.51.100.7\",\"status\":1}", "", "{", "{{", "{\"",
		"{\"{\""};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct line_result r;
		if (line_try(texts[i], strlen(texts[i]), false, &r) == LINE_OK)
			fail_msg("a request was read: %s", texts[i]);
	}
	assert_int_equal(repair_glued("{\"a\":\"x{\"b\":1}", 14), 0);
	assert_int_equal(repair_glued("{\"a\":\"x{\"a\":1}", 14), 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(apache_escapes_become_json_escapes),
		cmocka_unit_test(valid_json_is_left_unchanged),
		cmocka_unit_test(backslash_that_begins_no_escape_is_text),
		cmocka_unit_test(half_a_surrogate_becomes_the_replacement_character),
		cmocka_unit_test(dash_where_a_number_is_missing_becomes_empty),
		cmocka_unit_test(dash_anywhere_else_is_left_unchanged),
		cmocka_unit_test(result_that_does_not_fit_gives_nothing),
		cmocka_unit_test(three_times_the_length_always_fits),
		cmocka_unit_test(whole_line_after_any_half_line_is_read),
		cmocka_unit_test(two_half_lines_give_no_other_client),
		cmocka_unit_test(line_inside_a_string_is_never_read),
		cmocka_unit_test(only_a_line_that_begins_like_the_half_line_is_read_after_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
