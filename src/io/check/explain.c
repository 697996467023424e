/* explain.c - see explain.h.
 *
 * Two lines have the same shape when the same is to be said of them but for the values: so a log of
 * a million lines gives a handful of paragraphs. What lines hold is printed without control bytes.
 */
#include "io/check/explain.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "io/host/clock.h"
#include "io/config/input.h"
#include "io/host/line_reader.h"
#include "io/host/log.h"

/* Different shapes that are told; a log of more is a log of anything. */
#define SHAPES_MAX 32
/* So long lines are waited for where they come one by one (tail -F). */
#define WAIT_MS 10000
/* Of a rejected line. */
#define SHOWN_MAX 60
#define WHY_MAX   512

struct shape {
	enum line_reason reason;
	bool truncated, bad_status, glued, has_time;
	struct line_explanation view; /* of its first line */
	struct request request;
	uint64_t lines;
	uint64_t first; /* number of its first line, from 1 */
	char shown[SHOWN_MAX + 1];
};

struct explained {
	struct shape shapes[SHAPES_MAX];
	size_t n;
	uint64_t lines, requests, others; /* others: of shapes beyond SHAPES_MAX */
};

static const char *reason_text(enum line_reason reason)
{
	switch (reason) {
	case LINE_NOT_JSON:
		return "not_json: begins as an object, but is not JSON";
	case LINE_NO_CLIENT:
		return "no_client: an access-log object without a member that holds the client\n"
		       "  name it with --client";
	case LINE_BAD_CLIENT:
		return "bad_client: the client is not an IP address";
	case LINE_BAD_TIME:
		return "bad_time: the time is in no form that is known\n"
		       "  name another member with --time";
	case LINE_TOO_LONG:
		return "too_long: over 4 MiB, and no client in its first 4 MiB";
	case LINE_NUL:
		return "nul: a NUL byte in it";
	case LINE_OTHER:
		return "other: no object of an access log\n"
		       "  plain lines: see --format combined; text before the object: --prefix-any";
	case LINE_OK:
	case LINE_REASON_COUNT:
		break;
	}
	return "";
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_shape(const struct shape *a, const struct shape *b)
{
	return a->reason == b->reason && a->truncated == b->truncated &&
	       a->bad_status == b->bad_status && a->glued == b->glued &&
	       a->view.repaired == b->view.repaired && a->view.proxy == b->view.proxy &&
	       a->request.behind_proxy == b->request.behind_proxy &&
	       same_text(a->view.format, b->view.format) &&
	       strcmp(a->view.wrapper, b->view.wrapper) == 0 &&
	       strcmp(a->view.client.name, b->view.client.name) == 0 &&
	       strcmp(a->view.status.name, b->view.status.name) == 0 &&
	       strcmp(a->view.time.name, b->view.time.name) == 0 &&
	       strcmp(a->view.forwarded.name, b->view.forwarded.name) == 0;
}

static void note_beginning(struct shape *s, const struct line_reader_line *line)
{
	struct buf b;

	memset(s->shown, 0, sizeof s->shown);
	buf_init(&b, s->shown, SHOWN_MAX);
	buf_put_plain(&b, line->text, line->len);
}

static void take_line(
	struct explained *all, struct line_parser *parser, const struct line_reader_line *line)
{
	struct line_result result;
	struct shape s = {0};

	s.reason = line_explain(parser, line->text, line->len, line->cut, &result, &s.view);
	s.lines = 1;
	s.first = ++all->lines;
	if (s.reason == LINE_OK) {
		all->requests++;
		s.truncated = result.truncated;
		s.bad_status = result.bad_status;
		s.glued = result.glued;
		s.request = result.request;
	}
	for (size_t i = 0; i < all->n; i++) {
		if (same_shape(&all->shapes[i], &s)) {
			all->shapes[i].lines++;
			return;
		}
	}
	if (all->n == SHAPES_MAX) {
		all->others++;
		return;
	}
	note_beginning(&s, line);
	all->shapes[all->n++] = s;
}

static bool read_some(struct explained *all, struct line_reader *lines, struct line_parser *parser)
{
	int64_t end = clock_monotonic().ms + WAIT_MS;
	enum line_reader_status status = LINE_READER_OK;
	struct line_reader_line line;

	while (status == LINE_READER_OK && all->lines < EXPLAIN_LINES_MAX) {
		struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
		int64_t left = end - clock_monotonic().ms;
		if (left <= 0 || poll(&in, 1, (int)left) == 0)
			break;
		status = line_reader_fill(lines);
		while (all->lines < EXPLAIN_LINES_MAX && line_reader_next(lines, &line))
			take_line(all, parser, &line);
	}
	return status != LINE_READER_ERROR;
}

static void print_member(const char *what, const struct line_member *m, const char *absent)
{
	if (m->name[0])
		printf("  %-9s %s = %s", what, m->name, m->value);
	else if (m->value[0])
		printf("  %-9s %s", what, m->value);
	else
		printf("  %-9s %s", what, absent);
}

static void print_request(const struct shape *s)
{
	const struct request *r = &s->request;
	char text[ADDRESS_TEXT_MAX];
	struct buf b;

	print_member("client", &s->view.client, "none");
	buf_init(&b, text, sizeof text);
	buf_put_address(&b, &r->client);
	if (s->view.forwarded.name[0])
		printf("\n  behind it %s = %s", s->view.forwarded.name, s->view.forwarded.value);
	printf("  ->  %.*s\n", (int)b.len, b.data);
	if (s->view.proxy)
		printf("  %-9s a trusted proxy itself: no X-Forwarded-For says more\n", "");
	if (r->behind_proxy)
		printf("  %-9s its packets are a proxy's: a ban on this host cannot stop them\n",
			"");
	print_member("status", &s->view.status, "none: counted with status unknown");
	printf(s->bad_status ? "  (no HTTP status: counted as unknown)\n" : "\n");
	print_member("time", &s->view.time, "none: taken as the moment when the line is read");
	if (r->has_time) {
		buf_clear(&b);
		buf_put_instant(&b, r->time);
		printf("  ->  %.*s", (int)b.len, b.data);
	}
	putchar('\n');
	if (s->view.count.value[0])
		printf("  %-9s %s = %s  ->  %" PRIu32 "\n", "count", s->view.count.name,
			s->view.count.value, r->count);
	else if (s->view.count.name[0])
		printf("  %-9s no %s: one request\n", "count", s->view.count.name);
}

static void print_reject(const struct shape *s)
{
	printf("  %s\n", reason_text(s->reason));
	if (s->reason == LINE_NOT_JSON)
		printf("  breaks at byte %zu%s, at: %s\n", s->view.error_at + 1,
			s->view.error_inside ? " of the text in it" : "",
			s->view.error_text[0] ? s->view.error_text : "its end");
	else
		printf("  it begins: %s\n", s->shown);
	if (s->reason == LINE_BAD_CLIENT) {
		print_member("client", &s->view.client, "none");
		putchar('\n');
	}
	if (s->reason == LINE_BAD_TIME) {
		print_member("time", &s->view.time, "none");
		putchar('\n');
	}
}

static void print_shape(const struct shape *s)
{
	printf("%" PRIu64 " line%s like line %" PRIu64 ": %s", s->lines, s->lines == 1 ? "" : "s",
		s->first, s->reason == LINE_OK ? "requests" : "rejected");
	if (s->reason == LINE_OK)
		printf(", format %s", s->view.format);
	if (s->view.wrapper[0])
		printf(", behind %s", s->view.wrapper);
	if (s->reason == LINE_OK && s->truncated)
		printf(", cut off");
	if (s->reason == LINE_OK && s->glued)
		printf(", behind half a line");
	if (s->reason == LINE_OK && s->view.repaired)
		printf(", with escapes or dashes that are not JSON");
	putchar('\n');
	if (s->reason == LINE_OK)
		print_request(s);
	else
		print_reject(s);
}

static bool print_all(const struct explained *all)
{
	for (size_t i = 0; i < all->n; i++)
		print_shape(&all->shapes[i]);
	if (all->others)
		printf("%" PRIu64 " lines of more shapes than are told\n", all->others);
	printf("%" PRIu64 " of %" PRIu64 " lines are requests\n", all->requests, all->lines);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		log_error("unable to write to standard output: %s", strerror(errno));
		return false;
	}
	return all->requests > 0;
}

bool explain_run(const struct input_options *o, const struct options_list *trust_proxy)
{
	static struct explained all;
	struct input in;
	char why[WHY_MAX];
	bool ok = false;

	if (!input_open(&in, o, trust_proxy, why, sizeof why)) {
		log_fatal("%s", why);
		return false;
	}
	struct line_reader *lines = line_reader_new(STDIN_FILENO, LINE_LONGEST);
	struct line_parser *parser = line_parser_new(&in.line);
	if (!lines || !parser)
		log_fatal("unable to start: %s", strerror(errno));
	else if (!read_some(&all, lines, parser))
		log_error("unable to read standard input: %s", strerror(errno));
	else
		ok = print_all(&all);
	line_parser_free(parser);
	line_reader_free(lines);
	input_close(&in);
	return ok;
}
