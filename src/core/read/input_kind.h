/* input_kind.h - the kind of a stream that has no lines of JSON: compressed, UTF-16, an array.
 *
 * Path:    line -> [input_kind] -> strangers, --explain.   Pure.
 * Method:  the first bytes of the stream, and the form of each line that is no request. Requests
 *          never come here, so nothing here decides which lines count.
 */
#ifndef CORE_READ_INPUT_KIND_H
#define CORE_READ_INPUT_KIND_H

#include <stdbool.h>
#include <stddef.h>

enum input_kind {
	INPUT_LINE = 0, /* none of these */
	INPUT_GZIP,
	INPUT_ZSTD,
	INPUT_XZ,
	INPUT_BZIP2,
	INPUT_LZ4,
	INPUT_COMPRESS, /* .Z */
	INPUT_ZIP,
	INPUT_JOURNAL, /* a file of systemd's journal */
	INPUT_UTF16,   /* with a byte order mark */
	INPUT_UTF16LE, /* without one */
	INPUT_UTF16BE,
	INPUT_UTF32,
	INPUT_ARRAY,  /* the objects stand in an array */
	INPUT_PRETTY, /* an object is spread over several lines */
	INPUT_ERROR_LOG,
	INPUT_SYSLOG,  /* of another program than a web server */
	INPUT_W3C,     /* of IIS */
	INPUT_COLUMNS, /* between commas, semicolons or tabs */
	INPUT_BINARY,
	INPUT_TAIL, /* a header of tail with several files, or the empty line before one */
	INPUT_KIND_COUNT
};

/* What is known of the stream so far; all zeros is its start. */
struct input_kinds {
	bool began;
	bool has_array;        /* it is one array, or was */
	bool has_tail;         /* a header of tail came */
	bool has_w3c;          /* a header of the W3C format came */
	char separator;        /* of the columns; 0: no such line came */
	size_t separators_n;   /* in each line */
	enum input_kind utf16; /* as its first such line shows; INPUT_LINE: none came */
	enum input_kind whole; /* the kind of all lines; INPUT_LINE: each line has its own */
};

/* The stream's first line, whatever it is. */
void input_kinds_begin(struct input_kinds *k, const char *line, size_t len);

/* A line that is no request. */
enum input_kind input_kinds_look(struct input_kinds *k, const char *line, size_t len);

/* A line of which nothing else is known: an error log, columns, no text at all. */
enum input_kind input_kinds_guess(struct input_kinds *k, const char *line, size_t len);

/* A header of tail, or a line without text: neither is a line of any log. */
bool input_kind_is_between(const char *line, size_t len);

/* The kind in words, and what to do; INPUT_LINE: "". Sentences without a full stop, each on a line
 * of its own. */
const char *input_kind_advice(enum input_kind kind);

#endif
