/* test_envelope.c - the object of a line is found behind the known headers, and behind no others. */
#include "core/read/envelope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define OBJECT "{\"remote_addr\":\"198.51.100.7\",\"status\":200}"
#define BOM    "\xef\xbb\xbf"

/* The longest token that RFC 5424 allows is a host name of 255 bytes. */
#define HOST_MAX 255

/* From the heap, so that a sanitizer sees a read past the length. */
static size_t measure(const char *line, size_t len)
{
	char *copy = malloc(len + !len);

	assert_non_null(copy);
	memcpy(copy, line, len);
	size_t n = envelope_len(copy, len, &(struct envelope){NULL, false});
	free(copy);
	return n;
}

static const char *const known[] = {
	"",
	" ",
	"\t  ",
	BOM,
	BOM " ",
	/* RFC 3164, as nginx and rsyslog write it */
	"<190>Nov 22 04:16:00 nginx: ",
	"<190>Nov 22 04:16:00 web1 nginx: ",
	"<190>Nov  2 04:16:00 web1 nginx[4321]: ",
	"<190>Nov 22 04:16:00 2001:db8::1 nginx: ",
	"<7>Jan 01 00:00:00 192.0.2.1 nginx: ",
	"Nov 22 04:16:00 web1 nginx: ",
	/* RFC 5424 */
	"<190>1 2026-11-22T04:16:00.123Z web1 nginx 4321 - - ",
	"<190>1 2026-11-22T04:16:00.123456+01:00 web1 nginx - access - ",
	"<190>1 - - - - - - ",
	"<190>1 - web1 nginx - - - " BOM,
	"<190>1 - web1 nginx - - [a@1 k=\"v\"] ",
	"<190>1 - web1 nginx - - [a@1 k=\"v\" l=\"]\"][b@2 k=\"\\\"]{\"] ",
	"<190>1 - web1 nginx - - [a@1 k=\"{\"] " BOM,
	/* rsyslog's files */
	"2026-11-22T04:16:00.123456+01:00 web1 nginx: ",
	"2026-11-22T04:16:00Z 2001:db8::1 nginx[4321]:  ",
	/* CRI */
	"2026-11-22T04:16:00Z stdout P ",
	"2026-11-22T04:16:00Z stderr F ",
	"2026-11-22T04:16:00.123456789+01:00 stdout F ",
	"2026-11-22T04:16:00Z stdout F ",
};

#define KNOWN_N (sizeof known / sizeof *known)

static void object_is_found_behind_each_known_header(void **state)
{
	(void)state;
	for (size_t i = 0; i < KNOWN_N; i++) {
		char line[1024];
		int len = snprintf(line, sizeof line, "%s%s", known[i], OBJECT);
		if (measure(line, (size_t)len) != strlen(known[i]))
			fail_msg("%s", line);
	}
}

static void header_cut_anywhere_has_no_object(void **state)
{
	(void)state;
	for (size_t i = 0; i < KNOWN_N; i++)
		for (size_t len = 0; len <= strlen(known[i]); len++)
			assert_true(measure(known[i], len) == ENVELOPE_NONE);
}

static void object_behind_two_headers_is_not_found(void **state)
{
	(void)state;
	for (size_t i = 5; i < KNOWN_N; i++) { /* the first are blanks, which may follow a header */
		for (size_t k = 5; k < KNOWN_N; k++) {
			char line[1024];
			int len = snprintf(line, sizeof line, "%s%s%s", known[i], known[k], OBJECT);
			assert_true(measure(line, (size_t)len) == ENVELOPE_NONE);
		}
	}
}

