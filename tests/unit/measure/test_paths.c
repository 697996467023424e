/* test_paths.c - which paths are served, and which are dead links. For a full table see
 * test_paths_full.c. */
#include "core/measure/paths.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "unit/given.h"
#include "unit/given_host.h"

#define NOW  ((int64_t)1700000000)
#define HOUR 3600

static struct paths *table(void)
{
	struct paths *p = paths_new(100, (struct hash_key){{3, 4}});

	assert_non_null(p);
	return p;
}

static uint64_t hash_of(const struct paths *p, const char *path)
{
	return paths_hash(p, path, strlen(path));
}

static void ask(struct paths *p, const char *path, const char *client, enum paths_outcome outcome,
	bool honest, int64_t second)
{
	struct address a = given_address(client);

	paths_note(p, hash_of(p, path), &a, outcome, honest, second);
}

static bool is_served(const struct paths *p, const char *path)
{
	return paths_is_served(p, hash_of(p, path));
}

static bool is_dead(const struct paths *p, const char *path, int64_t second)
{
	return paths_is_dead(p, hash_of(p, path), second);
}

static void outcome_depends_on_the_status(void **state)
{
	(void)state;
	for (unsigned status = 0; status < 700; status++) {
		enum paths_outcome want = PATHS_NEITHER;
		if ((status >= 200 && status < 300) || status == 304)
			want = PATHS_SERVED;
		else if (status == 404 || status == 410)
			want = PATHS_MISSING;
		else if (status >= 400 && status < 500)
			want = PATHS_REFUSED;
		assert_int_equal(paths_outcome_of(status), want);
	}
}

static void path_is_served_if_honest_visits_of_two_networks_were_served_it(void **state)
{
	/* the first two addresses are in one network, the third in another */
	static const char *const clients[][3] = {
		{"198.51.100.1", "198.51.100.200", "198.51.101.1"},
		{"2001:db8:1:2::/64", "2001:db8:1:ffff::/64", "2001:db8:2:2::/64"},
		{"198.51.100.1", "198.51.100.2", "2001:db8:2:2::/64"},
	};

	(void)state;
	for (int k = 0; k < 3; k++) {
		struct paths *p = table();
		assert_false(is_served(p, "/"));
		ask(p, "/", clients[k][0], PATHS_SERVED, true, NOW);
		ask(p, "/", clients[k][1], PATHS_SERVED, true, NOW);
		assert_false(is_served(p, "/"));
		ask(p, "/", clients[k][2], PATHS_SERVED, false, NOW);
		ask(p, "/", clients[k][2], PATHS_MISSING, true, NOW);
		ask(p, "/", clients[k][2], PATHS_REFUSED, true, NOW);
		ask(p, "/", clients[k][2], PATHS_NEITHER, true, NOW);
		assert_false(is_served(p, "/"));
		ask(p, "/", clients[k][2], PATHS_SERVED, true, NOW);
		assert_true(is_served(p, "/"));
		assert_false(is_served(p, "/other"));
		paths_free(p);
	}
}

/* Networks that only failed do not hide the networks that were served. */
static void honest_failures_of_many_networks_do_not_hide_a_served_path(void **state)
{
	(void)state;
	for (uint32_t failed = 0; failed < 12; failed++) {
		struct paths *p = table();
		uint64_t hash = hash_of(p, "/late");
		for (uint32_t i = 0; i < failed; i++) {
			struct address a = given_host(i, 1);
			paths_note(p, hash, &a, PATHS_MISSING, true, NOW);
		}
		for (uint32_t i = 0; i < 6; i++) {
			struct address a = given_host(8 + i, 1);
			paths_note(p, hash, &a, PATHS_SERVED, true, NOW);
			paths_note(p, hash, &a, PATHS_SERVED, true, NOW);
			assert_int_equal(paths_is_served(p, hash), i >= 1);
		}
		paths_free(p);
	}
}

static void only_a_failure_or_an_honest_visit_makes_an_entry(void **state)
{
	static const struct {
		enum paths_outcome outcome;
		bool honest;
		uint32_t n;
	} cases[] = {{PATHS_SERVED, true, 1}, {PATHS_SERVED, false, 0}, {PATHS_MISSING, true, 1},
		{PATHS_MISSING, false, 1}, {PATHS_REFUSED, true, 1}, {PATHS_REFUSED, false, 1},
		{PATHS_NEITHER, true, 0}, {PATHS_NEITHER, false, 0}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct paths *p = table();
		for (int times = 0; times < 2; times++)
			ask(p, "/x", "192.0.2.1", cases[i].outcome, cases[i].honest, NOW);
		assert_int_equal(paths_n(p), cases[i].n);
		assert_int_equal(paths_totals(p).entered, cases[i].n);
		paths_free(p);
	}
}

