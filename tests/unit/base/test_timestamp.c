/* test_timestamp.c - times as logs write them, compared with the C library's calendar. */
#include "core/base/timestamp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "unit/random.h"

/* Copies the text to the heap, so that a sanitizer detects a read past its end. */
static bool parse(const char *s, size_t len, struct instant *out)
{
	char *copy = malloc(len + !len);

	assert_non_null(copy);
	memcpy(copy, s, len);
	bool ok = timestamp_parse(copy, len, NULL, out);
	free(copy);
	return ok;
}

static void is_at(const char *s, int64_t ms)
{
	struct instant t = {7};

	assert_true(parse(s, strlen(s), &t));
	assert_true(t.ms == ms);
}

static void refuses_bytes(const char *s, size_t len)
{
	struct instant t = {7};

	assert_false(parse(s, len, &t));
	assert_true(t.ms == 7);
}

static void refuses_all(const char *const *bad, size_t n)
{
	for (size_t i = 0; i < n; i++)
		refuses_bytes(bad[i], strlen(bad[i]));
}

#define REFUSES_ALL(bad) refuses_all(bad, sizeof(bad) / sizeof *(bad))

static void rfc3339_is_read_in_every_spelling(void **state)
{
	(void)state;
	is_at("2026-11-22T04:16:00Z", 1795320960000);
	is_at("2026-11-22t04:16:00z", 1795320960000);
	is_at("2026-11-22 04:16:00Z", 1795320960000);
	is_at("2026-11-22 04:16:00 +0000", 1795320960000);
	is_at("2026-11-22T05:16:00+01:00", 1795320960000);
	is_at("2026-11-22T05:16:00+0100", 1795320960000);
	is_at("2026-11-21T23:16:00-05:00", 1795320960000);
	is_at("2026-11-22T09:46:00.5+05:30", 1795320960500);
	is_at("2026-11-22T04:16:00-00:00", 1795320960000);
}

static void decimals_beyond_the_millisecond_are_cut_off(void **state)
{
	(void)state;
	is_at("2026-11-22T04:16:00.1Z", 1795320960100);
	is_at("2026-11-22T04:16:00.12Z", 1795320960120);
	is_at("2026-11-22T04:16:00.123Z", 1795320960123);
	is_at("2026-11-22T04:16:00,123Z", 1795320960123);
	is_at("2026-11-22T04:16:00.1239Z", 1795320960123);
	is_at("2026-11-22T04:16:00.999999999Z", 1795320960999);
	is_at("2026-11-22T04:16:00.00099999999999999999999999999999999999999Z", 1795320960000);
}

static void common_log_format_is_read(void **state)
{
	(void)state;
	is_at("06/Feb/2026:12:12:51 +0000", 1770379971000);
	is_at("[06/Feb/2026:12:12:51 +0000]", 1770379971000);
	is_at("06/Feb/2026:13:12:51 +0100", 1770379971000);
	is_at("06/Feb/2026:04:12:51 -0800", 1770379971000);
	is_at("06/Feb/2026:12:12:51.250 +0000", 1770379971250);
}

