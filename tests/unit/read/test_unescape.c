/* test_unescape.c - a string means the bytes that cJSON reads of it. */
#include "core/read/unescape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/read/object.h"

#include "unit/random.h"

static void assert_unescaped(const char *text, const char *want)
{
	size_t len = strlen(text);
	char *copy = malloc(len + !len), *out = malloc(len + !len);

	assert_true(copy && out);
	memcpy(copy, text, len);
	size_t n = unescape_text(copy, len, out);
	if (n != strlen(want) || memcmp(out, want, n) != 0)
		fail_msg("%s gives %.*s", text, (int)n, out);
	assert_int_equal(unescape_text(copy, len, copy), n); /* in its own place */
	assert_memory_equal(copy, want, n);
	free(copy);
	free(out);
}

static void escapes_are_what_they_mean(void **state)
{
	static const char *const cases[][2] = {
		{"", ""},
		{"abc", "abc"},
		{"\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t"},
		{"a\\u0041\\u00e9\\u20ac\\ud83d\\ude00b", "aA\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"
							  "b"},
		{"\\u0000\\x00", "\1\1"},
		/* half a surrogate, and what JSON has not */
		{"\\ud83d\\u0041\\ude00\\ud83d", "\xef\xbf\xbd"
						 "A\xef\xbf\xbd\xef\xbf\xbd"},
		{"\\x41\\xe9\\v\\q\\", "A\xc3\xa9\v\\q\\"},
		{"\\u00zz\\u00", "\\u00zz\\u00"},
		{"\\xz\\x4", "\\xz\\x4"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_unescaped(cases[i][0], cases[i][1]);
}

static void random_texts_mean_what_the_tree_has(void **state)
{
	static const char *const parts[] = {"a", "xyz", "\\n", "\\\\", "\\\"", "\\/", "\\u0000",
		"\\u0041", "\\u00e9", "\\uFFFd", "\\ud83d\\ude00", "\xc3\xa9", "u0041",
		"\\t\\r\\b\\f"};
	struct random r = random_new(1);
	struct object *o = object_new(4096);
	struct fields wanted;
	struct fields_values values = {0};
	char text[1200], out[1200];
	size_t error_at;

	(void)state;
	random_note();
	fields_init(&wanted);
	uint8_t slot = fields_want(&wanted, "a");
	for (int i = 0; i < 20000; i++) {
		size_t n = 6;
		memcpy(text, "{\"a\":\"", n);
		for (size_t k = random_below(&r, 60); k; k--) {
			const char *part = parts[random_below(&r, sizeof parts / sizeof *parts)];
			memcpy(text + n, part, strlen(part));
			n += strlen(part);
		}
		memcpy(text + n, "\"}", 2);
		assert_true(object_read(o, text, n + 2, &wanted, &values, &error_at));
		size_t len = unescape_text(text + 6, n - 6, out);
		const struct field *f = &values.at[slot];
		if (f->kind == FIELD_EMPTY) {
			assert_int_equal(len, 0);
			continue;
		}
		assert_int_equal(len, f->len);
		assert_memory_equal(out, f->text, len);
	}
	object_free(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(escapes_are_what_they_mean),
		cmocka_unit_test(random_texts_mean_what_the_tree_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
