/* test_logclock.c - the current time of the log when lines are late, early, wrong or rare. */
#include "core/measure/logclock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#define T0   INT64_C(1795320960000)
#define S    INT64_C(1000)
#define HOUR (3600 * S)

#define NO_TIME (-1)

static struct request request_at(int64_t ms)
{
	return (struct request){
		.time = {ms == NO_TIME ? 0 : ms}, .has_time = ms != NO_TIME, .count = 1};
}

/* ---- live ---- */

/* Places a request of time `ms` while the wall clock shows `wall`. */
static void live(struct logclock *c, int64_t ms, int64_t wall, enum logclock_place want_place,
	int64_t want_ms, int64_t want_now)
{
	struct request r = request_at(ms);

	assert_int_equal(logclock_place(c, &r, (struct instant){wall}), want_place);
	if (want_place == LOGCLOCK_TAKE || want_place == LOGCLOCK_AHEAD)
		assert_true(r.time.ms == want_ms);
	assert_true(c->now.ms == want_now);
}

static void live_now_is_the_latest_time_of_log_and_wall_clock(void **state)
{
	struct logclock c;

	(void)state;
	logclock_init(&c, false);
	live(&c, T0, T0, LOGCLOCK_TAKE, T0, T0);
	live(&c, T0 + S, T0 + 5 * S, LOGCLOCK_TAKE, T0 + S, T0 + 5 * S);
	live(&c, T0 + 6 * S, T0 + 5 * S, LOGCLOCK_TAKE, T0 + 6 * S, T0 + 6 * S);
	/* the wall clock was set back a little: `now` is not set back */
	live(&c, T0 + 3 * S, T0 + 3 * S, LOGCLOCK_TAKE, T0 + 3 * S, T0 + 6 * S);
}

static void live_line_without_time_gets_the_current_time(void **state)
{
	struct logclock c;

	(void)state;
	logclock_init(&c, false);
	live(&c, NO_TIME, T0 + 7, LOGCLOCK_TAKE, T0 + 7, T0 + 7);
	live(&c, T0 + S, T0, LOGCLOCK_TAKE, T0 + S, T0 + S);
	live(&c, NO_TIME, T0, LOGCLOCK_TAKE, T0 + S, T0 + S);
}

static void live_line_up_to_2_s_ahead_keeps_its_time(void **state)
{
	struct logclock c;

	(void)state;
	logclock_init(&c, false);
	live(&c, T0 + 2 * S, T0, LOGCLOCK_TAKE, T0 + 2 * S, T0 + 2 * S);
}

static void live_line_further_ahead_gets_the_current_time(void **state)
{
	struct logclock c;

	(void)state;
	logclock_init(&c, false);
	live(&c, T0 + 2 * S + 1, T0, LOGCLOCK_AHEAD, T0, T0);
	live(&c, INSTANT_MAX.ms, T0 + 1, LOGCLOCK_AHEAD, T0 + 1, T0 + 1);
	/* the reference is the wall clock, even if another line has moved `now` */
	live(&c, T0 + 2 * S, T0 + 1, LOGCLOCK_TAKE, T0 + 2 * S, T0 + 2 * S);
	live(&c, T0 + 3 * S, T0 + 1, LOGCLOCK_AHEAD, T0 + 2 * S, T0 + 2 * S);
}

static void line_older_than_the_window_is_late(void **state)
{
	(void)state;
	for (int replay = 0; replay < 2; replay++) {
		struct logclock c;
		logclock_init(&c, replay != 0);
		/* the window consists of whole seconds */
		int64_t now = T0 + 500;
		live(&c, now, now, LOGCLOCK_TAKE, now, now);
		live(&c, T0 - 59 * S, now, LOGCLOCK_TAKE, T0 - 59 * S, now);
		live(&c, T0 - 59 * S - 1, now, LOGCLOCK_LATE, 0, now);
		live(&c, T0 - 60 * S, now, LOGCLOCK_LATE, 0, now);
		live(&c, 0, now, LOGCLOCK_LATE, 0, now);
		live(&c, T0, now, LOGCLOCK_TAKE, T0, now);
	}
}

