/* test_request_text.c - a request as a text for people: printable, whatever the client asked for,
 * and never too long.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "core/record/request_text.h"

static struct request_text set_text(
	const char *method, const char *path, size_t path_len, uint16_t status)
{
	struct request r = {.status = status, .path_len = (uint16_t)path_len};
	struct request_text t;

	snprintf(r.method, sizeof r.method, "%s", method);
	memcpy(r.path, path, path_len);
	memset(&t, 0xa5, sizeof t);
	request_text_set(&t, &r);
	return t;
}

static struct request_text set_path(const char *path)
{
	return set_text("GET", path, strlen(path), 404);
}

static void assert_line(const struct request_text *t, size_t room, const char *wanted)
{
	assert_string_equal(request_text_line(t, room).s, wanted);
}

static void request_is_method_path_and_status(void **unused)
{
	struct request_text t = set_text("POST", "/wp-login.php", 13, 200);

	(void)unused;
	assert_true(request_text_is_known(&t));
	assert_line(&t, REQUEST_LINE_MAX, "POST /wp-login.php 200");
	t = set_text("", "/x", 2, 0);
	assert_line(&t, REQUEST_LINE_MAX, "/x");
	t = set_text("GET", "", 0, 400);
	assert_line(&t, REQUEST_LINE_MAX, "GET 400");
}

static void line_without_method_and_path_has_no_request_text(void **unused)
{
	struct request_text t = set_text("", "", 0, 404), none;

	(void)unused;
	assert_false(request_text_is_known(&t));
	assert_line(&t, REQUEST_LINE_MAX, "");
	memset(&none, 0xa5, sizeof none);
	request_text_set(&none, NULL);
	assert_memory_equal(&t, &none, sizeof t);
	memset(&none, 0, sizeof none);
	assert_memory_equal(&t, &none, sizeof t);
}

static void byte_that_is_not_printable_becomes_a_question_mark(void **unused)
{
	static const char nul[] = "/a\0b";
	struct request_text t = set_path("/\033[2J\r\n\t\x7f\x9b\xc2\x9b");

	(void)unused;
	assert_string_equal(t.path, "/?[2J???????");
	t = set_path("/a\u202etxt.exe\u2066\u00e9");
	assert_string_equal(t.path, "/a???txt.exe?????");
	t = set_text("\033[1m", nul, 4, 200);
	assert_string_equal(t.path, "/a?b");
	assert_string_equal(t.method, "?[1m");
	t = set_path("/<script>\"'&\\|");
	assert_string_equal(t.path, "/<script>\"'&\\|");
}

static void long_path_is_cut(void **unused)
{
	char path[REQUEST_PATH_MAX];
	struct request_text t;

	(void)unused;
	memset(path, 'a', sizeof path);
	t = set_text("AVERYLONGMETHOD", path, sizeof path, 404);
	assert_int_equal(strlen(t.path), REQUEST_PATH_SHOWN_MAX);
	t.status = UINT32_MAX;
	assert_int_equal(strlen(request_text_line(&t, SIZE_MAX).s), 15 + 1 + 100 + 1 + 10);
}

static void line_keeps_method_and_status_in_a_narrow_column(void **unused)
{
	struct request_text t = set_path("/a/path/that/is/long.php");

	(void)unused;
	assert_line(&t, 32, "GET /a/path/that/is/long.php 404");
	assert_line(&t, 31, "GET /a/path/that/is/long... 404");
	assert_line(&t, 16, "GET /a/pa... 404");
	assert_line(&t, 15, "");
	t = set_text("GET", "", 0, 400);
	assert_line(&t, 6, "");
	for (size_t len = 0; len < 100; len++) {
		t = set_text("GET",
			"/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
			"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
			len, 404);
		for (size_t room = 0; room < 130; room++)
			assert_true(strlen(request_text_line(&t, room).s) <= room);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(request_is_method_path_and_status),
		cmocka_unit_test(line_without_method_and_path_has_no_request_text),
		cmocka_unit_test(byte_that_is_not_printable_becomes_a_question_mark),
		cmocka_unit_test(long_path_is_cut),
		cmocka_unit_test(line_keeps_method_and_status_in_a_narrow_column),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
