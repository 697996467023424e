/* test_scan_model.c - compares the scanner of JSON lines (scan.h) with the reader that builds a
 * tree of each line. The scanner and this reader must give the same result for valid lines, changed
 * lines and random JSON of several products.
 *
 * TEST_SEED=N repeats a run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "core/read/line.h"
#include "core/read/scan.h"

#include "unit/random_line.h"
#include "unit/same_result.h"

#define ROUNDS 300000

static const char *const keys[] = {"remote_addr", "client_ip", "status", "msec", "time", "ts",
	"request", "request.client_ip", "source", "source.ip", "ip", "http", "response",
	"response.status_code", "status_code", "http.response.status_code", "@timestamp",
	"ClientHost", "DownstreamStatus", "StartUTC", "Duration", "logger", "log", "stream",
	"response_code", "downstream_remote_address", "httpRequest", "remoteIp", "n", "a", "",
	"rem\\u006fte_addr", "remote_addr\\u0000", "x-forwarded-for", "headers", "X-Forwarded-For",
	"client_ip_and_more_of_the_same"};
static const char *const values[] = {"\"198.51.100.7\"", "\"2001:db8::7\"", "\"[2001:db8::8]:443\"",
	"200", "404", "499", "\"404\"", "0", "-1", "\"-\"", "\"\"", "null", "true", "false",
	"1795320960.343", "1795320960343", "\"1795320960.343\"", "1711741827.9626286", "-0",
	"0.5e1", "1e999", "01", "1.", ".5", "+1", "--1", "1e", "99999999999999999999",
	"0.000000000000000000001", "123456789012345", "1234567890123456",
	"12345678901234567890123456789012345678901234567890", "\"2026-11-22T04:16:00Z\"",
	"\"http.log.access.log0\"", "\"stdout\"", "\"a\\\"b\"", "\"\\\\\"", "\"\\ud83d\\ude00\"",
	"\"\\ud83d\"", "\"\\u00e9\"", "\"\\u0000\"", "\"198.51.100.7\\u0000\"",
	"\"198.51.100.7\\n\"", "\"\\x41\"", "\"\\v\"", "nul", "tru", "\"{\"", "\"}\"",
	"\"\\\\\\\"\"", "\"10.0.0.1, 198.51.100.9\"", "\"\x01\"", "\"\xff\""};
/* Half of the objects begin with one of these texts. Otherwise hardly any object would be a
 * request. */
static const char *const begins[] = {"\"remote_addr\":\"2001:db8::9\",\"status\":200",
	("\"request\":{\"client_ip\":\"198.51.100.7\",\"x\":[{}]},\"status\":404,"
	 "\"ts\":1711741827.9626286"),
	"\"source\":{\"ip\":\"198.51.100.7\"},\"http\":{\"response\":{\"status_code\":\"502\"}}"};
static const char *const spaces[] = {"", "", "", "", "", " ", "\t", "  ", "\r", "\x0b", "\x01"};

static void put_value(struct random *r, struct line_text *t, int depth);

static void put_members(struct random *r, struct line_text *t, int depth)
{
	size_t n = random_below(r, 6);

	bool begun = depth == 0 && random_below(r, 2);

	line_append(t, "{");
	if (begun)
		line_append(t, PICK(r, begins));
	for (size_t i = 0; i < n; i++) {
		line_append(t, i || begun ? "," : "");
		line_append(t, PICK(r, spaces));
		line_append(t, "\"");
		line_append(t, PICK(r, keys));
		line_append(t, "\"");
		line_append(t, PICK(r, spaces));
		line_append(t, ":");
		line_append(t, PICK(r, spaces));
		put_value(r, t, depth);
		line_append(t, PICK(r, spaces));
	}
	line_append(t, "}");
}

static void put_value(struct random *r, struct line_text *t, int depth)
{
	uint64_t kind = random_below(r, 10);

	if (kind == 0 && depth < 12) {
		put_members(r, t, depth + 1);
	} else if (kind == 1 && depth < 12) {
		line_append(t, "[");
		for (uint64_t n = random_below(r, 3); n > 0; n--) {
			put_value(r, t, depth + 1);
			line_append(t, n > 1 ? "," : "");
		}
		line_append(t, "]");
	} else {
		line_append(t, PICK(r, values));
	}
}

