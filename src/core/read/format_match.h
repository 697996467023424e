/* format_match.h - finds the row of the table in format.h that matches a line. There is a row for
 * each format of a product's log. Each wanted member's name has a slot, its number in fields.h.
 *
 * Path:    fields -> [format_match] -> extract. Pure.
 * Method:  the names of the members that are present decide which row is used, not the members'
 *          values. There are two exceptions: the logger, and a status that is recognised by its
 *          value. The server writes both values. The choices for earlier lines are stored. The
 *          stored choices save time for similar lines and change no result.
 */
#ifndef CORE_READ_FORMAT_MATCH_H
#define CORE_READ_FORMAT_MATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "core/read/fields.h"
#include "core/read/format.h"
#include "core/read/line_result.h"

/* Names from options that replace the lists of format.h; NULL: the list is used. */
struct format_names {
	const char *client, *status, *time, *method, *path, *forwarded;
};

/* Flags: facts about the text around an object. */
#define FORMAT_CUT 1u /* the line was cut off: the missing part may have contained members */
/* The line was written to stderr; it is a request only if its logger names the access log. */
#define FORMAT_STANDARD_ERROR 2u
/* A list of slots ends with FIELDS_NONE. */
#define FORMAT_SLOTS_MAX 20

/* A set of slots. */
struct slot_set {
	uint64_t bits[FIELDS_MAX / 64];
};

struct format_row {
	const struct format *format;
	/* members that must be present: see format.h */
	struct slot_set all, any, peers, statuses, times;
	/* the peers of the format, even if --client names another member */
	struct slot_set own_peers;
	uint8_t peer[FORMAT_SLOTS_MAX];
	uint8_t status[FORMAT_SLOTS_MAX]; /* includes the names of format_status */
	uint8_t ended[FORMAT_SLOTS_MAX];
	uint8_t began[FORMAT_SLOTS_MAX];
	uint8_t method[FORMAT_SLOTS_MAX];
	uint8_t path[FORMAT_SLOTS_MAX];
	uint8_t connection, lasted, logger;
};

/* The facts that decide which row is chosen, and the chosen row. */
struct format_choice {
	struct slot_set there;
	unsigned around;
	uint8_t logger;   /* the kind of log that the line's logger names */
	bool weak_status; /* a member is recognised as a status by its value alone */
	/* the first slot of Sec-Fetch-Site that is present; FIELDS_NONE if none is */
	uint8_t fetch_site;
	const struct format_row *row; /* NULL: no row, because of `reason` */
	enum line_reason reason;
};

/* The choice for the previous line, and the slots of that line's members, in the order of the
 * members. */
struct format_last {
	const struct format_choice *choice;
	uint8_t set[FIELDS_MAX];
	uint32_t set_n;
	bool by_names; /* no value influenced the choice */
};

#define FORMAT_CHOICES 16 /* number of stored choices */

struct format_match {
	struct format_names names;
	struct format_row rows[FORMAT_ROWS_MAX];
	unsigned rows_n;
	uint8_t weak_status[FORMAT_SLOTS_MAX], forwarded[FORMAT_SLOTS_MAX];
	uint8_t fetch_site[FORMAT_SLOTS_MAX];
	struct slot_set all_statuses, all_forwarded, all_paths; /* of all rows */
	/* forwarded members that a client cannot add to a line by sending a header: see
	 * no_forwarded in format.h */
	struct slot_set flat_forwarded;
	struct format_last last;
	struct format_choice choices[FORMAT_CHOICES];
	struct slot_set valued; /* members whose values influence the choice */
	uint8_t logger; /* slot of the logger, in the only row that has one; or FIELDS_NONE */
};

/* Adds the members' names in the rows of format.h to the wanted names. If `only` is not NULL, uses
 * only the rows whose format name is only->name. The texts are not copied. Returns false if a name
 * is empty or longer than FIELDS_NAME_MAX. */
bool format_match_init(struct format_match *m, struct fields *wanted, const struct format *only,
	const struct format_names *names);

/* Returns the row that matches the names that are present. If no row matches, returns NULL and
 * stores the reason. */
const struct format_row *format_match_find(struct format_match *m,
	const struct fields_values *values, unsigned around, enum line_reason *reason);

/* The slot of the line's Sec-Fetch-Site, or FIELDS_NONE. Call it after format_match_find. */
static inline uint8_t format_fetch_site_of(const struct format_match *m)
{
	return m->last.choice->fetch_site;
}

/* The first of `slots` whose value has a kind greater than `nothing`; FIELDS_NONE if there is
 * none. */
uint8_t format_first_of(const struct field *values, const uint8_t *slots, enum field_kind nothing);

/* The slot of a member that is recognised as a status by its value; FIELDS_NONE if there is
 * none. */
uint8_t format_weak_status_of(const struct format_match *m, const struct field *values);

/* Stores a status of 100..599, or 0 if the value is 0 or -1, which mean unknown. Returns false for
 * all other values. */
bool format_status_value(const struct field *f, uint16_t *out);

static inline bool slot_set_has(const struct slot_set *set, uint8_t slot)
{
	return set->bits[slot / 64] >> slot % 64 & 1;
}

#endif
