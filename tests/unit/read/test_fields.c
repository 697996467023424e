/* test_fields.c - wanted names get slots, names from a log are found only if they are equal to a
 * wanted name, and the limits are obeyed. */
#include "core/read/fields.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct fields f;

/* Copies the name to the heap, so that a sanitizer detects a read past its end. */
static const struct fields_name *find(const char *name)
{
	size_t len = strlen(name);
	char *copy = malloc(len + !len);

	assert_non_null(copy);
	memcpy(copy, name, len);
	const struct fields_name *found = fields_find(&f, copy, len);
	free(copy);
	return found;
}

static void each_wanted_name_has_one_slot(void **state)
{
	static const char *const names[] = {"remote_addr", "status", "x",
		"request.headers.X-Forwarded-For", "@timestamp", "remote_addr2", "emote_addr"};
	uint8_t slots[sizeof names / sizeof *names];

	(void)state;
	fields_init(&f);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		slots[i] = fields_want(&f, names[i]);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		assert_int_equal(slots[i], i);
		assert_int_equal(fields_want(&f, names[i]), i);
		assert_non_null(find(names[i]));
		assert_int_equal(find(names[i])->slot, i);
		assert_string_equal(f.names[i], names[i]);
	}
	assert_int_equal(f.n, sizeof names / sizeof *names);
}

static void other_names_are_not_found(void **state)
{
	static const char *const others[] = {"", "remote_add", "remote_addr ", "Remote_addr",
		"remote_addrs", "emote_addr", ".", "source.", ".ip", "source.i", "source.ip.",
		"sour", "ip"};

	(void)state;
	fields_init(&f);
	fields_want(&f, "remote_addr");
	fields_want(&f, "source.ip");
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		assert_null(find(others[i]));
	assert_null(fields_find(&f, "remote_addr\0x", 13));
}

static void beginnings_of_a_dotted_name_lead_into_objects(void **state)
{
	(void)state;
	fields_init(&f);
	assert_int_equal(fields_want(&f, "http.response.status_code"), 0);
	assert_int_equal(find("http")->slot, FIELDS_NONE);
	assert_true(find("http")->inside);
	assert_true(find("http.response")->inside);
	assert_false(find("http.response.status_code")->inside);
	/* the beginning of a wanted name may be wanted, too */
	assert_int_equal(fields_want(&f, "http"), 1);
	assert_int_equal(find("http")->slot, 1);
	assert_true(find("http")->inside);
	assert_int_equal(fields_want(&f, "http.response.status_code.x"), 2);
	assert_int_equal(find("http.response.status_code")->slot, 0);
	assert_true(find("http.response.status_code")->inside);
}

static void name_is_1_to_127_bytes_long(void **state)
{
	char name[FIELDS_NAME_MAX + 2];

	(void)state;
	fields_init(&f);
	assert_int_equal(fields_want(&f, ""), FIELDS_NONE);
	memset(name, 'n', sizeof name);
	name[FIELDS_NAME_MAX + 1] = '\0';
	assert_int_equal(fields_want(&f, name), FIELDS_NONE);
	assert_null(find(name));
	name[FIELDS_NAME_MAX] = '\0';
	assert_int_equal(fields_want(&f, name), 0);
	assert_int_equal(find(name)->slot, 0);
}

static void full_table_refuses_new_names_and_finds_old_ones(void **state)
{
	static char names[FIELDS_MAX + 1][16];

	(void)state;
	fields_init(&f);
	for (int i = 0; i <= FIELDS_MAX; i++)
		snprintf(names[i], sizeof names[i], "name-%d", i);
	for (int i = 0; i < FIELDS_MAX; i++)
		assert_int_equal(fields_want(&f, names[i]), i);
	assert_int_equal(fields_want(&f, names[FIELDS_MAX]), FIELDS_NONE);
	const struct fields_name *refused = find(names[FIELDS_MAX]);
	assert_true(!refused || (refused->slot == FIELDS_NONE && !refused->inside));
	for (int i = 0; i < FIELDS_MAX; i++)
		assert_int_equal(find(names[i])->slot, i);
	assert_int_equal(fields_want(&f, names[3]), 3);
}

/* Each dotted name needs places for its beginnings, too, so the table limits the number of dotted
 * names before FIELDS_MAX does. */
static void table_keeps_free_places_so_that_searches_end(void **state)
{
	static char names[FIELDS_MAX][48];
	int refused = 0;

	(void)state;
	fields_init(&f);
	for (int i = 0; i < FIELDS_MAX; i++) {
		snprintf(names[i], sizeof names[i], "p%d.q%d.r%d.s", i, i, i);
		refused += fields_want(&f, names[i]) == FIELDS_NONE;
	}
	assert_true(refused > 0);
	assert_true(f.used < FIELDS_TABLE / 2);
	for (int i = 0; i < 10000; i++) {
		char other[16];
		snprintf(other, sizeof other, "o%d", i);
		assert_null(find(other));
	}
}

static void empty_text_and_dash_have_kinds_of_their_own(void **state)
{
	struct field text = field_of_text("--", 2);

	(void)state;
	assert_int_equal(field_of_text("", 0).kind, FIELD_EMPTY);
	assert_int_equal(field_of_text("-", 1).kind, FIELD_DASH);
	assert_int_equal(text.kind, FIELD_TEXT);
	assert_int_equal(text.len, 2);
	assert_int_equal(field_of_text("0", 1).kind, FIELD_TEXT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_wanted_name_has_one_slot),
		cmocka_unit_test(other_names_are_not_found),
		cmocka_unit_test(beginnings_of_a_dotted_name_lead_into_objects),
		cmocka_unit_test(name_is_1_to_127_bytes_long),
		cmocka_unit_test(full_table_refuses_new_names_and_finds_old_ones),
		cmocka_unit_test(table_keeps_free_places_so_that_searches_end),
		cmocka_unit_test(empty_text_and_dash_have_kinds_of_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
