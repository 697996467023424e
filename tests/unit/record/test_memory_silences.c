/* test_memory_silences.c - the memory file keeps the silences of the log in the last days
 * (silences.h), and whether foreign lines, which are no requests, are usual in the log
 * (recent_lines.h). */
#include "core/record/memory_silences.h"

#include "unit/given_memory.h"

#define GOOD "{\"days\":[\"19675 60000 86400000\"],\"foreign_s\":60,\"foreign_usual\":true}"

/* Returns the file with `value` as its member "silences", or without this member if `value` is
 * NULL. */
static struct text with_silences(const struct text *t, const char *value)
{
	const char *at = strstr(t->s, ",\n\"silences\":"), *end = at ? strchr(at, '}') : NULL;
	struct text out = {malloc(t->len + 20000), 0};

	assert_true(at && end && out.s);
	out.len = (size_t)sprintf(out.s, "%.*s%s%s%s", (int)(at - t->s), t->s,
		value ? ",\n\"silences\":" : "", value ? value : "", end + 1);
	return out;
}

static void check_read(const char *value, bool readable)
{
	struct memory_parts a = parts_full(80, 20, 3), b = parts_new(10);
	struct text good = written(&a), t = with_silences(&good, value);
	struct silences empty = {0};

	if (read_exactly(t.s, t.len, &b) != readable)
		fail_msg("%s: %.300s", readable ? "refused" : "not refused", value);
	if (!readable) { /* then no part of the file is used */
		assert_memory_equal(b.silences, &empty, sizeof empty);
		assert_int_equal(b.recent->foreign_s, 0);
		assert_int_equal(bans_n(b.bans), 0);
	}
	parts_free(&a);
	parts_free(&b);
	free(good.s);
	free(t.s);
}

static void limits_of_silences_are_the_same_after_a_restart(void **state)
{
	int usual = 0;

	(void)state;
	random_note();
	for (uint64_t salt = 0; salt < 20; salt++) {
		struct memory_parts a = parts_full(salt, 0, 0), b = parts_new(1);
		struct instant wall = a.silences->last;
		struct text t = written(&a);
		assert_true(read_exactly(t.s, t.len, &b));
		assert_int_equal(b.recent->foreign_s, a.recent->foreign_s);
		assert_int_equal(b.recent->foreign_usual, a.recent->foreign_usual);
		usual += b.recent->foreign_usual;
		assert_true(silences_longest(a.silences, wall).ms > 0);
		for (int day = 0; day < 12; day++, wall.ms += 86400000) {
			assert_int_equal(silences_limit(b.silences, wall).ms,
				silences_limit(a.silences, wall).ms);
			assert_int_equal(silences_longest(b.silences, wall).ms,
				silences_longest(a.silences, wall).ms);
		}
		/* the time between two runs is not a silence */
		assert_int_equal(silences_now(b.silences, wall).ms, 0);
		parts_free(&a);
		parts_free(&b);
		free(t.s);
	}
	assert_in_range(usual, 1, 20);
}

static void values_out_of_range_are_refused(void **state)
{
	static const char *const wrong[] = {"[]", "null", "{}", "{\"days\":[]}",
		"{\"days\":{},\"foreign_s\":0,\"foreign_usual\":false}",
		"{\"days\":[19675],\"foreign_s\":0,\"foreign_usual\":false}",
		"{\"days\":[\"19675 60000\"],\"foreign_s\":0,\"foreign_usual\":false}",
		"{\"days\":[\"19675 60000 86400000 1\"],\"foreign_s\":0,\"foreign_usual\":false}",
		"{\"days\":[\"19675 60001 60000\"],\"foreign_s\":0,\"foreign_usual\":false}",
		"{\"days\":[\"19675 0 60000\"],\"foreign_s\":0,\"foreign_usual\":false}",
		"{\"days\":[\"-1 60000 60000\"],\"foreign_s\":0,\"foreign_usual\":false}",
		"{\"days\":[\"2932897 60000 60000\"],\"foreign_s\":0,\"foreign_usual\":false}",
		"{\"days\":[\"1 253402300800000 253402300800000\"],\"foreign_s\":0,"
		"\"foreign_usual\":false}",
		"{\"days\":[\"1 1 1\",\"2 1 1\",\"3 1 1\",\"4 1 1\",\"5 1 1\",\"6 1 1\",\"7 1 1\","
		"\"8 1 1\",\"9 1 1\"],\"foreign_s\":0,\"foreign_usual\":false}",
		"{\"days\":[],\"foreign_s\":86401,\"foreign_usual\":false}",
		"{\"days\":[],\"foreign_s\":-1,\"foreign_usual\":false}",
		"{\"days\":[],\"foreign_s\":0.5,\"foreign_usual\":false}",
		"{\"days\":[],\"foreign_s\":0,\"foreign_usual\":0}"};

	(void)state;
	check_read(GOOD, true);
	check_read(NULL, true); /* a file of an older program */
	check_read("{\"days\":[\"2932896 253402300799999 253402300799999\"],\"foreign_s\":86400,"
		   "\"foreign_usual\":false}",
		true);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		check_read(wrong[i], false);
}

static void longest_member_fits_its_buffer(void **state)
{
	struct memory_parts a = parts_new(1);
	char text[1025];
	struct buf out;

	(void)state;
	for (int k = 0; k < SILENCES_DAYS; k++)
		a.silences->days[k] = (struct silences_day){2932896, SPAN_MAX, SPAN_MAX};
	a.recent->foreign_s = RECENT_LINES_USUAL_S;
	buf_init(&out, text, sizeof text - 1);
	memory_put_silences(&out, a.silences, a.recent);
	assert_false(out.full);
	parts_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limits_of_silences_are_the_same_after_a_restart),
		cmocka_unit_test(values_out_of_range_are_refused),
		cmocka_unit_test(longest_member_fits_its_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
