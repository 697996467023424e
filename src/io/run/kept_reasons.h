/* kept_reasons.h - the reasons of the kernel's bans, from the state that the previous run left.
 *
 * Path:    the file of --state -> core/record/state -> [kept_reasons] -> engine.
 * Why:     a run that was killed saved its memory up to a minute earlier, but its state within a
 *          few seconds. Bans made between the two are in the kernel, and only the state has their
 *          reasons.
 * Memory:  one state, while it is read.
 */
#ifndef IO_RUN_KEPT_REASONS_H
#define IO_RUN_KEPT_REASONS_H

#include "core/engine/engine.h"
#include "io/run/statedir.h"

/* Call it after the kernel's bans were adopted, and before the first state is saved. A state that
 * cannot be read, or is of a replay or of other sets, is ignored without a message, because nothing
 * depends on it. */
void kept_reasons_restore(struct engine *engine, const struct statedir *dir, const char *set_name);

#endif
