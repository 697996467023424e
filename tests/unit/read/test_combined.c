/* test_combined.c - lines of the common and combined formats, and the text that clients can write
 * into them.
 */
#include "core/read/combined.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/read/line.h"

#define TIME    "22/Nov/2026:10:00:00 +0000"
#define TIME_MS ((int64_t)1795341600000)

static struct line_parser *parser;

static int make_parser(void **state)
{
	(void)state;
	parser = line_parser_new(&(struct line_config){.combined = true});
	return parser ? 0 : -1;
}

static int free_parser(void **state)
{
	(void)state;
	line_parser_free(parser);
	return 0;
}

/* Copies the line to the heap, so that a sanitizer detects a read past its end. */
static enum line_reason parse(const char *line, size_t len, struct line_result *out)
{
	char *copy = malloc(len + !len);

	assert_non_null(copy);
	memcpy(copy, line, len);
	enum line_reason reason = line_parse(parser, copy, len, false, out);
	free(copy);
	return reason;
}

static bool is_client(const struct line_result *r, const char *client)
{
	struct address a;

	assert_true(address_parse(client, strlen(client), &a));
	return address_equal(&a, &r->request.client);
}

/* Checks a whole line with the time TIME. */
static void gives(const char *line, const char *client, int status)
{
	struct line_result r;
	enum line_reason reason = parse(line, strlen(line), &r);

	if (reason != LINE_OK)
		fail_msg("reason %d: %s", (int)reason, line);
	if (!is_client(&r, client))
		fail_msg("the client is not %s: %s", client, line);
	if (!r.request.has_time || r.request.time.ms != TIME_MS)
		fail_msg("the time is %lld: %s", (long long)r.request.time.ms, line);
	if (r.request.status != status || r.truncated || r.bad_status)
		fail_msg("status %d: %s", r.request.status, line);
	assert_int_equal(r.request.count, 1);
}

static void rejects(const char *line, enum line_reason want)
{
	struct line_result r;
	enum line_reason reason = parse(line, strlen(line), &r);

	if (reason != want)
		fail_msg("reason %d, not %d: %s", (int)reason, (int)want, line);
}

static void common_and_combined_lines_are_read(void **state)
{
	(void)state;
	gives("198.51.100.7 - - [" TIME "] \"GET / HTTP/1.1\" 200 612", "198.51.100.7", 200);
	gives("198.51.100.7 - - [" TIME "] \"GET / HTTP/1.1\" 404 - \"-\" \"curl/8\"",
		"198.51.100.7", 404);
	gives("2001:db8::7 - alice [" TIME "] \"GET / HTTP/2.0\" 301 0 \"http://a/\" \"x\" \"y\"",
		"2001:db8::7", 301);
	gives("::ffff:198.51.100.7 - - [" TIME "] \"GET / HTTP/1.1\" 200 1", "198.51.100.7", 200);
	gives("fe80::7%eth0 - - [" TIME "] \"GET / HTTP/1.1\" 200 1", "fe80::7", 200);
	gives("198.51.100.7 - - [" TIME "] \"\" 400 0 \"-\" \"-\"\r", "198.51.100.7", 400);
	gives("198.51.100.7 - - [" TIME "] \"GET / HTTP/1.1\" - 0", "198.51.100.7", 0);
}

static void odd_status_is_unknown(void **state)
{
	struct line_result r;
	static const char line[] = "2001:db8::7 - - [" TIME "] \"GET /\" 000 0";
	static const char bad[] = "2001:db8::7 - - [" TIME "] \"GET /\" abc 0";

	(void)state;
	assert_int_equal(parse(line, sizeof line - 1, &r), LINE_OK);
	assert_int_equal(r.request.status, 0);
	assert_int_equal(parse(bad, sizeof bad - 1, &r), LINE_OK);
	assert_int_equal(r.request.status, 0);
	assert_true(r.bad_status);
}

