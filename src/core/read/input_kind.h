/* input_kind.h - recognises streams that are not one JSON object per line: compressed data, UTF-16,
 * an array, and others.
 *
 * Path:    line -> [input_kind] -> strangers, --explain.   Pure.
 * Method:  examines the first bytes of the stream, and the form of each line that is not a request.
 *          Requests are never passed to this module, so it does not influence which lines are
 *          counted.
 */
#ifndef CORE_READ_INPUT_KIND_H
#define CORE_READ_INPUT_KIND_H

#include <stdbool.h>
#include <stddef.h>

enum input_kind {
	INPUT_LINE = 0, /* none of these kinds */
	INPUT_GZIP,
	INPUT_ZSTD,
	INPUT_XZ,
	INPUT_BZIP2,
	INPUT_LZ4,
	INPUT_COMPRESS, /* .Z */
	INPUT_ZIP,
	INPUT_JOURNAL, /* a file of systemd's journal */
	INPUT_UTF16,   /* with a byte order mark */
	INPUT_UTF16LE, /* without a byte order mark */
	INPUT_UTF16BE,
	INPUT_UTF32,
	INPUT_ARRAY,  /* the objects are elements of an array */
	INPUT_PRETTY, /* an object is spread over several lines */
	INPUT_ERROR_LOG,
	INPUT_SYSLOG,  /* a log that a program other than a web server wrote through syslog */
	INPUT_W3C,     /* the format of IIS */
	INPUT_COLUMNS, /* fields between commas, semicolons or tabs */
	INPUT_BINARY,
	/* a header that tail prints before each of several files, or the empty line before the
	 * header */
	INPUT_TAIL,
	INPUT_KIND_COUNT
};

/* The facts about the stream so far; all zeros at the start. */
struct input_kinds {
	bool began;
	bool has_array;      /* an array has begun */
	bool has_tail;       /* a header of tail has been read */
	bool has_w3c;        /* a header of the W3C format has been read */
	char separator;      /* between the columns; 0: no line of columns has been read */
	size_t separators_n; /* in each line of columns */
	/* byte order of the first UTF-16 line; INPUT_LINE: no UTF-16 line has been read */
	enum input_kind utf16;
	enum input_kind whole; /* the kind of all lines; INPUT_LINE: each line has its own kind */
};

/* Call this for the first line of the stream, whatever kind it is. */
void input_kinds_begin(struct input_kinds *k, const char *line, size_t len);

/* Recognises the kind of a line that is not a request. */
enum input_kind input_kinds_look(struct input_kinds *k, const char *line, size_t len);

/* Guesses the kind of a line that input_kinds_look does not recognise: an error log, columns, or
 * binary data. */
enum input_kind input_kinds_guess(struct input_kinds *k, const char *line, size_t len);

/* Whether the line is empty or a header of tail. No log contains such lines. */
bool input_kind_is_between(const char *line, size_t len);

/* Returns a text about the kind and the remedy; "" for INPUT_LINE. The sentences have no full stop
 * and are separated by newlines. */
const char *input_kind_advice(enum input_kind kind);

#endif