static void live_first_line_may_be_late(void **state)
{
	struct logclock c;

	(void)state;
	logclock_init(&c, false);
	live(&c, T0 - HOUR, T0, LOGCLOCK_LATE, 0, T0);
}

static void tick_moves_now_forward_only(void **state)
{
	struct logclock c;

	(void)state;
	logclock_init(&c, false);
	assert_false(c.started);
	logclock_tick(&c, (struct instant){T0});
	assert_true(c.started && c.now.ms == T0);
	logclock_tick(&c, (struct instant){T0 + 90 * S});
	assert_true(c.now.ms == T0 + 90 * S);
	logclock_tick(&c, (struct instant){T0});
	assert_true(c.now.ms == T0 + 90 * S);
	live(&c, T0, T0 + 90 * S, LOGCLOCK_LATE, 0, T0 + 90 * S);
}

static void live_log_delays_no_line(void **state)
{
	struct logclock c;
	struct request r;
	enum logclock_place place;
	uint64_t bad = 0;

	(void)state;
	logclock_init(&c, false);
	live(&c, T0, T0, LOGCLOCK_TAKE, T0, T0);
	live(&c, T0 + 5 * HOUR, T0 + 5 * HOUR, LOGCLOCK_TAKE, T0 + 5 * HOUR, T0 + 5 * HOUR);
	assert_false(logclock_release(&c, &r, &place, &bad));
	assert_int_equal(bad, 0);
	assert_int_equal(logclock_end(&c), 0);
}

/* ---- replay ---- */

#define GIVEN_MAX 64

/* A replay, as in the engine, with the times of the released lines in order of release. */
struct history {
	struct logclock c;
	int64_t taken[GIVEN_MAX];
	size_t taken_n;
	uint64_t late, bad;
};

static void note(struct history *h, const struct request *r, enum logclock_place place)
{
	if (place == LOGCLOCK_LATE) {
		h->late++;
	} else if (place == LOGCLOCK_BAD) {
		h->bad++;
	} else if (place != LOGCLOCK_HELD) {
		assert_int_equal(place, LOGCLOCK_TAKE);
		assert_true(h->taken_n < GIVEN_MAX);
		h->taken[h->taken_n++] = r->time.ms;
	}
}

static void feed(struct history *h, int64_t ms)
{
	struct request r = request_at(ms);
	/* the wall clock is never read in a replay */
	enum logclock_place place = logclock_place(&h->c, &r, (struct instant){0});

	note(h, &r, place);
	while (logclock_release(&h->c, &r, &place, &h->bad))
		note(h, &r, place);
}

static void feed_n(struct history *h, int64_t ms, int n)
{
	for (int i = 0; i < n; i++)
		feed(h, ms + i);
}

static void begin(struct history *h, int64_t ms)
{
	*h = (struct history){.taken_n = 0};
	logclock_init(&h->c, true);
	feed(h, ms);
	assert_int_equal(h->taken_n, 1);
}

static void check_taken(const struct history *h, const int64_t *want, size_t n)
{
	assert_int_equal(h->taken_n, n);
	for (size_t i = 0; i < n; i++)
		assert_true(h->taken[i] == want[i]);
}

#define CHECK_TAKEN(h, ...)                                                                        \
	check_taken(h, (const int64_t[]){__VA_ARGS__},                                             \
		sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t))

static void replay_starts_at_the_first_time(void **state)
{
	struct history h;

	(void)state;
	begin(&h, T0);
	assert_true(h.c.now.ms == T0);
	feed(&h, T0 - 2 * S);
	assert_true(h.c.now.ms == T0);
	CHECK_TAKEN(&h, T0, T0 - 2 * S);
}

static void replay_line_without_time_gets_the_current_time_if_there_is_one(void **state)
{
	struct history h = {.taken_n = 0};

	(void)state;
	logclock_init(&h.c, true);
	feed(&h, NO_TIME);
	assert_int_equal(h.bad, 1);
	assert_false(h.c.started);
	feed(&h, T0 + 5);
	feed(&h, NO_TIME);
	CHECK_TAKEN(&h, T0 + 5, T0 + 5);
	assert_int_equal(h.bad, 1);
}

