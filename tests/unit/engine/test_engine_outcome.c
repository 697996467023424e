/* test_engine_outcome.c - what the engine asks the firewall to do, and how the firewall's answer
 * changes a ban. If the firewall has removed a ban already, the engine does not ask it to remove
 * the ban. */
#include "unit/given_engine.h"

/* A firewall that counts its calls and gives the configured answers. */
static struct {
	enum ban_outcome answer;
	bool unban_answer;
	enum ban_outcome has_answer;
	unsigned bans, unbans, questions;
	struct address client; /* of the last call */
	struct span left;
} firewall;

static enum ban_outcome note_ban(
	void *ctx, const struct address *client, struct span left, struct instant now)
{
	struct instant engine_time;

	(void)ctx;
	/* a firewall may ask for the engine's time */
	assert_true(engine_now(g.engine, &engine_time));
	assert_true(engine_time.ms == now.ms);
	firewall.bans++;
	firewall.client = *client;
	firewall.left = left;
	return firewall.answer;
}

static bool note_unban(void *ctx, const struct address *client, struct instant now)
{
	(void)ctx, (void)now;
	firewall.unbans++;
	firewall.client = *client;
	return firewall.unban_answer;
}

static enum ban_outcome note_question(void *ctx, const struct address *client)
{
	(void)ctx;
	firewall.questions++;
	firewall.client = *client;
	return firewall.has_answer;
}

static void begin_firewall(enum ban_outcome answer, const char *allowed)
{
	struct engine_config c = config_of(false);

	memset(&firewall, 0, sizeof firewall);
	firewall.answer = answer;
	firewall.unban_answer = true;
	firewall.has_answer = BAN_ENFORCED;
	begin_with(c, allowed);
	engine_free(g.engine);
	g.config.firewall = (struct engine_firewall){
		.ban = note_ban, .unban = note_unban, .has = note_question};
	g.engine = engine_new(&g.config, record, &g);
	assert_non_null(g.engine);
}

/* Bans a client at T0 + 1000 s. */
static const struct event *begin_ban(const char *from)
{
	int64_t second = T0;

	traffic(&second, 1000, 2, VISITORS);
	flood(from, (T0 + 1000) * 1000);
	assert_int_equal(count_of(EVENT_BAN), 1);
	return last_of(EVENT_BAN);
}

static struct ban ban_of_client(const char *client)
{
	struct address a = given_address(client);
	struct ban ban;

	assert_true(bans_find(engine_bans(g.engine), &a, &ban));
	return ban;
}

static void report(const char *client, enum ban_outcome outcome)
{
	struct address a = given_address(client);

	engine_report_outcome(g.engine, &a, outcome, (struct instant){0}, (struct instant){0});
}

static void ban_event_contains_the_answer_of_the_firewall(void **state)
{
	static const enum ban_outcome answers[] = {BAN_ENFORCED, BAN_REFUSED, BAN_NOT_ASKED};

	for (int family = 0; family < 2; family++) {
		for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
			begin_firewall(answers[i], NULL);
			const struct event *e = begin_ban(families[family]);
			struct address client = given_address(clients_of[family]);
			assert_int_equal(e->enforced, answers[i] == BAN_ENFORCED);
			assert_int_equal(firewall.bans, 1);
			assert_true(address_equal(&firewall.client, &client));
			assert_true(firewall.left.ms == e->seconds.ms);
			struct ban ban = ban_of_client(clients_of[family]);
			assert_int_equal(ban.enforced, answers[i] == BAN_ENFORCED);
			assert_int_equal(ban.tried, answers[i] != BAN_NOT_ASKED);
			assert_int_equal(
				engine_counters(g.engine).ban_failed, answers[i] == BAN_REFUSED);
			end(state);
		}
	}
}

static void ban_enforced_later_is_recorded_without_an_event(void **state)
{
	(void)state;
	begin_firewall(BAN_REFUSED, NULL);
	begin_ban(families[1]);
	size_t events = g.n;
	report(clients_of[1], BAN_ENFORCED);
	assert_true(ban_of_client(clients_of[1]).enforced);
	assert_int_equal(g.n, events);
	assert_int_equal(firewall.bans, 1);
}

static void ban_removed_by_hand_or_order_is_not_removed_again(void **state)
{
	static const enum ban_outcome how[] = {BAN_REMOVED, BAN_ORDERED};
	static const char *const reasons[] = {"manual", "ordered"};

	for (int k = 0; k < 4; k++) {
		int family = k % 2;
		begin_firewall(BAN_ENFORCED, NULL);
		begin_ban(families[family]);
		struct address client = given_address(clients_of[family]);
		report(clients_of[family], how[k / 2]);
		assert_string_equal(last_of(EVENT_UNBAN)->reason, reasons[k / 2]);
		assert_false(bans_has_strikes(engine_bans(g.engine), &client));
		assert_int_equal(firewall.unbans, 0);
		report(clients_of[family], how[k / 2]); /* the ban is over already */
		assert_int_equal(count_of(EVENT_UNBAN), 1);
		end(state);
	}
}

