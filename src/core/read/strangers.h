/* strangers.h - finds the kind of each stranger, a line that is not a request, and writes advice
 * for the user.
 *
 * Path:    line -> [strangers: input_kind, address_members] -> engine, --explain -> messages. Pure.
 * Cost:    each line is parsed again. So a run examines at most its first STRANGERS_MAX rejected
 *          lines, and only until its first request.
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
	STRANGER_PLAIN = 0, /* the line's reject reason needs no more explanation */
	STRANGER_INPUT,     /* a line of an input of another kind: see `input` */
	STRANGER_JSON,      /* a JSON object, but plain lines are expected */
	STRANGER_COMBINED,  /* a line for --format combined, but JSON objects are expected */
	STRANGER_COUNTS,    /* counts of another host, which --format counts reads */
	STRANGER_EVENT,     /* an event of anomdetect */
	STRANGER_CUT,       /* an object that was cut off before the member with the client */
	STRANGER_UNKNOWN,   /* a JSON object without the names of an access log */
	STRANGER_PREFIXED,  /* a JSON object after text that is not a known header */
	STRANGER_NAMELESS,  /* an access-log object without a known name for the client */
	STRANGER_EMPTY,     /* the client's member is present, but contains no client */
	STRANGER_KIND_COUNT
};

struct stranger {
	enum stranger_kind kind;
	enum input_kind input;            /* for STRANGER_INPUT */
	struct address_members addresses; /* of the line's object, if it has one */
	const char *format;               /* the only format that is parsed; NULL: any */
	const char *named;                /* the name of --client; NULL: none */
	struct line_member client;        /* for STRANGER_EMPTY */
};

/* Examines a rejected line that line_explain has parsed with the same config. The texts of the
 * config are not copied. All lines of a stream share `kinds`. */
void stranger_look(struct stranger *s, struct input_kinds *kinds, const struct line_config *config,
	const char *line, size_t len, enum line_reason reason,
	const struct line_explanation *shown);

/* Writes the kind of the line and the remedy: sentences without a full stop, separated by newlines.
 * Writes nothing for STRANGER_PLAIN. The text contains no other control bytes. */
void stranger_put_advice(struct buf *b, const struct stranger *s);

/* Whether Traefik must also log the header X-Forwarded-For: the line lacks it, and ClientHost
 * differs from the client. ClientHost is the first value of this header, and no format uses it. If
 * the result is true, stores ClientHost in *host. */
bool stranger_host(const char *line, size_t len, const struct line_explanation *shown,
	const struct address *client, struct line_member *host);

/* All rejected lines of a run that has had no request yet; all zeros at the start. */
struct strangers {
	struct input_kinds kinds;
	uint64_t looked;
	uint64_t n[STRANGER_KIND_COUNT];   /* by kind, without "==> FILE <==" of tail */
	uint64_t inputs[INPUT_KIND_COUNT]; /* STRANGER_INPUT by kind; tail's lines, too */
	/* The first line of each kind; a line with addresses is preferred. */
	struct stranger first[STRANGER_KIND_COUNT];
};

bool strangers_want(const struct strangers *all);
void strangers_note(struct strangers *all, const struct line_config *config, const char *line,
	size_t len, enum line_reason reason, const struct line_explanation *shown);

/* Writes the advice for the most frequent kind, as stranger_put_advice does. Writes nothing if
 * STRANGER_PLAIN is the most frequent kind. */
void strangers_put_advice(struct buf *b, const struct strangers *all);
/* Writes the same advice on one line: "; " precedes each sentence. */
#define STRANGERS_LINE_CAP 2048
void strangers_put_line(struct buf *b, const struct strangers *all);

/* Whether --format auto or --format combined would accept the line as a request. Each call
 * allocates a parser and frees it. */
bool stranger_is_request(const char *line, size_t len);

#endif
