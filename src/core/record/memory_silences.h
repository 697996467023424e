/* memory_silences.h - the silences of the last days (core/measure/silences.h), and whether foreign
 * lines are usual (core/measure/recent_lines.h), in the memory file; for its writer and its reader
 * alone. The member is "silences", as in anomdetect(5). */
#ifndef CORE_RECORD_MEMORY_SILENCES_H
#define CORE_RECORD_MEMORY_SILENCES_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "core/base/buf.h"
#include "core/measure/recent_lines.h"
#include "core/measure/silences.h"

/* At most 1 KiB. */
void memory_put_silences(
	struct buf *b, const struct silences *s, const struct recent_lines *recent);

/* What the member holds. */
struct memory_silences {
	struct silences_day days[SILENCES_DAYS];
	int64_t foreign_s;
	bool foreign_usual;
};

/* False when the member is not readable. */
bool memory_read_silences(const cJSON *o, struct memory_silences *out);
/* Puts it into parts that are new and empty. */
void memory_use_silences(
	const struct memory_silences *m, struct silences *s, struct recent_lines *recent);

#endif