/* Servers escape only quotes in the text that clients write. */
static void user_name_forges_nothing(void **state)
{
	static const char *const users[] = {"a b", "[", "]", "]]", "[[",
		"x [01/Jan/2000:00:00:00 +0000]",
		"x [01/Jan/2000:00:00:00 +0000] \\\"GET /forged HTTP/1.1\\\" 404 0",
		"[01/Jan/2000:00:00:00 +0000] \\x22GET / HTTP/1.1\\x22 404 0", "\\\"", "\\\\",
		"] \\\"", "", " ", "203.0.113.1", "-] [", "[-", "\xff\xfe", "x\\\\\\\"",
		"\"\"\"\"\"\"", "a\"b\"c\"d\"e\"f" /* no server writes so many unescaped quotes */};

	(void)state;
	for (size_t i = 0; i < sizeof users / sizeof *users; i++) {
		char line[512];
		snprintf(line, sizeof line,
			"2001:db8::7 - %s [" TIME "] \"GET / HTTP/1.1\" 301 612", users[i]);
		gives(line, "2001:db8::7", 301);
	}
}

static void request_forges_nothing(void **state)
{
	static const char *const requests[] = {"GET /\\\" 404 0", "GET /\\x22 404 0", "\\\\",
		"\\\"", "\\\\\\\"", "GET /] [01/Jan/2000:00:00:00 +0000] \\\"x\\\" 404", "-", "",
		"\\x16\\x03\\x01", "\xff", "GET /?a=[" TIME "] \\\"x"};

	(void)state;
	for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
		char line[512];
		snprintf(line, sizeof line,
			"198.51.100.7 - - [" TIME "] \"%s\" 301 612 \"] \\\" 404 \" \"[\"",
			requests[i]);
		gives(line, "198.51.100.7", 301);
	}
}

/* The client writes the Host header. No server accepts a blank in it. */
static void host_forges_nothing(void **state)
{
	static const char *const hosts[] = {"www.example.com", "203.0.113.66", "2001:db8:bad::66",
		"[2001:db8:bad::66]", "[", "]", "-", "", "\\\"", "<6>203.0.113.66", "123",
		"@cee:", "2026-11-22T04:16:00Z", "web-7d4b9c6f5b-x2x7k", "web-0", "[pod/a/b]", "{}",
		"a:", "::", "203.0.113.66,", "203.0.113.66:80:", "\xff", "203.0.113.66\\x20-"};
	static const char *const ports[] = {"", ":80", ":443", ":65535"};
	static const char *const clients[] = {"198.51.100.7", "2001:db8::7"};
	static const char *const users[] = {"-", "203.0.113.66", "203.0.113.66 - -", "[", "a b"};

	(void)state;
	for (size_t i = 0; i < sizeof hosts / sizeof *hosts * 40; i++) {
		char line[512];
		const char *client = clients[i / 4 % 2], *host = hosts[i / 40];
		snprintf(line, sizeof line, "%s%s %s - %s [" TIME "] \"GET / HTTP/1.1\" 404 0",
			host, ports[i % 4], client, users[i / 8 % 5]);
		gives(line, client, 404);
	}
}

static void lines_of_nginx_proxy_manager_are_read(void **state)
{
	static const char *const paths[] = {"/", "-", "", "/a b", "/] [Client 203.0.113.66] [",
		"/\\x22 [Client 203.0.113.66] \\x22", "/\\\" [Client 203.0.113.66] \\\"", "/\\\\"};
	static const char *const before[] = {"404", "- 404 404", "MISS 200 404", "HIT - 404",
		"- - 404", "- 502, 404 404", "EXPIRED 502 : 404 404", "- -, 404 404"};
	static const char *const hosts[] = {
		"www.example.com", "203.0.113.66", "[2001:db8:bad::66]", "", "_", "[client", "-"};
	static const char *const clients[] = {"198.51.100.7", "2001:db8::7"};

	(void)state;
	for (size_t i = 0; i < 8 * 8 * 7 * 2; i++) {
		char line[512];
		const char *client = clients[i % 2];
		snprintf(line, sizeof line,
			"[" TIME "] %s - GET https %s \"%s\" [Client %s] [Length 1] [Gzip -] "
			"[Sent-to x] \"] [Client 203.0.113.66]\" \"-\"",
			before[i / 2 % 8], hosts[i / 128], paths[i / 16 % 8], client);
		gives(line, client, 404);
	}
}

