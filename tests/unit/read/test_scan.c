/* test_scan.c - the scanner (scan.h) accepts lines of the usual form, and reads the same values
 * from them as object.h, which parses a line into a tree. Earlier lines do not change the values.
 * In a run, the tree reads the lines that the scanner refuses. */
#include "core/read/scan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/read/object.h"

#include "unit/random.h"

#define TEXT_MAX 8192
#define N(array) (sizeof(array) / sizeof *(array))

/* The last name has nine parts, so its member would be inside nine objects. The scanner enters only
 * eight. */
static const char *const names[] = {"client", "status", "request", "request.client",
	"request.status", "a.b.c.d.e.f.g.h", "a.b.c.d.e.f.g.h.i"};

struct given {
	struct scan *scan;
	struct object *object;
	struct fields wanted;
	struct fields_values scanned, read;
};

static struct given g;

static int begin(void **state)
{
	(void)state;
	memset(&g, 0, sizeof g);
	g.scan = scan_new(65536);
	g.object = object_new(TEXT_MAX);
	fields_init(&g.wanted);
	for (size_t i = 0; i < N(names); i++)
		assert_int_equal(fields_want(&g.wanted, names[i]), i);
	return g.scan && g.object ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	scan_free(g.scan);
	object_free(g.object);
	return 0;
}

static const struct field *value_of(const char *name)
{
	for (size_t i = 0; i < N(names); i++)
		if (strcmp(name, names[i]) == 0)
			return &g.scanned.at[i];
	fail_msg("%s is not wanted", name);
	return NULL;
}

static void check_field(const struct field *a, const struct field *b, const char *text)
{
	if (a->kind != b->kind || (a->kind == FIELD_NUMBER && a->number != b->number) ||
		((a->kind == FIELD_TEXT || a->kind == FIELD_LIST) &&
			(a->len != b->len || memcmp(a->text, b->text, a->len) != 0)))
		fail_msg("kind %d, by tree %d: %s", (int)a->kind, (int)b->kind, text);
}

/* Whether the scanner accepts the text, which is copied to the heap so that a sanitizer detects a
 * read past its end. */
static bool scans(const char *text)
{
	size_t len = strlen(text), error_at;
	char *exact = malloc(len);

	assert_non_null(exact);
	memcpy(exact, text, len);
	bool taken = scan_read(g.scan, exact, len, &g.wanted, &g.scanned);
	if (taken) {
		assert_true(object_read(g.object, exact, len, &g.wanted, &g.read, &error_at));
		for (size_t i = 0; i < N(names); i++)
			check_field(&g.scanned.at[i], &g.read.at[i], text);
	}
	free(exact);
	return taken;
}

static void takes(const char *text)
{
	if (!scans(text))
		fail_msg("left to the tree: %s", text);
}

static void leaves_to_the_tree(const char *text)
{
	size_t error_at;

	if (scans(text))
		fail_msg("accepted: %s", text);
	if (!object_read(g.object, text, strlen(text), &g.wanted, &g.read, &error_at))
		fail_msg("not an object: %s", text);
}

static void refuses(const char *text)
{
	size_t error_at;

	if (scans(text) || object_read(g.object, text, strlen(text), &g.wanted, &g.read, &error_at))
		fail_msg("accepted: %s", text);
}

/* Appends `what` n times. Returns the new length. */
static size_t repeat(char text[TEXT_MAX], size_t len, const char *what, int n)
{
	for (; n > 0; n--)
		len += (size_t)snprintf(text + len, TEXT_MAX - len, "%s", what);
	assert_true(len < TEXT_MAX);
	return len;
}

/* ---- keys of earlier lines ---- */

