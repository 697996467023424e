/* test_line_long.c - a line that a client makes long gives the same result as a short one. */
#include "core/read/line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "unit/line_check.h"
#include "unit/random.h"
#include "unit/same_result.h"

#define N(array)  (sizeof(array) / sizeof *(array))
#define ROOM      (1024 * 1024)
#define FORGED    "{\\\"remote_addr\\\":\\\"203.0.113.9\\\",\\\"status\\\":200}"
#define RUN_BYTES 70000

/* Lines of servers. A client writes the text at each @, and the members at each #. */
static const struct {
	const char *line;
	struct line_want want;
} servers[] = {
	{"{\"remote_addr\":\"2001:db8::7\",\"msec\":1795320960.343,\"request\":\"GET /@ HTTP/1.1\","
	 "\"status\":404,\"ua\":\"@\",\"x_forwarded_for\":\"@\"}",
		{LINE_OK, "2001:db8::7", 1795320960343, 404, false, false}},
	{"{\"ua\":\"@\",\"http_x_forwarded_for\":\"@\",\"request\":\"@\",\"status\":\"404\","
	 "\"time_iso8601\":\"2026-11-22T04:16:00Z\",\"remote_addr\":\"198.51.100.7\"}",
		{LINE_OK, "198.51.100.7", 1795320960000, 404, false, false}},
	{"{\"level\":\"info\",\"ts\":1795320960.343,\"logger\":\"http.log.access.log0\",\"msg\":"
	 "\"handled request\",\"request\":{\"remote_ip\":\"2001:db8::7\",\"remote_port\":\"1\","
	 "\"method\":\"@\",\"uri\":\"/@\",\"headers\":{#\"X-Forwarded-For\":[\"@\",\"@\"],"
	 "\"User-Agent\":[\"@\"]}},\"user_id\":\"@\",\"status\":401,\"resp_headers\":{\"Location\":"
	 "[\"https://example.test/@\"],\"Vary\":[]}}",
		{LINE_OK, "2001:db8::7", 1795320960343, 401, false, false}},
	{"{\"ClientAddr\":\"[2001:db8::7]:1\",\"ClientHost\":\"@\",\"DownstreamStatus\":403,"
	 "\"RequestPath\":\"/@\",\"request_User-Agent\":\"@\",\"request_X-Forwarded-For\":\"@\","
	 "\"time\":\"2026-11-22T04:16:00Z\"}",
		{LINE_OK, "2001:db8::7", 1795320960000, 403, false, false}},
	{"{\"client_ip\":\"198.51.100.7\",\"request_date\":\"2026-11-22T04:16:00Z\",\"uri\":\"/@\","
	 "\"status_code\":404,\"time_active\":0,\"method\":\"GET\"}",
		{LINE_OK, "198.51.100.7", 1795320960000, 404, false, false}},
	{"{\"log\":\"{\\\"remote_addr\\\":\\\"2001:db8::7\\\",\\\"request\\\":\\\"GET /%\\\","
	 "\\\"msec\\\":1795320960.343,\\\"status\\\":404}\\n\",\"stream\":\"stdout\","
	 "\"time\":\"2026-11-22T04:16:01.500000001Z\"}",
		{LINE_OK, "2001:db8::7", 1795320960343, 404, false, false}},
};

static const char *const headers[] = {"", " ", "\xef\xbb\xbf",
	"<190>Nov 22 04:16:00 web1 nginx: ", "<190>1 2026-11-22T04:16:00Z web1 nginx - - - ",
	"2026-11-22T04:16:00Z stdout F "};

static const char *const texts[] = {"a", "\\\\", "\\\"", "\\u0000", "\\\"},", FORGED, "\\\\\\\"",
	"{[", "}]", "\\ud83d\\ude00", "203.0.113.9, ", "\\\"status\\\":200,"};

/* Appends about `len` bytes of text to the n bytes of line; `shift` of them are another
 * character. */