static void gap_of_an_hour_is_accepted_immediately(void **state)
{
	struct history h;

	(void)state;
	begin(&h, T0);
	feed(&h, T0 + HOUR);
	CHECK_TAKEN(&h, T0, T0 + HOUR);
	feed(&h, T0 + 2 * HOUR + 1);
	assert_int_equal(h.taken_n, 2);
	assert_true(h.c.now.ms == T0 + HOUR);
	assert_int_equal(logclock_end(&h.c), 1);
	assert_int_equal(logclock_end(&h.c), 0);
}

static void longer_gap_is_accepted_when_3_lines_agree(void **state)
{
	struct history h;
	int64_t later = T0 + 9 * HOUR;

	(void)state;
	begin(&h, T0);
	feed(&h, later);
	feed(&h, later + S);
	feed(&h, later - S); /* two programs write to the log */
	assert_int_equal(h.taken_n, 1);
	feed(&h, later + 2 * S);
	CHECK_TAKEN(&h, T0, later, later + S, later - S, later + 2 * S);
	assert_true(h.c.now.ms == later + 2 * S);
	assert_int_equal(h.bad + h.late, 0);
	assert_int_equal(logclock_end(&h.c), 0);
}

static void line_60_s_before_a_waiting_one_does_not_agree_with_it(void **state)
{
	struct history h;
	int64_t later = T0 + 9 * HOUR;

	(void)state;
	begin(&h, T0);
	feed(&h, later);
	feed_n(&h, later - 60 * S - 9, 9);
	assert_int_equal(h.taken_n, 1);
	feed(&h, later - 60 * S);
	assert_int_equal(h.bad, 1); /* the other ten agree with each other */
	assert_int_equal(h.taken_n, 11);
	assert_true(h.c.now.ms == later - 60 * S);

	begin(&h, T0);
	feed(&h, later);
	feed_n(&h, later - 59 * S, 3);
	assert_int_equal(h.bad, 0);
	assert_int_equal(h.taken_n, 5);
}

static void wild_time_is_bad_after_10_lines(void **state)
{
	struct history h;

	(void)state;
	begin(&h, T0);
	feed(&h, T0 + 1000 * HOUR);
	feed_n(&h, T0, 9);
	assert_int_equal(h.bad, 0);
	feed(&h, T0 + S);
	assert_int_equal(h.bad, 1);
	assert_int_equal(h.taken_n, 11);
	assert_true(h.c.now.ms == T0 + S);
	assert_int_equal(logclock_end(&h.c), 0);
}

static void two_lines_that_agree_are_not_enough(void **state)
{
	struct history h;

	(void)state;
	begin(&h, T0);
	feed_n(&h, T0 + 1000 * HOUR, 3);
	feed_n(&h, T0, 12);
	assert_int_equal(h.bad, 3);
	assert_int_equal(h.taken_n, 13);
	assert_true(h.c.now.ms == T0 + 11);
}

static void third_line_that_agrees_may_be_the_tenth_line(void **state)
{
	(void)state;
	for (int between = 7; between <= 8; between++) {
		struct history h;
		int64_t later = T0 + 9 * HOUR;
		begin(&h, T0);
		feed_n(&h, later, 1);
		feed_n(&h, T0, between);
		feed_n(&h, later + 1, 3);
		/* 7 other lines and 3 that agree are 10 lines; after 8 other lines, the third that
		 * agrees is line 11 */
		assert_int_equal(h.bad, between == 7 ? 0 : 1);
		assert_int_equal(h.taken_n, (size_t)1 + (size_t)between + (between == 7 ? 4 : 0));
	}
}

static void wild_time_before_a_gap_does_not_delay_the_gap(void **state)
{
	struct history h;
	int64_t later = T0 + 9 * HOUR;

	(void)state;
	begin(&h, T0);
	feed(&h, INSTANT_MAX.ms);
	feed_n(&h, later, 10);
	assert_int_equal(h.bad, 1);
	assert_int_equal(h.taken_n, 11);
	for (int i = 0; i < 10; i++)
		assert_true(h.taken[1 + i] == later + i);
	feed(&h, later + 10);
	assert_int_equal(h.taken_n, 12);
}

