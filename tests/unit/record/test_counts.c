/* test_counts.c - what can name a host in a line of counts. */
#include "core/record/counts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(origins_are_plain_words),
		cmocka_unit_test(origins_have_63_bytes_at_most),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
