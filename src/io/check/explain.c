/* explain.c - see explain.h.
 *
 * One paragraph is printed for each shape of line. Two lines have the same shape when their
 * paragraphs differ only in values. So even a long log gives only a few paragraphs.
 */
#include "io/check/explain.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/base/figure.h"
#include "core/measure/unnamed_proxy.h"
#include "io/check/explain_shape.h"
#include "io/host/clock.h"
#include "io/config/input.h"
#include "io/host/line_reader.h"
#include "io/host/log.h"

/* Maximum number of printed shapes; a log with more shapes is not an access log. */
#define SHAPES_MAX 32
/* Maximum time for which lines are read, because with tail -F they come one by one. */
#define WAIT_MS 10000
#define WHY_MAX 512

struct explained {
	struct explain_shape shapes[SHAPES_MAX];
	size_t n;
	uint64_t lines, requests, others; /* others: lines of shapes beyond SHAPES_MAX */
	bool ended;                       /* the input has ended */
	struct input_kinds kinds;
	const struct line_config *config;
};

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_name(const struct line_member *a, const struct line_member *b)
{
	return strcmp(a->name, b->name) == 0;
}

static bool same_explanations(const struct line_explanation *a, const struct line_explanation *b)
{
	return a->repaired == b->repaired && a->proxy == b->proxy &&
	       same_text(a->format, b->format) && same_text(a->wrapper, b->wrapper) &&
	       same_name(&a->client, &b->client) && same_name(&a->status, &b->status) &&
	       same_name(&a->time, &b->time) && same_name(&a->lasted, &b->lasted) &&
	       same_name(&a->method, &b->method) && same_name(&a->path, &b->path) &&
	       same_name(&a->forwarded, &b->forwarded) && same_name(&a->unbelieved, &b->unbelieved);
}

/* True if both lines get the same advice. The advice depends on the names of the members with
 * addresses, not on their values. */
static bool same_strangers(const struct stranger *a, const struct stranger *b)
{
	if (a->kind != b->kind || a->input != b->input || a->addresses.n != b->addresses.n)
		return false;
	for (size_t i = 0; i < a->addresses.n; i++)
		if (!same_name(&a->addresses.at[i].member, &b->addresses.at[i].member))
			return false;
	return same_text(a->client.value, b->client.value) || a->kind != STRANGER_EMPTY;
}

static bool same_shape(const struct explain_shape *a, const struct explain_shape *b)
{
	if (a->stranger.kind == STRANGER_INPUT || b->stranger.kind == STRANGER_INPUT)
		return a->stranger.kind == b->stranger.kind &&
		       a->stranger.input == b->stranger.input;
	return a->reason == b->reason && a->truncated == b->truncated &&
	       a->bad_status == b->bad_status && a->glued == b->glued &&
	       a->may_be_proxy == b->may_be_proxy &&
	       a->request.behind_proxy == b->request.behind_proxy &&
	       same_name(&a->header_host, &b->header_host) &&
	       same_strangers(&a->stranger, &b->stranger) &&
	       same_explanations(&a->explanation, &b->explanation);
}

static void note_beginning(struct explain_shape *s, const struct line_reader_line *line)
{
	struct buf b;

	memset(s->shown, 0, sizeof s->shown);
	buf_init(&b, s->shown, EXPLAIN_SHOWN_MAX);
	buf_put_plain(&b, line->text, line->len);
}

static void note_request(struct explain_shape *s, const struct line_result *result,
	const struct line_reader_line *line)
{
	s->truncated = result->truncated;
	s->bad_status = result->bad_status;
	s->glued = result->glued;
	s->request = result->request;
	s->may_be_proxy =
		s->explanation.unbelieved.name[0] && unnamed_proxy_may_be(&s->request.client);
	(void)stranger_host(
		line->text, line->len, &s->explanation, &s->request.client, &s->header_host);
}

