/* test_format_match.c - which row of the table of formats matches a line. The names of the line's
 * members decide, and not their values.
 *
 * Each line is a random set of names from all rows, and most names are from one row. A slow model
 * that compares names as texts decides which row must match. TEST_SEED=N repeats a run.
 */
#include "core/read/format_match.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "unit/random.h"

#define ROUNDS 200000

#define ROOM(list) (sizeof(list) / sizeof *(list))

static struct fields wanted;
static struct format_match match;

static void begin(void)
{
	fields_init(&wanted);
	assert_true(format_match_init(&match, &wanted, NULL, &(struct format_names){0}));
}

/* ---- random lines ---- */

static uint8_t slot_of(const char *name)
{
	const struct fields_name *e = fields_find(&wanted, name, strlen(name));

	assert_non_null(e);
	return e->slot;
}

static bool is_weak(uint8_t slot)
{
	return strcmp(wanted.names[slot], "response") == 0 ||
	       strcmp(wanted.names[slot], "code") == 0;
}

static void set_random(struct random *r, struct field *f)
{
	static const char *const texts[] = {
		"198.51.100.7", "404", "http.log.access", "x", "2026-11-22T10:00:00Z"};
	static const double numbers[] = {404, 0, -1, 1795341600, 1e300, 200.5};

	switch (random_below(r, 6)) {
	case 0:
		f->kind = FIELD_EMPTY;
		return;
	case 1:
		field_set_text(f, "-", 1);
		return;
	case 2:
		f->kind = FIELD_NUMBER;
		f->number = numbers[random_below(r, ROOM(numbers))];
		return;
	case 3:
		f->kind = FIELD_OTHER;
		return;
	default:
		f->text = texts[random_below(r, ROOM(texts))];
		field_set_text(f, f->text, strlen(f->text));
		if (f->kind == FIELD_TEXT && random_below(r, 4) == 0)
			f->kind = FIELD_LIST;
	}
}

/* Gives all members random values, except two members whose values decide, too: a logger, and a
 * member that is a status only if its value is a number. */
static void set_values(struct random *r, struct fields_values *v, bool access, bool weak)
{
	for (uint32_t i = 0; i < v->set_n; i++) {
		struct field *f = &v->at[v->set[i]];
		set_random(r, f);
		if (strcmp(wanted.names[v->set[i]], "logger") == 0) {
			if (access)
				field_set_text(f, "http.log.access.log1", 20);
			else
				field_set_text(f, "tls", 3);
		} else if (is_weak(v->set[i]) && weak) {
			f->kind = FIELD_NUMBER;
			f->number = 100 + (double)random_below(r, 500);
		} else if (is_weak(v->set[i])) {
			f->kind = FIELD_OTHER;
		}
	}
}

static void add_name(struct fields_values *v, const char *name)
{
	struct field *f = fields_set(v, slot_of(name));

	if (f)
		f->kind = FIELD_EMPTY;
}

/* Adds some of the names, with various probabilities. */
static void add_some(struct random *r, struct fields_values *v, const char *const *names,
	size_t max, uint64_t one_in)
{
	for (size_t i = 0; i < max && names[i]; i++)
		if (random_below(r, one_in) == 0)
			add_name(v, names[i]);
}

static void make_names(struct random *r, struct fields_values *v)
{
	const struct format *f = format_all() + random_below(r, match.rows_n);

	memset(v, 0, sizeof *v);
	add_some(r, v, f->marks, ROOM(f->marks), random_below(r, 4) ? 1 : 2);
	add_some(r, v, f->any, ROOM(f->any), 2);
	add_some(r, v, f->peers, ROOM(f->peers), 2 + random_below(r, 14));
	add_some(r, v, f->time, ROOM(f->time), 4);
	add_some(r, v, f->start, ROOM(f->start), 4);
	add_some(r, v, f->path, ROOM(f->path), 4);
	add_some(r, v, format_status, SIZE_MAX, 2 + random_below(r, 20));
	add_some(r, v, format_weak_status, SIZE_MAX, 8);
	if (random_below(r, 4) == 0)
		add_some(r, v, format_forwarded, SIZE_MAX, 8);
	if (random_below(r, 8) == 0)
		add_name(v, "logger");
	for (uint64_t n = random_below(r, 3); n > 0; n--)
		add_name(v, wanted.names[random_below(r, wanted.n)]);
}

