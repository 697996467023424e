/* condense.c - see condense.h. */
#include "core/read/condense.h"

#include <stdint.h>
#include <string.h>

#include "core/read/blocks.h"
#include "core/read/unescape.h"
#include "core/read/scan_values.h"

/* One long value uses at most 1/SHARE of the room that is left in the result. */
#define SHARE 8

/* No server writes a longer number. A longer word is only copied if it uses at most 1/SHARE of the
 * room that is left. */
#define WORD_MAX 64

#define ESCAPE_MAX 6 /* bytes of \uXXXX */

struct walk {
	const char *s;
	const char *end;
	const struct fields *wanted;
	struct condense *c;
	bool half; /* the text ends inside a string; the result contains part of the string */
	uint64_t copied[FIELDS_MAX / 64]; /* bits by slot */
	unsigned depth;                   /* open objects whose members may be wanted */
	/* number of members read: of the outermost object, and of all inner objects */
	uint32_t members[2];
	/* the names of the open objects, each followed by a dot, and then the name of a member */
	char name[FIELDS_NAME_MAX + 1];
	size_t name_len[FIELDS_DEPTH_MAX]; /* by depth - 1: the length of the objects' names */
	/* by depth - 1: where the object begins in the result; 0 if the object stays even when
	 * empty */
	size_t begin[FIELDS_DEPTH_MAX];
};

enum step {
	STEP_OK,
	STEP_END,  /* the text ends here */
	STEP_ERROR /* the text violates the grammar here */
};

/* A member, as far as it has been read. */
struct member {
	const char *key; /* begins with the opening quote */
	size_t key_len;  /* includes both quotes */
	const struct fields_name *found;
	bool copy; /* the value is wanted, and is the first value with this name */
	size_t name_len;
};

/* Bytes that cJSON skips between tokens. */
static bool is_blank(char c)
{
	return (unsigned char)c <= ' ';
}

static void skip_blanks(struct walk *w)
{
	while (w->s < w->end && is_blank(*w->s))
		w->s++;
}

/* ---- escapes ---- */

/* Whether the backslash at s begins an escape. `text` is where the string begins. A backslash
 * begins an escape if the number of backslashes right before it is even, because these form
 * pairs. */
static bool begins_escape(const char *text, const char *s)
{
	const char *first = s;

	while (first > text && first[-1] == '\\')
		first--;
	return ((s - first) & 1) == 0;
}

/* Whether the bytes at s are an escape for one half of a surrogate pair: the first half (\ud800),
 * or the second half (\udc00) if `first` is false. cJSON refuses one half without the other. */
static bool is_surrogate(const char *text, const char *s, bool first)
{
	return s[0] == '\\' && s[1] == 'u' && (s[2] | 0x20) == 'd' && s[3] >= '8' &&
	       ((s[3] | 0x20) < 'c') == first && begins_escape(text, s);
}

/* The start of the escape around `at`; `at` itself if it is not inside an escape. */
static const char *escape_around(const char *text, const char *at)
{
	for (int back = 1; back < ESCAPE_MAX && at - text >= back; back++) {
		const char *s = at - back;
		if (*s == '\\' && (back == 1 || s[1] == 'u') && begins_escape(text, s))
			return s;
	}
	return at;
}

/* Returns `at`, or a place to the left of it. A copy of the text before this place does not end
 * with a part of an escape, or with half a surrogate pair. */
static const char *before_escape(const char *text, const char *at)
{
	at = escape_around(text, at);
	return at - text >= ESCAPE_MAX && is_surrogate(text, at - ESCAPE_MAX, true)
		       ? at - ESCAPE_MAX
		       : at;
}

/* Returns `at`, or a place to the right of it. A copy of the text from this place on does not begin
 * with a part of an escape, or with half a surrogate pair. */
