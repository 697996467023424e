/* header.h - the pieces of which the layers of envelope.h are made: a cursor over a line that
 * cannot pass its end.
 *
 * Path:    envelope -> [header].   Pure.
 * Promise: each function eats all of its piece, or returns false with the cursor anywhere.
 */
#ifndef CORE_READ_HEADER_H
#define CORE_READ_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Longest token of a header: RFC 5424 allows 255 bytes for a host name, less for the others. */
#define HEADER_TOKEN_MAX 255
/* Classes of bytes, as bits. */
enum {
	HEADER_DIGIT = 1,
	HEADER_LOWER = 2,
	HEADER_UPPER = 4,
	HEADER_DASH = 8,
	HEADER_DOT = 16,
	HEADER_SCORE = 32, /* _ */
	HEADER_COLON = 64,
	HEADER_PLUS = 128,
	HEADER_AT = 256,
	HEADER_HASHED = 512,     /* of a deployment's hash in the name of a pod */
	HEADER_GENERATED = 1024, /* of the end of such a name */
	HEADER_OPENER = 2048     /* not of a word, and the first byte of a layer */
};

#define HEADER_WORD (HEADER_DIGIT | HEADER_LOWER | HEADER_UPPER)

struct header {
	const char *s;
	const char *end;
	bool standard_error;
};

bool header_is_one_of(char c, unsigned set);

/* How many bytes of the set stand at s, `max` at most. */
size_t header_span_of(const char *s, const char *end, unsigned set, size_t max);

bool header_skip_text(struct header *r, const char *text);

/* Printable ASCII without blanks, quotes and braces, then one blank, which is not part of the
 * token. */
bool header_eat_token(struct header *r, const char **token, size_t *token_len);

/* The same of a token that looks like a date and a time; header_is_dated says whether it is one. */
bool header_eat_time(struct header *r, const char **token, size_t *token_len);

/* Blanks and tabs; false: there are none. */
bool header_eat_blanks(struct header *r);

/* Bytes of a shape. d: a digit; b: a digit or a blank; any other: itself. */
bool header_eat_shape(struct header *r, const char *shape);

/* One of the words, which are as long as each other and stand in one text without gaps. */
bool header_eat_word_of(struct header *r, const char *words, size_t word_len);

/* "04:16:00", with up to nine decimals or without. */
bool header_eat_clock(struct header *r);

/* Whether a token is a date and a time with its zone (RFC 3339, or +0100), and no number. */
bool header_is_dated(const char *token, size_t len);

/* Whether a word is a level of logging, which programs write before words of their clients, where a
 * header has a name. */
bool header_is_level(const char *s, size_t len);

/* [HOST ]TAG: with any number of blanks behind it. */
bool header_eat_tag(struct header *r, bool host_may_miss);

#endif