static void dead_link_needs_honest_visits_of_two_networks(void **state)
{
	static const char *const clients[][3] = {
		{"198.51.100.1", "198.51.100.200", "198.51.101.1"},
		{"2001:db8:1:2::/64", "2001:db8:1:ffff::/64", "2001:db8:2:2::/64"},
	};

	(void)state;
	for (int k = 0; k < 2; k++) {
		struct paths *p = table();
		assert_false(is_dead(p, "/old", NOW));
		ask(p, "/old", clients[k][0], PATHS_MISSING, true, NOW);
		ask(p, "/old", clients[k][1], PATHS_MISSING, true, NOW);
		assert_false(is_dead(p, "/old", NOW));
		ask(p, "/old", clients[k][2], PATHS_MISSING, false, NOW);
		assert_false(is_dead(p, "/old", NOW));
		/* this client failed before in a visit that was not honest, and fails now in an
		 * honest visit */
		ask(p, "/old", clients[k][2], PATHS_MISSING, true, NOW);
		assert_true(is_dead(p, "/old", NOW));
		assert_false(is_served(p, "/old"));
		assert_false(is_dead(p, "/new", NOW));
		paths_free(p);
	}
}

static void refused_path_is_no_dead_link(void **state)
{
	struct paths *p = table();

	(void)state;
	for (uint32_t i = 0; i < 20; i++) {
		struct address a = given_host(i, 1);
		paths_note(p, hash_of(p, "/login"), &a, PATHS_REFUSED, true, NOW);
		assert_false(is_dead(p, "/login", NOW));
	}
	paths_free(p);
}

/* At least half of the networks that failed must have found the path missing in honest visits. A
 * network that was refused has failed, too. */
static void dead_link_is_missing_for_half_of_the_failing_networks(void **state)
{
	(void)state;
	for (int refused = 0; refused < 2; refused++) {
		struct paths *p = table();
		enum paths_outcome outcome = refused ? PATHS_REFUSED : PATHS_MISSING;
		ask(p, "/a", "198.51.100.1", PATHS_MISSING, true, NOW);
		ask(p, "/a", "2001:db8:5::/64", PATHS_MISSING, true, NOW);
		ask(p, "/a", "198.51.101.1", outcome, false, NOW);
		ask(p, "/a", "2001:db8:6::/64", outcome, false, NOW);
		assert_true(is_dead(p, "/a", NOW));
		ask(p, "/a", "198.51.102.1", outcome, false, NOW);
		assert_false(is_dead(p, "/a", NOW));
		ask(p, "/a", "2001:db8:7::/64", PATHS_MISSING, true, NOW);
		assert_true(is_dead(p, "/a", NOW));
		paths_free(p);
	}
}

static void kill_path(struct paths *p, const char *path, int64_t second)
{
	ask(p, path, "203.0.113.1", PATHS_MISSING, true, second);
	ask(p, path, "2001:db8:ff::/64", PATHS_MISSING, true, second);
}

/* A page that the site removed becomes a dead link one hour after it was last served. */
static void removed_page_is_dead_after_an_hour(void **state)
{
	static const char *const served[] = {"198.51.100.1", "2001:db8:5::/64", "198.51.101.1",
		"2001:db8:6::/64", "198.51.102.1"};

	(void)state;
	for (int n = 1; n <= 5; n++) { /* number of networks that were served */
		struct paths *p = table();
		kill_path(p, "/a", NOW - 10);
		assert_true(is_dead(p, "/a", NOW - 10));
		for (int k = 0; k < n; k++)
			ask(p, "/a", served[k], PATHS_SERVED, true, NOW);
		assert_false(is_dead(p, "/a", NOW + 2 * HOUR));
		kill_path(p, "/a", NOW + 1);
		assert_false(is_dead(p, "/a", NOW));
		assert_false(is_dead(p, "/a", NOW + HOUR - 1));
		assert_true(is_dead(p, "/a", NOW + HOUR));
		/* a visit that is not honest teaches nothing */
		ask(p, "/a", served[0], PATHS_SERVED, false, NOW + HOUR);
		assert_true(is_dead(p, "/a", NOW + HOUR));
		ask(p, "/a", served[0], PATHS_SERVED, true, NOW + HOUR);
		assert_false(is_dead(p, "/a", NOW + 9 * HOUR));
		paths_free(p);
	}
}

