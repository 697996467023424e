/* json_pieces.h - parses a JSON object piece by piece, because cJSON would need too much memory for
 * the whole object.
 *
 * Path:    byte_source -> [json_pieces] -> memory_read.
 * Method:  finds the end of each member of the object and of each element of a long list; cJSON
 *          parses each of these pieces separately. A piece has at most JSON_PIECE_BYTES_MAX bytes.
 * Memory:  two fixed buffers, and cJSON's memory for one piece.
 */
#ifndef CORE_RECORD_JSON_PIECES_H
#define CORE_RECORD_JSON_PIECES_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "core/base/byte_source.h"

#define JSON_PIECE_BYTES_MAX (1 << 20)

enum json_piece_kind {
	JSON_PIECE_MEMBER = 0, /* a member: its name and its value */
	JSON_PIECE_LIST,       /* a long list begins; the piece contains only the list's name */
	JSON_PIECE_ELEMENT, /* the next element: the name of the list, the value of the element */
	JSON_PIECE_END,     /* the object is complete, and only blanks follow */
	JSON_PIECE_DAMAGED, /* not JSON, cut off, or a piece that is too long */
	JSON_PIECE_FAILED,  /* the source failed, or memory is short; errno has the reason */
};

/* Valid until the next call. */
struct json_piece {
	const char *name;
	const cJSON *value; /* NULL for kinds without a value */
};

struct json_pieces;

/* The parser begins at the next byte of the source. The source must outlive the parser. A list is
 * returned element by element if `is_long` returns true for its name. All other values are returned
 * whole. Returns NULL if memory is short. */
struct json_pieces *json_pieces_new(
	const struct byte_source *source, bool (*is_long)(const char *name));
void json_pieces_free(struct json_pieces *p);

/* Must not be called again after JSON_PIECE_END or an error. */
enum json_piece_kind json_pieces_next(struct json_pieces *p, struct json_piece *out);

#endif