static size_t add_run(char *line, size_t n, const char *text, size_t len, size_t shift)
{
	size_t text_n = strlen(text);

	memset(line + n, 'x', shift);
	n += shift;
	for (size_t end = n + len; n < end; n += text_n)
		memcpy(line + n, text, text_n);
	return n;
}

/* Appends the same text in the form for a string inside a string. */
static size_t add_run_inside(char *line, size_t n, const char *text, size_t len, size_t shift)
{
	char inside[200];
	size_t k = 0;

	for (; *text; text++) {
		if (*text == '\\' || *text == '"')
			inside[k++] = '\\';
		inside[k++] = *text;
	}
	inside[k] = '\0';
	return add_run(line, n, inside, len, shift);
}

/* `which` is the place that is made long, or SIZE_MAX for all places. The other places stay empty.
 * *places is the number of places. */
static size_t make_line(char *line, const char *header, const char *server, const char *text,
	size_t len, size_t shift, size_t which, size_t *places)
{
	size_t n = strlen(header);

	*places = 0;
	memcpy(line, header, n);
	for (const char *s = server; *s; s++) {
		if (*s != '@' && *s != '#' && *s != '%') {
			line[n++] = *s;
			continue;
		}
		if ((*places)++ != which && which != SIZE_MAX)
			continue;
		if (*s == '#')
			n += (size_t)sprintf(line + n, "\"X-A\":[\"");
		n = *s == '%' ? add_run_inside(line, n, text, len, shift)
			      : add_run(line, n, text, len, shift);
		if (*s == '#')
			n += (size_t)sprintf(line + n, "\"],");
	}
	return n;
}

static void long_text_at_any_place_changes_nothing(void **state)
{
	char *line = malloc(ROOM);
	size_t places;

	(void)state;
	assert_non_null(line);
	for (size_t i = 0; i < N(servers); i++) {
		for (size_t k = 0; k < N(texts); k++) {
			places = 1;
			for (size_t which = 0; which < places; which++) {
				const char *header = headers[(i + k + which) % N(headers)];
				size_t n = make_line(line, header, servers[i].line, texts[k],
					RUN_BYTES, k, which, &places);
				line_check(line, n, false, &servers[i].want);
			}
			size_t n = make_line(line, headers[0], servers[i].line, texts[k], RUN_BYTES,
				0, SIZE_MAX, &places);
			line_check(line, n, false, &servers[i].want);
		}
	}
	free(line);
}

/* A block has 64 bytes, so the objects begin at 130 offsets. Lines of up to 64 KiB are not
 * condensed, so the lengths lie around 64 KiB. */
static void forged_object_at_any_offset_changes_nothing(void **state)
{
	char *line = malloc(ROOM);
	size_t places;

	(void)state;
	assert_non_null(line);
	for (size_t i = 0; i < N(servers); i++) {
		for (size_t shift = 0; shift < 130; shift++) {
			size_t n = make_line(line, "", servers[i].line, FORGED,
				LINE_BYTES_MAX - 400 + 7 * shift, shift, shift % 3, &places);
			if (places > shift % 3)
				line_check(line, n, false, &servers[i].want);
		}
	}
	free(line);
}

/* The line is cut off at random. It counts for its client or is rejected, and has no wrong status
 * or time. */
static void long_line_cut_anywhere_counts_for_its_client_or_nobody(void **state)
{
	struct random r = random_new(1);
	char *line = malloc(ROOM);
	size_t places;

	(void)state;
	random_note();
	assert_non_null(line);
	for (int i = 0; i < 600; i++) {
		size_t k = random_below(&r, N(servers)), t = random_below(&r, N(texts));
		const struct line_want *want = &servers[k].want;
		size_t n = make_line(line, headers[random_below(&r, N(headers))], servers[k].line,
			texts[t], RUN_BYTES, random_below(&r, 64), random_below(&r, 3), &places);
		size_t most = random_below(&r, 3) && n > 400 ? 400 : n;
		size_t cut = n - 1 - random_below(&r, most);
		struct line_result got;
		enum line_reason reason = line_try(line, cut, random_below(&r, 2), &got);
		if (reason != LINE_OK) {
			assert_true(reason == LINE_NOT_JSON || reason == LINE_OTHER ||
				    reason == LINE_TOO_LONG);
			continue;
		}
		assert_true(line_client_is(&got, want->client));
		assert_true(got.request.status == want->status || got.request.status == 0);
		if (got.request.has_time)
			assert_true(got.request.time.ms / 1000 == want->ms / 1000);
	}
	free(line);
}

