/* saver.h - writes the state and the memory file at intervals.
 *
 * Path:    engine -> core/record/state -> [saver] -> statefile, memory_file.
 * Method:  the state is small and written in one step; the memory file is written in several steps.
 */
#ifndef IO_RUN_SAVER_H
#define IO_RUN_SAVER_H

#include <stdbool.h>

#include "core/engine/engine.h"
#include "io/config/option_groups.h"
#include "io/run/report.h"
#include "io/run/statedir.h"

struct saver;

/* Facts about the run that are in the state but not known to the engine. */
struct saver_run {
	bool replay;
	struct instant started;
	const char *firewall;
	const char *set_name;
	uint32_t ipv4_prefix, ipv6_prefix;
	const struct report *report; /* or NULL; must live as long as the saver */
};

/* `dir` is owned by the caller, and must live as long as the saver. If dir->path is NULL, nothing
 * is saved. NULL when memory is short. */
struct saver *saver_new(struct statedir *dir, const struct state_options *o, struct engine *engine,
	const struct saver_run *run);
void saver_free(struct saver *s);

/* Restores the engine from the memory file; see memory_file_restore. */
bool saver_restore(struct saver *s, char *why, size_t why_cap);

/* Saves the part that is due at `wall`: the state, or the next part of the memory file. Takes a few
 * milliseconds at most. False with errno when a file could not be written; the next interval
 * retries. */
bool saver_step(struct saver *s, struct instant wall);

/* Saves the memory file within 5 s. Call it after a change that a power failure must not undo
 * (engine_lasting). */
void saver_hurry(struct saver *s);

/* Sets the reason why bans may not be in force, for the state; "": no reason is known. The text is
 * copied. */
void saver_set_trouble(struct saver *s, const char *why);

/* The next time at which saver_step has work. */
struct instant saver_next(const struct saver *s);

/* The last save of a run: writes the state and the memory file completely. False with errno. */
bool saver_finish(struct saver *s, struct instant wall);

/* The path of the last failed write. */
const char *saver_failed_path(const struct saver *s);

#endif
