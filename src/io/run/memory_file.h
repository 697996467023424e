/* memory_file.h - FILE.memory and its predecessor FILE.memory.old: read at a start, written in
 * steps.
 *
 * Path:    engine -> core/record/memory -> [memory_file] -> io/host/statefile.
 * Method:  the file is written in chunks between batches of lines, so that saving never delays the
 *          input. Then a thread syncs the file to the disk, before and after its rename.
 * Reading: if the content is damaged, or others may have written the file, the file is set aside
 *          and its predecessor is used. A file that could not be read may be sound: it is kept, and
 *          the run must not begin, because the run would replace it.
 */
#ifndef IO_RUN_MEMORY_FILE_H
#define IO_RUN_MEMORY_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/engine/engine.h"
#include "io/run/statedir.h"

struct memory_file;

/* The files beside dir->path. If that is NULL, no file is used, and no other call may follow.
 * Returns NULL when memory is short. */
struct memory_file *memory_file_new(const struct statedir *dir, struct engine *engine);
/* Drops a save that is under way. */
void memory_file_free(struct memory_file *m);

/* Puts the file's content into the engine, which must be new; in a replay also the file's hash
 * key, if it has one. `why` is "" or one line: after true, a warning. False: the file could not
 * be read. */
bool memory_file_restore(struct memory_file *m, bool replay, char *why, size_t why_cap);

enum memory_file_step {
	MEMORY_FILE_DONE = 0, /* no save is under way any more */
	MEMORY_FILE_MORE,     /* the next step can follow at once */
	MEMORY_FILE_WAITS,    /* waits for the disk; call again later */
	MEMORY_FILE_FAILED,   /* failed with errno; no save is under way any more */
};

/* Begins a save, or makes the next step of the current save; takes a few milliseconds. */
enum memory_file_step memory_file_step(struct memory_file *m);

/* Drops a save that is being written; a save that waits for the disk goes on. Keeps errno. */
void memory_file_abandon(struct memory_file *m);

/* Makes a whole save from the beginning, and waits for the disk. False with errno. */
bool memory_file_save(struct memory_file *m);

const char *memory_file_path(const struct memory_file *m);

#endif