/* Lines may arrive late. */
static void late_line_does_not_move_the_last_served_second_back(void **state)
{
	struct paths *p = table();

	(void)state;
	ask(p, "/a", "198.51.100.1", PATHS_SERVED, true, NOW);
	ask(p, "/a", "198.51.100.1", PATHS_SERVED, true, NOW - 59);
	kill_path(p, "/a", NOW);
	assert_false(is_dead(p, "/a", NOW + HOUR - 1));
	assert_true(is_dead(p, "/a", NOW + HOUR));
	paths_free(p);
}

/* A path is not a dead link for one hour after an honest visit was last served the path. When the
 * clock is set, the end of this hour moves with it. */
static void setting_the_clock_moves_the_hour(void **state)
{
	static const int64_t shifts[] = {1, -1, 100 * HOUR, -100 * HOUR, (int64_t)1 << 33};

	(void)state;
	for (size_t i = 0; i < sizeof shifts / sizeof *shifts; i++) {
		struct paths *p = table();
		ask(p, "/a", "198.51.100.1", PATHS_SERVED, true, NOW);
		kill_path(p, "/a", NOW + 1);
		paths_shift(p, shifts[i]);
		assert_false(is_dead(p, "/a", NOW + shifts[i] + HOUR - 1));
		assert_true(is_dead(p, "/a", NOW + shifts[i] + HOUR));
		paths_free(p);
	}
}

/* Seconds are stored modulo 2^32. */
static void hour_may_cross_the_end_of_32_bits(void **state)
{
	const int64_t end = (int64_t)1 << 32;
	struct paths *p = table();

	(void)state;
	ask(p, "/a", "198.51.100.1", PATHS_SERVED, true, end - 100);
	kill_path(p, "/a", end);
	assert_false(is_dead(p, "/a", end - 101 + HOUR));
	assert_true(is_dead(p, "/a", end - 100 + HOUR));
	ask(p, "/a", "198.51.100.1", PATHS_SERVED, true, end + HOUR);
	kill_path(p, "/a", end + HOUR);
	assert_false(is_dead(p, "/a", end + 2 * HOUR - 1));
	assert_true(is_dead(p, "/a", end + 2 * HOUR));
	paths_free(p);
}

/* The networks with the numbers from `first` to `first` + n - 1 each ask once for the missing path.
 * `honest`: all their visits are honest; otherwise none is honest. */
static void fail_by(struct paths *p, const char *path, uint32_t first, uint32_t n, bool honest)
{
	for (uint32_t i = first; i < first + n; i++) {
		struct address a = given_host(i, 1);
		paths_note(p, hash_of(p, path), &a, PATHS_MISSING, honest, NOW);
	}
}

static struct paths_record only_record(struct paths *p)
{
	struct paths_record r, none;

	paths_walk_begin(p);
	assert_true(paths_walk(p, &r) && !paths_walk(p, &none));
	return r;
}

/* When 48 bits of a path's bitmap are set, the bitmap is cleared. Until 8 networks have failed
 * again, a dead link stays a dead link, and another path does not become one. Then only the new
 * failures count, so old attacks do not count forever. */
static void cleared_bitmap_changes_no_dead_link_until_eight_networks_failed(void **state)
{
	(void)state;
	for (int dead = 0; dead < 2; dead++) {
		struct paths *p = table();
		uint32_t i = 0;
		for (int times = 0; times < 3; times++) {
			uint32_t first = i;
			do
				fail_by(p, "/a", i++, 1, dead);
			while (only_record(p).failed != 0);
			/* the 48th of 64 bits is set after about 88 networks, give or take 30 */
			assert_in_range(i - first, 58, 118);
			assert_true(only_record(p).aged);
			assert_true(is_dead(p, "/a", NOW) == dead);
		}
		while (__builtin_popcountll(only_record(p).failed) < 8) {
			assert_true(is_dead(p, "/a", NOW) == dead);
			fail_by(p, "/a", i++, 1, !dead);
		}
		assert_true(is_dead(p, "/a", NOW) != dead);
		assert_false(only_record(p).aged);
		paths_free(p);
	}
}

static void dead_link_that_is_served_is_no_longer_dead(void **state)
{
	struct paths *p = table();
	uint32_t i = 0;

	(void)state;
	do
		fail_by(p, "/a", i++, 1, true);
	while (only_record(p).failed != 0);
	assert_true(is_dead(p, "/a", NOW));
	ask(p, "/a", "198.51.100.1", PATHS_SERVED, true, NOW);
	assert_false(is_dead(p, "/a", NOW + 2 * HOUR));
	assert_false(only_record(p).aged);
	paths_free(p);
}