static void keys_of_earlier_lines_change_no_value(void **state)
{
	static const char *const lines[] = {
		"{\"client\":\"192.0.2.1\",\"status\":200,\"x\":1,"
		"\"request\":{\"client\":\"2001:db8::1\",\"status\":404},\"n\":0}",
		"{\"status\":200,\"client\":\"192.0.2.1\",\"x\":1,"
		"\"request\":{\"status\":404,\"client\":\"2001:db8::1\"},\"n\":0}",
		"{\"client\":\"192.0.2.1\",\"x\":{\"status\":1,"
		"\"request\":{\"client\":\"192.0.2.9\"}},"
		"\"status\":500,\"n\":0}",
		"{\"client\" : \"192.0.2.1\", \"status\" :200,"
		"\"request\" : { \"client\":\t\"::1\" }, "
		"\"n\":0 }",
		("{\"client\": \"192.0.2.1\",\"status\":  200,\"request\":{ \"client\":null},"
		 "\"status\":1}"),
		("{\"client_ip\":\"192.0.2.1\",\"statu\":200,\"request.client\":\"::1\","
		 "\"status\":2}"),
		("{\"x\":{\"client\":1},\"x\":{\"status\":2},\"request\":{\"x\":{\"client\":3},"
		 "\"client\":4}}"),
		("{\"request\":{\"request\":{\"client\":1}},\"client\":{\"client\":2},"
		 "\"status\":true}"),
		"{\"request\":{},\"client\":\"\",\"status\":\"-\"}",
		"{\"x\":\"\\ud7ff\\uD7FF\\uE000\\u0000\\\"\",\"status\":1}",
		/* the same key at the same place, but in another object */
		"{\"request\":{\"x\":1,\"client\":2}}",
		"{\"request\":{\"x\":1},\"client\":2}",
		"{\"a key that takes more than 32 bytes\":1,\"client\":2}",
		"{\"a key that takes more than 32 bytes!\":1,\"status\":2}",
		"{}",
	};

	for (size_t i = 0; i < N(lines); i++) {
		for (size_t k = 0; k < N(lines); k++) {
			end(state);
			begin(state);
			takes(lines[i]);
			takes(lines[k]);
			takes(lines[i]);
		}
	}
}

/* A line with the keys n..n+most; one of them is wanted, and the second half is inside an
 * object. */
static void put_many_keys(char text[TEXT_MAX], int n, int most, int at)
{
	size_t len = 0;

	for (int i = 0; i < most; i++)
		len += (size_t)snprintf(text + len, TEXT_MAX - len, "%s\"%s%d\":%d",
			i == 0          ? "{"
			: i == most / 2 ? ",\"request\":{"
					: ",",
			i == at ? "status\":1,\"k" : "k", n + i, i);
	snprintf(text + len, TEXT_MAX - len, "}}");
}

static void more_keys_than_are_stored_are_read(void **state)
{
	char text[TEXT_MAX];

	(void)state;
	for (int most = 2; most < 300; most += 37) {
		for (int at = 0; at < most; at++) {
			put_many_keys(text, at * 7 % 3 * most / 2, most, at);
			takes(text);
			assert_true(
				value_of(at < most / 2 ? "status" : "request.status")->number == 1);
		}
	}
}

/* Writes some members, in random order, with random blanks. */
static void put_some_members(struct random *r, char text[TEXT_MAX])
{
	static const char *const keys[] = {"client", "status", "x", "y", "request", "client_ip",
		"a key that takes more than 32 bytes", "a", "z", "statuses"};
	static const char *const blanks[] = {"", "", "", " "};
	size_t order[N(keys)] = {0}, len = 0, n = 1 + random_below(r, N(keys));

	for (size_t i = 0; i < N(keys); i++) {
		size_t k = random_below(r, i + 1);
		order[i] = order[k];
		order[k] = i;
	}
	for (size_t i = 0; i < n; i++) {
		const char *key = keys[order[i]];
		bool object = strcmp(key, "request") == 0;
		len += (size_t)snprintf(text + len, TEXT_MAX - len,
			object ? "%s%s\"%s\":%s{\"status\":%zu,\"client\":%zu}"
			       : "%s%s\"%s\":%s%zu",
			i ? "," : "{", blanks[random_below(r, N(blanks))], key,
			blanks[random_below(r, N(blanks))], i, i + 100);
	}
	snprintf(text + len, TEXT_MAX - len, "}");
}

