/* test_refusals.c - the messages about events that are not obeyed, and how often they are logged.
 */
#include "io/run/refusals.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "unit/captured.h"

#define T0 ((int64_t)1795320960000)

static struct instant after(int64_t seconds)
{
	return (struct instant){T0 + seconds * 1000};
}

static struct order order_of(enum order_kind kind, const char *client, int64_t seconds)
{
	struct order o = {.kind = kind, .time = after(seconds)};

	assert_true(address_parse_prefix(client, strlen(client), &o.client));
	return o;
}

static void each_reason_has_its_message(void **state)
{
	struct order v4 = order_of(ORDER_BAN, "192.0.2.1", -7384);
	struct order v6 = order_of(ORDER_UNBAN, "2001:db8:1:2::/64", 7200);
	struct refusals r = {0};
	static const struct order none;

	(void)state;
	capture_begin();
	refusals_note(&r, ORDER_NOT_EVENT, &none, after(0));
	refusals_note(&r, ORDER_REPLAY, &none, after(0));
	refusals_note(&r, ORDER_BAD_CLIENT, &none, after(0));
	refusals_note(&r, ORDER_BAD_TIME, &none, after(0));
	refusals_note(&r, ORDER_FUTURE, &v6, after(0));
	refusals_note(&r, ORDER_ENDED, &v4, after(0));
	refusals_note(&r, ORDER_STALE, &v4, after(0));
	refusals_note(&r, ORDER_OLDER, &v4, after(0));
	refusals_note_allowed(&r, &v4, after(0));
	refusals_end(&r);
	assert_string_equal(capture_end(),
		"anomdetect: warning: a line is not an event of anomdetect, and is not obeyed\n"
		"anomdetect: warning: an event of a replay is not obeyed; see --force\n"
		"anomdetect: warning: an event is not obeyed: its client is not an address "
		"or network\n"
		"anomdetect: warning: an event is not obeyed: its 'time', 'seconds' or 'until' is "
		"missing or wrong, or they do not agree\n"
		"anomdetect: warning: the unban of 2001:db8:1:2::/64 is not obeyed: it is 2h 0m "
		"ahead of this host's clock; set the clocks of both hosts\n"
		"anomdetect: warning: the ban of 192.0.2.1 is not obeyed: it had ended before it "
		"arrived: the event is 2h 3m old by this host's clock\n"
		"anomdetect: warning: the permanent ban of 192.0.2.1 is not obeyed: the event is "
		"2h 3m old by this host's clock\n"
		"anomdetect: warning: the ban of 192.0.2.1 is not obeyed: a newer event of this "
		"client was obeyed, and this one is 2h 3m old by this host's clock\n"
		"anomdetect: warning: the ban of 192.0.2.1 is not obeyed: this client is never "
		"banned on this host\n");
}

static void other_events_and_expected_repeats_are_not_reported(void **state)
{
	struct order unban = order_of(ORDER_UNBAN, "192.0.2.1", 0);
	struct refusals r = {0};

	(void)state;
	capture_begin();
	refusals_note(&r, ORDER_OTHER_EVENT, &unban, after(0));
	/* the kernel ends each ban by itself */
	refusals_note(&r, ORDER_ENDED, &unban, after(0));
	/* the root repeats all events that it knows */
	unban.repeated = true;
	refusals_note(&r, ORDER_OLDER, &unban, after(0));
	refusals_end(&r);
	assert_string_equal(capture_end(), "");
}

/* Logs one message about an event that arrived 60 s late. Compares the end of the message, which
 * contains the offset of the newest event to this host's clock. `r` is a copy, so each message
 * counts as the first. */
static void check_offset(struct refusals r, int64_t now, const char *want)
{
	struct order o = order_of(ORDER_BAN, "2001:db8:1:2::/64", now - 60);

	memset(r.reasons, 0, sizeof r.reasons);
	capture_begin();
	refusals_note(&r, ORDER_ENDED, &o, after(now));
	char *end = strstr(capture_end(), "is 1m 0s old by this host's clock");
	assert_non_null(end);
	assert_string_equal(end + strlen("is 1m 0s old by this host's clock"), want);
}

static void message_has_the_clock_offset_of_the_newest_event(void **state)
{
	struct order old = order_of(ORDER_BAN, "192.0.2.1", -1000);
	struct order new = order_of(ORDER_UNBAN, "192.0.2.1", -660);
	struct refusals r = {0};

	(void)state;
	check_offset(r, 0, "\n");
	refusals_see(&r, &new, after(0));
	refusals_see(&r, &old, after(0));
	check_offset(r, 0, "; the newest event is 11m 0s behind this host's clock\n");
	new.time = after(700);
	new.repeated = true;
	refusals_see(&r, &new, after(0));
	new.repeated = false;
	new.replay = true;
	refusals_see(&r, &new, after(0));
	check_offset(r, 0, "; the newest event is 11m 0s behind this host's clock\n");
	/* The newest event of the current minute and of the previous minute is kept. This event is
	 * 1060 s old, and arrives in the second minute of the test. */
	refusals_see(&r, &old, after(60));
	check_offset(r, 60, "; the newest event is 11m 0s behind this host's clock\n");
	refusals_see(&r, &old, after(120));
	check_offset(r, 120, "; the newest event is 17m 40s behind this host's clock\n");
	new.replay = false;
	refusals_see(&r, &new, after(100000));
	new.time = after(100060);
	refusals_see(&r, &new, after(100000));
	check_offset(r, 100000, "; the newest event is 1m 0s ahead of this host's clock\n");
}