static void object_behind_other_text_is_not_found(void **state)
{
	static const char *const other[] = {
		"x",
		"GET /",
		"[",
		"\"",
		"null ",
		" " BOM,
		BOM BOM,
		"\n",
		"2026/11/22 04:16:00 [error] 12#12: *1 open() \"/srv/",
		"2026/11/22 04:16:00 [error] 12#12: *1 client: 203.0.113.9, request: \"GET /",
		/* syslog whose message begins with text: nginx's error log */
		"<187>Nov 22 04:16:00 web1 nginx: 2026/11/22 04:16:00 [error] 12#12: \"GET /",
		"<187>Nov 22 04:16:00 web1 nginx: GET /",
		"<190>1 - web1 nginx - - - GET /",
		"<190>1 - web1 nginx - - [a@1 k=\"v\"] GET /",
		/* not quite a header */
		"<190>",
		"<>Nov 22 04:16:00 web1 nginx: ",
		"<1900>Nov 22 04:16:00 web1 nginx: ",
		"<19x>Nov 22 04:16:00 web1 nginx: ",
		"<190>Nev 22 04:16:00 web1 nginx: ",
		"<190>nov 22 04:16:00 web1 nginx: ",
		"<190>Nov 2x 04:16:00 web1 nginx: ",
		"<190>Nov 22 4:16:00 web1 nginx: ",
		"<190>Nov 22 04:16:00 web1 nginx ",
		"<190>Nov 22 04:16:00 web1 nginx:",
		"<190>Nov 22 04:16:00 web1 www nginx: ",
		"<190>Nov 22 04:16:00 web\x01 nginx: ",
		"<190>2 - web1 nginx - - - ",
		"<190>1 yesterday web1 nginx - - - ",
		"<190>1 - web1 nginx - - ",
		"<190>1 - web1 nginx - - - - ",
		"<190>1 - web1 nginx - - [a@1 k=\"v\"]",
		"<190>1 - web1 nginx - - [a@1 k=\"v\" ",
		"<190>1 - web1 nginx - - [a@1 k=\"v\"]x ",
		"1 - web1 nginx - - - ",
		"2026-11-22T04:16:00Z stderr Q ",
		"2026-11-22T04:16:00Z stdout Q ",
		"2026-11-22T04:16:00Z web1 nginx ",
		"2026-11-22T04:16:00 web1 nginx: ",
		"1795320960 web1 nginx: ",
		"2026-11-22T04:16:00Z web1: nginx: ",
		"2026-11-22T04:16:00Z stdout F",
		"2026-11-22T04:16:00Z stdout F x",
		"2026-11-22T04:16:00 stdout F ",
		"now stdout F ",
	};

	(void)state;
	for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
		char line[1024];
		int len = snprintf(line, sizeof line, "%s%s", other[i], OBJECT);
		if (measure(line, (size_t)len) != ENVELOPE_NONE)
			fail_msg("taken: %s", line);
	}
}

static void line_without_an_object_has_none(void **state)
{
	static const char *const none[] = {"", " ", "\t", BOM, "[]", "null", "12", "\"{\"", "-"};

	(void)state;
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		assert_true(measure(none[i], strlen(none[i])) == ENVELOPE_NONE);
}

static void object_may_be_a_brace_alone(void **state)
{
	(void)state;
	assert_int_equal(measure("{", 1), 0);
	assert_int_equal(measure(" {", 2), 1);
}

static void host_name_is_bounded(void **state)
{
	(void)state;
	for (int n = HOST_MAX; n <= HOST_MAX + 1; n++) {
		char line[1024];
		int before = snprintf(line, sizeof line, "<190>Nov 22 04:16:00 %0*d nginx: ", n, 1);
		int len = before + snprintf(line + before, sizeof line - (size_t)before, OBJECT);
		size_t want = n == HOST_MAX ? (size_t)before : ENVELOPE_NONE;
		assert_true(measure(line, (size_t)len) == want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(object_is_found_behind_each_known_header),
		cmocka_unit_test(header_cut_anywhere_has_no_object),
		cmocka_unit_test(object_behind_two_headers_is_not_found),
		cmocka_unit_test(object_behind_other_text_is_not_found),
		cmocka_unit_test(line_without_an_object_has_none),
		cmocka_unit_test(object_may_be_a_brace_alone),
		cmocka_unit_test(host_name_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
