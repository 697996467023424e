/* header.h - parses the parts of the layers of envelope.h, with a cursor over a line that cannot
 * pass its end.
 *
 * Path:    envelope -> [header].   Pure.
 * Promise: each function skips its whole part, or returns false with the cursor anywhere.
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
	HEADER_HASHED = 512,     /* allowed in the hash in the name of a deployment's pod */
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

/* As header_eat_token, for a token that looks like a date and a time. header_is_dated checks
 * whether it is one. */
bool header_eat_time(struct header *r, const char **token, size_t *token_len);

/* Skips blanks and tabs. Returns false if there are none. */
bool header_eat_blanks(struct header *r);

/* Skips bytes of a shape. d: a digit; b: a digit or a blank; any other character: itself. */
bool header_eat_shape(struct header *r, const char *shape);

/* Skips one of the words. All words have the same length and are written in one text without
 * gaps. */
bool header_eat_word_of(struct header *r, const char *words, size_t word_len);

/* Skips "04:16:00", with up to nine decimals or without. */
bool header_eat_clock(struct header *r);

/* Whether a token is a date and a time with its zone (RFC 3339, or +0100). A plain number is not
 * one. */
bool header_is_dated(const char *token, size_t len);

/* Whether a word is a log level. Programs write a level before the words of their clients, at the
 * place where a header has a name. */
bool header_is_level(const char *s, size_t len);

/* Skips [HOST ]TAG: and any number of blanks after it. */
bool header_eat_tag(struct header *r, bool host_may_miss);

#endif
