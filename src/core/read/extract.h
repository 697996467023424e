/* extract.h - the members of an object -> the request they stand for, or why they stand for none.
 *
 * Path:    line -> fields -> [extract: format_match, forwarded, request_path] -> engine.
 * Method:  each line by itself, so that mixed streams need no state that a client could push one
 *          way or the other.
 */
#ifndef CORE_READ_EXTRACT_H
#define CORE_READ_EXTRACT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/allow.h"
#include "core/base/timestamp.h"
#include "core/base/timestamp.h"
#include "core/read/fields.h"
#include "core/read/format_match.h"
#include "core/read/line_result.h"

struct extract_config {
	const struct format *format; /* and all rows of its name; NULL: all rows */
	struct format_names names;   /* members that stand in for those of the rows */
	const char *count;           /* how many requests a line stands for; NULL: one */
	/* Proxies whose forwarded addresses are believed; NULL: nobody's. */
	const struct allow *trusted;
	bool transparent;                  /* they keep the client's address in the packets, too */
	const struct timestamp_zone *zone; /* of times that name none; NULL: such a time is none */
};

struct extract {
	struct extract_config config;
	struct fields fields; /* what is wanted of an object */
	struct format_match match;
	struct timestamp_day day; /* of the line before */
	uint8_t count;
};

/* Texts of the config are not copied. False when a name is empty or longer than FIELDS_NAME_MAX. */
bool extract_init(struct extract *p, const struct extract_config *config);

/* `around`: bits of format_match.h. *out, which is clear, is filled when LINE_OK is returned.
 * `shown` may be NULL. */
enum line_reason extract_request(struct extract *p, const struct fields_values *values,
	unsigned around, struct line_result *out, struct line_explanation *shown);

#endif
