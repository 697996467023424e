/* scan.c - see scan.h.
 *
 * Two methods make this parser fast. If either of them is removed, the whole program needs 1.4
 * times as much user time for lines of nginx.
 *   - A server writes the same keys in almost the same order in each line. A gap is the text
 *     between two values: a comma, a key and its colon. Each gap is first compared, as four 64-bit
 *     words, with the gap that followed the same key in an earlier line. If the two gaps are equal,
 *     the key needs no search and no look-up. If members are missing or in another order, a known
 *     gap is found by a hash of its key.
 *   - The ends of strings and of numbers are searched 16 bytes at a time, and eight digits are
 *     converted together.
 * A bitmap of all quotes of the line, as in simdjson's first stage, was tried. It made the parser
 * no faster and was removed.
 *
 * This parser does not read some rare forms, so object.h reads them: escapes in a key, half a
 * surrogate pair, numbers that are not strict JSON or longer than SCAN_NUMBER_MAX, control bytes
 * between tokens, and unwanted values with over 64 open brackets.
 */
#include "core/read/scan.h"

#include <stdlib.h>
#include <string.h>

#include "core/read/scan_values.h"

#define DEPTH_MAX 64  /* maximum number of open brackets in an unwanted value: one bit each */
#define GAPS_MAX  128 /* stored gaps: an access log has 10 to 40 keys */
#define GAP_WORDS 4   /* 32 bytes: enough for almost all keys of the known logs */
#define PLACES    4   /* places in the table where one gap may be stored */

/* The text between two values: a comma or a brace, a key and its colon. */
struct gap {
	/* `mask` is 0 for the bytes after the gap. In an unused gap, all bits of `mask` are set and
	 * `text` is all zeros, so the gap matches no JSON text. */
	uint64_t text[GAP_WORDS];
	uint64_t mask[GAP_WORDS];
	/* the name of the object that contains the gap; NULL: the outermost object */
	const struct fields_name *around;
	const struct fields_name *found; /* the entry of the full name of its key, or NULL */
	size_t len;
	struct gap *next[2]; /* gaps that followed this one in earlier lines, the latest first */
};

struct scan {
	struct gap gaps[GAPS_MAX]; /* by the hash of the key */
	struct gap begin;          /* precedes the first gap of each line */
	struct gap other;          /* stands for a gap that is too long to be stored */
	unsigned turn;             /* decides which gap a new gap replaces */
	size_t len_max;
	/* len_max + SCAN_ROOM_MORE bytes: for texts without their escapes and for joined lists */
	char room[];
};

/* The constants and the state of the walk over one text. */
struct walk {
	const char *last; /* the outermost object's last brace; no token extends past it */
	const struct fields *wanted;
	struct fields_values *values;
	struct scan *scan;
	struct scan_room room;
	unsigned depth; /* open objects whose members may be wanted */
	/* names of the open objects; NULL: the outermost object */
	const struct fields_name *around[FIELDS_DEPTH_MAX];
};

static void forget_gap(struct gap *g)
{
	memset(g->text, 0, sizeof g->text);
	memset(g->mask, 0xff, sizeof g->mask);
	g->len = 0;
}

static void init_gap(struct scan *s, struct gap *g)
{
	*g = (struct gap){.next = {&s->other, &s->other}};
	forget_gap(g);
}

struct scan *scan_new(size_t len_max)
{
	struct scan *s = malloc(sizeof *s + len_max + SCAN_ROOM_MORE);

	if (!s)
		return NULL;
	s->turn = 0;
	s->len_max = len_max;
	for (unsigned i = 0; i < GAPS_MAX; i++)
		init_gap(s, &s->gaps[i]);
	init_gap(s, &s->begin);
	init_gap(s, &s->other);
	return s;
}

void scan_free(struct scan *s)
{
	free(s);
}

/* ---- values that are not wanted ---- */

/* Skips the key at p, its colon and the space around it. */
static const char *skip_key(const char *p, const char *last)
{
	if (*p != '"')
		return NULL;
	p = scan_special(p + 1, last);
	if (*p != '"')
		return NULL;
	p = scan_space(p + 1);
	return *p == ':' ? scan_space(p + 1) : NULL;
}

/* Skips an array that contains only one string; some servers log headers in this form. Returns NULL
 * for any other value. */
static inline const char *skip_header(const char *p, const char *last)
{
	if (p[0] != '[' || p[1] != '"')
		return NULL;
	p = scan_string(p + 1, last, NULL, NULL);
	return p && *p == ']' ? p + 1 : NULL;
}

