/* enforce.h - keeps the kernel's sets and the table of bans in step.
 *
 * Path:    event -> [enforce] -> firewall.
 * Failed:  a ban that the firewall refuses stays in the table as not enforced, and is tried again,
 *          so that a full set or a lost session heals by itself.
 * Start:   what the kernel holds is what is banned. What only the memory holds is put into sets
 *          that had to be made (a reboot); where the sets were there, somebody took it back. A ban
 *          that an earlier run has only printed ends: what was never in force must not begin to be
 *          with a restart.
 * Truth:   at run time the kernel is asked about some bans each second, and about a banned client
 *          whose line comes. One entry gone is a manual unban. Over a tenth gone at once is a
 *          flush: all are put back. But for what is done by anomban's actions, which leave word
 *          (io/firewall/manual.h): then whatever is gone is a manual unban, and after a teardown nothing is
 *          enforced any more. A later end that the kernel has is the ban's.
 */
#ifndef IO_RUN_ENFORCE_H
#define IO_RUN_ENFORCE_H

#include <stdbool.h>

#include "core/engine/engine.h"
#include "io/firewall/firewall.h"
#include "io/firewall/rule_keeper.h"

struct enforce {
	struct firewall *firewall;
	struct engine *engine;
	struct rule_keeper *keeper;
	struct rule_keeper_answer answer; /* the last */
	char refused[FIREWALL_WHY_CAP];   /* why a ban was, until all are in force */
	bool rule_bad; /* a rule is not in force, or does not cut open connections: answer.why */
	struct instant rules_asked;
	unsigned silent;        /* looks since the keeper was asked; 0: it has answered */
	struct instant revived; /* when the keeper was found gone */
	bool behind;            /* some ban may not be enforced */
	bool again;             /* one of them since the round of enforce_catch_up began */
	struct instant retry;   /* not before: one was refused */
	bool flush_seen;        /* by enforce_has_ban; the next look tells it */
	bool refill;            /* none may be: all are put in again */
	bool by_hand;           /* at the last look: word that entries are changed by hand */
	bool checking;          /* all of them are asked about, and what is missing is unbanned */
	bool check_again;       /* once more after that */
	bool torn_down;         /* by hand: as if there were no kernel from then on */
	uint32_t check_cursor;  /* of `checking` */
	uint32_t catch_cursor;  /* of enforce_catch_up */
	uint32_t walk_cursor;   /* of enforce_check */
	unsigned made;          /* sets that had to be made, at the last look */
	struct instant listed;  /* when the sets were read last */
	size_t listed_n;        /* entries they had */
};

/* All are the caller's; `keeper` may be NULL: the rules are somebody else's. Without a kernel every
 * call below does nothing, and succeeds. */
void enforce_init(struct enforce *f, struct firewall *firewall, struct rule_keeper *keeper,
	struct engine *engine);

/* Before any line: takes over what the kernel holds. False when it could not be read. */
bool enforce_adopt(struct enforce *f, struct instant now);

/* After it: how many bans are in force, or will be as soon as sets that had to be made are filled.
 */
size_t enforce_in_force(const struct enforce *f);

/* After enforce_adopt, when time has begun in the engine: bans that are not in the kernel are put
 * in, or ended. */
void enforce_settle(struct enforce *f);

/* A ban event: sets e->enforced. False when the firewall refused; firewall_why says why. */
bool enforce_ban(struct enforce *f, struct event *e);

/* An unban event: takes it out of the kernel, where it may be gone by itself. */
bool enforce_unban(struct enforce *f, const struct event *e);

/* Whether the kernel still holds a ban, for engine_still_banned. */
bool enforce_has_ban(struct enforce *f, const struct address *client);

/* Carries out at most ENFORCE_BATCH bans that are not enforced, or asks about as many after a
 * change by hand, in some 5 ms. False when the firewall refused one, which ends the call; the
 * others have their turn 100 ms later. */
#define ENFORCE_BATCH 1000
bool enforce_catch_up(struct enforce *f, struct instant now);

/* Whether it has more to do now: nobody should wait for input before. */
bool enforce_is_busy(const struct enforce *f, struct instant now);

/* Live, before time goes on to `wall`: bans that end by then may have been given more time in
 * the kernel. */
void enforce_check_ends(struct enforce *f, struct instant wall);

/* What a look found: bits. */
enum enforce_found {
	ENFORCE_FLUSHED =
		1 << 0, /* the sets lost entries that were in force; they are being put back */
	ENFORCE_RULE_MISSING = 1 << 1, /* a rule was gone, and was put back */
	ENFORCE_RULE_FAILED = 1 << 2,  /* it could not be looked after */
	ENFORCE_RULE_BEHIND = 1 << 3,  /* packets pass before it, or do not come to it */
	ENFORCE_KEEPER_GONE = 1 << 4,  /* why says whether there is a new one; once a minute */
	ENFORCE_TORN_DOWN = 1 << 5,    /* somebody took sets and rules away for good */
};

/* Once a second: asks the kernel about the next ENFORCE_CHECKS bans, and ends those taken back by
 * hand; once a minute takes over what was added by hand, while the sets are small enough to read in
 * a few milliseconds, and has the rules looked after. Never waits for those: the answer comes at a
 * later look. */
#define ENFORCE_CHECKS 250
unsigned enforce_check(struct enforce *f, struct instant now);

/* Why bans may not be in force; "": nothing is known. Valid until the next call. */
const char *enforce_trouble(const struct enforce *f);

/* Why a rule failed, or where it is; valid until the next look. */
const char *enforce_rule_why(const struct enforce *f);

#endif