static void broken_long_line_is_not_json_and_its_error_is_located(void **state)
{
	struct line_parser *p = line_parser_new(&(struct line_config){0});
	char *line = malloc(ROOM);
	struct line_explanation view;
	struct line_result r;
	size_t n;

	(void)state;
	assert_true(p && line);
	n = add_run(
		line, (size_t)sprintf(line, "<1>Nov 22 04:16:00 a: {\"a\":\""), "a", RUN_BYTES, 0);
	size_t at = n + sizeof "\",\"rt\":" - 1;
	n += (size_t)sprintf(
		line + n, "\",\"rt\":, \"remote_addr\":\"2001:db8::7\",\"status\":404}");
	assert_int_equal(line_explain(p, line, n, false, &r, &view), LINE_NOT_JSON);
	assert_int_equal(view.error_at, at);
	assert_memory_equal(view.error_text, ", \"remote_addr\"", 15);
	/* half a line and then a whole line, as after copytruncate: only short lines can be
	 * separated */
	n = add_run(line, (size_t)sprintf(line, "{\"remote_addr\":\"::1\",\"a\":\""), "a",
		RUN_BYTES, 0);
	n += (size_t)sprintf(line + n, "{\"remote_addr\":\"2001:db8::7\",\"status\":404}");
	assert_int_equal(line_parse(p, line, n, false, &r), LINE_NOT_JSON);
	line_parser_free(p);
	free(line);
}

/* A client can send bytes that Apache writes as escapes. The repair lengthens \v most: from two
 * bytes to six. */
static void apaches_escapes_are_repaired_in_lines_of_any_length(void **state)
{
	static const char *const escapes[] = {"\\x22", "\\v", "\\x1b\\v", "\\q", "\\ud800"};
	static const char *const clients[] = {"2001:db8::7", "198.51.100.7"};
	char *line = malloc(ROOM);

	(void)state;
	assert_non_null(line);
	for (size_t i = 0; i < N(escapes) * N(clients); i++) {
		struct line_want want = {LINE_OK, clients[i % 2], 1795320960000, 404, false, false};
		for (size_t len = 0; len <= RUN_BYTES; len += len < 65000 ? 4999 : 100) {
			size_t n = (size_t)sprintf(line,
				"{\"remoteIP\":\"%s\",\"time\":\"2026-11-22T04:16:00Z\","
				"\"bytes\":-,\"request\":\"GET /",
				want.client);
			n = add_run(line, n, escapes[i / 2], len, 0);
			n += (size_t)sprintf(line + n, "\",\"duration\":-,\"status\":\"404\"}");
			line_check(line, n, false, &want);
		}
	}
	free(line);
}

/* A log shipper may escape half a surrogate pair that a client sent. The wrapped line is read,
 * whether it is short or long. */
static void half_a_surrogate_pair_hides_no_long_wrapped_line(void **state)
{
	char *line = malloc(ROOM);
	size_t n;

	(void)state;
	assert_non_null(line);
	n = (size_t)sprintf(line,
		"{\"host\":\"web1\",\"message\":\"{\\\"remote_addr\\\":\\\"2001:db8::7\\\","
		"\\\"ua\\\":\\\"\\ud800");
	n = add_run(line, n, "a", RUN_BYTES, 0);
	n += (size_t)sprintf(line + n, "\\\",\\\"msec\\\":1795320960.343,\\\"status\\\":404}\"}");
	line_check(line, n, false,
		&(struct line_want){LINE_OK, "2001:db8::7", 1795320960343, 404, false, false});
	free(line);
}

