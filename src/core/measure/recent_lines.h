/* recent_lines.h - the share of the last lines that are useless: rejected, late, or without status.
 *
 * Path:    line -> [recent_lines] -> engine_snapshot -> status.   Live only.
 * Method:  lines are counted in blocks. A block ends after a minute, but not before it has 20
 *          lines. So there is one block per minute on a busy site, and one per 20 lines on a quiet
 *          site. The lower share of the last two blocks is reported, because a backlog at the start
 *          of a run makes only one bad block.
 * Foreign: lines of another program (the counter `other`) are rejected lines, too. But a log may
 *          contain such lines on purpose. If most lines are foreign for RECENT_LINES_USUAL_S and
 *          requests arrive between these lines, foreign lines are usual in this log. They are then
 *          ignored until they have been the minority for RECENT_LINES_USUAL_S.
 */
#ifndef CORE_MEASURE_RECENT_LINES_H
#define CORE_MEASURE_RECENT_LINES_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/instant.h"

/* Minimum number of lines in a block. With fewer lines, one client may cause half of them. */
#define RECENT_LINES_LEAST   20
#define RECENT_LINES_BLOCK_S 60
#define RECENT_LINES_USUAL_S 86400

/* Flaws of a line, as bits; a late line may also lack a status. */
enum recent_flaw { RECENT_REJECTED, RECENT_LATE, RECENT_NO_STATUS, RECENT_FOREIGN, RECENT_FLAWS };

/* Shares of a block's lines, from 0 to 1; without foreign lines if these are usual. */
struct recent_shares {
	double bad; /* with at least one flaw */
	double flaws[RECENT_FOREIGN];
};

struct recent_lines {
	struct instant began; /* start of the current block */
	uint64_t lines, requests, bad;
	uint64_t flawed[RECENT_FLAWS];
	struct recent_shares closed[2]; /* the last two blocks, newest first */
	/* seconds for which most lines have been foreign, up to RECENT_LINES_USUAL_S */
	int64_t foreign_s;
	int64_t unsure_s; /* total length of the blocks since the last block with a request */
	bool foreign_usual;
};

/* Counts a line. `flaws`: one bit per flaw. All zeros is a valid start; then foreign_s and
 * foreign_usual may be set from the memory file. */
void recent_lines_note(struct recent_lines *r, unsigned flaws, struct instant wall);

/* Call this as time passes, also when no line arrives. */
void recent_lines_tick(struct recent_lines *r, struct instant wall);

/* Call this after the wall clock was set. Drops the current block. */
void recent_lines_restart(struct recent_lines *r);

/* The lower share of the last two blocks, for each flaw; 0 before two blocks have ended. */
struct recent_shares recent_lines_shares(const struct recent_lines *r);

#endif
