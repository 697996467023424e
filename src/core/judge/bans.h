/* bans.h - strikes, the schedule of bans, and their ends.
 *
 * Path:    rules -> engine -> [bans] -> event -> io/firewall. Pure: no I/O, no clock.
 * Method:  a hash table of every client with a strike. Bans in force are also in a heap by their
 *          end; clients whose ban is over are in another, and forgotten `forget` after it.
 * Parole:  for BANS_PAROLE_S after its ban a client is judged by tighter limits. So a ban stays
 *          short for somebody who was banned by mistake, and whoever goes on is banned again at
 *          once. Nobody gets there by a mute; for who is there when muted, it begins anew after.
 * Memory:  fixed, from `max` (80 bytes each, touched as it fills). When full, the client whose
 *          ban ended longest ago is forgotten; when all are banned, bans_strike fails.
 * Cost:    O(1) a look, O(log n) a ban and an end.
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
	struct span forget;
};

enum ban_form {
	BAN_OVER,   /* not banned now; its strikes are remembered */
	BAN_ACTIVE, /* banned */
	/* Allowed or held back, and alerted about: not banned, no further alert before `until`. */
	BAN_MUTED
};

/* How a client stands when a request of it comes. */
enum ban_standing {
	STANDING_CLEAR,  /* no strike is known */
	STANDING_STRUCK, /* it has strikes */
	STANDING_PAROLE, /* it has, and was banned; that, or a mute, ended within BANS_PAROLE_S */
	STANDING_BANNED
};
/* So long after its ban a client is judged by tighter limits (rules.h). */
#define BANS_PAROLE_S 86400

/* One client, as others see it. */
struct ban {
	struct address client;
	enum ban_form form;
	uint32_t strikes;
	struct instant since; /* of the last ban, or mute */
	/* Its last strike, to 3 minutes, at most 25.5 hours before `since`. 0 where an entry is
	 * restored: `since`. */
	struct instant struck;
	struct instant until; /* INSTANT_MAX: permanent */
	unsigned rules;       /* bit per enum rule that held; 0 when others banned it */
	/* Of one of the rules that held, as a float keeps it; value 0: not known. */
	struct evidence evidence;
	bool temporary;    /* shorter than its strike's span, which is permanent: TERM_TEMPORARY */
	bool paroled;      /* parole follows it; a mute does not bring it */
	bool enforced;     /* the firewall has it */
	bool was_enforced; /* it had, when it was remembered */
	bool tried;        /* it was asked to, in this run or when it was remembered */
};

struct bans;

struct bans *bans_new(const struct bans_config *config);
void bans_free(struct bans *b);

/* Another hash key, before the first client. */
void bans_set_key(struct bans *b, struct hash_key key);

/* Another schedule, of 1 to BANS_SCHEDULE_MAX spans, for bans that begin from now on. Strikes and
 * ends stay. */
void bans_set_schedule(struct bans *b, const struct span *schedule, uint32_t n);

/* Copies the client's entry to *out when there is one. */
bool bans_find(const struct bans *b, const struct address *client, struct ban *out);

/* Whether the client has a strike, in force or not. */
bool bans_has_strikes(const struct bans *b, const struct address *client);

/* How the client stands at now; `hash` is hash_16 of its address under the config's key. */
enum ban_standing bans_standing(
	const struct bans *b, const struct address *client, uint64_t hash, struct instant now);

/* Ends of bans run on another clock than the wall's, when that is set: all ends and begins move by
 * `ms`. */
void bans_shift(struct bans *b, int64_t ms);

/* Fetches the memory that the next lookup of a client will touch first; `hash` is hash_16 of its
 * address under the config's key. Changes nothing. */
void bans_prefetch(const struct bans *b, uint64_t hash);

/* Whether it is BAN_MUTED. */
bool bans_is_muted(const struct bans *b, const struct address *client);

/* One more strike at `now` (but see TERM_AGAIN); the client must not be banned or muted. False when
 * the table is full of active ones. */
bool bans_strike(struct bans *b, const struct address *client, struct instant now, unsigned rules,
	enum ban_term term, struct ban *out);

/* Puts back what was remembered, as it was; replaces an entry of that client. False when full. */
bool bans_restore(struct bans *b, const struct ban *ban);

/* No alert about the client before `until`; no strike. It must not be banned. False when full. */
bool bans_mute(
	struct bans *b, const struct address *client, struct instant now, struct instant until);

/* What the client's ban is for: the first evidence of its verdict. */
void bans_set_evidence(
	struct bans *b, const struct address *client, const struct evidence *evidence);

/* The firewall was asked to have it: whether it has. */
void bans_set_enforced(struct bans *b, const struct address *client, bool enforced);

/* Counts one more line of a banned client; returns how many came since its ban began, at most
 * UINT16_MAX. */
uint32_t bans_note_passed(struct bans *b, const struct address *client);

/* The end of the next ban (or mute), if any. */
bool bans_next_end(const struct bans *b, struct instant *end);

/* Ends the first ban (or mute) whose end is at or before `t` and copies it, with its form as it
 * was; false when there is none. Strikes stay. */
bool bans_end_one(struct bans *b, struct instant t, struct ban *out);

/* Ends a ban before its time. `forgive`: its strikes are forgotten too. False when it is not
 * banned. */
bool bans_lift(struct bans *b, const struct address *client, struct instant now, bool forgive,
	struct ban *out);

/* Forgets at most `most` clients whose time has come. */
void bans_forget(struct bans *b, struct instant now, uint32_t most);

/* Bans in force (form BAN_ACTIVE). */
uint32_t bans_active(const struct bans *b);
/* Clients held, in any form. */
uint32_t bans_n(const struct bans *b);

/* Walks over all entries in no order: start with *cursor 0; false at the end. Changes of the table
 * between calls may hide or show an entry, never tear one. A start of k leaves out the first k
 * places of the table, which fill in order, but for those used again. What *cursor was before a
 * call leads to the entry of that call again, while the table is unchanged. */
bool bans_walk(const struct bans *b, uint32_t *cursor, struct ban *out);

#endif