static void two_gaps_in_a_row_are_both_accepted(void **state)
{
	struct history h;
	int64_t b = T0 + 9 * HOUR, c = T0 + 20 * HOUR;

	(void)state;
	begin(&h, T0);
	feed_n(&h, b, 2);
	feed_n(&h, c, 2); /* b + 1, c and c + 1 agree with b */
	CHECK_TAKEN(&h, T0, b, b + 1);
	assert_true(h.c.now.ms == b + 1);
	feed_n(&h, c + 2, 1);
	assert_int_equal(h.taken_n, 3);
	feed_n(&h, c + 3, 1);
	CHECK_TAKEN(&h, T0, b, b + 1, c, c + 1, c + 2, c + 3);
	assert_int_equal(h.bad, 0);
}

static void sparse_log_is_read_except_its_last_lines(void **state)
{
	struct history h;

	(void)state;
	begin(&h, T0);
	for (int i = 1; i <= 30; i++)
		feed(&h, T0 + i * 2 * HOUR);
	/* too few later lines agree with the last three */
	assert_int_equal(h.taken_n, 28);
	for (int i = 0; i < 28; i++)
		assert_true(h.taken[i] == T0 + i * 2 * HOUR);
	assert_int_equal(h.bad, 0);
	assert_int_equal(logclock_end(&h.c), 3);
}

static void current_lines_pass_while_others_wait(void **state)
{
	struct history h;

	(void)state;
	begin(&h, T0);
	feed(&h, T0 + 9 * HOUR);
	feed(&h, T0 + S);
	feed(&h, NO_TIME);
	feed(&h, T0 - 90 * S);
	CHECK_TAKEN(&h, T0, T0 + S, T0 + S);
	assert_int_equal(h.late, 1);
}

static void waiting_line_may_become_late(void **state)
{
	struct history h;
	int64_t later = T0 + 9 * HOUR;

	(void)state;
	begin(&h, T0);
	feed(&h, later);
	feed(&h, later + 50 * S);
	/* this line agrees with `later`, but is late as soon as the line before it is released */
	feed(&h, later - 30 * S);
	feed(&h, later + 51 * S);
	CHECK_TAKEN(&h, T0, later, later + 50 * S, later + 51 * S);
	assert_int_equal(h.late, 1);
	assert_int_equal(h.bad, 0);
}

static void descending_wild_times_never_move_now(void **state)
{
	struct history h;

	(void)state;
	begin(&h, T0);
	for (int i = 0; i < 40; i++)
		feed(&h, T0 + (41 - i) * 100 * HOUR); /* each is earlier than the previous one */
	assert_true(h.c.now.ms == T0);
	assert_int_equal(h.taken_n, 1);
	assert_int_equal(h.bad + logclock_end(&h.c), 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(live_now_is_the_latest_time_of_log_and_wall_clock),
		cmocka_unit_test(live_line_without_time_gets_the_current_time),
		cmocka_unit_test(live_line_up_to_2_s_ahead_keeps_its_time),
		cmocka_unit_test(live_line_further_ahead_gets_the_current_time),
		cmocka_unit_test(line_older_than_the_window_is_late),
		cmocka_unit_test(live_first_line_may_be_late),
		cmocka_unit_test(tick_moves_now_forward_only),
		cmocka_unit_test(live_log_delays_no_line),
		cmocka_unit_test(replay_starts_at_the_first_time),
		cmocka_unit_test(replay_line_without_time_gets_the_current_time_if_there_is_one),
		cmocka_unit_test(gap_of_an_hour_is_accepted_immediately),
		cmocka_unit_test(longer_gap_is_accepted_when_3_lines_agree),
		cmocka_unit_test(line_60_s_before_a_waiting_one_does_not_agree_with_it),
		cmocka_unit_test(wild_time_is_bad_after_10_lines),
		cmocka_unit_test(two_lines_that_agree_are_not_enough),
		cmocka_unit_test(third_line_that_agrees_may_be_the_tenth_line),
		cmocka_unit_test(wild_time_before_a_gap_does_not_delay_the_gap),
		cmocka_unit_test(two_gaps_in_a_row_are_both_accepted),
		cmocka_unit_test(sparse_log_is_read_except_its_last_lines),
		cmocka_unit_test(current_lines_pass_while_others_wait),
		cmocka_unit_test(waiting_line_may_become_late),
		cmocka_unit_test(descending_wild_times_never_move_now),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
