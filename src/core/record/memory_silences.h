/* memory_silences.h - the silences of the last days (core/measure/silences.h), and whether lines of
 * other programs are usual (core/measure/recent_lines.h), in the memory file. Only the file's
 * writer and reader use it. anomdetect(5) describes the member "silences", which contains both. */
#ifndef CORE_RECORD_MEMORY_SILENCES_H
#define CORE_RECORD_MEMORY_SILENCES_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "core/base/buf.h"
#include "core/measure/recent_lines.h"
#include "core/measure/silences.h"

/* Appends at most 1 KiB. */
void memory_put_silences(
	struct buf *b, const struct silences *s, const struct recent_lines *recent);

/* The content of the member. */
struct memory_silences {
	struct silences_day days[SILENCES_DAYS];
	int64_t foreign_s;
	bool foreign_usual;
};

/* Returns false if the member is invalid. */
bool memory_read_silences(const cJSON *o, struct memory_silences *out);
/* Copies *m to *s and *recent, which must be new and empty. */
void memory_use_silences(
	const struct memory_silences *m, struct silences *s, struct recent_lines *recent);

#endif
