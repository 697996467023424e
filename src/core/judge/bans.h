/* bans.h - strikes, bans and mutes of clients, and their ends.
 *
 * Path:    rules -> engine -> [bans] -> event -> io/firewall. Pure: no I/O, no clock.
 * Method:  a hash table of every client with a strike. Bans in force are also in a heap, ordered by
 *          their end. Clients whose ban is over are in another heap, and are forgotten after
 *          `forget`.
 * Parole:  for BANS_PAROLE_S after its ban, a client is judged by lower limits. So the first bans
 *          can be short, which limits the harm of a mistake. An attacker who continues is soon
 *          banned again.
 * Mute:    the time after an alert about an allowed or held-back client, in which the client gets
 *          no further alert. A mute does not lead to parole. If a client on parole is muted, its
 *          parole begins anew after the mute.
 * Memory:  the table is allocated once for `max` clients, 80 bytes each; pages are touched as it
 *          fills. A full table forgets the client whose ban ended longest ago. If all clients in
 *          the table are banned or muted, bans_strike fails.
 * Cost:    O(1) for a look-up, O(log n) for a ban and for its end.
 */
#ifndef CORE_JUDGE_BANS_H
#define CORE_JUDGE_BANS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/address.h"
#include "core/base/hash.h"
#include "core/base/instant.h"
#include "core/judge/ban_schedule.h"
#include "core/judge/rules.h"

struct bans_config {
	uint32_t max;
	struct hash_key key;
	struct span schedule[BANS_SCHEDULE_MAX]; /* SPAN_MAX: permanent */
	uint32_t schedule_n;                     /* at least 1 */
	struct span forget; /* a client is forgotten this long after the end of its last ban */
};

enum ban_form {
	BAN_OVER,   /* not banned now; its strikes are remembered */
	BAN_ACTIVE, /* banned */
	/* Allowed or held back: not banned. An alert was reported, and no other alert is reported
	 * before `until`. */
	BAN_MUTED
};

/* The status of a client when it sends a request. */
enum ban_standing {
	STANDING_CLEAR,  /* no strike is known */
	STANDING_STRUCK, /* it has strikes */
	STANDING_PAROLE, /* it has strikes, and its ban, or a mute after
			  * the ban, ended less than BANS_PAROLE_S ago */
	STANDING_BANNED
};
/* Seconds after its ban in which a client is judged by lower limits (rules.h). */
#define BANS_PAROLE_S 86400

/* A copy of the entry of one client, for other modules. */
struct ban {
	struct address client;
	enum ban_form form;
	uint32_t strikes;
	struct instant since; /* start of the last ban or mute */
	/* The time of its last strike. This is earlier than `since` if the last ban or mute was no
	 * strike (TERM_AGAIN, bans_mute). The entry stores the difference in units of 6 minutes and
	 * in one byte. So `struck` is rounded, and a strike over 25.5 hours before `since` is given
	 * as 25.5 hours before it. If `struck` is 0 in bans_restore, `since` is used. */
	struct instant struck;
	struct instant until; /* INSTANT_MAX: permanent */
	/* A bit for each enum rule that matched, and the flags RULES_MARKS. If no bit of
	 * a rule is set, no detection rule made the ban. */
	unsigned rules;
	/* Value and limit of one of the rules that matched, with the precision of a float. Value 0:
	 * they are unknown. */
	struct evidence evidence;
	/* The schedule makes the ban of this strike permanent, but the ban has an end, because its
	 * verdict does not justify a permanent ban (TERM_TEMPORARY). */
	bool temporary;
	bool paroled;      /* parole follows; a mute alone does not lead to parole */
	bool enforced;     /* the firewall has the ban */
	bool was_enforced; /* the firewall had the ban when the memory file was written */
	bool tried;        /* the firewall was asked to enforce it, in this
			    * run or before the memory file was written */
};

struct bans;

struct bans *bans_new(const struct bans_config *config);
void bans_free(struct bans *b);

