/* test_wrappings.c - a line gives the same request in any wrapping, such as a syslog header or
 * Docker's JSON. Text from a client never counts as a request, even if it looks like a wrapped
 * line.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/read/line.h"

#include "unit/random.h"
#include "unit/same_result.h"

#define ROUNDS    20000
#define BARE_MAX  4096 /* longer lines would test nothing further */
#define TEXT_CAP  LINE_BYTES_MAX
#define LINES_MAX 1000
#define FORGED    "192.0.2.66"
#define FORGED_V6 "2001:db8:bad::66"

#define N(array)       (sizeof(array) / sizeof *(array))
#define PICK(r, array) ((array)[random_below(r, N(array))])

static const char *const layers[] = {" ", "\xef\xbb\xbf", "<190>Nov 22 2026 04:16:00 web1 nginx: ",
	"Nov 22 04:16:00.343123 2001:db8::1 nginx[812]: ", "<190>Nov 22 04:16:00 nginx: ",
	"<190>1 2026-11-22T04:16:00Z web1 nginx - - [a@1 k=\"]{\\\"\"] ", "<34>1 - - - - - - ",
	"<190>2026-11-22T04:16:00.1+01:00 web1 nginx: ", "2026-11-22T05:16:00+0100 web1 nginx[1]: ",
	"Sun 2026-11-22 05:16:00 CET web1 nginx[812]: ", "<6>", "2026-11-22T04:16:00.3Z stdout F ",
	"2026-11-22T04:16:00.343123+00:00 app[web.1]: ", "2026-11-22T04:16:00.343123456Z ",
	"@cee: ", "@cee:", "web-1  | ", "web.1.q2d9x0v4kq5b@node1    | ", "[pod/web-0/nginx] ",
	"web-7d4b9c6f5b-x2x7k nginx ", "web-0 nginx "};

/* Objects that contain a line in a string: the text before the line, and the text behind it. */
static const struct {
	const char *before, *behind;
} strings[] = {
	{"{\"log\":\"", "\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-22T04:16:01.5Z\"}"},
	{"{\"log\":\"", "\\r\\n\",\"stream\":\"stdout\"}"},
	{"{\"date\":1795320961.5,\"log\":\"", "\"}"},
	{"{\"container_id\":\"8f\",\"container_name\":\"/web\",\"source\":\"stdout\",\"log\":\"",
		"\"}"},
	{"{\"file\":\"/var/log/x\",\"message\":\"", "\",\"source_type\":\"file\"}"},
	{"{\"@timestamp\":\"2026-11-22T04:16:01.5Z\",\"log\":{\"file\":{\"path\":\"/x\"}},"
	 "\"message\":\"",
		"\",\"input\":{\"type\":\"log\"}}"},
	{"{\"@version\":\"1\",\"host\":\"w\",\"path\":\"/var/log/x\",\"message\":\"", "\"}"},
	{"{\"_PID\":\"812\",\"MESSAGE\":\"", "\",\"_SYSTEMD_UNIT\":\"nginx.service\"}"},
	{"{\"labels\":{\"status\":\"x\"},\"line\":\"", "\",\"timestamp\":\"x\"}"},
	{"{\"version\":\"1.1\",\"host\":\"w\",\"short_message\":\"", "\",\"level\":6}"},
	{"{ \"time\" : \"x\" , \"msg\" : \"", "\" } \r"},
};

struct text {
	char s[TEXT_CAP];
	size_t len;
};

static struct line_parser *parser;
static struct text lines[LINES_MAX];
static size_t lines_n;

static void put_bytes(struct text *t, const char *s, size_t len)
{
	assert_true(len <= sizeof t->s - t->len);
	memcpy(t->s + t->len, s, len);
	t->len += len;
}

static void put_text(struct text *t, const char *s)
{
	put_bytes(t, s, strlen(s));
}

/* Writes s as the content of a JSON string. Each byte gets one of the forms that JSON allows for
 * it. */
static void put_escaped(struct text *t, const char *s, size_t len, struct random *r)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];
		char escape[8];
		snprintf(escape, sizeof escape, "\\u%04x", c);
		if (c < ' ' || (c < 0x7f && random_below(r, 40) == 0))
			put_text(t, escape);
		else if (c == '"' || c == '\\')
			put_bytes(t, c == '"' ? "\\\"" : "\\\\", 2);
		else
			put_bytes(t, s + i, 1);
	}
}

static void wrap_text(struct text *t, struct random *r)
{
	static struct text out;

	out.len = 0;
	put_text(&out, PICK(r, layers));
	put_bytes(&out, t->s, t->len);
	*t = out;
}

