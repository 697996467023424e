/* test_bans_model.c - compares the table of bans with a plain list (the model) in random histories.
 *
 * The model always searches its whole list. If several bans ended in the same millisecond, the
 * table may evict any of them first. So the model asks the table which entry it has evicted, and
 * compares only the end of this ban.
 */
#include "core/judge/bans.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "unit/given.h"
#include "unit/random.h"

#define CLIENTS 60
#define STEPS   60000

struct model {
	struct bans_config config;
	struct ban list[CLIENTS];
	bool paroled[CLIENTS]; /* parole begins at the end of the ban with the same index */
	int n;
};

static int model_find(const struct model *m, const struct address *a)
{
	for (int i = 0; i < m->n; i++)
		if (address_equal(&m->list[i].client, a))
			return i;
	return -1;
}

static void model_remove(struct model *m, int i)
{
	m->list[i] = m->list[--m->n];
	m->paroled[i] = m->paroled[m->n];
}

static bool is_over(const struct ban *ban)
{
	return ban->form == BAN_OVER;
}

/* The earliest end among the bans that are over; if `over` is false, among the bans in force. -1:
 * there are none. */
static int64_t model_first_end(const struct model *m, bool over)
{
	int64_t first = -1;

	for (int i = 0; i < m->n; i++)
		if (is_over(&m->list[i]) == over && (first < 0 || m->list[i].until.ms < first))
			first = m->list[i].until.ms;
	return first;
}

/* Removes from the list the entry that the table has evicted. Its ban must be the ban that ended
 * first.
 */
static void model_drop_longest_over(struct model *m, const struct bans *b)
{
	int64_t first = model_first_end(m, true);
	struct ban ban;

	for (int i = 0; i < m->n; i++) {
		if (is_over(&m->list[i]) && m->list[i].until.ms == first &&
			!bans_find(b, &m->list[i].client, &ban)) {
			model_remove(m, i);
			return;
		}
	}
	fail_msg("an entry that did not end first was evicted");
}

static void check_same(const struct ban *got, const struct ban *want)
{
	assert_true(address_equal(&got->client, &want->client));
	assert_int_equal(got->form, want->form);
	assert_int_equal(got->strikes, want->strikes);
	assert_int_equal(got->since.ms, want->since.ms);
	assert_int_equal(got->until.ms, want->until.ms);
	assert_int_equal(got->rules, want->rules);
	assert_int_equal(got->enforced, want->enforced);
	assert_int_equal(got->temporary, want->temporary);
}

/* The end of a ban that begins at `now`, by the schedule's spans. A temporary ban never gets an
 * infinite span. It gets the last finite span up to this strike; if there is none, the first finite
 * span after it. */
static struct instant model_end(
	const struct model *m, uint32_t strikes, enum ban_term term, struct instant now)
{
	struct span span = {0};

	for (uint32_t k = 0; k < m->config.schedule_n; k++) {
		bool beyond = k >= strikes;
		if (beyond && (term != TERM_TEMPORARY || span.ms > 0))
			break;
		if (term != TERM_TEMPORARY || m->config.schedule[k].ms < SPAN_MAX.ms)
			span = m->config.schedule[k];
	}
	return instant_add(now, span.ms > 0 ? span : SPAN_MAX);
}

/* `entered`: the table has entered a new client. Makes room for it in the list. Returns false when
 * neither the table nor the list has room. */
static bool model_enters(struct model *m, bool entered, const struct bans *b)
{
	bool full = m->n == (int)m->config.max;

	if (full && model_first_end(m, true) < 0) {
		assert_false(entered);
		return false;
	}
	assert_true(entered);
	if (full)
		model_drop_longest_over(m, b);
	return true;
}

static enum ban_standing model_standing(const struct model *m, int i, struct instant now)
{
	const struct ban *ban = &m->list[i];

	if (ban->form == BAN_ACTIVE)
		return STANDING_BANNED;
	return is_over(ban) && m->paroled[i] && now.ms < ban->until.ms + 86400 * 1000
		       ? STANDING_PAROLE
		       : STANDING_STRUCK;
}

