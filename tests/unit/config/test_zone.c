/* test_zone.c - converts local times to UTC by the time zones that are installed on this host, also
 * when summer time begins and when it ends. */
#include "io/config/zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/buf.h"

static struct zone zone;

/* Checks that the local time, which names no zone, is at this time in UTC. */
static void is_at(const char *local, const char *utc)
{
	char text[25] = "";
	struct instant t;
	struct buf b;

	if (!timestamp_parse(local, strlen(local), &zone.timestamp, &t))
		fail_msg("not a time: %s", local);
	buf_init(&b, text, sizeof text - 1);
	buf_put_instant(&b, t);
	if (strcmp(text, utc) != 0)
		fail_msg("%s is at %s, not %s", local, text, utc);
}

static void named_zone_has_its_summer_time(void **state)
{
	(void)state;
	assert_true(zone_init(&zone, "Europe/Berlin"));
	is_at("2026-01-15 12:00:00", "2026-01-15T11:00:00.000Z");
	is_at("2026-07-15 12:00:00", "2026-07-15T10:00:00.000Z");
	is_at("2026-01-15 12:00:00", "2026-01-15T11:00:00.000Z");
	/* summer time begins at 02:00 on 29 March and ends at 03:00 on 25 October */
	is_at("2026-03-29 01:59:59", "2026-03-29T00:59:59.000Z");
	is_at("2026-03-29 03:00:00", "2026-03-29T01:00:00.000Z");
	is_at("2026-10-25 01:59:59", "2026-10-24T23:59:59.000Z");
	is_at("2026-10-25 03:00:00", "2026-10-25T02:00:00.000Z");
	assert_true(zone_init(&zone, "America/St_Johns"));
	is_at("2026-01-15 12:00:00", "2026-01-15T15:30:00.000Z");
	is_at("15/Jul/2026:12:00:00.25", "2026-07-15T14:30:00.250Z");
	is_at("2026-03-08 01:59:59", "2026-03-08T05:29:59.000Z");
	is_at("2026-03-08 03:00:00", "2026-03-08T05:30:00.000Z");
	assert_true(zone_init(&zone, "Australia/Lord_Howe")); /* a change of half an hour */
	is_at("2026-01-15 12:00:00", "2026-01-15T01:00:00.000Z");
	is_at("2026-07-15 12:00:00", "2026-07-15T01:30:00.000Z");
}

/* Asks for the offset minute by minute, alternately before and after the change of the clocks. So
 * the test fails if zone.c returns a cached offset for the wrong side of the change. */
static void offset_changes_at_each_change_of_the_clocks(void **state)
{
	static const int64_t changes[] = {
		1774746000 /* 2026-03-29 01:00Z */, 1792890000 /* 2026-10-25 01:00Z */};

	(void)state;
	assert_true(zone_init(&zone, "Europe/Berlin"));
	for (int i = 0; i < 2; i++) {
		int64_t before = i ? 7200 : 3600, after = i ? 3600 : 7200;
		for (int64_t m = 61; m < 600; m++) {
			int64_t at = changes[i] - m * 60 + before;
			assert_int_equal(zone.timestamp.east_s(&zone, at), before);
			at = changes[i] + m * 60 + after;
			assert_int_equal(zone.timestamp.east_s(&zone, at), after);
		}
	}
}

static void skipped_or_repeated_hour_has_one_of_its_two_offsets(void **state)
{
	(void)state;
	assert_true(zone_init(&zone, "Europe/Berlin"));
	for (int64_t minute = 0; minute < 60; minute++) {
		int64_t missing = zone.timestamp.east_s(&zone, 1774749600 + minute * 60);
		int64_t twice = zone.timestamp.east_s(&zone, 1792893600 + minute * 60);
		assert_true(missing == 3600 || missing == 7200);
		assert_true(twice == 3600 || twice == 7200);
	}
}

/* Asks for the offset second by second, as a server logs. Each third line is 7 s late. The
 * repeated hour has the right offset both times. */
