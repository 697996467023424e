/* memory_mass_ban.h - the verdicts of the last 10 minutes (core/judge/mass_ban.h) in the memory
 * file. Only the file's writer and reader use it. The member is "mass_ban", as in anomdetect(5). */
#ifndef CORE_RECORD_MEMORY_MASS_BAN_H
#define CORE_RECORD_MEMORY_MASS_BAN_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "core/base/buf.h"
#include "core/judge/mass_ban.h"

/* Appends at most 16 KiB. */
void memory_put_mass_ban(struct buf *b, const struct mass_ban *m);

/* Returns false if the member is invalid. */
bool memory_read_mass_ban(const cJSON *o, struct mass_ban *out);

#endif
