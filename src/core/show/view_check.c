/* view_check.c - see view.h. The format follows the Monitoring Plugins' guidelines: a status word,
 * the reason, and after a '|' the figures, each with its thresholds. A state that is not fresh has
 * only its age as a figure: otherwise monitoring would record old figures as new. */
#include "core/show/view.h"

#include <inttypes.h>

#include "core/base/figure.h"

/* Replaces each '|', which would begin the figures, and each byte that is not printable: a newline
 * would begin another text. */
static void put_text(struct buf *out, const char *text)
{
	for (; *text; text++)
		buf_put_char(out, *text >= ' ' && *text <= '~' && *text != '|' ? *text : '?');
}

static void put_why(struct buf *out, const struct state *s, struct instant now)
{
	enum status_run run = status_run(s, now);

	if (run == STATUS_STALE) {
		buf_put_format(out,
			"stale: the state is %s; anomdetect has ended, hangs or cannot write",
			status_age_text(s, now).s);
		return;
	}
	if (run == STATUS_STOPPED) {
		buf_put_format(
			out, "anomdetect has stopped, %s ago", figure_span(status_age(s, now)).s);
		return;
	}
	if (status_bans(s) == STATUS_NOT_IN_FORCE) {
		buf_put_text(out, "bans not in force: ");
		put_text(out, status_trouble(s).s);
		buf_put_text(out, "; ");
	}
	if (status_blind(s, now) != BLIND_NOT) {
		put_text(out, status_blind_why(s, now).s);
		buf_put_text(out, "; ");
	}
	if (status_hosts_faulty(s)) {
		put_text(out, status_hosts_why(s).s);
		buf_put_text(out, "; ");
	}
	if (!s->abnormal[SIGNAL_REQUESTS] && !s->abnormal[SIGNAL_ERRORS])
		buf_put_format(out, "site %s", status_site(s, SIGNAL_REQUESTS));
	else
		buf_put_format(out, "site abnormal for %s",
			figure_span(instant_since(s->now, status_abnormal_since(s))).s);
	buf_put_format(out, ", %s requests/s, %s errors/s, %" PRIu64 " ban%s %s",
		figure_amount(status_rate(s, SIGNAL_REQUESTS)).s,
		figure_amount(status_rate(s, SIGNAL_ERRORS)).s, s->bans_total,
		figure_plural((double)s->bans_total), status_bans_name(status_bans(s)));
}

/* 'label'=value[unit];[warning];[critical];[minimum] */
static void put_figure(
	struct buf *out, const char *label, double value, const char *unit, double warning)
{
	buf_put_format(out, " %s=", label);
	buf_put_number(out, value, 6);
	buf_put_format(out, "%s;", unit);
	if (warning > 0)
		buf_put_number(out, warning, 6);
	buf_put_text(out, ";;0");
}

/* Puts the figures of the input. A state of an older version does not contain these figures. */
static void put_input(struct buf *out, const struct state *s)
{
	if (s->replay || s->silence_limit_s <= 0)
		return;
	put_figure(out, "silence", s->silence_s, "s", s->silence_limit_s);
	put_figure(out, "bad_lines", 100 * s->bad_share, "%", 100 * STATUS_BAD_SHARE);
}

enum status_check view_check(const struct state *s, struct instant now, struct buf *out)
{
	enum status_check check = status_check(s, now);

	buf_put_format(out, "%s - ", status_check_name(check));
	put_why(out, s, now);
	buf_put_text(out, " |");
	put_figure(out, "age", (double)status_age(s, now).ms / 1000, "s", 0);
	if (status_run(s, now) == STATUS_RUNNING) {
		put_figure(out, "requests", status_rate(s, SIGNAL_REQUESTS), "",
			s->alarm[SIGNAL_REQUESTS]);
		put_figure(
			out, "errors", status_rate(s, SIGNAL_ERRORS), "", s->alarm[SIGNAL_ERRORS]);
		put_figure(out, "clients", s->clients, "", 0);
		put_figure(out, "bans", (double)s->bans_total, "", 0);
		put_figure(out, "lag", s->lag_s, "s", 0);
		put_input(out, s);
		if (s->reads_counts) {
			put_figure(out, "hosts", s->origins_total, "", 0);
			put_figure(out, "hosts_silent", s->origins_in[ORIGIN_SILENT], "", 0);
		}
		put_figure(out, "memory", (double)s->memory_bytes, "B", 0);
		put_figure(out, "lines", (double)s->counters.lines, "c", 0);
	}
	buf_put_char(out, '\n');
	return check;
}

void view_check_unknown(const char *why, struct buf *out)
{
	buf_put_format(out, "%s - ", status_check_name(CHECK_UNKNOWN));
	put_text(out, why);
	buf_put_char(out, '\n');
}
