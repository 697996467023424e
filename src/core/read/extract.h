/* extract.h - converts the members of an object to a request, or returns the reason why the object
 * is not a request.
 *
 * Path:    line -> fields -> [extract: format_match, forwarded, request_path] -> engine.
 * Method:  each line is read independently. A stream may mix several formats, and no client can
 *          influence how another client's line is read.
 */
#ifndef CORE_READ_EXTRACT_H
#define CORE_READ_EXTRACT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/allow.h"
#include "core/base/timestamp.h"
#include "core/read/fields.h"
#include "core/read/format_match.h"
#include "core/read/line_result.h"

struct extract_config {
	/* a row of the table in format.c: only rows with its name are tried; NULL: all rows */
	const struct format *format;
	struct format_names names; /* members that replace the members of the rows */
	/* member with the number of requests of a line; NULL: one request per line */
	const char *count;
	/* Proxies whose forwarded addresses are trusted; NULL: none. */
	const struct allow *trusted;
	/* packets from these proxies have the client's address as their source */
	bool transparent;
	/* zone for times that name no zone; NULL: times without a zone are not parsed */
	const struct timestamp_zone *zone;
};

struct extract {
	struct extract_config config;
	struct fields fields; /* the wanted members of an object */
	struct format_match match;
	struct timestamp_day day; /* the time of the previous line */
	uint8_t count;
};

/* Keeps the pointers of the config without copying the texts. Returns false if a name is empty or
 * longer than FIELDS_NAME_MAX. */
bool extract_init(struct extract *p, const struct extract_config *config);

/* `around` is a set of flags of format_match.h, such as FORMAT_CUT. *out must be cleared before the
 * call; it is filled only if LINE_OK is returned. `shown` may be NULL. */
enum line_reason extract_request(struct extract *p, const struct fields_values *values,
	unsigned around, struct line_result *out, struct line_explanation *shown);

#endif
