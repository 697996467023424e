/* fields.h - the members that are wanted of an object, found by their names; and their values.
 *
 * Path:    line -> [fields] -> extract.
 * Method:  every wanted name has a slot. A member's name is its key behind the keys of the objects
 *          around it, joined by dots; arrays are not looked into. The first member of a name wins.
 * Memory:  fixed; names are the caller's and outlive the struct.
 */
#ifndef CORE_READ_FIELDS_H
#define CORE_READ_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/num.h"

#define FIELDS_MAX       192 /* wanted names; a multiple of 64 */
#define FIELDS_NAME_MAX  127 /* bytes of a wanted name; a longer one in a log is not wanted */
#define FIELDS_DEPTH_MAX 8   /* objects around a wanted member */
#define FIELDS_NONE      0xff

enum field_kind {
	FIELD_ABSENT = 0,
	FIELD_EMPTY, /* null or "": there, and says nothing */
	FIELD_DASH,  /* "-": says that there is nothing; a client it is not */
	FIELD_TEXT,
	FIELD_NUMBER,
	FIELD_LIST, /* an array of strings alone, joined by commas */
	FIELD_OTHER /* an object, true, false, any other array */
};

struct field {
	enum field_kind kind;
	uint32_t len;
	const char *text; /* of FIELD_TEXT and FIELD_LIST; not terminated */
	double number;    /* of FIELD_NUMBER */
};

/* The values of one object, by slot. */
struct fields_values {
	struct field at[FIELDS_MAX]; /* FIELD_ABSENT, but for those in `set` */
	uint8_t set[FIELDS_MAX];     /* slots, each once */
	uint32_t set_n;
};

struct fields_name {
	const char *text; /* NULL: a free place */
	uint8_t len;
	uint8_t slot; /* FIELDS_NONE: only the beginning of wanted names */
	/* A wanted name goes on behind it with a dot: it is shorter than the longest. */
	bool inside;
};

#define FIELDS_TABLE 1024 /* over twice the names and their beginnings */

struct fields {
	struct fields_name table[FIELDS_TABLE];
	uint32_t used;
	uint32_t n; /* slots */
	const char *names[FIELDS_MAX];
};

void fields_init(struct fields *f);

/* The slot of the name, which is added when it is new; FIELDS_NONE when there is no room or the
 * name is empty or too long. */
uint8_t fields_want(struct fields *f, const char *name);

/* The same for a name that may be NULL: its slot is FIELDS_NONE then, and that is no failure. */
static inline bool fields_want_if(struct fields *f, const char *name, uint8_t *out)
{
	*out = name ? fields_want(f, name) : FIELDS_NONE;
	return !name || *out != FIELDS_NONE;
}

/* The entry of a name that was seen in a log, or NULL. */
const struct fields_name *fields_find(const struct fields *f, const char *name, size_t len);

/* For a reader of objects: only the values that were set are cleared, because a line has few of the
 * many wanted members. Fresh values are all zero. */
static inline void fields_clear(struct fields_values *v)
{
	while (v->set_n)
		v->at[v->set[--v->set_n]].kind = FIELD_ABSENT;
}

/* The place for the value of a slot, which is FIELD_EMPTY until the value is put there; NULL when
 * the slot has a value: the first counts. */
static inline struct field *fields_set(struct fields_values *v, uint8_t slot)
{
	if (slot == FIELDS_NONE || v->at[slot].kind != FIELD_ABSENT)
		return NULL;
	v->set[v->set_n++] = slot;
	v->at[slot].kind = FIELD_EMPTY;
	return &v->at[slot];
}

/* Member by member: a struct that is made elsewhere and copied costs a stall, because it is written
 * in other pieces than it is read. */
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

/* The number that it is, or that its text is. */
static inline bool field_number(const struct field *f, double *out)
{
	if (f->kind == FIELD_NUMBER)
		*out = f->number;
	return f->kind == FIELD_NUMBER ||
	       (f->kind == FIELD_TEXT && num_double(f->text, f->len, out));
}

#endif