static const char *behind_escape(const char *text, const char *at, const char *end)
{
	const char *s = escape_around(text, at);

	if (s < at)
		s += s[1] == 'u' ? ESCAPE_MAX : 2;
	if (end - s >= ESCAPE_MAX && is_surrogate(text, s, false))
		s += ESCAPE_MAX;
	return s < end ? s : end;
}

/* ---- the result ---- */

/* The bytes that are left in the result. Reserves room for the closing brackets, and for the comma
 * at the end of a result that is cut off. */
static size_t room_left(const struct walk *w)
{
	size_t used = w->c->len + w->depth + 1;

	return used < CONDENSE_BYTES ? CONDENSE_BYTES - used : 0;
}

static void put_text(struct walk *w, const char *text, size_t len)
{
	memcpy(w->c->text + w->c->len, text, len);
	w->c->len += len;
}

/* Appends comma, key and colon, if there is room for them and for `more` bytes. */
static bool put_key(struct walk *w, const struct member *m, size_t more)
{
	if (room_left(w) < m->key_len + more + 2)
		return false;
	if (w->c->text[w->c->len - 1] != '{')
		put_text(w, ",", 1);
	put_text(w, m->key, m->key_len);
	put_text(w, ":", 1);
	return true;
}

static void mark_copied(struct walk *w, const struct member *m)
{
	w->copied[m->found->slot / 64] |= (uint64_t)1 << m->found->slot % 64;
}

static void put_value(struct walk *w, const struct member *m, const char *value, size_t len)
{
	mark_copied(w, m);
	if (put_key(w, m, len))
		put_text(w, value, len);
}

/* ---- strings ---- */

/* Copies a string or parts of it. `quote` is the closing quote, or NULL if the text ends inside the
 * string. */
static void put_string(struct walk *w, const struct member *m, const char *text, const char *quote)
{
	const char *end = quote ? quote : escape_around(text, w->end);
	size_t len = (size_t)(end - text), most = room_left(w) / SHARE;

	mark_copied(w, m);
	if (!put_key(w, m, (len < most ? len : most) + sizeof "\"|\""))
		return;
	put_text(w, "\"", 1);
	if (len <= most) {
		put_text(w, text, len);
	} else {
		put_text(w, text, (size_t)(before_escape(text, text + most / 2) - text));
		const char *last = behind_escape(text, end - most / 2, end);
		put_text(w, "|", 1);
		put_text(w, last, (size_t)(end - last));
	}
	if (quote)
		put_text(w, "\"", 1);
	w->half = !quote;
}

static enum step copy_string(struct walk *w, const struct member *m)
{
	const char *text = w->s + 1, *quote = scan_quote(text, w->end);

	if (m->copy)
		put_string(w, m, text, quote);
	w->s = quote ? quote + 1 : w->end;
	return quote ? STEP_OK : STEP_END;
}

/* ---- arrays ---- */

static const char *before_blanks(const char *from, const char *s)
{
	while (s > from && is_blank(s[-1]))
		s--;
	return s;
}

/* The quote that begins the string whose closing quote is at s; NULL if it is before `from`. */
static const char *opening_quote(const char *from, const char *s)
{
	while (s > from)
		if (*--s == '"' && !(s > from && s[-1] == '\\' && begins_escape(from, s - 1)))
			return s;
	return NULL;
}

/* The start of the last strings of an array: all that fit in the `most` bytes before the bracket at
 * `close`. NULL if the last value is not a string. If the last string alone is longer than `most`,
 * sets *part and returns a place inside this string. */
static const char *last_strings(const char *close, size_t most, bool *part)
{
	const char *from = close - most, *begin = NULL, *s = before_blanks(from, close);

	*part = false;
	while (s > from && s[-1] == '"') {
		const char *quote = opening_quote(from, s - 1);
		*part = !quote && !begin;
		if (!quote)
			break;
		begin = quote;
		s = before_blanks(from, begin);
		if (s == from || s[-1] != ',')
			break;
		s = before_blanks(from, s - 1);
	}
	return *part ? from : begin;
}

