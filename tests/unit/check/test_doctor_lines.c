/* test_doctor_lines.c - the conclusions of --doctor from the lines of a log. */
#include "io/check/doctor_lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define MINUTE ((int64_t)60 * 1000)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

static const struct instant now = {1795320960000};
static char text[1024];

static void note_request(struct doctor_lines *l, struct instant time, uint16_t status)
{
	struct line_result r;

	line_result_clear(&r);
	r.request.has_time = true;
	r.request.time = time;
	r.request.status = status;
	doctor_lines_note(l, LINE_OK, &r);
}

/* n lines, `step_ms` apart. The last one is `age_ms` old. */
static struct doctor_lines lines_of(int64_t age_ms, int n, int64_t step_ms)
{
	struct doctor_lines l = {.ended = true};

	for (int i = n - 1; i >= 0; i--)
		note_request(&l, (struct instant){now.ms - age_ms - i * step_ms}, 200);
	return l;
}

static void judges(const struct doctor_lines *l, enum doctor_verdict verdict, const char *said)
{
	struct buf b;

	buf_init(&b, text, sizeof text - 1);
	enum doctor_verdict got = doctor_lines_judge(l, now, &b);
	text[b.len] = '\0';
	if (got != verdict || !strstr(text, said))
		fail_msg("verdict %d, not %d, or without '%s': %s", got, verdict, said, text);
}

