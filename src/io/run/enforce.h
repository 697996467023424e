/* enforce.h - keeps the kernel's sets and the table of bans equal.
 *
 * Path:    engine -> [enforce] -> io/firewall; engine_report_outcome returns the result.
 * Failed:  a ban that the firewall refuses stays in the table as not enforced, and is retried. So
 *          bans are in force again when a full set has room or a lost session is back.
 * Start:   the bans in the kernel are adopted. core/judge/ban_drift judges bans that only the
 *          memory file has.
 * Running: each second some bans are checked in the kernel; so is a banned client whose line
 *          arrives. ban_drift decides whether a missing entry is an unban by hand or a flush.
 *          Changes by anomban leave a marker in the sets (io/firewall/firewall.h): then every
 *          missing entry is an unban by hand, and after a teardown no ban is enforced any more. If
 *          the kernel's entry ends later than the ban, the ban is prolonged to that time.
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
	/* why a ban was refused; kept until all bans are in force */
	char refused[FIREWALL_WHY_CAP];
	bool behind; /* some ban may not be enforced */
	/* some ban was not enforced since the current round of enforce_catch_up began */
	bool again;
	struct instant retry; /* earliest time of the next try after a refusal */
	bool flush_seen;      /* enforce_find_ban saw a flush; the next check reports it */
	bool refill;          /* possibly no ban is enforced: all are put in again */
	bool changed;     /* at the last check a marker said that entries are changed on purpose */
	bool ordered;     /* the last marker seen was of an order from another host */
	bool checking;    /* all bans are being checked, and missing ones become unbans */
	bool check_again; /* check all bans once more after that */
	/* at the start: the sets were made after a boot and never contained our bans */
	bool new_sets;
	bool torn_down;        /* torn down by hand: from then on as if there were no kernel */
	uint32_t check_cursor; /* position of `checking` */
	uint32_t catch_cursor; /* position of enforce_catch_up */
	uint32_t walk_cursor;  /* position of enforce_check */
	unsigned made;         /* number of sets that the last check had to make */
	struct instant listed; /* when the sets were last read */
	size_t listed_n;       /* number of their entries then */
};

/* Call it before the first ban. The caller owns all arguments. `keeper` may be NULL: then somebody
 * else manages the rules. Without a kernel every call below succeeds and does nothing. */
void enforce_init(struct enforce *f, struct firewall *firewall, struct rule_keeper *keeper,
	struct engine *engine);

/* Call it before any line: adopts the bans that are in the kernel. False when the kernel's sets
 * could not be read. */
bool enforce_adopt(struct enforce *f, struct instant now);

/* Call it after enforce_adopt: the number of bans in force, including bans that follow as soon as
 * sets that had to be made are filled. */
size_t enforce_in_force(const struct enforce *f);

/* Call it after enforce_adopt, when the engine's time has begun: bans that are not in the kernel
 * are put in, or ended. */
void enforce_settle(struct enforce *f);

/* For engine_firewall, called while the engine works: these read the engine's time and table of
 * bans, and change neither. After BAN_REFUSED and false, firewall_why has the reason. */
enum ban_outcome enforce_ban(struct enforce *f, const struct address *client, struct span left);
bool enforce_unban(struct enforce *f, const struct address *client);
enum ban_outcome enforce_find_ban(struct enforce *f, const struct address *client);

/* Carries out at most ENFORCE_BATCH bans that are not enforced. After a change by hand, checks as
 * many bans instead. Takes some 5 ms. The call ends when the firewall refuses a ban, and returns
 * false; the other bans follow 100 ms later. */
#define ENFORCE_BATCH 1000
bool enforce_catch_up(struct enforce *f, struct instant now);

/* Whether enforce_catch_up has more work now, so that the caller must not wait for input. */
bool enforce_is_busy(const struct enforce *f, struct instant now);

/* Live only; call it before time advances to `wall`: the kernel may have been given a later end for
 * bans that end by then. */
void enforce_check_ends(struct enforce *f, struct instant wall);

/* What a check found: the bits of rule_watch.h, and these. */
enum enforce_found {
	/* the sets had lost entries of bans in force; these are being put back */
	ENFORCE_FLUSHED = 1 << 8,
	/* somebody removed the sets and rules for good */
	ENFORCE_TORN_DOWN = 1 << 9,
};

/* Call it once per second. It checks the next ENFORCE_CHECKS bans in the kernel, and ends bans
 * that were removed by hand. Once per minute it starts a check of the firewall rules. It also
 * adopts bans that were added by hand then, if the sets are small enough to read in a few
 * milliseconds. It never waits for the check of the rules: a later call returns the result. */
#define ENFORCE_CHECKS 250
unsigned enforce_check(struct enforce *f, struct instant now);

/* Why bans may not be in force; "": no reason is known. Valid until the next call. */
const char *enforce_trouble(const struct enforce *f);

/* Why a rule failed, or the chain it is in; valid until the next check. */
const char *enforce_rule_why(const struct enforce *f);

#endif
