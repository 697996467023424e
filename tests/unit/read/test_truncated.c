/* test_truncated.c - of an object that was cut off, only the whole members are kept. */
#include "core/read/truncated.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cjson/cJSON.h>
#include <cmocka.h>

#include "core/read/object.h"
#include "core/read/repair.h"

#include "unit/random.h"

#define DEPTH_MAX 64
#define TEXT_MAX  4096

/* Text and result are in blocks of their exact size, so that a sanitizer detects a step past
 * them. */
static size_t close_into(const char *text, size_t len, char *out, size_t cap)
{
	char *copy = malloc(len + !len), *room = malloc(cap + !cap);

	assert_non_null(copy);
	assert_non_null(room);
	memcpy(copy, text, len);
	size_t n = truncated_close(copy, len, room, cap);
	assert_true(n <= cap);
	memcpy(out, room, n);
	free(copy);
	free(room);
	return n;
}

/* `want` is NULL if the text is not an object that was cut off. */
static void check(const char *text, const char *want)
{
	char out[1024];
	size_t n = close_into(text, strlen(text), out, sizeof out);

	if (n != (want ? strlen(want) : 0) || (want && memcmp(out, want, n) != 0))
		fail_msg("%s gives %.*s", text, (int)n, out);
}

static void whole_members_are_kept(void **state)
{
	static const char *const cases[][2] = {
		{"{\"a\":\"x\"", "{\"a\":\"x\"}"},
		{"{\"a\":\"x\",", "{\"a\":\"x\"}"},
		{"{\"a\":\"x\" , ", "{\"a\":\"x\"}"},
		{"{\"a\":\"x\",\"b", "{\"a\":\"x\"}"},
		{"{\"a\":\"x\",\"b\"", "{\"a\":\"x\"}"},
		{"{\"a\":\"x\",\"b\":", "{\"a\":\"x\"}"},
		{"{\"a\":\"x\",\"b\":\"y", "{\"a\":\"x\"}"},
		{"{\"a\":\"x\",\"b\":\"y\\", "{\"a\":\"x\"}"},
		{"{\"a\":\"x\",\"b\":\"y\\\"", "{\"a\":\"x\"}"},
		{"{\"a\":\"x\",\"b\":\"y\\\\\"", "{\"a\":\"x\",\"b\":\"y\\\\\"}"},
		{"{\"a\":\"x\",\"b\":\"},{\\\"a\\\":1", "{\"a\":\"x\"}"},
		{"{ \"a\" : 1 ,\t\"b\" : \"", "{ \"a\" : 1}"},
		{"{\"a\":\"raw \x01\xff\",\"b", "{\"a\":\"raw \x01\xff\"}"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		check(cases[i][0], cases[i][1]);
}

static void string_that_was_cut_off_is_kept_by_truncated_close_string(void **state)
{
	static const char *const cases[][2] = {
		{"{\"a\":\"", "{\"a\":\"\"}"},
		{"{\"a\":\"x", "{\"a\":\"x\"}"},
		{"{\"a\":\"x\\", "{\"a\":\"x\"}"},
		{"{\"a\":\"x\\\"", "{\"a\":\"x\\\"\"}"},
		{"{\"a\":\"x\\u003", "{\"a\":\"x\"}"},
		{"{\"a\":\"x\\u003c", "{\"a\":\"x\\u003c\"}"},
		{"{\"a\":[{\"b\":\"x", "{\"a\":[{\"b\":\"x\"}]}"},
		{"{\"a\":\"x\",\"b", "{\"a\":\"x\"}"}, /* a name, not a value */
		{"{\"a\":\"x\",\"b\":20", "{\"a\":\"x\"}"},
		{"{\"a\":\"x\"}", ""},
		{"{\"a\":,\"b\":\"x", ""},
	};
	char out[64];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *text = cases[i][0], *want = cases[i][1];
		size_t n = truncated_close_string(text, strlen(text), out, sizeof out);
		if (n != strlen(want) || memcmp(out, want, n) != 0)
			fail_msg("%s gives %.*s", text, (int)n, out);
		assert_int_equal(truncated_close_string(text, strlen(text), out, n ? n - 1 : 0), 0);
	}
}

static void number_is_whole_only_if_a_byte_follows(void **state)
{
	static const char *const cases[][2] = {
		{"{\"a\":\"x\",\"b\":20", "{\"a\":\"x\"}"},
		{"{\"a\":\"x\",\"b\":200", "{\"a\":\"x\"}"},
		{"{\"a\":\"x\",\"b\":200,", "{\"a\":\"x\",\"b\":200}"},
		{"{\"a\":\"x\",\"b\":200 ", "{\"a\":\"x\",\"b\":200}"},
		{"{\"a\":\"x\",\"b\":-1.5E+3,\"", "{\"a\":\"x\",\"b\":-1.5E+3}"},
		{"{\"a\":\"x\",\"b\":nul", "{\"a\":\"x\"}"},
		{"{\"a\":\"x\",\"b\":true,", "{\"a\":\"x\",\"b\":true}"},
		{"{\"a\":[1,2", "{\"a\":[1]}"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		check(cases[i][0], cases[i][1]);
}

static void open_brackets_are_closed_where_the_last_value_ended(void **state)
{
	static const char *const cases[][2] = {
		{"{\"a\":{\"b\":\"x\"", "{\"a\":{\"b\":\"x\"}}"},
		{"{\"a\":{\"b\":[\"x\",{\"c\":1,\"d", "{\"a\":{\"b\":[\"x\",{\"c\":1}]}}"},
		{"{\"a\":{\"b\":[\"x\"]}", "{\"a\":{\"b\":[\"x\"]}}"},
		{"{\"a\":{\"b\":[\"x\"]},\"c\":[[", "{\"a\":{\"b\":[\"x\"]}}"},
		{"{\"a\":{},\"b", "{\"a\":{}}"},
		{"{\"a\":[],\"b", "{\"a\":[]}"},
		{"{\"a\":[ ] ,\"b\":{ } ,", "{\"a\":[ ] ,\"b\":{ }}"},
		{"{\"a\":[{}", "{\"a\":[{}]}"},
		{"{\"a\":\"x\",\"b\":{\"c", "{\"a\":\"x\"}"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		check(cases[i][0], cases[i][1]);
}

static void text_that_is_no_cut_off_object_gives_nothing(void **state)
{
	static const char *const cases[] = {
		"", "x", "[", "[1,", "\"", " {\"a\":1,", "}", /* not an object */
		"{", "{ ", "{\"", "{\"a", "{\"a\"", "{\"a\":", "{\"a\":\"x", "{\"a\":1", "{\"a\":{",
		"{\"a\":[", "{\"a\":{\"b\":[{\"c", /* no whole member in it */
		"{}", "{\"a\":1}", "{\"a\":1} ", "{\"a\":1}x",
		"{\"a\":1}{\"b\":2,", /* complete, so not cut off */
		"{x", "{,", "{1:2,", "{\"a\"x", "{\"a\"=1,", "{\"a\":1,,", "{\"a\":1 2,",
		"{\"a\":}", "{\"a\":,\"b", "{\"a\":1,}", "{\"a\":1,x", "{\"a\":1]", "{\"a\":[1}",
		"{\"a\":[1,\"b\":", "{\"a\":[}", "{\"a\":{]", "{\"a\":{1",
		"{\"a\":\"x\"\"b\":", "{\"a\":'x',", "{\"a\":1,[", /* an error before the end */
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		check(cases[i], NULL);
	check("{\"x\":1,\"a\":{\"b\":},\"c\":2,", NULL);
	check("{\"x\":1,\"a\":[},\"c\":2,", NULL);
}

/* Whether `part` contains only values that `whole` contains at the same place. */
static bool is_part_of(const cJSON *part, const cJSON *whole)
{
	cJSON *cut = cJSON_Duplicate(whole, true);
	bool same;

	/* the last member of `part`, and the last one inside it, and so on, may have fewer members
	 * than in `whole` */
	const cJSON *p = part;
	for (cJSON *c = cut; c; c = c->child ? c->child->prev : NULL) {
		int n = cJSON_GetArraySize(p);
		while (cJSON_GetArraySize(c) > n)
			cJSON_Delete(cJSON_DetachItemViaPointer(c, c->child->prev));
		p = p->child ? p->child->prev : NULL;
		if (!p)
			break;
	}
	same = cJSON_Compare(part, cut, true);
	cJSON_Delete(cut);
	return same;
}

static void object_cut_anywhere_has_only_values_of_the_whole_one(void **state)
{
	static const char text[] =
		"{\"t\":1795320960.343,\"a\":\"10.0.0.1\",\"r\":\"GET /\\\"}],{\\\\\",\"n\":[1,[2,"
		"{\"x\":[],\"y\":{}}],\"z\"],\"o\":{\"p\":{\"q\":[null,true,-1e3]},\"s\":\"\"},"
		"\"e\":2}";
	cJSON *whole = cJSON_Parse(text);
	size_t before = 0;

	(void)state;
	assert_non_null(whole);
	for (size_t len = 0; len < sizeof text - 1; len++) {
		char out[sizeof text + DEPTH_MAX];
		size_t n = close_into(text, len, out, sizeof out);
		if (n == 0) {
			assert_true(before == 0); /* more text never gives fewer members */
			continue;
		}
		cJSON *part = cJSON_ParseWithLength(out, n);
		assert_non_null(part);
		assert_true(is_part_of(part, whole));
		cJSON_Delete(part);
		before = n;
	}
	assert_true(before > 0);
	cJSON_Delete(whole);
}

/* Makes an object that contains nested arrays. There are `depth` open brackets, and the innermost
 * array contains a whole element. */
static size_t make_nested(char *text, size_t cap, int depth)
{
	int n = snprintf(text, cap, "{\"a\":");

	for (int d = 1; d < depth; d++)
		text[n++] = '[';
	n += snprintf(text + n, cap - (size_t)n, "\"x\",");
	return (size_t)n;
}

static void up_to_64_nested_brackets_are_closed(void **state)
{
	char text[256], out[512];

	(void)state;
	size_t len = make_nested(text, sizeof text, DEPTH_MAX);
	size_t n = close_into(text, len, out, sizeof out);
	assert_int_equal(n, len - 1 + DEPTH_MAX);
	cJSON *object = cJSON_ParseWithLength(out, n);
	assert_non_null(object);
	cJSON_Delete(object);
	len = make_nested(text, sizeof text, DEPTH_MAX + 1);
	assert_int_equal(close_into(text, len, out, sizeof out), 0);
}

static void result_that_does_not_fit_gives_nothing(void **state)
{
	static const char text[] = "{\"a\":{\"b\":[\"x\",\"y";
	static const char want[] = "{\"a\":{\"b\":[\"x\"]}}";
	char out[64];

	(void)state;
	for (size_t cap = 0; cap < sizeof out; cap++) {
		size_t n = close_into(text, sizeof text - 1, out, cap);
		assert_int_equal(n, cap < sizeof want - 1 ? 0 : sizeof want - 1);
		assert_memory_equal(out, want, n);
	}
}

/* line.c does not call cJSON for half an object, nor for a text that needs a repair. */
static void cjson_refuses_half_objects_and_texts_that_need_repair(void **state)
{
	static const char *const pieces[] = {"{", "}", "[", "]", "\"a\":", "\"\"", ",", ":", "\"",
		"\"b\":\"c\",", "\\", "\\\"", "\\x22", "\\u00", "\\u0022", "\\ud83d", "\\ude00",
		"-", " ", "\t", "\x01", "1", "0", ".5", "e1", "true", "null", "x"};
	static char text[TEXT_MAX], mended[2 * TEXT_MAX];
	static struct fields none;
	static struct fields_values values;
	struct object *object = object_new(sizeof mended);
	struct random r = random_new(3);
	unsigned halves = 0, mended_n = 0;

	(void)state;
	random_note();
	assert_non_null(object);
	for (int round = 0; round < 300000; round++) {
		size_t error_at, len = (size_t)sprintf(text, "{%s", round % 2 ? "\"k\":" : "");
		for (uint64_t n = random_below(&r, 12); n > 0; n--)
			len += (size_t)sprintf(text + len, "%s",
				pieces[random_below(&r, sizeof pieces / sizeof *pieces)]);
		bool half = truncated_is_half(text, len);
		size_t n = repair_escapes(text, len, mended, sizeof mended);
		halves += half;
		mended_n += n != 0;
		if ((half || n) && object_read(object, text, len, &none, &values, &error_at))
			fail_msg("cJSON accepts: %s", text);
		if (half && n && object_read(object, mended, n, &none, &values, &error_at))
			fail_msg("cJSON accepts the repaired text: %s", text);
	}
	object_free(object);
	assert_true(halves > 10000 && mended_n > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_members_are_kept),
		cmocka_unit_test(string_that_was_cut_off_is_kept_by_truncated_close_string),
		cmocka_unit_test(number_is_whole_only_if_a_byte_follows),
		cmocka_unit_test(open_brackets_are_closed_where_the_last_value_ended),
		cmocka_unit_test(text_that_is_no_cut_off_object_gives_nothing),
		cmocka_unit_test(object_cut_anywhere_has_only_values_of_the_whole_one),
		cmocka_unit_test(up_to_64_nested_brackets_are_closed),
		cmocka_unit_test(cjson_refuses_half_objects_and_texts_that_need_repair),
		cmocka_unit_test(result_that_does_not_fit_gives_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