static void each_month_name_is_parsed(void **state)
{
	static const char *const names[] = {
		"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	char text[64];

	(void)state;
	for (int i = 0; i < 12; i++) {
		struct tm tm = {.tm_year = 126, .tm_mon = i, .tm_mday = 9};
		snprintf(text, sizeof text, "09/%s/2026:00:00:00 +0000", names[i]);
		is_at(text, (int64_t)timegm(&tm) * 1000);
	}
}

static void epoch_seconds_are_read_and_rounded(void **state)
{
	(void)state;
	is_at("0", 0);
	is_at("1795320960", 1795320960000);
	is_at("1795320960.343", 1795320960343);
	is_at("1795320960.3436", 1795320960344);
	is_at("99999999999.999", 99999999999999);
}

static void epoch_may_be_in_milli_micro_or_nanoseconds(void **state)
{
	(void)state;
	is_at("1795320960343", 1795320960343);
	is_at("1795320960343.4", 1795320960343);
	is_at("1795320960343210", 1795320960343);
	is_at("1795320960343210123", 1795320960343);
}

static void time_without_a_zone_is_refused(void **state)
{
	static const char *const bad[] = {"2026-11-22T04:16:00", "2026-11-22T04:16:00.123",
		"2026-11-22 04:16:00 ", "06/Feb/2026:12:12:51", "06/Feb/2026:12:12:51 ",
		"2026-11-22T04:16:00+", "2026-11-22T04:16:00+01",
		"2026-11-22T04:16:00+01:", "2026-11-22T04:16:00+01:0", "2026-11-22T04:16:00+1:00",
		"2026-11-22T04:16:00CET", "2026-11-22T04:16:00+24:00", "2026-11-22T04:16:00+00:60",
		"2026-11-22T04:16:00-2400"};

	(void)state;
	REFUSES_ALL(bad);
}

static void text_that_is_no_time_is_refused(void **state)
{
	static const char *const bad[] = {"", "-", "now", "2026-11-22", "04:16:00", "1e", "-1",
		"1e21", "1e300", "2026-11-22T04:16:00Zx", " 2026-11-22T04:16:00Z",
		"2026-11-22T04:16:00Z ", "2026-11-22  04:16:00Z", "2026/11-22T04:16:00Z",
		"2026-11/22T04:16:00Z", "26-11-22T04:16:00Z", "2026-1-22T04:16:00Z",
		"2026-11-22T4:16:00Z", "2026-11-22T04:16Z", "2026-11-22T04:16:00.Z",
		"2026-11-22T04:16:00..1Z", "+026-11-22T04:16:00Z", "2026-11-22T04:16:00  Z",
		"6/Feb/2026:12:12:51 +0000", "06/feb/2026:12:12:51 +0000",
		"06/Foo/2026:12:12:51 +0000", "06/ebM/2026:12:12:51 +0000",
		"06/02/2026:12:12:51 +0000", "06/Feb/2026 12:12:51 +0000",
		"[06/Feb/2026:12:12:51 +0000", "06/Feb/2026:12:12:51 +0000]",
		"06/Feb/2026:12:12:51  +0000", "inf", "nan", "0x6a"};

	(void)state;
	REFUSES_ALL(bad);
	refuses_bytes("2026-11-22T04:16:00Z\0", 21);
	refuses_bytes("2026-11-22\00004:16:00Z", 20);
	refuses_bytes("1795320960\0", 11);
}

static void fields_out_of_range_are_refused(void **state)
{
	static const char *const bad[] = {"2026-00-22T04:16:00Z", "2026-13-22T04:16:00Z",
		"2026-11-00T04:16:00Z", "2026-11-31T04:16:00Z", "2026-12-32T04:16:00Z",
		"2026-02-29T04:16:00Z", "2024-02-30T04:16:00Z", "2026-11-22T24:00:00Z",
		"2026-11-22T04:60:00Z", "2026-11-22T04:16:61Z", "00/Feb/2026:12:12:51 +0000",
		"29/Feb/2026:12:12:51 +0000", "31/Apr/2026:12:12:51 +0000",
		"32/Jan/2026:12:12:51 +0000"};

	(void)state;
	REFUSES_ALL(bad);
}

static void february_has_29_days_only_in_gregorian_leap_years(void **state)
{
	(void)state;
	is_at("2024-02-29T00:00:00Z", 1709164800000);
	is_at("2000-02-29T00:00:00Z", 951782400000);
	is_at("2400-02-29T00:00:00Z", 13574563200000);
	refuses_bytes("2100-02-29T00:00:00Z", 20);
	refuses_bytes("2200-02-29T00:00:00Z", 20);
	refuses_bytes("2023-02-29T00:00:00Z", 20);
	is_at("2100-03-01T00:00:00Z", 4107542400000);
}

static void leap_second_counts_as_the_second_before(void **state)
{
	(void)state;
	is_at("2016-12-31T23:59:60Z", 1483228799000);
	is_at("2016-12-31T23:59:60.500Z", 1483228799500);
	is_at("31/Dec/2016:23:59:60 +0000", 1483228799000);
}

static void only_years_1970_to_9999_are_accepted(void **state)
{
	static const char *const bad[] = {"1969-12-31T23:59:59.999Z", "1970-01-01T00:59:59+01:00",
		"9999-12-31T23:59:59-00:01", "0000-01-01T00:00:00Z", "0000-03-01T00:00:00Z",
		"0001-01-01T00:00:00Z", "10000-01-01T00:00:00Z", "31/Dec/1969:23:59:59 +0000"};

	(void)state;
	REFUSES_ALL(bad);
	is_at("1970-01-01T00:00:00Z", 0);
	is_at("1970-01-01T01:00:00+01:00", 0);
	is_at("1969-12-31T23:00:00-01:00", 0);
	is_at("9999-12-31T23:59:59.999Z", INSTANT_MAX.ms);
	is_at("9999-12-31T23:59:59.9999Z", INSTANT_MAX.ms);
}

static struct tm random_tm(struct random *r, int64_t *second)
{
	struct tm tm;

	/* Half of the times are before the year 2100, as in real logs; the others are before the
	 * year 10000. */
	*second = (int64_t)random_below(r, random_below(r, 2) ? 4102444800 : 253402300800);
	time_t t = (time_t)*second;
	assert_non_null(gmtime_r(&t, &tm));
	return tm;
}

static void random_instants_have_the_time_of_timegm(void **state)
{
	struct random r = random_new(13);
	char text[128];

	(void)state;
	random_note();
	for (int i = 0; i < 20000; i++) {
		int64_t second;
		struct tm tm = random_tm(&r, &second);
		int ms = (int)random_below(&r, 1000);
		int zone = (int)random_below(&r, 48 * 60 - 1) - (24 * 60 - 1);
		int64_t at = second - zone * 60;
		struct instant t;
		assert_true((int64_t)timegm(&tm) == second);
		bool in = at >= 0 && at * 1000 <= INSTANT_MAX.ms;
		snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03d%c%02d:%02d",
			tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
			tm.tm_sec, ms, zone < 0 ? '-' : '+', abs(zone) / 60, abs(zone) % 60);
		assert_int_equal(parse(text, strlen(text), &t), in);
		assert_true(!in || t.ms == at * 1000 + ms);
		size_t len = strftime(text, sizeof text, "%d/%b/%Y:%H:%M:%S +0000", &tm);
		assert_true(parse(text, len, &t));
		assert_true(t.ms == second * 1000);
	}
}