/* ---- the model ---- */

static bool is_there(const struct fields_values *v, const char *name)
{
	for (uint32_t i = 0; i < v->set_n; i++)
		if (strcmp(wanted.names[v->set[i]], name) == 0)
			return true;
	return false;
}

static size_t count_there(const struct fields_values *v, const char *const *names, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < max && names[i]; i++)
		n += is_there(v, names[i]);
	return n;
}

/* Counts the forwarded members of the line that are not in a "headers" object. A client can add
 * members to that object, because the server copies all headers of a request into it. */
static size_t count_flat(const struct fields_values *v)
{
	size_t n = count_there(v, format_forwarded, SIZE_MAX);

	for (const char *const *name = format_forwarded; *name; name++)
		n -= strstr(*name, "headers.") && is_there(v, *name);
	return n;
}

/* Whether the names of the line fit the row. Does not check the status. */
static bool fits(const struct fields_values *v, const struct format *f, bool cut)
{
	size_t peers = count_there(v, f->peers, ROOM(f->peers)), marks = 0;

	while (marks < ROOM(f->marks) && f->marks[marks])
		marks++;
	return peers && count_there(v, f->marks, ROOM(f->marks)) == marks &&
	       (!f->any[0] || count_there(v, f->any, ROOM(f->any))) &&
	       (!f->one_peer || (peers == 1 && !cut)) && (!f->no_forwarded || !count_flat(v)) &&
	       (!f->needs_time || count_there(v, f->time, ROOM(f->time)) ||
		       count_there(v, f->start, ROOM(f->start)));
}

/* Returns the first row that fits and for which the line has a status. If there is none, returns
 * the first row that fits and needs no status; for a line that was cut off, no row needs a
 * status. */
static const struct format *model_row(
	const struct fields_values *v, bool cut, bool standard_error, bool access, bool weak)
{
	const struct format *without = NULL;
	bool logger = is_there(v, "logger");

	for (const struct format *f = format_all(); f->name; f++) {
		bool status = (count_there(v, format_weak_status, SIZE_MAX) && weak) ||
			      count_there(v, format_status, SIZE_MAX) ||
			      count_there(v, f->status, ROOM(f->status));
		if (!fits(v, f, cut) || (f->logger && logger && !access) ||
			(standard_error && !(f->logger && logger && access)))
			continue;
		if (status)
			return f;
		if (!without && !f->needs_time && (cut || !f->needs_status))
			without = f;
	}
	return logger && !access ? NULL : without;
}

/* ---- tests ---- */

static void names_alone_decide_whatever_the_values_are(void **state)
{
	struct random r = random_new(1);
	uint64_t seen[FORMAT_ROWS_MAX + 1] = {0};

	(void)state;
	random_note();
	begin();
	for (int round = 0; round < ROUNDS; round++) {
		static struct fields_values v;
		bool access = random_below(&r, 2), weak = random_below(&r, 2);
		unsigned around = (unsigned)random_below(&r, 8) ? 0 : (unsigned)random_below(&r, 4);
		enum line_reason reason, again;
		make_names(&r, &v);
		const struct format *want = model_row(
			&v, around & FORMAT_CUT, around & FORMAT_STANDARD_ERROR, access, weak);
		set_values(&r, &v, access, weak);
		const struct format_row *row = format_match_find(&match, &v, around, &reason);
		if ((row ? row->format : NULL) != want)
			fail_msg("round %d: %s, not %s", round, row ? row->format->name : "none",
				want ? want->name : "none");
		seen[row ? row - match.rows : FORMAT_ROWS_MAX]++;
		for (int change = 0; change < 3; change++) {
			set_values(&r, &v, access, weak);
			assert_ptr_equal(format_match_find(&match, &v, around, &again), row);
			assert_true(row || again == reason);
		}
	}
	/* each row must match some lines; otherwise the random lines would test too little */
	for (unsigned i = 0; i < match.rows_n; i++)
		if (seen[i] < ROUNDS / 1000)
			fail_msg("row %u, %s: %" PRIu64 " lines", i, match.rows[i].format->name,
				seen[i]);
	assert_true(seen[FORMAT_ROWS_MAX] > ROUNDS / 100);
}

