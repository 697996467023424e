/* state_members.h - the members of the state file. Only the file's writer and its reader use this
 * table.
 *
 * The writer and the reader use the same table, and the writer clamps each number to the range that
 * the reader demands. So every state that is written can be read. The maximum of whole numbers is
 * 2^53 - 1, the highest that every JSON reader represents exactly (RFC 8259, section 6; jq and
 * cJSON store doubles).
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
	MEMBER_TIME_OR_NONE,  /* null means 0 */
	MEMBER_TIME_OR_NEVER, /* null means INSTANT_MAX */
	MEMBER_TEXT,          /* max: size of the array in bytes */
	MEMBER_ADDRESS,
	MEMBER_MODE,     /* a bool, written as "replay" or "live" */
	MEMBER_SOURCE,   /* enum baseline_source */
	MEMBER_RULES,    /* unsigned, a bit for each enum rule */
	MEMBER_TROUBLES, /* unsigned, a bit for each enum origin_trouble */
	MEMBER_REQUEST,  /* null means not known */
	MEMBER_EVIDENCE, /* null means not known */
};

struct state_member {
	const char *name;
	const char *why; /* text for people if the value is refused */
	enum state_kind kind;
	bool optional; /* the member may be absent; its field then keeps its previous value */
	size_t offset; /* of the field in its struct */
	double min;
	double max;
};

struct state_members {
	const struct state_member *list;
	size_t n;
};

#define STATE_REFUSED(name) "'" name "' is missing or out of range"

/* The writer and the reader access a field through a pointer to the C type of its kind. If the
 * field of a row had another type, they would read or overwrite other fields. STATE_MEMBER refuses
 * such a row at compile time. Its _Generic has only one branch, for a pointer to the kind's type,
 * and a field of another type matches no branch. The size of that branch, times 0, is added to the
 * offset and does not change it. Limitation: gcc and clang treat an enum and unsigned as the same
 * type. tests/golden/members-of-a-wrong-type-do-not-compile.t compiles wrong rows. */
#define STATE_BOOL_TYPE(field)          bool *
#define STATE_U32_TYPE(field)           uint32_t *
#define STATE_U64_TYPE(field)           uint64_t *
#define STATE_REAL_TYPE(field)          double *
#define STATE_TIME_TYPE(field)          struct instant *
#define STATE_TIME_OR_NONE_TYPE(field)  struct instant *
#define STATE_TIME_OR_NEVER_TYPE(field) struct instant *
#define STATE_TEXT_TYPE(field)          char(*)[sizeof(field)]
#define STATE_ADDRESS_TYPE(field)       struct address *
#define STATE_MODE_TYPE(field)          bool *
#define STATE_SOURCE_TYPE(field)        enum baseline_source *
#define STATE_RULES_TYPE(field)         unsigned *
#define STATE_TROUBLES_TYPE(field)      unsigned *
#define STATE_REQUEST_TYPE(field)       struct request_text *
#define STATE_EVIDENCE_TYPE(field)      struct evidence *

/* clang-format off */
#define STATE_FIELD(type, field) ((struct type *)NULL)->field
#define STATE_OFFSET(kind, type, field) \
	(offsetof(struct type, field) + \
		0 * sizeof(_Generic(&STATE_FIELD(type, field), \
			STATE_##kind##_TYPE(STATE_FIELD(type, field)): 0)))
#define STATE_MEMBER(name, kind, optional, type, field, min, max) \
	{name, STATE_REFUSED(name), MEMBER_##kind, optional, STATE_OFFSET(kind, type, field), \
		min, max}
/* clang-format on */

/* The words of MEMBER_RULES and MEMBER_TROUBLES, by bit. */
const char *state_rule_name(unsigned i);
const char *state_trouble_name(unsigned i);

extern const struct state_members state_site_members;    /* struct state, except for arrays */
extern const struct state_members state_top_members;     /* struct state_top */
extern const struct state_members state_ban_members;     /* struct state_ban */
extern const struct state_members state_origin_members;  /* struct state_origin */
extern const struct state_members state_hour_members;    /* struct state_hour */
extern const struct state_members state_event_members;   /* struct recent_event */
extern const struct state_members state_counter_members; /* struct counters */

#endif
