/* test_input_kind.c - which streams are recognised as another kind than JSON lines, and as which
 * kind. */
#include "core/read/input_kind.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* Copies the line to the heap, so that a sanitizer detects a read past its end. */
static enum input_kind look(struct input_kinds *k, const char *line, size_t len)
{
	char *copy = malloc(len + !len);

	assert_non_null(copy);
	memcpy(copy, line, len);
	enum input_kind kind = input_kinds_look(k, copy, len);
	free(copy);
	return kind;
}

static enum input_kind look_at_first(const char *line, size_t len)
{
	struct input_kinds k = {0};

	return look(&k, line, len);
}

static enum input_kind look_at_text(const char *line)
{
	return look_at_first(line, strlen(line));
}

static void compressed_input_is_recognised_by_its_first_bytes(void **state)
{
	static const struct {
		enum input_kind kind;
		const char *bytes;
		size_t len;
	} cases[] = {
		{INPUT_GZIP, "\x1f\x8b\x08", 3},
		{INPUT_GZIP, "\x1f\x8b", 2},
		{INPUT_ZSTD, "\x28\xb5\x2f\xfd\x04", 5},
		{INPUT_XZ, "\xfd\x37\x7a\x58\x5a\x00", 6},
		{INPUT_BZIP2, "BZh9", 4},
		{INPUT_LZ4, "\x04\x22\x4d\x18", 4},
		{INPUT_COMPRESS, "\x1f\x9d\x90", 3},
		{INPUT_ZIP, "PK\x03\x04", 4},
		{INPUT_JOURNAL, "LPKSHHRH\0", 9},
		{INPUT_UTF16, "\xff\xfe{\0", 4},
		{INPUT_UTF16, "\xfe\xff\0{", 4},
		{INPUT_UTF32, "\xff\xfe\0\0{\0\0\0", 8},
		{INPUT_UTF32, "\0\0\xfe\xff\0\0\0{", 8},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct input_kinds k = {0};
		assert_int_equal(look(&k, cases[i].bytes, cases[i].len), cases[i].kind);
		/* all later lines are of the same kind */
		assert_int_equal(look(&k, "{\n", 1), cases[i].kind);
		assert_int_equal(look(&k, "", 0), cases[i].kind);
		/* but later in a stream, these bytes do not count */
		k = (struct input_kinds){0};
		input_kinds_begin(&k, "{}", 2);
		assert_int_not_equal(look(&k, cases[i].bytes, 2), cases[i].kind);
		assert_string_not_equal(input_kind_advice(cases[i].kind), "");
	}
	assert_int_equal(look_at_first("\x1f", 1), INPUT_LINE);
	assert_int_equal(look_at_first("\x28\xb5\x2f", 3), INPUT_LINE);
}

static void utf16_is_recognised_without_a_byte_order_mark(void **state)
{
	static const char little[] = "{\0\"\0a\0\"\0:\0001\0}\0";
	static const char split[] =
		"\0{\0\"\0a\0\"\0:\0001\0}\0"; /* after the first half of a newline */
	struct input_kinds k = {0};

	(void)state;
	assert_int_equal(look_at_first(little, sizeof little - 1), INPUT_UTF16LE);
	/* a stream that begins inside a newline has its bytes in swapped order, and the advice for
	 * iconv must name this order */
	assert_int_equal(look_at_first(split, sizeof split - 1), INPUT_UTF16BE);
	assert_non_null(strstr(input_kind_advice(INPUT_UTF16LE), "-f UTF-16LE "));
	assert_non_null(strstr(input_kind_advice(INPUT_UTF16BE), "-f UTF-16BE "));
	assert_int_equal(look(&k, "\0", 1), INPUT_LINE);
	assert_int_equal(look(&k, little, sizeof little - 1), INPUT_UTF16LE);
	assert_int_equal(look(&k, "\0", 1), INPUT_UTF16LE);
	assert_int_equal(look(&k, split, sizeof split - 1), INPUT_UTF16LE);
	/* a hole in a truncated file is not UTF-16 */
	assert_int_equal(look_at_first("\0\0\0\0\0\0\0\0{\"a\":1}", 15), INPUT_LINE);
	assert_int_equal(look_at_first("{\"a\":\"\0\"}", 9), INPUT_LINE);
}

