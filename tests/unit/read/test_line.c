/* test_line.c - which lines are requests, which of their members are used, and why other lines are
 * rejected.
 *
 * test_line_values.c tests the values of members, test_line_cut.c lines that were cut off,
 * test_line_random.c random lines.
 */
#include "core/read/line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "unit/given_line.h"
#include "unit/nginx_odd_lines.h"

/* ---- which member ---- */

/* Each name is tested alone: in a line with two of these names, only remote_addr is the peer. */
static const char *const client_names[] = {"remote_addr", "source_ip", "clientip", "remote_ip"};

static void each_field_is_read_in_every_order(void **state)
{
	static const int orders[][3] = {
		{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};

	(void)state;
	for (size_t c = 0; c < N(client_names); c++) {
		for (size_t t = 0; t < N(time_names); t++) {
			char members[3][96], line[400];
			snprintf(members[0], 96, "\"%s\":\"2001:db8::7\"", client_names[c]);
			snprintf(members[1], 96, "\"%s\":\"1795320960.343\"", time_names[t]);
			snprintf(members[2], 96, "\"status\":404");
			for (size_t o = 0; o < N(orders); o++) {
				snprintf(line, sizeof line,
					"{\"a\":1,%s,\"b\":{},%s,%s,\"c\":\"\"}",
					members[orders[o][0]], members[orders[o][1]],
					members[orders[o][2]]);
				check(line, &(struct line_want){LINE_OK, "2001:db8::7", AT_MS, 404,
						    false, false});
			}
		}
	}
}

/* Writes all of time_names, the last one first. The names before `first` are present, but their
 * values are no times. */
static void put_times(char *out, size_t cap, size_t first)
{
	static const char *const none[] = {"null", "\"\"", "\"0.012\"", "\"-\"", "0", "\"now\""};
	int len = 0;

	for (size_t i = N(time_names); i-- > 0;) {
		char text[64];
		snprintf(text, sizeof text, "179532096%d", (int)i + 1);
		len += snprintf(out + len, cap - (size_t)len, "\"%s\":%s,", time_names[i],
			i >= first ? text : none[(first + i) % N(none)]);
	}
}

static void first_valid_time_of_the_list_wins(void **state)
{
	char line[800], times[600];

	(void)state;
	for (size_t first = 0; first < N(time_names); first++) {
		put_times(times, sizeof times, first);
		snprintf(line, sizeof line, "{\"remote_addr\":\"192.0.2.9\",%s\"status\":200}",
			times);
		check(line, &(struct line_want){LINE_OK, "192.0.2.9",
				    AT_S + 1000 * ((int64_t)first + 1), 200, false, false});
	}
}

/* Each of these other members may contain a header. A client can send any value in a header, or an
 * empty one. If such a member could replace the peer, the client could choose its address. */
static void peer_is_the_client_whatever_other_members_there_are(void **state)
{
	static const char *const beside[] = {
		"client_ip", "real_ip", "source_ip", "clientip", "remote_ip"};
	static const char *const values[] = {
		"\"203.0.113.66\"", "\"\"", "\"-\"", "null", "7", "[]"};

	(void)state;
	for (size_t i = 0; i < N(beside); i++) {
		for (size_t v = 0; v < N(values); v++) {
			char line[200];
			snprintf(line, sizeof line,
				"{\"%s\":%s,\"remote_addr\":\"2001:db8::7\",\"status\":200}",
				beside[i], values[v]);
			check(line, &(struct line_want){
					    LINE_OK, "2001:db8::7", NO_TIME, 200, false, false});
		}
	}
}

static void bad_client_is_not_replaced_by_another_member(void **state)
{
	static const char *const clients[] = {
		"{\"remote_addr\":\"unix:\",\"client_ip\":\"192.0.2.1\",\"status\":200}",
		"{\"client_ip\":\"192.0.2.1\",\"remote_addr\":\"-\",\"status\":200}",
		"{\"remote_addr\":0,\"client_ip\":\"192.0.2.1\"}",
	};

	(void)state;
	check_reasons(clients, N(clients), LINE_BAD_CLIENT);
}

static void of_equal_keys_the_first_wins(void **state)
{
	static const struct line_want want = {LINE_OK, "198.51.100.7", AT_MS, 404, false, false};

	(void)state;
	check("{\"remote_addr\":\"198.51.100.7\",\"remote_addr\":\"203.0.113.9\",\"status\":404,"
	      "\"status\":200,\"msec\":1795320960.343,\"msec\":1}",
		&want);
	check("{\"remote_addr\":\"198.51.100.7\",\"remote_addr\":\"x\",\"status\":404,"
	      "\"status\":[],\"msec\":1795320960.343,\"msec\":\"x\"}",
		&want);
	/* even if the first value is empty */
	check("{\"remote_addr\":\"\",\"remote_addr\":\"203.0.113.9\",\"status\":404}",
		&(struct line_want){.reason = LINE_NO_CLIENT});
	check("{\"remote_addr\":\"198.51.100.7\",\"status\":404,\"msec\":\"\",\"msec\":1,"
	      "\"time\":1795320960.343}",
		&want);
}

static void keys_are_compared_exactly(void **state)
{
	static const char *const lines[] = {
		"{\"Remote_Addr\":\"192.0.2.1\"}",
		"{\"REMOTE_ADDR\":\"192.0.2.1\"}",
		"{\"remote_addr \":\"192.0.2.1\"}",
		"{\"remote_add\":\"192.0.2.1\"}",
		"{\"remote_addr\\u0000\":\"192.0.2.1\"}",
		"{\"remote_addr\\u0000x\":\"192.0.2.1\"}",
		"{\"x\\u0000remote_addr\":\"192.0.2.1\"}",
		"{\"\":\"192.0.2.1\"}",
	};

	(void)state;
	check_reasons(lines, N(lines), LINE_OTHER);
	check("{\"remote\\u005faddr\":\"192.0.2.1\"}",
		&(struct line_want){LINE_OK, "192.0.2.1", NO_TIME, 0, false, false});
}

static void nested_and_quoted_fields_are_not_read(void **state)
{
	static const char *const others[] = {
		"{\"request\":\"{\\\"remote_addr\\\":\\\"203.0.113.9\\\",\\\"status\\\":200}\"}",
		"{\"a\":{\"remote_addr\":\"203.0.113.9\",\"status\":200}}",
		"{\"a\":[{\"remote_addr\":\"203.0.113.9\"},\"remote_addr\",\"203.0.113.9\"]}",
	};
	static const struct line_want want = {LINE_OK, "198.51.100.7", NO_TIME, 200, false, false};

	(void)state;
	check_reasons(others, N(others), LINE_OTHER);
	check("{\"request\":\"{\\\"remote_addr\\\":\\\"203.0.113.9\\\"}\",\"status\":200,"
	      "\"remote_addr\":\"198.51.100.7\"}",
		&want);
	check("{\"h\":{\"remote_addr\":\"203.0.113.9\",\"status\":500,\"msec\":1},"
	      "\"remote_addr\":\"198.51.100.7\",\"status\":200}",
		&want);
	check("{\"ua\":\"\\\",\\\"remote_addr\\\":\\\"203.0.113.9\",\"status\":200,"
	      "\"remote_addr\":\"198.51.100.7\"}",
		&want);
	check("{\"ua\":\"\\\\\\\\\",\"remote_addr\":\"198.51.100.7\",\"status\":200}", &want);
}

/* ---- lines that are not requests ---- */

static void object_of_another_kind_is_rejected_as_other(void **state)
{
	static const char *const lines[] = {"{}", "{ }", "{\"level\":\"info\",\"msg\":\"started\"}",
		"{\"client_ip\":\"192.0.2.1\"}", "{\"msec\":1}",
		"{\"request\":\"GET / HTTP/1.1\"}"};

	(void)state;
	check_reasons(lines, N(lines), LINE_OTHER);
}

static void access_object_without_client_is_rejected_as_no_client(void **state)
{
	static const char *const lines[] = {"{\"status\":200}", "{\"status\":\"-\",\"msec\":1}",
		"{\"remote_addr\":\"\",\"status\":200}", "{\"status\":200,\"client_ip\":null}",
		"{\"status\":null}", "{\"status\":\"\"}", "{\"remote_addr\":null}",
		"{\"remote_addr\":\"\",\"msec\":1}",
		"{\"client_ip\":\"192.0.2.1\",\"request\":\"GET / HTTP/1.1\"}"};

	(void)state;
	check_reasons(lines, N(lines), LINE_NO_CLIENT);
}

static void text_is_rejected_as_other(void **state)
{
	static const char *const lines[] = {"", " ", "\t \t", "x", "GET / HTTP/1.1", "[]", "[{}]",
		"null", "true", "12", "\"{}\"", "\xff\xfe", "}", "\r",
		"192.0.2.1 - - [22/Nov/2026:04:16:00 +0000] \"GET / HTTP/1.1\" 200 3",
		"[{\"remote_addr\":\"203.0.113.9\",\"status\":200}]",
		"x {\"remote_addr\":\"203.0.113.9\",\"status\":200}",
		("2026/11/22 04:16:00 [error] 12#12: *1 open() "
		 "\"/srv/{\"remote_addr\":\"203.0.113.9\"}"),
		("<187>Nov 22 04:16:00 w nginx: 2026/11/22 04:16:00 [error] "
		 "{\"remote_addr\":\"203.0.113.9\"}")};

	(void)state;
	check_reasons(lines, N(lines), LINE_OTHER);
}

static void broken_object_is_rejected_as_not_json(void **state)
{
	static const char *const lines[] = {"{", "{x", "{]", "{{}", "{\"a\"}", "{\"a\":1,}",
		"{\"a\":1}}", "{\"a\":1} x", "{\"a\":1}{\"b\":2}", "{'a':1}",
		"{\"remote_addr\":\"192.0.2.1\"}x", "{\"remote_addr\":\"192.0.2.1\"},",
		"{\"remote_addr\":\"192.0.2.1\"}{\"remote_addr\":\"203.0.113.9\"}",
		"{\"remote_addr\":\"192.0.2.1\",\"status\":}",
		"{\"remote_addr\":\"192.0.2.1\",\"status\":2x0}",
		"{\"remote_addr\":\"192.0.2.1\" \"status\":200}", odd_line_broken};

	(void)state;
	check_reasons(lines, N(lines), LINE_NOT_JSON);
}

static void line_with_a_nul_byte_is_rejected_with_its_own_reason(void **state)
{
	static const char line[] = "{\"remote_addr\":\"192.0.2.1\",\"status\":200}";
	static const struct line_want nul = {.reason = LINE_NUL};

	(void)state;
	for (size_t at = 0; at < sizeof line - 1; at++) {
		char copy[sizeof line];
		memcpy(copy, line, sizeof line);
		copy[at] = '\0';
		line_check(copy, sizeof line - 1, false, &nul);
	}
	line_check(line, sizeof line, false, &nul);
	line_check("\0", 1, false, &nul);
}

static void header_and_blanks_around_the_object_are_skipped(void **state)
{
	static const char *const before[] = {"", "  ", "\xef\xbb\xbf",
		"<190>Nov 22 04:16:00 nginx: ", "<190>1 2026-11-22T04:16:00Z web1 nginx - - - ",
		"2026-11-22T04:16:00Z stdout F "};
	static const char *const after[] = {"", " ", "\r", " \t\r"};

	(void)state;
	for (size_t i = 0; i < N(before) * N(after); i++) {
		char line[200];
		snprintf(line, sizeof line, "%s{\"remote_addr\":\"2001:db8::7\",\"status\":404}%s",
			before[i % N(before)], after[i / N(before)]);
		check(line,
			&(struct line_want){LINE_OK, "2001:db8::7", NO_TIME, 404, false, false});
	}
}

static void hostile_requests_as_nginx_logs_them_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ODD_LINES_N; i++) {
		const struct odd_line *o = &odd_lines[i];
		static char line[LINE_BYTES_MAX];
		size_t len = odd_line_text(o, line);
		line_check(line, len, false,
			&(struct line_want){LINE_OK, o->client, o->ms, o->status, false, false});
	}
}

