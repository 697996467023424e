/* test_engine_announce_pace.c - when bans are announced again, and how fast. */
#include "unit/given_announce.h"

static void remember_many(uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct ban ban = ban_of("192.0.2.1", T0 - 100, T0 + 9000);
		ban.client = given_client(i);
		remember(&ban);
	}
}

/* The caller waits until the time that engine_next returns. An announcement must continue even if
 * no line arrives. */
static void announcement_continues_by_itself_at_its_pace(void **state)
{
	int64_t at = T0 * MS, began = 0, ended = 0, in_second[40] = {0};
	int looks = 0;

	(void)state;
	begin_announcing(false, EVERY_S);
	remember_many(3000);
	tick(at);
	while (at < (T0 + 30) * MS) {
		size_t before = g.n;
		int64_t next = engine_next(g.engine).ms;
		assert_true(next > at);
		at = next;
		tick(at);
		looks++;
		assert_true(g.n - before <= 100);
		in_second[at / MS - T0] += (int64_t)(g.n - before);
		if (g.n > before && !began)
			began = at;
		if (g.n > before)
			ended = at;
	}
	assert_int_equal(repeats_of(EVENT_BAN), 3000);
	for (int i = 0; i < 40; i++)
		assert_true(in_second[i] <= 1000);
	assert_int_equal(began, (T0 + 5) * MS);
	assert_true(ended - began >= 2900 && ended - began <= 3500);
	assert_true(looks < 100); /* the engine does not wake up when it has nothing to announce */
}

static void new_ban_is_reported_between_parts_of_an_announcement(void **state)
{
	int64_t second = T0;

	(void)state;
	begin_announcing(false, EVERY_S);
	traffic(&second, 1000, 2, VISITORS); /* the limits are learned */
	remember_many(1000);
	size_t before = g.n;
	engine_announce_now(g.engine);
	tick(second * MS);
	assert_true(g.n > before && g.n - before <= 100);
	before = g.n;
	flood(families[1], second * MS);
	const struct event *e = last_of(EVENT_BAN);
	assert_false(e->repeat);
	assert_int_equal(e, &g.events[before]); /* no repeat precedes the ban */
	pass(second * MS, (second + 3) * MS);
	assert_true(repeats_of(EVENT_BAN) >= 1000);
}

static void announcement_waits_for_a_slow_reader(void **state)
{
	(void)state;
	begin_announcing(false, EVERY_S);
	remember_many(450);
	pass(T0 * MS, (T0 + 5) * MS);
	size_t first = repeats_of(EVENT_BAN);
	assert_true(first > 0 && first < 450);
	room = false;
	pass((T0 + 5) * MS, (T0 + 60) * MS);
	assert_int_equal(repeats_of(EVENT_BAN), first); /* no repeat is queued */
	assert_true(asked < 2000);                      /* the loop does not spin */
	assert_true(engine_next(g.engine).ms > (T0 + 60) * MS);
	room = true;
	pass((T0 + 60) * MS, (T0 + 62) * MS);
	assert_int_equal(repeats_of(EVENT_BAN), 450); /* no repeat is lost */
}

static void announcement_on_request_starts_immediately_and_happens_once(void **state)
{
	(void)state;
	begin_announcing(false, 0);
	remember_many(150);
	pass(T0 * MS, (T0 + 60) * MS);
	assert_int_equal(repeats_of(EVENT_BAN), 0);
	engine_announce_now(g.engine);
	assert_true(engine_next(g.engine).ms <= (T0 + 60) * MS);
	tick((T0 + 60) * MS);
	assert_true(repeats_of(EVENT_BAN) > 0);
	pass((T0 + 60) * MS, (T0 + 61) * MS);
	assert_int_equal(repeats_of(EVENT_BAN), 150);
	pass((T0 + 61) * MS, (T0 + 3600) * MS);
	assert_int_equal(repeats_of(EVENT_BAN), 150);
}

static void request_during_an_announcement_starts_another_one(void **state)
{
	(void)state;
	begin_announcing(false, 0);
	remember_many(150);
	tick(T0 * MS);
	for (int i = 0; i < 5; i++) {
		engine_announce_now(g.engine);
		tick(T0 * MS + 1);
	}
	pass(T0 * MS, (T0 + 10) * MS);
	assert_int_equal(repeats_of(EVENT_BAN), 300);
}

/* A signal requests an announcement. A process that sends many signals must not raise the pace. */
static void many_requests_to_announce_are_paced_too(void **state)
{
	(void)state;
	begin_announcing(false, 0);
	remember_many(90);
	tick(T0 * MS);
	for (int64_t at = T0 * MS; at < (T0 + 4) * MS; at += 7) {
		engine_announce_now(g.engine);
		tick(at);
	}
	assert_in_range(repeats_of(EVENT_BAN), 2000, 4000);
}

static void lines_ahead_of_the_clock_do_not_speed_up_an_announcement(void **state)
{
	(void)state;
	begin_announcing(false, 0);
	remember_many(2000);
	tick(T0 * MS);
	engine_announce_now(g.engine);
	for (int ahead = 0; ahead < 2000; ahead += 20) {
		say_at("192.0.2.9", 200, T0 * MS + ahead, T0 * MS);
		tick(T0 * MS);
	}
	assert_true(repeats_of(EVENT_BAN) <= 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(announcement_continues_by_itself_at_its_pace, end),
		cmocka_unit_test_teardown(
			new_ban_is_reported_between_parts_of_an_announcement, end),
		cmocka_unit_test_teardown(announcement_waits_for_a_slow_reader, end),
		cmocka_unit_test_teardown(
			announcement_on_request_starts_immediately_and_happens_once, end),
		cmocka_unit_test_teardown(request_during_an_announcement_starts_another_one, end),
		cmocka_unit_test_teardown(many_requests_to_announce_are_paced_too, end),
		cmocka_unit_test_teardown(
			lines_ahead_of_the_clock_do_not_speed_up_an_announcement, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
