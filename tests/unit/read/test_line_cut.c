/* test_line_cut.c - a line that was cut off counts as a request of its client or is rejected, and
 * never counts for another client. */
#include "core/read/line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "unit/line_check.h"
#include "unit/nginx_odd_lines.h"

#define CLIENT "\"remote_addr\":\"2001:db8::7\""

#define N(array) (sizeof(array) / sizeof *(array))

static char big[LINE_LONGEST + LINE_BYTES_MAX];

/* Cuts `line` to each length, from the shortest on. While the cut line does not contain its whole
 * client, it is not a request. Every longer one counts for this client. Status and time are right
 * or unknown; if they are known in a cut line, they are known in every longer one. */
static void cut_everywhere(const char *line, size_t len, const struct line_want *want)
{
	bool known = false, status = false, timed = false;

	line_check(line, len, false, want);
	for (size_t n = 0; n < len; n++) {
		struct line_result r, r_cut;
		enum line_reason reason = line_try(line, n, false, &r);
		enum line_reason cut = line_try(line, n, true, &r_cut);
		if (reason != LINE_OK) {
			assert_false(known);
			assert_true(reason == LINE_NOT_JSON || reason == LINE_OTHER);
			assert_true(cut == (reason == LINE_OTHER ? LINE_OTHER : LINE_TOO_LONG));
			continue;
		}
		known = true;
		assert_true(r.truncated);
		assert_true(line_client_is(&r, want->client));
		assert_true(r.request.status == want->status || (r.request.status == 0 && !status));
		status |= r.request.status != 0;
		/* A line may have two members with a time. While the preferred member is cut off,
		 * the other gives the time, perhaps in whole seconds. So only seconds are compared.
		 */
		assert_true(r.request.has_time || !timed);
		if (r.request.has_time)
			assert_true(r.request.time.ms / 1000 == want->ms / 1000);
		timed |= r.request.has_time;
		assert_int_equal(cut, LINE_OK);
		assert_memory_equal(
			&r.request.client, &r_cut.request.client, sizeof(struct address));
	}
	assert_true(known);
}

static void real_line_cut_anywhere_counts_for_its_client_or_nobody(void **state)
{
	static char line[LINE_BYTES_MAX];

	(void)state;
	for (size_t i = 0; i < ODD_LINES_N; i++) {
		const struct odd_line *o = &odd_lines[i];
		if (o->run_n)
			continue; /* long runs of equal bytes test no more than short lines do */
		cut_everywhere(line, odd_line_text(o, line),
			&(struct line_want){LINE_OK, o->client, o->ms, o->status, false, false});
	}
}

static void line_after_a_header_cut_anywhere_counts_for_its_client_or_nobody(void **state)
{
	static const char *const headers[] = {"<190>Nov 22 04:16:00 web1 nginx: ",
		"<190>1 2026-11-22T04:16:00Z web1 nginx - - [a@1 k=\"{\"] ",
		"2026-11-22T04:16:00Z stdout F ", "\xef\xbb\xbf"};
	const char *members = "{\"status\":404,\"request\":\"GET /{\\\"remote_addr\\\":"
			      "\\\"203.0.113.9\\\"}\",\"a\":{\"remote_addr\":\"203.0.113.9\","
			      "\"b\":[{\"client_ip\":\"203.0.113.9\"}]}," CLIENT
			      ",\"msec\":1795320960.343,\"n\":[1,{}]}";

	(void)state;
	for (size_t i = 0; i < N(headers); i++) {
		char line[600];
		int len = snprintf(line, sizeof line, "%s%s", headers[i], members);
		cut_everywhere(line, (size_t)len,
			&(struct line_want){
				LINE_OK, "2001:db8::7", 1795320960343, 404, false, false});
	}
}