static void random_instants_have_the_date_of_gmtime(void **state)
{
	struct random r = random_new(14);

	(void)state;
	for (int i = 0; i < 50000; i++) {
		int64_t second;
		struct tm tm = random_tm(&r, &second);
		struct timestamp_date d = timestamp_date(
			(struct instant){second * 1000 + (int64_t)random_below(&r, 1000)});
		assert_int_equal(d.year, tm.tm_year + 1900);
		assert_int_equal(d.month, tm.tm_mon + 1);
		assert_int_equal(d.day, tm.tm_mday);
		assert_int_equal(d.second_of_day, (tm.tm_hour * 60 + tm.tm_min) * 60 + tm.tm_sec);
	}
}

static void each_day_of_four_centuries_has_the_date_of_gmtime(void **state)
{
	(void)state;
	for (int64_t day = 0; day < 146097; day++) {
		time_t t = (time_t)day * 86400;
		struct tm tm;
		struct timestamp_date d = timestamp_date(instant_at_second(day * 86400));
		assert_non_null(gmtime_r(&t, &tm));
		assert_int_equal(d.year, tm.tm_year + 1900);
		assert_int_equal(d.month, tm.tm_mon + 1);
		assert_int_equal(d.day, tm.tm_mday);
	}
}

static void first_and_last_instant_have_the_right_dates(void **state)
{
	struct timestamp_date d = timestamp_date((struct instant){0});

	(void)state;
	assert_true(d.year == 1970 && d.month == 1 && d.day == 1 && d.second_of_day == 0);
	d = timestamp_date(INSTANT_MAX);
	assert_true(d.year == 9999 && d.month == 12 && d.day == 31 && d.second_of_day == 86399);
}