static void put_last_strings(struct walk *w, const struct member *m, const char *open)
{
	size_t most = room_left(w) / SHARE;
	const char *close = w->s - 1, *last;
	bool part;

	if ((size_t)(w->s - open) <= most) {
		put_value(w, m, open, (size_t)(w->s - open));
		return;
	}
	last = last_strings(close, most / 2, &part);
	if (!last) { /* not a list of strings: {} shows that the member exists */
		put_value(w, m, "{}", 2);
		return;
	}
	mark_copied(w, m);
	if (!put_key(w, m, most + sizeof "[\"|"))
		return;
	put_text(w, "[", 1);
	if (part) {
		last = behind_escape(open, last, close);
		put_text(w, "\"|", 2);
	}
	put_text(w, last, (size_t)(w->s - last));
}

static enum step copy_nested(struct walk *w, const struct member *m)
{
	const char *open = w->s, *behind = blocks_nested_end(open, w->end, 0);

	w->s = behind ? behind : w->end;
	if (!behind)
		return STEP_END;
	if (m->copy && *open == '{')
		put_value(w, m, "{}", 2);
	else if (m->copy)
		put_last_strings(w, m, open);
	return STEP_OK;
}

/* ---- members ---- */

/* Copies a number, a literal, or an invalid word that repair.h replaces later. */
static enum step copy_word(struct walk *w, const struct member *m)
{
	const char *first = w->s;

	w->s = scan_word_end(w->s, w->end);
	if (w->s == w->end)
		return STEP_END;
	size_t len = (size_t)(w->s - first);
	if (len == 0)
		return STEP_ERROR;
	if (m->copy && (len <= WORD_MAX || len <= room_left(w) / SHARE))
		put_value(w, m, first, len);
	else if (m->copy)
		put_value(w, m, "{}", 2);
	return STEP_OK;
}

/* Fills the fields of m that depend on its key. The member's full name begins with the names of the
 * objects around it. */
static void look_up(struct walk *w, struct member *m, bool escapes)
{
	size_t around = w->name_len[w->depth - 1], len = m->key_len - 2;
	char *name = w->name + around;

	m->found = NULL;
	m->copy = false;
	if (len > (escapes ? ESCAPE_MAX : 1) * (FIELDS_NAME_MAX - around))
		return;
	if (escapes) {
		char bytes[ESCAPE_MAX * FIELDS_NAME_MAX];
		if (!unescape_text(m->key + 1, len, bytes, &len) || len > FIELDS_NAME_MAX - around)
			return;
		memcpy(name, bytes, len);
	} else {
		memcpy(name, m->key + 1, len);
	}
	m->name_len = around + len;
	m->found = fields_find(w->wanted, w->name, m->name_len);
	m->copy = m->found && m->found->slot != FIELDS_NONE &&
		  !(w->copied[m->found->slot / 64] >> m->found->slot % 64 & 1);
}

/* Reads a key, its colon and the blanks around them. */
static enum step read_key(struct walk *w, struct member *m)
{
	skip_blanks(w);
	if (w->s == w->end)
		return STEP_END;
	if (*w->s != '"')
		return STEP_ERROR;
	const char *special = scan_special(w->s + 1, w->end);
	bool escapes = special < w->end && *special == '\\';
	const char *quote = escapes ? blocks_string_end(special, w->end) : special;
	if (!quote || quote == w->end)
		return STEP_END;
	m->key = w->s;
	m->key_len = (size_t)(quote + 1 - w->s);
	look_up(w, m, escapes);
	w->s = quote + 1;
	skip_blanks(w);
	if (w->s == w->end)
		return STEP_END;
	if (*w->s != ':')
		return STEP_ERROR;
	w->s++;
	skip_blanks(w);
	return w->s == w->end ? STEP_END : STEP_OK;
}

