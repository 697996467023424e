/* report.c - see report.h. */
#include "io/run/report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/base/figure.h"
#include "io/run/enforce.h"
#include "io/host/log.h"

/* Of the sentences about lines that are no requests. */
#define ADVICE_MAX 1600

/* An event of the program itself, to be filled and given to report_event. */
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
	if (out_dropped(r->out) == lost) /* it was not dropped itself */
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
			"the kernel's sets lost entries that were in force; they are put back",
			time);
	if (found & ENFORCE_TORN_DOWN)
		tell_error(r, "torn_down",
			"anomban --teardown has taken the sets and rules away; "
			"until the next start bans are only printed",
			time);
	if (found & RULE_WATCH_REPAIRED)
		tell_error(r, "rule_missing", "a firewall rule was gone; it is put back", time);
	if (found & RULE_WATCH_FAILED)
		tell_error(r, "rule_failed", rule_why, time);
	if (found & RULE_WATCH_KEEPER_GONE)
		tell_error(r, "keeper_gone", rule_why, time);
	if (found & RULE_WATCH_BYPASSED && !r->told_behind)
		tell_error(r, "rule_behind", rule_why, time);
	r->told_behind |= (found & RULE_WATCH_BYPASSED) != 0;
}

/* The sentences of the advice on one line, "; " before each. */
static void write_advice(const struct strangers *strangers, char *text, size_t cap)
{
	char sentences[ADVICE_MAX];
	struct buf b, all;

	buf_init(&b, sentences, sizeof sentences);
	strangers_put_advice(&b, strangers);
	buf_init(&all, text, cap - 1);
	for (size_t at = 0; at < b.len;) {
		const char *end = memchr(b.data + at, '\n', b.len - at);
		size_t len = end ? (size_t)(end - b.data) - at : b.len - at;
		buf_put_text(&all, len ? "; " : "");
		buf_put_bytes(&all, b.data + at, len);
		at += len + 1;
	}
	text[all.len] = '\0';
}

static const char *word_are(uint64_t n)
{
	return figure_word((double)n, "is", "are");
}

static const char *word_have(uint64_t n)
{
	return figure_word((double)n, "has", "have");
}

/* The same of counts: a heartbeat is one, though it has no request. */
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
		    " %s an origin that is no name or not their topic's last word; "
		    "access logs go to anomcount first",
		c->lines, figure_plural((double)c->lines), c->other, word_are(c->other), damaged,
		word_are(damaged), c->bad_time, word_have(c->bad_time), c->bad_origin,
		word_have(c->bad_origin));
}

void report_strangers(
	struct report *r, struct counters c, const struct strangers *strangers, uint64_t from)
{
	uint64_t tail = strangers->inputs[INPUT_TAIL];
	uint64_t unknown = strangers->n[STRANGER_UNKNOWN] + strangers->n[STRANGER_COUNTS];
	uint64_t lines = c.lines - tail;
	uint64_t no_object = c.other + c.not_json + c.nul - tail;
	uint64_t no_client = c.no_client + c.bad_client + c.too_long;
	char advice[ADVICE_MAX], json[64] = "", count[64] = "";

	if (r->counts) {
		report_no_counts(r, &c, from);
		return;
	}
	if (r->strangers || lines < from || c.requests > 0)
		return;
	r->strangers = true;
	write_advice(strangers, advice, sizeof advice);
	no_object -= no_object > unknown ? unknown : no_object;
	if (unknown)
		(void)snprintf(json, sizeof json, ", %" PRIu64 " %s no names of an access log",
			unknown, word_have(unknown));
	if (c.bad_count)
		(void)snprintf(count, sizeof count, ", %" PRIu64 " no valid count", c.bad_count);
	log_warning("none of %" PRIu64 " line%s is a request: %" PRIu64
		    " %s no JSON object%s, %" PRIu64 " %s no client, %" PRIu64
		    " no valid time%s, %" PRIu64
		    " %s older than a minute (of an old log: --replay)%s; "
		    "anomdetect(5) says what is read",
		lines, figure_plural((double)lines), no_object, word_are(no_object), json,
		no_client, word_have(no_client), c.bad_time, count, c.late, word_are(c.late),
		advice);
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
			" %s lost; writing is tried again each second",
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
