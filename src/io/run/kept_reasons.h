/* kept_reasons.h - restores the reasons of the bans in the kernel from the previous run's state.
 *
 * Path:    the file of --state -> core/record/state -> [kept_reasons] -> engine.
 * Why:     when a run is killed, its memory file may be a minute old, but its state is only a few
 *          seconds old. Bans that were made between the last save of the memory file and the last
 *          save of the state are in the kernel, and only the state has their reasons.
 * Memory:  one state while the function runs.
 */
#ifndef IO_RUN_KEPT_REASONS_H
#define IO_RUN_KEPT_REASONS_H

#include "core/engine/engine.h"
#include "io/run/statedir.h"

/* Call it after the kernel's bans were adopted, and before the first state is saved. Ignores a
 * state that cannot be read, or that is of a replay or of other sets. Logs no message then, because
 * no ban depends on the state. */
void kept_reasons_restore(struct engine *engine, const struct statedir *dir, const char *set_name);

#endif