static void members_in_any_order_have_the_same_values(void **state)
{
	struct random r = random_new(10);
	char text[TEXT_MAX];

	(void)state;
	random_note();
	for (int i = 0; i < 50000; i++) {
		put_some_members(&r, text);
		takes(text);
	}
}

/* ---- values ---- */

static void value_is_the_same_at_any_distance_from_the_end(void **state)
{
	static const char *const numbers[] = {"200", "0", "12345678", "123456789", "1795320960.343",
		"123456789012345", "1234567890123456", "1.12345678", "1.123456789",
		"12345678.12345678",
		/* an x87 processor rounds the quotients of these numbers twice */
		"2.7472858", "8358.48171499"};
	/* the text before the number, after it, and after the blanks that follow */
	static const char *const shapes[][3] = {{"{\"status\":", ",\"x\":\"", "\"}"},
		{"{\"x\":1,\"status\":", "", "}"},
		{"{\"status\":", ",\"client\":\"", "\",\"n\":0}"}};
	char text[TEXT_MAX];

	(void)state;
	for (size_t k = 0; k < N(numbers) * N(shapes); k++) {
		const char *number = numbers[k / N(shapes)], *const *shape = shapes[k % N(shapes)];
		for (int blanks = 0; blanks <= 40; blanks++) {
			snprintf(text, sizeof text, "%s%s%s%*s%s", shape[0], number, shape[1],
				blanks, "", shape[2]);
			takes(text);
			takes(text); /* now the scanner has stored the keys of this text */
			assert_true(value_of("status")->number == strtod(number, NULL));
		}
	}
}

/* The numbers have up to 16 digits before the point and up to 16 after it. Some have an
 * exponent. */
static void number_is_the_same_as_strtod_reads(void **state)
{
	static const char *const signs[] = {"", "-"}, *const exponents[] = {"", "e5", "E+5", "e-7"};
	static const char digits[] = "98765432109876543210";
	char number[64], text[TEXT_MAX];

	(void)state;
	for (int whole = 1; whole <= 16; whole++)
		for (int decimals = 0; decimals <= 16; decimals++)
			for (size_t k = 0; k < N(signs) * N(exponents); k++) {
				snprintf(number, sizeof number, "%s%.*s%s%.*s%s", signs[k % 2],
					whole, digits, decimals ? "." : "", decimals, digits + 2,
					exponents[k / 2]);
				snprintf(text, sizeof text,
					"{\"status\":%s,\"x\":{\"y\":[%s]},\"z\":%s}", number,
					number, number);
				takes(text);
				assert_true(value_of("status")->number == strtod(number, NULL));
			}
}

/* ---- objects within objects ---- */

static void beginning_of_a_wanted_name_may_be_wanted_itself(void **state)
{
	(void)state;
	takes("{\"request\":{\"client\":7,\"status\":{\"x\":1}},\"request\":{\"client\":8}}");
	assert_int_equal(value_of("request")->kind, FIELD_OTHER);
	assert_true(value_of("request.client")->number == 7);
	assert_int_equal(value_of("request.status")->kind, FIELD_OTHER);
	takes("{\"request\":{},\"request\":{\"client\":8}}");
	assert_int_equal(value_of("request")->kind, FIELD_OTHER);
	assert_true(value_of("request.client")->number == 8);
}

static void eight_nested_objects_are_entered_and_no_more(void **state)
{
	(void)state;
	takes("{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"f\":{\"g\":{\"h\":5,\"i\":6}}}}}}}}");
	assert_true(value_of("a.b.c.d.e.f.g.h")->number == 5);
	takes("{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"f\":{\"g\":{\"h\":{\"i\":6}}}}}}}}}");
	assert_int_equal(value_of("a.b.c.d.e.f.g.h")->kind, FIELD_OTHER);
	assert_int_equal(value_of("a.b.c.d.e.f.g.h.i")->kind, FIELD_ABSENT);
	takes("{\"a.b\":{\"c.d\":{\"e.f.g.h\":{\"i\":6}}}}");
	assert_true(value_of("a.b.c.d.e.f.g.h.i")->number == 6);
}

