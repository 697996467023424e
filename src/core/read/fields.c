/* fields.c - see fields.h. The table is a hash table with open addressing. A cheap hash is safe,
 * because names from a log are only looked up. Only the names of formats and options are
 * inserted. */
#include "core/read/fields.h"

#include <string.h>

static uint32_t place_of(const char *s, size_t len)
{
	uint32_t h = (uint32_t)len * 31 + (unsigned char)s[0];

	h = h * 31 + (unsigned char)s[len / 2];
	h = h * 31 + (unsigned char)s[len - 1];
	return (h ^ h >> 8) % FIELDS_TABLE;
}

/* The entry of the name, or the free place for it. */
static struct fields_name *probe_name(struct fields *f, const char *name, size_t len)
{
	uint32_t i = place_of(name, len);

	while (f->table[i].text &&
		!(f->table[i].len == len && memcmp(f->table[i].text, name, len) == 0))
		i = (i + 1) % FIELDS_TABLE;
	return &f->table[i];
}

static struct fields_name *add_name(struct fields *f, const char *name, size_t len)
{
	struct fields_name *e = probe_name(f, name, len);

	if (!e->text) {
		if (f->used + 1 >= FIELDS_TABLE / 2)
			return NULL;
		f->used++;
		*e = (struct fields_name){name, (uint8_t)len, FIELDS_NONE, false};
	}
	return e;
}

void fields_init(struct fields *f)
{
	memset(f, 0, sizeof *f);
}

uint8_t fields_want(struct fields *f, const char *name)
{
	size_t len = strlen(name);
	struct fields_name *e;

	if (len == 0 || len > FIELDS_NAME_MAX)
		return FIELDS_NONE;
	e = add_name(f, name, len);
	if (!e || (e->slot == FIELDS_NONE && f->n == FIELDS_MAX))
		return FIELDS_NONE;
	if (e->slot != FIELDS_NONE)
		return e->slot;
	uint8_t slot = (uint8_t)f->n++;
	e->slot = slot;
	f->names[slot] = name;
	for (size_t i = 1; i < len; i++) {
		if (name[i] != '.')
			continue;
		struct fields_name *beginning = add_name(f, name, i);
		if (!beginning)
			return FIELDS_NONE;
		beginning->inside = true;
	}
	return slot;
}

const struct fields_name *fields_find(const struct fields *f, const char *name, size_t len)
{
	if (len == 0 || len > FIELDS_NAME_MAX)
		return NULL;
	for (uint32_t i = place_of(name, len); f->table[i].text; i = (i + 1) % FIELDS_TABLE)
		if (f->table[i].len == len && memcmp(f->table[i].text, name, len) == 0)
			return &f->table[i];
	return NULL;
}
