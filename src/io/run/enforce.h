/* enforce.h - keeps the kernel's sets and the table of bans equal.
 *
 * Path:    engine -> [enforce] -> io/firewall; engine_report_outcome passes the result back.
 * Failed:  a ban that the firewall refuses stays in the table as not enforced, and is retried. So
 *          the ban comes into force when a full set has room again or a lost netlink session is
 *          back.
 * Start:   the bans in the kernel are adopted. core/judge/ban_drift judges bans that only the
 *          memory file has.
 * Running: each second some bans are checked in the kernel. A ban is also checked when a line of
 *          its client arrives. ban_drift decides whether a missing entry is an unban by hand or a
 *          flush. Changes by anomban leave a marker in the sets (io/firewall/firewall.h). While
 *          there is a marker, every missing entry counts as an intended unban. After somebody has
 *          torn the sets down (anomban --teardown), no ban is enforced any more. If the kernel's
 *          entry ends later than the ban, the ban is prolonged to the entry's end.
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
	bool behind; /* there may be a ban that is not enforced */
	/* a ban was refused or missing since enforce_catch_up began its current round, which is a
	 * walk through the whole table of bans */
	bool again;
	struct instant retry; /* earliest time of the next try after a refusal */
	bool flush_seen;      /* enforce_find_ban has detected a flush; the next check reports it */
	bool refill; /* the kernel may have lost all entries: all bans are inserted again */
	/* at the last check, a marker showed that entries are changed on purpose */
	bool changed;
	bool ordered;     /* the last marker was for an order from another host */
	bool checking;    /* all bans are being checked, and missing ones become unbans */
	bool check_again; /* check all bans again after the current check */
	/* at the start: the sets were made after a boot and never contained the detector's bans */
	bool new_sets;
	bool torn_down;        /* torn down by hand: from then on, the run enforces nothing */
	uint32_t check_cursor; /* position of the check of all bans */
	uint32_t catch_cursor; /* position of enforce_catch_up */
	uint32_t walk_cursor;  /* position of enforce_check */
	unsigned made;         /* result of firewall_made_sets at the last check */
	struct instant listed; /* when the sets were last read */
	size_t listed_n;       /* number of entries at that time */
};

/* Call it before the first ban. The caller owns all arguments. `keeper` may be NULL: then somebody
 * else manages the firewall rules. If `firewall` enforces nothing, every call below succeeds and
 * does nothing. */
void enforce_init(struct enforce *f, struct firewall *firewall, struct rule_keeper *keeper,
	struct engine *engine);

/* Call it before any line: adopts the bans that are in the kernel. False when the kernel's sets
 * could not be read. */
bool enforce_adopt(struct enforce *f, struct instant now);

/* Call it after enforce_adopt. Returns the number of bans in force. Bans that will be inserted into
 * new sets count, too. */
size_t enforce_in_force(const struct enforce *f);

/* Call it after enforce_adopt, when the engine's time has begun. Inserts or ends the bans that are
 * not in the kernel. */
void enforce_settle(struct enforce *f);

/* Callbacks for engine_firewall, called while the engine works. The callbacks read the engine's
 * time and its table of bans, but change neither. After a result of BAN_REFUSED or false,
 * firewall_why has the reason. */
enum ban_outcome enforce_ban(struct enforce *f, const struct address *client, struct span left);
bool enforce_unban(struct enforce *f, const struct address *client);
enum ban_outcome enforce_find_ban(struct enforce *f, const struct address *client);

/* Carries out at most ENFORCE_BATCH bans that are not enforced. After entries were changed on
 * purpose, checks at most ENFORCE_BATCH bans in the kernel instead. Takes about 5 ms. Returns false
 * as soon as the firewall refuses a ban; the other bans follow 100 ms later. */
#define ENFORCE_BATCH 1000
bool enforce_catch_up(struct enforce *f, struct instant now);

/* True if enforce_catch_up has more work now, so that the caller must not wait for input. */
bool enforce_is_busy(const struct enforce *f, struct instant now);

/* Live only; call it before time advances to `wall`. If a ban ends by then, reads the sets, because
 * somebody may have prolonged its entry. Without a marker, reads only small sets (LIST_MAX in
 * enforce.c), at most once per second. */
void enforce_check_ends(struct enforce *f, struct instant wall);

/* The result of a check: the bits of rule_watch.h, and these bits. */
enum enforce_found {
	/* the sets had lost entries of bans in force; these entries are being put back */
	ENFORCE_FLUSHED = 1 << 8,
	/* somebody removed the sets and the firewall rules permanently */
	ENFORCE_TORN_DOWN = 1 << 9,
};

/* Call it once per second. It checks the next ENFORCE_CHECKS bans in the kernel, and ends bans that
 * were removed by hand. Once per minute it starts a check of the firewall rules. Also once per
 * minute it adopts bans that were added by hand, if the sets are small enough to read in a few
 * milliseconds. It never waits for the check of the firewall rules: a later call returns the
 * result. */
#define ENFORCE_CHECKS 250
unsigned enforce_check(struct enforce *f, struct instant now);

/* The reason why bans may not be in force; "": no reason is known. Valid until the next call. */
const char *enforce_trouble(const struct enforce *f);

/* The reason why the firewall rules could not be checked, or the place of a rule that packets
 * bypass. Valid until the next check. */
const char *enforce_rule_why(const struct enforce *f);

#endif
