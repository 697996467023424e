/* format_match.h - the rows of format.h as slots of fields.h, and the row that a line fits.
 *
 * Path:    fields -> [format_match] -> extract.   Pure.
 * Method:  the set of names that are there decides, no value does (but what a logger names, and a
 *          status that is known by its value alone; both are the server's). The rows of lines
 *          before are remembered with their names, which makes equal lines cheap and changes no
 *          result.
 */
#ifndef CORE_READ_FORMAT_MATCH_H
#define CORE_READ_FORMAT_MATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "core/read/fields.h"
#include "core/read/format.h"
#include "core/read/line_result.h"

/* Names that stand in for the lists of format.h; NULL: the lists. */
struct format_names {
	const char *client, *status, *time, *method, *path, *forwarded;
};

/* What is known of an object from around it: bits. */
#define FORMAT_CUT            1u /* what is missing may have been cut off */
#define FORMAT_STANDARD_ERROR 2u /* only of a product that names its loggers it is an access log */

/* A list of slots; FIELDS_NONE ends it. */
#define FORMAT_SLOTS_MAX 20

/* A set of slots. */
struct slot_set {
	uint64_t bits[FIELDS_MAX / 64];
};

struct format_row {
	const struct format *format;
	struct slot_set all, any, peers, statuses, times; /* what must be there: see format.h */
	struct slot_set own_peers; /* the format's, also where an option names another client */
	uint8_t peer[FORMAT_SLOTS_MAX];
	uint8_t status[FORMAT_SLOTS_MAX]; /* those of format_status, too */
	uint8_t ended[FORMAT_SLOTS_MAX];
	uint8_t began[FORMAT_SLOTS_MAX];
	uint8_t method[FORMAT_SLOTS_MAX];
	uint8_t path[FORMAT_SLOTS_MAX];
	uint8_t connection, lasted, logger;
};

/* What decides a row, and the row. */
struct format_choice {
	struct slot_set there;
	unsigned around;
	uint8_t logger;               /* what the line's logger says of it */
	bool weak_status;             /* a member is a status by its value alone */
	uint8_t fetch_site;           /* the first slot of those; FIELDS_NONE: there is none */
	const struct format_row *row; /* NULL: none, because of `reason` */
	enum line_reason reason;
};

/* The choice for the line before, and the slots that it had, in their order. */
struct format_last {
	const struct format_choice *choice;
	uint8_t set[FIELDS_MAX];
	uint32_t set_n;
	bool by_names; /* no value had a part in it */
};

#define FORMAT_CHOICES 16 /* remembered, by what decided them */

struct format_match {
	struct format_names names;
	struct format_row rows[FORMAT_ROWS_MAX];
	unsigned rows_n;
	uint8_t weak_status[FORMAT_SLOTS_MAX], forwarded[FORMAT_SLOTS_MAX];
	uint8_t fetch_site[FORMAT_SLOTS_MAX];
	struct slot_set all_statuses, all_forwarded, all_paths; /* of any row */
	struct slot_set flat_forwarded; /* those that no header causes: see no_forwarded */
	struct format_last last;
	struct format_choice choices[FORMAT_CHOICES];
	struct slot_set valued; /* members whose values have a part in the choice */
	uint8_t logger;         /* of the one row that has one, or FIELDS_NONE */
};

/* Adds the names to those that are wanted. `only`: the rows of its name; NULL: all. Texts are not
 * copied. False when a name is empty or longer than FIELDS_NAME_MAX. */
bool format_match_init(struct format_match *m, struct fields *wanted, const struct format *only,
	const struct format_names *names);

/* The row that fits the names that are there, or NULL and the reason. */
const struct format_row *format_match_find(struct format_match *m,
	const struct fields_values *values, unsigned around, enum line_reason *reason);

/* The slot of the line's Sec-Fetch-Site, or FIELDS_NONE; after format_match_find. */
static inline uint8_t format_fetch_site_of(const struct format_match *m)
{
	return m->last.choice->fetch_site;
}

/* The first of the slots with more to it than `nothing`; FIELDS_NONE: none has. */
uint8_t format_first_of(const struct field *values, const uint8_t *slots, enum field_kind nothing);

/* The slot of a member that is a status by its value alone; FIELDS_NONE: there is none. */
uint8_t format_weak_status_of(const struct format_match *m, const struct field *values);

/* 100..599, or 0 for unknown. False when it is neither that nor a known way to say unknown. */
bool format_status_value(const struct field *f, uint16_t *out);

static inline bool slot_set_has(const struct slot_set *set, uint8_t slot)
{
	return set->bits[slot / 64] >> slot % 64 & 1;
}

#endif
