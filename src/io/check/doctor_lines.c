/* doctor_lines.c - see doctor_lines.h.
 *
 * How old may the newest line be? The log of a small site has no line for hours, so no single limit
 * fits. The limit therefore depends on the earlier gaps between lines of this log. A gap is not a
 * fault if it is no longer than an earlier one, and at most a week. A week is the longest period in
 * which visits to a site repeat.
 */
#include "io/check/doctor_lines.h"

#include <stdlib.h>

#include "core/base/figure.h"
#include "core/measure/clock_skew.h"
#include "core/read/line.h"

/* Maximum age of a line that was just written. A server that buffers its log writes older lines. */
static const struct span written_now = {10 * 1000};
/* A shorter gap is normal for any site. */
static const struct span silence_usual = {3600 * 1000};
/* A log that is silent for longer counts as stopped, unless it had an earlier gap that was as long.
 * Robots send requests even to the smallest sites every day. */
static const struct span silence_long = {86400 * 1000};
/* A log that is silent for longer counts as stopped, whatever its earlier gaps were. */
static const struct span silence_longest = {7 * (int64_t)86400 * 1000};
/* How far a line's time may be ahead of the clock without being corrected by a run
 * (core/measure/logclock). */
static const struct span ahead_usual = {2000};
/* The difference between two clocks that are set by hand is smaller than this. So if the newest
 * line is further ahead, --doctor reports a fault, not a warning. */
static const struct span ahead_small = {60 * 1000};
/* Maximum offset of any time zone from UTC. */
#define EAST_MAX_S ((int64_t)14 * 3600)
#define QUARTER_S  900

void doctor_lines_note(
	struct doctor_lines *l, enum line_reason reason, const struct line_result *result)
{
	l->counters.lines++;
	if (reason != LINE_OK) {
		(*line_counter(&l->counters, reason))++;
		return;
	}
	/* only an accepted line has a request */
	const struct request *r = &result->request;
	l->counters.requests++;
	l->no_status += r->status == 0;
	l->bad_status += result->bad_status;
	if (!r->has_time)
		return;
	if (!l->has_time)
		l->newest = r->time;
	if (l->has_time && instant_since(r->time, l->newest).ms > l->silence.ms)
		l->silence = instant_since(r->time, l->newest);
	l->newest = instant_later(l->newest, r->time);
	l->has_time = true;
}

/* ---- texts ---- */

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

/* Appends an offset such as "+02:00" or "-03:30". */
static void put_offset(struct buf *b, int64_t east_s)
{
	int64_t minutes = llabs(east_s) / 60;

	buf_put_format(
		b, "%c%02d:%02d", east_s < 0 ? '-' : '+', (int)(minutes / 60), (int)(minutes % 60));
}

/* Appends the time zone in which the lines' times would match the clock. */
static void put_zone(struct buf *b, const struct doctor_lines *l, struct span ahead)
{
	int64_t quarters = (ahead.ms / 1000 + (ahead.ms < 0 ? -1 : 1) * QUARTER_S / 2) / QUARTER_S;
	int64_t east_s = l->east_s + quarters * QUARTER_S;

	buf_put_text(b, ", as times of another time zone would be; if they name no zone, give "
			"--tz");
	if (llabs(east_s) <= EAST_MAX_S) {
		buf_put_char(b, ' ');
		put_offset(b, east_s);
	}
	buf_put_text(b, ", or let the server log its zone");
}

static void put_last_lines(struct buf *b, const struct doctor_lines *l)
{
	if (!l->log)
		buf_put_text(b, "; to check the last lines of a log: tail -n 1000 FILE | "
				"anomdetect --doctor");
}

/* ---- judging ---- */

static enum doctor_verdict judge_nothing(const struct doctor_lines *l, struct buf *b)
{
	if (l->log)
		buf_put_text(b, "it is empty: no request arrived since the log was rotated, or the "
				"server writes to another file, which LOG must name (Apache: "
				"CustomLog; nginx: access_log, and an access_log in a server or "
				"location replaces the one in http)");
	else
		buf_put_text(
			b, l->ended ? "no line came, and the input has ended" : "no line came");
	put_last_lines(b, l);
	return DOCTOR_FAIL;
}

