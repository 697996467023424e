/* test_memory_origins.c - writes the hosts that send counts to the memory file, and reads them. */
#include "core/record/memory_origins.h"

#include "unit/given_memory.h"

/* Returns the file with `value` as its member "origins", or without this member if `value` is NULL.
 */
static struct text with_origins(const struct text *t, const char *value)
{
	const char *at = strstr(t->s, ",\n\"origins\":"), *end = at ? strchr(at, ']') : NULL;
	struct text out = {malloc(t->len + 20000), 0};

	assert_true(at && end && out.s);
	out.len = (size_t)sprintf(out.s, "%.*s%s%s%s", (int)(at - t->s), t->s,
		value ? ",\n\"origins\":" : "", value ? value : "", end + 1);
	return out;
}

static void check_read(const char *value, bool readable, uint32_t n)
{
	struct memory_parts a = parts_full(80, 20, 3), b = parts_new(10);
	struct text good = written(&a), t = with_origins(&good, value);

	if (read_exactly(t.s, t.len, &b) != readable)
		fail_msg("%s: %.300s", readable ? "refused" : "not refused", value);
	assert_int_equal(origins_n(b.origins), n);
	/* either the whole file is used, or no part of it */
	assert_int_equal(bans_n(b.bans), readable ? 3 : 0);
	parts_free(&a);
	parts_free(&b);
	free(good.s);
	free(t.s);
}

static void hosts_are_the_same_after_a_restart(void **state)
{
	(void)state;
	random_note();
	for (int n = 0; n <= ORIGINS_MAX; n += n < 5 ? 1 : 1364) {
		struct random r = random_new(90);
		struct memory_parts a = parts_new(1), b = parts_new(1);
		fill_origins(a.origins, &r, n);
		struct text t = written(&a);
		assert_true(read_exactly(t.s, t.len, &b));
		assert_int_equal(origins_n(b.origins), n);
		for (uint32_t k = 0; k < (uint32_t)n; k++) {
			const struct origin *o = origins_get(a.origins, k);
			const struct origin *p = origins_get(b.origins, k);
			assert_string_equal(p->name, o->name);
			assert_true(p->run == o->run && p->seq == o->seq);
			assert_int_equal(p->time.ms, o->time.ms);
			assert_true(p->restored);
		}
		parts_free(&a);
		parts_free(&b);
		free(t.s);
	}
}

static void no_line_counts_twice_after_a_restart(void **state)
{
	struct memory_parts a = parts_new(1), b = parts_new(1);
	struct origins_line line = {.name = "web1", .run = 7, .seq = 5, .time = now};
	uint32_t index;

	(void)state;
	assert_int_equal(origins_note(a.origins, &line, now, &index), ORIGINS_NEW);
	struct text t = written(&a);
	assert_true(read_exactly(t.s, t.len, &b));
	assert_int_equal(origins_note(b.origins, &line, now, &index), ORIGINS_REPEATED);
	line.seq = 6;
	assert_int_equal(origins_note(b.origins, &line, now, &index), ORIGINS_NEW);
	assert_int_equal(origins_note(b.origins, &line, now, &index), ORIGINS_REPEATED);
	parts_free(&a);
	parts_free(&b);
	free(t.s);
}

static void file_of_a_run_that_read_a_log_is_read(void **state)
{
	struct memory_parts b = parts_full(81, 20, 3), a = parts_new(10);

	(void)state;
	check_read(NULL, true, 0); /* the file of an older version */
	origins_free(b.origins);
	b.origins = NULL;
	struct text t = written(&b);
	assert_null(strstr(t.s, "\"origins\""));
	assert_true(read_exactly(t.s, t.len, &a));
	free(t.s);
	/* a run that reads a log also accepts the file of a run that read counts */
	struct random r = random_new(91);
	fill_origins(a.origins, &r, 3);
	t = written(&a);
	assert_non_null(strstr(t.s, "\"origins\""));
	assert_true(read_exactly(t.s, t.len, &b));
	free(t.s);
	parts_free(&a);
	parts_free(&b);
}

static void elements_that_are_no_host_are_refused(void **state)
{
	static const char *const wrong[] = {"null", "{}", "\"web1 1 1 1\"", "[null]", "[1]", "[[]]",
		"[\"\"]", "[\"web1\"]", "[\"web1 1 1\"]", "[\"web1 1 1 1 1\"]", "[\" 1 1 1\"]",
		"[\"web1 -1 1 1\"]", "[\"web1 1 1.5 1\"]", "[\"web1 1 1 253402300800000\"]",
		"[\"web1 9007199254740992 1 1\"]", "[\"web1 1 9007199254740992 1\"]",
		"[\"web/1 1 1 1\"]", "[\"-web1 1 1 1\"]", "[\"web\\u001b[2J 1 1 1\"]",
		"[\"w\xc3\xa4g 1 1 1\"]", "[\"web2 1 1 1\",\"web1 1 1\"]"};
	char name[300];

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		check_read(wrong[i], false, 0);
	snprintf(name, sizeof name, "[\"%064d 1 1 1\"]", 0);
	check_read(name, false, 0);
	snprintf(name, sizeof name, "[\"%063d 9007199254740991 9007199254740991 253402300799999\"]",
		0);
	check_read(name, true, 1);
	check_read("[]", true, 0);
	check_read("[\"web1 0 0 0\",\"web2 1 1 1\",\"web1 2 2 2\"]", true,
		2); /* of hosts with equal names, the first counts */
}

static void longest_element_fits_its_buffer(void **state)
{
	struct origins *all = origins_new((struct hash_key){{1, 2}}, true);
	struct origin most = {.run = UINT64_MAX, .seq = UINT64_MAX, .time = {INSTANT_MAX.ms + 1}};
	char text[160];
	struct buf out;
	uint32_t k = 0;

	(void)state;
	memset(most.name, 'w', ORIGINS_NAME_MAX);
	assert_true(origins_restore(all, &most));
	buf_init(&out, text, sizeof text);
	assert_true(memory_put_origin(&out, all, &k, ",\n"));
	assert_false(out.full);
	assert_false(memory_put_origin(&out, all, &k, ",\n"));
	origins_free(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts_are_the_same_after_a_restart),
		cmocka_unit_test(no_line_counts_twice_after_a_restart),
		cmocka_unit_test(file_of_a_run_that_read_a_log_is_read),
		cmocka_unit_test(elements_that_are_no_host_are_refused),
		cmocka_unit_test(longest_element_fits_its_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
