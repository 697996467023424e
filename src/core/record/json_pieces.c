/* json_pieces.c - see json_pieces.h.
 *
 * cJSON parses only a whole text. For a file with a million strikes, cJSON needed four times as
 * much memory as a run with these strikes. So this parser only finds the end of each piece, by
 * brackets and quotes, and cJSON checks whether the piece is JSON. */
#include "core/record/json_pieces.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_BYTES 65536
#define NAME_CAP    64 /* the longest name in use has 14 bytes; a longer name is damage */
#define NO_BYTE     (-1)

struct json_pieces {
	const struct byte_source *source;
	bool (*is_long)(const char *name);
	bool begun;   /* the opening brace of the object has been read */
	bool in_list; /* inside a long list */
	bool first;   /* no comma is needed before the next member or element */
	bool failed;  /* the source or malloc failed; `error` has the errno */
	int error;
	cJSON *value; /* of the last piece */
	char name[NAME_CAP];
	size_t text_len;
	size_t input_at, input_len;
	char input[INPUT_BYTES];
	char text[JSON_PIECE_BYTES_MAX];
};

struct json_pieces *json_pieces_new(
	const struct byte_source *source, bool (*is_long)(const char *name))
{
	struct json_pieces *p = malloc(sizeof *p);

	if (!p)
		return NULL;
	p->source = source;
	p->is_long = is_long;
	p->begun = p->in_list = p->failed = false;
	p->first = true;
	p->value = NULL;
	p->input_at = p->input_len = 0;
	return p;
}

void json_pieces_free(struct json_pieces *p)
{
	if (p)
		cJSON_Delete(p->value);
	free(p);
}

/* ---- bytes ---- */

static bool refill_input(struct json_pieces *p)
{
	ssize_t n = p->source->read(p->source->ctx, p->input, sizeof p->input);

	p->failed |= n < 0;
	p->error = errno;
	p->input_at = 0;
	p->input_len = n > 0 ? (size_t)n : 0;
	return n > 0;
}

/* Returns the next byte without consuming it; NO_BYTE at the end. */
static int peek_byte(struct json_pieces *p)
{
	if (p->input_at == p->input_len && !refill_input(p))
		return NO_BYTE;
	return (unsigned char)p->input[p->input_at];
}

static int peek_after_blanks(struct json_pieces *p)
{
	int c;

	while ((c = peek_byte(p)) == ' ' || c == '\n' || c == '\t' || c == '\r')
		p->input_at++;
	return c;
}

/* Skips blanks and this byte. Returns false if another byte follows the blanks. */
static bool take_byte(struct json_pieces *p, int byte)
{
	if (peek_after_blanks(p) != byte)
		return false;
	p->input_at++;
	return true;
}

/* ---- values ---- */

static bool put_byte(struct json_pieces *p, int byte)
{
	if (p->text_len == sizeof p->text)
		return false;
	p->text[p->text_len++] = (char)byte;
	p->input_at++;
	return true;
}

/* Copies a string with its quotes. */
static bool copy_string(struct json_pieces *p)
{
	if (!put_byte(p, '"'))
		return false;
	for (;;) {
		int c = peek_byte(p);
		if (c == NO_BYTE || !put_byte(p, c))
			return false;
		if (c == '"')
			return true;
		if (c == '\\' && ((c = peek_byte(p)) == NO_BYTE || !put_byte(p, c)))
			return false;
	}
}

/* Copies a list or an object with its brackets. */
static bool copy_nested(struct json_pieces *p)
{
	size_t depth = 0;

	do {
		int c = peek_byte(p);
		if (c == NO_BYTE || !(c == '"' ? copy_string(p) : put_byte(p, c)))
			return false;
		depth += c == '[' || c == '{';
		depth -= c == ']' || c == '}';
	} while (depth > 0);
	return true;
}

