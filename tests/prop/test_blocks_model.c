/* test_blocks_model.c - blocks.h finds the ends of strings and of nested values at the same places
 * as a loop over single bytes. */
#include "core/read/blocks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "unit/random.h"

#define TEXT_MAX 700

static const char *model_string_end(const char *s, const char *end)
{
	for (; s < end; s++) {
		if (*s == '"')
			return s;
		if (*s == '\\')
			s++;
	}
	return NULL;
}

static const char *model_nested_end(const char *s, const char *end, unsigned open)
{
	bool string = false;

	for (; s < end; s++) {
		/* JSON has backslashes only in strings; an escaped quote does not end a string */
		if (*s == '\\') {
			s += end - s > 1 && (s[1] == '"' || s[1] == '\\');
		} else if (*s == '"') {
			string = !string;
		} else if (!string && (*s == '{' || *s == '[')) {
			open++;
		} else if (!string && (*s == '}' || *s == ']') && --open == 0) {
			return s + 1;
		}
	}
	return NULL;
}

/* Writes bytes of a few kinds, some of them many times in a row. */
static size_t random_text(struct random *r, char *text)
{
	static const char *const kinds[] = {"\"\\[]{}a", "\\\"", "[]", "aaaaaaaa\"\\[]{}", "a\\",
		"{\"\\\\}", "\xdb\xdd\x5b\x7b\x3b\x1b\xa2\xdc\"]"};
	const char *kind = kinds[random_below(r, sizeof kinds / sizeof *kinds)];
	size_t len = random_below(r, TEXT_MAX), n = 0, kind_n = strlen(kind);

	while (n < len) {
		char c = kind[random_below(r, kind_n)];
		size_t run = random_below(r, 8) ? 1 : random_below(r, 140);
		while (run-- && n < len)
			text[n++] = c;
	}
	return len;
}

static void ends_are_where_a_loop_over_single_bytes_finds_them(void **state)
{
	struct random r = random_new(1);
	char text[TEXT_MAX];

	(void)state;
	random_note();
	for (int i = 0; i < 60000; i++) {
		size_t len = random_text(&r, text);
		unsigned open = (unsigned)random_below(&r, 4);
		char *copy = malloc(len + !len); /* a sanitizer detects a read past the end */
		assert_non_null(copy);
		memcpy(copy, text, len);
		if (open == 0 && len)
			*copy = '[';
		assert_ptr_equal(
			blocks_string_end(copy, copy + len), model_string_end(copy, copy + len));
		assert_ptr_equal(blocks_nested_end(copy, copy + len, open),
			model_nested_end(copy, copy + len, open));
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ends_are_where_a_loop_over_single_bytes_finds_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
