/* state_members.h - the members of the state file, for its writer and its reader alone.
 *
 * One table serves both directions, so what is written can always be read: the writer brings each
 * number into the range that the reader demands. Whole numbers end at 2^53 - 1, the last that
 * every JSON reader keeps exactly (RFC 8259, section 6; jq and cJSON hold doubles).
 */
#ifndef CORE_RECORD_STATE_MEMBERS_H
#define CORE_RECORD_STATE_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>

#define STATE_WHOLE_MAX 9007199254740991.0 /* 2^53 - 1 */

enum state_kind {
	MEMBER_BOOL,
	MEMBER_U32,
	MEMBER_U64,
	MEMBER_REAL,
	MEMBER_TIME,
	MEMBER_TIME_OR_NONE,  /* null: 0 */
	MEMBER_TIME_OR_NEVER, /* null: INSTANT_MAX */
	MEMBER_TEXT,          /* max: bytes of the array */
	MEMBER_ADDRESS,
	MEMBER_MODE,   /* a bool: "replay" or "live" */
	MEMBER_SOURCE, /* enum baseline_source */
	MEMBER_RULES,  /* unsigned, bit per enum rule */
};

struct state_member {
	const char *name;
	const char *why; /* for people, when it is refused */
	enum state_kind kind;
	bool optional; /* absent: it stays as it was before reading */
	size_t offset; /* in its struct */
	double min;
	double max;
};

struct state_members {
	const struct state_member *list;
	size_t n;
};

#define STATE_REFUSED(name) name " is missing or out of range"

extern const struct state_members state_site_members;    /* struct state, what is no array */
extern const struct state_members state_top_members;     /* struct state_top */
extern const struct state_members state_ban_members;     /* struct state_ban */
extern const struct state_members state_hour_members;    /* struct state_hour */
extern const struct state_members state_event_members;   /* struct recent_event */
extern const struct state_members state_counter_members; /* struct counters */

#endif