static void parts_of_an_object_are_recognised(void **state)
{
	static const char *const pretty[] = {"{", "}", "  }", "},", "  },", "}, {", "  ]",
		"  \"a\": 1,", "  \"a\": \"1.2.3.4\"", "\"a\":{", "\t\"a\" : [", "    \"text\",",
		"    \"text\"", "  \"a \\\" b\": 7,\r"};
	static const char *const others[] = {"", " ", "\"text\"", "\"text\", he said",
		"1.2.3.4 - - [x] \"GET / HTTP/1.1\" 200 7", "{\"a\":1}", "{\"a\":1", ", x",
		"[Sun Nov 29 16:00:00 2026] [error] x", "[2026-11-29] {", "\"open", "\"open\\",
		"==> <=="};

	(void)state;
	for (size_t i = 0; i < sizeof pretty / sizeof *pretty; i++)
		if (look_at_text(pretty[i]) != INPUT_PRETTY)
			fail_msg("'%s' is not pretty", pretty[i]);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (look_at_text(others[i]) != INPUT_LINE)
			fail_msg("'%s' has kind %d", others[i], look_at_text(others[i]));
}

static void arrays_are_recognised_on_one_line_and_on_many(void **state)
{
	static const char *const lines[] = {"[{\"a\":1},{\"a\":2}]", "[ {", "[", "[\r",
		"{\"a\":1},", "  {\"a\":1} , ", ",{\"a\":1}", " , {\"a\":1}"};
	struct input_kinds k = {0};

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		if (look_at_text(lines[i]) != INPUT_ARRAY)
			fail_msg("'%s' is no array", lines[i]);
	/* after a line with [, parts of an object are parts of an array */
	assert_int_equal(look(&k, "  {", 3), INPUT_PRETTY);
	assert_int_equal(look(&k, "[", 1), INPUT_ARRAY);
	assert_int_equal(look(&k, "  {", 3), INPUT_ARRAY);
	assert_int_equal(look(&k, "    \"a\": 1", 10), INPUT_ARRAY);
	assert_int_equal(look(&k, "]", 1), INPUT_ARRAY);
	assert_int_equal(look(&k, "{\"a\":3}]", 8), INPUT_ARRAY);
	assert_int_equal(look(&k, "{\"a\":[3]", 8), INPUT_LINE);
	assert_int_equal(look_at_text("{\"a\":3}]"), INPUT_LINE);
}

static void headers_of_tail_are_recognised_with_their_empty_lines(void **state)
{
	struct input_kinds k = {0};

	(void)state;
	assert_int_equal(look(&k, "", 0), INPUT_LINE);
	assert_int_equal(look(&k, "==> /var/log/a b.log <==", 24), INPUT_TAIL);
	assert_int_equal(look(&k, "", 0), INPUT_TAIL);
	assert_int_equal(look(&k, "==> standard input <==", 22), INPUT_TAIL);
	assert_int_equal(look(&k, "text", 4), INPUT_LINE);
}

static enum input_kind guess(struct input_kinds *k, const char *text)
{
	return input_kinds_guess(k, text, strlen(text));
}

static enum input_kind guess_first(const char *text)
{
	struct input_kinds k = {0};

	return guess(&k, text);
}

