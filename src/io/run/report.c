/* report.c - see report.h. */
#include "io/run/report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/base/figure.h"
#include "io/run/enforce.h"
#include "io/host/log.h"

/* Begins an event about the program itself. The caller fills in the rest and passes it to
 * report_event. */
static struct event own_event(const struct report *r, enum event_kind kind, struct instant time)
{
	return (struct event){.kind = kind, .time = time, .replay = r->replay};
}

static void note_failure(struct report *r)
{
	r->error = errno;
	r->failed = true;
}

static void put_event(struct report *r, const struct event *e)
{
	bool lasting = !e->repeat &&
		       (e->kind == EVENT_BAN || e->kind == EVENT_UNBAN || e->kind == EVENT_STOP);
	char line[EVENT_BYTES_MAX];
	struct buf b;

	buf_init(&b, line, sizeof line);
	event_write(e, &b);
	if (!out_put(r->out, lasting ? OUT_BAN : OUT_ALERT, b.data, b.len))
		note_failure(r);
}

static void write_event(struct report *r, const struct event *e)
{
	if (!e->repeat)
		recent_events_note(&r->recent, e);
	if (!(r->events & 1u << e->kind) || r->failed)
		return;
	uint64_t lost = out_dropped(r->out);
	if (lost == r->reported_lost) {
		put_event(r, e);
		return;
	}
	struct event after = *e;
	after.lost = lost - r->reported_lost;
	put_event(r, &after);
	if (out_dropped(r->out) == lost) /* the event itself was not dropped */
		r->reported_lost = lost;
}

void report_start(struct report *r, struct instant time)
{
	if (r->started)
		return;
	r->started = true;
	r->start.kind = EVENT_START;
	r->start.time = time;
	r->start.replay = r->replay;
	write_event(r, &r->start);
}

void report_event(struct report *r, const struct event *e)
{
	report_start(r, e->time);
	write_event(r, e);
}

void report_error(struct report *r, const char *reason, const char *message, struct instant time)
{
	struct event e = own_event(r, EVENT_ERROR, time);

	e.reason = reason;
	e.message = message;
	report_event(r, &e);
}

static void tell_error(
	struct report *r, const char *reason, const char *message, struct instant time)
{
	log_warning("%s", message);
	report_error(r, reason, message, time);
}

void report_found(struct report *r, unsigned found, const char *rule_why, struct instant time)
{
	if (found & ENFORCE_FLUSHED)
		tell_error(r, "set_flushed",
			"the kernel's sets had lost entries that are in force; they were put back",
			time);
	if (found & ENFORCE_TORN_DOWN)
		tell_error(r, "torn_down",
			"anomban --teardown removed the sets and firewall rules; until the next "
			"start bans are only printed",
			time);
	if (found & RULE_WATCH_REPAIRED)
		tell_error(r, "rule_missing", "a firewall rule was missing; it was put back", time);
	if (found & RULE_WATCH_FAILED)
		tell_error(r, "rule_failed", rule_why, time);
	if (found & RULE_WATCH_KEEPER_GONE)
		tell_error(r, "keeper_gone", rule_why, time);
	if (found & RULE_WATCH_BYPASSED && !r->told_behind)
		tell_error(r, "rule_behind", rule_why, time);
	r->told_behind |= (found & RULE_WATCH_BYPASSED) != 0;
}

static const char *word_are(uint64_t n)
{
	return figure_word((double)n, "is", "are");
}

static const char *word_have(uint64_t n)
{
	return figure_word((double)n, "has", "have");
}

/* Warns about lines that are not valid counts. A heartbeat is a valid line of counts, although it
 * has no request. */
static void report_no_counts(struct report *r, const struct counters *c, uint64_t from)
{
	uint64_t rejected = c->other + c->not_json + c->bad_time + c->bad_origin + c->too_long;

	if (r->strangers || c->lines < from || c->lines > rejected)
		return;
	r->strangers = true;
	uint64_t damaged = c->not_json + c->too_long;

	log_warning("none of %" PRIu64 " line%s is a line of counts: %" PRIu64
		    " %s something else, %" PRIu64 " %s cut off or damaged, %" PRIu64
		    " %s no valid time, %" PRIu64
		    " %s an origin that is not a valid name or differs from the last word of "
		    "the topic; "
		    "pass access logs through anomcount first",
		c->lines, figure_plural((double)c->lines), c->other, word_are(c->other), damaged,
		word_are(damaged), c->bad_time, word_have(c->bad_time), c->bad_origin,
		word_have(c->bad_origin));
}

