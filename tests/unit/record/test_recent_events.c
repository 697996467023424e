/* test_recent_events.c - the newest events as short texts: which events are stored, which are
 * merged, and the text of each kind. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "core/record/recent_events.h"
#include "unit/given.h"

static struct recent_events recent;
static struct recent_event list[RECENT_EVENTS_MAX];

static struct event event_at(enum event_kind kind, int64_t second)
{
	return (struct event){.kind = kind, .time = instant_at_second(second)};
}

static struct event ban_at(const char *client, int64_t second)
{
	struct event e = event_at(EVENT_BAN, second);

	e.client = given_address(client);
	e.strike = 2;
	e.seconds = span_seconds(1800);
	e.verdict.evidence_n = 3;
	e.verdict.evidence[0] = (struct evidence){RULE_REQUESTS, 121, 120};
	return e;
}

static void note(struct event e)
{
	recent_events_note(&recent, &e);
}

static size_t begin(void)
{
	memset(&recent, 0, sizeof recent);
	return recent_events_list(&recent, list);
}

static void assert_newest(const char *event, uint32_t more, const char *text)
{
	assert_true(recent_events_list(&recent, list) > 0);
	assert_string_equal(list[0].event, event);
	assert_int_equal(list[0].more, more);
	assert_string_equal(list[0].text, text);
}

static void list_is_empty_at_the_start(void **unused)
{
	(void)unused;
	assert_int_equal(begin(), 0);
}

static void newest_event_is_listed_first_and_the_oldest_is_evicted(void **unused)
{
	(void)unused;
	begin();
	for (int i = 0; i < 2 * RECENT_EVENTS_MAX + 3; i++)
		note(ban_at("203.0.113.9", 100 * i));
	assert_int_equal(recent_events_list(&recent, list), RECENT_EVENTS_MAX);
	for (int i = 0; i < RECENT_EVENTS_MAX; i++)
		assert_int_equal(list[i].time.ms, 100000 * (2 * RECENT_EVENTS_MAX + 2 - i));
}

static void similar_events_within_a_minute_are_merged(void **unused)
{
	(void)unused;
	begin();
	for (int i = 0; i < 60; i++)
		note(ban_at(i ? "2001:db8::1" : "203.0.113.9", 100 + i));
	assert_newest("ban", 59, "203.0.113.9  requests 121 > 120 +2, strike 2, 30m 0s");
	note(ban_at("2001:db8:bad::/64", 160));
	assert_newest("ban", 0, "2001:db8:bad::/64  requests 121 > 120 +2, strike 2, 30m 0s");
	struct event e = event_at(EVENT_UNBAN, 161);
	e.client = given_address("203.0.113.9");
	e.reason = "expired";
	note(e);
	e.reason = "manual"; /* not similar */
	note(e);
	assert_newest("unban", 0, "203.0.113.9  manual");
	assert_int_equal(recent_events_list(&recent, list), 4);
}

static void every_event_except_a_baseline_without_a_reason_is_stored(void **unused)
{
	struct event e;

	(void)unused;
	begin();
	e = event_at(EVENT_START, 1);
	e.enforced = true;
	e.restored = 12;
	note(e);
	assert_newest("start", 0, "bans are enforced, 12 restored");
	note(event_at(EVENT_BASELINE, 2));
	assert_newest("start", 0, "bans are enforced, 12 restored");
	e = event_at(EVENT_BASELINE, 3);
	e.reason = "new_level";
	note(e);
	assert_newest("baseline", 0, "new_level");
	e = event_at(EVENT_ALERT, 4);
	e.scope = SCOPE_SITE;
	e.verdict.rate = 412.54;
	e.verdict.mean = 39.8;
	e.clients = 2112;
	e.new_clients = 2040;
	note(e);
	assert_newest("alert", 0, "requests 412.5/s, mean 39.8/s, 2112 clients, 2040 new");
	e = ban_at("198.51.100.7", 5);
	e.kind = EVENT_ALERT;
	e.scope = SCOPE_CLIENT;
	e.hold = "learning";
	note(e);
	assert_newest("alert", 0, "198.51.100.7  not banned: learning; requests 121 > 120 +2");
	e = event_at(EVENT_ALERT, 6);
	e.scope = SCOPE_BANS;
	e.reason = "no_effect";
	e.client = given_address("2001:db8::/64");
	note(e);
	assert_newest("alert", 0, "no_effect  2001:db8::/64");
	e = event_at(EVENT_ALERT, 7);
	e.scope = SCOPE_BANS;
	e.reason = "max_bans_per_minute";
	e.count = 33;
	note(e);
	assert_newest("alert", 0, "max_bans_per_minute  33");
	e = event_at(EVENT_RECOVERED, 8);
	e.signal = SIGNAL_ERRORS;
	e.seconds = span_seconds(208);
	note(e);
	assert_newest("recovered", 0, "errors after 3m 28s");
	e = ban_at("198.51.100.7", 9);
	e.permanent = true;
	note(e);
	assert_newest("ban", 0, "198.51.100.7  requests 121 > 120 +2, strike 2, permanent");
	e = event_at(EVENT_ERROR, 10);
	e.reason = "ban_failed";
	e.message = "the set is full\033[2J";
	note(e);
	assert_newest("error", 0, "ban_failed  the set is full?[2J");
	note(event_at(EVENT_STOP, 11));
	assert_newest("stop", 0, "");
}

