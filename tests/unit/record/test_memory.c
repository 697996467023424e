/* test_memory.c - a memory file that was written is read back completely, and a restart in the
 * middle of a run changes no baseline. */
#include "unit/given_memory.h"

static void check_same_baseline(const struct baseline *a, const struct baseline *b)
{
	assert_true(a->mean == b->mean && a->stddev == b->stddev);
	assert_true(a->error_mean == b->error_mean && a->error_stddev == b->error_stddev);
	assert_true(a->source == b->source && a->error_source == b->error_source);
	assert_int_equal(a->ready, b->ready);
}

/* `first` is the text of a, and b was read from it. Checks that the text of b is the same. Frees
 * `first`, a and b. */
static void check_and_free(struct text *first, struct memory_parts *a, struct memory_parts *b)
{
	struct text second = written(b);

	check_same_text(&second, first);
	parts_free(a);
	parts_free(b);
	free(first->s);
	free(second.s);
}

static void file_that_was_read_is_written_again_unchanged(void **state)
{
	const int64_t seconds[] = {0, 1, 100, 1799, 1800, 9000, 100000};

	(void)state;
	random_note();
	for (size_t i = 0; i < sizeof seconds / sizeof *seconds; i++) {
		struct memory_parts a = parts_full(40 + i, seconds[i], 50), b = parts_new(50);
		struct text first = written(&a);
		assert_true(read_exactly(first.s, first.len, &b));
		assert_int_equal(bans_active(b.bans), bans_active(a.bans));
		check_and_free(&first, &a, &b);
	}
}

static void empty_memory_is_read_back(void **state)
{
	struct memory_parts a = parts_new(1), b = parts_new(1);
	struct text first = written(&a);

	(void)state;
	assert_true(read_exactly(first.s, first.len, &b));
	check_and_free(&first, &a, &b);
}

static void printed_refused_and_enforced_bans_stay_different(void **state)
{
	struct memory_parts a = parts_new(10), b = parts_new(10);
	struct address printed = given_client(1), refused = given_client(2),
		       enforced = given_client(3);
	const struct address *const all[] = {&printed, &refused, &enforced};
	struct ban ban;

	(void)state;
	for (size_t i = 0; i < 3; i++)
		assert_true(bans_strike(a.bans, all[i], now, 1, TERM_SCHEDULE, &ban));
	bans_set_enforced(a.bans, &refused, false);
	bans_set_enforced(a.bans, &enforced, true);
	struct text first = written(&a);
	assert_true(read_exactly(first.s, first.len, &b));
	for (size_t i = 0; i < 3; i++) {
		assert_true(bans_find(b.bans, all[i], &ban));
		assert_int_equal(ban.form, BAN_ACTIVE);
		assert_int_equal(ban.tried, i > 0);
		assert_int_equal(ban.was_enforced, i == 2);
		assert_false(ban.enforced);
	}
	check_and_free(&first, &a, &b);
}

static void hundred_thousand_bans_are_written_in_chunks_and_read(void **state)
{
	enum { N = 100000 };
	struct memory_parts a = parts_full(50, 2000, N), b = parts_new(N);
	struct text first = written(&a);
	struct address some = given_client(33334); /* a ban that is over */
	struct ban ban;

	(void)state;
	assert_true(first.len > 3 * MEMORY_CHUNK_BYTES && first.len <= MEMORY_BYTES_MAX);
	assert_true(read_exactly(first.s, first.len, &b));
	assert_int_equal(bans_n(b.bans), N);
	assert_int_equal(bans_active(b.bans), bans_active(a.bans));
	assert_true(bans_find(b.bans, &some, &ban));
	assert_int_equal(ban.form, BAN_OVER);
	assert_int_equal(ban.strikes, 1 + 33334 % 5);
	assert_int_equal(ban.until.ms, now.ms + 33334000);
	check_and_free(&first, &a, &b);
}

