/* line_quality.c - see line_quality.h. */
#include "core/measure/line_quality.h"

#include <string.h>

#define MINUTE_MS 60000

static const struct {
	const char *reason, *message;
} texts[FLAW_COUNT] = {
	[FLAW_LATE] = {"late_lines",
		"over half of the lines in one minute were over a minute old on arrival, and were "
		"not judged: log the time at which a request ends (contrib/apache.conf, "
		"contrib/haproxy.cfg), or its start and duration; set the clocks; write the log "
		"without a buffer "
		"(nginx: buffer=)"},
	[FLAW_NO_STATUS] = {"no_status",
		"over half of the lines in one minute have no status: name the status member with "
		"--status, or let the server log the status; without it, errors are not counted, "
		"and the detection rules for errors never match"},
	[FLAW_CUT] = {"cut_lines",
		"over half of the lines in one minute are cut off: raise the maximum length of a "
		"line (rsyslog: "
		"global(maxMessageSize) or $MaxMessageSize; HAProxy: len; nginx cuts off "
		"syslog lines at 2048 bytes: use a file), or log fewer members"},
};

static void close_minute(struct line_quality *q, struct instant wall)
{
	int64_t minute = wall.ms / MINUTE_MS;

	if (minute == q->minute)
		return;
	for (int k = 0; k < FLAW_COUNT; k++)
		if (q->lines >= LINE_QUALITY_LEAST && q->flawed[k] > q->lines / 2)
			q->due |= 1u << k;
	q->minute = minute;
	q->lines = 0;
	memset(q->flawed, 0, sizeof q->flawed);
}

void line_quality_note(struct line_quality *q, unsigned flaws, struct instant wall)
{
	close_minute(q, wall);
	q->lines++;
	for (int k = 0; k < FLAW_COUNT; k++)
		q->flawed[k] += flaws >> k & 1;
}

bool line_quality_tell(struct line_quality *q, struct instant wall, enum line_flaw *flaw)
{
	close_minute(q, wall);
	q->due &= ~q->told;
	for (int k = 0; k < FLAW_COUNT; k++) {
		if (!(q->due & 1u << k))
			continue;
		q->told |= 1u << k;
		*flaw = (enum line_flaw)k;
		return true;
	}
	return false;
}

void line_quality_restart(struct line_quality *q)
{
	q->lines = 0;
	memset(q->flawed, 0, sizeof q->flawed);
}

const char *line_quality_reason(enum line_flaw flaw)
{
	return texts[flaw].reason;
}

const char *line_quality_message(enum line_flaw flaw)
{
	return texts[flaw].message;
}
