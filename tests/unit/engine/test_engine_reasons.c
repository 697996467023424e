/* test_engine_reasons.c - the state has the reason of a ban as long as the ban is in force. The
 * reason stays when the ban's event is no longer among the recent events, and after a restart. */
#include "unit/given_engine.h"

#include "core/record/recent_events.h"
#include "unit/given_source.h"

/* Bans the client of this family at T0 + 1000 s. */
static const struct event *begin_ban(int family)
{
	int64_t second = T0;

	begin(false);
	g.enforce = true;
	traffic(&second, 1000, 2, VISITORS);
	flood(families[family], (T0 + 1000) * 1000);
	return last_of(EVENT_BAN);
}

static void assert_reason(const struct state_ban *b, int family, const struct evidence *first)
{
	struct address client = given_address(clients_of[family]);

	assert_true(address_equal(&b->client, &client));
	assert_true(b->evidence.rule == first->rule && b->evidence.value == first->value &&
		    b->evidence.limit == first->limit);
	assert_true(first->value > first->limit && first->limit > 0);
	assert_string_equal(b->request.method, "GET");
	assert_string_equal(b->request.path, "/");
	assert_int_equal(b->request.status, 200);
}

static void reason_outlasts_its_event_and_ends_with_the_ban(void **state)
{
	for (int family = 0; family < 2; family++) {
		struct evidence first = begin_ban(family)->verdict.evidence[0];
		struct state *s = snapshot();
		assert_int_equal(s->bans_n, 1);
		assert_reason(&s->bans[0], family, &first);
		for (int i = 0; i < 3 * RECENT_EVENTS_MAX; i++) {
			char other[32];
			snprintf(other, sizeof other, "203.0.113.%d", 100 + i);
			flood(other, (T0 + 1000) * 1000);
		}
		s = snapshot();
		assert_int_equal(s->bans_n, 1 + 3 * RECENT_EVENTS_MAX);
		struct address client = given_address(clients_of[family]);
		for (size_t i = 0; i < s->bans_n; i++)
			if (address_equal(&s->bans[i].client, &client))
				assert_reason(&s->bans[i], family, &first);
		struct memory_parts parts = engine_memory(g.engine);
		struct request_text before = ban_requests_find(parts.requests, &client);
		assert_true(request_text_is_known(&before));
		tick((T0 + 1700) * 1000);
		assert_int_equal(snapshot()->bans_n, 0);
		struct request_text after = ban_requests_find(parts.requests, &client);
		assert_false(request_text_is_known(&after));
		end(state);
	}
}

static size_t write_memory(char *text, size_t cap)
{
	struct memory_parts parts = engine_memory(g.engine);
	struct instant at = {T0 * 1000};
	struct memory_writer w;
	struct buf all;
	bool more = true;

	buf_init(&all, text, cap);
	memory_begin(&w);
	while (more) {
		struct buf chunk;
		buf_init(&chunk, text + all.len, cap - all.len);
		more = memory_write(&w, &parts, at, &chunk);
		all.len += chunk.len;
	}
	return all.len;
}

static void reason_outlasts_a_restart(void **state)
{
	static char text[4 << 20];
	const char *why;

	for (int family = 0; family < 2; family++) {
		struct evidence first = begin_ban(family)->verdict.evidence[0];
		size_t len = write_memory(text, sizeof text);
		engine_free(g.engine);
		g.engine = engine_new(&g.config, record, &g);
		struct given_source all = {.text = text, .len = len, .most = 4096};
		struct byte_source source = given_source(&all);
		struct memory_parts parts = engine_memory(g.engine);
		assert_int_equal(memory_read(&source, &parts, &why), MEMORY_OK);
		struct state *s = snapshot();
		assert_int_equal(s->bans_n, 1);
		assert_reason(&s->bans[0], family, &first);
		struct address client = given_address(clients_of[family]);
		struct memory_client found;
		bool is_there;
		assert_int_equal(memory_find(&source, &client, &found, &is_there, &why), MEMORY_OK);
		assert_true(is_there && found.ban.evidence.value == first.value);
		assert_string_equal(found.request.path, "/");
		end(state);
	}
}

/* A client's ban expired, and then somebody bans the client by hand. The new ban does not inherit
 * the old reason. A ban in force that is prolonged by hand keeps its reason. */