static void age_is_shown_in_readable_units(void **state)
{
	static const struct {
		int64_t age_ms;
		enum doctor_verdict verdict;
		const char *said;
	} cases[] = {
		{0, DOCTOR_OK, ", which is now"},
		{10000, DOCTOR_OK, ", which is now"},
		{305000, DOCTOR_OK, ", 5m 5s ago"},
		{HOUR - MINUTE, DOCTOR_OK, ", 59m 0s ago"},
		{HOUR + 7 * MINUTE, DOCTOR_WARN, ", 1h 7m ago, longer than any gap between"},
		{DAY - MINUTE, DOCTOR_WARN, "still writes to this log"},
		{DAY + MINUTE, DOCTOR_FAIL, ", 1d 0h ago, so nothing is judged now"},
		{961240000, DOCTOR_FAIL, ", 11d 3h ago, so nothing is judged now"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct doctor_lines l = lines_of(cases[i].age_ms, 100, 30000);
		judges(&l, cases[i].verdict, cases[i].said);
	}
	struct doctor_lines one = lines_of(2 * DAY, 1, 0);
	judges(&one, DOCTOR_FAIL, ", 2d 0h ago");
}

static void silence_as_long_as_an_earlier_one_is_no_fault(void **state)
{
	struct doctor_lines l = lines_of(7 * HOUR + MINUTE, 50, 8 * HOUR);

	(void)state;
	judges(&l, DOCTOR_OK, ", 7h 1m ago, and earlier lines had a gap of at least this length");
	l = lines_of(3 * DAY, 50, 4 * DAY);
	judges(&l, DOCTOR_OK, ", 3d 0h ago, and");
	/* a silence of over a week is a fault, even if an earlier one was as long */
	l = lines_of(8 * DAY, 50, 9 * DAY);
	judges(&l, DOCTOR_FAIL, ", 8d 0h ago");
}

static void lines_out_of_order_are_no_silence(void **state)
{
	struct doctor_lines l = {.ended = true};

	(void)state;
	/* the line of a long request may have the time at which the request began */
	for (int i = 0; i < 100; i++)
		note_request(&l, (struct instant){now.ms - 2 * DAY - (i % 2 ? 3 * DAY : 0)}, 200);
	judges(&l, DOCTOR_FAIL, ", 2d 0h ago");
}

static void time_far_ahead_of_the_clock_is_a_fault(void **state)
{
	struct doctor_lines l = lines_of(-2000, 10, 1000);

	(void)state;
	judges(&l, DOCTOR_OK, ", which is now");
	l = lines_of(-30000, 10, 1000);
	judges(&l, DOCTOR_WARN, ", 30s ahead of this clock; set the clocks");
	l = lines_of(-200000, 10, 1000);
	judges(&l, DOCTOR_FAIL, ", 3m 20s ahead of this clock; set the clocks");
}

static void advice_about_times_of_another_zone_names_the_zone(void **state)
{
	static const struct {
		int64_t ahead_ms, east_s;
		enum doctor_verdict verdict;
		const char *said;
	} cases[] = {
		{2 * HOUR, 0, DOCTOR_FAIL, "give --tz +02:00, or"},
		{2 * HOUR - 4000, 0, DOCTOR_FAIL, "give --tz +02:00, or"},
		{2 * HOUR, -12600, DOCTOR_FAIL, "give --tz -01:30, or"},
		{5 * HOUR + 45 * MINUTE, 0, DOCTOR_FAIL, "give --tz +05:45, or"},
		{-HOUR - 5000, 0, DOCTOR_WARN,
			"1h 0m ago, as times of another time zone would be; if they name no zone, "
			"give --tz -01:00, or"},
		{-HOUR, 7200, DOCTOR_WARN, "give --tz +01:00, or"},
		/* no zone is that far from UTC */
		{10 * HOUR, 5 * 3600, DOCTOR_FAIL, "give --tz, or let the server"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct doctor_lines l = lines_of(-cases[i].ahead_ms, 100, 1000);
		l.east_s = cases[i].east_s;
		judges(&l, cases[i].verdict, cases[i].said);
	}
	/* the newest line is an hour old by chance, because the site is sometimes silent for as
	 * long */
	struct doctor_lines l = lines_of(HOUR + 5000, 100, 2 * HOUR);
	judges(&l, DOCTOR_OK, "had a gap of at least");
}

static void missing_lines_are_a_fault_with_advice(void **state)
{
	struct doctor_lines l = {0};

	(void)state;
	judges(&l, DOCTOR_FAIL,
		"no line came; to check the last lines of a log: tail -n 1000 "
		"FILE | anomdetect --doctor");
	l.ended = true;
	judges(&l, DOCTOR_FAIL, "no line came, and the input has ended; to check");
	l.log = "/var/log/x\033[2J.json";
	judges(&l, DOCTOR_FAIL, "'/var/log/x?[2J.json': it is empty: no request arrived since");
	judges(&l, DOCTOR_FAIL, "an access_log in a server or location replaces the one in http");
}

static void missing_status_in_most_lines_is_a_fault(void **state)
{
	struct doctor_lines l = lines_of(0, 50, 1000);
	struct line_result r;

	(void)state;
	for (int i = 0; i < 50; i++)
		note_request(&l, now, 0);
	judges(&l, DOCTOR_OK, "100 of 100 lines are requests; 50 have no status; the newest");
	note_request(&l, now, 0);
	judges(&l, DOCTOR_FAIL, "; 51 have no status, so errors are not counted");
	line_result_clear(&r);
	r.bad_status = true;
	doctor_lines_note(&l, LINE_OK, &r);
	judges(&l, DOCTOR_FAIL,
		"; 52 have no status from 100 to 599, and 1 of these has some other text as its "
		"status, so");
	/* two faults: both are reported, and the verdict is that of the worse fault */
	l = lines_of(-30000, 1, 0);
	note_request(&l, now, 0);
	note_request(&l, now, 0);
	judges(&l, DOCTOR_FAIL, "; 2 have no status, so");
	judges(&l, DOCTOR_FAIL, "30s ahead of this clock");
}

static void lines_of_another_log_are_a_fault(void **state)
{
	struct doctor_lines l = lines_of(0, 50, 1000);

	(void)state;
	for (int i = 0; i < 50; i++)
		doctor_lines_note(&l, i % 2 ? LINE_OTHER : LINE_NOT_JSON, NULL);
	judges(&l, DOCTOR_OK, "50 of 100 lines are requests, not_json 25, other 25; the newest");
	doctor_lines_note(&l, LINE_OTHER, NULL);
	judges(&l, DOCTOR_FAIL, "50 of 101 lines are requests, not_json 25, other 26; see INPUT");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(age_is_shown_in_readable_units),
		cmocka_unit_test(silence_as_long_as_an_earlier_one_is_no_fault),
		cmocka_unit_test(lines_out_of_order_are_no_silence),
		cmocka_unit_test(time_far_ahead_of_the_clock_is_a_fault),
		cmocka_unit_test(advice_about_times_of_another_zone_names_the_zone),
		cmocka_unit_test(missing_lines_are_a_fault_with_advice),
		cmocka_unit_test(missing_status_in_most_lines_is_a_fault),
		cmocka_unit_test(lines_of_another_log_are_a_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
