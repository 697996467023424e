/* test_buf.c - a buffer writes text into the caller's memory. It never writes half of a text, a
 * byte past the end, or a raw control byte. */
#include "core/base/buf.h"

#include <limits.h>
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

static char storage[4096];
static struct buf b;

static void begin(void)
{
	buf_init(&b, storage, sizeof storage);
}

static void assert_buf(const char *want)
{
	assert_false(b.full);
	assert_int_equal(b.len, strlen(want));
	assert_memory_equal(b.data, want, b.len);
	buf_init(&b, b.data, b.cap);
}

static void texts_are_appended_in_the_order_of_the_calls(void **state)
{
	(void)state;
	begin();
	buf_put_text(&b, "a");
	buf_put_char(&b, 'b');
	buf_put_bytes(&b, "cde", 2);
	buf_put_bytes(&b, NULL, 0);
	assert_buf("abcd");
	buf_put_bytes(&b, "a\0b", 3);
	assert_int_equal(b.len, 3);
	assert_memory_equal(b.data, "a\0b", 3);
}

static void buffer_of_no_bytes_has_room_only_for_an_empty_text(void **state)
{
	struct buf none;

	(void)state;
	buf_init(&none, NULL, 0);
	buf_put_text(&none, "");
	assert_false(none.full);
	buf_put_char(&none, 'x');
	assert_true(none.full);
	assert_int_equal(none.len, 0);
}

/* Calls the buf_put function with this number. */
static void put_kind(struct buf *to, int kind)
{
	struct instant t = {1795320960123};

	switch (kind) {
	case 0:
		buf_put_text(to, "hello");
		break;
	case 1:
		buf_put_u64(to, UINT64_MAX);
		break;
	case 2:
		buf_put_i64(to, INT64_MIN);
		break;
	case 3:
		buf_put_fixed(to, -1234.5678, 3);
		break;
	case 4:
		buf_put_exact(to, -0.1);
		break;
	case 5:
		buf_put_json(to, "a\"\xff\x1b", 4, 100);
		break;
	case 6:
		buf_put_instant(to, t);
		break;
	}
}

static void text_that_does_not_fit_is_not_appended_even_in_part(void **state)
{
	struct buf whole;
	char text[64];

	(void)state;
	for (int kind = 0; kind <= 6; kind++) {
		buf_init(&whole, text, sizeof text);
		put_kind(&whole, kind);
		assert_false(whole.full);
		for (size_t room = 0; room <= whole.len; room++) {
			/* allocated on the heap, so that a sanitizer detects a write of one byte
			 * past the end */
			char *small = malloc(room + 2);
			assert_non_null(small);
			struct buf s;
			buf_init(&s, small, room + 2);
			buf_put_text(&s, "<>");
			put_kind(&s, kind);
			assert_int_equal(s.full, room < whole.len);
			assert_int_equal(s.len, room < whole.len ? 2 : 2 + whole.len);
			assert_memory_equal(small, "<>", 2);
			assert_memory_equal(small + 2, text, s.len - 2);
			free(small);
		}
	}
}

static void full_flag_stays_set_until_it_is_cleared(void **state)
{
	struct buf s;
	char text[4];

	(void)state;
	buf_init(&s, text, sizeof text);
	buf_put_text(&s, "12345");
	assert_true(s.full);
	buf_put_json(&s, "", 0, 9);
	buf_put_char(&s, 'x');
	assert_true(s.full);
	assert_int_equal(s.len, 3);
	buf_init(&s, s.data, s.cap);
	assert_false(s.full);
	assert_int_equal(s.len, 0);
	buf_put_text(&s, "1234");
	assert_false(s.full);
}

static void whole_numbers_print_at_their_limits(void **state)
{
	(void)state;
	begin();
	buf_put_u64(&b, 0);
	assert_buf("0");
	buf_put_u64(&b, 10);
	assert_buf("10");
	buf_put_u64(&b, UINT64_MAX);
	assert_buf("18446744073709551615");
	buf_put_i64(&b, 0);
	assert_buf("0");
	buf_put_i64(&b, -1);
	assert_buf("-1");
	buf_put_i64(&b, INT64_MAX);
	assert_buf("9223372036854775807");
	buf_put_i64(&b, INT64_MIN);
	assert_buf("-9223372036854775808");
}

