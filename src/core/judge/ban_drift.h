/* ban_drift.h - what it means when a ban is missing in the firewall, or was never in it.
 *
 * Path:    io/run/enforce asks the kernel -> [ban_drift] -> engine_report_outcome.   Pure.
 *
 * A ban is gone from the kernel before its time for one of two reasons:
 *
 *   an unban by hand   somebody removed one entry, or a few: the ban ends, strikes are forgotten
 *   a flush            something emptied the sets (a reload of the firewall): all bans are put back
 *
 * A sample of bans tells them apart. It is a flush when a set vanished; or when two or more, and
 * over a tenth, of the sample are missing. A sample of under 20 is a flush only as a whole, because
 * an administrator may well remove two of five.
 */
#ifndef CORE_JUDGE_BAN_DRIFT_H
#define CORE_JUDGE_BAN_DRIFT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/instant.h"
#include "core/judge/bans.h"

/* A sample of this size shows whether a tenth is missing. */
#define BAN_DRIFT_SAMPLE 50

struct ban_drift_sample {
	size_t checked;    /* bans that should be in the kernel and were asked about */
	size_t missing;    /* 0..checked: those that were not there */
	bool set_vanished; /* a set had to be made anew since the sample before */
};

enum ban_drift {
	BAN_DRIFT_NONE,     /* nothing is missing */
	BAN_DRIFT_UNBANNED, /* the missing ones were removed by hand */
	BAN_DRIFT_FLUSHED,  /* put all bans back */
};

enum ban_drift ban_drift_judge(const struct ban_drift_sample *s);

/* Whether the kernel must hold this ban at `now`, so that an absence means something. False for a
 * ban that is not enforced, for one younger than 2 s, which may be on its way, and for one within
 * 2 s of its end, which may be over in the kernel already. */
bool ban_drift_must_be_there(const struct ban *ban, struct instant now);

/* At start: a remembered ban that the kernel does not hold. `sets_made`: the sets had to be made
 * (a reboot), so their absence says nothing about the ban. */
enum ban_drift_start {
	BAN_DRIFT_IN_FORCE,     /* nothing to do */
	BAN_DRIFT_PUT_BACK,     /* the kernel lost it, or refused it: try again */
	BAN_DRIFT_PRINTED_ONLY, /* an earlier run without --ban only printed it: it ends */
	BAN_DRIFT_REMOVED,      /* somebody removed it while no run was there: an unban by hand */
};

/* `ban` is BAN_ACTIVE. */
enum ban_drift_start ban_drift_at_start(const struct ban *ban, bool sets_made);

#endif
