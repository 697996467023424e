/* extract.h - the members of an object -> the request they stand for, or why they stand for none.
 *
 * Path:    line -> fields -> [extract] -> engine.
 * Method:  each line by itself: the first product (format.h) of which both client and status are
 *          there, else the first of which the client is; so mixed streams need no state that a
 *          client could push one way or the other.
 */
#ifndef CORE_READ_EXTRACT_H
#define CORE_READ_EXTRACT_H

#include <stdbool.h>

#include "core/base/allow.h"
#include "core/read/fields.h"
#include "core/read/format.h"
#include "core/read/line_result.h"
#include "core/base/timestamp.h"

struct extract_config {
	const struct format *format; /* NULL: all of them */
	/* A member's name that stands in for the format's lists; NULL: theirs. */
	const char *client, *status, *time;
	const char *count;           /* how many requests a line stands for; NULL: one */
	const struct allow *trusted; /* proxies whose X-Forwarded-For is believed; NULL: nobody's */
	bool transparent;            /* they keep the client's address in the packets, too */
	const struct timestamp_zone *zone; /* of times that name none; NULL: such a time is none */
};

struct extract_row {
	const struct format *format;
	uint8_t client[FORMAT_FIELDS_MAX]; /* slots; FIELDS_NONE ends a list */
	uint8_t status[FORMAT_FIELDS_MAX];
	uint8_t time[FORMAT_FIELDS_MAX];
	uint8_t peer, from, lasted, logger;
};

struct extract {
	struct extract_config config;
	struct fields fields; /* what is wanted of an object */
	struct extract_row rows[FORMAT_ROWS_MAX];
	unsigned rows_n;
	uint8_t forwarded[FORMAT_FIELDS_MAX];
	uint8_t count;
	uint8_t log, stream; /* Docker's wrapper */
};

/* Texts of the config are not copied. False when a name is empty or longer than FIELDS_NAME_MAX. */
bool extract_init(struct extract *p, const struct extract_config *config);

/* What is known of an object from around it: bits. */
#define EXTRACT_CUT            1u /* what is missing may have been cut off */
#define EXTRACT_STANDARD_ERROR 2u /* only of a product that names its loggers it is an access log */

/* `values`: one a slot. *out is filled when LINE_OK is returned. `view` may be NULL. */
enum line_reason extract_request(const struct extract *p, const struct field *values,
	unsigned around, struct line_result *out, struct line_explanation *view);

/* A line that Docker wrapped: its text; NULL when it is none. `cut`: the name of the stream stands behind
 * the text and may be missing, or half of it: then it is taken for the standard output. */
const struct field *extract_wrapped(
	const struct extract *p, const struct field *values, bool cut, bool *standard_error);

/* A status, for lines that are no JSON: 100..599, or 0 for unknown. False when it is neither that nor a known
 * way to say unknown. */
bool extract_status(const struct field *f, uint16_t *out);

#endif