static void add_shape(
	struct explained *all, struct explain_shape *s, const struct line_reader_line *line)
{
	for (size_t i = 0; i < all->n; i++) {
		if (same_shape(&all->shapes[i], s)) {
			all->shapes[i].lines++;
			all->shapes[i].reasons |= s->reasons;
			return;
		}
	}
	if (all->n == SHAPES_MAX) {
		all->others++;
		return;
	}
	note_beginning(s, line);
	all->shapes[all->n++] = *s;
}

static void take_line(
	struct explained *all, struct line_parser *parser, const struct line_reader_line *line)
{
	struct line_result result;
	struct explain_shape s = {.lines = 1, .first = ++all->lines};

	input_kinds_begin(&all->kinds, line->text, line->len);
	s.reason = line_explain(parser, line->text, line->len, line->cut, &result, &s.explanation);
	s.reasons = 1u << s.reason;
	if (s.reason == LINE_OK) {
		all->requests++;
		note_request(&s, &result, line);
	} else {
		stranger_look(&s.stranger, &all->kinds, all->config, line->text, line->len,
			s.reason, &s.explanation);
	}
	add_shape(all, &s, line);
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
	all->ended = status == LINE_READER_END;
	return status != LINE_READER_ERROR;
}

/* Called when no line came. Prints advice for a log that is new, or that the server does not write
 * to. */
static void print_no_line(const struct explained *all)
{
	if (all->ended)
		puts("the input is empty: a new log has no line before the first request\n"
		     "make a request to the server, and run this command again");
	else
		printf("no line came within %d seconds\n"
		       "make a request to the server, or read a log's last lines: "
		       "tail -n 1000 FILE | anomdetect --explain\n",
			WAIT_MS / 1000);
	puts("if the log stays empty, the server writes to another log; in nginx, an access_log in "
	     "a server or\nlocation replaces the access_log in http: "
	     "nginx -T | grep access_log");
}

/* True if the line is most likely not from an access log. Such a line is from an error log or from
 * syslog, or it is an object without an address, or strangers.h has no advice about it. */
static bool is_of_another_log(const struct stranger *s)
{
	if (s->kind == STRANGER_INPUT)
		return s->input == INPUT_ERROR_LOG || s->input == INPUT_SYSLOG;
	return s->kind == STRANGER_PLAIN || (s->kind == STRANGER_UNKNOWN && s->addresses.n == 0);
}

static bool all_are_of_another_log(const struct explained *all)
{
	for (size_t i = 0; i < all->n; i++)
		if (!is_of_another_log(&all->shapes[i].stranger))
			return false;
	return true;
}

static void print_total(const struct explained *all)
{
	if (all->lines == 0) {
		print_no_line(all);
		return;
	}
	bool one = all->requests == 1 || all->lines == 1;
	printf("%" PRIu64 " of %" PRIu64 " line%s %s\n", all->requests, all->lines,
		figure_plural((double)all->lines), one ? "is a request" : "are requests");
	if (all->requests == 0 && all_are_of_another_log(all))
		puts("this may not be an access log; read the last lines of the log that the "
		     "server writes:\ntail -n 1000 FILE | anomdetect --explain");
}

static bool print_all(const struct explained *all)
{
	for (size_t i = 0; i < all->n; i++)
		explain_print_shape(&all->shapes[i]);
	if (all->others)
		printf("%" PRIu64 " line%s other shapes, which are not printed\n", all->others,
			figure_word((double)all->others, " has", "s have"));
	print_total(all);
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
	if (in.counts) {
		log_fatal("--explain reads access logs, not --format counts");
		input_close(&in);
		return false;
	}
	struct line_reader *lines = line_reader_new(STDIN_FILENO, LINE_LONGEST);
	struct line_parser *parser = line_parser_new(&in.line);
	all.config = &in.line;
	if (!lines || !parser)
		log_fatal("unable to start: %s", strerror(errno));
	else if (!read_some(&all, lines, parser))
		log_error("unable to read standard input: %s%s", strerror(errno),
			line_reader_hint(errno));
	else
		ok = print_all(&all);
	line_parser_free(parser);
	line_reader_free(lines);
	input_close(&in);
	return ok;
}