static void fixed_is(double v, int digits, const char *want)
{
	buf_put_fixed(&b, v, digits);
	assert_buf(want);
}

static void decimals_are_rounded_and_zeros_cut_off(void **state)
{
	(void)state;
	begin();
	fixed_is(0, 3, "0");
	fixed_is(-0.0, 3, "0");
	fixed_is(-0.0001, 3, "0");
	fixed_is(2.0166666, 3, "2.017");
	fixed_is(2.5, 3, "2.5");
	fixed_is(-2.05, 3, "-2.05");
	fixed_is(0.999, 2, "1");
	fixed_is(9.9999, 3, "10");
	fixed_is(1.000001, 6, "1.000001");
	fixed_is(0.05, 1, "0.1");
	fixed_is(7.5, 0, "8");
	fixed_is(100, 6, "100");
	fixed_is(1e12, 6, "1000000000000");
	fixed_is(999999999999.5, 6, "999999999999.5");
	fixed_is(1000000000001.25, 2, "1000000000001.25");
	fixed_is(-999999999999999.875, 2, "-999999999999999.88");
	fixed_is(999999999999999.875, 0, "1000000000000000");
	fixed_is(1e15, 6, "1000000000000000");
	fixed_is(-1e15, 6, "-1000000000000000");
}

static void value_without_a_json_number_is_null(void **state)
{
	(void)state;
	begin();
	fixed_is((double)NAN, 3, "null");
	fixed_is((double)INFINITY, 3, "null");
	fixed_is(-(double)INFINITY, 3, "null");
	fixed_is(1.0000001e15, 3, "null");
	fixed_is(-1e300, 3, "null");
	buf_put_exact(&b, (double)NAN);
	assert_buf("null");
	buf_put_exact(&b, -(double)INFINITY);
	assert_buf("null");
}

static void fixed_number_is_exact_to_half_a_unit(void **state)
{
	struct random r = random_new(8);
	char text[64];

	(void)state;
	random_note();
	begin();
	for (int i = 0; i < 20000; i++) {
		double v = (double)(int64_t)random_u64(&r) / 9.3e18 *
			   pow(10, (double)random_below(&r, 12));
		int digits = (int)random_below(&r, 7);
		buf_init(&b, b.data, b.cap);
		buf_put_fixed(&b, v, digits);
		assert_true(b.len < sizeof text);
		memcpy(text, b.data, b.len);
		text[b.len] = '\0';
		char *end;
		assert_true(fabs(strtod(text, &end) - v) <=
			    0.5000001 * pow(10, -digits) + fabs(v) * 1e-15);
		assert_ptr_equal(end, text + b.len);
		const char *point = strchr(text, '.');
		if (point) {
			assert_in_range(end - point - 1, 1, digits);
			assert_int_not_equal(end[-1], '0');
		}
	}
}

static void exact_number_is_read_back_bit_for_bit(void **state)
{
	struct random r = random_new(9);
	char text[64];

	(void)state;
	begin();
	for (int i = 0; i < 20000; i++) {
		uint64_t bits = random_u64(&r);
		double v, back;
		memcpy(&v, &bits, sizeof v);
		if (!isfinite(v))
			continue;
		buf_init(&b, b.data, b.cap);
		buf_put_exact(&b, v);
		assert_true(b.len < sizeof text);
		memcpy(text, b.data, b.len);
		text[b.len] = '\0';
		back = strtod(text, NULL);
		assert_memory_equal(&back, &v, sizeof v);
	}
}

static void json_is(const char *s, size_t len, size_t max, const char *want)
{
	buf_put_json(&b, s, len, max);
	assert_buf(want);
}

#define JSON_IS(s, want) json_is(s, sizeof(s) - 1, 1000, want)