static void wrapped_line_cut_anywhere_counts_for_its_client_or_nobody(void **state)
{
	static const char line[] =
		"{\"log\":\"{\\\"status\\\":404,\\\"request\\\":\\\"GET /\\u003c{\\\\\\\"client_ip"
		"\\\\\\\":\\\\\\\"203.0.113.9\\\\\\\"}\\\",\\\"remote_addr\\\":\\\"2001:db8::7\\\","
		"\\\"msec\\\":1795320960.343,\\\"n\\\":[1,{}]}\\n\",\"stream\":\"stdout\","
		"\"attrs\":{\"tag\":\"web\"},\"time\":\"2026-11-22T04:16:01.500000001Z\"}";

	(void)state;
	cut_everywhere(line, sizeof line - 1,
		&(struct line_want){LINE_OK, "2001:db8::7", 1795320960343, 404, false, false});
}

static void missing_part_of_a_cut_line_is_unknown(void **state)
{
	static const struct {
		const char *line;
		struct line_want want;
	} cases[] = {
		{"{" CLIENT, {LINE_OK, "2001:db8::7", NO_TIME, 0, false, true}},
		{"{" CLIENT ",", {LINE_OK, "2001:db8::7", NO_TIME, 0, false, true}},
		{"{" CLIENT ",\"status\":40", {LINE_OK, "2001:db8::7", NO_TIME, 0, false, true}},
		{"{" CLIENT ",\"status\":404,",
			{LINE_OK, "2001:db8::7", NO_TIME, 404, false, true}},
		{"{" CLIENT ",\"status\":9,", {LINE_OK, "2001:db8::7", NO_TIME, 0, true, true}},
		{"{\"msec\":1795320960.343," CLIENT ",\"request\":\"GET /\\",
			{LINE_OK, "2001:db8::7", 1795320960343, 0, false, true}},
		{"{" CLIENT ",\"msec\":1795320960.3",
			{LINE_OK, "2001:db8::7", NO_TIME, 0, false, true}},
		{"{" CLIENT ",\"ua\":\"\\u00", {LINE_OK, "2001:db8::7", NO_TIME, 0, false, true}},
		{"{" CLIENT ",\"ua\":\"\\u0000", {LINE_OK, "2001:db8::7", NO_TIME, 0, false, true}},
		/* the whole line would be rejected with the same reason */
		{"{\"remote_addr\":\"x\",\"status\":404", {.reason = LINE_BAD_CLIENT}},
		{"{\"remote_addr\":\"2001:db8::7\\u0000\",\"st", {.reason = LINE_BAD_CLIENT}},
		{"{\"remote_addr\":[\"2001:db8::7\",", {.reason = LINE_BAD_CLIENT}},
		{"{" CLIENT ",\"msec\":\"x\",", {.reason = LINE_BAD_TIME}},
		/* the client is not known */
		{"{\"status\":404,\"remote_addr\":\"2001:db8::7", {.reason = LINE_NOT_JSON}},
		{"{\"a\":1,\"remote_addr\":\"2001:db8::7", {.reason = LINE_NOT_JSON}},
		{"{\"a\":{" CLIENT, {.reason = LINE_NOT_JSON}},
		/* the error is before the end, so the line was not cut off */
		{"{" CLIENT ",\"status\":,\"a\":", {.reason = LINE_NOT_JSON}},
		/* an invalid escape is text, so this line was cut off at its end */
		{"{" CLIENT ",\"a\":\"\\u00zz\",\"b\":",
			{LINE_OK, "2001:db8::7", NO_TIME, 0, false, true}},
	};

	(void)state;
	for (size_t i = 0; i < N(cases); i++)
		line_check(cases[i].line, strlen(cases[i].line), false, &cases[i].want);
}

static void check_any_prefix(const char *line, size_t len, enum line_reason want)
{
	static const struct line_config config = {.prefix_any = true};
	struct line_parser *p = line_parser_new(&config);
	struct line_result r;

	assert_non_null(p);
	enum line_reason reason = line_parse(p, line, len, false, &r);
	if (reason != want)
		fail_msg("reason %d, not %d: %.*s", (int)reason, (int)want, (int)len, line);
	if (reason == LINE_OK)
		assert_true(line_client_is(&r, "2001:db8::7"));
	line_parser_free(p);
}

