/* line_quality.h - detects that most lines of a minute are late, cut off or without a status.
 *
 * Path:    line -> [line_quality] -> engine. Live only: minutes are those of the wall clock.
 * Method:  counts the lines of each minute, and the lines with each flaw. A line counts if it is a
 *          request, or if it was cut off before the client's address. A flaw is reported when over
 *          half of a minute's lines have it and the minute has at least LINE_QUALITY_LEAST lines.
 *          Each flaw is reported once per run.
 */
#ifndef CORE_MEASURE_LINE_QUALITY_H
#define CORE_MEASURE_LINE_QUALITY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/instant.h"

/* Minimum number of lines. With fewer, one client with unusual requests may make half of them. */
#define LINE_QUALITY_LEAST 20

enum line_flaw { FLAW_LATE, FLAW_NO_STATUS, FLAW_CUT, FLAW_COUNT };

struct line_quality {
	int64_t minute; /* of the wall clock, since 1970 */
	uint64_t lines; /* in this minute */
	uint64_t flawed[FLAW_COUNT];
	unsigned due, told; /* bit per flaw: to be reported, and already reported */
};

/* Counts a line. `flaws`: one bit for each flaw of the line. All zeros is a valid start. */
void line_quality_note(struct line_quality *q, unsigned flaws, struct instant wall);

/* Call this as time passes. Returns true if the caller must report *flaw; the caller then calls
 * again until the result is false. */
bool line_quality_tell(struct line_quality *q, struct instant wall, enum line_flaw *flaw);

/* Call this after the wall clock was set. Drops the counts of the current minute. */
void line_quality_restart(struct line_quality *q);

/* The members `reason` and `message` of the error event about this flaw. */
const char *line_quality_reason(enum line_flaw flaw);
const char *line_quality_message(enum line_flaw flaw);

#endif
