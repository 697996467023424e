/* test_unwrap.c - the text that is unwrapped from an object is the text that cJSON finds there. An
 * object that is itself a line of an access log is not unwrapped ("opened"). */
#include "core/read/unescape.h"
#include "core/read/unwrap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <cjson/cJSON.h>

#include "unit/random.h"

#define ROUNDS   20000
#define TEXT_MAX 2048
#define INNER    "{\"a\":1}"
#define IN       "\"{\\\"a\\\":1}\""

static struct unwrap unwrap;

static int init_unwrap(void **state)
{
	(void)state;
	return unwrap_init(&unwrap, &(struct format_names){0}) ? 0 : -1;
}

/* Copies the text to the heap, so that a sanitizer detects a read past its end. Decodes it in
 * place. */
static bool open_text(
	const char *text, size_t len, bool plain, char room[TEXT_MAX], struct unwrapped *out)
{
	char *copy = malloc(len + !len);

	assert_non_null(copy);
	memcpy(copy, text, len);
	bool found = unwrap_object(&unwrap, copy, len, plain, copy, len, out);
	if (found) {
		assert_ptr_equal(out->text, copy);
		memcpy(room, copy, out->len);
		room[out->len] = '\0';
	}
	free(copy);
	return found;
}

static void gives(const char *text, const char *want)
{
	char room[TEXT_MAX];
	struct unwrapped u;

	if (!open_text(text, strlen(text), false, room, &u))
		fail_msg("not opened: %s", text);
	assert_string_equal(room, want);
}

static void stays_shut(const char *text)
{
	char room[TEXT_MAX];
	struct unwrapped u;

	if (open_text(text, strlen(text), false, room, &u))
		fail_msg("opened: %s", text);
}

static void each_member_that_may_contain_a_line_is_opened(void **state)
{
	static const char *const names[] = {
		"log", "message", "MESSAGE", "line", "msg", "short_message", "log_processed"};

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char text[256];
		snprintf(text, sizeof text, "{\"%s\":" IN "}", names[i]);
		gives(text, INNER);
		snprintf(text, sizeof text, "{ \"x\" : [1,{\"y\":\"}\"}] , \"%s\" : " IN " }",
			names[i]);
		gives(text, INNER);
		snprintf(text, sizeof text, "{\"x\":{\"%s\":" IN "}}", names[i]);
		stays_shut(text);
	}
	gives("{\"log_processed\":" INNER ",\"log\":" IN "}", INNER);
	gives("{\"log_processed\": {\"x\":[\"}\"]} }", "{\"x\":[\"}\"]}");
	gives("{\"MESSAGE\":[123, 34,97 ,34,58,49,125]}", INNER);
	gives("{\"MESSAGE\":[123,125,10]}", "{}");
	gives("{\"MESSAGE\":[123,0,255]}", "{\001\377");
}

static void one_newline_is_removed(void **state)
{
	(void)state;
	gives("{\"log\":\"{}\\n\"}", "{}");
	gives("{\"log\":\"{}\\r\\n\"}", "{}");
	gives("{\"log\":\"{}\\n\\n\"}", "{}\n");
	gives("{\"log\":\"{} \\n\"}", "{} ");
	stays_shut("{\"log\":\"\\n\"}");
	stays_shut("{\"log\":\"\\n{}\"}");
}

static void line_of_an_access_log_is_not_opened(void **state)
{
	char text[512];

	(void)state;
	for (uint8_t i = 0; i < unwrap.shut_n; i++) {
		const char *name = unwrap.fields.names[i];
		snprintf(text, sizeof text, "{\"%s\":\"x\",\"message\":" IN "}", name);
		stays_shut(text);
		snprintf(text, sizeof text, "{\"message\":" IN ",\"%s\":null}", name);
		stays_shut(text);
		const char *dot = strchr(name, '.');
		if (!dot)
			continue;
		snprintf(text, sizeof text, "{\"message\":" IN ",\"%.*s\":{\"%s\":1}}",
			(int)(dot - name), name, dot + 1);
		stays_shut(text);
	}
	assert_true(unwrap.shut_n > 80);
	gives("{\"path\":\"/var/log/x\",\"message\":" IN "}", INNER);
}

