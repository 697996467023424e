/* json_pieces.h - a JSON object that is larger than the memory to read it with.
 *
 * Path:    byte_source -> [json_pieces] -> memory_read.
 * Method:  finds where each member of the object ends, and where each element of a long list ends;
 *          cJSON parses that piece alone. A piece has at most JSON_PIECE_BYTES_MAX bytes.
 * Memory:  two fixed buffers, and cJSON's for one piece.
 */
#ifndef CORE_RECORD_JSON_PIECES_H
#define CORE_RECORD_JSON_PIECES_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "core/base/byte_source.h"

#define JSON_PIECE_BYTES_MAX (1 << 20)

enum json_piece_kind {
	JSON_PIECE_MEMBER = 0, /* a member: its name and its value */
	JSON_PIECE_LIST,       /* a long list begins: its name alone */
	JSON_PIECE_ELEMENT,    /* the next element of that list: name and value */
	JSON_PIECE_END,        /* the object is complete, and nothing but blanks follows */
	JSON_PIECE_DAMAGED,    /* not JSON, cut off, or a piece that is too long */
	JSON_PIECE_FAILED,     /* the source failed, or memory is short: errno */
};

/* Valid until the next call. */
struct json_piece {
	const char *name;
	const cJSON *value; /* NULL where the kind has none */
};

struct json_pieces;

/* Begins at the source's next byte. `is_long`: whether the list of that name comes element by
 * element; any other value comes whole. NULL when memory is short. The source is borrowed. */
struct json_pieces *json_pieces_new(
	const struct byte_source *source, bool (*is_long)(const char *name));
void json_pieces_free(struct json_pieces *p);

/* After JSON_PIECE_END or an error no more call may follow. */
enum json_piece_kind json_pieces_next(struct json_pieces *p, struct json_piece *out);

#endif