static void ban_by_hand_has_no_reason_of_the_detector(void **state)
{
	for (int family = 0; family < 2; family++) {
		struct evidence first = begin_ban(family)->verdict.evidence[0];
		struct address client = given_address(clients_of[family]);
		struct instant at = {(T0 + 1001) * 1000}, until = {(T0 + 99000) * 1000};
		engine_report_outcome(g.engine, &client, BAN_ADOPTED, at, until);
		assert_reason(&snapshot()->bans[0], family, &first);
		tick((T0 + 99001) * 1000);
		assert_int_equal(snapshot()->bans_n, 0);
		until.ms += 3600 * 1000;
		at.ms = (T0 + 99001) * 1000;
		engine_report_outcome(g.engine, &client, BAN_ADOPTED, at, until);
		struct state *s = snapshot();
		assert_int_equal(s->bans_n, 1);
		assert_int_equal(s->bans[0].rules, 0);
		assert_true(s->bans[0].evidence.value == 0);
		assert_false(request_text_is_known(&s->bans[0].request));
		end(state);
	}
}

/* A run was killed before it saved its memory. The next run reads the ban from the firewall and the
 * reason from the state. */
static void reason_outlasts_a_kill(void **state)
{
	for (int family = 0; family < 2; family++) {
		struct evidence first = begin_ban(family)->verdict.evidence[0];
		struct state_ban kept = snapshot()->bans[0];
		struct instant at = {(T0 + 1010) * 1000};
		engine_free(g.engine);
		g.engine = engine_new(&g.config, record, &g);
		engine_report_outcome(g.engine, &kept.client, BAN_ADOPTED, at,
			(struct instant){kept.until.ms - 900});
		engine_restore_reason(g.engine, &kept);
		struct state *s = snapshot();
		assert_int_equal(s->bans_n, 1);
		assert_reason(&s->bans[0], family, &first);
		assert_int_equal(s->bans[0].since.ms, kept.since.ms);
		assert_int_equal(s->bans[0].strike, 0);
		assert_true(s->bans[0].rules == kept.rules && s->bans[0].enforced);
		end(state);
	}
}

/* The reason is not used if the client is not banned, if its ban was only printed, or if its ban
 * has another end. */
static void reason_of_another_ban_is_ignored(void **state)
{
	for (int family = 0; family < 2; family++) {
		(void)begin_ban(family);
		struct state_ban kept = snapshot()->bans[0];
		struct instant at = {(T0 + 1010) * 1000}, until = {kept.until.ms + 2001};
		engine_free(g.engine);
		g.engine = engine_new(&g.config, record, &g);
		engine_restore_reason(g.engine, &kept);
		assert_int_equal(snapshot()->bans_n, 0);
		struct ban printed = {.client = kept.client,
			.form = BAN_ACTIVE,
			.strikes = 1,
			.since = at,
			.until = kept.until};
		assert_true(bans_restore(engine_memory(g.engine).bans, &printed));
		engine_restore_reason(g.engine, &kept);
		assert_true(bans_find(engine_bans(g.engine), &kept.client, &printed));
		assert_true(printed.rules == 0 &&
			    /* the ban was only printed, so this run does not insert it into the
			     * kernel */
			    !printed.tried);
		engine_report_outcome(g.engine, &kept.client, BAN_ADOPTED, at, until);
		engine_restore_reason(g.engine, &kept);
		assert_int_equal(snapshot()->bans[0].rules, 0);
		kept.until = INSTANT_MAX;
		engine_restore_reason(g.engine, &kept);
		assert_int_equal(snapshot()->bans[0].rules, 0);
		assert_false(request_text_is_known(&snapshot()->bans[0].request));
		end(state);
	}
}

static void evicted_reasons_are_counted(void **state)
{
	struct request_text request = {.path = "/x"};
	int64_t second = T0;

	(void)state;
	begin(false);
	engine_free(g.engine);
	g.config.bans.max = 2 * BAN_REQUESTS_MAX;
	g.engine = engine_new(&g.config, record, &g);
	assert_non_null(g.engine);
	traffic(&second, 1000, 2, VISITORS);
	struct ban_requests *requests = engine_memory(g.engine).requests;
	for (uint32_t i = 0; i < BAN_REQUESTS_MAX; i++) {
		struct address a = given_client(i);
		assert_false(ban_requests_note(requests, &a, &request));
	}
	assert_int_equal(engine_counters(g.engine).ban_requests_evicted, 0);
	flood(families[0], (T0 + 1000) * 1000);
	flood(families[1], (T0 + 1000) * 1000);
	assert_int_equal(count_of(EVENT_BAN), 2);
	assert_int_equal(engine_counters(g.engine).ban_requests_evicted, 2);
	assert_string_equal(snapshot()->bans[1].request.path, "/");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reason_outlasts_its_event_and_ends_with_the_ban),
		cmocka_unit_test(reason_outlasts_a_restart),
		cmocka_unit_test(ban_by_hand_has_no_reason_of_the_detector),
		cmocka_unit_test(reason_outlasts_a_kill),
		cmocka_unit_test(reason_of_another_ban_is_ignored),
		cmocka_unit_test_teardown(evicted_reasons_are_counted, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
