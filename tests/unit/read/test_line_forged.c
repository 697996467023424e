/* test_line_forged.c - clients forge every member that contains their text. The line keeps its
 * client, status, time and format.
 *
 * The table `products` has a template for the lines of each product, and how its server escapes
 * text. Behind a trusted proxy, the client's own X-Forwarded-For precedes the address that the
 * proxy appends. TEST_SEED=N repeats a run.
 */
#include "core/read/line.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "unit/given.h"
#include "unit/random.h"

#define ROUNDS  60000
#define SENT    40000 /* bytes of a client's value */
#define N(list) (sizeof(list) / sizeof *(list))

/* ---- products ---- */

/* How a server writes a byte that cannot be part of a string. */
enum escaping {
	JSON,    /* \" \\ \n \u001f; raw bytes of invalid UTF-8: nginx (escape=json), lua-cjson */
	GO,      /* as JSON, and also < > & and bytes that are not UTF-8: \u003c, \ufffd */
	NGINX,   /* \xHH for all bytes that are not printable: nginx (escape=default) */
	APACHE,  /* \" \\ \n, \xHH */
	HAPROXY, /* \" \\ \/ \u001f, by json() */
	HAND     /* a quote as #22, and a backslash stays: HAProxy with a hand-written format */
};

/* Placeholders in a template: a text of the client; additional headers of the client;
 * X-Forwarded-For; the peer, without and with its port. */
#define WORDS   "\1"
#define HEADERS "\2"
#define LIST    "\3"
#define PEER    "\4"
#define PORTED  "\5"

struct product {
	const char *format;
	enum escaping escaping;
	const char *header; /* a header's name and value; canonical if the name has upper case */
	const char *line;
};

#define NGINX_LINE                                                                                 \
	"{\"client_ip\":\"" WORDS "\",\"time_iso8601\":\"2026-11-22T04:16:00+00:00\","             \
	"\"remote_user\":\"" WORDS "\",\"remote_addr\":\"" PEER "\",\"request\":\"GET " WORDS      \
	" HTTP/1.1\",\"status\":404,\"xff\":\"" LIST "\",\"referer\":\"" WORDS                     \
	"\",\"agent\":\"" WORDS "\",\"body\":\"" WORDS "\",\"host\":\"" WORDS "\",\"rt\":0.000}"

