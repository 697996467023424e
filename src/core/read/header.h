/* header.h - parses the parts of a layer: a header that another program wrote before the object of
 * a line (envelope.h). The cursor never moves past the end of the line.
 *
 * Path:    envelope -> [header].   Pure.
 * Promise: each function skips its whole part, or returns false with the cursor at any position.
 */
#ifndef CORE_READ_HEADER_H
#define CORE_READ_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest token of a header. RFC 5424 allows 255 bytes for a host name, and less for other
 * tokens. */
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
	HEADER_HASHED = 512,     /* allowed in the hash in a pod's name */
	HEADER_GENERATED = 1024, /* allowed in the suffix at the end of a pod's name */
	HEADER_OPENER = 2048     /* begins a layer, and is neither a letter nor a digit */
};

#define HEADER_WORD (HEADER_DIGIT | HEADER_LOWER | HEADER_UPPER)

struct header {
	const char *s;
	const char *end;
	bool standard_error;
};

bool header_is_one_of(char c, unsigned set);

/* The number of bytes at s that belong to the set, at most `max`. */
size_t header_span_of(const char *s, const char *end, unsigned set, size_t max);

bool header_skip_text(struct header *r, const char *text);

/* Skips printable ASCII without blanks, quotes and braces, and one blank after it. The blank is not
 * part of the token. */
bool header_eat_token(struct header *r, const char **token, size_t *token_len);

/* As header_eat_token, for a token that looks like a date and a time. header_is_dated then checks
 * the token completely. */
bool header_eat_time(struct header *r, const char **token, size_t *token_len);

/* Skips blanks and tabs. Returns false if no blank or tab is at the cursor. */
bool header_eat_blanks(struct header *r);

/* Skips bytes that match the shape. In the shape, d means a digit, b means a digit or a blank, and
 * any other character means itself. */
bool header_eat_shape(struct header *r, const char *shape);

/* Skips one of the words. All words have word_len bytes, and `words` contains them without
 * separators. */
bool header_eat_word_of(struct header *r, const char *words, size_t word_len);

/* Skips "04:16:00", with up to nine decimals or without. */
bool header_eat_clock(struct header *r);

/* Whether a token is a date and a time with its zone (RFC 3339, or +0100). A plain number is not a
 * date. */
bool header_is_dated(const char *token, size_t len);

/* Whether a word is a log level. Programs write a level before text from their clients, at the
 * place where a header has the name of a host. So a level is not accepted as this name. */
bool header_is_level(const char *s, size_t len);

/* Skips "HOST TAG:" and any number of blanks after it. `host_may_miss`: HOST is optional. */
bool header_eat_tag(struct header *r, bool host_may_miss);

#endif
