/* line_quality.h - whether most lines of a minute are late, cut off or without a status.
 *
 * Path:    line -> [line_quality] -> engine. Live alone: minutes are those of the wall clock.
 * Method:  requests, and lines that were cut off before their client, are counted per minute, and
 *          those with each flaw. A flaw is reported when over half of a minute's lines have it, and
 *          the minute has LINE_QUALITY_LEAST lines or more; once a run for each flaw.
 */
#ifndef CORE_MEASURE_LINE_QUALITY_H
#define CORE_MEASURE_LINE_QUALITY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/instant.h"

/* In fewer, one client with odd requests may make half. */
#define LINE_QUALITY_LEAST 20

enum line_flaw { FLAW_LATE, FLAW_NO_STATUS, FLAW_CUT, FLAW_COUNT };

struct line_quality {
	int64_t minute; /* of the wall clock, since 1970 */
	uint64_t lines; /* in it */
	uint64_t flawed[FLAW_COUNT];
	unsigned due, told; /* bit per flaw */
};

/* All zeros is the start. `flaws`: bit per flaw that the line has. */
void line_quality_note(struct line_quality *q, unsigned flaws, struct instant wall);

/* Time passes. True: report *flaw now, and call again, until it is false. */
bool line_quality_tell(struct line_quality *q, struct instant wall, enum line_flaw *flaw);

/* The wall clock was set: drops the counts of the minute that the old one had. */
void line_quality_restart(struct line_quality *q);

/* The event's reason, and its message for people. */
const char *line_quality_reason(enum line_flaw flaw);
const char *line_quality_message(enum line_flaw flaw);

#endif
