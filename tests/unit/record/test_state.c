/* test_state.c - the state as JSON: a state that was written is read back. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "unit/given_state.h"

static void assert_round_trip(void)
{
	size_t len = write_text(&sample);

	if (!read_text(text, len))
		fail_msg("refused: %s", why);
	assert_memory_equal(&sample, &back, sizeof sample);
}

static void every_member_is_read_back(void **unused)
{
	(void)unused;
	sample_fill(&sample);
	assert_round_trip();
	sample.replay = true;
	sample.running = false;
	sample.baseline.source = BASELINE_FLOOR;
	sample.abnormal[SIGNAL_ERRORS] = true;
	sample.abnormal_since[SIGNAL_ERRORS].ms = 1;
	sample.limits_known = false;
	sample.swarm = true;
	assert_round_trip();
	sample.visit_swarm = true;
	sample.swarm = false;
	assert_round_trip();
}

static void every_member_is_read_back_at_its_minimum(void **unused)
{
	(void)unused;
	memset(&sample, 0, sizeof sample);
	sample.interval_s = 0.1;
	sample.z[SIGNAL_REQUESTS] = sample.z[SIGNAL_ERRORS] = -1e12;
	assert_round_trip();
}

static void fill_request(struct request_text *r)
{
	memset(r->method, '"', sizeof r->method - 1);
	memset(r->path, '\\', sizeof r->path - 1);
	r->status = REQUEST_STATUS_MAX;
}

/* Fills the lists of clients and bans with entries that have the longest possible texts. */
static void fill_lists(struct state *s)
{
	static const struct address client = {
		.bytes = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
			0xff, 0xff, 0xff, 0xff},
		.prefix_len = 128,
	};

	s->top_n = STATE_TOP_MAX;
	s->bans_n = STATE_BANS_MAX;
	for (int i = 0; i < STATE_TOP_MAX; i++) {
		s->top[i].client = client;
		s->top[i].requests = s->top[i].errors = UINT32_MAX;
	}
	for (int i = 0; i < STATE_BANS_MAX; i++) {
		s->bans[i].client = client;
		s->bans[i].strike = UINT32_MAX;
		s->bans[i].since = INSTANT_MAX;
		s->bans[i].until.ms = INSTANT_MAX.ms - 1;
		s->bans[i].rules = (1u << RULE_COUNT) - 1;
		s->bans[i].evidence =
			(struct evidence){RULE_VISIT_REQUESTS, 999999999999.999, 999999999999.999};
		fill_request(&s->bans[i].request);
	}
}

static void fill_origins(struct state *s, uint64_t most)
{
	s->origins_total = UINT32_MAX;
	s->origins_n = STATE_ORIGINS_MAX;
	for (int k = 0; k < ORIGIN_TROUBLES; k++)
		s->origins_in[k] = UINT32_MAX;
	for (int i = 0; i < STATE_ORIGINS_MAX; i++) {
		struct state_origin *o = &s->origins[i];
		memset(o->origin, 'w', sizeof o->origin - 1);
		o->troubles = (1u << ORIGIN_TROUBLES) - 1;
		o->since = o->heard = INSTANT_MAX;
		o->lag_s = o->lines_per_s = o->clients_per_s = 999999999999.999999;
		o->offset_s = -o->lag_s;
		o->missing = o->lost = most;
	}
}

static void fill_most(struct state *s)
{
	const uint64_t most = ((uint64_t)1 << 53) - 1;

	sample_fill(s);
	s->saved = s->started = s->now = INSTANT_MAX;
	s->abnormal_since[0] = s->abnormal_since[1] = INSTANT_MAX;
	s->last_line = s->no_effect = INSTANT_MAX;
	s->lag_s = s->learning_s = s->alarm[0] = s->alarm[1] = 1e12;
	s->silence_s = s->silence_longest_s = s->silence_limit_s = 1e12;
	s->bad_share = s->rejected_share = s->late_share = s->no_status_share = 1;
	for (int i = 1; i < HOLD_COUNT; i++)
		s->held[i] = most;
	s->bans_not_enforced = most;
	memset(s->host, '"', sizeof s->host - 1);
	memset(s->trouble, '"', sizeof s->trouble - 1);
	s->events_n = RECENT_EVENTS_MAX;
	for (int i = 0; i < RECENT_EVENTS_MAX; i++) {
		s->events[i].time = INSTANT_MAX;
		s->events[i].more = UINT32_MAX;
		memset(s->events[i].event, '"', sizeof s->events[i].event - 1);
		memset(s->events[i].text, '"', sizeof s->events[i].text - 1);
		fill_request(&s->events[i].request);
	}
	s->abnormal[SIGNAL_ERRORS] = true;
	s->pid = s->requests = s->errors = s->clients = UINT32_MAX;
	s->paths = s->slow_clients = UINT32_MAX;
	memset(s->program_version, '~', sizeof s->program_version - 1);
	memset(s->firewall, '"', sizeof s->firewall - 1);
	memset(s->set_name, '\\', sizeof s->set_name - 1);
	s->cpu_percent = 1e6;
	s->interval_s = 86400;
	s->cpu_seconds = s->lines_per_s = s->z[0] = s->z[1] = 1e12;
	s->baseline.mean = s->baseline.stddev = 1e12;
	s->baseline.error_mean = s->baseline.error_stddev = 1e12;
	for (int i = 0; i < LIMIT_COUNT; i++)
		s->limits[i] = 1e12;
	s->visits = 1e12;
	s->swarm = s->visit_swarm = true;
	s->memory_bytes = s->bans_total = most;
	fill_lists(s);
	fill_origins(s, most);
	for (int i = 0; i < STATE_HISTORY_MAX; i++)
		s->history_requests[i] = s->history_errors[i] = UINT32_MAX;
	for (int i = 0; i < STATE_HOURS; i++) {
		s->hours[i].mean = s->hours[i].stddev = s->hours[i].error_mean = 1e12;
		s->hours[i].seconds = most;
	}
#define MOST(name) s->counters.name = most;
	COUNTERS(MOST)
#undef MOST
}