/* The line begins with text that is not a known header. An object follows. */
static void object_after_unknown_text_must_be_whole(void **state)
{
	static const char whole[] = "web1: {" CLIENT ",\"status\":404}";
	static const char glued[] = "web1: {" CLIENT ",\"ua\":\"{" CLIENT ",\"status\":404}";
	static const char known[] = "\xef\xbb\xbf{" CLIENT ",\"status\":404}";

	(void)state;
	check_any_prefix(whole, sizeof whole - 1, LINE_OK);
	for (size_t n = sizeof "web1:"; n < sizeof whole - 1; n++)
		check_any_prefix(whole, n, n < sizeof "web1: " ? LINE_OTHER : LINE_NOT_JSON);
	check_any_prefix(glued, sizeof glued - 1, LINE_NOT_JSON);
	check_any_prefix(
		whole + 6, sizeof whole - 1 - 6 - 1, LINE_OK); /* the object begins the line */
	check_any_prefix(known, sizeof known - 1 - 1, LINE_OK);
}

/* nginx cuts lines of its error log off at 2048 bytes and writes a request unchanged. */
static void cut_error_line_names_no_client(void **state)
{
	static const char *const quoted[] = {"{" CLIENT ",\"status\":404,\"a\":\"",
		"{" CLIENT ",\"status\":404,\"a\":[", "\"{" CLIENT ",\"status\":404}",
		"{" CLIENT ",\"status\":404}",
		"{\"log\":\"{\\\"remote_addr\\\":\\\"2001:db8::7\\\",\\\"status\\\":404,",
		"{" CLIENT ",\"a\":\"{" CLIENT ",\"status\":404}"};
	static const char error[] =
		"2026/11/22 04:16:01 [error] 7#7: *1 open() failed (2: No such file or directory), "
		"client: 203.0.113.9, server: _, request: \"GET /";

	(void)state;
	for (size_t i = 0; i < N(quoted); i++) {
		char line[2048];
		size_t n = strlen(quoted[i]);
		memset(line, 'a', sizeof line);
		memcpy(line, error, sizeof error - 1);
		memcpy(line + sizeof line - n, quoted[i],
			n); /* the client chooses where the cut is */
		check_any_prefix(line, sizeof line, LINE_OTHER);
		line_check(line, sizeof line, false, &(struct line_want){.reason = LINE_OTHER});
		memmove(line + sizeof error - 1, line + sizeof line - n, n);
		check_any_prefix(line, sizeof line, LINE_OTHER);
	}
}

/* Makes an object of `len` bytes: `first`, a long member, `last`. */
static void make_big(size_t len, const char *first, const char *last)
{
	size_t head = strlen(first), tail = strlen(last);

	memset(big, 'a', len);
	memcpy(big, first, head);
	memcpy(big + len - tail, last, tail);
}

static void line_of_64_kib_is_read_whole(void **state)
{
	static const struct line_want want = {LINE_OK, "2001:db8::7", NO_TIME, 404, false, false};

	(void)state;
	make_big(LINE_BYTES_MAX, "{\"status\":404,\"ua\":\"", "\"," CLIENT "}");
	line_check(big, LINE_BYTES_MAX, false, &want);
	make_big(LINE_BYTES_MAX, "{\"status\":404,\"ua\":\"\\u0000", "\"," CLIENT "}");
	line_check(big, LINE_BYTES_MAX, false, &want);
}

static void longer_line_is_read_whole(void **state)
{
	static const struct line_want want = {LINE_OK, "2001:db8::7", NO_TIME, 404, false, false};
	static const size_t around[] = {LINE_BYTES_MAX, 2 * LINE_BYTES_MAX, LINE_LONGEST};

	(void)state;
	for (size_t i = 0; i < N(around); i++) {
		for (size_t len = around[i] - 3; len <= around[i] + 3 && len <= LINE_LONGEST;
			len++) {
			make_big(len, "{\"status\":404,\"ua\":\"", "\"," CLIENT "}");
			line_check(big, len, false, &want);
			make_big(len, "{" CLIENT ",\"ua\":\"\\u0000", "\",\"status\":404}");
			line_check(big, len, false, &want);
		}
	}
}