static void each_reason_is_logged_once_per_minute_with_its_count(void **state)
{
	static const struct order none;
	struct refusals r = {0};

	(void)state;
	capture_begin();
	for (int s = 0; s < 60; s++) {
		refusals_note(&r, ORDER_NOT_EVENT, &none, after(s));
		if (s % 2)
			refusals_note(&r, ORDER_BAD_CLIENT, &none, after(s));
	}
	refusals_note(&r, ORDER_NOT_EVENT, &none, after(60));
	refusals_note(&r, ORDER_NOT_EVENT, &none, after(61));
	refusals_note(&r, ORDER_NOT_EVENT, &none, after(62));
	refusals_end(&r);
	assert_string_equal(capture_end(),
		"anomdetect: warning: a line is not an event of anomdetect, and is not obeyed\n"
		"anomdetect: warning: an event is not obeyed: its client is not an address "
		"or network\n"
		"anomdetect: warning: a line is not an event of anomdetect, and is not obeyed "
		"(59 more since the last message)\n"
		"anomdetect: warning: 2 more lines that are not events were not obeyed\n"
		"anomdetect: warning: 29 more events with a bad client were not obeyed\n");
}

/* Checks the advice that follows the fixed text when the stream begins with this line. */
static void check_advice(const char *line, size_t len, const char *want)
{
	static const struct order none;
	struct refusals r = {0};
	char said[400];

	refusals_look(&r, true, line, len);
	refusals_look(&r, true, "{}", 2); /* only the first line counts */
	capture_begin();
	refusals_note(&r, ORDER_NOT_EVENT, &none, after(0));
	snprintf(said, sizeof said,
		"anomdetect: warning: a line is not an event of anomdetect, and is not obeyed%s\n",
		want);
	assert_string_equal(capture_end(), said);
}

#define CHECK_ADVICE(line, want) check_advice(line, sizeof line - 1, want)

static void kind_of_an_input_without_events_is_recognised(void **state)
{
	static const char log_line[] = "; it is a line of an access log; put `anomdetect |` before "
				       "anomban";

	(void)state;
	CHECK_ADVICE("\x1f\x8b\x08\0",
		"; the input is compressed by gzip; put `zcat FILE |` before this program");
	CHECK_ADVICE("{\"remote_addr\":\"2001:db8::7\",\"status\":200}", log_line);
	CHECK_ADVICE(
		"192.0.2.7 - - [22/Nov/2026:04:16:00 +0000] \"GET / HTTP/1.1\" 200 12", log_line);
	CHECK_ADVICE("anomdetect/events {\"event\":\"ban\"}",
		"; it has text before an event; let the broker's client print messages alone "
		"(mosquitto_sub without -v)");
	CHECK_ADVICE("{\"event\":\"ban\"", "");
	CHECK_ADVICE("garbage", "");
	CHECK_ADVICE("", "");
}

static void compressed_bytes_after_an_event_are_ignored(void **state)
{
	static const struct order none;
	struct refusals r = {0};

	(void)state;
	refusals_look(&r, false, "{\"event\":\"ban\"}", 15);
	refusals_look(&r, true, "\x1f\x8b\x08", 3);
	capture_begin();
	refusals_note(&r, ORDER_NOT_EVENT, &none, after(0));
	assert_null(strstr(capture_end(), "gzip"));
}

static void obeyed_event_from_the_future_is_logged_once_per_minute(void **state)
{
	static const char *const clients[] = {"192.0.2.1", "2001:db8:1:2::/64"};

	(void)state;
	for (int f = 0; f < 2; f++) {
		struct order o = order_of(ORDER_BAN, clients[f], 5);
		struct refusals r = {0};
		char want[400];
		capture_begin();
		refusals_note_ahead(&r, &o, after(0)); /* clocks may differ by some seconds */
		o.time = after(3500);
		o.replay = true;
		refusals_note_ahead(&r, &o, after(0));
		o.replay = false;
		for (int s = 0; s < 60; s++)
			refusals_note_ahead(&r, &o, after(0));
		snprintf(want, sizeof want,
			"anomdetect: warning: the ban of %s is 58m 20s ahead of this host's clock, "
			"and starts now; set the clocks of both hosts\n",
			clients[f]);
		assert_string_equal(capture_end(), want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_reason_has_its_message),
		cmocka_unit_test(other_events_and_expected_repeats_are_not_reported),
		cmocka_unit_test(message_has_the_clock_offset_of_the_newest_event),
		cmocka_unit_test(kind_of_an_input_without_events_is_recognised),
		cmocka_unit_test(compressed_bytes_after_an_event_are_ignored),
		cmocka_unit_test(obeyed_event_from_the_future_is_logged_once_per_minute),
		cmocka_unit_test(each_reason_is_logged_once_per_minute_with_its_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