static void text_of_a_ban_names_rates_alone_and_parole(void **unused)
{
	struct event e = ban_at("2001:db8::/64", 9);

	(void)unused;
	begin();
	e.temporary = e.verdict.parole = true;
	note(e);
	assert_newest("ban", 0,
		"2001:db8::/64  requests 121 > 120 +2, strike 2, 30m 0s (rates alone), on parole");
}

static void text_of_a_ban_names_paths_alone(void **unused)
{
	struct event e = ban_at("203.0.113.9", 9);

	(void)unused;
	begin();
	e.verdict.evidence_n = 1;
	e.verdict.evidence[0] = (struct evidence){RULE_PROBES, 9, 8};
	e.temporary = e.verdict.paths_alone = true;
	note(e);
	assert_newest("ban", 0, "203.0.113.9  probes 9 > 8, strike 2, 30m 0s (paths alone)");
}

/* The request is stored separately from the text. Otherwise an address in a path could be mistaken
 * for the address of the event. */
static void request_of_a_verdict_is_kept_and_printable(void **unused)
{
	static const char path[] = "/198.51.100.7 \033[2J\u202e<script>\"'";
	struct request r = {.method = "POST", .status = 200, .path_len = sizeof path - 1};
	struct event e = ban_at("203.0.113.9", 100);

	(void)unused;
	begin();
	memcpy(r.path, path, sizeof path - 1);
	e.request = &r;
	note(e);
	assert_newest("ban", 0, "203.0.113.9  requests 121 > 120 +2, strike 2, 30m 0s");
	assert_string_equal(list[0].request.path, "/198.51.100.7 ?[2J??"
						  "?<script>\"'");
	assert_string_equal(list[0].request.method, "POST");
	assert_int_equal(list[0].request.status, 200);
	r.status = 404; /* similar: the first event is kept */
	note(e);
	assert_newest("ban", 1, "203.0.113.9  requests 121 > 120 +2, strike 2, 30m 0s");
	assert_int_equal(list[0].request.status, 200);
	e.kind = EVENT_ALERT;
	e.scope = SCOPE_CLIENT;
	e.hold = "allowed";
	note(e);
	assert_newest("alert", 0, "203.0.113.9  not banned: allowed; requests 121 > 120 +2");
	assert_int_equal(list[0].request.status, 404);
	note(event_at(EVENT_STOP, 101));
	assert_newest("stop", 0, "");
	assert_false(request_text_is_known(&list[0].request));
}

static void long_message_is_cut(void **unused)
{
	char message[400];
	struct event e = event_at(EVENT_ERROR, 10);

	(void)unused;
	begin();
	memset(message, 'x', sizeof message);
	message[sizeof message - 1] = '\0';
	e.reason = "ban_failed";
	e.message = message;
	note(e);
	recent_events_list(&recent, list);
	assert_int_equal(strlen(list[0].text), RECENT_EVENTS_TEXT_MAX - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(list_is_empty_at_the_start),
		cmocka_unit_test(newest_event_is_listed_first_and_the_oldest_is_evicted),
		cmocka_unit_test(similar_events_within_a_minute_are_merged),
		cmocka_unit_test(every_event_except_a_baseline_without_a_reason_is_stored),
		cmocka_unit_test(text_of_a_ban_names_rates_alone_and_parole),
		cmocka_unit_test(text_of_a_ban_names_paths_alone),
		cmocka_unit_test(request_of_a_verdict_is_kept_and_printable),
		cmocka_unit_test(long_message_is_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