static enum doctor_verdict judge_status(const struct doctor_lines *l, struct buf *b)
{
	if (l->no_status == 0)
		return DOCTOR_OK;
	buf_put_text(b, "; ");
	buf_put_u64(b, l->no_status);
	buf_put_text(b, figure_word((double)l->no_status, " has no status", " have no status"));
	if (l->bad_status) {
		buf_put_text(b, " from 100 to 599, and ");
		buf_put_u64(b, l->bad_status);
		buf_put_text(b, figure_word((double)l->bad_status,
					" of these has some other text as its status",
					" of these have some other text as their status"));
	}
	if (l->no_status * 2 <= l->counters.requests)
		return DOCTOR_OK;
	buf_put_text(b,
		", so errors are not counted, and the detection rules for errors never match; name "
		"the member with --status (anomdetect --explain shows how lines are parsed), or "
		"let the server log the status");
	return DOCTOR_FAIL;
}

static enum doctor_verdict judge_ahead(
	const struct doctor_lines *l, struct span ahead, struct buf *b)
{
	buf_put_text(b, figure_span(ahead).s);
	buf_put_text(b, " ahead of this clock");
	if (clock_skew_is_zone(ahead))
		put_zone(b, l, ahead);
	else
		buf_put_text(b, "; set the clocks of this host and of the server "
				"(timedatectl set-ntp true)");
	return ahead.ms <= ahead_small.ms ? DOCTOR_WARN : DOCTOR_FAIL;
}

static enum doctor_verdict judge_age(const struct doctor_lines *l, struct span age, struct buf *b)
{
	struct span silence = l->silence.ms < silence_longest.ms ? l->silence : silence_longest;
	bool seen = age.ms <= silence.ms;
	enum doctor_verdict verdict;

	buf_put_text(b, figure_span(age).s);
	buf_put_text(b, " ago");
	if (clock_skew_is_zone((struct span){-age.ms}) && !seen && age.ms < silence_long.ms) {
		put_zone(b, l, (struct span){-age.ms});
		return DOCTOR_WARN;
	}
	if (age.ms <= silence_usual.ms)
		return DOCTOR_OK;
	if (seen) {
		buf_put_text(b, ", and earlier lines had a gap of at least this length");
		return DOCTOR_OK;
	}
	verdict = age.ms <= silence_long.ms ? DOCTOR_WARN : DOCTOR_FAIL;
	buf_put_text(b, verdict == DOCTOR_WARN ? ", longer than any gap between earlier lines"
					       : ", so nothing is judged now");
	buf_put_text(b, "; check that the server still writes to this log");
	if (l->log)
		buf_put_text(b, ", or name another log by LOG");
	put_last_lines(b, l);
	return verdict;
}

static enum doctor_verdict judge_time(
	const struct doctor_lines *l, struct instant now, struct buf *b)
{
	struct span age = instant_since(now, l->newest);

	if (!l->has_time) {
		buf_put_text(b, "; they have no time, so the time of a line is the moment when "
				"it is read");
		return DOCTOR_OK;
	}
	buf_put_text(b, "; the newest is of ");
	buf_put_instant(b, l->newest);
	buf_put_text(b, ", ");
	if (age.ms < -ahead_usual.ms)
		return judge_ahead(l, (struct span){-age.ms}, b);
	if (age.ms > written_now.ms)
		return judge_age(l, age, b);
	buf_put_text(b, "which is now");
	return DOCTOR_OK;
}

enum doctor_verdict doctor_lines_judge(
	const struct doctor_lines *l, struct instant now, struct buf *b)
{
	const struct counters *c = &l->counters;

	if (l->log) {
		buf_put_char(b, '\'');
		buf_put_plain(b, l->log, strlen(l->log));
		buf_put_text(b, "': ");
	}
	if (c->lines == 0)
		return judge_nothing(l, b);
	buf_put_u64(b, c->requests);
	buf_put_text(b, " of ");
	buf_put_u64(b, c->lines);
	buf_put_text(b, c->lines == 1 ? " line " : " lines ");
	buf_put_text(b, c->requests == 1 || c->lines == 1 ? "is a request" : "are requests");
	put_rejected(b, c);
	/* an access log contains only requests; lines of other logs should be filtered out */
	if (c->requests * 2 < c->lines) {
		buf_put_text(b, "; see INPUT FIELDS in anomdetect(5) for the log format to set");
		return DOCTOR_FAIL;
	}
	enum doctor_verdict status = judge_status(l, b), time = judge_time(l, now, b);
	return status > time ? status : time;
}