/* Changes a random byte, and may cut off the end at any byte. The parser must neither crash nor
 * read past the end. */
static void damaged_times_do_no_harm(void **state)
{
	static const char *const good[] = {
		"2026-11-22T04:16:00.123+01:00", "[06/Feb/2026:12:12:51 +0000]", "1795320960.343"};
	struct random r = random_new(15);
	char text[64];

	(void)state;
	for (int i = 0; i < 60000; i++) {
		const char *from = good[i % 3];
		size_t len = random_below(&r, strlen(from) + 1);
		struct instant t = {7};
		memcpy(text, from, strlen(from));
		if (random_below(&r, 2))
			len = strlen(from);
		if (len)
			text[random_below(&r, len)] = (char)random_u64(&r);
		if (parse(text, len, &t))
			assert_true(t.ms >= 0 && t.ms <= INSTANT_MAX.ms);
		else
			assert_true(t.ms == 7);
	}
}

/* A zone that is east_s seconds east of UTC. asked_s stores the local time of the last call. */
struct fixed {
	int64_t east_s, asked_s;
	int asked;
};

static int64_t fixed_east_s(void *ctx, int64_t local_s)
{
	struct fixed *f = ctx;

	f->asked++;
	f->asked_s = local_s;
	return f->east_s;
}

static void time_without_a_zone_uses_the_given_zone(void **state)
{
	static const char *const texts[] = {"2026-11-22T04:16:00.343", "2026-11-22 04:16:00,343",
		"2026/11/22 04:16:00.343", "22/Nov/2026:04:16:00.343",
		"[22/Nov/2026:04:16:00.343]"};
	static const int64_t east[] = {0, 3600, -19800, 50400, -43200};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		for (size_t k = 0; k < sizeof east / sizeof *east; k++) {
			struct fixed f = {.east_s = east[k]};
			struct timestamp_zone zone = {fixed_east_s, &f};
			struct instant t = {7};
			assert_true(timestamp_parse(texts[i], strlen(texts[i]), &zone, &t));
			assert_true(t.ms == 1795320960343 - east[k] * 1000);
			assert_int_equal(f.asked, 1);
			assert_true(f.asked_s == 1795320960);
		}
	}
}

static void time_with_a_zone_ignores_the_given_zone(void **state)
{
	static const char *const texts[] = {"2026-11-22T04:16:00Z", "2026-11-22T05:16:00+01:00",
		"22/Nov/2026:04:16:00 +0000", "1795320960", "1795320960.000", "1795320960000"};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct fixed f = {.east_s = 3600};
		struct timestamp_zone zone = {fixed_east_s, &f};
		struct instant t = {7};
		assert_true(timestamp_parse(texts[i], strlen(texts[i]), &zone, &t));
		assert_true(t.ms == 1795320960000);
		assert_int_equal(f.asked, 0);
	}
}

static void zone_cannot_move_a_time_out_of_bounds(void **state)
{
	struct fixed f = {.east_s = 3600};
	struct timestamp_zone zone = {fixed_east_s, &f};
	struct instant t = {7};

	(void)state;
	assert_false(timestamp_parse("1970-01-01 00:59:59", 19, &zone, &t));
	assert_true(t.ms == 7);
	assert_true(timestamp_parse("1970-01-01 01:00:00", 19, &zone, &t));
	assert_true(t.ms == 0);
	f.east_s = -1;
	t.ms = 7;
	assert_false(timestamp_parse("9999-12-31 23:59:59", 19, &zone, &t));
	assert_true(t.ms == 7);
	/* a zone that is cut off is not the same as no zone */
	assert_false(timestamp_parse("2026-11-22 04:16:00 ", 20, &zone, &t));
	assert_false(timestamp_parse("2026-11-22 04:16:00+01:", 23, &zone, &t));
}

static int64_t moving_east_s(void *ctx, int64_t local_s)
{
	(void)ctx;
	return local_s % 2 ? 3600 : -1800;
}

