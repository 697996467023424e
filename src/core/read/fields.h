/* fields.h - the wanted members of an object by name, and their values.
 *
 * Path:    line -> [fields] -> extract.
 * Method:  every wanted name has a slot. A member's full name is the keys of the objects around it
 *          and its own key, joined by dots. Arrays are not searched. The first member with a name
 *          is used.
 * Memory:  fixed. The names are owned by the caller and must outlive the struct.
 */
#ifndef CORE_READ_FIELDS_H
#define CORE_READ_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/num.h"

#define FIELDS_MAX       192 /* wanted names; a multiple of 64 */
#define FIELDS_NAME_MAX  127 /* bytes of a wanted name; a longer name in a log is never wanted */
#define FIELDS_DEPTH_MAX 8   /* objects around a wanted member */
#define FIELDS_NONE      0xff

enum field_kind {
	FIELD_ABSENT = 0,
	FIELD_EMPTY, /* null or "": the member exists without a value */
	FIELD_DASH,  /* "-": the server logged that there is no value; never a client */
	FIELD_TEXT,
	FIELD_NUMBER,
	FIELD_LIST, /* an array of strings only, joined by commas */
	FIELD_OTHER /* an object, true, false, any other array */
};

struct field {
	enum field_kind kind;
	uint32_t len;
	const char *text; /* for FIELD_TEXT and FIELD_LIST; no terminator */
	double number;    /* for FIELD_NUMBER */
};

/* The values of one object, by slot. */
struct fields_values {
	struct field at[FIELDS_MAX]; /* FIELD_ABSENT except for the slots in `set` */
	uint8_t set[FIELDS_MAX];     /* slots that have a value, each once */
	uint32_t set_n;
};

struct fields_name {
	const char *text; /* NULL: a free place */
	uint8_t len;
	uint8_t slot; /* FIELDS_NONE: the name itself is not wanted, see `inside` */
	/* A longer wanted name begins with this name and a dot. */
	bool inside;
};

#define FIELDS_TABLE 1024 /* more than twice the number of names and their beginnings */

struct fields {
	struct fields_name table[FIELDS_TABLE];
	uint32_t used;
	uint32_t n; /* number of slots */
	const char *names[FIELDS_MAX];
};

void fields_init(struct fields *f);

/* Adds the name if it is new, and returns its slot. Returns FIELDS_NONE if there is no room, or if
 * the name is empty or too long. */
uint8_t fields_want(struct fields *f, const char *name);

/* As fields_want, but the name may be NULL: *out is then FIELDS_NONE, and the result is true. */
static inline bool fields_want_if(struct fields *f, const char *name, uint8_t *out)
{
	*out = name ? fields_want(f, name) : FIELDS_NONE;
	return !name || *out != FIELDS_NONE;
}

/* The entry of a name that was read in a log, or NULL. */
const struct fields_name *fields_find(const struct fields *f, const char *name, size_t len);

/* Clears the values before the next object. Clears only values that were set, because a line has
 * only a few of the many wanted members. A new struct must be all zeros. */
static inline void fields_clear(struct fields_values *v)
{
	while (v->set_n)
		v->at[v->set[--v->set_n]].kind = FIELD_ABSENT;
}

/* Returns the place for the value of a slot; the place is FIELD_EMPTY until the caller fills it.
 * Returns NULL if the slot already has a value, because the first value is used. */
static inline struct field *fields_set(struct fields_values *v, uint8_t slot)
{
	if (slot == FIELDS_NONE || v->at[slot].kind != FIELD_ABSENT)
		return NULL;
	v->set[v->set_n++] = slot;
	v->at[slot].kind = FIELD_EMPTY;
	return &v->at[slot];
}

/* Sets member by member. A copy of the whole struct would stall the processor, because the copy's
 * loads would differ in size from the stores before them. */
static inline void field_set_text(struct field *f, const char *text, size_t len)
{
	f->kind = len == 0 ? FIELD_EMPTY : len == 1 && *text == '-' ? FIELD_DASH : FIELD_TEXT;
	f->len = (uint32_t)len;
	f->text = text;
}

static inline struct field field_of_text(const char *text, size_t len)
{
	struct field f = {0};

	field_set_text(&f, text, len);
	return f;
}

/* Whether the field is a number, or a text that is a number. Stores the number. */
static inline bool field_number(const struct field *f, double *out)
{
	if (f->kind == FIELD_NUMBER)
		*out = f->number;
	return f->kind == FIELD_NUMBER ||
	       (f->kind == FIELD_TEXT && num_double(f->text, f->len, out));
}

#endif
