/* test_site_model.c - compares the site's window and baselines with a model, which sums its lists
 * at each check, on random histories of several days.
 *
 * The model stores every second of the run. For each hour of the day, it stores the values that
 * were learned before that hour ended. A line that is read after the end of its hour does not
 * change these values.
 */
#include "core/measure/site.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "unit/given.h"
#include "unit/random.h"

#define SECONDS_MAX 600000
#define FOLDS_MAX   64   /* days */
#define RING_S      1800 /* seconds of the recent baseline, which site.h stores in a ring */

/* per second */
#define MEAN_FLOOR   1.0
#define STDDEV_FLOOR 0.5
#define ERROR_FLOOR  0.1

struct sums {
	long double n, requests, requests_squared, errors, errors_squared;
};

struct model {
	int64_t start, second;
	uint32_t requests[SECONDS_MAX]; /* by second - start */
	uint32_t errors[SECONDS_MAX];
	uint32_t learned[SECONDS_MAX]; /* seconds - start, oldest first */
	size_t learned_n;
	/* learned in the current hour */
	struct sums today;
	bool today_has[SECONDS_MAX];
	struct sums days[SITE_HOURS][FOLDS_MAX]; /* earlier days, oldest first */
	int days_n[SITE_HOURS];
	uint64_t age;
	struct baseline baseline;
};

static void sums_put(
	struct sums *s, long double n, long double requests, long double errors, int sign)
{
	s->n += n;
	s->requests += sign * requests;
	s->requests_squared += sign * requests * requests;
	s->errors += sign * errors;
	s->errors_squared += sign * errors * errors;
}

static struct model *model_new(int64_t start)
{
	struct model *m = calloc(1, sizeof *m);

	assert_non_null(m);
	m->start = m->second = start;
	m->baseline = (struct baseline){.mean = MEAN_FLOOR,
		.stddev = STDDEV_FLOOR,
		.error_mean = ERROR_FLOOR,
		.error_stddev = ERROR_FLOOR};
	return m;
}

static void model_count(struct model *m, int64_t second, uint32_t requests, uint32_t errors)
{
	size_t i = (size_t)(second - m->start);

	if (m->today_has[i] && second / 3600 == m->second / 3600) {
		sums_put(&m->today, 0, m->requests[i], m->errors[i], -1);
		sums_put(&m->today, 0, m->requests[i] + requests, m->errors[i] + errors, 1);
	}
	m->requests[i] += requests;
	m->errors[i] += errors;
}

static void model_level(const struct sums *s, long double mean[2], long double stddev[2])
{
	mean[0] = s->requests / s->n;
	mean[1] = s->errors / s->n;
	stddev[0] = sqrtl(fmaxl(0, s->requests_squared / s->n - mean[0] * mean[0]));
	stddev[1] = sqrtl(fmaxl(0, s->errors_squared / s->n - mean[1] * mean[1]));
}

/* Mean and deviation in two passes over the list itself. */
static void model_recent(
	const struct model *m, size_t from, long double mean[2], long double stddev[2])
{
	long double n = (long double)(m->learned_n - from), square[2] = {0, 0};

	mean[0] = mean[1] = 0;
	for (size_t i = from; i < m->learned_n; i++) {
		mean[0] += m->requests[m->learned[i]];
		mean[1] += m->errors[m->learned[i]];
	}
	/* rounded once, so that equal means of the hour and of the last 30 min compare as equal */
	mean[0] /= n;
	mean[1] /= n;
	for (size_t i = from; i < m->learned_n; i++) {
		long double r = m->requests[m->learned[i]] - mean[0];
		long double e = m->errors[m->learned[i]] - mean[1];
		square[0] += r * r;
		square[1] += e * e;
	}
	stddev[0] = sqrtl(square[0] / n);
	stddev[1] = sqrtl(square[1] / n);
}

