/* strangers.h - lines that are no requests: their kind, and advice for a person.
 *
 * Path:    line -> [strangers: input_kind, address_members] -> engine, --explain -> messages.
 *          Pure.
 * Cost:    each line is parsed again, so a run does it for its first STRANGERS_MAX rejected lines
 *          at most, and only until its first request.
 */
#ifndef CORE_READ_STRANGERS_H
#define CORE_READ_STRANGERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/read/address_members.h"
#include "core/read/input_kind.h"
#include "core/read/line.h"

#define STRANGERS_MAX 10000

enum stranger_kind {
	STRANGER_PLAIN = 0, /* nothing to add to its reason */
	STRANGER_INPUT,     /* see its input_kind */
	STRANGER_JSON,      /* a JSON object, where plain lines are read */
	STRANGER_COMBINED,  /* a line of --format combined, where objects are read */
	STRANGER_COUNTS,    /* counts of another host, which --format counts reads */
	STRANGER_EVENT,     /* what anomdetect prints */
	STRANGER_CUT,       /* an object that was cut off before its client */
	STRANGER_UNKNOWN,   /* a JSON object without the names of an access log */
	STRANGER_PREFIXED,  /* a JSON object behind text that is no known header */
	STRANGER_NAMELESS,  /* an access log's object without a known name for the client */
	STRANGER_EMPTY,     /* the client's member is there, and names nobody */
	STRANGER_KIND_COUNT
};

struct stranger {
	enum stranger_kind kind;
	enum input_kind input;            /* of STRANGER_INPUT */
	struct address_members addresses; /* of an object */
	const char *format;               /* the only one that is read; NULL: any */
	const char *named;                /* by --client; NULL: nothing is */
	struct line_member client;        /* of STRANGER_EMPTY */
};

/* A rejected line, as line_explain has explained it with that configuration, whose texts are not
 * copied. `kinds` is the stream's. */
void stranger_look(struct stranger *s, struct input_kinds *kinds, const struct line_config *config,
	const char *line, size_t len, enum line_reason reason,
	const struct line_explanation *shown);

/* Writes what the line is and what to do: sentences without a full stop, a newline between two of
 * them; nothing for STRANGER_PLAIN. Free of other control bytes. */
void stranger_put_advice(struct buf *b, const struct stranger *s);

/* Traefik's ClientHost is the first value of X-Forwarded-For, and nobody reads it. True, with the
 * member in *host, when it differs from the client and the line lacks the header itself: then the
 * server must log that header. */
bool stranger_host(const char *line, size_t len, const struct line_explanation *shown,
	const struct address *client, struct line_member *host);

/* All rejected lines of a run that has no request yet. All zeros is the start. */
struct strangers {
	struct input_kinds kinds;
	uint64_t looked;
	uint64_t n[STRANGER_KIND_COUNT];   /* without tail's headers */
	uint64_t inputs[INPUT_KIND_COUNT]; /* of STRANGER_INPUT; tail's headers, too */
	/* Of each kind, with addresses if any has some. */
	struct stranger first[STRANGER_KIND_COUNT];
};

bool strangers_want(const struct strangers *all);
void strangers_note(struct strangers *all, const struct line_config *config, const char *line,
	size_t len, enum line_reason reason, const struct line_explanation *shown);

/* The advice for most of them, as stranger_put_advice; nothing if most are plain. */
void strangers_put_advice(struct buf *b, const struct strangers *all);
/* The same in a line: "; " before each sentence. */
#define STRANGERS_LINE_CAP 2048
void strangers_put_line(struct buf *b, const struct strangers *all);

/* Whether the line is one of an access log that is read, by --format auto or combined. Each call
 * takes memory and frees it. */
bool stranger_is_request(const char *line, size_t len);

#endif