/* Replaces each pair of the letter by a random number of two digits below `most`. */
static void fill_in(char *text, char letter, struct random *r, uint64_t most)
{
	for (char *at = strchr(text, letter); at; at = strchr(text, letter)) {
		uint64_t v = random_below(r, most);
		at[0] = (char)('0' + v / 10);
		at[1] = (char)('0' + v % 10);
	}
}

/* Parses times one after the other, some of them damaged. Each result must be the same as that of
 * timestamp_parse, which remembers no earlier time. */
static void earlier_times_do_not_change_how_a_time_is_parsed(void **state)
{
	static const char *const forms[] = {"2026-11-1dTHH:mm:ssZ", "2026-11-1d HH:mm:ss.5+01:00",
		"2026/11/1d HH:mm:ss -0230", "2026-11-1dTHH:mm:ss", "1d/Nov/2026:HH:mm:ss +0000",
		"[1d/Nov/2026:HH:mm:ss.25 -0700]", "1795320mmss.125", "1795320mmss000000000e+00",
		"1970-01-01THH:mm:ss+02:00", "9999-12-31THH:mm:ss-02:00"};
	const struct timestamp_zone zone = {moving_east_s, NULL};
	struct timestamp_day day = {.len = 0};
	struct random r = random_new(9);
	const char *form = forms[0];
	int read = 0, again = 0;

	(void)state;
	for (int i = 0; i < 300000; i++) {
		struct instant t = {7}, next = {7};
		char text[64];
		if (random_below(&r, 8) == 0)
			form = forms[random_below(&r, sizeof forms / sizeof *forms)];
		snprintf(text, sizeof text, "%s", form);
		size_t len = strlen(text);
		char *d = strchr(text, 'd');
		if (d)
			*d = (char)('0' + random_below(&r, 2));
		fill_in(text, 'H', &r, 25);
		fill_in(text, 'm', &r, 61);
		fill_in(text, 's', &r, 62);
		if (random_below(&r, 10) == 0)
			text[random_below(&r, len)] = "0Z:+ -"[random_below(&r, 6)];
		if (random_below(&r, 20) == 0)
			len = random_below(&r, len);
		const struct timestamp_zone *in = random_below(&r, 2) ? &zone : NULL;
		char *exact = malloc(len + !len);
		assert_non_null(exact);
		memcpy(exact, text, len);
		again += day.len == len && len && memcmp(day.text, exact, day.clock) == 0;
		bool is = timestamp_parse(exact, len, in, &t);
		assert_int_equal(timestamp_parse_next(&day, exact, len, in, &next), is);
		assert_true(next.ms == t.ms);
		read += is;
		free(exact);
	}
	assert_true(read > 100000 && again > 50000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc3339_is_read_in_every_spelling),
		cmocka_unit_test(decimals_beyond_the_millisecond_are_cut_off),
		cmocka_unit_test(common_log_format_is_read),
		cmocka_unit_test(each_month_name_is_parsed),
		cmocka_unit_test(epoch_seconds_are_read_and_rounded),
		cmocka_unit_test(epoch_may_be_in_milli_micro_or_nanoseconds),
		cmocka_unit_test(time_without_a_zone_is_refused),
		cmocka_unit_test(time_without_a_zone_uses_the_given_zone),
		cmocka_unit_test(time_with_a_zone_ignores_the_given_zone),
		cmocka_unit_test(zone_cannot_move_a_time_out_of_bounds),
		cmocka_unit_test(text_that_is_no_time_is_refused),
		cmocka_unit_test(fields_out_of_range_are_refused),
		cmocka_unit_test(february_has_29_days_only_in_gregorian_leap_years),
		cmocka_unit_test(leap_second_counts_as_the_second_before),
		cmocka_unit_test(only_years_1970_to_9999_are_accepted),
		cmocka_unit_test(random_instants_have_the_time_of_timegm),
		cmocka_unit_test(random_instants_have_the_date_of_gmtime),
		cmocka_unit_test(each_day_of_four_centuries_has_the_date_of_gmtime),
		cmocka_unit_test(first_and_last_instant_have_the_right_dates),
		cmocka_unit_test(damaged_times_do_no_harm),
		cmocka_unit_test(earlier_times_do_not_change_how_a_time_is_parsed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