static void object_with_names_of_options_is_not_opened(void **state)
{
	static const char text[] = "{\"addr\":\"203.0.113.9\",\"message\":" IN "}";
	static const char held[] = "{\"log\":" IN ",\"message\":\"x\"}";
	struct unwrap u;
	struct unwrapped out;
	char room[256];

	(void)state;
	gives(text, INNER);
	assert_true(unwrap_init(&u, &(struct format_names){.client = "addr", .path = "message"}));
	assert_false(unwrap_object(&u, text, sizeof text - 1, false, room, sizeof room, &out));
	assert_false(unwrap_object(&u, held, sizeof held - 1, false, room, sizeof room, &out));
	assert_false(unwrap_init(&u, &(struct format_names){.status = ""}));
}

static void object_with_two_lines_is_not_opened(void **state)
{
	(void)state;
	stays_shut("{\"log\":" IN ",\"message\":" IN "}");
	stays_shut("{\"MESSAGE\":[123,125],\"msg\":" IN "}");
	gives("{\"log\":" IN ",\"log\":\"{}\"}", INNER); /* the first member with a name counts */
	stays_shut("{\"log\":\"x\",\"log\":" IN "}");
	gives("{\"log\":\"x\",\"message\":" IN "}", INNER);
}

static void standard_error_is_reported(void **state)
{
	static const struct {
		const char *text;
		bool is;
	} cases[] = {
		{"{\"log\":" IN ",\"stream\":\"stderr\"}", true},
		{"{\"source\":\"stderr\",\"log\":" IN "}", true},
		{"{\"log\":" IN ",\"stream\":\"stde\"}", true}, /* cut off */
		{"{\"log\":" IN ",\"stream\":\"std\"}", false},
		{"{\"log\":" IN ",\"stream\":\"stdout\"}", false},
		{"{\"log\":" IN ",\"source\":\"/var/log/stderr\"}", false},
		{"{\"log\":" IN ",\"x\":{\"stream\":\"stderr\"}}", false},
		{"{\"log\":" IN ",\"stream\":null}", false},
		{"{\"log\":" IN "}", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char room[TEXT_MAX];
		struct unwrapped u;
		assert_true(open_text(cases[i].text, strlen(cases[i].text), false, room, &u));
		assert_int_equal(u.standard_error, cases[i].is);
	}
}

static void plain_text_is_used_only_on_request(void **state)
{
	static const char text[] = "{\"log\":\"203.0.113.9 - - [\\\"\\n\",\"stream\":\"stdout\"}";
	char room[TEXT_MAX];
	struct unwrapped u;

	(void)state;
	stays_shut(text);
	assert_true(open_text(text, sizeof text - 1, true, room, &u));
	assert_string_equal(room, "203.0.113.9 - - [\"");
	assert_true(u.may_be_part);
	assert_true(open_text("{\"msg\":\"x\"}", 11, true, room, &u));
	assert_false(u.may_be_part);
}

static void object_too_large_for_its_room_is_not_opened(void **state)
{
	static const char text[] = "{\"log\":" IN "}";
	char room[sizeof text];
	struct unwrapped u;

	(void)state;
	assert_true(
		unwrap_object(&unwrap, text, sizeof text - 1, false, room, sizeof text - 1, &u));
	assert_false(
		unwrap_object(&unwrap, text, sizeof text - 1, false, room, sizeof text - 2, &u));
}

/* ---- against cJSON ---- */

/* Parts of strings: escapes, half escapes, UTF-8, and bytes that are not UTF-8. */
static const char *const pieces[] = {"a", "{", "}", " ", "\\\"", "\\\\", "\\/", "\\b", "\\f", "\\n",
	"\\r", "\\t", "\\u0041", "\\u00e9", "\\u20AC", "\\ud83d\\ude00", "\\uD83D\\uDE00",
	"\\u0001", "\\uffff", "\xc3\xa9", "\xff", "\x01", "\\ud83d", "\\ude00", "\\ud83d\\u0041",
	"\\x41", "\\u12", "\\u00g0", "\\'", "\\"};

#define PIECES_N    (sizeof pieces / sizeof *pieces)
#define GOOD_PIECES (PIECES_N - 8)

static size_t make_string(struct random *r, char *out, size_t kinds)
{
	size_t n = 0;

	for (uint64_t i = random_below(r, 12); i > 0; i--) {
		const char *piece = pieces[random_below(r, kinds)];
		memcpy(out + n, piece, strlen(piece));
		n += strlen(piece);
	}
	out[n] = '\0';
	return n;
}

/* cJSON reads \\uzzzz as \\u0000; object.h refuses it. */
static bool has_bad_unit(const char *s)
{
	for (; (s = strchr(s, '\\')); s += 2) {
		if (s[1] == 'u' && strspn(s + 2, "0123456789abcdefABCDEF") < 4)
			return true;
		if (!s[1])
			break;
	}
	return false;
}

static void string_is_read_as_cjson_reads_it(void **state)
{
	struct random r = random_new(1);
	unsigned good = 0;

	(void)state;
	random_note();
	for (int round = 0; round < ROUNDS; round++) {
		char text[TEXT_MAX] = "\"", out[TEXT_MAX];
		size_t len = make_string(&r, text + 1, round % 2 ? PIECES_N : GOOD_PIECES), n;
		text[len + 1] = '"';
		const char *end = NULL;
		cJSON *want = cJSON_ParseWithLengthOpts(text, len + 2, &end, 0);
		bool whole = want && !has_bad_unit(text);
		if (want && end != text + len + 2) { /* an unescaped quote inside the string */
			cJSON_Delete(want);
			continue;
		}
		if (unescape_text(text + 1, len, out, &n) != whole)
			fail_msg("%s: valid for cJSON: %d", text, whole);
		if (whole) {
			assert_int_equal(n, strlen(want->valuestring));
			assert_memory_equal(out, want->valuestring, n);
			good++;
		}
		cJSON_Delete(want);
	}
	assert_true(good > ROUNDS / 2);
}

static void nul_becomes_another_byte(void **state)
{
	char out[16];
	size_t n;

	(void)state;
	assert_true(unescape_text("a\\u0000b", 8, out, &n));
	assert_int_equal(n, 3);
	assert_memory_equal(out, "a\001b", 3);
	assert_true(unescape_text("\\\\u0000", 7, out, &n));
	assert_memory_equal(out, "\\u0000", 6);
	assert_true(unescape_text("", 0, out, &n));
	assert_int_equal(n, 0);
}

static void half_a_surrogate_pair_is_repaired_on_request(void **state)
{
	static const char *const halves[] = {"a\\ud83d", "a\\uDE00", "a\\ud83d\\ud83d"};
	char out[16];
	size_t n;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		assert_false(unescape_text(halves[i], strlen(halves[i]), out, &n));
		assert_true(unescape_mended(halves[i], strlen(halves[i]), out, &n));
		assert_int_equal(n, i == 2 ? 7 : 4);
		assert_memory_equal(out, "a\xef\xbf\xbd\xef\xbf\xbd", n);
	}
	assert_true(unescape_mended("\\ud83d\\ude00", 12, out, &n));
	assert_int_equal(n, 4);
	assert_false(unescape_mended("\\ud83", 5, out, &n));
	assert_false(unescape_mended("\\x41", 4, out, &n));
}

