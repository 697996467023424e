/* load_state.h - reads the state that anomdetect writes. On failure, load_state explains the reason
 * and the remedy.
 *
 * Path:    the file of --state -> io/host/statefile -> core/record/state -> [load_state] -> views.
 */
#ifndef IO_RUN_LOAD_STATE_H
#define IO_RUN_LOAD_STATE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/record/state.h"
#include "core/record/state_advice.h"
#include "io/host/file_access.h"

/* Maximum length of load_state's reason, without the path. */
#define LOAD_STATE_WHY_CAP (FILE_ACCESS_CAP + STATE_ADVICE_CAP)

/* On failure returns false with a reason in one line. The path in it may contain any bytes. */
bool load_state(const char *path, struct state *out, char *why, size_t why_cap);

/* Returns the reason why a state file could not be read. */
struct file_access load_state_reason(const char *path, int error);

#endif
