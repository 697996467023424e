/* enforce.h - keeps the kernel's sets and the table of bans in step.
 *
 * Path:    engine -> [enforce] -> io/firewall, and the outcome back by engine_report_outcome.
 * Failed:  a ban that the firewall refuses stays in the table as not enforced, and is tried again,
 *          so that a full set or a lost session heals by itself.
 * Start:   what the kernel holds is adopted. What only the memory file holds is judged by
 *          core/judge/ban_drift.
 * Running: the kernel is asked about some bans each second, and about a banned client whose line
 *          comes. ban_drift says whether a missing entry is an unban by hand or a flush. Changes by
 *          anomban leave a marker in the sets (io/firewall/firewall.h): then every missing entry is
 *          an unban by hand, and after a teardown nothing is enforced any more. A later end that
 *          the kernel has becomes the ban's.
 */
#ifndef IO_RUN_ENFORCE_H
#define IO_RUN_ENFORCE_H

#include <stdbool.h>

#include "core/engine/engine.h"
#include "io/firewall/firewall.h"
#include "io/run/rule_watch.h"

struct enforce {
	struct firewall *firewall;
	struct engine *engine;
	struct rule_watch rules;
	char refused[FIREWALL_WHY_CAP]; /* why a ban was, until all are in force */
	bool behind;                    /* some ban may not be enforced */
	bool again;                     /* one of them since the round of enforce_catch_up began */
	struct instant retry;           /* not before: one was refused */
	bool flush_seen;                /* by enforce_find_ban; the next check reports it */
	bool refill;                    /* none may be enforced: all are put in again */
	bool changed;     /* at the last check: a marker said that entries are changed on purpose */
	bool ordered;     /* the last such marker that was seen: by order of another host */
	bool checking;    /* all bans are asked about, and what is missing is unbanned */
	bool check_again; /* once more after that */
	bool new_sets;  /* at start: they never held our bans, since they were made after a boot */
	bool torn_down; /* by hand: as if there were no kernel from then on */
	uint32_t check_cursor; /* of `checking` */
	uint32_t catch_cursor; /* of enforce_catch_up */
	uint32_t walk_cursor;  /* of enforce_check */
	unsigned made;         /* sets that had to be made, at the last check */
	struct instant listed; /* when the sets were read last */
	size_t listed_n;       /* entries they had */
};

/* Before the first ban. All are the caller's; `keeper` may be NULL: the rules are somebody else's.
 * Without a kernel every call below does nothing, and succeeds. */
void enforce_init(struct enforce *f, struct firewall *firewall, struct rule_keeper *keeper,
	struct engine *engine);

/* Before any line: takes over what the kernel holds. False when it could not be read. */
bool enforce_adopt(struct enforce *f, struct instant now);

/* After enforce_adopt: how many bans are in force, or will be as soon as sets that had to be made
 * are filled. */
size_t enforce_in_force(const struct enforce *f);

/* After enforce_adopt, when time has begun in the engine: bans that are not in the kernel are put
 * in, or ended. */
void enforce_settle(struct enforce *f);

/* For engine_firewall, while the engine works: they read its time and its table of bans, and change
 * nothing in it. After BAN_REFUSED and false, firewall_why says why. */
enum ban_outcome enforce_ban(struct enforce *f, const struct address *client, struct span left);
bool enforce_unban(struct enforce *f, const struct address *client);
enum ban_outcome enforce_find_ban(struct enforce *f, const struct address *client);

/* Carries out at most ENFORCE_BATCH bans that are not enforced, or asks about as many after a
 * change by hand, in some 5 ms. False when the firewall refused one, which ends the call; the
 * others have their turn 100 ms later. */
#define ENFORCE_BATCH 1000
bool enforce_catch_up(struct enforce *f, struct instant now);

/* Whether it has more to do now: nobody should wait for input before. */
bool enforce_is_busy(const struct enforce *f, struct instant now);

/* Live, before time goes on to `wall`: bans that end by then may have been given more time in the
 * kernel. */
void enforce_check_ends(struct enforce *f, struct instant wall);

/* What a check found: the bits of rule_watch.h, and these. */
enum enforce_found {
	/* the sets lost entries that were in force; they are being put back */
	ENFORCE_FLUSHED = 1 << 8,
	/* somebody took sets and rules away for good */
	ENFORCE_TORN_DOWN = 1 << 9,
};

/* Once per second: asks the kernel about the next ENFORCE_CHECKS bans, and ends those removed by
 * hand; once per minute adopts what was added by hand, while the sets are small enough to read in
 * a few milliseconds, and has the rules repaired. Never waits for those: the answer comes at a
 * later check. */
#define ENFORCE_CHECKS 250
unsigned enforce_check(struct enforce *f, struct instant now);

/* Why bans may not be in force; "": nothing is known. Valid until the next call. */
const char *enforce_trouble(const struct enforce *f);

/* Why a rule failed, or where it is; valid until the next check. */
const char *enforce_rule_why(const struct enforce *f);

#endif