static void json_keeps_plain_text_and_escapes_the_rest(void **state)
{
	(void)state;
	begin();
	JSON_IS("", "\"\"");
	JSON_IS("GET /a?b=c", "\"GET /a?b=c\"");
	JSON_IS("a\"b\\c/", "\"a\\\"b\\\\c/\"");
	JSON_IS("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
		"\"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\"");
}

static void json_escapes_control_bytes_and_nul(void **state)
{
	(void)state;
	begin();
	JSON_IS("a\0b", "\"a\\u0000b\"");
	JSON_IS("\x1b[2J\r\n\t", "\"\\u001b[2J\\u000d\\u000a\\u0009\"");
	JSON_IS("\x1f \x7e\x7f", "\"\\u001f ~\\u007f\"");
}

static void json_replaces_c1_controls_in_both_forms(void **state)
{
	(void)state;
	begin();
	JSON_IS("\xc2\x80|\xc2\x9b|\xc2\x9f|\xc2\xa0",
		"\"\\ufffd\\ufffd|\\ufffd\\ufffd|\\ufffd\\ufffd|\xc2\xa0\"");
	JSON_IS("\x9b\x31m", "\"\\ufffd1m\"");
}

static void json_replaces_invalid_utf8(void **state)
{
	(void)state;
	begin();
	JSON_IS("\x80", "\"\\ufffd\"");
	JSON_IS("\xff\xfe", "\"\\ufffd\\ufffd\"");
	JSON_IS("\xc3", "\"\\ufffd\"");
	JSON_IS("\xc3\"", "\"\\ufffd\\\"\"");
	JSON_IS("\xe2\x82", "\"\\ufffd\\ufffd\"");
	JSON_IS("\xc0\xaf", "\"\\ufffd\\ufffd\"");            /* overlong / */
	JSON_IS("\xe0\x80\xaf", "\"\\ufffd\\ufffd\\ufffd\""); /* overlong / */
	JSON_IS("\xe0\x9f\xbf", "\"\\ufffd\\ufffd\\ufffd\""); /* overlong */
	JSON_IS("\xe0\xa0\x80", "\"\xe0\xa0\x80\"");
	JSON_IS("\xed\x9f\xbf", "\"\xed\x9f\xbf\"");
	JSON_IS("\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\""); /* surrogate */
	JSON_IS("\xed\xbf\xbf", "\"\\ufffd\\ufffd\\ufffd\"");
	JSON_IS("\xf0\x8f\xbf\xbf", "\"\\ufffd\\ufffd\\ufffd\\ufffd\""); /* overlong */
	JSON_IS("\xf4\x8f\xbf\xbf", "\"\xf4\x8f\xbf\xbf\"");
	JSON_IS("\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\""); /* past U+10FFFF */
	JSON_IS("\xf5\x80\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\"");
}

static void json_prints_at_most_max_bytes(void **state)
{
	(void)state;
	begin();
	json_is("abcdef", 6, 6, "\"abcdef\"");
	json_is("abcdef", 6, 3, "\"abc\"");
	json_is("abcdef", 6, 0, "\"\"");
	json_is("abcdef", 2, 9, "\"ab\"");
	/* If `max` cuts a character of two bytes in two, its first byte is printed as U+FFFD. */
	json_is("a\xc3\xa9", 3, 2, "\"a\\ufffd\"");
}

/* Whatever the input is, the output contains no raw control byte and no raw quote. */
static void random_bytes_are_printed_harmlessly(void **state)
{
	struct random r = random_new(10);
	char in[40];

	(void)state;
	begin();
	for (int i = 0; i < 50000; i++) {
		size_t len = random_below(&r, sizeof in);
		for (size_t k = 0; k < len; k++)
			in[k] = (char)(random_below(&r, 3) ? 0x80 + random_below(&r, 128)
							   : random_below(&r, 128));
		buf_init(&b, b.data, b.cap);
		buf_put_json(&b, in, len, sizeof in);
		assert_false(b.full);
		for (size_t k = 1; k + 1 < b.len; k++) {
			unsigned char c = (unsigned char)b.data[k],
				      before = (unsigned char)b.data[k - 1];
			assert_true(c >= 0x20 && c != 0x7f);
			assert_false(before == 0xc2 && c < 0xa0);
			assert_false(c >= 0x80 && c < 0xc0 && before < 0x80);
			assert_false(c >= 0xf8 || c == 0xc0 || c == 0xc1);
		}
	}
}