static const struct product products[] = {
	{"nginx", JSON, NULL, NGINX_LINE},
	{"nginx", NGINX, NULL, NGINX_LINE},
	{"nginx", JSON, NULL,
		"{\"msec\":\"1795320960.343\",\"request_uri\":\"" WORDS "\",\"remote_ip\":\"" PEER
		"\",\"xff\":\"" LIST "\",\"http_status\":\"404\",\"user\":\"" WORDS "\"}"},
	{"nginx", JSON, NULL,
		"{\"log\":\"{\\\"remote_addr\\\":\\\"" PEER "\\\",\\\"status\\\":404}\\n\","
		"\"stream\":\"stdout\",\"time\":\"2026-11-22T04:16:00.1Z\",\"attrs\":\"" WORDS
		"\"}"},
	{"caddy", GO, ",\"Name\":[\"" WORDS "\"]",
		"{\"level\":\"info\",\"ts\":1795320960.343,\"logger\":\"http.log.access.log0\","
		"\"msg\":\"handled request\",\"request\":{\"remote_ip\":\"" PEER
		"\",\"remote_port\":"
		"\"1\",\"client_ip\":\"" WORDS "\",\"proto\":\"HTTP/1.1\",\"method\":\"" WORDS
		"\",\"host\":\"" WORDS "\",\"uri\":\"" WORDS
		"\",\"headers\":{\"User-Agent\":[\"" WORDS "\"]" HEADERS
		",\"X-Forwarded-For\":[\"" LIST "\"]}},\"bytes_read\":0,"
		"\"user_id\":\"" WORDS "\",\"duration\":0.1,\"size\":0,\"status\":404,"
		"\"resp_headers\":{\"Server\":[\"Caddy\"],\"Location\":[\"" WORDS "\"]}}"},
	{"traefik", GO, ",\"request_Name\":\"" WORDS "\"",
		"{\"ClientAddr\":\"" PORTED "\",\"ClientHost\":\"" WORDS
		"\",\"ClientUsername\":\"" WORDS
		"\",\"DownstreamStatus\":404,\"Duration\":114023,\"OriginStatus\":200,"
		"\"RequestHost\":\"" WORDS "\",\"RequestMethod\":\"GET\",\"RequestPath\":\"" WORDS
		"\",\"StartUTC\":\"2026-11-22T04:15:00Z\",\"level\":\"info\",\"msg\":\"\","
		"\"request_User-Agent\":\"" WORDS "\"" HEADERS
		",\"request_X-Forwarded-For\":\"" LIST "\",\"time\":\"2026-11-22T04:16:00Z\"}"},
	{"envoy", JSON, NULL,
		"{\"authority\":\"" WORDS
		"\",\"bytes_sent\":0,\"downstream_remote_address\":\"" PORTED
		"\",\"duration\":3,\"method\":\"GET\",\"path\":\"" WORDS "\",\"response_code\":404,"
		"\"start_time\":\"2026-11-22T04:16:00.343Z\",\"user_agent\":\"" WORDS
		"\",\"x-forwarded-for\":\"" LIST "\",\"x-request-id\":\"" WORDS "\"}"},
	{"haproxy", HAPROXY, NULL,
		"{\"client_ip\":\"" PEER
		"\",\"client_port\":1,\"request_date\":\"22/Nov/2026:04:16:00.343"
		" +0000\",\"status_code\":404,\"time_active\":3,\"method\":\"GET\",\"uri\":\"" WORDS
		"\",\"user_agent\":\"" WORDS "\",\"xff\":\"" LIST "\",\"host\":\"" WORDS "\"}"},
	{"haproxy", HAND, NULL,
		"{\"haproxy_clientIP\":\"" PEER
		"\",\"haproxy_dateTime\":\"22/Nov/2026:04:16:00.343 "
		"+0000\",\"haproxy_capturedRequestHeaders\":\"{" WORDS "}\",\"haproxy_statusCode\":"
		"\"404\",\"haproxy_httpRequest\":\"GET " WORDS " HTTP/1.1\"}"},
	{"kong", JSON, ",\"name\":\"" WORDS "\"",
		"{\"response\":{\"size\":12,\"status\":404},\"client_ip\":\"" PEER
		"\",\"request\":{\"headers\":{\"user-agent\":\"" WORDS "\"" HEADERS
		",\"x-forwarded-for\":\"" LIST "\"},\"querystring\":{\"" WORDS "\":\"" WORDS
		"\"},\"uri\":\"" WORDS "\",\"method\":\"" WORDS "\",\"url\":\"http://" WORDS
		"\"},\"upstream_status\":\"200\",\"started_at\":1795320960000,"
		"\"latencies\":{\"kong\":1,\"proxy\":2,\"request\":343}}"},
	{"apisix", JSON, ",\"name\":\"" WORDS "\"",
		"{\"request\":{\"uri\":\"" WORDS "\",\"headers\":{\"host\":\"" WORDS "\"" HEADERS
		",\"x-forwarded-for\":\"" LIST "\"},\"querystring\":{\"" WORDS "\":\"" WORDS
		"\"},\"body\":\"" WORDS "\",\"method\":\"GET\"},\"response\":{\"status\":404},"
		"\"route_id\":\"32\",\"client_ip\":\"" PEER
		"\",\"start_time\":1795320960000,\"latency\":343.5}"},
	{"pino", JSON, ",\"name\":\"" WORDS "\"",
		"{\"level\":30,\"time\":1795320960343,\"req\":{\"id\":1,\"method\":\"GET\","
		"\"url\":\"" WORDS "\",\"query\":{\"" WORDS "\":\"" WORDS
		"\"},\"headers\":{\"host\":\"" WORDS "\"" HEADERS ",\"x-forwarded-for\":\"" LIST
		"\"},\"remoteAddress\":\"" PEER
		"\",\"remotePort\":1},\"res\":{\"statusCode\":404},\"msg\":\"" WORDS "\"}"},
	{"ecs", JSON, NULL,
		"{\"@timestamp\":\"2026-11-22T04:16:00.343Z\",\"source\":{\"ip\":\"" PEER
		"\"},\"url\":{\"original\":\"" WORDS "\"},\"user_agent\":{\"original\":\"" WORDS
		"\"},\"http\":{\"request\":{\"method\":\"" WORDS "\",\"referrer\":\"" WORDS
		"\"},\"response\":{\"status_code\":404}},\"xff\":\"" LIST "\",\"user\":\"" WORDS
		"\"}"},
	{"apache", APACHE, NULL,
		"{\"remoteIP\":\"" PEER "\",\"user\":\"" WORDS
		"\",\"time\":\"[22/Nov/2026:04:16:00 +0000]\","
		"\"duration\":343000,\"request\":\"GET " WORDS " HTTP/1.1\",\"status\":\"404\","
		"\"xff\":\"" LIST "\",\"referer\":\"" WORDS "\",\"agent\":\"" WORDS "\"}"},
	{"fluentbit", JSON, NULL,
		"{\"date\":1795320960.0,\"remote\":\"" PEER "\",\"host\":\"-\",\"user\":\"" WORDS
		"\",\"method\":\"" WORDS "\",\"path\":\"" WORDS
		"\",\"code\":\"404\",\"size\":\"7\","
		"\"referer\":\"" WORDS "\",\"agent\":\"" WORDS "\",\"http_x_forwarded_for\":\"" LIST
		"\"}"},
	{"generic", JSON, ",\"x-forwarded-for\":\"" WORDS "\"",
		"{\"ts\":1795320960.343,\"msg\":\"" WORDS "\",\"remote\":\"" PORTED
		"\",\"status\":404,\"url\":\"" WORDS
		"\",\"request\":{\"headers\":{\"host\":\"" WORDS "\"" HEADERS "}}}"},
	{"combined", NGINX, NULL,
		PEER " - " WORDS " [22/Nov/2026:04:16:00 +0000] \"GET " WORDS
		     " HTTP/1.1\" 404 12 \"" WORDS "\" \"" WORDS "\""},
};

