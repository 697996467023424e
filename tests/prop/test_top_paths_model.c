/* test_top_paths_model.c - compares top_paths.h, which reports the most requested paths, with exact
 * counts of each path in each second. The random histories have late lines, idle seconds, bursts,
 * and lines that stand for several requests. */
#include "core/measure/top_paths.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "unit/random.h"

#define PATHS 300
#define FIRST ((int64_t)1700000000)

static struct top_paths table; /* too large for the stack */

struct run {
	struct random r;
	int64_t now;
	uint32_t paths;                     /* in the history */
	bool has_none;                      /* some lines have no path */
	uint32_t requests[PATHS][WINDOW_S]; /* by second % 60 */
	uint32_t errors[PATHS][WINDOW_S];
	uint32_t lines[WINDOW_S];   /* by the second in which they were read */
	uint64_t last[PATHS];       /* number of the path's newest line */
	uint64_t last_error[PATHS]; /* number of the path's newest error */
	uint64_t n;
};

/* Number 0 is a line without a path. */
static struct request request_of(uint32_t path, uint32_t count, bool error)
{
	struct request r = {.count = count, .status = error ? 404 : 200};

	if (path) {
		r.path_hash = path * UINT64_C(0x9e3779b97f4a7c15);
		r.path_len = (uint16_t)snprintf(r.path, sizeof r.path, "/page/%u", path);
	}
	return r;
}

static uint32_t number_of(const struct top_path *p)
{
	uint32_t n = 0;

	assert_true(p->path_len > 6 && memcmp(p->path, "/page/", 6) == 0);
	for (size_t i = 6; i < p->path_len; i++)
		n = n * 10 + (uint32_t)(p->path[i] - '0');
	assert_in_range(n, 1, PATHS - 1);
	return n;
}

/* Paths with low numbers are requested more often. */
static void ask_one(struct run *x, uint32_t count_max, uint32_t late_max)
{
	uint32_t path = (uint32_t)random_below(&x->r, 1 + random_below(&x->r, x->paths));
	uint32_t count = 1 + (uint32_t)random_below(&x->r, count_max);
	bool error = random_below(&x->r, 8) == 0;
	int64_t second = x->now - (int64_t)random_below(&x->r, late_max + 1);

	path += !x->has_none;
	struct request r = request_of(path, count, error);
	top_paths_add(&table, &r, second, x->now);
	x->requests[path][second % WINDOW_S] += count;
	x->lines[x->now % WINDOW_S]++;
	x->last[path] = ++x->n;
	if (error) {
		x->errors[path][second % WINDOW_S] += count;
		x->last_error[path] = x->n;
	}
}

static void close_second(struct run *x)
{
	top_paths_pace(&table, ++x->now, 1);
	for (uint32_t p = 0; p < PATHS; p++)
		x->requests[p][x->now % WINDOW_S] = x->errors[p][x->now % WINDOW_S] = 0;
	x->lines[x->now % WINDOW_S] = 0;
}

/* Requests or errors of each path in the window. Returns the sum. */
static uint64_t exact_counts(const struct run *x, bool errors, uint64_t out[PATHS])
{
	uint64_t all = 0;

	for (uint32_t p = 0; p < PATHS; p++) {
		out[p] = 0;
		for (uint32_t k = 0; k < WINDOW_S; k++)
			out[p] += (errors ? x->errors : x->requests)[p][k];
		all += out[p];
	}
	return all;
}

/* The answer equals the exact counts. In a tie, the path that was requested last is first. The
 * caller must add no late lines. A late line leaves the window of 60 s before lines that were read
 * earlier. If it were the newest line of its path, `last` would be wrong after that. */
static void check_exact(struct run *x, bool errors)
{
	const uint64_t *last = errors ? x->last_error : x->last;
	uint64_t exact[PATHS], total = exact_counts(x, errors, exact);
	struct top_path out[TOP_PATHS_MAX];
	bool known, some = false;
	size_t n = top_paths_find(&table, errors, total, x->now, out, &known), place = 0;

	for (uint32_t p = 1; p < PATHS; p++)
		some |= exact[p] > 0;
	assert_int_equal(known, some);
	for (; place < TOP_PATHS_MAX; place++) {
		uint32_t best = 0;
		for (uint32_t p = 1; p < PATHS; p++)
			if (exact[p] && (!best || exact[p] > exact[best] ||
						(exact[p] == exact[best] && last[p] > last[best])))
				best = p;
		if (!best)
			break;
		assert_true(place < n);
		assert_int_equal(number_of(&out[place]), best);
		assert_int_equal(out[place].requests, exact[best]);
		exact[best] = 0;
	}
	assert_int_equal(n, place);
}