/* Appends ", 3 are not JSON objects"; nothing for 0. The first count begins with a colon instead of
 * the comma. */
static void put_count(struct buf *b, uint64_t n, const char *(*word)(uint64_t n), const char *what)
{
	if (n)
		buf_put_format(b, "%s%" PRIu64 " %s %s", b->len ? ", " : ": ", n, word(n), what);
}

void report_strangers(
	struct report *r, struct counters c, const struct strangers *strangers, uint64_t from)
{
	uint64_t tail = strangers->inputs[INPUT_TAIL];
	uint64_t unknown = strangers->n[STRANGER_UNKNOWN] + strangers->n[STRANGER_COUNTS] +
			   strangers->n[STRANGER_EVENT];
	uint64_t lines = c.lines - tail;
	uint64_t no_object = c.other + c.not_json + c.nul - tail;
	char numbers[512], advice[STRANGERS_LINE_CAP];
	struct buf n, b;

	if (r->counts) {
		report_no_counts(r, &c, from);
		return;
	}
	if (r->strangers || lines < from || c.requests > 0)
		return;
	r->strangers = true;
	buf_init(&n, numbers, sizeof numbers);
	no_object = no_object > unknown ? no_object - unknown : 0;
	put_count(
		&n, no_object, word_are, no_object == 1 ? "not a JSON object" : "not JSON objects");
	put_count(&n, unknown, word_have, "none of the member names of an access log");
	put_count(&n, c.no_client + c.bad_client + c.too_long, word_have, "no client");
	put_count(&n, c.bad_time, word_have, "no valid time");
	put_count(&n, c.bad_count, word_have, "no valid count");
	put_count(&n, c.late, word_are, "older than a minute (for an old log, give --replay)");
	buf_init(&b, advice, sizeof advice);
	strangers_put_line(&b, strangers);
	log_warning("none of %" PRIu64 " line%s is a request%.*s%.*s%s", lines,
		figure_plural((double)lines), (int)n.len, numbers, (int)b.len, advice,
		b.len                    ? ""
		: 2 * c.bad_time > lines ? REPORT_NO_TIME
					 : REPORT_ASK);
}

void report_add_counters(const struct report *r, struct counters *c)
{
	c->events_dropped = out_dropped(r->out);
}

void report_stop(
	struct report *r, const struct counters *c, struct instant now, int64_t log_seconds)
{
	struct event e = own_event(r, EVENT_STOP, now);

	e.counters = c;
	e.log_seconds = log_seconds;
	report_event(r, &e);
}

bool report_has_room(const struct report *r)
{
	return !r->failed && !out_waiting(r->out) && !out_disk_error(r->out);
}

void report_flush(struct report *r)
{
	if (!r->failed && !out_flush(r->out))
		note_failure(r);
}

void report_check_disk(struct report *r, struct instant now)
{
	int error = out_disk_error(r->out);

	if (!error && !r->disk_reported)
		return;
	report_flush(r);
	uint64_t lost = out_dropped(r->out);
	error = out_disk_error(r->out);
	if (error)
		log_repeat(&r->disk_repeat, now,
			"unable to write events: %s; they wait, %" PRIu64
			" %s lost; writing is retried every second",
			strerror(error), lost, word_are(lost));
	else
		log_warning("events are written again; %" PRIu64 " %s lost in this run", lost,
			figure_word((double)lost, "was", "were"));
	r->disk_reported = error != 0;
}

uint64_t report_drain(struct report *r, struct span most)
{
	if (!r->failed && !out_drain(r->out, most) && errno != ETIMEDOUT)
		note_failure(r);
	return out_dropped(r->out) + out_lines(r->out);
}