/* Skips the object or array at p, which contains no wanted member. */
static const char *skip_nested(const char *p, const char *last)
{
	/* a bit per open bracket, set for a brace; the lowest bit is the innermost bracket */
	uint64_t objects = 0;
	int depth = 0;

	for (;;) {
		const char *header = skip_header(p, last);
		bool opens = !header && (*p == '{' || *p == '['), object;
		if (header) {
			p = header;
			if (depth == 0)
				return p;
		} else if (opens) {
			if (depth++ == DEPTH_MAX)
				return NULL;
			objects = objects << 1 | (*p == '{');
			p++;
		} else if (!(p = scan_plain(p, last, NULL, NULL))) {
			return NULL;
		}
		p = scan_space(p);
		for (object = objects & 1; *p == (object ? '}' : ']'); object = objects & 1) {
			if (p == last)
				return NULL;
			objects >>= 1;
			p++;
			if (--depth == 0)
				return p;
			p = scan_space(p);
			opens = false;
		}
		if (!opens && *p++ != ',')
			return NULL;
		p = scan_space(p);
		if (object && !(p = skip_key(p, last)))
			return NULL;
	}
}

/* ---- members ---- */

/* The entry of a key in the object with this name, or NULL. */
static const struct fields_name *look_up(
	const struct fields *wanted, const struct fields_name *around, const char *key, size_t len)
{
	char name[FIELDS_NAME_MAX + 1];

	if (!around)
		return fields_find(wanted, key, len);
	if (len > (size_t)(FIELDS_NAME_MAX - around->len - 1))
		return NULL;
	memcpy(name, around->text, around->len);
	name[around->len] = '.';
	memcpy(name + around->len + 1, key, len);
	return fields_find(wanted, name, around->len + 1 + len);
}

static inline uint64_t gap_difference(const char *s, const struct gap *g, int word)
{
	uint64_t at;

	memcpy(&at, s + word * sizeof at, sizeof at);
	return (at ^ g->text[word]) & g->mask[word];
}

/* Whether the text at p is this gap. */
static inline bool is_same(
	const char *p, const char *last, const struct fields_name *around, const struct gap *g)
{
	if (g->around != around)
		return false;
	if (last - p >= (ptrdiff_t)sizeof g->text)
		return (gap_difference(p, g, 0) | gap_difference(p, g, 1) |
			       gap_difference(p, g, 2) | gap_difference(p, g, 3)) == 0;
	return g->len && last - p >= (ptrdiff_t)g->len && memcmp(p, g->text, g->len) == 0;
}

static void fill_gap(struct gap *g, const char *from, size_t len)
{
	forget_gap(g);
	if (len > sizeof g->text)
		return;
	g->len = len;
	memcpy(g->text, from, len);
	memset((char *)g->mask + len, 0, sizeof g->mask - len);
}

/* Finds the gap that begins at `from` by its key, or stores it. A client can cause any number of
 * keys, so a new gap may replace another one, and the table stays small. Returns NULL if there is
 * no key. */
static struct gap *find_gap(const struct walk *w, const char *from,
	const struct fields_name *around, const char **behind)
{
	struct scan *s = w->scan;
	const char *key = scan_space(from + 1) + 1, *end, *p;
	struct gap *g;

	if (key[-1] != '"' || *(end = scan_special(key, w->last)) != '"')
		return NULL;
	p = scan_space(end + 1);
	if (*p != ':')
		return NULL;
	*behind = p = scan_space(p + 1);
	size_t key_len = (size_t)(end - key), len = (size_t)(p - from);
	unsigned h = (unsigned)key_len * 31 + (unsigned char)key[0];
	h = (h * 31 + (unsigned char)key[key_len / 2]) * 31 + (unsigned char)end[-1];
	for (unsigned i = 0; i < PLACES; i++) {
		g = &s->gaps[(h + i) % GAPS_MAX];
		if (g->len == 0)
			break;
		if (g->len == len && is_same(from, w->last, around, g))
			return g;
	}
	if (g->len)
		g = &s->gaps[(h + s->turn++ % PLACES) % GAPS_MAX];
	if (len > sizeof g->text)
		g = &s->other;
	g->around = around;
	g->found = look_up(w->wanted, around, key, key_len);
	fill_gap(g, from, len);
	return g;
}

/* Moves *p from a comma, or from an object's brace, to the value after the next key. Called if the
 * gap at *p differs from the gap that followed `before` last time. Returns the gap at *p; NULL if
 * there is no key. */