/* An entry that changes between two chunks may be missing or have its old value, but the file stays
 * readable. */
static void file_written_during_changes_is_readable(void **state)
{
	enum { N = 5000 };
	struct memory_parts a = parts_full(51, 2000, 0), b = parts_new(2 * N);
	static char text[1 << 20];
	struct random r = random_new(52);
	struct memory_writer w;
	struct buf out = {.data = text};
	bool more = true;
	struct ban ban;

	(void)state;
	bans_free(a.bans);
	struct bans_config config = given_bans_config(2 * N);
	a.bans = bans_new(&config);
	fill_bans(a.bans, N);
	memory_begin(&w);
	while (more) {
		struct buf chunk;
		buf_init(&chunk, text + out.len, MEMORY_CHUNK_BYTES);
		assert_true(out.len + MEMORY_CHUNK_BYTES <= sizeof text);
		more = memory_write(&w, &a, now, &chunk);
		out.len += chunk.len;
		for (int i = 0; i < 200; i++) {
			struct address c = given_client((uint32_t)random_below(&r, 2 * N));
			site_close(a.site, true);
			fill_paths(a.paths, &r, 1);
			if (given_is_banned(a.bans, &c))
				bans_lift(a.bans, &c, now, random_below(&r, 2), &ban);
			else if (!bans_is_muted(a.bans, &c))
				assert_true(bans_strike(a.bans, &c, now, 1, TERM_SCHEDULE, &ban));
		}
	}
	assert_true(read_exactly(text, out.len, &b));
	assert_true(bans_n(b.bans) > N / 2);
	parts_free(&a);
	parts_free(&b);
}

/* The filter of clients that have taught (teachers.h) has room for a million clients, but is almost
 * empty. One pass over all its cells would delay a line, so the filter is written in several calls,
 * although its text is short. */
static void large_and_empty_filter_is_written_in_steps(void **state)
{
	struct memory_parts a = parts_full(53, 100, 0), b = parts_new(1);
	struct visits_config config = given_visits_config();
	static char text[1 << 20];
	struct memory_writer w;
	struct buf out = {.data = text, .cap = sizeof text};
	struct random r = random_new(54);
	int calls = 1;

	(void)state;
	visits_free(a.visits);
	visits_free(b.visits);
	a.visits = visits_new(&config, 1000000, (struct hash_key){{3, 4}});
	b.visits = visits_new(&config, 1000000, (struct hash_key){{3, 4}});
	assert_true(a.visits && b.visits);
	fill_visits(a.visits, &r, 30);
	memory_begin(&w);
	for (; memory_write(&w, &a, now, &out); calls++)
		assert_true(out.cap - out.len > MEMORY_CHUNK_BYTES);
	assert_true(out.len < MEMORY_CHUNK_BYTES);
	assert_true(calls >= 10);
	assert_true(read_exactly(text, out.len, &b));
	struct text second = written(&b);
	check_same_text(&second, &(struct text){text, out.len});
	free(second.s);
	parts_free(&a);
	parts_free(&b);
}

/* A newer program may write additional members. The known members stay usable. */
static void members_of_a_newer_program_are_skipped(void **state)
{
	struct memory_parts a = parts_full(57, 100, 20), b = parts_new(20);
	struct text t = written(&a);
	size_t n = 60000, len = 0;
	char *more = malloc(t.len + n * 32);

	(void)state;
	assert_non_null(more);
	len += (size_t)sprintf(more, "{\"newer\":[");
	for (size_t i = 0; i < n; i++)
		len += (size_t)sprintf(more + len, "%s\"a text of some length\"", i ? "," : "");
	len += (size_t)sprintf(more + len, "],\"new\":{\"a\":[1]},");
	memcpy(more + len, t.s + 1, t.len - 1); /* all except the first bracket */
	len += t.len - 1;
	assert_true(len > 1 << 20);
	assert_true(read_exactly(more, len, &b));
	free(more);
	check_and_free(&t, &a, &b);
}

