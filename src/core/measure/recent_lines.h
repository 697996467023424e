/* recent_lines.h - how many of the last lines are of no use: rejected, late, or without a status.
 *
 * Path:    line -> [recent_lines] -> engine_snapshot -> status.   Live alone.
 * Method:  lines are counted in blocks. A block ends after a minute, and not before it has 20
 *          lines, so a busy site has one a minute and a quiet one has one for each 20 lines. What
 *          is reported is the lower share of the last two blocks: a backlog that is read at the
 *          start of a run is in one block.
 * Foreign: lines that are no access-log lines at all (the counter `other`) are rejected lines, too.
 *          But a log may hold another program's lines on purpose. Where most lines are foreign for
 *          RECENT_LINES_USUAL_S and requests come between them, that is how this log is, and
 *          foreign lines are left out until they have been fewer for as long.
 */
#ifndef CORE_MEASURE_RECENT_LINES_H
#define CORE_MEASURE_RECENT_LINES_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/instant.h"

#define RECENT_LINES_LEAST   20 /* in fewer, one client with odd requests may make half */
#define RECENT_LINES_BLOCK_S 60
#define RECENT_LINES_USUAL_S 86400

/* What a line may be, as bits; a late one may have no status, too. */
enum recent_flaw { RECENT_REJECTED, RECENT_LATE, RECENT_NO_STATUS, RECENT_FOREIGN, RECENT_FLAWS };

/* Of the lines of a block, foreign ones left out if they are usual; from 0 to 1. */
struct recent_shares {
	double bad; /* with any of the flaws */
	double flaws[RECENT_FOREIGN];
};

struct recent_lines {
	struct instant began; /* the open block */
	uint64_t lines, requests, bad;
	uint64_t flawed[RECENT_FLAWS];
	struct recent_shares closed[2]; /* the newest first */
	int64_t foreign_s;              /* for how long most lines are foreign, to USUAL_S */
	int64_t unsure_s; /* of blocks without a request, since the last that had one */
	bool foreign_usual;
};

/* All zeros is the start; foreign_s and foreign_usual may be restored. `flaws`: bit per flaw. */
void recent_lines_note(struct recent_lines *r, unsigned flaws, struct instant wall);

/* Time passes. */
void recent_lines_tick(struct recent_lines *r, struct instant wall);

/* The wall clock was set: drops the open block. */
void recent_lines_restart(struct recent_lines *r);

/* Each the lower one of the last two blocks; 0 before there are two. */
struct recent_shares recent_lines_shares(const struct recent_lines *r);

#endif