static void each_reason_has_its_own_counter(void **state)
{
	struct counters c = {0};
	uint64_t *seen[LINE_REASON_COUNT] = {NULL};

	(void)state;
	assert_null(line_counter(&c, LINE_OK));
	for (int r = LINE_OK + 1; r < LINE_REASON_COUNT; r++) {
		seen[r] = line_counter(&c, (enum line_reason)r);
		assert_non_null(seen[r]);
		for (int k = LINE_OK + 1; k < r; k++)
			assert_ptr_not_equal(seen[k], seen[r]);
	}
	assert_ptr_equal(seen[LINE_NUL], &c.nul);
	assert_ptr_equal(seen[LINE_OTHER], &c.other);
	assert_ptr_equal(seen[LINE_NOT_JSON], &c.not_json);
	assert_ptr_equal(seen[LINE_NO_CLIENT], &c.no_client);
	assert_ptr_equal(seen[LINE_BAD_CLIENT], &c.bad_client);
	assert_ptr_equal(seen[LINE_BAD_TIME], &c.bad_time);
	assert_ptr_equal(seen[LINE_BAD_COUNT], &c.bad_count);
	assert_ptr_equal(seen[LINE_TOO_LONG], &c.too_long);
}

static void format_is_found_by_name(void **state)
{
	(void)state;
	assert_string_equal(format_find("nginx")->name, "nginx");
	assert_null(format_find("nginX"));
	assert_null(format_find(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_field_is_read_in_every_order),
		cmocka_unit_test(first_valid_time_of_the_list_wins),
		cmocka_unit_test(peer_is_the_client_whatever_other_members_there_are),
		cmocka_unit_test(bad_client_is_not_replaced_by_another_member),
		cmocka_unit_test(of_equal_keys_the_first_wins),
		cmocka_unit_test(keys_are_compared_exactly),
		cmocka_unit_test(nested_and_quoted_fields_are_not_read),
		cmocka_unit_test(object_of_another_kind_is_rejected_as_other),
		cmocka_unit_test(access_object_without_client_is_rejected_as_no_client),
		cmocka_unit_test(text_is_rejected_as_other),
		cmocka_unit_test(broken_object_is_rejected_as_not_json),
		cmocka_unit_test(line_with_a_nul_byte_is_rejected_with_its_own_reason),
		cmocka_unit_test(header_and_blanks_around_the_object_are_skipped),
		cmocka_unit_test(hostile_requests_as_nginx_logs_them_are_read),
		cmocka_unit_test(each_reason_has_its_own_counter),
		cmocka_unit_test(format_is_found_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
