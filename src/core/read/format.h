/* format.h - which member of an access-log object holds which fact, per product.
 *
 * A line's product is chosen by the names of its members alone, never by a value. So a visitor, who
 * decides values, cannot choose it. The first row fits whose marks are all there and of whose peers
 * one is there. A dotted name is a path through nested objects, or a flat key with dots in it, or a
 * mixture of both.
 *
 * Peers are members that the server fills from the connection. A forwarded member holds the words
 * of somebody else (a header), and is believed only if the peer is a trusted proxy.
 *
 * A new product is a new row here, its name in the manual, and its cases in tests/lines.
 */
#ifndef CORE_READ_FORMAT_H
#define CORE_READ_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

/* Names in a list of a row. */
#define FORMAT_NAMES_MAX 16
#define FORMAT_ROWS_MAX  16

struct format {
	const char *name;
	const char *marks[3]; /* members that only this server writes: all of them, ... */
	const char *any[3];   /* ... and one of these */
	/* The address of the connection, the most trusted first. */
	const char *peers[FORMAT_NAMES_MAX];
	bool one_peer;     /* the row fits only if exactly one of them is there */
	bool no_forwarded; /* the row fits only without a forwarded member, but for those inside of
			      `headers`, which a visitor adds by sending one */
	bool needs_status; /* each request has a status: a line without one is something else */
	bool needs_time;
	const char *status[3]; /* before those of format_status */
	/* When the request ended, ... */
	const char *time[FORMAT_NAMES_MAX];
	/* ... or else when it began, and how long it lasted, in units of unit_ms milliseconds. */
	const char *start[4];
	const char *lasted;
	double unit_ms;
	const char *method[6];
	/* The path or the whole request line, the closest to what the client sent first. */
	const char *path[8];
	const char *connection; /* the real peer, if the server puts another address into `peers` */
	const char *logger;     /* names the kind of a product's lines, of which only ... */
	const char *access;     /* ... those that begin with this are requests; both or neither */
};

/* The first row of that name, or NULL; format_next: the next row of the same name, or NULL. */
const struct format *format_find(const char *name);
const struct format *format_next(const struct format *f);

/* All rows, in the order in which they are tried; the last one's `name` is NULL. */
const struct format *format_all(void);

/* These lists end with NULL. */

/* Members that hold a status in any product, and those that do only if they are an integer from 100
 * to 599 and none of the others is there. Never the status of an upstream. */
extern const char *const format_status[];
extern const char *const format_weak_status[];

/* Forwarded members: lists to which each proxy appends, then single addresses. */
extern const char *const format_forwarded[];

/* Members that hold the header Sec-Fetch-Site of the request, whatever the product. */
extern const char *const format_fetch_site[];

#endif