static bool find_key(const char *text, size_t len, struct hash_key *key)
{
	struct given_source all = {.text = text, .len = len, .most = 1 + len % 7};
	struct byte_source source = given_source(&all);
	bool found;

	assert_int_equal(memory_key(&source, key, &found), MEMORY_OK);
	return found;
}

/* A run continues to count from the highest values that a file may contain. The file that it writes
 * is readable. */
static void run_that_continues_from_the_highest_values_writes_a_readable_file(void **state)
{
	struct memory_parts a = parts_new(1), b = parts_new(1);
	struct site_hour hour = {.learned = (uint64_t)1e15 + 1,
		.sums = {.seconds = 200000, .requests = 1e6, .requests_squared = 5e6}};
	struct visits_memory taught = *visits_memory(a.visits);

	(void)state;
	taught.histograms[0].weight[3] = 2e12;
	taught.anchor[0] = 2e12;
	visits_restore(a.visits, &taught);
	site_hour_restore(a.site, 5, &hour);
	site_age_restore(a.site, UINT64_MAX);
	a.heavy->generations[0].total = UINT64_MAX;
	a.heavy->generations[0].n = 1;
	a.heavy->generations[0].counters[0] =
		(struct heavy_hitters_counter){.client = given_client(1), .requests = UINT64_MAX};
	struct text first = written(&a);
	assert_true(read_exactly(first.s, first.len, &b));
	check_and_free(&first, &a, &b);
}

/* memory_key finds the secret key of the filter of clients that have taught. */
static void key_is_found_without_reading_the_rest(void **state)
{
	struct memory_parts a = parts_full(55, 100, 20);
	struct hash_key key = {{1, 2}};
	struct text t = written(&a);
	char *taught = strstr(t.s, "\"taught\":");

	(void)state;
	assert_true(find_key(t.s, t.len, &key));
	assert_true(key.k[0] == 3 && key.k[1] == 4);
	/* if the file is cut off before the key ends, there is no key */
	for (const char *s = t.s; s < taught; s++)
		assert_false(find_key(t.s, (size_t)(s - t.s), &key));
	assert_false(find_key("{\"taught\": 1}", 13, &key));
	assert_false(find_key("\"taught\"", 8, &key));
	const char spaced[] =
		"{ \"taught\" : { \"turned\": 0, \"cells\": 1,\n\"key\": [0, 5, 1, 6] } }";
	assert_true(find_key(spaced, sizeof spaced - 1, &key));
	assert_true(key.k[0] == 5 && key.k[1] == ((uint64_t)1 << 32 | 6));
	const char none[] = "{\"taught\":{\"turned\":0,\"cells\":1,\"key\":[0,0,0,0]}}";
	assert_false(find_key(none, sizeof none - 1, &key));
	free(t.s);
	parts_free(&a);
}

/* The key of this filter is 0, as in a file that a replay of an older program wrote. With a known
 * key, anybody could find clients that the filter mistakes for others. */
static void filter_without_a_secret_is_not_used(void **state)
{
	struct memory_parts a = parts_full(56, 100, 20), b = parts_new(100);
	struct teachers *from = visits_teachers(a.visits), *to = visits_teachers(b.visits);

	(void)state;
	teachers_restore(from, &(struct teachers_head){.turned = 1700000000});
	struct text t = written(&a);
	assert_true(read_exactly(t.s, t.len, &b));
	assert_true(teachers_head(to).key.k[0] == 3 && teachers_head(to).key.k[1] == 4);
	for (uint32_t i = 0; i < teachers_cells(to); i++)
		assert_int_equal(teachers_cell(to, i), 0);
	free(t.s);
	parts_free(&a);
	parts_free(&b);
}