static void plain_text_has_question_marks_for_control_bytes(void **state)
{
	static const char text[] = "a\0\x1b\n\xc2\x9b\xff"
				   "caf\xc3\xa9\"\\";

	(void)state;
	begin();
	buf_put_plain(&b, text, sizeof text - 1);
	assert_buf("a??????caf\xc3\xa9\"\\");
	buf_put_plain(&b, "a\xe2\x80\xa8\xe2\x80\xae\xe2\x81\xa6\xe2\x81\xa9z", 14);
	assert_buf("a????z");
	buf_put_plain(&b, "\xe2\x80\xa7\xe2\x80\xaf\xe2\x81\xa5\xe2\x81\xaa", 12);
	assert_buf("\xe2\x80\xa7\xe2\x80\xaf\xe2\x81\xa5\xe2\x81\xaa");
}

static void instant_is(int64_t ms, const char *want)
{
	buf_put_instant(&b, (struct instant){ms});
	assert_buf(want);
}

static void instants_print_as_rfc3339(void **state)
{
	(void)state;
	begin();
	instant_is(0, "1970-01-01T00:00:00.000Z");
	instant_is(999, "1970-01-01T00:00:00.999Z");
	instant_is(951782400000, "2000-02-29T00:00:00.000Z");
	instant_is(1795320960123, "2026-11-22T04:16:00.123Z");
	instant_is(4107542399007, "2100-02-28T23:59:59.007Z");
	instant_is(4107542400000, "2100-03-01T00:00:00.000Z");
	instant_is(INSTANT_MAX.ms, "9999-12-31T23:59:59.999Z");
}

static void formatted_text_is_put_whole_or_not_at_all(void **unused)
{
	char room[600], longer[BUF_FORMAT_MAX + 2];
	struct buf to;

	(void)unused;
	buf_init(&to, room, 8);
	buf_put_format(&to, "%d %s", 12, "abc");
	assert_int_equal(to.len, 6);
	assert_memory_equal(room, "12 abc", 6);
	buf_put_format(&to, "%s", "def");
	assert_true(to.full);
	assert_int_equal(to.len, 6);
	memset(longer, 'x', sizeof longer);
	longer[BUF_FORMAT_MAX] = '\0';
	buf_init(&to, room, sizeof room);
	buf_put_format(&to, "%s", longer);
	assert_false(to.full);
	assert_int_equal(to.len, BUF_FORMAT_MAX);
	buf_put_format(&to, "%sx", longer);
	assert_true(to.full);
	assert_int_equal(to.len, BUF_FORMAT_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formatted_text_is_put_whole_or_not_at_all),
		cmocka_unit_test(texts_are_appended_in_the_order_of_the_calls),
		cmocka_unit_test(buffer_of_no_bytes_has_room_only_for_an_empty_text),
		cmocka_unit_test(text_that_does_not_fit_is_not_appended_even_in_part),
		cmocka_unit_test(full_flag_stays_set_until_it_is_cleared),
		cmocka_unit_test(whole_numbers_print_at_their_limits),
		cmocka_unit_test(decimals_are_rounded_and_zeros_cut_off),
		cmocka_unit_test(value_without_a_json_number_is_null),
		cmocka_unit_test(fixed_number_is_exact_to_half_a_unit),
		cmocka_unit_test(exact_number_is_read_back_bit_for_bit),
		cmocka_unit_test(json_keeps_plain_text_and_escapes_the_rest),
		cmocka_unit_test(json_escapes_control_bytes_and_nul),
		cmocka_unit_test(json_replaces_c1_controls_in_both_forms),
		cmocka_unit_test(json_replaces_invalid_utf8),
		cmocka_unit_test(json_prints_at_most_max_bytes),
		cmocka_unit_test(random_bytes_are_printed_harmlessly),
		cmocka_unit_test(plain_text_has_question_marks_for_control_bytes),
		cmocka_unit_test(instants_print_as_rfc3339),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