static void model_recompute(struct model *m)
{
	size_t cap = RING_S;
	size_t from = m->learned_n > cap ? m->learned_n - cap : 0;
	int hour = (int)(m->second / 3600 % 24);
	const long double mean_floor[2] = {MEAN_FLOOR, ERROR_FLOOR};
	const long double stddev_floor[2] = {STDDEV_FLOOR, ERROR_FLOOR};
	long double mean[2], stddev[2], hour_mean[2], hour_stddev[2], seconds = 0;
	enum baseline_source source[2] = {BASELINE_RECENT, BASELINE_RECENT};
	struct sums slot = {0};

	if (m->learned_n == 0)
		return;
	model_recent(m, from, mean, stddev);
	for (int d = 0; d < m->days_n[hour]; d++) {
		const struct sums *day = &m->days[hour][d];
		long double w = powl(0.5L, m->days_n[hour] - 1 - d);
		slot.n += w * day->n;
		slot.requests += w * day->requests;
		slot.requests_squared += w * day->requests_squared;
		slot.errors += w * day->errors;
		slot.errors_squared += w * day->errors_squared;
		seconds += day->n;
	}
	if (seconds >= 1800) {
		model_level(&slot, hour_mean, hour_stddev);
		for (int k = 0; k < 2; k++) {
			if (hour_mean[k] > mean[k]) {
				mean[k] = hour_mean[k];
				stddev[k] = hour_stddev[k];
				source[k] = BASELINE_HOUR;
			}
		}
	}
	for (int k = 0; k < 2; k++) {
		if (mean[k] < mean_floor[k]) {
			mean[k] = mean_floor[k];
			source[k] = BASELINE_FLOOR;
		}
		stddev[k] = fmaxl(stddev[k], stddev_floor[k]);
	}
	m->baseline.mean = (double)mean[0];
	m->baseline.error_mean = (double)mean[1];
	m->baseline.stddev = (double)stddev[0];
	m->baseline.error_stddev = (double)stddev[1];
	m->baseline.source = source[0];
	m->baseline.error_source = source[1];
}

static bool model_close(struct model *m, bool learn)
{
	size_t i = (size_t)(m->second - m->start);

	assert_true(i + 1 < SECONDS_MAX && m->learned_n < SECONDS_MAX);
	if (learn) {
		m->learned[m->learned_n++] = (uint32_t)i;
		m->today_has[i] = true;
		sums_put(&m->today, 1, m->requests[i], m->errors[i], 1);
	}
	m->second++;
	m->age++;
	if (m->second % 3600 == 0) {
		int hour = (int)((m->second / 3600 - 1) % 24);
		if (m->today.n > 0)
			m->days[hour][m->days_n[hour]++] = m->today;
		m->today = (struct sums){0};
	}
	m->baseline.ready = m->age >= 120;
	if (m->age % 60 && m->second % 3600)
		return false;
	model_recompute(m);
	return true;
}

/* All seconds of the last 30 min replace the seconds learned before. */
static void model_accept(struct model *m)
{
	int64_t cap = RING_S, n = m->second - m->start;

	m->learned_n = 0;
	for (int64_t i = n > cap ? n - cap : 0; i < n; i++)
		m->learned[m->learned_n++] = (uint32_t)i;
	model_recompute(m);
}

static void check_near(double got, double want)
{
	if (!(fabs(got - want) <= 1e-7 * (1 + fabs(want))))
		fail_msg("%.12g instead of %.12g", got, want);
}

static void check_baseline(const struct site *s, const struct model *m)
{
	const struct baseline *got = site_baseline(s), *want = &m->baseline;

	check_near(got->mean, want->mean);
	check_near(got->stddev, want->stddev);
	check_near(got->error_mean, want->error_mean);
	check_near(got->error_stddev, want->error_stddev);
	assert_int_equal(got->ready, want->ready);
	assert_int_equal(got->source, want->source);
	assert_int_equal(got->error_source, want->error_source);
}

static void check_window(const struct site *s, const struct model *m)
{
	struct site_window w = site_window(s), want = {0, 0};

	for (int64_t t = m->second; t > m->second - 60 && t >= m->start; t--) {
		want.requests += m->requests[t - m->start];
		want.errors += m->errors[t - m->start];
	}
	assert_int_equal(w.requests, want.requests);
	assert_int_equal(w.errors, want.errors);
}

static void check_history(const struct site *s, const struct model *m)
{
	uint32_t requests[SITE_HISTORY_MAX], errors[SITE_HISTORY_MAX];
	size_t n = site_history(s, requests, errors);
	int64_t last = m->second / 10, first = m->start / 10;

	if (first < last - SITE_HISTORY_MAX + 1)
		first = last - SITE_HISTORY_MAX + 1;
	assert_int_equal(n, last - first + 1);
	for (int64_t step = first; step <= last; step++) {
		uint64_t r = 0, e = 0;
		for (int64_t t = step * 10; t < step * 10 + 10; t++) {
			if (t < m->start || t > m->second)
				continue;
			r += m->requests[t - m->start];
			e += m->errors[t - m->start];
		}
		assert_int_equal(requests[step - first], r);
		assert_int_equal(errors[step - first], e);
	}
}