static void line_cut_off_after_64_kib_counts_for_its_client(void **state)
{
	static const struct line_want want = {LINE_OK, "2001:db8::7", NO_TIME, 404, false, true};

	(void)state;
	make_big(LINE_BYTES_MAX, "{" CLIENT ",\"status\":404,\"ua\":\"", "aaa");
	line_check(big, LINE_BYTES_MAX, true, &want);
	line_check(big, LINE_BYTES_MAX, false, &want); /* its writer cut it off at this length */
	for (size_t len = LINE_BYTES_MAX + 1; len < LINE_BYTES_MAX + 4; len++) {
		make_big(len, "{" CLIENT ",\"status\":404,\"ua\":\"", "aaa");
		line_check(big, len, false, &want);
		make_big(len, "{" CLIENT ",\"status\":404,\"request\":\"", "a\\u");
		line_check(big, len, false, &want);
		make_big(len, "{\"status\":404,\"request\":\"", "\"," CLIENT);
		line_check(big, len, false, &want);
		make_big(len, "{\"request\":\"", "\"," CLIENT ",\"status\":404,");
		line_check(big, len, false, &want);
		make_big(len, "{\"status\":404,\"request\":\"", "\"}," CLIENT);
		line_check(big, len, false, &(struct line_want){.reason = LINE_NOT_JSON});
		make_big(len, "{\"status\":404,\"a\":{\"request\":\"", "\"," CLIENT);
		line_check(big, len, false, &(struct line_want){.reason = LINE_NOT_JSON});
	}
}

static void line_over_4_mib_counts_by_its_first_4_mib(void **state)
{
	static const struct line_want want = {LINE_OK, "2001:db8::7", NO_TIME, 404, false, true};

	(void)state;
	for (size_t len = LINE_LONGEST + 1; len < LINE_LONGEST + 4; len++) {
		make_big(len, "{" CLIENT ",\"status\":404,\"ua\":\"", "\"}");
		line_check(big, len, false, &want);
		line_check(big, LINE_LONGEST, true, &want);
	}
	make_big(sizeof big, "{" CLIENT ",\"status\":404,\"ua\":\"\\u0000", "\"}");
	line_check(big, sizeof big, false, &want);
}

static void line_over_4_mib_without_client_at_its_beginning_is_too_long(void **state)
{
	static const struct line_want want = {.reason = LINE_TOO_LONG};

	(void)state;
	make_big(LINE_LONGEST + 2, "{\"status\":404,\"ua\":\"", "\"," CLIENT "}");
	line_check(big, LINE_LONGEST + 2, false, &want);
	line_check(big, LINE_LONGEST, true, &want);
	make_big(LINE_LONGEST, "{\"ua\":\"", "aaa");
	line_check(big, LINE_LONGEST, true, &want);
	line_check(big, LINE_BYTES_MAX, true, &want);
	/* the client ends with the first byte that is left out */
	make_big(LINE_LONGEST + 1, "{\"status\":404,\"ua\":\"", "\"," CLIENT);
	line_check(big, LINE_LONGEST, true, &want);
	line_check(big, LINE_LONGEST + 1, false, &want);
}

static void line_cut_right_after_its_client_counts_for_the_client(void **state)
{
	static const struct line_want want = {LINE_OK, "2001:db8::7", NO_TIME, 404, false, true};

	(void)state;
	make_big(LINE_BYTES_MAX, "{\"status\":404,\"ua\":\"", "\"," CLIENT);
	line_check(big, LINE_BYTES_MAX, true, &want);
	make_big(LINE_LONGEST, "{\"status\":404,\"ua\":\"", "\"," CLIENT);
	line_check(big, LINE_LONGEST, true, &want);
}