static void ban_found_to_be_removed_is_not_removed_again(void **state)
{
	(void)state;
	begin_firewall(BAN_ENFORCED, NULL);
	begin_ban(families[0]);
	firewall.has_answer = BAN_REMOVED;
	say(families[0], 200, (T0 + 1010) * 1000);
	assert_int_equal(firewall.questions, 1);
	assert_string_equal(last_of(EVENT_UNBAN)->reason, "manual");
	assert_int_equal(firewall.unbans, 0);
	end(state);
	begin_firewall(BAN_ENFORCED, NULL);
	begin_ban(families[1]);
	firewall.has_answer = BAN_ORDERED;
	say(families[1], 200, (T0 + 1010) * 1000);
	assert_string_equal(last_of(EVENT_UNBAN)->reason, "ordered");
}

static void ban_that_was_only_printed_ends_but_its_strikes_stay(void **state)
{
	(void)state;
	begin_firewall(BAN_NOT_ASKED, NULL);
	begin_ban(families[1]);
	struct address client = given_address(clients_of[1]);
	report(clients_of[1], BAN_DISOWNED);
	assert_string_equal(last_of(EVENT_UNBAN)->reason, "not_enforced");
	assert_true(bans_has_strikes(engine_bans(g.engine), &client));
	assert_int_equal(firewall.unbans, 0);
}

static void expired_ban_is_removed_from_the_firewall(void **state)
{
	for (int family = 0; family < 2; family++) {
		begin_firewall(BAN_ENFORCED, NULL);
		struct instant until = begin_ban(families[family])->until;
		struct address client = given_address(clients_of[family]);
		firewall.unban_answer = family == 0;
		tick(until.ms);
		assert_string_equal(last_of(EVENT_UNBAN)->reason, "expired");
		assert_int_equal(firewall.unbans, 1);
		assert_true(address_equal(&firewall.client, &client));
		assert_int_equal(engine_counters(g.engine).ban_failed, family);
		end(state);
	}
}

static void newly_allowed_client_is_unbanned_in_the_firewall(void **state)
{
	struct allow *allowed = allow_of("2001:db8:bad:1::/64");

	(void)state;
	begin_firewall(BAN_ENFORCED, NULL);
	begin_ban(families[1]);
	engine_set_allow(g.engine, allowed);
	assert_string_equal(last_of(EVENT_UNBAN)->reason, "allowed");
	assert_int_equal(firewall.unbans, 1);
	engine_set_allow(g.engine, g.allow);
	allow_free(allowed);
}

static void adopted_ban_is_enforced_and_a_later_end_prolongs_it(void **state)
{
	struct instant now = {(T0 + 5) * 1000}, until = {(T0 + 605) * 1000};
	struct address client = given_address("2001:db8:5:5::/64");

	(void)state;
	begin_firewall(BAN_ENFORCED, NULL);
	tick(T0 * 1000);
	engine_report_outcome(g.engine, &client, BAN_ADOPTED, now, until);
	assert_true(ban_of_client("2001:db8:5:5::/64").enforced);
	engine_report_outcome(
		g.engine, &client, BAN_ADOPTED, now, instant_add(until, (struct span){2000}));
	assert_true(ban_of_client("2001:db8:5:5::/64").until.ms == until.ms);
	until = instant_add(until, (struct span){2001});
	engine_report_outcome(g.engine, &client, BAN_ADOPTED, now, until);
	assert_true(ban_of_client("2001:db8:5:5::/64").until.ms == until.ms);
	assert_int_equal(firewall.bans, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ban_event_contains_the_answer_of_the_firewall),
		cmocka_unit_test_teardown(ban_enforced_later_is_recorded_without_an_event, end),
		cmocka_unit_test(ban_removed_by_hand_or_order_is_not_removed_again),
		cmocka_unit_test_teardown(ban_found_to_be_removed_is_not_removed_again, end),
		cmocka_unit_test_teardown(ban_that_was_only_printed_ends_but_its_strikes_stay, end),
		cmocka_unit_test(expired_ban_is_removed_from_the_firewall),
		cmocka_unit_test_teardown(newly_allowed_client_is_unbanned_in_the_firewall, end),
		cmocka_unit_test_teardown(adopted_ban_is_enforced_and_a_later_end_prolongs_it, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