/* Copies a number, true, false or null. */
static bool copy_word(struct json_pieces *p)
{
	int c;

	while ((c = peek_byte(p)) != NO_BYTE && !strchr(",:]} \n\t\r", c))
		if (!put_byte(p, c))
			return false;
	return p->text_len > 0;
}

/* Copies the text of a value. Returns false if it is cut off or too long. */
static bool copy_value(struct json_pieces *p)
{
	int c = peek_after_blanks(p);

	p->text_len = 0;
	if (c == '"')
		return copy_string(p);
	return c == '[' || c == '{' ? copy_nested(p) : copy_word(p);
}

/* cJSON fails if the text is not JSON or if memory is short. If memory is short, malloc sets
 * errno. */
static bool parse_value(struct json_pieces *p)
{
	const char *end = NULL;

	cJSON_Delete(p->value);
	p->value = NULL;
	if (!copy_value(p))
		return false;
	errno = 0;
	p->value = cJSON_ParseWithLengthOpts(p->text, p->text_len, &end, 0);
	if (!p->value && errno == ENOMEM) {
		p->failed = true;
		p->error = ENOMEM;
	}
	return p->value && end == p->text + p->text_len;
}

/* ---- members and elements ---- */

static bool read_name(struct json_pieces *p)
{
	if (peek_after_blanks(p) != '"')
		return false;
	p->text_len = 0;
	if (!copy_string(p) || p->text_len - 2 >= sizeof p->name)
		return false;
	for (size_t i = 0; i < p->text_len; i++) /* no name in use needs an escape */
		if (p->text[i] == '\\' || (unsigned char)p->text[i] < ' ')
			return false;
	memcpy(p->name, p->text + 1, p->text_len - 2);
	p->name[p->text_len - 2] = '\0';
	return take_byte(p, ':');
}

enum follows { FOLLOWS_END, FOLLOWS_ANOTHER, FOLLOWS_DAMAGE };

/* Reads the byte before the next member or element: a comma, or nothing before the first one. At
 * the end of the object or list, reads `close`, its closing bracket. */
static enum follows take_separator(struct json_pieces *p, int close)
{
	if (take_byte(p, close))
		return FOLLOWS_END;
	if (!p->first && !take_byte(p, ','))
		return FOLLOWS_DAMAGE;
	p->first = false;
	return FOLLOWS_ANOTHER;
}

static enum json_piece_kind next_member(struct json_pieces *p)
{
	enum follows follows = take_separator(p, '}');

	if (follows == FOLLOWS_END)
		return peek_after_blanks(p) == NO_BYTE ? JSON_PIECE_END : JSON_PIECE_DAMAGED;
	if (follows == FOLLOWS_DAMAGE || !read_name(p))
		return JSON_PIECE_DAMAGED;
	if (p->is_long(p->name) && take_byte(p, '[')) {
		p->in_list = true;
		p->first = true;
		return JSON_PIECE_LIST;
	}
	return parse_value(p) ? JSON_PIECE_MEMBER : JSON_PIECE_DAMAGED;
}

static enum json_piece_kind next_piece(struct json_pieces *p)
{
	if (!p->begun && !take_byte(p, '{'))
		return JSON_PIECE_DAMAGED;
	p->begun = true;
	if (p->in_list) {
		enum follows follows = take_separator(p, ']');
		if (follows == FOLLOWS_ANOTHER && parse_value(p))
			return JSON_PIECE_ELEMENT;
		if (follows != FOLLOWS_END)
			return JSON_PIECE_DAMAGED;
		p->in_list = p->first = false;
	}
	return next_member(p);
}

enum json_piece_kind json_pieces_next(struct json_pieces *p, struct json_piece *out)
{
	enum json_piece_kind kind = next_piece(p);

	if (p->failed) {
		errno = p->error;
		return JSON_PIECE_FAILED;
	}
	out->name = p->name;
	out->value = kind == JSON_PIECE_MEMBER || kind == JSON_PIECE_ELEMENT ? p->value : NULL;
	return kind;
}
