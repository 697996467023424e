/* test_num.c - numbers from text, at their limits and beyond. */
#include "core/base/num.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "unit/random.h"

#define TEXT(literal) literal, sizeof(literal) - 1

static void u64_accepts(const char *text, uint64_t want)
{
	uint64_t got = 7;

	assert_true(num_u64(text, strlen(text), &got));
	assert_true(got == want);
}

static void u64_refuses(const char *text, size_t len)
{
	uint64_t got = 7;

	assert_false(num_u64(text, len, &got));
	assert_true(got == 7);
}

static void whole_numbers_are_read_up_to_the_largest(void **state)
{
	(void)state;
	u64_accepts("0", 0);
	u64_accepts("007", 7);
	u64_accepts("18446744073709551609", UINT64_MAX - 6);
	u64_accepts("18446744073709551615", UINT64_MAX);
	u64_refuses(TEXT("18446744073709551616"));
	u64_refuses(TEXT("18446744073709551620"));
	u64_refuses(TEXT("28446744073709551615"));
	u64_refuses(TEXT("184467440737095516150"));
}

static void anything_but_digits_is_no_whole_number(void **state)
{
	(void)state;
	u64_refuses(TEXT(""));
	u64_refuses(TEXT("+1"));
	u64_refuses(TEXT("-1"));
	u64_refuses(TEXT(" 1"));
	u64_refuses(TEXT("1 "));
	u64_refuses(TEXT("1.0"));
	u64_refuses(TEXT("1e3"));
	u64_refuses(TEXT("0x10"));
	u64_refuses(TEXT("1\0"));
	u64_refuses(TEXT("1\0002"));
	u64_refuses(TEXT("\xd9\xa1"));
}

static void bytes_after_the_given_length_are_not_read(void **state)
{
	uint64_t u;
	double d;

	(void)state;
	assert_true(num_u64("12345", 3, &u));
	assert_int_equal(u, 123);
	assert_true(num_double("1.25e9", 4, &d));
	assert_true(d == 1.25);
}

static void double_accepts(const char *text, double want)
{
	double got = 7;

	assert_true(num_double(text, strlen(text), &got));
	assert_true(got == want);
}

static void double_refuses(const char *text, size_t len)
{
	double got = 7;

	assert_false(num_double(text, len, &got));
	assert_true(got == 7);
}

static void decimals_are_read_as_the_nearest_double(void **state)
{
	(void)state;
	double_accepts("0", 0);
	double_accepts("-0.5", -0.5);
	double_accepts("+3.5", 3.5);
	double_accepts("0.1", 0.1);
	double_accepts("1795320960.343", 1795320960.343);
	double_accepts("1e3", 1000);
	double_accepts("1E-3", 0.001);
	double_accepts("1.7976931348623157e308", 1.7976931348623157e308);
	double_accepts("1e-400", 0);
	double_accepts("00012.50", 12.5);
}

static void text_that_is_not_finite_or_decimal_is_refused(void **state)
{
	static const char *const bad[] = {"", "+", "-", ".", ".5", "5.", "1e", "1e+", "e5", "1e400",
		"-1e400", "inf", "-inf", "nan", "infinity", "0x10", "0x1p3", "1,5", " 1", "1 ",
		"1\n", "--1", "1.2.3", "1e5.5", "1_000"};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		double_refuses(bad[i], strlen(bad[i]));
	double_refuses(TEXT("1\0"));
	double_refuses(TEXT("1\0005"));
}

static void overlong_decimal_is_refused(void **state)
{
	char text[200];
	double got = 7;

	(void)state;
	memset(text, '1', sizeof text);
	assert_true(num_double(text, 63, &got));
	got = 7;
	for (size_t len = 64; len <= sizeof text; len++)
		double_refuses(text, len);
}

static void random_doubles_are_read_back(void **state)
{
	struct random r = random_new(6);
	char text[64];

	(void)state;
	random_note();
	for (int i = 0; i < 20000; i++) {
		uint64_t bits = random_u64(&r);
		double v, got;
		memcpy(&v, &bits, sizeof v);
		if (!isfinite(v))
			continue;
		int len = snprintf(text, sizeof text, "%.17g", v);
		assert_true(num_double(text, (size_t)len, &got));
		assert_memory_equal(&got, &v, sizeof v);
	}
}