static struct gap *read_gap(
	const struct walk *w, const char **p, const struct fields_name *around, struct gap *before)
{
	struct gap *g = before->next[1];

	if (is_same(*p, w->last, around, g))
		*p += g->len;
	else if (!(g = find_gap(w, *p, around, p)))
		return NULL;
	before->next[1] = before->next[0];
	before->next[0] = g;
	return g;
}

/* Whether the object after this key may contain wanted members. `depth` is the number of objects
 * around it. */
static bool is_named(const struct fields_name *found, unsigned depth)
{
	return found && found->inside && depth < FIELDS_DEPTH_MAX;
}

/* Reads the wanted array at p. If it contains only strings, they are joined by commas. */
static const char *read_list(
	const char *p, const char *last, struct field *out, struct scan_room *room)
{
	const char *array = p;
	char *from = room->at;
	struct field item;

	out->kind = FIELD_OTHER;
	do {
		p = scan_space(p + 1);
		if (*p != '"')
			return skip_nested(array, last);
		p = scan_string(p, last, &item, room);
		if (!p)
			return NULL;
		if (item.kind != FIELD_EMPTY && item.text != room->at - item.len) {
			memcpy(room->at, item.text, item.len);
			room->at += item.len;
		}
		*room->at++ = ',';
		p = scan_space(p);
	} while (*p == ',');
	if (*p != ']' || p == last)
		return skip_nested(array, last);
	out->kind = FIELD_LIST;
	out->text = from;
	out->len = (uint32_t)(room->at - from - 1);
	return p + 1;
}

/* Reads any value except a string, a number without a sign, and an object that may contain wanted
 * members. */
static const char *read_other(
	const char *p, const char *last, struct field *out, struct scan_room *room)
{
	if (*p == '[')
		return out ? read_list(p, last, out, room) : skip_nested(p, last);
	if (*p != '{')
		return scan_plain(p, last, out, room);
	if (out)
		out->kind = FIELD_OTHER;
	return skip_nested(p, last);
}

/* Closes the objects that end at p. Returns the place of the comma after them, or of the text's
 * last brace if all objects are closed. Returns NULL on an error. */
static const char *close_objects(struct walk *w, const char *p)
{
	for (p = scan_space(p); *p == '}'; p = scan_space(p + 1)) {
		if (p == w->last)
			return w->depth == 1 ? p : NULL;
		if (--w->depth == 0)
			return NULL;
	}
	return *p == ',' ? p : NULL;
}

/* Reads the members of the object at p, and of inner objects that may contain wanted members. */
static bool read_members(struct walk *w, const char *p)
{
	const char *last = w->last;
	struct gap *g = &w->scan->begin, *next = g->next[0];

	while (p != last) {
		const struct fields_name *around = w->around[w->depth - 1];
		if (is_same(p, last, around, next)) {
			g = next;
			p += g->len;
		} else if (!(g = read_gap(w, &p, around, g))) {
			return false;
		}
		/* The pointer to the next gap is loaded before the value is read, because the
		 * processor cannot predict where the value ends. */
		next = g->next[0];
		const struct fields_name *found = g->found;
		struct field *out = found ? fields_set(w->values, found->slot) : NULL;
		if (*p == '"') {
			p = scan_string(p, last, out, &w->room);
		} else if (scan_is_digit(*p)) {
			p = scan_number(p, last, out);
		} else {
			p = scan_space(p);
			if (*p == '{' && is_named(found, w->depth) && *scan_space(p + 1) != '}') {
				if (out)
					out->kind = FIELD_OTHER;
				w->around[w->depth++] = found;
				continue;
			}
			p = read_other(p, last, out, &w->room);
		}
		if (!p)
			return false;
		if (*p != ',')
			p = close_objects(w, p);
		if (!p)
			return false;
	}
	return true;
}

bool scan_read(struct scan *s, const char *text, size_t len, const struct fields *wanted,
	struct fields_values *values)
{
	while (len && (text[len - 1] == ' ' || text[len - 1] == '\t' || text[len - 1] == '\r'))
		len--;
	if (len < 2 || len > s->len_max || text[0] != '{' || text[len - 1] != '}')
		return false;
	struct walk w = {.last = text + len - 1,
		.wanted = wanted,
		.values = values,
		.scan = s,
		.room = {s->room},
		.depth = 1};
	fields_clear(values);
	const char *first = scan_space(text + 1);
	return *first == '}' ? first == w.last : read_members(&w, text);
}