static void do_strike(struct model *m, struct bans *b, const struct address *a, struct instant now,
	struct random *r)
{
	unsigned rules = (unsigned)random_below(r, 4);
	static const enum ban_term terms[] = {
		TERM_SCHEDULE, TERM_SCHEDULE, TERM_TEMPORARY, TERM_TEMPORARY, TERM_MUTE};
	enum ban_term term = terms[random_below(r, 5)];
	int i = model_find(m, a);
	struct ban got;

	if (i >= 0 && !is_over(&m->list[i]))
		return;
	bool done = bans_strike(b, a, now, rules, term, &got);
	if (i < 0) {
		if (!model_enters(m, done, b))
			return;
		i = m->n++;
		m->list[i] = (struct ban){.client = *a};
		m->paroled[i] = false;
	} else if (now.ms >= m->list[i].until.ms + m->config.forget.ms) {
		m->list[i].strikes = 0;
		m->paroled[i] = false;
	}
	assert_true(done);
	struct ban *e = &m->list[i];
	m->paroled[i] = term != TERM_MUTE || model_standing(m, i, now) == STANDING_PAROLE;
	e->strikes++;
	e->since = now;
	e->until = model_end(m, e->strikes, term, now);
	e->temporary = e->until.ms < model_end(m, e->strikes, TERM_SCHEDULE, now).ms;
	e->rules = rules;
	e->form = term == TERM_MUTE ? BAN_MUTED : BAN_ACTIVE;
	e->enforced = false;
	check_same(&got, e);
}

static void do_restore(struct model *m, struct bans *b, const struct address *a, struct instant now,
	struct random *r)
{
	struct ban in = {
		.client = *a,
		.form = (enum ban_form)random_below(r, 3),
		.strikes = 1 + (uint32_t)random_below(r, 5),
		.since = now,
		.until = {now.ms - 5000000 + (int64_t)random_below(r, 10000000)},
		.rules = (unsigned)random_below(r, 4),
		.enforced = random_below(r, 2),
		.temporary = random_below(r, 2),
	};
	int i = model_find(m, a);
	bool done = bans_restore(b, &in);

	if (i < 0) {
		if (!model_enters(m, done, b))
			return;
		i = m->n++;
	}
	assert_true(done);
	in.enforced = false;
	m->list[i] = in;
	m->paroled[i] = in.paroled;
}

static void do_end(struct model *m, struct bans *b, struct instant now)
{
	struct ban got;
	struct instant end;

	for (;;) {
		int64_t first = model_first_end(m, false);
		bool any = first >= 0 && first < INSTANT_MAX.ms;
		assert_int_equal(bans_next_end(b, &end), any);
		if (any)
			assert_int_equal(end.ms, first);
		bool ended = bans_end_one(b, now, &got);
		assert_int_equal(ended, any && first <= now.ms);
		if (!ended)
			return;
		int i = model_find(m, &got.client);
		assert_true(i >= 0);
		assert_int_equal(got.until.ms, first);
		check_same(&got, &m->list[i]);
		m->list[i].form = BAN_OVER;
		m->list[i].enforced = false;
	}
}

static void do_lift(
	struct model *m, struct bans *b, const struct address *a, struct instant now, bool forgive)
{
	int i = model_find(m, a);
	bool active = i >= 0 && m->list[i].form == BAN_ACTIVE;
	struct ban got;

	assert_int_equal(bans_lift(b, a, now, forgive, &got), active);
	if (!active)
		return;
	check_same(&got, &m->list[i]);
	m->list[i].form = BAN_OVER;
	m->list[i].until = now;
	m->list[i].enforced = false;
	if (forgive)
		model_remove(m, i);
}

static void do_forget(struct model *m, struct bans *b, struct instant now, uint32_t most)
{
	bans_forget(b, now, most);
	for (uint32_t k = 0; k < most; k++) {
		int64_t first = model_first_end(m, true);
		if (first < 0 || first + m->config.forget.ms > now.ms)
			return;
		model_drop_longest_over(m, b);
	}
}