static void put_digits(struct random *r, char *text, size_t *len, uint64_t n)
{
	bool zeros = random_below(r, 4) == 0;

	while (n-- > 0)
		text[(*len)++] = (char)(zeros && n ? '0' : '0' + random_below(r, 10));
}

/* Makes numbers as a string may contain them: with signs and zeros, few and many digits, with and
 * without exponents. */
static size_t put_decimal(struct random *r, char *text)
{
	static const char *const signs[] = {"", "", "", "-", "+"};
	static const uint64_t most[] = {1, 3, 10, 16, 20};
	size_t len = (size_t)sprintf(text, "%s", signs[random_below(r, 5)]);

	put_digits(r, text, &len, 1 + random_below(r, most[random_below(r, 5)]));
	if (random_below(r, 3)) {
		text[len++] = '.';
		put_digits(r, text, &len, 1 + random_below(r, most[random_below(r, 5)] + 10));
	}
	if (random_below(r, 8) == 0) {
		len += (size_t)sprintf(
			text + len, "e%s", signs[random_below(r, sizeof signs / sizeof *signs)]);
		put_digits(r, text, &len, 1 + random_below(r, 3));
	}
	text[len] = '\0';
	return len;
}

static void random_decimals_are_read_as_strtod_reads_them(void **state)
{
	struct random r = random_new(8);
	char text[100];

	(void)state;
	random_note();
	for (int i = 0; i < 1000000; i++) {
		size_t len = put_decimal(&r, text);
		double got = 7, want = strtod(text, NULL);
		bool ok = num_double(text, len, &got);
		if (ok != (len <= 63 && isfinite(want)) ||
			(ok && memcmp(&got, &want, sizeof got) != 0))
			fail_msg("the value of %s is %.17g, not %.17g", text, got, want);
	}
}

/* Parses the exact middle between two doubles, and numbers next to it. There, the remainder decides
 * how a number is rounded. */
static void number_between_two_doubles_is_rounded_as_strtod_rounds_it(void **state)
{
	struct random r = random_new(9);
	char text[64];

	(void)state;
	random_note();
	for (int i = 0; i < 300000; i++) {
		uint64_t v = ((uint64_t)1 << 53) + 2 * random_below(&r, (uint64_t)1 << 51) + 1;
		unsigned shift = (unsigned)random_below(&r, 10);
		uint64_t near = (v << shift) + random_below(&r, 3) - 1;
		int decimals = (int)random_below(&r, 28);
		sprintf(text, "%" PRIu64 "e-%d", near, decimals);
		double got = 7, want = strtod(text, NULL);
		if (num_decimal(near, (unsigned)decimals, &got))
			assert_memory_equal(&got, &want, sizeof got);
		sprintf(text, "%" PRIu64 ".5", v >> 1);
		want = strtod(text, NULL);
		assert_true(num_double(text, strlen(text), &got));
		assert_memory_equal(&got, &want, sizeof got);
	}
}

static bool epoch_of(const char *text, struct instant *out)
{
	double v;

	return num_double(text, strlen(text), &v) && num_epoch_double(v, out);
}

static void epoch_is(const char *text, int64_t ms)
{
	struct instant got = {7};

	assert_true(epoch_of(text, &got));
	assert_true(got.ms == ms);
}

static void epoch_fails(const char *text)
{
	struct instant got = {7};

	assert_false(epoch_of(text, &got));
	assert_true(got.ms == 7);
}

static void epoch_is_rounded_to_the_nearest_millisecond(void **state)
{
	(void)state;
	epoch_is("0", 0);
	epoch_is("1795320960", 1795320960000);
	epoch_is("1795320960.343", 1795320960343);
	epoch_is("1795320960.3434", 1795320960343);
	epoch_is("1795320960.3436", 1795320960344);
	epoch_is("1795320960.9996", 1795320961000);
	epoch_is("1.79532096e9", 1795320960000);
	epoch_is("0.0004", 0);
	epoch_is("0.0006", 1);
}

static void each_millisecond_of_an_epoch_is_exact(void **state)
{
	struct random r = random_new(7);
	char text[64];

	(void)state;
	for (int i = 0; i < 20000; i++) {
		int64_t ms = (int64_t)random_below(&r, (uint64_t)INSTANT_MAX.ms + 1);
		snprintf(text, sizeof text, "%lld.%03lld", (long long)(ms / 1000),
			(long long)(ms % 1000));
		epoch_is(text, ms);
	}
}