/* A path is missing in honest visits of n networks. It is a dead link if n / 3 other networks find
 * it missing in visits that are not honest. It is not a dead link if 2 * n such networks do. At
 * most 3 of the 600 answers may be wrong, because paths.h estimates the numbers of networks. */
static void honest_networks_are_counted_precisely_enough(void **state)
{
	int wrong = 0;

	(void)state;
	for (uint32_t honest = 4; honest <= 24; honest += 4)
		for (uint32_t salt = 0; salt < 50; salt++) {
			struct paths *p = table();
			char path[32];
			snprintf(path, sizeof path, "/%u/%u", honest, salt);
			fail_by(p, path, salt * 1000, honest, true);
			fail_by(p, path, salt * 1000 + 500, honest / 3, false);
			wrong += !is_dead(p, path, NOW);
			fail_by(p, path, salt * 1000 + 500, 2 * honest, false);
			wrong += is_dead(p, path, NOW);
			paths_free(p);
		}
	assert_in_range(wrong, 0, 3);
}

static bool kills_path(uint32_t first, uint32_t second, const char *path)
{
	struct paths *p = table();

	fail_by(p, path, first, 1, true);
	fail_by(p, path, second, 1, true);
	bool dead = is_dead(p, path, NOW);
	paths_free(p);
	return dead;
}

/* Two networks may share a bit for one path, but then they most likely have different bits for
 * another path. Otherwise these two networks could never show any dead link. */
static void networks_that_collide_on_one_path_differ_on_another(void **state)
{
	uint32_t met = 0, met_again = 0;

	(void)state;
	for (uint32_t i = 0; i < 20000; i += 2) {
		if (kills_path(i, i + 1, "/a"))
			continue;
		met++;
		met_again += !kills_path(i, i + 1, "/b");
	}
	/* 1 of 64 pairs collides, and 1 of 64 of these pairs collides again */
	assert_in_range(met, 10000 / 64 - 60, 10000 / 64 + 60);
	assert_true(met_again < 15);
}

static void restored_path_keeps_the_time_of_its_last_served_request(void **state)
{
	struct paths_record r = {.hash = 7,
		.kind = PATHS_HONEST_SINGLE,
		.served_at = (uint32_t)NOW,
		.networks = {PATHS_NETWORK_SERVED | 1}};
	struct paths *p = table();

	(void)state;
	paths_shift(p, -100 * HOUR);
	assert_true(paths_restore(p, &r));
	assert_false(paths_restore(p, &r));
	assert_int_equal(only_record(p).served_at, NOW);
	paths_shift(p, 5);
	assert_int_equal(only_record(p).served_at, NOW + 5);
	paths_free(p);
}

static void hash_depends_on_the_key_and_on_each_byte(void **state)
{
	struct paths *p = table();
	uint64_t hash = hash_of(p, "/a/b");

	(void)state;
	assert_true(hash != hash_of(p, "/a/c") && hash != hash_of(p, "/a/b/"));
	assert_true(paths_key(p).k[0] == 3 && paths_key(p).k[1] == 4);
	paths_set_key(p, (struct hash_key){{3, 5}});
	assert_true(hash != hash_of(p, "/a/b"));
	assert_true(paths_key(p).k[0] == 3 && paths_key(p).k[1] == 5);
	paths_free(p);
	paths_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outcome_depends_on_the_status),
		cmocka_unit_test(path_is_served_if_honest_visits_of_two_networks_were_served_it),
		cmocka_unit_test(honest_failures_of_many_networks_do_not_hide_a_served_path),
		cmocka_unit_test(only_a_failure_or_an_honest_visit_makes_an_entry),
		cmocka_unit_test(dead_link_needs_honest_visits_of_two_networks),
		cmocka_unit_test(refused_path_is_no_dead_link),
		cmocka_unit_test(dead_link_is_missing_for_half_of_the_failing_networks),
		cmocka_unit_test(removed_page_is_dead_after_an_hour),
		cmocka_unit_test(late_line_does_not_move_the_last_served_second_back),
		cmocka_unit_test(setting_the_clock_moves_the_hour),
		cmocka_unit_test(hour_may_cross_the_end_of_32_bits),
		cmocka_unit_test(cleared_bitmap_changes_no_dead_link_until_eight_networks_failed),
		cmocka_unit_test(dead_link_that_is_served_is_no_longer_dead),
		cmocka_unit_test(honest_networks_are_counted_precisely_enough),
		cmocka_unit_test(networks_that_collide_on_one_path_differ_on_another),
		cmocka_unit_test(restored_path_keeps_the_time_of_its_last_served_request),
		cmocka_unit_test(hash_depends_on_the_key_and_on_each_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
