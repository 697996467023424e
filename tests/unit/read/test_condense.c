/* test_condense.c - a long object that was shortened has the same values under the wanted names as
 * before. */
#include "core/read/condense.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "core/read/extract.h"
#include "core/read/object.h"

#include "unit/condensed_values.h"
#include "unit/random.h"
#include "unit/random_object.h"

#define MIB (1024 * 1024)

struct tools {
	struct extract extract; /* the wanted names */
	struct condense condense;
	struct object *whole, *part;
	struct fields_values whole_values, part_values;
};

static int make_tools(void **state)
{
	struct tools *t = calloc(1, sizeof *t);

	assert_non_null(t);
	assert_true(extract_init(&t->extract, &(struct extract_config){0}));
	t->whole = object_new(4 * MIB);
	t->part = object_new(2 * CONDENSE_BYTES);
	assert_true(t->whole && t->part);
	*state = t;
	return 0;
}

static int free_tools(void **state)
{
	struct tools *t = *state;

	object_free(t->whole);
	object_free(t->part);
	free(t);
	return 0;
}

/* Copies the text to the heap, so that a sanitizer detects a read past its end. */
static enum condense_end condense_text(struct tools *t, const char *text, size_t len)
{
	char *copy = malloc(len);

	assert_non_null(copy);
	memcpy(copy, text, len);
	memset(t->condense.text, '#', sizeof t->condense.text);
	enum condense_end end = condense_object(&t->condense, copy, len, &t->extract.fields);
	assert_true(end == CONDENSE_BROKEN || t->condense.len <= sizeof t->condense.text);
	free(copy);
	return end;
}

static void assert_condensed(
	struct tools *t, const char *text, enum condense_end want_end, const char *want)
{
	enum condense_end end = condense_text(t, text, strlen(text));
	size_t len = t->condense.len;

	if (end != want_end)
		fail_msg("ends as %d, not %d: %s", (int)end, (int)want_end, text);
	if (end == CONDENSE_BROKEN)
		assert_int_equal(t->condense.error_at, strtoul(want, NULL, 10));
	else if (len != strlen(want) || memcmp(t->condense.text, want, len) != 0)
		fail_msg("%.*s, not %s", (int)len, t->condense.text, want);
}

