/* explain_print.c - see explain_shape.h. The printed texts of log lines come from src/core, which
 * has cut them to a maximum length and has replaced their control bytes. */
#include "io/check/explain_shape.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/base/buf.h"

#define ADVICE_MAX 2048

static const struct {
	const char *name, *text;
} reasons[LINE_REASON_COUNT] = {
	[LINE_NOT_JSON] = {"not_json", "begins as an object, but is not JSON"},
	[LINE_NO_CLIENT] = {"no_client",
		"an access-log object without a member that names the client"},
	[LINE_BAD_CLIENT] = {"bad_client", "the client is not an IP address"},
	[LINE_BAD_TIME] = {"bad_time",
		"the form of the time is not known\n  name another member with --time"},
	[LINE_BAD_COUNT] = {"bad_count",
		"the member of --count is not a whole number from 1 to 1000000"},
	[LINE_TOO_LONG] = {"too_long", "over 4 MiB, and no client in its first 4 MiB"},
	[LINE_NUL] = {"nul", "contains a NUL byte"},
	[LINE_OTHER] = {"other", "not a line of an access log"},
};

static void print_member(const char *what, const struct line_member *m, const char *absent)
{
	if (m->name[0])
		printf("  %-9s %s = %s", what, m->name, m->value);
	else if (m->value[0])
		printf("  %-9s %s", what, m->value);
	else
		printf("  %-9s %s", what, absent);
}

/* Prints hints if the client's address may be wrong, or cannot be banned on this host. */
static void print_doubts(const struct explain_shape *s, const char *client)
{
	const struct line_member *m = &s->explanation.unbelieved;

	if (s->explanation.proxy)
		printf("  %-9s a trusted proxy: no X-Forwarded-For names a visitor behind "
		       "it\n",
			"");
	if (s->request.behind_proxy)
		printf("  %-9s its packets come from a proxy: a ban on this host cannot stop "
		       "them\n",
			"");
	if (m->name[0]) {
		print_member("not used", m, "");
		printf("\n  %-9s %s\n", "",
			s->may_be_proxy ? "the client's address is private: it may be a proxy, "
					  "and all visitors behind it count as one"
					: "any visitor can write anything there, unless a "
					  "trusted proxy fills it");
		printf("  %-9s if %s is your proxy, and fills it: "
		       "--trust-proxy %s --forwarded %s\n",
			"", client, client, m->name);
	}
	if (s->header_host.name[0]) {
		print_member("not used", &s->header_host, "");
		printf("\n  %-9s the first value of X-Forwarded-For, which a visitor can write\n"
		       "  %-9s if %s is your proxy, log the header itself\n"
		       "  %-9s (accesslog.fields.headers.names.X-Forwarded-For=keep)"
		       " and give --trust-proxy %s\n",
			"", "", client, "", client);
	}
}

static void print_client(const struct explain_shape *s)
{
	char text[ADDRESS_TEXT_MAX + 1];
	struct buf b;

	print_member("client", &s->explanation.client, "none");
	buf_init(&b, text, sizeof text - 1);
	buf_put_address(&b, &s->request.client);
	text[b.len] = '\0';
	if (s->explanation.forwarded.name[0])
		printf("\n  behind it %s = %s", s->explanation.forwarded.name,
			s->explanation.forwarded.value);
	printf("  ->  %s\n", text);
	print_doubts(s, text);
}

static void print_time(const struct explain_shape *s)
{
	char text[32];
	struct buf b;

	print_member(
		"time", &s->explanation.time, "none: the time is the moment when the line is read");
	if (s->explanation.lasted.name[0])
		printf("  +  %s = %s", s->explanation.lasted.name, s->explanation.lasted.value);
	if (s->request.has_time) {
		buf_init(&b, text, sizeof text);
		buf_put_instant(&b, s->request.time);
		printf("  ->  %.*s", (int)b.len, b.data);
	}
	putchar('\n');
}

/* Prints the parsed method and path, because their member may contain a whole request line. */
static void print_path(const struct explain_shape *s)
{
	const struct request *r = &s->request;
	char text[REQUEST_PATH_MAX];
	struct buf b;

	if (r->method[0]) {
		buf_init(&b, text, sizeof text);
		buf_put_plain(&b, r->method, strlen(r->method));
		printf("  %-9s %s%s%.*s\n", "method", s->explanation.method.name,
			s->explanation.method.name[0] ? " = " : "", (int)b.len, b.data);
	}
	if (r->path_len) {
		print_member("path", &s->explanation.path, "");
		buf_init(&b, text, sizeof text);
		buf_put_plain(&b, r->path, r->path_len);
		printf("%s%.*s\n",
			s->explanation.path.name[0] || s->explanation.path.value[0] ? "  ->  " : "",
			(int)b.len, b.data);
	}
}

