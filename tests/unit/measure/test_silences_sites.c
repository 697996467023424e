/* test_silences_sites.c - simulates sites of all sizes for 30 days each. Counts the false warnings
 * about each site, and measures how long it takes until a log that stops is reported. Prints these
 * two figures of each site, which silences.h quotes. */
#include "core/measure/silences.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "unit/random.h"

#define DAY_S  ((int64_t)86400)
#define MONDAY (20786 * DAY_S) /* 2026-11-30 */
#define DAYS   30
#define RUNS   10
#define NEVER  (14 * DAY_S)

/* Requests arrive at random, at one rate during opening hours and at another one outside them. */
struct site {
	const char *name;
	double open_s, shut_s; /* mean seconds between two requests; shut_s 0: no requests */
	int from, to;          /* opening hours */
	int days;              /* open days per week, from Monday on */
	int warnings_max;      /* over all runs */
	int64_t delay_max_s;   /* mean time until a stop on a Friday at noon is reported */
};

static const struct site sites[] = {
	{"busy, one in 5 s", 5, 5, 0, 24, 7, 0, 900},
	{"busy by day, nobody at night", 5, 0, 6, 23, 7, 0, 8 * DAY_S},
	{"middle, one per minute, fewer at night", 60, 600, 7, 23, 7, 0, 16 * 3600},
	{"middle, nobody at night", 60, 0, 6, 23, 7, 0, 8 * DAY_S},
	{"an office, shut at night", 60, 0, 8, 18, 7, 0, 8 * DAY_S},
	{"an office, shut at night and at weekends", 60, 0, 8, 18, 5, 0, 8 * DAY_S},
	{"busy day and night, shut at weekends", 10, 0, 0, 24, 5, 40, 8 * DAY_S},
	{"small, one per hour", 3600, 3600, 0, 24, 7, 0, 4 * DAY_S},
	{"small, 20 per day, nobody at night", 2520, 0, 8, 22, 7, 0, 8 * DAY_S},
	{"tiny, one in 3 hours", 10800, 10800, 0, 24, 7, 0, 8 * DAY_S},
	{"tiny, one per day", 86400, 86400, 0, 24, 7, 10, 9 * DAY_S},
};

static double mean_at(const struct site *site, int64_t second)
{
	int64_t day = (second - MONDAY) / DAY_S, hour = second % DAY_S / 3600;
	bool is_open = day % 7 < site->days && hour >= site->from && hour < site->to;

	return is_open ? site->open_s : site->shut_s;
}

/* Finds the next request by thinning a Poisson process that has the highest rate. Moves *second to
 * this request. */
static void next_request(const struct site *site, struct random *r, double *second)
{
	double mean;

	do {
		double u = ((double)random_below(r, 1u << 30) + 1) / ((double)(1u << 30) + 1);
		*second += -log(u) * site->open_s;
		mean = mean_at(site, (int64_t)*second);
	} while (!(mean > 0) ||
		 (double)random_below(r, 1u << 20) > site->open_s / mean * (double)(1u << 20));
}

static bool is_reported(const struct silences *s, int64_t second)
{
	struct instant wall = instant_at_second(second);

	return silences_now(s, wall).ms >= silences_limit(s, wall).ms;
}

/* Whether the silence was reported before its end. Limits fall only at midnight. */
static bool was_reported(const struct silences *s, int64_t from, int64_t to)
{
	for (int64_t t = from; t < to; t = (t / DAY_S + 1) * DAY_S)
		if (is_reported(s, t))
			return true;
	return is_reported(s, to);
}

/* Feeds the site's requests up to `end`. Returns how many silences were reported. */
static int run_site(
	const struct site *site, struct random *r, struct silences *s, double *second, double end)
{
	int warnings = 0;

	for (double before = *second; next_request(site, r, second), *second < end;
		before = *second) {
		warnings += was_reported(s, (int64_t)before, (int64_t)*second);
		silences_note(s, (struct instant){(int64_t)(*second * 1000)});
	}
	return warnings;
}

static int64_t delay_of(const struct silences *s, int64_t stop)
{
	int64_t t = stop;

	while (t - stop < NEVER && !is_reported(s, t))
		t += 60;
	return t - stop;
}

/* The false warnings of one month, and the delays of two reports after it. The log stops on a
 * Friday at noon for a day, continues until Monday at noon, and stops again. */
struct figures {
	int warnings;
	int64_t delay_s, again_s; /* sums over all runs */
};

static void run_month(const struct site *site, uint64_t salt, struct figures *f)
{
	struct random r = random_new(salt);
	double second = MONDAY + 9 * 3600, stop = MONDAY + (DAYS + 2) * DAY_S + DAY_S / 2;
	struct silences s = {0};

	f->warnings += run_site(site, &r, &s, &second, MONDAY + DAYS * DAY_S);
	(void)run_site(site, &r, &s, &second, stop);
	f->delay_s += delay_of(&s, (int64_t)stop);
	second = stop + DAY_S;
	(void)run_site(site, &r, &s, &second, stop + 3 * DAY_S);
	f->again_s += delay_of(&s, (int64_t)stop + 3 * DAY_S);
}

static void quiet_hours_cause_few_warnings_and_a_stopped_log_is_reported(void **state)
{
	(void)state;
	random_note();
	for (size_t i = 0; i < sizeof sites / sizeof *sites; i++) {
		struct figures f = {0};
		for (uint64_t k = 0; k < RUNS; k++)
			run_month(&sites[i], 100 * i + k, &f);
		print_message("# %-41s %4.1f warnings in %d days, reported after %6.2f h, "
			      "again after %6.2f h\n",
			sites[i].name, (double)f.warnings / RUNS, DAYS,
			(double)f.delay_s / RUNS / 3600, (double)f.again_s / RUNS / 3600);
		assert_in_range(f.warnings, 0, sites[i].warnings_max);
		assert_in_range(f.delay_s / RUNS, 900, sites[i].delay_max_s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quiet_hours_cause_few_warnings_and_a_stopped_log_is_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
