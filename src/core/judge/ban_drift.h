/* ban_drift.h - explains why a ban is missing from the firewall, or was never in it.
 *
 * Path:    io/run/enforce asks the kernel -> [ban_drift] -> engine_report_outcome.   Pure.
 *
 * A ban disappears from the kernel before its end for one of two reasons:
 *
 *   an unban by hand   somebody removed one entry, or a few: these bans end, and their strikes are
 *                      forgotten
 *   a flush            something emptied the sets (a reload of the firewall): all bans are put back
 *
 * A sample of bans shows the reason. If a set disappeared, the reason is a flush. It is also a
 * flush if at least two bans, and more than a tenth of the sample, are missing. In a sample of
 * fewer than 20 bans, all must be missing for a flush. An administrator may well remove two of five
 * bans.
 */
#ifndef CORE_JUDGE_BAN_DRIFT_H
#define CORE_JUDGE_BAN_DRIFT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/instant.h"
#include "core/judge/bans.h"

/* Number of bans in a sample. If a tenth of all bans are missing, a sample of this size almost
 * always includes a missing ban. */
#define BAN_DRIFT_SAMPLE 50

struct ban_drift_sample {
	size_t checked;    /* number of bans that should be in the kernel and were checked */
	size_t missing;    /* number of these bans that were not there: 0..checked */
	bool set_vanished; /* a set had to be created again since the last sample */
};

enum ban_drift {
	BAN_DRIFT_NONE,     /* no ban is missing */
	BAN_DRIFT_UNBANNED, /* the missing bans were removed by hand */
	BAN_DRIFT_FLUSHED,  /* the sets were emptied: put all bans back */
};

enum ban_drift ban_drift_judge(const struct ban_drift_sample *s);

/* True if the ban should be in the kernel at `now`; only then does its absence have a meaning.
 * False for a ban that is not enforced. False for a ban younger than 2 s, which may not be in the
 * kernel yet. False in the last 2 s of a ban, because the kernel may have ended it already. */
bool ban_drift_must_be_there(const struct ban *ban, struct instant now);

/* The status, at the start of the program, of a ban from the memory file. `sets_made`: the sets had
 * to be created, as after a reboot. The absence of a ban then means nothing. */
enum ban_drift_start {
	BAN_DRIFT_IN_FORCE,     /* the kernel has the ban: nothing to do */
	BAN_DRIFT_PUT_BACK,     /* the kernel lost or refused the ban: retry */
	BAN_DRIFT_PRINTED_ONLY, /* an earlier run without --ban only printed it: the ban ends */
	BAN_DRIFT_REMOVED,      /* somebody removed it while the program was not running */
};

/* `ban` is BAN_ACTIVE. */
enum ban_drift_start ban_drift_at_start(const struct ban *ban, bool sets_made);

#endif