static void method_and_path_are_read(void **state)
{
	static const struct {
		const char *line, *method, *path;
	} cases[] = {
		{"198.51.100.7 - - [" TIME "] \"GET /a//b/../c?x HTTP/1.1\" 200 1", "GET", "/a/c"},
		{"a:80 2001:db8::7 - - [" TIME "] \"POST /%41 HTTP/2.0\" 200 1", "POST", "/A"},
		{"2001:db8::7 - - [" TIME "] \"GET /\\x22\\\"\\xd0\\xBF\\\\ HTTP/1.1\" 200 1",
			"GET", "/\"\"\xd0\xbf\\"},
		{"198.51.100.7 - - [" TIME "] \"-\" 408 0", "", ""},
		{"198.51.100.7 - - [" TIME "] \"\" 400 0", "", ""},
		{"198.51.100.7 - - [" TIME "] \"\\x16\\x03\\x01\" 400 0", "", NULL},
		{"198.51.100.7 - - [" TIME "] \"GET /cut", "GET", "/cut"},
		{"[" TIME "] 200 - PUT http x \"/a?b\" [Client 2001:db8::7] [Length 1]", "PUT",
			"/a"},
		{"[" TIME "] - 200 200 - GET http x \"/\" [Client 198.51.100.7] [", "GET", "/"},
		{"[" TIME "] 400 - - http x \"-\" [Client 198.51.100.7] [Length 1]", "", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct line_result r;
		assert_int_equal(parse(cases[i].line, strlen(cases[i].line), &r), LINE_OK);
		assert_string_equal(r.request.method, cases[i].method);
		if (!cases[i].path)
			continue;
		assert_int_equal(r.request.path_len, strlen(cases[i].path));
		assert_memory_equal(r.request.path, cases[i].path, r.request.path_len);
	}
}

static void other_lines_are_rejected_as_other(void **state)
{
	static const char *const lines[] = {"", " ", "x", "198.51.100.7",
		("2026/11/22 10:00:00 [error] 7#7: *1 open() failed, client: 198.51.100.7, "
		 "request: \"GET / HTTP/1.1\""),
		"198.51.100.7 said hello", "{\"remote_addr\":\"198.51.100.7\",\"status\":200}",
		"198.51.100.7 - - [" TIME "] \"GET /\"200 1",
		"198.51.100.7 - - " TIME "] \"GET /\" 200 1"};

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		rejects(lines[i], LINE_OTHER);
}

static void wrong_members_are_rejected_by_reason(void **state)
{
	(void)state;
	rejects("example.org - - [" TIME "] \"GET /\" 200 1", LINE_BAD_CLIENT);
	rejects("- - - [" TIME "] \"GET /\" 200 1", LINE_BAD_CLIENT);
	rejects("198.51.100.300 - - [" TIME "] \"GET /\" 200 1", LINE_BAD_CLIENT);
	rejects("198.51.100.7 - - [22/Nov/2026:25:00:00 +0000] \"GET /\" 200 1", LINE_BAD_TIME);
	rejects("198.51.100.7 - - [now] \"GET /\" 200 1", LINE_BAD_TIME);
}

static void line_cut_at_any_byte_gives_right_values_or_none(void **state)
{
	static const char *const clients[] = {"198.51.100.7", "2001:db8::7"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		char line[512];
		int requests = 0;
		snprintf(line, sizeof line,
			"%s - a[b] [" TIME "] \"GET /\\\"x HTTP/1.1\" 404 612 \"-\" \"curl\"",
			clients[i]);
		const char *status_end = strstr(line, " 404 ") + 5;
		for (size_t len = 0; len <= strlen(line); len++) {
			struct line_result r;
			if (parse(line, len, &r) != LINE_OK)
				continue;
			requests++;
			assert_true(is_client(&r, clients[i]));
			assert_true(!r.request.has_time || r.request.time.ms == TIME_MS);
			/* the last digit may be missing until another byte follows */
			assert_int_equal(r.request.status, line + len < status_end ? 0 : 404);
			assert_int_equal(r.truncated, line + len < status_end);
		}
		/* every cut line that contains the bracket before the time is a request */
		assert_true(requests >= (int)strlen(strchr(line, '[')));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(common_and_combined_lines_are_read),
		cmocka_unit_test(odd_status_is_unknown),
		cmocka_unit_test(user_name_forges_nothing),
		cmocka_unit_test(request_forges_nothing),
		cmocka_unit_test(host_forges_nothing),
		cmocka_unit_test(lines_of_nginx_proxy_manager_are_read),
		cmocka_unit_test(method_and_path_are_read),
		cmocka_unit_test(other_lines_are_rejected_as_other),
		cmocka_unit_test(wrong_members_are_rejected_by_reason),
		cmocka_unit_test(line_cut_at_any_byte_gives_right_values_or_none),
	};

	return cmocka_run_group_tests(tests, make_parser, free_parser);
}