/* A mute is not a strike, and leaves no value that a reader would refuse. */
static void mute_without_a_strike_is_readable_during_the_mute_and_later(void **state)
{
	struct memory_parts a = parts_new(10);
	struct address client = given_address("2001:db8:7::/64");
	struct ban ban;

	(void)state;
	assert_true(bans_mute(a.bans, &client, now, instant_add(now, span_seconds(600))));
	for (int i = 0; i < 2; i++) {
		struct memory_parts b = parts_new(10);
		struct text t = written(&a);
		assert_true(read_exactly(t.s, t.len, &b));
		assert_int_equal(bans_is_muted(b.bans, &client), i == 0);
		free(t.s);
		parts_free(&b);
		if (i == 0)
			assert_true(bans_end_one(a.bans, INSTANT_MAX, &ban));
	}
	parts_free(&a);
}

static void smaller_table_keeps_the_bans_in_force(void **state)
{
	struct memory_parts a = parts_full(62, 10, 30), b = parts_new(12);
	struct text t = written(&a);

	(void)state;
	assert_true(read_exactly(t.s, t.len, &b));
	assert_int_equal(bans_n(b.bans), 12);
	assert_true(bans_active(b.bans) >= 6);
	parts_free(&a);
	parts_free(&b);
	free(t.s);
}

/* The run that restarts begins with a recomputed baseline. From the next minute on, both runs have
 * the same baseline, to the last bit. */
static void restart_in_the_middle_changes_no_baseline(void **state)
{
	struct random r = random_new(63);
	struct memory_parts a = parts_new(1), b = parts_new(1);
	int restarts = 0, hours = 0;
	int64_t since_restart = 0, start = 1700000000;

	(void)state;
	site_start(a.site, start);
	site_start(b.site, start);
	for (int64_t i = 0; i < 3 * 86400; i++, since_restart++) {
		int64_t second = site_second(a.site);
		uint32_t requests = (uint32_t)random_below(&r, 2 + (uint64_t)(second / 3600 % 24));
		bool learn = second / 300 % 11 != 0;
		site_count(a.site, second, requests, requests / 3);
		site_count(b.site, second, requests, requests / 3);
		bool renewed = site_close(a.site, learn);
		assert_int_equal(site_close(b.site, learn), renewed);
		if (since_restart >= 60 || renewed)
			check_same_baseline(site_baseline(b.site), site_baseline(a.site));
		if (renewed)
			since_restart = 60;
		hours += site_baseline(b.site)->source == BASELINE_HOUR;
		if (random_below(&r, 15000))
			continue;
		struct text t = written(&b);
		parts_free(&b);
		b = parts_new(1);
		assert_true(read_exactly(t.s, t.len, &b));
		site_start(b.site, site_second(a.site));
		free(t.s);
		since_restart = 0;
		restarts++;
	}
	assert_true(restarts > 3 && hours > 0);
	for (int hour = 0; hour < SITE_HOURS; hour++) {
		struct site_hour x = site_hour_sums(a.site, hour), y = site_hour_sums(b.site, hour);
		assert_memory_equal(&x, &y, sizeof x);
	}
	parts_free(&a);
	parts_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(file_that_was_read_is_written_again_unchanged),
		cmocka_unit_test(empty_memory_is_read_back),
		cmocka_unit_test(printed_refused_and_enforced_bans_stay_different),
		cmocka_unit_test(hundred_thousand_bans_are_written_in_chunks_and_read),
		cmocka_unit_test(large_and_empty_filter_is_written_in_steps),
		cmocka_unit_test(file_written_during_changes_is_readable),
		cmocka_unit_test(run_that_continues_from_the_highest_values_writes_a_readable_file),
		cmocka_unit_test(members_of_a_newer_program_are_skipped),
		cmocka_unit_test(key_is_found_without_reading_the_rest),
		cmocka_unit_test(filter_without_a_secret_is_not_used),
		cmocka_unit_test(mute_without_a_strike_is_readable_during_the_mute_and_later),
		cmocka_unit_test(smaller_table_keeps_the_bans_in_force),
		cmocka_unit_test(restart_in_the_middle_changes_no_baseline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