/* ---- the values that a client sends ---- */

static const char *const sent[] = {"", "-", "x", "\"", "\\", "\\\"", "\"\"", "\\\\\"", "{", "}",
	"[", "]", ",", ":", "\n", "\r\n", "\t", "\x01", "\x7f", "\xff", "\xc3", "\xed\xa0\x80",
	"\xe2\x80\xa8", "/", "<>&", "#22", "\\u0022", "\\x22", "\\x", "\\u", "\\ud800", "%22", " ",
	"203.0.113.66", "unknown", "203.0.113.66, 2001:db8:bad::66", ",,,",
	"\",\"remote_addr\":\"203.0.113.66", "\",\"status\":200,\"x\":\"",
	"\\\",\\\"remote_addr\\\":\\\"203.0.113.66", "\"}",
	"\"}}\n{\"remote_addr\":\"203.0.113.66\",\"status\":200}",
	"{\"remote_addr\":\"203.0.113.66\",\"status\":200,\"msec\":1795320000.000}",
	("{\"log\":\"{\\\"remote_addr\\\":\\\"203.0.113.66\\\",\\\"status\\\":200}\\n\","
	 "\"stream\":\"stdout\"}"),
	"{\"message\":\"{\\\"remote_addr\\\":\\\"203.0.113.66\\\"}\"}",
	"{\"ClientAddr\":\"203.0.113.66:1\",\"DownstreamStatus\":200}",
	"<190>Nov 22 04:16:00 nginx: {\"remote_addr\":\"203.0.113.66\",\"status\":200}",
	"2026-11-22T04:16:00Z stdout F {\"remote_addr\":\"203.0.113.66\",\"status\":200}",
	"203.0.113.66 - - [22/Nov/2026:04:10:00 +0000] \"GET / HTTP/1.1\" 200 1",
	"] \"GET / HTTP/1.1\" 200 ", "\" 200 12 \"", "@cee:{\"remote_addr\":\"203.0.113.66\"}",
	"null", "1e999"};