static void other_log_formats_are_guessed(void **state)
{
	struct input_kinds k = {0};

	(void)state;
	assert_int_equal(guess_first("2026/11/22 04:16:00 [error] 7#7: *1 open() failed, client: "
				     "2001:db8::7, server: _, host: \"a\""),
		INPUT_ERROR_LOG);
	assert_int_equal(guess_first("[Sun Nov 22 04:16:00.1 2026] [core:error] [pid 7] AH1: x"),
		INPUT_ERROR_LOG);
	assert_int_equal(guess_first("[Sun Nov 22 04:16:00.1 2026] x"), INPUT_LINE);
	assert_int_equal(guess_first("Nov  2 04:16:00 web1 sshd[7]: Failed password for root from "
				     "192.0.2.1 port 4000 ssh2"),
		INPUT_SYSLOG);
	assert_int_equal(guess_first("2026-11-22T04:16:00.1+00:00 web1 sshd[7]: Failed password"),
		INPUT_SYSLOG);
	assert_int_equal(guess_first("Nov 22 04:16"), INPUT_LINE);
	assert_int_equal(guess_first("2026-11-22"), INPUT_LINE);
	assert_int_equal(guess_first("some text"), INPUT_LINE);
	assert_int_equal(guess_first(""), INPUT_LINE);
	/* --prefix-any reads an object after such a header */
	assert_int_equal(guess_first("Nov 22 04:16:00 web1 app[7]: {\"a\":1}"), INPUT_LINE);
	assert_int_equal(
		guess(&k, "#Software: Microsoft Internet Information Services"), INPUT_W3C);
	assert_int_equal(guess(&k, "2026-11-22 04:16:00 2001:db8::7 GET /"), INPUT_W3C);
	assert_int_equal(guess_first("# a comment"), INPUT_LINE);
}

static void columns_are_guessed_from_the_first_line_on(void **state)
{
	static const char *const files[][2] = {
		{"ip,time,status", "2001:db8::7,2026-11-22 04:16:00,200"},
		{"ip;time;status", "192.0.2.7;2026-11-22 04:16:00;200"},
		{"192.0.2.7\t200\tGET /", "2001:db8::7\t404\tGET /x"}};

	(void)state;
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		struct input_kinds k = {0};
		assert_int_equal(guess(&k, files[i][0]), INPUT_COLUMNS);
		assert_int_equal(guess(&k, files[i][1]), INPUT_COLUMNS);
		assert_int_equal(guess(&k, "a, b and c"), INPUT_LINE);
	}
	assert_int_equal(guess_first("one, two, three words"), INPUT_LINE);
	assert_int_equal(guess_first("a,b"), INPUT_LINE);
}

static void binary_data_is_guessed(void **state)
{
	struct input_kinds k = {0};

	(void)state;
	assert_int_equal(input_kinds_guess(&k,
				 "\x7f"
				 "ELF\2\1\1\0\0\0\0",
				 11),
		INPUT_BINARY);
	assert_int_equal(input_kinds_guess(&k, "0123456789abcdef\1", 17), INPUT_LINE);
	assert_int_equal(guess_first("\xc3\xa4\xc3\xb6"), INPUT_LINE);
}

static void every_kind_has_advice(void **state)
{
	(void)state;
	assert_string_equal(input_kind_advice(INPUT_LINE), "");
	for (int kind = INPUT_LINE + 1; kind < INPUT_KIND_COUNT; kind++)
		assert_non_null(strchr(input_kind_advice((enum input_kind)kind), '`'));
	assert_string_equal(input_kind_advice(INPUT_KIND_COUNT), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compressed_input_is_recognised_by_its_first_bytes),
		cmocka_unit_test(utf16_is_recognised_without_a_byte_order_mark),
		cmocka_unit_test(parts_of_an_object_are_recognised),
		cmocka_unit_test(arrays_are_recognised_on_one_line_and_on_many),
		cmocka_unit_test(headers_of_tail_are_recognised_with_their_empty_lines),
		cmocka_unit_test(other_log_formats_are_guessed),
		cmocka_unit_test(columns_are_guessed_from_the_first_line_on),
		cmocka_unit_test(binary_data_is_guessed),
		cmocka_unit_test(every_kind_has_advice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
