/* test_memory_unbans.c - the newest unbans in the memory file. */
#include "core/record/memory_unbans.h"

#include "unit/given_memory.h"

static void note_unbans(struct unbans *u, uint32_t n)
{
	static const char *const reasons[] = {"manual", "allowed", "not_enforced"};

	for (uint32_t i = 0; i < n; i++) {
		const char *reason = reasons[i % 3];
		struct unban unban = {.client = given_client(i),
			.time = {now.ms + i},
			.strike = i % 4 ? i : UINT32_MAX,
			.reason = unbans_reason(reason, strlen(reason))};
		(void)unbans_note(u, &unban);
	}
}

/* Returns the file with `value` as its member "unbans", or without this member if `value` is NULL.
 */
static struct text with_unbans(const struct text *t, const char *value)
{
	const char *at = strstr(t->s, ",\n\"unbans\":"), *end = at ? strchr(at, ']') : NULL;
	struct text out = {malloc(t->len + 20000), 0};

	assert_true(at && end && out.s);
	out.len = (size_t)sprintf(out.s, "%.*s%s%s%s", (int)(at - t->s), t->s,
		value ? ",\n\"unbans\":" : "", value ? value : "", end + 1);
	return out;
}

static void check_read(const char *value, bool readable)
{
	struct memory_parts a = parts_full(80, 20, 3), b = parts_new(10);
	struct text good = written(&a), t = with_unbans(&good, value);

	if (read_exactly(t.s, t.len, &b) != readable)
		fail_msg("%s: %.300s", readable ? "refused" : "not refused", value);
	if (!readable) { /* and no part of the file is used */
		assert_int_equal(b.unbans->n, 0);
		assert_int_equal(bans_n(b.bans), 0);
	}
	parts_free(&a);
	parts_free(&b);
	free(good.s);
	free(t.s);
}

static void unbans_outlive_a_restart(void **state)
{
	static const uint32_t numbers[] = {0, 1, 2, 3000, UNBANS_MAX, UNBANS_MAX + 77};

	(void)state;
	for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++) {
		struct memory_parts a = parts_new(1), b = parts_new(1);
		uint32_t at_a = 0, at_b = 0, n = 0;
		struct unban x, y;
		note_unbans(a.unbans, numbers[k]);
		struct text t = written(&a);
		assert_true(read_exactly(t.s, t.len, &b));
		for (; unbans_walk(a.unbans, &at_a, &x); n++) {
			assert_true(unbans_walk(b.unbans, &at_b, &y));
			assert_true(address_equal(&x.client, &y.client));
			assert_int_equal(x.client.prefix_len, y.client.prefix_len);
			assert_int_equal(x.time.ms, y.time.ms);
			assert_int_equal(x.strike, y.strike);
			assert_string_equal(x.reason, y.reason);
		}
		assert_false(unbans_walk(b.unbans, &at_b, &y));
		assert_int_equal(n, numbers[k] < UNBANS_MAX ? numbers[k] : UNBANS_MAX);
		struct text again = written(&b);
		check_same_text(&again, &t);
		parts_free(&a);
		parts_free(&b);
		free(t.s);
		free(again.s);
	}
}

static void longest_unban_fits(void **state)
{
	struct memory_parts a = parts_new(1), b = parts_new(1);
	struct unban unban = {.client = given_address("2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff"),
		.time = INSTANT_MAX,
		.strike = UINT32_MAX,
		.reason = unbans_reason("not_enforced", 12)};
	uint32_t cursor = 0;
	char text[256];
	struct buf out;

	(void)state;
	(void)unbans_note(a.unbans, &unban);
	buf_init(&out, text, sizeof text);
	assert_true(memory_put_unban(&out, a.unbans, &cursor, ",\n"));
	assert_false(out.full);
	assert_false(memory_put_unban(&out, a.unbans, &cursor, ",\n"));
	struct text t = written(&a);
	assert_true(read_exactly(t.s, t.len, &b));
	parts_free(&a);
	parts_free(&b);
	free(t.s);
}

static void file_of_an_older_program_is_read_without_unbans(void **state)
{
	struct memory_parts a = parts_full(81, 20, 3), b = parts_new(10);

	(void)state;
	note_unbans(a.unbans, 9);
	struct text good = written(&a), t = with_unbans(&good, NULL);
	assert_null(strstr(t.s, "unbans"));
	assert_true(read_exactly(t.s, t.len, &b));
	assert_int_equal(bans_n(b.bans), 3);
	assert_int_equal(b.unbans->n, 0);
	parts_free(&a);
	parts_free(&b);
	free(good.s);
	free(t.s);
}

static void values_within_their_bounds_are_read(void **state)
{
	static const char *const values[] = {"[]", "[\"198.51.100.7 manual 0 0\"]",
		"[\"2001:db8::/64 allowed 4294967295 253402300799999\"]",
		"[\"198.51.100.7 not_enforced 1 9\",\"198.51.100.7 manual 1 8\"]"};

	(void)state;
	for (size_t i = 0; i < sizeof values / sizeof *values; i++)
		check_read(values[i], true);
}

static void damaged_file_is_refused_whole(void **state)
{
	static const char *const values[] = {"null", "7", "\"\"", "{}", "true", "[7]", "[null]",
		"[[]]", "[\"\"]", "[\"198.51.100.7\"]", "[\"198.51.100.7 manual\"]",
		"[\"198.51.100.7 manual 1\"]", "[\"198.51.100.7 manual 1 2 3\"]",
		"[\" 198.51.100.7 manual 1 2\"]", "[\"198.51.100.7  manual 1 2\"]",
		"[\"198.51.100.7 expired 1 2\"]", "[\"198.51.100.7 Manual 1 2\"]",
		"[\"198.51.100.7 manual -1 2\"]", "[\"198.51.100.7 manual 1 -2\"]",
		"[\"198.51.100.7 manual 1.0 2\"]", "[\"198.51.100.7 manual 4294967296 2\"]",
		"[\"198.51.100.7 manual 1 253402300800000\"]", "[\"198.51.100.256 manual 1 2\"]",
		"[\"2001:db8::/129 manual 1 2\"]", "[\"example.org manual 1 2\"]",
		"[\"198.51.100.7 manual 1 2\",7]", "[\"198.51.100.7 manual 1 2\""};

	(void)state;
	for (size_t i = 0; i < sizeof values / sizeof *values; i++)
		check_read(values[i], false);
}

static void file_with_two_lists_of_unbans_is_refused(void **state)
{
	(void)state;
	check_read("[],\"unbans\":[]", false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unbans_outlive_a_restart),
		cmocka_unit_test(longest_unban_fits),
		cmocka_unit_test(file_of_an_older_program_is_read_without_unbans),
		cmocka_unit_test(values_within_their_bounds_are_read),
		cmocka_unit_test(damaged_file_is_refused_whole),
		cmocka_unit_test(file_with_two_lists_of_unbans_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