static void shuffle_names(struct random *r, struct fields_values *v)
{
	for (uint32_t i = 1; i < v->set_n; i++) {
		uint32_t k = (uint32_t)random_below(r, i + 1);
		uint8_t slot = v->set[i];
		v->set[i] = v->set[k];
		v->set[k] = slot;
	}
}

/* A matcher stores its results for later lines. A matcher that has read other lines must choose the
 * same row as a new matcher. */
static void earlier_lines_change_nothing(void **state)
{
	static struct format_match fresh;
	static struct fields_values v;
	struct random r = random_new(2);

	(void)state;
	begin();
	make_names(&r, &v);
	for (int round = 0; round < ROUNDS / 10; round++) {
		enum line_reason got, want;
		unsigned around = (unsigned)random_below(&r, 4);
		/* in the other three cases the line has the names of the previous line */
		if (random_below(&r, 4) == 0)
			make_names(&r, &v);
		if (random_below(&r, 4) == 0)
			shuffle_names(&r, &v);
		set_values(&r, &v, random_below(&r, 2), random_below(&r, 2));
		assert_true(format_match_init(&fresh, &wanted, NULL, &(struct format_names){0}));
		const struct format_row *a = format_match_find(&match, &v, around, &got);
		const struct format_row *b = format_match_find(&fresh, &v, around, &want);
		assert_int_equal(a ? a - match.rows : -1, b ? b - fresh.rows : -1);
		assert_int_equal(got, want);
		assert_int_equal(format_fetch_site_of(&match), format_fetch_site_of(&fresh));
	}
}

static void names_of_the_rows_are_wanted_and_no_others(void **state)
{
	static const struct fields_values nothing;
	enum line_reason reason;

	(void)state;
	begin();
	assert_true(wanted.n <= FIELDS_MAX);
	assert_int_equal(slot_of("remote_addr"), match.rows[0].peer[0]);
	assert_null(fields_find(&wanted, "ClientHost", 10));
	assert_null(fields_find(&wanted, "request.client_ip", 17));
	assert_null(format_match_find(&match, &nothing, 0, &reason));
	assert_int_equal(reason, LINE_OTHER);
}

static void names_of_options_replace_all_others(void **state)
{
	struct format_names names = {.client = "who",
		.status = "st",
		.time = "at",
		.method = "how",
		.path = "to",
		.forwarded = "via"};

	(void)state;
	fields_init(&wanted);
	assert_true(format_match_init(&match, &wanted, NULL, &names));
	for (unsigned i = 0; i < match.rows_n; i++) {
		const struct format_row *row = &match.rows[i];
		const uint8_t *lists[] = {
			row->peer, row->status, row->ended, row->method, row->path};
		static const char *const own[] = {"who", "st", "at", "how", "to"};
		for (size_t k = 0; k < ROOM(lists); k++) {
			assert_string_equal(wanted.names[lists[k][0]], own[k]);
			assert_int_equal(lists[k][1], FIELDS_NONE);
		}
		assert_int_equal(row->began[0], FIELDS_NONE);
		assert_int_equal(row->lasted, FIELDS_NONE);
	}
	assert_string_equal(wanted.names[match.forwarded[0]], "via");
	assert_int_equal(match.forwarded[1], FIELDS_NONE);
	assert_int_equal(match.weak_status[0], FIELDS_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_alone_decide_whatever_the_values_are),
		cmocka_unit_test(earlier_lines_change_nothing),
		cmocka_unit_test(names_of_the_rows_are_wanted_and_no_others),
		cmocka_unit_test(names_of_options_replace_all_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