static size_t make_value(struct random *r, char *out, int depth)
{
	size_t n = 0;

	switch (random_below(r, depth < 3 ? 6 : 4)) {
	case 0:
		return (size_t)sprintf(out, "-12.5e3");
	case 1:
		return (size_t)sprintf(out, "null");
	case 2:
		return (size_t)sprintf(out, IN);
	case 3:
		out[n++] = '"';
		n += make_string(r, out + n, GOOD_PIECES);
		out[n++] = '"';
		return n;
	case 4:
		out[n++] = '[';
		n += make_value(r, out + n, depth + 1);
		n += (size_t)sprintf(out + n, " , ");
		n += make_value(r, out + n, depth + 1);
		out[n++] = ']';
		return n;
	default:
		n = (size_t)sprintf(out, "{ \"message\" : ");
		n += make_value(r, out + n, depth + 1);
		out[n++] = '}';
		return n;
	}
}

static bool is_inner(const cJSON *m)
{
	return cJSON_IsString(m) && m->valuestring[0] == '{';
}

/* The expected text, found by the functions of cJSON; NULL if there is none, or if there are
 * two. */
static const char *expected(const cJSON *object)
{
	static const char *const names[] = {"log", "message", "line"};
	const char *found = NULL;
	unsigned n = 0;

	if (cJSON_GetObjectItemCaseSensitive(object, "status"))
		return NULL;
	for (size_t i = 0; i < 3; i++) {
		const cJSON *m = cJSON_GetObjectItemCaseSensitive(object, names[i]);
		if (!is_inner(m))
			continue;
		found = m->valuestring;
		n++;
	}
	return n == 1 ? found : NULL;
}