static void begin_run(struct run *x, uint64_t salt)
{
	memset(x, 0, sizeof *x);
	x->r = random_new(salt);
	x->now = FIRST + (int64_t)random_below(&x->r, 100);
	x->has_none = random_below(&x->r, 3) == 0;
	x->paths = 1 + (uint32_t)random_below(&x->r, PATHS - 1);
	top_paths_clear(&table);
}

static uint64_t lines_in_window(const struct run *x)
{
	uint64_t n = 0;

	for (int k = 0; k < WINDOW_S; k++)
		n += x->lines[k];
	return n;
}

/* At most 25 lines per second, which are fewer than TOP_PATHS_EXACT per window. */
static void counts_of_few_lines_are_exact(void **state)
{
	static struct run x;

	(void)state;
	random_note();
	for (uint64_t round = 0; round < 60; round++) {
		begin_run(&x, round);
		uint32_t per_s = 1 + (uint32_t)random_below(&x.r, 25);
		uint32_t count_max = round % 2 ? 1 : 5;
		for (int s = 0; s < 300; s++) {
			uint64_t n = random_below(&x.r, 5) ? random_below(&x.r, per_s + 1) : 0;
			if (s % 70 == 60) /* a burst, up to the limit */
				n = TOP_PATHS_EXACT - 1 - lines_in_window(&x);
			while (n > 0 && lines_in_window(&x) < TOP_PATHS_EXACT - 1 && n--)
				ask_one(&x, count_max, 0);
			if (s % 7 == 0) {
				check_exact(&x, false);
				check_exact(&x, true);
			}
			close_second(&x);
		}
	}
}

/* An estimate from the fewest samples, about 770 (top_paths.h), has a standard error of 1.8 % of
 * the total. No estimate may be wrong by more than five standard errors, which are 9 %. Returns the
 * error of `path`, as a share of the total. */
static double check_estimate(struct run *x, bool errors, uint32_t path)
{
	uint64_t exact[PATHS], total = exact_counts(x, errors, exact);
	struct top_path out[TOP_PATHS_MAX];
	double found = 0;
	bool known;
	size_t n = top_paths_find(&table, errors, total, x->now, out, &known);

	for (size_t k = 0; k < n; k++) {
		uint32_t p = number_of(&out[k]);
		double off = (double)out[k].requests - (double)exact[p];
		assert_true(fabs(off) <= 0.09 * (double)total);
		assert_true(out[k].requests <= total);
		assert_true(k == 0 || out[k - 1].requests >= out[k].requests);
		found = p == path ? off / (double)total : found;
	}
	for (uint32_t p = 1; p < PATHS; p++) { /* a large path is never omitted */
		bool is_named = 4 * exact[p] <= total;
		for (size_t k = 0; k < n; k++)
			is_named |= number_of(&out[k]) == p;
		assert_true(is_named);
	}
	return found;
}

/* Some seconds have 20 times as many lines. The mean error of path 1 is 0. */
static void estimates_of_many_lines_are_close_and_unbiased(void **state)
{
	static struct run x;
	double sum = 0;
	uint32_t n = 0;

	(void)state;
	random_note();
	for (uint64_t round = 0; round < 40; round++) {
		begin_run(&x, 1000 + round);
		uint32_t per_s = 100 + (uint32_t)random_below(&x.r, 1500);
		x.paths = 8 + (uint32_t)random_below(&x.r, PATHS - 9);
		for (int s = 0; s < 130; s++) {
			uint64_t lines = s % 90 == 80 ? per_s * 20 : random_below(&x.r, per_s);
			for (uint64_t i = 0; i < lines; i++)
				ask_one(&x, 1, 3);
			if (s % 10 == 0 || s % 90 == 80) {
				sum += check_estimate(&x, false, 1);
				check_estimate(&x, true, 1);
				n++;
			}
			close_second(&x);
		}
	}
	assert_true(fabs(sum / n) < 0.005);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_of_few_lines_are_exact),
		cmocka_unit_test(estimates_of_many_lines_are_close_and_unbiased),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
