/* test_silences_model.c - compares silences.h with a model. The model keeps a list of all silences,
 * and walks over the whole list at each question. The random histories have busy and quiet sites,
 * faults of the log, changes of the clock, and restarts. */
#include "core/measure/silences.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/random.h"

#define STEPS  6000
#define DAY_MS ((int64_t)86400000)

struct model {
	int64_t ends[STEPS]; /* wall clock, ms */
	int64_t ms[STEPS];
	int n;
	bool heard;
	int64_t last;
};

static int64_t model_limit(const struct model *m, int64_t wall)
{
	int64_t longest = 0, all = 0, limit;

	for (int i = 0; i < m->n; i++) {
		int64_t age = wall / DAY_MS - m->ends[i] / DAY_MS;
		if (age < 0 || age > 7)
			continue;
		all += m->ms[i];
		longest = m->ms[i] > longest ? m->ms[i] : longest;
	}
	limit = DAY_MS - all > 900000 ? DAY_MS - all : 900000;
	return 10 * longest > limit ? 10 * longest : limit;
}

static void model_note(struct model *m, int64_t wall)
{
	int64_t silence = m->heard ? wall - m->last : 0, limit = model_limit(m, wall);

	m->heard = true;
	m->last = wall;
	if (silence <= 0)
		return;
	m->ends[m->n] = wall;
	m->ms[m->n++] = silence >= limit ? limit / 10 * 4 : silence;
}

/* Silences of up to `max_s` seconds. Returns how many were reported. */
static int history(uint64_t salt, uint64_t max_s)
{
	static struct model m;
	struct random r = random_new(salt);
	struct silences real = {0};
	int64_t wall = 1700000000000;
	int reported = 0;

	m = (struct model){0};
	for (int step = 0; step < STEPS; step++) {
		uint64_t what = random_below(&r, 1000);
		wall += (int64_t)random_below(&r, max_s * 1000 + 1);
		if (what < 3)
			wall += (int64_t)random_below(&r, 10 * (uint64_t)DAY_MS);
		if (what == 4) {
			/* the clock goes back at most to the beginning of its day: later days,
			 * which would then be in the future, could evict other days */
			int64_t back = wall % DAY_MS;
			int64_t ms = (int64_t)random_below(&r, 3 * (uint64_t)DAY_MS) - back;
			wall += ms;
			m.last += ms;
			silences_skip(&real, ms);
		} else if (what == 5) {
			m.heard = real.heard = false;
		}
		int64_t limit = silences_limit(&real, (struct instant){wall}).ms;
		assert_int_equal(limit, model_limit(&m, wall));
		reported += m.heard && wall - m.last >= limit;
		assert_int_equal(silences_now(&real, (struct instant){wall}).ms,
			m.heard && wall > m.last ? wall - m.last : 0);
		silences_note(&real, (struct instant){wall});
		model_note(&m, wall);
	}
	return reported;
}

static void limits_of_a_busy_site_equal_the_limits_of_the_model(void **state)
{
	(void)state;
	random_note();
	assert_in_range(history(1, 200), 1, 500);
}

static void limits_of_a_quiet_site_equal_the_limits_of_the_model(void **state)
{
	(void)state;
	random_note();
	assert_in_range(history(2, 20000), 1, 500);
}

static void limits_of_a_nearly_silent_site_equal_the_limits_of_the_model(void **state)
{
	(void)state;
	random_note();
	assert_in_range(history(3, 400000), 1, 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limits_of_a_busy_site_equal_the_limits_of_the_model),
		cmocka_unit_test(limits_of_a_quiet_site_equal_the_limits_of_the_model),
		cmocka_unit_test(limits_of_a_nearly_silent_site_equal_the_limits_of_the_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