/* Names that a client may give to a header or to a part of a query. */
static const char *const names[] = {"remote_addr", "client_ip", "x-real-ip", "status",
	"status_code", "time", "x", "remote_ip", "remoteaddress", "logger", "client-addr", "a.b",
	"remote", "code", "peer", "forwarded"};

struct text {
	size_t len;
	char s[4 * LINE_BYTES_MAX];
};

static void put(struct text *t, const char *s, size_t len)
{
	assert_true(t->len + len <= sizeof t->s);
	memcpy(t->s + t->len, s, len);
	t->len += len;
}

static void put_string(struct text *t, const char *s)
{
	put(t, s, strlen(s));
}

/* ---- how a server writes them ---- */

static void put_hex(struct text *t, const char *form, unsigned char c)
{
	char hex[8];

	snprintf(hex, sizeof hex, "%s%02x", form, c);
	put_string(t, hex);
}

static void put_json_byte(struct text *t, unsigned char c, enum escaping how)
{
	static const char *const broken = "\\ufffd"; /* Go: keeps only whole characters of UTF-8 */

	if (c == '"' || c == '\\' || (how == HAPROXY && c == '/')) {
		put(t, "\\", 1);
		put(t, (char *)&c, 1);
	} else if (c == '\n') {
		put_string(t, "\\n");
	} else if (c < 0x20 || (how == GO && strchr("<>&", c)) || c == 0x7f) {
		put_hex(t, "\\u00", c);
	} else if (c >= 0x80 && (how == GO || how == HAPROXY)) {
		put_string(t, broken);
	} else {
		put(t, (char *)&c, 1);
	}
}

static void put_escaped(struct text *t, const char *s, size_t len, enum escaping how)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];
		bool printed = c >= 0x20 && c < 0x7f;
		if (how == JSON || how == GO || how == HAPROXY) {
			put_json_byte(t, c, how);
		} else if (how == HAND) {
			if (printed && !strchr("\"#{}|", c))
				put(t, (char *)&c, 1);
			else
				put_hex(t, "#", c);
		} else if (how == APACHE && (c == '"' || c == '\\')) {
			put(t, "\\", 1);
			put(t, (char *)&c, 1);
		} else if (how == APACHE && c == '\n') {
			put_string(t, "\\n");
		} else if (!printed || (how == NGINX && (c == '"' || c == '\\'))) {
			put_hex(t, "\\x", c);
		} else {
			put(t, (char *)&c, 1);
		}
	}
}

/* ---- a line ---- */

/* Who sends the line, and how much of it is forged. */
struct sender {
	struct random *random;
	bool forges, v6, proxied;
	const char *fixed; /* the value of all texts of the client; NULL: random values */
	size_t before;     /* number of bytes before the value */
	int only;          /* index of the only forged text; 0: all texts are forged */
};

/* Writes the nth text of the client into the line. */
static void put_words(
	struct text *t, const struct sender *by, enum escaping how, bool plain, int nth)
{
	static struct text words;

	words.len = 0;
	if (!by->forges || (by->only && by->only != nth)) {
		put_string(&words, plain ? "x" : "198.51.100.200");
	} else if (by->fixed) {
		memset(words.s, 'a', by->before);
		words.len = by->before;
		put_string(&words, by->fixed);
	} else {
		for (uint64_t n = random_below(by->random, 5); n > 0; n--) {
			size_t run =
				random_below(by->random, 16) ? 0 : random_below(by->random, 400);
			memset(words.s + words.len, 'a', run);
			words.len += run;
			put_string(&words, sent[random_below(by->random, N(sent))]);
		}
	}
	put_escaped(t, words.s, words.len, how);
}