static void blanks_after_an_object_are_accepted_unless_the_line_was_cut(void **state)
{
	static const char object[] = "{" CLIENT ",\"status\":404}";

	(void)state;
	for (size_t len = LINE_BYTES_MAX; len <= LINE_LONGEST;
		len += LINE_LONGEST - LINE_BYTES_MAX) {
		memset(big, ' ', len);
		memcpy(big, object, sizeof object - 1);
		line_check(big, len, true, &(struct line_want){.reason = LINE_NOT_JSON});
		line_check(big, len, false,
			&(struct line_want){LINE_OK, "2001:db8::7", NO_TIME, 404, false, false});
		big[len - 1] = 'x';
		line_check(big, len, false, &(struct line_want){.reason = LINE_NOT_JSON});
	}
}

static void long_text_is_rejected_as_other(void **state)
{
	(void)state;
	memset(big, 'a', sizeof big);
	line_check(big, LINE_BYTES_MAX, true, &(struct line_want){.reason = LINE_OTHER});
	line_check(big, sizeof big, false, &(struct line_want){.reason = LINE_OTHER});
	memset(big, '[', sizeof big);
	line_check(big, LINE_BYTES_MAX, true, &(struct line_want){.reason = LINE_OTHER});
}

static void nul_is_found_within_4_mib(void **state)
{
	(void)state;
	make_big(sizeof big, "{" CLIENT ",\"ua\":\"", "\"}");
	big[LINE_LONGEST] = '\0';
	line_check(big, sizeof big, false,
		&(struct line_want){LINE_OK, "2001:db8::7", NO_TIME, 0, false, true});
	big[LINE_LONGEST - 1] = '\0';
	line_check(big, sizeof big, false, &(struct line_want){.reason = LINE_NUL});
}

/* Objects that a client nests are skipped, in a line of any length. */
static void deep_nesting_hides_no_client(void **state)
{
	static const struct line_want want = {LINE_OK, "2001:db8::7", NO_TIME, 0, false, true};
	static const char before[] = "{" CLIENT ",\"a\":", behind[] = ",\"status\":404}";

	(void)state;
	make_big(LINE_BYTES_MAX, before, "");
	memset(big + strlen(before), '[', LINE_BYTES_MAX / 2);
	line_check(big, LINE_BYTES_MAX, false, &want);
	line_check(big, LINE_BYTES_MAX, true, &want);
	memset(big + LINE_BYTES_MAX / 2, '[', LINE_LONGEST - LINE_BYTES_MAX / 2);
	line_check(big, LINE_LONGEST, false, &want);
	for (size_t depth = 60; depth < 2000; depth++) {
		size_t n = (size_t)sprintf(big, "%s", before);
		memset(big + n, '[', depth);
		memset(big + n + depth, ']', depth);
		n += 2 * depth + (size_t)sprintf(big + n + 2 * depth, "%s", behind);
		line_check(big, n, false,
			&(struct line_want){LINE_OK, "2001:db8::7", NO_TIME, 404, false, false});
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_line_cut_anywhere_counts_for_its_client_or_nobody),
		cmocka_unit_test(line_after_a_header_cut_anywhere_counts_for_its_client_or_nobody),
		cmocka_unit_test(wrapped_line_cut_anywhere_counts_for_its_client_or_nobody),
		cmocka_unit_test(missing_part_of_a_cut_line_is_unknown),
		cmocka_unit_test(object_after_unknown_text_must_be_whole),
		cmocka_unit_test(cut_error_line_names_no_client),
		cmocka_unit_test(line_of_64_kib_is_read_whole),
		cmocka_unit_test(longer_line_is_read_whole),
		cmocka_unit_test(line_cut_off_after_64_kib_counts_for_its_client),
		cmocka_unit_test(line_over_4_mib_counts_by_its_first_4_mib),
		cmocka_unit_test(line_over_4_mib_without_client_at_its_beginning_is_too_long),
		cmocka_unit_test(line_cut_right_after_its_client_counts_for_the_client),
		cmocka_unit_test(blanks_after_an_object_are_accepted_unless_the_line_was_cut),
		cmocka_unit_test(long_text_is_rejected_as_other),
		cmocka_unit_test(nul_is_found_within_4_mib),
		cmocka_unit_test(deep_nesting_hides_no_client),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
