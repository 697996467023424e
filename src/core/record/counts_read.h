/* counts_read.h - a line of counts -> what it says of each client, or a named reason why nothing.
 *
 * Path:    io/host/line_reader -> [counts_read] -> engine.
 * Forms:   the object alone; TOPIC, a blank, the object; or the JSON in which a broker's client
 *          prints a message, with the members "topic" and "payload" (mosquitto_sub -F %j,
 *          kcat -J). The payload is then a string, or the object itself (mosquitto_sub -F %J).
 * Trust:   the last word of a topic must be the origin. A broker's access list says who may publish
 *          to which topic, so it says who may speak for which origin.
 * Promise: nothing in a line can do more than be counted. A line is read whole before any of it
 *          counts.
 */
#ifndef CORE_RECORD_COUNTS_READ_H
#define CORE_RECORD_COUNTS_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/address.h"
#include "core/base/counters.h"
#include "core/base/instant.h"
#include "core/record/counts.h"

/* Bytes of a line: an object, escaped in a payload, with its topic and what a client adds. */
#define COUNTS_LINE_MAX 65536

/* Requests that one element may stand for. */
#define COUNTS_REQUESTS_MAX 1000000

/* Elements of an object of COUNTS_BYTES_MAX: the shortest is ["::",1,0,0] and a comma. */
#define COUNTS_ELEMENTS_MAX (COUNTS_BYTES_MAX / 13)

struct counts_element {
	struct address client; /* as it was sent; the engine masks it */
	uint32_t requests;     /* 1..COUNTS_REQUESTS_MAX */
	uint32_t errors;       /* 0..requests */
	uint32_t own;          /* 0..errors */
};

struct counts_line {
	char origin[COUNTS_ORIGIN_MAX + 1];
	bool replay;         /* its mode */
	struct instant time; /* the second; of a heartbeat: when it was sent */
	uint64_t run;        /* when the sender began, in ms since 1970: 1..2^53 */
	uint64_t seq;        /* number of the line in the run: 1..2^53 */
	bool heartbeat;      /* "counts" is empty */
	/* Elements that count, and those that do not: the line itself counts all the same. */
	size_t elements_n;
	size_t bad_clients; /* the client is no address */
	size_t bad_counts;  /* a number is none, or out of its range */
	struct counts_element elements[COUNTS_ELEMENTS_MAX];
};

/* Why a line says nothing. */
enum counts_reason {
	COUNTS_OK = 0,
	COUNTS_OTHER,      /* no counts: text, another event */
	COUNTS_NOT_JSON,   /* it begins as counts and is cut off, or no JSON, or lacks a member */
	COUNTS_BAD_TIME,   /* "time" is none */
	COUNTS_BAD_ORIGIN, /* "origin" is no name, or not the topic's last word */
	COUNTS_TOO_LONG,   /* over COUNTS_LINE_MAX, or an object over COUNTS_BYTES_MAX */
};

/* One line without its newline; `cut`: it is only the beginning of a longer one. *out is meaningful
 * when COUNTS_OK is returned. */
enum counts_reason counts_read(const char *line, size_t len, bool cut, struct counts_line *out);

/* Where a reason is counted; NULL for COUNTS_OK. */
uint64_t *counts_counter(struct counters *c, enum counts_reason reason);

#endif