/* Writes a name as servers do: canonical, or in lower case. */
static void put_name(struct text *t, const struct sender *by, bool canonical)
{
	char name[32];

	snprintf(name, sizeof name, "%s", names[random_below(by->random, N(names))]);
	for (size_t i = 0; canonical && name[i]; i++)
		if (i == 0 || name[i - 1] == '-')
			name[i] = (char)toupper(name[i]);
	put_string(t, name);
}

static void put_headers(struct text *t, const struct sender *by, const struct product *p)
{
	for (uint64_t n = by->forges && !by->fixed ? random_below(by->random, 3) : 0; n > 0; n--) {
		for (const char *s = p->header; *s; s++) {
			if (strncmp(s, "Name", 4) == 0 || strncmp(s, "name", 4) == 0) {
				put_name(t, by, *s == 'N');
				s += 3;
			} else if (*s == *WORDS) {
				put_words(t, by, p->escaping, true, 0);
			} else {
				put(t, s, 1);
			}
		}
	}
}

static void put_peer(struct text *t, const struct sender *by, bool port)
{
	const char *peer = by->proxied ? (by->v6 ? "2001:db8:ff::1" : "10.0.0.1")
				       : (by->v6 ? "2001:db8::7" : "198.51.100.7");
	char text[64];

	snprintf(text, sizeof text, !port ? "%s" : by->v6 ? "[%s]:443" : "%s:443", peer);
	put_string(t, text);
}

static void make_line(struct text *t, const struct sender *by, const struct product *p)
{
	int words = 0;

	t->len = 0;
	for (const char *s = p->line; *s; s++) {
		if (*s == *WORDS) {
			put_words(t, by, p->escaping, true, ++words);
		} else if (*s == *HEADERS) {
			put_headers(t, by, p);
		} else if (*s == *LIST) {
			put_words(t, by, p->escaping, false, ++words);
			if (by->proxied)
				put_string(t, by->v6 ? ", 2001:db8::9" : ", 198.51.100.9");
		} else if (*s == *PEER || *s == *PORTED) {
			put_peer(t, by, *s == *PORTED);
		} else {
			put(t, s, 1);
		}
	}
}

enum { AUTO, TRUSTING, BY_TREE, COMBINED, PARSERS };
static struct line_parser *parsers[PARSERS];
static struct allow *trusted;

static int begin(void **state)
{
	static const char *const networks[] = {"10.0.0.0/8", "2001:db8:ff::/48"};

	(void)state;
	trusted = allow_new();
	assert_non_null(trusted);
	for (size_t i = 0; i < N(networks); i++) {
		struct address a = given_address(networks[i]);
		assert_true(allow_add(trusted, &a));
	}
	allow_seal(trusted);
	for (int i = 0; i < PARSERS; i++) {
		struct line_config c = {.extract = {.trusted = i == TRUSTING ? trusted : NULL},
			.by_tree = i == BY_TREE,
			.combined = i == COMBINED};
		parsers[i] = line_parser_new(&c);
		assert_non_null(parsers[i]);
	}
	return 0;
}

static int end(void **state)
{
	(void)state;
	for (int i = 0; i < PARSERS; i++)
		line_parser_free(parsers[i]);
	allow_free(trusted);
	return 0;
}

struct reading {
	enum line_reason reason;
	struct line_result result;
	struct line_explanation view;
};

static void read_text(struct reading *r, const struct text *t, int parser)
{
	char *copy = malloc(t->len + !t->len);

	assert_non_null(copy);
	assert_true(t->len <= LINE_BYTES_MAX);
	memcpy(copy, t->s, t->len);
	r->reason = line_explain(parsers[parser], copy, t->len, false, &r->result, &r->view);
	free(copy);
}