static void object_is_opened_as_cjson_reads_it(void **state)
{
	static const char *const names[] = {"log", "message", "line", "lo\\u0067", "x", "stream",
		"y", "z", "time", "host", "labels", "status"};
	struct random r = random_new(2);
	unsigned opened = 0, shut = 0;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		static char text[64 * 1024], room[64 * 1024];
		struct unwrapped u;
		size_t n = (size_t)sprintf(text, "{");
		for (uint64_t i = 1 + random_below(&r, 5); i > 0; i--) {
			n += (size_t)sprintf(text + n, "\"%s\" : ", names[random_below(&r, 12)]);
			n += make_value(&r, text + n, 0);
			n += (size_t)sprintf(text + n, i > 1 ? ", " : " }");
		}
		cJSON *object = cJSON_ParseWithLength(text, n);
		if (!object)
			fail_msg("no JSON: %s", text);
		const char *want = expected(object);
		if (unwrap_object(&unwrap, text, n, false, room, sizeof room, &u) != (want != NULL))
			fail_msg("%s: %s", want ? "shut" : "opened", text);
		if (want) {
			assert_true(strncmp(want, u.text, u.len) == 0);
			assert_true(strspn(want + u.len, "\r\n") == strlen(want + u.len));
		}
		opened += want != NULL;
		shut += want == NULL;
		cJSON_Delete(object);
	}
	assert_true(opened > ROUNDS / 10 && shut > ROUNDS / 10);
}

static void text_that_is_no_object_contains_no_line(void **state)
{
	static const char text[] = "{\"x\":[1,{\"y\":\"\\\"\"}],\"log\":" IN ",\"z\":-1}";
	char room[TEXT_MAX];
	struct unwrapped u;

	(void)state;
	for (size_t len = 0; len < sizeof text - 1; len++)
		assert_false(open_text(text, len, false, room, &u));
	assert_true(open_text(text, sizeof text - 1, false, room, &u));
	stays_shut("[\"log\"]");
	stays_shut("{}");
	stays_shut("{\"log\":[]}");
	stays_shut("{\"MESSAGE\":[123,125,]}");
	stays_shut("{\"MESSAGE\":[123,256]}");
	stays_shut("{\"MESSAGE\":[123,-1]}");
	stays_shut("{\"MESSAGE\":[123,[125]]}");
	stays_shut("{\"MESSAGE\":[91,93]}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_member_that_may_contain_a_line_is_opened),
		cmocka_unit_test(one_newline_is_removed),
		cmocka_unit_test(line_of_an_access_log_is_not_opened),
		cmocka_unit_test(object_with_names_of_options_is_not_opened),
		cmocka_unit_test(object_with_two_lines_is_not_opened),
		cmocka_unit_test(standard_error_is_reported),
		cmocka_unit_test(plain_text_is_used_only_on_request),
		cmocka_unit_test(object_too_large_for_its_room_is_not_opened),
		cmocka_unit_test(string_is_read_as_cjson_reads_it),
		cmocka_unit_test(nul_becomes_another_byte),
		cmocka_unit_test(half_a_surrogate_pair_is_repaired_on_request),
		cmocka_unit_test(object_is_opened_as_cjson_reads_it),
		cmocka_unit_test(text_that_is_no_object_contains_no_line),
	};

	return cmocka_run_group_tests(tests, init_unwrap, NULL);
}