static void every_member_is_read_back_at_its_maximum(void **unused)
{
	(void)unused;
	fill_most(&sample);
	assert_round_trip();
}

static void every_rule_is_read_back(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < RULE_COUNT; i++) {
		sample_fill(&sample);
		sample.bans[0].rules = 1u << i;
		assert_round_trip();
		assert_non_null(strstr(text, rule_name((enum rule)i)));
	}
}

static void version_is_the_first_member(void **unused)
{
	(void)unused;
	sample_fill(&sample);
	size_t len = write_text(&sample);
	assert_memory_equal(text, "{\"version\":1,", 13);
	assert_memory_equal(text + len - 3, "}}\n", 3);
}

static void small_buffer_is_reported_full(void **unused)
{
	char small[300];
	struct buf b;

	(void)unused;
	sample_fill(&sample);
	buf_init(&b, small, sizeof small);
	state_write(&sample, &b);
	assert_true(b.full);
}

static void values_that_a_reader_would_refuse_are_clamped(void **unused)
{
	(void)unused;
	fill_most(&sample);
	sample.saved.ms = -5;
	sample.started.ms = INT64_MAX;
	sample.cpu_percent = INFINITY;
	sample.lines_per_s = -1;
	sample.z[SIGNAL_REQUESTS] = NAN;
	sample.z[SIGNAL_ERRORS] = -INFINITY;
	sample.limits[LIMIT_ERRORS] = NAN;
	sample.limits[LIMIT_MARK] = INFINITY;
	sample.visits = -1;
	sample.interval_s = 0;
	sample.memory_bytes = UINT64_MAX;
	sample.counters.lines = UINT64_MAX;
	sample.bans_n = SIZE_MAX;
	sample.top_n = SIZE_MAX;
	sample.history_n = SIZE_MAX;
	sample.events_n = SIZE_MAX;
	sample.lag_s = NAN;
	snprintf(sample.events[0].text, sizeof sample.events[0].text, "\033[2J");
	snprintf(sample.firewall, sizeof sample.firewall, "\033[2J\n\x7f\xc3\xa4");
	memset(sample.set_name, 'x', sizeof sample.set_name); /* no terminator */
	size_t len = write_text(&sample);
	if (!read_text(text, len))
		fail_msg("refused: %s", why);
	assert_int_equal(back.saved.ms, 0);
	assert_int_equal(back.started.ms, INSTANT_MAX.ms);
	assert_true(back.cpu_percent == 1e6 && back.lines_per_s == 0);
	assert_true(back.z[SIGNAL_REQUESTS] == 0 && back.z[SIGNAL_ERRORS] == -1e12);
	assert_true(back.limits[LIMIT_ERRORS] == 0 && back.limits[LIMIT_MARK] == 1e12);
	assert_true(back.visits == 0);
	assert_true(back.interval_s == 0.1);
	assert_true(back.memory_bytes == ((uint64_t)1 << 53) - 1);
	assert_true(back.counters.lines == ((uint64_t)1 << 53) - 1);
	assert_int_equal(back.bans_n, STATE_BANS_MAX);
	assert_int_equal(back.top_n, STATE_TOP_MAX);
	assert_int_equal(back.history_n, STATE_HISTORY_MAX);
	assert_int_equal(back.events_n, RECENT_EVENTS_MAX);
	assert_true(back.lag_s == 0);
	assert_string_equal(back.events[0].text, "?[2J");
	assert_string_equal(back.firewall, "?[2J????");
	assert_int_equal(strlen(back.set_name), sizeof back.set_name - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_member_is_read_back),
		cmocka_unit_test(every_member_is_read_back_at_its_minimum),
		cmocka_unit_test(every_member_is_read_back_at_its_maximum),
		cmocka_unit_test(every_rule_is_read_back),
		cmocka_unit_test(version_is_the_first_member),
		cmocka_unit_test(small_buffer_is_reported_full),
		cmocka_unit_test(values_that_a_reader_would_refuse_are_clamped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
