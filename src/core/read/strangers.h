/* strangers.h - lines that are no requests: what they are, for a person, and what to do about it.
 *
 * Path:    line -> [strangers: input_kind, address_members] -> engine, --explain -> messages. Pure.
 * Cost:    a line is parsed anew, so a run looks at its first STRANGERS_MAX rejected lines at most,
 *          and only while no line of it was a request.
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
	STRANGER_PLAIN = 0, /* its reason alone says what it is */
	STRANGER_INPUT,     /* see its input_kind */
	STRANGER_JSON,      /* a JSON object, where plain lines are read */
	STRANGER_COMBINED,  /* a line of --format combined, where objects are read */
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
	const char *format;               /* the one whose names it has not; NULL: any */
	const char *named;                /* by --client; NULL: nothing is */
	struct line_member client;        /* of STRANGER_EMPTY */
};

/* A rejected line, as line_explain has explained it with that configuration, whose texts are not
 * copied. `kinds` is the stream's. */
void stranger_look(struct stranger *s, struct input_kinds *kinds, const struct line_config *config,
	const char *line, size_t len, enum line_reason reason, const struct line_explanation *view);

/* What the line is, and what to do: sentences without a full stop, with a newline between; nothing
 * when there is nothing to say. Free of other control bytes. */
void stranger_put_advice(struct buf *b, const struct stranger *s);

/* Nobody reads Traefik's ClientHost, the first value of X-Forwarded-For. True, with the member in
 * *host, when it is not the client of a request whose line has no such header: the log must have
 * it. */
bool stranger_host(const char *line, size_t len, const struct line_explanation *view,
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
	size_t len, enum line_reason reason, const struct line_explanation *view);

/* The advice for most of them, as stranger_put_advice; nothing if most are plain. */
void strangers_put_advice(struct buf *b, const struct strangers *all);

#endif