static void name_too_long_to_be_wanted_is_skipped(void **state)
{
	char text[TEXT_MAX];

	(void)state;
	for (int n = 110; n < 140; n++) {
		size_t len = (size_t)snprintf(text, sizeof text, "{\"request\":{\"");
		len = repeat(text, len, "k", n);
		len += (size_t)snprintf(text + len, sizeof text - len, "\":1,\"client\":2},\"");
		len = repeat(text, len, "k", n);
		snprintf(text + len, sizeof text - len, "\":3,\"status\":4}");
		takes(text);
		assert_true(value_of("request.client")->number == 2);
		assert_true(value_of("status")->number == 4);
	}
}

/* Writes a text whose member x contains `depth` nested objects or lists. If `objects` and `lists`
 * are both true, they alternate. */
static void nest(char text[TEXT_MAX], const char *begin_text, int depth, bool objects, bool lists)
{
	size_t len = (size_t)snprintf(text, TEXT_MAX, "%s", begin_text);

	for (int i = 0; i < depth; i++)
		len = repeat(text, len, !lists || (objects && i % 2) ? "{\"x\":" : "[", 1);
	len = repeat(text, len, "1", 1);
	for (int i = depth; i-- > 0;)
		len = repeat(text, len, !lists || (objects && i % 2) ? "}" : "]", 1);
	repeat(text, len, ",\"status\":7}", 1);
}

static void sixty_four_unwanted_brackets_are_skipped(void **state)
{
	char text[TEXT_MAX];

	(void)state;
	for (int kind = 1; kind < 4; kind++) {
		for (int depth = 1; depth <= 64; depth++) {
			nest(text, "{\"y\":", depth, kind & 1, kind & 2);
			takes(text);
			assert_true(value_of("status")->number == 7);
		}
		nest(text, "{\"y\":", 65, kind & 1, kind & 2);
		leaves_to_the_tree(text);
	}
}

/* ---- escapes and lists ---- */

static void escapes_of_a_wanted_text_are_read_as_the_tree_reads_them(void **state)
{
	static const char *const pieces[] = {"", "a", "\\n", "\\t\\b\\f\\r", "\\\"", "\\\\", "\\/",
		"-", "\\u0000", "\\u0001", "\\u007f", "\\u0080", "\\u07FF", "\\u0800", "\\uFFFF",
		"\\ud7ff", "\\uE000", "\\ud83d\\ude00", "\\uD83D\\uDE00", "\\u0026",
		"0123456789abcdef0123456789"};
	char text[TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < N(pieces); i++) {
		for (size_t k = 0; k < N(pieces); k++) {
			snprintf(text, sizeof text,
				"{\"client\":\"%s%s\",\"request\":{\"client\":\"%s\"},"
				"\"status\":\"%s%s\",\"x\":\"%s%s\"}",
				pieces[i], pieces[k], pieces[k], pieces[k], pieces[i], pieces[i],
				pieces[k]);
			takes(text);
		}
	}
	takes("{\"client\":\"a\\u0000b\"}");
	assert_int_equal(value_of("client")->len, 3); /* the text does not end at a NUL */
}

static void wanted_list_is_joined_as_the_tree_joins_it(void **state)
{
	static const char *const lists[] = {"[\"192.0.2.1\"]", "[\"a\", \"2001:db8::1, 10.0.0.1\"]",
		"[ \"\" ]", "[\"\",\"\"]", "[\"-\",\"a\\u0026b\",\"c\\\\\"]", "[]", "[ ]", "[1]",
		"[\"a\",1]", "[\"a\",[\"b\"]]", "[{\"client\":\"x\"}]", "[null]"};
	char text[TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < N(lists); i++) {
		snprintf(text, sizeof text,
			"{\"client\":%s,\"status\":\"a\\tb\",\"request\":{\"client\": %s }}",
			lists[i], lists[i]);
		takes(text);
	}
	takes("{\"client\":[\"a\",\"b\\tc\"]}");
	assert_int_equal(value_of("client")->kind, FIELD_LIST);
	assert_memory_equal(value_of("client")->text, "a,b\tc", 5);
	refuses("{\"client\":[\"a\"}");
	refuses("{\"client\":[\"a\",]}");
	refuses("{\"client\":[\"a\" \"b\"]}");
	refuses("{\"client\":\"a\\");
	refuses("{\"client\":[\"a\\x\"]}");
}