static void offsets_of_a_log_in_order_are_right_in_the_repeated_hour(void **state)
{
	static const struct {
		const char *name;
		int64_t end; /* the end of the first of the two hours, in UTC */
		int64_t before, after;
	} zones[] = {{"Europe/Berlin", 1792890000, 7200, 3600},
		{"Australia/Lord_Howe", 1775314800, 39600, 37800}};

	(void)state;
	for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
		assert_true(zone_init(&zone, zones[i].name));
		for (int64_t s = -7200; s < 7200; s++) {
			int64_t utc = zones[i].end + s - (s % 3 ? 0 : 7);
			int64_t east = utc < zones[i].end ? zones[i].before : zones[i].after;
			assert_int_equal(zone.timestamp.east_s(&zone, utc + east), east);
		}
	}
}

static void utc_and_offsets_are_fixed(void **state)
{
	static const struct {
		const char *name;
		int64_t east_s;
	} cases[] = {{"UTC", 0}, {"+00:00", 0}, {"-00:00", 0}, {"+01:00", 3600}, {"+0100", 3600},
		{"+01", 3600}, {"-0530", -19800}, {"+05:45", 20700}, {"+14:00", 50400},
		{"-12:00", -43200}, {"+18:00", 64800}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_true(zone_init(&zone, cases[i].name));
		for (int64_t at = 0; at < (int64_t)4e9; at += 86400 * 30 + 1234)
			assert_int_equal(zone.timestamp.east_s(&zone, at), cases[i].east_s);
	}
	assert_true(zone_init(&zone, "-05:30"));
	is_at("2026-11-22 22:00:00", "2026-11-23T03:30:00.000Z");
}

static void local_zone_comes_from_the_environment(void **state)
{
	(void)state;
	assert_int_equal(setenv("TZ", "Asia/Kolkata", 1), 0);
	assert_true(zone_init(&zone, "local"));
	is_at("2026-11-22 12:00:00", "2026-11-22T06:30:00.000Z");
	assert_int_equal(setenv("TZ", "UTC", 1), 0);
	assert_true(zone_init(&zone, "local"));
	is_at("2026-11-22 12:00:00", "2026-11-22T12:00:00.000Z");
}

static void time_with_a_zone_is_not_changed(void **state)
{
	(void)state;
	assert_true(zone_init(&zone, "Europe/Berlin"));
	is_at("2026-07-15T12:00:00Z", "2026-07-15T12:00:00.000Z");
	is_at("15/Jul/2026:12:00:00 +0530", "2026-07-15T06:30:00.000Z");
	is_at("1795341600.5", "2026-11-22T10:00:00.500Z");
}

static void invalid_zone_is_refused(void **state)
{
	/* also the names of directories and of other files near the zones */
	static const char *const names[] = {"", "Europe", "Europe/", "Europe/Nowhere",
		"Mars/Olympus", "/etc/localtime", "../../../etc/passwd", "Europe/../UTC",
		"zone.tab", "tzdata.zi", "leapseconds", "CET ", ":UTC", "+", "-", "+1", "+1:00",
		"+100", "+01:", "+01::00", "+01:60", "+18:01", "+19:00", "+01:00:00", "+01-00",
		"01:00", "+ab", "local ", "\xff",
		"Aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (zone_init(&zone, names[i]))
			fail_msg("accepted as a zone: %s", names[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(named_zone_has_its_summer_time),
		cmocka_unit_test(offset_changes_at_each_change_of_the_clocks),
		cmocka_unit_test(skipped_or_repeated_hour_has_one_of_its_two_offsets),
		cmocka_unit_test(offsets_of_a_log_in_order_are_right_in_the_repeated_hour),
		cmocka_unit_test(utc_and_offsets_are_fixed),
		cmocka_unit_test(local_zone_comes_from_the_environment),
		cmocka_unit_test(time_with_a_zone_is_not_changed),
		cmocka_unit_test(invalid_zone_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
