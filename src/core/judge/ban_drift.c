/* ban_drift.c - see ban_drift.h. */
#include "core/judge/ban_drift.h"

/* A ban younger than this may not be in the kernel yet. The kernel counts whole seconds, so it may
 * end a ban up to this long before the end of the ban. */
static const struct span settled = {2000};
/* Minimum number of missing bans for a flush, unless a set vanished. One missing ban is treated as
 * an unban by hand. */
#define FLUSH_MIN 2
/* In a smaller sample, missing bans mean a flush only if all bans of the sample are missing. */
#define SMALL_SAMPLE 20
/* In any other sample, more than one ban in this many must be missing for a flush. */
#define FLUSH_SHARE 10

enum ban_drift ban_drift_judge(const struct ban_drift_sample *s)
{
	bool all = s->missing == s->checked;

	if (s->set_vanished)
		return BAN_DRIFT_FLUSHED;
	if (s->missing == 0)
		return BAN_DRIFT_NONE;
	if (s->checked < SMALL_SAMPLE && !all)
		return BAN_DRIFT_UNBANNED;
	return s->missing >= FLUSH_MIN && s->missing * FLUSH_SHARE > s->checked
		       ? BAN_DRIFT_FLUSHED
		       : BAN_DRIFT_UNBANNED;
}

bool ban_drift_must_be_there(const struct ban *ban, struct instant now)
{
	return ban->form == BAN_ACTIVE && ban->enforced &&
	       instant_since(now, ban->since).ms >= settled.ms &&
	       instant_since(ban->until, now).ms >= settled.ms;
}

enum ban_drift_start ban_drift_at_start(const struct ban *ban, bool sets_made)
{
	if (ban->enforced)
		return BAN_DRIFT_IN_FORCE;
	if (!ban->was_enforced && !ban->tried)
		return BAN_DRIFT_PRINTED_ONLY;
	return ban->was_enforced && !sets_made ? BAN_DRIFT_REMOVED : BAN_DRIFT_PUT_BACK;
}
