/* counts_read.h - parses a line of counts: returns its clients, or a named reason to reject it.
 *
 * Path:    io/host/line_reader -> [counts_read] -> engine.
 * Forms:   the object alone; or TOPIC, a blank and the object; or a message as the client program
 *          of a broker prints it: JSON with the members "topic" and "payload". The payload is a
 *          string (mosquitto_sub -F %j, kcat -J) or the object itself (mosquitto_sub -F %J).
 * Trust:   the last word of the topic must be the origin. A broker's access list limits the topics
 *          that a host may publish to. So the access list also limits the origins that a host can
 *          use.
 * Promise: a rejected line is counted and has no other effect, whatever it contains. A line is
 *          parsed completely before its requests are counted.
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

/* Maximum number of bytes of a line: an object, escaped in a payload, with its topic and the text
 * that the client program of a broker adds. */
#define COUNTS_LINE_MAX 65536

/* Maximum number of elements in an object of COUNTS_BYTES_MAX bytes: the shortest element,
 * ["::",1,0,0], has 13 bytes with its comma. */
#define COUNTS_ELEMENTS_MAX (COUNTS_BYTES_MAX / 13)

struct counts_element {
	struct address client; /* as it was sent; the engine masks it */
	uint32_t requests;     /* 1..COUNTS_REQUESTS_MAX */
	uint32_t errors;       /* 0..requests */
	uint32_t own;          /* 0..errors */
};

struct counts_line {
	char origin[COUNTS_ORIGIN_MAX + 1];
	bool replay;         /* true if "mode" is "replay" */
	struct instant time; /* the second that the line counts; in a heartbeat: when it was sent */
	uint64_t run;        /* when the sender's run began, in ms since 1970: 1..2^53 */
	uint64_t seq;        /* number of the line in the run: 1..2^53 */
	bool heartbeat;      /* "counts" is empty */
	/* Number of valid elements; the next two members count the invalid elements. An invalid
	 * element does not make its line invalid. */
	size_t elements_n;
	size_t bad_clients; /* elements whose client is not an address */
	size_t bad_counts;  /* elements in which a number is missing or out of range */
	struct counts_element elements[COUNTS_ELEMENTS_MAX];
};

/* Why a line is rejected. */
enum counts_reason {
	COUNTS_OK = 0,
	COUNTS_OTHER,      /* not counts: text, or another event */
	COUNTS_NOT_JSON,   /* begins as counts, but is cut off, is not JSON, or lacks a member */
	COUNTS_BAD_TIME,   /* "time" is not a time */
	COUNTS_BAD_ORIGIN, /* "origin" is not a name, or differs from the topic's last word */
	COUNTS_TOO_LONG,   /* over COUNTS_LINE_MAX, or an object over COUNTS_BYTES_MAX */
};

/* Reads one line without its newline. `cut` means that the line is only the beginning of a longer
 * line. *out is valid if COUNTS_OK is returned. */
enum counts_reason counts_read(const char *line, size_t len, bool cut, struct counts_line *out);

/* The counter of a reason; NULL for COUNTS_OK. */
uint64_t *counts_counter(struct counters *c, enum counts_reason reason);

#endif
