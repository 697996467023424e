/* format.h - for each product, the names of the members of its access log.
 *
 * The product is recognised by the names of a line's members. It is not recognised by their values,
 * because a client can choose values. A row matches if all members of its list `marks` and at least
 * one member of its list `peers` are present. The first matching row is used. A dotted name is a
 * path through nested objects, a flat key with dots, or a mixture of both.
 *
 * A peer is a member that the server copies from the connection. A forwarded member contains a
 * header, which another program wrote. The header is trusted only if the peer is a trusted proxy.
 *
 * To add a product, add a row in format.c, its name in the manual, and its cases in tests/lines.
 */
#ifndef CORE_READ_FORMAT_H
#define CORE_READ_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

/* Maximum number of names in one list of a row. */
#define FORMAT_NAMES_MAX 16
#define FORMAT_ROWS_MAX  16

struct format {
	const char *name;
	const char *marks[3]; /* members that only this product writes: all must be present, ... */
	const char *any[3];   /* ... and at least one of these */
	/* Members with the address of the connection, the most trusted first. */
	const char *peers[FORMAT_NAMES_MAX];
	bool one_peer; /* the row matches only if exactly one peer is present */
	/* the row matches only if no forwarded member is present; members inside `headers` are
	 * ignored, because a client can add them by sending headers */
	bool no_forwarded;
	bool needs_status; /* a line without a status is not a request */
	bool needs_time;
	const char *status[3]; /* tried before the names of format_status */
	/* The time when the request ended, ... */
	const char *time[FORMAT_NAMES_MAX];
	/* ... or the time when it began, and its duration in units of unit_ms milliseconds. */
	const char *start[4];
	const char *lasted;
	double unit_ms;
	const char *method[6];
	/* The path or the whole request line. The first member is the closest to the text that the
	 * client sent. */
	const char *path[8];
	/* the real peer, if the server may write another address to `peers` */
	const char *connection;
	const char *logger; /* the member whose value is the kind of log, ... */
	/* ... and how this value begins in the access log; a row sets both members or neither */
	const char *access;
};

/* format_find returns the first row with this name. format_next returns the next row with the same
 * name. Both return NULL if there is no such row. */
const struct format *format_find(const char *name);
const struct format *format_next(const struct format *f);

/* All rows, in the order in which they are tried. The `name` of the last row is NULL. */
const struct format *format_all(void);

/* The following lists end with NULL. */

/* format_status names members that contain a status in any product. A member of format_weak_status
 * is a status only if its value is an integer from 100 to 599, and no member of format_status is
 * present. The status of an upstream server is never used. */
extern const char *const format_status[];
extern const char *const format_weak_status[];

/* Forwarded members: first the lists to which each proxy appends, then the single addresses. */
extern const char *const format_forwarded[];

/* Members that contain the header Sec-Fetch-Site of the request, in any product. */
extern const char *const format_fetch_site[];

#endif
