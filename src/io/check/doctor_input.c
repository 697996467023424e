/* doctor_input.c - see doctor_parts.h: are the lines on standard input those of an access log, and
 * how old are they? */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/base/counters.h"
#include "core/read/line.h"
#include "io/host/clock.h"
#include "io/check/doctor_parts.h"
#include "io/config/input.h"
#include "io/host/line_reader.h"

/* A line that was just written is that old at most; a server with buffered logs has others. */
#define LAG_USUAL_MS 10000

struct seen {
	struct counters counters;
	bool has_time;
	struct instant newest;
};

static void take_line(
	struct line_parser *parser, const struct line_reader_line *line, struct seen *seen)
{
	struct line_result result;
	enum line_reason reason = line_parse(parser, line->text, line->len, line->cut, &result);

	seen->counters.lines++;
	if (reason != LINE_OK) {
		(*line_counter(&seen->counters, reason))++;
		return;
	}
	seen->counters.requests++;
	if (!result.request.has_time)
		return;
	if (!seen->has_time || instant_before(seen->newest, result.request.time))
		seen->newest = result.request.time;
	seen->has_time = true;
}

/* False when standard input cannot be read. */
static bool read_some(struct line_reader *lines, struct line_parser *parser, struct seen *seen)
{
	int64_t end = clock_monotonic().ms + DOCTOR_WAIT_MS;
	enum line_reader_status status = LINE_READER_OK;

	while (status == LINE_READER_OK && seen->counters.lines < DOCTOR_LINES_MAX) {
		struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
		int64_t left = end - clock_monotonic().ms;
		struct line_reader_line line;
		if (left <= 0 || poll(&in, 1, (int)left) == 0)
			break;
		status = line_reader_fill(lines);
		while (seen->counters.lines < DOCTOR_LINES_MAX && line_reader_next(lines, &line))
			take_line(parser, &line, seen);
	}
	return status != LINE_READER_ERROR;
}

static void put_rejected(struct buf *b, const struct counters *c)
{
#define PUT(name)                                                                                  \
	if (c->name) {                                                                             \
		buf_put_text(b, ", " #name " ");                                                   \
		buf_put_u64(b, c->name);                                                           \
	}
	COUNTERS_REJECTED(PUT)
#undef PUT
}

static void put_lag(struct buf *b, const struct seen *seen)
{
	int64_t lag = instant_since(clock_now(), seen->newest).ms;

	if (!seen->has_time) {
		buf_put_text(b, "; without a time, so each line is taken as of now");
		return;
	}
	buf_put_text(b, "; the newest is of ");
	buf_put_instant(b, seen->newest);
	if (lag < -2000)
		buf_put_text(b, ", which is ahead of this clock");
	else if (lag <= LAG_USUAL_MS)
		buf_put_text(b, ", which is now");
	else {
		buf_put_text(b, ", ");
		buf_put_i64(b, lag / 1000);
		buf_put_text(b, " s ago");
	}
}

static bool judge_lines(const struct seen *seen, struct buf *b)
{
	const struct counters *c = &seen->counters;

	if (c->lines == 0) {
		buf_put_text(b, "no line came; to have some looked at: tail -n 1000 FILE | "
				"anomdetect --doctor");
		return true;
	}
	buf_put_u64(b, c->requests);
	buf_put_text(b, " of ");
	buf_put_u64(b, c->lines);
	buf_put_text(b, " lines are requests");
	put_rejected(b, c);
	/* an access log has requests alone; lines of other logs in it should be filtered out */
	if (c->requests * 2 < c->lines) {
		buf_put_text(b, "; see INPUT in anomdetect(8) for the log format to set");
		return false;
	}
	put_lag(b, seen);
	return true;
}

bool doctor_check_input(const struct input_options *o, const struct options_list *trust_proxy)
{
	struct input in;
	char why[DOCTOR_TEXT_CAP] = "";
	struct line_reader *lines = line_reader_new(STDIN_FILENO, LINE_LONGEST);
	struct line_parser *parser =
		input_open(&in, o, trust_proxy, why, sizeof why) ? line_parser_new(&in.line) : NULL;
	struct seen seen = {.has_time = false};
	char text[DOCTOR_TEXT_CAP];
	struct buf b;
	bool ok = false;

	buf_init(&b, text, sizeof text);
	if (why[0])
		buf_put_text(&b, why);
	else if (!lines || !parser)
		buf_put_text(&b, strerror(ENOMEM));
	else if (isatty(STDIN_FILENO)) {
		buf_put_text(&b,
			"not looked at: it is a terminal; to have lines looked at: tail -n 1000 "
			"FILE | anomdetect --doctor");
		ok = true;
	} else if (!read_some(lines, parser, &seen)) {
		buf_put_text(&b, "unable to read standard input: ");
		buf_put_text(&b, strerror(errno));
	} else {
		ok = judge_lines(&seen, &b);
	}
	line_parser_free(parser);
	input_close(&in);
	line_reader_free(lines);
	return doctor_report(ok, "input", "%.*s", (int)b.len, b.data);
}