/* Sets another hash key. Call it before a client is added. */
void bans_set_key(struct bans *b, struct hash_key key);

/* Sets another schedule, of 1 to BANS_SCHEDULE_MAX spans, for bans that begin later. Strikes and
 * ends of bans do not change. */
void bans_set_schedule(struct bans *b, const struct span *schedule, uint32_t n);

/* Copies the client's entry to *out. False if it has none. */
bool bans_find(const struct bans *b, const struct address *client, struct ban *out);

/* True if the client has a strike, with or without a ban in force. */
bool bans_has_strikes(const struct bans *b, const struct address *client);

/* The client's status at `now`. `hash`: hash_16 of its address with the config's key. */
enum ban_standing bans_standing(
	const struct bans *b, const struct address *client, uint64_t hash, struct instant now);

/* The wall clock was set: moves the starts and ends of all bans by `ms`, so that their remaining
 * times do not change. */
void bans_shift(struct bans *b, int64_t ms);

/* Prefetches the memory that the next look-up of a client reads first. `hash`: hash_16 of its
 * address with the config's key. Changes nothing. */
void bans_prefetch(const struct bans *b, uint64_t hash);

/* True if the client is BAN_MUTED. */
bool bans_is_muted(const struct bans *b, const struct address *client);

/* Bans or mutes the client at `now`, as `term` demands, and adds a strike, except with TERM_AGAIN.
 * The client must not be banned or muted. False if the table is full of bans in force and mutes. */
bool bans_strike(struct bans *b, const struct address *client, struct instant now, unsigned rules,
	enum ban_term term, struct ban *out);

/* Restores a ban from the memory file, unchanged. Replaces an entry of the same client. False if
 * the table is full. */
bool bans_restore(struct bans *b, const struct ban *ban);

/* Mutes alerts about the client until `until`, without a strike. The client must not be banned.
 * False if the table is full. */
bool bans_mute(
	struct bans *b, const struct address *client, struct instant now, struct instant until);

/* Stores the reason of the client's ban: the first evidence of the verdict that made the ban. */
void bans_set_evidence(
	struct bans *b, const struct address *client, const struct evidence *evidence);

/* Stores the answer of the firewall: whether it has the ban. */
void bans_set_enforced(struct bans *b, const struct address *client, bool enforced);

/* Counts one more line of a banned client. Returns the number of lines since its ban began, at most
 * UINT16_MAX. */
uint32_t bans_note_passed(struct bans *b, const struct address *client);

/* The end of the next ban or mute; false if there is none. */
bool bans_next_end(const struct bans *b, struct instant *end);

/* Ends the ban or mute with the earliest end, if this end is not later than `t`. Copies the entry,
 * as it was before, to *out. False if no ban or mute ends by `t`. Strikes remain. */
bool bans_end_one(struct bans *b, struct instant t, struct ban *out);

/* Ends a ban before its end. `forgive`: its strikes are forgotten, too. False if the client is not
 * banned. */
bool bans_lift(struct bans *b, const struct address *client, struct instant now, bool forgive,
	struct ban *out);

/* Forgets at most `most` clients whose ban ended at least `forget` (bans_config) before `now`. */
void bans_forget(struct bans *b, struct instant now, uint32_t most);

/* Number of bans in force (form BAN_ACTIVE). */
uint32_t bans_active(const struct bans *b);
/* Number of clients in the table, in any form. */
uint32_t bans_n(const struct bans *b);

/* Walks over all entries in no particular order. Start with *cursor 0; it returns false at the end.
 * If the table changes between two calls, an entry may be skipped or repeated, but it is never
 * inconsistent. A walk may also start with *cursor k, which skips the first k places of the table.
 * Places fill in order, but places of removed entries are used again. While the table does not
 * change, the same value of *cursor leads to the same entry. */
bool bans_walk(const struct bans *b, uint32_t *cursor, struct ban *out);

#endif