static void same_reading(
	const struct reading *want, const struct reading *got, const struct text *t)
{
	const struct request *a = &want->result.request, *b = &got->result.request;

	if (got->reason != LINE_OK)
		fail_msg("reason %d: %.*s", (int)got->reason, (int)t->len, t->s);
	if (!address_equal(&a->client, &b->client))
		fail_msg("another client: %.*s", (int)t->len, t->s);
	if (a->status != b->status || a->has_time != b->has_time || a->time.ms != b->time.ms)
		fail_msg("status %d, time %lld: %.*s", b->status, (long long)b->time.ms,
			(int)t->len, t->s);
	if (strcmp(want->view.format, got->view.format) != 0 ||
		a->behind_proxy != b->behind_proxy || got->result.bad_status ||
		got->result.truncated || got->result.glued || b->count != 1)
		fail_msg("format %s: %.*s", got->view.format, (int)t->len, t->s);
}

/* Reads the line of an honest client, with which the other lines are compared. */
static void read_honest(struct reading *r, const struct product *p, struct sender by, int parser)
{
	static struct text t;

	by.forges = false;
	make_line(&t, &by, p);
	read_text(r, &t, parser);
	if (r->reason != LINE_OK || strcmp(r->view.format, p->format) != 0)
		fail_msg("reason %d, format %s: %.*s", (int)r->reason, r->view.format, (int)t.len,
			t.s);
	const char *client = by.proxied && parser == TRUSTING
				     ? (by.v6 ? "2001:db8::9" : "198.51.100.9")
			     : by.proxied ? (by.v6 ? "2001:db8:ff::1" : "10.0.0.1")
					  : (by.v6 ? "2001:db8::7" : "198.51.100.7");
	struct address a = given_address(client);
	assert_true(address_equal(&a, &r->result.request.client));
	assert_int_equal(r->result.request.status, 404);
}

static bool is_proxied(const struct product *p)
{
	return strchr(p->line, *LIST);
}

static void forge_line(const struct product *p, const struct sender *by)
{
	static struct text t;
	struct reading want, got;
	bool combined = strcmp(p->format, "combined") == 0;

	make_line(&t, by, p);
	if (t.len > LINE_BYTES_MAX)
		return;
	for (int i = 0; i < PARSERS; i++) {
		if ((i == COMBINED) != combined)
			continue;
		read_honest(&want, p, *by, i);
		read_text(&got, &t, i);
		same_reading(&want, &got, &t);
	}
}

/* ---- tests ---- */

static void text_from_a_client_changes_no_other_member(void **state)
{
	struct random r = random_new(1);

	(void)state;
	random_note();
	for (int round = 0; round < ROUNDS; round++) {
		const struct product *p = &products[random_below(&r, N(products))];
		struct sender by = {&r, true, random_below(&r, 2),
			is_proxied(p) && random_below(&r, 2), NULL, 0, 0};
		forge_line(p, &by);
	}
}

/* The scanner reads blocks of 64 bytes. So each piece is tested at each offset in a block, and far
 * inside a line. */
static void forged_piece_changes_nothing_at_any_offset(void **state)
{
	static const size_t far[] = {4090, 8180, 16370, SENT};

	(void)state;
	for (size_t i = 0; i < N(products); i++) {
		const struct product *p = &products[i];
		struct random r = random_new(2 + i);
		for (size_t s = 0; s < N(sent); s++) {
			struct sender by = {&r, true, (i + s) & 1, false, sent[s], 0, 0};
			for (by.before = 0; by.before < 70; by.before++)
				forge_line(p, &by);
			for (size_t f = 0; f < N(far); f++) {
				by.before = far[f] + random_below(&r, 64);
				by.only = 1 + (int)random_below(&r, 4);
				forge_line(p, &by);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_from_a_client_changes_no_other_member),
		cmocka_unit_test(forged_piece_changes_nothing_at_any_offset),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
