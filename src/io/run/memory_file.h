/* memory_file.h - reads and writes the memory file. The memory file of the state file FILE is
 * FILE.memory. At the start the memory file is read, or its predecessor FILE.memory.old. Later the
 * memory file is written in steps.
 *
 * Path:    engine -> core/record/memory -> [memory_file] -> io/host/statefile.
 * Method:  the file is written in chunks between batches of lines, so that saving never delays the
 *          input. Then a thread syncs the file to the disk, before and after its rename.
 * Reading: if the content is damaged, or others may have written the file, the file is set aside
 *          and its predecessor is used. If the file cannot be read, its content may be good. Then
 *          the file is kept, and the run must not begin, because the run would replace the file.
 */
#ifndef IO_RUN_MEMORY_FILE_H
#define IO_RUN_MEMORY_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/engine/engine.h"
#include "io/run/statedir.h"

struct memory_file;

/* Uses the files in the directory of dir->path. If dir->path is NULL, no file is used, and no other
 * function except memory_file_free may be called. Returns NULL when memory is short. */
struct memory_file *memory_file_new(const struct statedir *dir, struct engine *engine);
/* Drops a save that is in progress. */
void memory_file_free(struct memory_file *m);

/* Restores the engine from the file. The engine must be new. In a replay, the engine also gets the
 * file's hash key, if the file has one. After true, `why` is "" or a warning in one line. False:
 * the file could not be read, and `why` contains the reason in one line. */
bool memory_file_restore(struct memory_file *m, bool replay, char *why, size_t why_cap);

enum memory_file_step {
	MEMORY_FILE_DONE = 0, /* no save is in progress any more */
	MEMORY_FILE_MORE,     /* the next step can follow immediately */
	MEMORY_FILE_WAITS,    /* waits for the disk; call again later */
	MEMORY_FILE_FAILED,   /* failed with errno; no save is in progress */
};

/* Begins a save, or continues the current save by one step. Takes a few milliseconds. */
enum memory_file_step memory_file_step(struct memory_file *m);

/* Drops a save that is still being written. A save that waits for the disk continues. Does not
 * change errno. */
void memory_file_abandon(struct memory_file *m);

/* Makes a complete new save, and waits for the disk. False with errno. */
bool memory_file_save(struct memory_file *m);

const char *memory_file_path(const struct memory_file *m);

#endif