static void check_hours(const struct site *s, const struct model *m)
{
	for (int hour = 0; hour < SITE_HOURS; hour++) {
		struct site_hour got = site_hour_sums(s, hour);
		long double n = 0, requests = 0;
		uint64_t learned = 0;
		for (int d = 0; d < m->days_n[hour]; d++) {
			long double w = powl(0.5L, m->days_n[hour] - 1 - d);
			n += w * m->days[hour][d].n;
			requests += w * m->days[hour][d].requests;
			learned += (uint64_t)m->days[hour][d].n;
		}
		check_near(got.sums.seconds, (double)n);
		check_near(got.sums.requests, (double)requests);
		assert_int_equal(got.learned, learned);
	}
}

/* A second's traffic, depending on the hour of the day. Some lines are late. */
static void traffic(struct site *s, struct model *m, struct random *r, uint64_t busy)
{
	uint64_t lines = random_below(r, 3 + busy * (uint64_t)(m->second / 3600 % 24));

	if (random_below(r, 8) == 0)
		lines = 0;
	for (uint64_t i = 0; i < 1 + lines / 8; i++) {
		int64_t back = random_below(r, 4) ? 0 : (int64_t)random_below(r, 60);
		int64_t second = m->second - back < m->start ? m->second : m->second - back;
		uint32_t requests = (uint32_t)random_below(r, 1 + lines);
		uint32_t errors = (uint32_t)random_below(r, 1 + requests);
		site_count(s, second, requests, errors);
		model_count(m, second, requests, errors);
	}
}

static void close_both(struct site *s, struct model *m, bool learn)
{
	assert_int_equal(site_close(s, learn), model_close(m, learn));
	assert_int_equal(site_second(s), m->second);
}

/* Closes 7200 s plus the length of the ring, second by second. Then skips `seconds` in one call.
 * The model closes the skipped seconds one by one. */
static void idle(struct site *s, struct model *m, int64_t seconds)
{
	for (int64_t i = 0; i < 7200 + RING_S; i++)
		close_both(s, m, true);
	site_skip(s, seconds);
	for (int64_t i = 0; i < seconds; i++)
		model_close(m, true);
	/* site_skip recomputes the baseline at the end */
	model_recompute(m);
	check_baseline(s, m);
	check_window(s, m);
	check_history(s, m);
	check_hours(s, m);
	assert_int_equal(site_age(s), m->age);
}

static void history(uint64_t salt, int64_t seconds, bool gaps)
{
	struct random r = random_new(salt);
	int64_t start = 1700000000 + (int64_t)random_below(&r, 86400), attack = 0;
	uint64_t busy = 1 + random_below(&r, 4);
	struct model *m = model_new(start);
	struct site *s = site_new();
	int sources[BASELINE_SOURCE_COUNT] = {0};

	assert_non_null(s);
	site_start(s, start);
	check_baseline(s, m);
	while (m->second - start < seconds) {
		traffic(s, m, &r, busy);
		if (attack > 0)
			attack--;
		else if (random_below(&r, 4000) == 0)
			attack = 1 + (int64_t)random_below(&r, 2000);
		uint64_t at = m->age;
		close_both(s, m, attack == 0);
		if (random_below(&r, 5000) == 0) {
			site_accept(s);
			model_accept(m);
			check_baseline(s, m);
		}
		if (at % 7 == 0)
			check_baseline(s, m);
		if (at % 31 == 0)
			check_window(s, m);
		if (at % 997 == 0)
			check_history(s, m);
		if (at % 4999 == 0)
			check_hours(s, m);
		sources[site_baseline(s)->source]++;
		if (gaps && random_below(&r, 30000) == 0)
			idle(s, m, 1 + (int64_t)random_below(&r, 40000));
	}
	check_hours(s, m);
	assert_int_equal(site_age(s), m->age);
	assert_true(sources[BASELINE_RECENT] > 0 && sources[BASELINE_HOUR] > 0);
	site_free(s);
	free(m);
}

static void baselines_equal_those_of_the_lists_over_days(void **state)
{
	(void)state;
	random_note();
	history(20, 3 * 86400, false);
}

static void gap_skipped_in_one_call_equals_seconds_closed_one_by_one(void **state)
{
	(void)state;
	history(21, 2 * 86400 + 40000, true);
	history(22, 2 * 86400 + 40000, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(baselines_equal_those_of_the_lists_over_days),
		cmocka_unit_test(gap_skipped_in_one_call_equals_seconds_closed_one_by_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