/* The client behind a trusted proxy is found, however many forwarded addresses the client
 * forges. */
static void client_behind_a_proxy_is_at_the_end_of_a_long_list(void **state)
{
	static const struct {
		const char *begin, *before, *after;
	} shapes[] = {
		{"{\"remote_addr\":\"10.0.0.1\",\"status\":404,\"x_forwarded_for\":\"", "", "\"}"},
		{"{\"request\":{\"remote_ip\":\"10.0.0.1\",\"headers\":{\"X-Forwarded-For\":[\"",
			"", "\"]}},\"ts\":1795320960,\"status\":404}"},
		{"{\"request\":{\"remote_ip\":\"10.0.0.1\",\"headers\":{\"X-Forwarded-For\":"
		 "[\"a\",\"",
			"\", \"", "\" ]}},\"ts\":1795320960,\"status\":404}"},
	};
	static const char list[] = ", 2001:db8::7, 10.0.0.2,10.0.0.3";
	struct allow *trusted = allow_new();
	struct address network;
	char *line = malloc(ROOM);
	struct line_result r;

	(void)state;
	assert_true(trusted && line);
	assert_true(
		address_parse_prefix("10.0.0.0/8", 10, &network) && allow_add(trusted, &network));
	allow_seal(trusted);
	struct line_parser *p = line_parser_new(&(struct line_config){.extract.trusted = trusted});
	assert_non_null(p);
	for (size_t i = 0; i < N(shapes); i++) {
		for (size_t k = 0; k < N(texts); k++) {
			for (size_t shift = 0; shift < 12; shift++) {
				size_t n = strlen(shapes[i].begin);
				memcpy(line, shapes[i].begin, n);
				n = add_run(line, n, texts[k], RUN_BYTES, shift);
				n += (size_t)sprintf(line + n, "%s%s%s", shapes[i].before, list,
					shapes[i].after);
				assert_int_equal(line_parse(p, line, n, false, &r), LINE_OK);
				assert_true(line_client_is(&r, "2001:db8::7"));
				assert_true(r.request.behind_proxy);
			}
		}
	}
	line_parser_free(p);
	allow_free(trusted);
	free(line);
}

static void long_combined_line_has_its_status(void **state)
{
	struct line_parser *p = line_parser_new(&(struct line_config){.combined = true});
	char *line = malloc(LINE_LONGEST + 100);
	struct line_result r;

	(void)state;
	assert_true(p && line);
	for (size_t len = RUN_BYTES; len <= LINE_LONGEST; len += LINE_LONGEST - 200 - RUN_BYTES) {
		size_t n = (size_t)sprintf(
			line, "2001:db8::7 - - [22/Nov/2026:04:16:00 +0000] \"GET /");
		n = add_run(line, n, "\\\"] \\\" ", len, 0);
		n += (size_t)sprintf(line + n, " HTTP/1.1\" 404 1 \"-\" \"a\"");
		if (n > LINE_LONGEST)
			break;
		assert_int_equal(line_parse(p, line, n, false, &r), LINE_OK);
		assert_true(line_client_is(&r, "2001:db8::7"));
		assert_int_equal(r.request.status, 404);
		assert_false(r.truncated);
	}
	line_parser_free(p);
	free(line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(long_text_at_any_place_changes_nothing),
		cmocka_unit_test(forged_object_at_any_offset_changes_nothing),
		cmocka_unit_test(long_line_cut_anywhere_counts_for_its_client_or_nobody),
		cmocka_unit_test(broken_long_line_is_not_json_and_its_error_is_located),
		cmocka_unit_test(apaches_escapes_are_repaired_in_lines_of_any_length),
		cmocka_unit_test(half_a_surrogate_pair_hides_no_long_wrapped_line),
		cmocka_unit_test(client_behind_a_proxy_is_at_the_end_of_a_long_list),
		cmocka_unit_test(long_combined_line_has_its_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
