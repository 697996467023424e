/* engine_hints.c - see engine_parts.h. Reports faults of the log that its lines show: no line is a
 * request, most lines lack a member, or --trust-proxy lacks a proxy. Nothing here changes a count
 * or a verdict. */
#include "core/engine/engine_parts.h"

/* Maximum number of bytes of a line in a message about a bad origin, and the minimum time between
 * two of these messages. */
#define BAD_ORIGIN_SHOWN 100
static const struct span bad_origin_every = {60000};

/* Parses the line again, for a message. */
static void explain_line(
	struct engine *e, const char *line, size_t len, bool cut, struct line_explanation *shown)
{
	struct line_result result; /* not the result in the queue, which is still needed */

	(void)line_explain(e->parser, line, len, cut, &result, shown);
}

/* True if the line was cut. After the first request, an object without an end is a line that was
 * cut before the member with the client. Before the first request, the line may be a part of an
 * object that is printed on several lines. */
static bool is_cut(const struct engine *e, enum line_reason reason, bool truncated)
{
	return reason == LINE_TOO_LONG || (reason == LINE_NOT_JSON && truncated && e->queued);
}

void engine_hint_reject(struct engine *e, const char *line, size_t len, bool cut,
	enum line_reason reason, bool truncated, struct instant wall)
{
	struct line_explanation shown;

	if (!e->config.replay) {
		if (!input_kind_is_between(line, len))
			recent_lines_note(&e->recent,
				1u << (reason == LINE_OTHER ? RECENT_FOREIGN : RECENT_REJECTED),
				wall);
		if (is_cut(e, reason, truncated))
			line_quality_note(&e->quality, 1u << FLAW_CUT, wall);
	}
	if (e->queued || !strangers_want(&e->strangers))
		return;
	explain_line(e, line, len, cut, &shown);
	strangers_note(&e->strangers, &e->config.line, line, len, reason, &shown);
}

void engine_hint_request(
	struct engine *e, struct engine_queued *q, const char *line, size_t len, bool cut)
{
	const struct address *client = &q->result.request.client;
	struct line_explanation shown;
	struct line_member host;

	input_kinds_begin(&e->strangers.kinds, line, len);
	q->tells_proxy = false;
	if (!unnamed_proxy_note(&e->proxy, client))
		return;
	explain_line(e, line, len, cut, &shown);
	if (stranger_host(line, len, &shown, client, &host))
		q->tells_proxy = unnamed_proxy_look(&e->proxy, host.name, true);
	else
		q->tells_proxy = unnamed_proxy_look(&e->proxy, shown.unbelieved.name, false);
}

static void tell_error(
	struct engine *e, const char *reason, const char *message, struct instant time)
{
	struct event event = engine_event(e, EVENT_ERROR, time);

	event.reason = reason;
	event.message = message;
	engine_emit(e, &event);
}

void engine_hint_counted(struct engine *e, const struct engine_queued *q, enum logclock_place where)
{
	const struct line_result *r = &q->result;

	if (!e->config.replay) {
		line_quality_note(&e->quality,
			(where == LOGCLOCK_LATE ? 1u << FLAW_LATE : 0) |
				(r->request.status == 0 ? 1u << FLAW_NO_STATUS : 0) |
				(r->truncated ? 1u << FLAW_CUT : 0),
			q->wall);
		recent_lines_note(&e->recent,
			(where == LOGCLOCK_LATE ? 1u << RECENT_LATE : 0) |
				(r->request.status == 0 ? 1u << RECENT_NO_STATUS : 0),
			q->wall);
	}
	e->proxy_due |= q->tells_proxy;
	if (e->proxy_due && e->clock.started) { /* an event needs a time */
		e->proxy_due = false;
		tell_error(e, "unnamed_proxy", e->proxy.message, e->clock.now);
	}
}

void engine_hint_tick(struct engine *e, struct instant wall)
{
	enum line_flaw flaw;

	recent_lines_tick(&e->recent, wall);
	while (line_quality_tell(&e->quality, wall, &flaw))
		tell_error(e, line_quality_reason(flaw), line_quality_message(flaw), e->clock.now);
}

void engine_hint_bad_origin(struct engine *e, const char *line, size_t len, struct instant wall)
{
	char message[256];
	struct buf b;

	if (e->config.replay || !span_is_over(e->bad_origin_told, wall, bad_origin_every))
		return;
	e->bad_origin_told = wall;
	buf_init(&b, message, sizeof message - 1);
	buf_put_text(&b,
		"counts are rejected: their origin is not a valid name, or differs from the last "
		"word of the broker's topic (counter bad_origin); the newest line begins: ");
	buf_put_plain(&b, line, len < BAD_ORIGIN_SHOWN ? len : BAD_ORIGIN_SHOWN);
	message[b.len] = '\0';
	tell_error(e, "bad_origin", message, instant_later(e->clock.now, wall));
}

const struct strangers *engine_strangers(const struct engine *e)
{
	return &e->strangers;
}