/* ---- unusual forms ---- */

static void rare_forms_are_left_to_the_tree(void **state)
{
	static const char *const texts[] = {"{\"cl\\u0069ent\":1}", "{\"status\":01}", "{\"x\":1.}",
		"{\"status\":1e999}", "{\"x\":\x01\"y\"}", "{\"x\":[01]}",
		"{\"status\":01,\"x\":\"123456789 123456789\"}",
		"{\"x\":12345678901234567890123456789012345678901}"};

	(void)state;
	for (size_t i = 0; i < N(texts); i++)
		leaves_to_the_tree(texts[i]);
}

static void text_that_is_no_object_is_refused(void **state)
{
	static const char *const texts[] = {"{", "}", "{}}", "{{}", "{,}", "{\"a\"}", "{\"a\":}",
		"{\"a\":1,}", "{\"a\":1,,\"b\":2}", "{\"a\":1}}", "{\"a\":1},\"client\":2}",
		"{\"a\":{\"b\":1}", "{\"a\":[}]}", "{\"a\":{]}", "{\"a\":[1,]}", "{\"a\":[1 2]}",
		"{\"a\":{\"b\":1,}}", "{\"a\":{\"b\"}}", "{\"request\":{\"client\":1}",
		"{\"request\":{\"client\":1}}}", "{\"request\":{,}}", "{\"a\":\"}", "{\"a\":\"\\}",
		"{\"a\":\"\\\"}", "{\"a\":\"\\x\"}", "{\"a\":\"\\u12\"}", "{\"a\":\"\\ud83d\"}",
		"{\"a\":\"\\uD83D\"}", "{\"a\":tru}", "{\"a\":nulll}", "{\"a\":-}", "{\"a\":1e}",
		"{\"a\":1e+}", "{\"a\":1x}", "{\"a\":123456789012345678901234x}",
		"{\"a\":1 \"b\":2}", "{\"a\" 1}", "{a:1}", "[{}]"};

	(void)state;
	for (size_t i = 0; i < N(texts); i++)
		refuses(texts[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(keys_of_earlier_lines_change_no_value, begin, end),
		cmocka_unit_test_setup_teardown(
			members_in_any_order_have_the_same_values, begin, end),
		cmocka_unit_test_setup_teardown(more_keys_than_are_stored_are_read, begin, end),
		cmocka_unit_test_setup_teardown(
			value_is_the_same_at_any_distance_from_the_end, begin, end),
		cmocka_unit_test_setup_teardown(number_is_the_same_as_strtod_reads, begin, end),
		cmocka_unit_test_setup_teardown(
			beginning_of_a_wanted_name_may_be_wanted_itself, begin, end),
		cmocka_unit_test_setup_teardown(
			eight_nested_objects_are_entered_and_no_more, begin, end),
		cmocka_unit_test_setup_teardown(name_too_long_to_be_wanted_is_skipped, begin, end),
		cmocka_unit_test_setup_teardown(
			sixty_four_unwanted_brackets_are_skipped, begin, end),
		cmocka_unit_test_setup_teardown(
			escapes_of_a_wanted_text_are_read_as_the_tree_reads_them, begin, end),
		cmocka_unit_test_setup_teardown(
			wanted_list_is_joined_as_the_tree_joins_it, begin, end),
		cmocka_unit_test_setup_teardown(rare_forms_are_left_to_the_tree, begin, end),
		cmocka_unit_test_setup_teardown(text_that_is_no_object_is_refused, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