static void print_fetch_site(const struct explain_shape *s)
{
	if (!s->explanation.fetch_site.name[0])
		return;
	print_member("from", &s->explanation.fetch_site, "");
	puts(s->request.cross_site ? "  ->  a page of another site" : "");
}

static void print_request(const struct explain_shape *s)
{
	print_client(s);
	print_member("status", &s->explanation.status, "none: counted with status unknown");
	printf(s->bad_status ? "  (no HTTP status: counted as unknown)\n" : "\n");
	print_time(s);
	print_path(s);
	print_fetch_site(s);
	if (s->explanation.count.value[0])
		printf("  %-9s %s = %s  ->  %" PRIu32 "\n", "count", s->explanation.count.name,
			s->explanation.count.value, s->request.count);
	else if (s->explanation.count.name[0])
		printf("  %-9s no %s: one request\n", "count", s->explanation.count.name);
	if (s->explanation.format && strcmp(s->explanation.format, "generic") == 0)
		printf("  generic: members are recognised by common names alone; to be "
		       "certain, give --client or --format\n");
}

/* Prints each sentence on its own line. */
static void print_advice(const struct stranger *stranger)
{
	char text[ADVICE_MAX];
	struct buf b;

	buf_init(&b, text, sizeof text);
	stranger_put_advice(&b, stranger);
	for (size_t at = 0; at < b.len;) {
		const char *end = memchr(b.data + at, '\n', b.len - at);
		size_t len = end ? (size_t)(end - b.data) - at : b.len - at;
		if (len)
			printf("  %.*s\n", (int)len, b.data + at);
		at += len + 1;
	}
}

static void print_reasons(const struct explain_shape *s)
{
	const char *between = "  counted as ";

	for (int k = 1; k < LINE_REASON_COUNT; k++) {
		if (s->reasons & 1u << k) {
			printf("%s%s", between, reasons[k].name);
			between = ", ";
		}
	}
	putchar('\n');
}

static void print_reject(const struct explain_shape *s)
{
	if (s->stranger.kind == STRANGER_INPUT) {
		print_advice(&s->stranger);
		print_reasons(s);
		if (s->stranger.input >= INPUT_ARRAY)
			printf("  it begins: %s\n", s->shown);
		return;
	}
	printf("  %s: %s\n", reasons[s->reason].name, reasons[s->reason].text);
	print_advice(&s->stranger);
	if (s->reason == LINE_OTHER && s->stranger.kind == STRANGER_PLAIN)
		printf("  it is neither JSON nor a line of the combined log format\n");
	if (s->reason == LINE_NOT_JSON && s->stranger.kind != STRANGER_CUT)
		printf("  breaks at byte %zu%s, at: %s\n", s->explanation.error_at + 1,
			s->explanation.error_inside ? " of the wrapped text" : "",
			s->explanation.error_text[0] ? s->explanation.error_text : "its end");
	else
		printf("  it begins: %s\n", s->shown);
	if (s->reason == LINE_BAD_CLIENT && s->stranger.kind != STRANGER_EMPTY) {
		print_member("client", &s->explanation.client, "none");
		putchar('\n');
	}
	if (s->reason == LINE_BAD_TIME) {
		print_member("time", &s->explanation.time, "none");
		putchar('\n');
	}
}

void explain_print_shape(const struct explain_shape *s)
{
	printf("%" PRIu64 " line%s like line %" PRIu64 ": %s", s->lines, s->lines == 1 ? "" : "s",
		s->first, s->reason == LINE_OK ? "requests" : "rejected");
	if (s->reason == LINE_OK)
		printf(", format %s", s->explanation.format);
	if (s->explanation.wrapper[0])
		printf(", behind %s", s->explanation.wrapper);
	if (s->reason == LINE_OK && s->truncated)
		printf(", cut off");
	if (s->reason == LINE_OK && s->glued)
		printf(", behind half a line");
	if (s->reason == LINE_OK && s->explanation.repaired)
		printf(", with escapes or dashes that are not JSON");
	putchar('\n');
	if (s->reason == LINE_OK)
		print_request(s);
	else
		print_reject(s);
}