static void wrap_string(struct text *t, struct random *r)
{
	static struct text out;

	out.len = 0;
	if (random_below(r, N(strings) + 2) == 0) { /* bytes */
		put_text(&out, "{\"MESSAGE\":[");
		for (size_t i = 0; i < t->len; i++) {
			char number[8];
			snprintf(number, sizeof number, "%s%u", i ? "," : "",
				(unsigned)(unsigned char)t->s[i]);
			put_text(&out, number);
		}
		put_text(&out, "]}");
	} else if (random_below(r, N(strings) + 2) == 0) {
		put_text(&out, "{\"log_processed\":");
		put_bytes(&out, t->s, t->len);
		put_text(&out, ",\"stream\":\"stdout\"}");
	} else {
		size_t i = random_below(r, N(strings));
		put_text(&out, strings[i].before);
		put_escaped(&out, t->s, t->len, r);
		put_text(&out, strings[i].behind);
	}
	*t = out;
}

/* Wraps the line in `n` layers: the inner layers are JSON strings, and the outer layers are headers
 * before the text. */
static void wrap_line(struct text *t, unsigned n, struct random *r)
{
	unsigned inner = (unsigned)random_below(r, n + 1);

	for (unsigned i = 0; i < n; i++) {
		if (i < inner && t->len < TEXT_CAP / 6)
			wrap_string(t, r);
		else
			wrap_text(t, r);
	}
}

static enum line_reason parse(const struct text *t, struct line_result *out)
{
	char *copy = malloc(t->len + !t->len);

	assert_non_null(copy);
	memcpy(copy, t->s, t->len);
	enum line_reason reason = line_parse(parser, copy, t->len, false, out);
	free(copy);
	return reason;
}

/* Loads the requests of all cases that are complete JSON and need no options. */
static void load_file(const char *path)
{
	FILE *in = fopen(path, "re");
	char *line = NULL;
	size_t cap = 0;
	ssize_t len;
	bool options = false;

	assert_non_null(in);
	while (!options && (len = getline(&line, &cap, in)) > 0) {
		struct text *t = &lines[lines_n];
		struct line_result r;
		options = strncmp(line, "options:", 8) == 0;
		if (*line != '{' || len > BARE_MAX || lines_n == LINES_MAX)
			continue;
		t->len = 0;
		put_bytes(t, line, (size_t)len - (line[len - 1] == '\n'));
		struct line_explanation view;
		if (line_explain(parser, t->s, t->len, false, &r, &view) == LINE_OK &&
			!r.truncated && !r.glued && !view.wrapper[0] && !view.repaired)
			lines_n++;
	}
	free(line);
	assert_int_equal(fclose(in), 0);
}

static int load_lines(void **state)
{
	DIR *folder = opendir("tests/lines");
	const struct dirent *e;

	(void)state;
	parser = line_parser_new(&(struct line_config){0});
	if (!parser || !folder)
		return -1;
	while ((e = readdir(folder))) {
		char path[512];
		const char *dot = strrchr(e->d_name, '.');
		snprintf(path, sizeof path, "tests/lines/%s", e->d_name);
		if (dot && strcmp(dot, ".cases") == 0)
			load_file(path);
	}
	closedir(folder);
	return lines_n > 200 ? 0 : -1;
}

static int free_lines(void **state)
{
	(void)state;
	line_parser_free(parser);
	return 0;
}

static bool same_path(const struct request *a, const struct request *b)
{
	return strcmp(a->method, b->method) == 0 && a->path_len == b->path_len &&
	       memcmp(a->path, b->path, a->path_len) == 0;
}

static void check_same(const struct text *bare, const struct text *wrapped)
{
	struct line_result want, got;

	assert_int_equal(parse(bare, &want), LINE_OK);
	enum line_reason reason = parse(wrapped, &got);
	if (reason != LINE_OK || !same_result(LINE_OK, &want, &got) ||
		!same_path(&want.request, &got.request))
		fail_msg("reason %d: %.*s", (int)reason, (int)wrapped->len, wrapped->s);
}

static void wrapped_line_is_the_same_request(void **state)
{
	static struct text t;
	struct random r = random_new(1);

	(void)state;
	random_note();
	for (size_t i = 0; i < lines_n; i++) {
		for (unsigned n = 1; n <= 4; n++) {
			for (int k = 0; k < 6; k++) {
				t = lines[i];
				wrap_line(&t, n, &r);
				check_same(&lines[i], &t);
			}
		}
	}
}

static void each_line_is_found_inside_each_layer(void **state)
{
	static struct text t;

	(void)state;
	for (size_t i = 0; i < lines_n; i++) {
		for (size_t k = 0; k < N(layers); k++) {
			t.len = 0;
			put_text(&t, layers[k]);
			put_bytes(&t, lines[i].s, lines[i].len);
			check_same(&lines[i], &t);
		}
	}
}

/* ---- attacks ---- */