static void wanted_members_are_copied(void **state)
{
	static const char *const cases[][2] = {
		{"{}", "{}"},
		{"{ }  \t\r", "{}"},
		{"{\"a\":1}", "{}"},
		{"{\"status\":404}", "{\"status\":404}"},
		{&" {\"status\":404}"[1], "{\"status\":404}"},
		{"{ \"a\" : [1,{\"status\":1}] , \"status\" : 404 , \"b\" : {} } ",
			"{\"status\":404}"},
		{"{\"remote_addr\":\"2001:db8::7\",\"x\":\"\\\"}\",\"status\":\"404\"}",
			"{\"remote_addr\":\"2001:db8::7\",\"status\":\"404\"}"},
		/* members of inner objects */
		{"{\"request\":{\"a\":1,\"remote_ip\":\"::1\",\"headers\":{\"A\":[\"]\"]}},"
		 "\"status\":1}",
			"{\"request\":{\"remote_ip\":\"::1\"},\"status\":1}"},
		{"{\"a\":{},\"response\":{\"x\":{}},\"res\":{\"a\":1},\"res\":{\"statusCode\":5}}",
			"{\"response\":{},\"res\":{\"statusCode\":5}}"},
		{"{\"request\":{}}", "{\"request\":{}}"},
		{"{\"a\":{\"status\":1},\"status\":2}", "{\"status\":2}"},
		/* a flat key with a dot, and an escaped key */
		{"{\"request.remote_ip\":\"::1\"}", "{\"request.remote_ip\":\"::1\"}"},
		{"{\"\\u0073tatus\":1,\"stat\\\\us\":2}", "{\"\\u0073tatus\":1}"},
		/* the first member with a name counts */
		{"{\"status\":1,\"status\":2}", "{\"status\":1}"},
		{"{\"status\":null,\"status\":2}", "{\"status\":null}"},
		{"{\"request\":\"GET /\",\"request\":{\"uri\":\"/\"}}",
			"{\"request\":\"GET /\",\"request\":{\"uri\":\"/\"}}"},
		/* other values in the place of texts and numbers */
		{"{\"remote_addr\":{\"a\":1},\"status\":true}",
			"{\"remote_addr\":{},\"status\":true}"},
		{"{\"msec\":1795320960000000000000000000000000000"
		 "000000000000000000000000000000000000}",
			"{\"msec\":1795320960000000000000000000000000000"
			"000000000000000000000000000000000000}"},
		{"{\"status\":-,\"msec\":-1.5E+3}", "{\"status\":-,\"msec\":-1.5E+3}"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_condensed(*state, cases[i][0], CONDENSE_WHOLE, cases[i][1]);
}

static void cut_object_is_reported_as_cut(void **state)
{
	static const char *const cases[][2] = {
		{"{", "{"},
		{"{\"a\"", "{"},
		{"{\"a\":1", "{"},
		{"{\"status\":40", "{"},
		{"{\"status\":404,", "{\"status\":404,"},
		{"{\"status\":404 ", "{\"status\":404,"},
		{"{\"status\":404,\"a\":{\"b\":[\"", "{\"status\":404,"},
		{"{\"status\":404,\"request\":{\"a\":1,\"x", "{\"status\":404,\"request\":{"},
		{"{\"status\":404,\"x_forwarded_for\":[\"a\",", "{\"status\":404,"},
		{"{\"status\":404,\"request\":{\"remote_ip\":\"::1\"",
			"{\"status\":404,\"request\":{\"remote_ip\":\"::1\","},
		{"{\"status\":404,\"request\":\"GET /\\", "{\"status\":404,\"request\":\"GET /"},
		{"{\"status\":404,\"request\":\"GET /\\u00", "{\"status\":404,\"request\":\"GET /"},
		{"{\"status\":404,\"a\":\"GET /\\", "{\"status\":404,"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_condensed(*state, cases[i][0], CONDENSE_CUT, cases[i][1]);
}

static void error_in_a_broken_object_is_located(void **state)
{
	static const char *const cases[][2] = {
		{"{\"status\":404}x", "14"},
		{"{\"status\":404}{", "14"},
		{"{\"status\":404,}", "14"},
		{"{\"status\" 404}", "10"},
		{"{status:404}", "1"},
		{"{\"status\":,", "10"},
		{"{\"a\":\"x\"y\"", "8"},
		{"{,\"a\":1}", "1"},
		{"{\"a\":1]", "6"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_condensed(*state, cases[i][0], CONDENSE_BROKEN, cases[i][1]);
}

/* ---- random objects, compared with cJSON, which reads all of them ---- */

/* `all`: the object has so few long members that there is room for all of them. */
static void compare_with_tree(struct tools *t, const char *text, size_t len, bool all)
{
	size_t error_at;

	if (!object_read(t->whole, text, len, &t->extract.fields, &t->whole_values, &error_at))
		fail_msg("not JSON at %zu: %.*s", error_at, (int)(len - error_at), text + error_at);
	assert_int_equal(condense_text(t, text, len), CONDENSE_WHOLE);
	if (!object_read(t->part, t->condense.text, t->condense.len, &t->extract.fields,
		    &t->part_values, &error_at))
		fail_msg("broken: %.*s", (int)(t->condense.len - error_at),
			t->condense.text + error_at);
	const char *name = other_value(&t->extract.fields, &t->part_values, &t->whole_values, all);
	if (name)
		fail_msg("%s: %.*s", name, (int)t->condense.len, t->condense.text);
}

static void random_objects_keep_their_values(void **state)
{
	struct tools *t = *state;
	struct maker m = {.r = random_new(1), .wanted = &t->extract.fields, .cap = 4 * MIB};

	random_note();
	m.text = malloc(m.cap);
	assert_non_null(m.text);
	for (int i = 0; i < 600; i++) {
		make_object(&m, random_below(&m.r, i % 10 ? 100000 : 1000000));
		compare_with_tree(t, m.text, m.len, m.len < CONDENSE_BYTES / 8);
	}
	free(m.text);
}

/* An object that was cut off is reported as cut off, and its short form is not a whole object. */
static void random_object_cut_anywhere_gives_no_whole_object(void **state)
{
	struct tools *t = *state;
	struct maker m = {.r = random_new(2), .wanted = &t->extract.fields, .cap = 4 * MIB};
	size_t error_at;

	random_note();
	m.text = malloc(m.cap);
	assert_non_null(m.text);
	for (int i = 0; i < 300; i++) {
		make_object(&m, 3000);
		assert_true(object_read(
			t->whole, m.text, m.len, &t->extract.fields, &t->whole_values, &error_at));
		for (int n = 0; n < 30; n++) {
			size_t len = 1 + random_below(&m.r, m.len - 1);
			assert_int_equal(condense_text(t, m.text, len), CONDENSE_CUT);
			assert_false(object_read(t->part, t->condense.text, t->condense.len,
				&t->extract.fields, &t->part_values, &error_at));
		}
	}
	free(m.text);
}

/* ---- long values ---- */

/* Writes `begin`, then `repeat` until there are at least `len` bytes, then `end`. Returns the
 * length. */
static size_t put_long(
	char *text, const char *begin, const char *repeat, size_t len, const char *end)
{
	size_t n = strlen(begin), repeat_n = strlen(repeat);

	memcpy(text, begin, n);
	for (; n < len; n += repeat_n)
		memcpy(text + n, repeat, repeat_n);
	memcpy(text + n, end, strlen(end) + 1);
	return n + strlen(end);
}

static const struct field *value_of(const struct tools *t, const char *name)
{
	const struct fields_name *found = fields_find(&t->extract.fields, name, strlen(name));

	assert_non_null(found);
	return &t->part_values.at[found->slot];
}

static void assert_ends_with(const struct field *f, const char *end)
{
	size_t n = strlen(end);

	assert_true(f->len >= n);
	assert_memory_equal(f->text + f->len - n, end, n);
}

static void long_lists_keep_their_end_and_paths_their_beginning(void **state)
{
	static const char *const repeats[] = {
		"a", "\\\\", "\\\"", "\\u00e9", "\\ud83d\\ude00", "10.0.0.1, "};
	static const char end[] = "198.51.100.1, 2001:db8::7", begin[] = "GET /a/b";
	struct tools *t = *state;
	char *text = malloc(MIB);

	assert_non_null(text);
	for (size_t i = 0; i < sizeof repeats / sizeof *repeats; i++) {
		for (int list = 0; list < 3; list++) {
			const char *opens[] = {"\"", "[\"", "[\"a\",\"b\",\"c\",\"\",\""};
			const char *closes[] = {"", "]", "]"};
			char head[200], tail[200];
			snprintf(head, sizeof head, "{\"request\":\"%s", begin);
			size_t n =
				put_long(text, head, repeats[i], 100000, "\",\"x_forwarded_for\":");
			n += put_long(text + n, opens[list], repeats[i], 80000, "");
			snprintf(tail, sizeof tail, ",%s\"%s,\"status\":404}", end, closes[list]);
			n += put_long(text + n, tail, "", 0, "");
			compare_with_tree(t, text, n, true);
			const struct field *path = value_of(t, "request");
			assert_memory_equal(path->text, begin, sizeof begin - 1);
			assert_in_range(path->len, 1000, 8192);
			assert_ends_with(value_of(t, "x_forwarded_for"), end);
			assert_in_range(value_of(t, "x_forwarded_for")->len, 1000, 8192);
			assert_true(value_of(t, "status")->number == 404);
		}
	}
	free(text);
}

static void list_of_many_strings_keeps_the_last(void **state)
{
	struct tools *t = *state;
	char *text = malloc(MIB);

	assert_non_null(text);
	size_t n = put_long(text, "{\"x_forwarded_for\":[", "\"10.0.0.1\" , ", 200000,
		"\"198.51.100.1\",\"2001:db8::7\" ],\"status\":404}");
	compare_with_tree(t, text, n, true);
	assert_ends_with(value_of(t, "x_forwarded_for"), ",10.0.0.1,198.51.100.1,2001:db8::7");
	assert_true(value_of(t, "status")->number == 404);
	/* the last element is a number, so this is not a list of strings; only the end of a long
	 * list is read */
	n = put_long(text, "{\"x_forwarded_for\":[", "\"10.0.0.1\",", 200000, "5],\"status\":404}");
	compare_with_tree(t, text, n, true);
	assert_int_equal(value_of(t, "x_forwarded_for")->kind, FIELD_OTHER);
	free(text);
}

/* A client that writes many long values must not displace the status. */
static void long_values_leave_room_for_others(void **state)
{
	static const char *const names[] = {"request", "request_uri", "uri", "path", "url",
		"x_forwarded_for", "http_x_forwarded_for", "xff", "client_ip", "real_ip", "method",
		"request_method", "verb", "remote_ip", "time", "timestamp", "date", "datetime",
		"ts", "count", "response", "code", "stream", "source_ip", "clientip", "message.x",
		"RequestPath", "RequestMethod", "ClientHost"};
	struct tools *t = *state;
	char *text = malloc(4 * MIB);
	size_t n = 1;

	assert_non_null(text);
	text[0] = '{';
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char begin[64];
		snprintf(begin, sizeof begin, "\"%s\":\"", names[i]);
		n += put_long(text + n, begin, "a", 100000, "\",");
	}
	n += put_long(text + n, "\"remote_addr\":\"2001:db8::7\",\"status\":404}", "", 0, "");
	compare_with_tree(t, text, n, true);
	assert_ends_with(value_of(t, "remote_addr"), "2001:db8::7");
	assert_true(value_of(t, "status")->number == 404);
	free(text);
}

/* However little room is left, the open brackets are closed within it. */
static void result_is_closed_within_its_room(void **state)
{
	/* a repeated object without wanted members needs no room; one with a wanted member needs
	 * some */
	static const char *const repeats[] = {"\"request\":{\"headers\":{\"a\":1}},",
		"\"request\":{\"headers\":{\"X-Forwarded-For\":{}}},"};
	struct tools *t = *state;
	char *text = malloc(MIB);

	assert_non_null(text);
	for (size_t i = 0; i < sizeof repeats / sizeof *repeats; i++) {
		for (int pad = 0; pad < 40; pad++) {
			char begin[100];
			snprintf(begin, sizeof begin, "{\"uri\":\"%*s\",", pad, "");
			size_t n = put_long(text, begin, repeats[i], 300000, "\"status\":404}");
			assert_int_equal(condense_text(t, text, n), CONDENSE_WHOLE);
			compare_with_tree(t, text, n, true);
			assert_true(value_of(t, "status")->number == 404);
			assert_int_equal(condense_text(t, text, n - 1), CONDENSE_CUT);
		}
	}
	free(text);
}

static void members_over_the_limit_are_skipped(void **state)
{
	struct tools *t = *state;
	char *text = malloc(MIB);
	size_t n;

	assert_non_null(text);
	n = put_long(text, "{\"request\":{", "\"a\":[\"}\"],", 11 * CONDENSE_MEMBERS_MAX,
		"\"remote_ip\":\"::1\"},\"status\":404}");
	compare_with_tree(t, text, n, false);
	assert_true(value_of(t, "status")->number == 404);
	n = put_long(text, "{", "\"a\":1,", 6 * (CONDENSE_MEMBERS_MAX - 1), "\"status\":404}");
	compare_with_tree(t, text, n, true);
	assert_true(value_of(t, "status")->number == 404);
	n = put_long(text, "{", "\"a\":1,", 6 * CONDENSE_MEMBERS_MAX, "\"status\":404}");
	assert_int_equal(condense_text(t, text, n), CONDENSE_CUT);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wanted_members_are_copied),
		cmocka_unit_test(cut_object_is_reported_as_cut),
		cmocka_unit_test(error_in_a_broken_object_is_located),
		cmocka_unit_test(random_objects_keep_their_values),
		cmocka_unit_test(random_object_cut_anywhere_gives_no_whole_object),
		cmocka_unit_test(long_lists_keep_their_end_and_paths_their_beginning),
		cmocka_unit_test(list_of_many_strings_keeps_the_last),
		cmocka_unit_test(long_values_leave_room_for_others),
		cmocka_unit_test(result_is_closed_within_its_room),
		cmocka_unit_test(members_over_the_limit_are_skipped),
	};

	return cmocka_run_group_tests(tests, make_tools, free_tools);
}