/* Enters the object at s, if any of its members may be wanted. */
static bool open_object(struct walk *w, const struct member *m)
{
	size_t begin = w->c->len;

	if (!m->found || !m->found->inside || w->depth == FIELDS_DEPTH_MAX ||
		m->name_len == FIELDS_NAME_MAX || !put_key(w, m, 2)) /* 2 for both braces */
		return false;
	put_text(w, "{", 1);
	if (m->copy)
		mark_copied(w, m);
	w->name[m->name_len] = '.';
	w->begin[w->depth] = m->copy ? 0 : begin;
	w->name_len[w->depth++] = m->name_len + 1;
	w->s++;
	return true;
}

/* Checks the text after the outermost object. */
static enum step end_line(struct walk *w)
{
	while (w->s < w->end && (*w->s == ' ' || *w->s == '\t' || *w->s == '\r'))
		w->s++;
	return w->s == w->end ? STEP_OK : STEP_ERROR;
}

static void close_object(struct walk *w)
{
	size_t begin = w->begin[--w->depth];

	w->s++;
	if (begin && w->c->text[w->c->len - 1] == '{')
		w->c->len = begin;
	else
		put_text(w, "}", 1);
}

/* Called after a value or after an opening brace. Closes the objects that end here, and skips the
 * comma before the next member. */
static enum step close_objects(struct walk *w, bool opened)
{
	for (; w->depth; opened = false) {
		skip_blanks(w);
		if (w->s == w->end)
			return STEP_END;
		if (*w->s == '}') {
			close_object(w);
			continue;
		}
		if (opened)
			return STEP_OK;
		if (*w->s != ',')
			return STEP_ERROR;
		w->s++;
		return STEP_OK;
	}
	return end_line(w);
}

/* Counts the next member. If the count exceeds its limit, sets *skip and moves w->s to the closing
 * bracket of the innermost object. Without such a bracket, w->s becomes the end of the text. */
static enum step count_member(struct walk *w, bool *skip)
{
	*skip = w->members[w->depth > 1]++ >= CONDENSE_MEMBERS_MAX;
	if (!*skip)
		return STEP_OK;
	const char *behind = w->depth > 1 ? blocks_nested_end(w->s, w->end, 1) : NULL;
	w->s = behind ? behind - 1 : w->end;
	return behind ? STEP_OK : STEP_END;
}

/* Reads the value after a member's colon. *opened is set if the value is an object whose members
 * are read next. */
static enum step read_value(struct walk *w, const struct member *m, bool *opened)
{
	*opened = false;
	if (*w->s == '"')
		return copy_string(w, m);
	if (*w->s != '{' && *w->s != '[')
		return copy_word(w, m);
	*opened = *w->s == '{' && open_object(w, m);
	return *opened ? STEP_OK : copy_nested(w, m);
}

static enum step walk_members(struct walk *w)
{
	struct member m;
	enum step step = close_objects(w, true);

	while (step == STEP_OK && w->depth) {
		bool skip, opened = false;
		step = count_member(w, &skip);
		if (step == STEP_OK && !skip)
			step = read_key(w, &m);
		if (step == STEP_OK && !skip)
			step = read_value(w, &m, &opened);
		if (step == STEP_OK)
			step = close_objects(w, opened);
	}
	return step;
}

enum condense_end condense_object(
	struct condense *c, const char *text, size_t len, const struct fields *wanted)
{
	struct walk w = {.s = text + 1, .end = text + len, .wanted = wanted, .c = c, .depth = 1};

	c->len = 0;
	put_text(&w, "{", 1);
	switch (walk_members(&w)) {
	case STEP_OK:
		return CONDENSE_WHOLE;
	case STEP_END:
		/* the comma completes the value before it: a number needs a byte after it */
		if (!w.half && c->text[c->len - 1] != '{')
			put_text(&w, ",", 1);
		return CONDENSE_CUT;
	case STEP_ERROR:
		break;
	}
	c->error_at = (size_t)(w.s - text);
	return CONDENSE_BROKEN;
}