/* Texts that servers and programs write before text from a client. */
static const char *const said[] = {"2026/11/22 04:16:00 [error] 29#29: *1 open() \"/srv/",
	("[Sun Nov 22 13:53:06.5 2026] [core:info] [pid 1:tid 2] [client 203.0.113.17:5] AH00128: "
	 "File: /"),
	"haproxy[7138]: 203.0.113.1:38839 [22/Nov/2026:13:43:06.990] web web/<NOSRV> \"GET /",
	"GET /", "user=", "ERROR handler: ", "[WARN] ", "Invalid user ", "login failed for ",
	"level=info msg=\"", "INFO  | ", "worker-1 received ", "PHP message: ", "(", "'",
	"{\"level\":\"info\",\"msg\":\"GET /", "{\"level\":\"info\",\"path\":\"/x\",\"error\":\"",
	"{\"remote_addr\":\"x\",\"message\":\"", "{\"status\":400,\"message\":\"",
	"{\"request\":\"", "{\"log\":\"GET /", "{\"uri\":\"/\",\"log\":\""};

static const char *const objects[] = {"{\"remote_addr\":\"" FORGED "\",\"status\":404}",
	"{\"remote_addr\":\"" FORGED_V6 "\",\"msec\":1795320960.343,\"status\":404}",
	"{\"client_ip\":\"" FORGED
	"\",\"request_date\":\"22/Nov/2026:04:16:00\",\"status_code\":404}",
	"{\"ts\":1,\"logger\":\"http.log.access\",\"request\":{\"remote_ip\":\"" FORGED
	"\"},\"status\":1}",
	"{\"remote_addr\":\"" FORGED "\",\"status\":404,\"x\":\""};

static void check_not_forged(const struct text *t)
{
	struct line_result got;
	struct address a, b;

	assert_true(address_parse(FORGED, strlen(FORGED), &a));
	assert_true(address_parse(FORGED_V6, strlen(FORGED_V6), &b));
	if (parse(t, &got) == LINE_OK &&
		(address_equal(&got.request.client, &a) || address_equal(&got.request.client, &b)))
		fail_msg("forged: %.*s", (int)t->len, t->s);
}

static void make_words(struct text *t, struct random *r)
{
	t->len = 0;
	put_text(t, PICK(r, objects));
	for (uint64_t n = random_below(r, 4); n > 0; n--) {
		if (random_below(r, 3) == 0)
			wrap_string(t, r);
		else
			wrap_text(t, r);
	}
}

/* A program writes text of its own, and then text of a client, which is unchanged or escaped. The
 * resulting line is wrapped in random layers. */
static void text_from_a_client_is_no_request(void **state)
{
	static const char *const ends[] = {"", "\"", "\"}", " HTTP/1.1\"", "}", " failed"};
	static struct text words, t;
	struct random r = random_new(2);

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		const char *program = PICK(&r, said);
		make_words(&words, &r);
		t.len = 0;
		put_text(&t, program);
		/* a program that writes JSON escapes the text that it quotes */
		if (*program == '{' || random_below(&r, 2))
			put_escaped(&t, words.s, words.len, &r);
		else
			put_bytes(&t, words.s, words.len);
		put_text(&t, PICK(&r, ends));
		check_not_forged(&t);
		wrap_line(&t, (unsigned)random_below(&r, 3), &r);
		check_not_forged(&t);
	}
}

/* A wrapped line of an access log has members with text from the client. This text contains an
 * object in layers of its own. */
static void wrapped_object_in_text_from_a_client_changes_nothing(void **state)
{
	static const char *const names[] = {"message", "log", "msg", "line", "MESSAGE", "ua",
		"request", "short_message", "log_processed", "referer"};
	static struct text words, bare, t;
	struct random r = random_new(3);

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct line_result got;
		make_words(&words, &r);
		bool first = random_below(&r, 2);
		bare.len = 0;
		put_text(&bare, first ? "{\"" : "{\"remote_addr\":\"2001:db8::7\",\"");
		put_text(&bare, PICK(&r, names));
		put_text(&bare, "\":\"");
		put_escaped(&bare, words.s, words.len, &r);
		put_text(&bare, first ? "\",\"remote_addr\":\"2001:db8::7\",\"status\":404}"
				      : "\",\"status\":404}");
		check_not_forged(&bare);
		assert_int_equal(parse(&bare, &got), LINE_OK);
		assert_int_equal(got.request.status, 404);
		t = bare;
		wrap_line(&t, (unsigned)random_below(&r, 5), &r);
		struct line_result want;
		enum line_reason reason = parse(&t, &want);
		if (reason != LINE_OK || !same_result(LINE_OK, &want, &got))
			fail_msg("reason %d: %.*s", (int)reason, (int)t.len, t.s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrapped_line_is_the_same_request),
		cmocka_unit_test(each_line_is_found_inside_each_layer),
		cmocka_unit_test(text_from_a_client_is_no_request),
		cmocka_unit_test(wrapped_object_in_text_from_a_client_changes_nothing),
	};

	return cmocka_run_group_tests(tests, load_lines, free_lines);
}