/* Checks every client by each kind of lookup. */
static void check_all(const struct model *m, const struct bans *b)
{
	uint32_t active = 0, cursor = 0, walked = 0;
	struct ban got;

	for (uint32_t k = 0; k < CLIENTS; k++) {
		struct address a = given_client(k);
		int i = model_find(m, &a);
		assert_int_equal(bans_find(b, &a, &got), i >= 0);
		if (i >= 0)
			check_same(&got, &m->list[i]);
		bool banned = i >= 0 && m->list[i].form == BAN_ACTIVE;
		assert_int_equal(given_is_banned(b, &a), banned);
		assert_int_equal(bans_is_muted(b, &a), i >= 0 && m->list[i].form == BAN_MUTED);
		active += banned;
	}
	assert_int_equal(bans_active(b), active);
	assert_int_equal(bans_n(b), m->n);
	while (bans_walk(b, &cursor, &got)) {
		int i = model_find(m, &got.client);
		assert_true(i >= 0);
		check_same(&got, &m->list[i]);
		walked++;
	}
	assert_int_equal(walked, m->n);
}

static void check_standing(
	const struct model *m, const struct bans *b, const struct address *a, struct instant now)
{
	int i = model_find(m, a);
	enum ban_standing want = i < 0 ? STANDING_CLEAR : model_standing(m, i, now);

	assert_int_equal(bans_standing(b, a, hash_16(m->config.key, a->bytes), now), want);
	assert_int_equal(bans_has_strikes(b, a), i >= 0);
}

static void history(struct bans_config config, uint64_t salt)
{
	struct random r = random_new(salt);
	struct model m = {.config = config};
	struct bans *b = bans_new(&config);
	struct instant now = {1700000000000};

	assert_non_null(b);
	for (int step = 0; step < STEPS; step++) {
		struct address a = given_client((uint32_t)random_below(&r, CLIENTS));
		/* in two of three steps the clock does not change; else it advances by seconds, and
		 * sometimes by hours */
		if (random_below(&r, 3) == 0)
			now.ms += (int64_t)random_below(&r, 100000);
		if (random_below(&r, 500) == 0)
			now.ms += (int64_t)random_below(&r, 50000000);
		check_standing(&m, b, &a, now);
		switch (random_below(&r, 10)) {
		case 0:
		case 1:
		case 2:
		case 3:
			do_strike(&m, b, &a, now, &r);
			break;
		case 4:
			do_restore(&m, b, &a, now, &r);
			break;
		case 5:
			do_lift(&m, b, &a, now, random_below(&r, 3) == 0);
			break;
		case 6:
			do_forget(&m, b, now, (uint32_t)random_below(&r, 4));
			break;
		case 7: {
			int i = model_find(&m, &a);
			bool enforced = random_below(&r, 2);
			bans_set_enforced(b, &a, enforced);
			if (i >= 0)
				m.list[i].enforced = enforced;
			break;
		}
		default:
			do_end(&m, b, now);
		}
		if (step % 16 == 0)
			check_all(&m, b);
	}
	check_all(&m, b);
	bans_free(b);
}

static void table_with_room_equals_the_list(void **state)
{
	struct bans_config config = given_bans_config(CLIENTS);

	(void)state;
	random_note();
	config.forget = (struct span){3600 * 1000};
	history(config, 10);
}

static void table_that_is_often_full_equals_the_list(void **state)
{
	struct bans_config config = given_bans_config(12);

	(void)state;
	config.schedule[3] = (struct span){20000 * 1000};
	config.forget = (struct span){7200 * 1000};
	history(config, 11);
}

static void table_with_room_for_one_client_equals_the_list(void **state)
{
	struct bans_config config = given_bans_config(1);

	(void)state;
	config.schedule_n = 1;
	config.forget = (struct span){0};
	history(config, 12);
}

/* Two spans of the schedule are infinite: the last one and, in each of three rounds, another one of
 * the first three. */
static void table_with_infinite_spans_equals_the_list(void **state)
{
	struct bans_config config = given_bans_config(CLIENTS);

	(void)state;
	config.forget = (struct span){3 * 86400 * 1000};
	for (uint64_t k = 0; k < 3; k++) {
		config.schedule[k] = SPAN_MAX;
		history(config, 13 + k);
		config.schedule[k] = given_bans_config(1).schedule[k];
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_with_room_equals_the_list),
		cmocka_unit_test(table_that_is_often_full_equals_the_list),
		cmocka_unit_test(table_with_room_for_one_client_equals_the_list),
		cmocka_unit_test(table_with_infinite_spans_equals_the_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