static void epoch_out_of_bounds_is_refused(void **state)
{
	(void)state;
	epoch_is("253402300799", 253402300799000);
	epoch_is("253402300799.999", INSTANT_MAX.ms);
	epoch_fails("253402300800");
	epoch_fails("1795320960343"); /* an epoch in milliseconds */
	epoch_fails("1e300");
	epoch_fails("1e308");
	epoch_fails("-1");
	epoch_fails("-0.001");
	epoch_fails("");
	epoch_fails("now");
}

static void only_a_finite_double_from_0_on_is_an_epoch(void **state)
{
	struct instant got = {7};

	(void)state;
	assert_false(num_epoch_double((double)NAN, &got));
	assert_false(num_epoch_double((double)INFINITY, &got));
	assert_false(num_epoch_double(-(double)INFINITY, &got));
	assert_false(num_epoch_double(-1e-9, &got));
	assert_true(got.ms == 7);
	assert_true(num_epoch_double(1795320960.343, &got));
	assert_true(got.ms == 1795320960343);
}

static void span_is(const char *text, int64_t ms)
{
	struct span got = {7};

	assert_true(num_span(text, strlen(text), &got));
	assert_true(got.ms == ms);
}

static void span_fails(const char *text)
{
	struct span got = {7};

	assert_false(num_span(text, strlen(text), &got));
	assert_true(got.ms == 7);
}

static void durations_may_have_a_unit(void **state)
{
	(void)state;
	span_is("0", 0);
	span_is("90", 90000);
	span_is("90s", 90000);
	span_is("10m", 600000);
	span_is("2h", 7200000);
	span_is("7d", 604800000);
	span_is("253402300799", 253402300799000);
	span_is("2932896d", 253402214400000);
}

static void malformed_and_too_long_durations_are_refused(void **state)
{
	static const char *const bad[] = {"", "s", "d", "1w", "1S", "1 s", "-1s", "+1s", "1.5h",
		"1h30m", "1ss", "253402300800", "253402300800s", "4223371680m", "70389528h",
		"2932897d", "18446744073709551615d", "18446744073709551616", "213503982334602d"};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		span_fails(bad[i]);
}

static void sums_saturate(void **state)
{
	(void)state;
	assert_true(num_add_u32(UINT32_MAX - 1, 1) == UINT32_MAX);
	assert_true(num_add_u32(UINT32_MAX, 1) == UINT32_MAX);
	assert_true(num_add_u32(UINT32_MAX, UINT32_MAX) == UINT32_MAX);
	assert_true(num_add_u32(2, 3) == 5);
	assert_true(num_add_u64(UINT64_MAX - 1, 1) == UINT64_MAX);
	assert_true(num_add_u64(1, UINT64_MAX) == UINT64_MAX);
	assert_true(num_add_u64(UINT64_MAX, UINT64_MAX) == UINT64_MAX);
	assert_true(num_add_u64((uint64_t)UINT32_MAX, 1) == (uint64_t)1 << 32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_numbers_are_read_up_to_the_largest),
		cmocka_unit_test(anything_but_digits_is_no_whole_number),
		cmocka_unit_test(bytes_after_the_given_length_are_not_read),
		cmocka_unit_test(decimals_are_read_as_the_nearest_double),
		cmocka_unit_test(text_that_is_not_finite_or_decimal_is_refused),
		cmocka_unit_test(overlong_decimal_is_refused),
		cmocka_unit_test(random_doubles_are_read_back),
		cmocka_unit_test(random_decimals_are_read_as_strtod_reads_them),
		cmocka_unit_test(number_between_two_doubles_is_rounded_as_strtod_rounds_it),
		cmocka_unit_test(epoch_is_rounded_to_the_nearest_millisecond),
		cmocka_unit_test(each_millisecond_of_an_epoch_is_exact),
		cmocka_unit_test(epoch_out_of_bounds_is_refused),
		cmocka_unit_test(only_a_finite_double_from_0_on_is_an_epoch),
		cmocka_unit_test(durations_may_have_a_unit),
		cmocka_unit_test(malformed_and_too_long_durations_are_refused),
		cmocka_unit_test(sums_saturate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