struct pair {
	struct line_parser *scan, *tree;
};

static struct pair pair_of(const struct line_config *config)
{
	struct line_config by_tree = *config;

	by_tree.by_tree = true;
	struct pair p = {line_parser_new(config), line_parser_new(&by_tree)};
	assert_non_null(p.scan);
	assert_non_null(p.tree);
	return p;
}

static void pair_free(struct pair *p)
{
	line_parser_free(p->scan);
	line_parser_free(p->tree);
}

/* Gives both readers a copy on the heap, so that a sanitizer detects a read past the end. */
static enum line_reason compare(const struct pair *p, const struct line_text *t, bool cut)
{
	struct line_result a, b;
	char *exact = malloc(t->len + !t->len);

	assert_non_null(exact);
	memcpy(exact, t->s, t->len);
	enum line_reason scanned = line_parse(p->scan, exact, t->len, cut, &a);
	enum line_reason read = line_parse(p->tree, exact, t->len, cut, &b);
	if (scanned != read || !same_result(read, &a, &b))
		fail_msg("scanned %d, by tree %d: %.*s", scanned, read, (int)t->len, t->s);
	free(exact);
	return read;
}

static void scanner_and_tree_agree_on_changed_lines(void **state)
{
	struct random r = random_new(11);
	struct pair p = pair_of(&(struct line_config){.extract = {.count = "status"}});
	uint64_t seen[LINE_REASON_COUNT] = {0};
	struct line_text t;

	(void)state;
	random_note();
	for (int round = 0; round < ROUNDS; round++) {
		line_make(&r, &t);
		for (uint64_t n = random_below(&r, 4); n > 0; n--)
			line_change(&r, &t);
		seen[compare(&p, &t, random_below(&r, 16) == 0)]++;
	}
	pair_free(&p);
	for (int reason = 0; reason < LINE_REASON_COUNT; reason++)
		assert_true(seen[reason] >= ROUNDS / 20000);
	assert_true(seen[LINE_OK] > ROUNDS / 10);
}

static int64_t east(void *ctx, int64_t local_s)
{
	(void)ctx;
	(void)local_s;
	return 3600;
}

static void scanner_and_tree_agree_on_random_json(void **state)
{
	struct random r = random_new(12);
	const struct timestamp_zone zone = {east, NULL};
	struct address proxy;
	struct allow *trusted = allow_new();
	static struct fields_values fields;
	uint64_t requests = 0, scans = 0;
	struct scan *scan = scan_new(LINE_BYTES_MAX);
	struct line_text t;

	(void)state;
	random_note();
	assert_non_null(trusted);
	assert_non_null(scan);
	assert_true(address_parse("198.51.100.7", 12, &proxy) && allow_add(trusted, &proxy));
	allow_seal(trusted);
	struct extract_config picks = {.zone = &zone};
	struct extract wanted;
	assert_true(extract_init(&wanted, &picks));
	struct pair plain = pair_of(&(struct line_config){.extract = picks});
	picks.trusted = trusted;
	picks.count = "n";
	struct pair behind = pair_of(&(struct line_config){.extract = picks});
	for (int round = 0; round < ROUNDS; round++) {
		t.len = 0;
		put_members(&r, &t, 0);
		if (random_below(&r, 4) == 0)
			line_change(&r, &t);
		requests += compare(&plain, &t, false) == LINE_OK;
		compare(&behind, &t, false);
		scans += scan_read(scan, t.s, t.len, &wanted.fields, &fields);
	}
	pair_free(&plain);
	pair_free(&behind);
	scan_free(scan);
	allow_free(trusted);
	/* otherwise nothing was compared */
	assert_true(requests > ROUNDS / 100);
	assert_true(scans > ROUNDS / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scanner_and_tree_agree_on_changed_lines),
		cmocka_unit_test(scanner_and_tree_agree_on_random_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
