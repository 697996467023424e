/* memory_file.h - FILE.memory and its predecessor FILE.memory.old: read at a start, written in
 * steps.
 *
 * Path:    engine -> core/record/memory -> [memory_file] -> io/host/statefile.
 * Method:  written chunk by chunk between batches of lines, so that saving never holds up the
 *          input; then a thread brings the file to the disk, before and after it gets its name.
 * Reading: a file whose content is damaged, or that others may have written, is set aside, and its
 *          predecessor is used. A file that could not be read is left alone: it may be sound, so
 *          the run must not begin and must not replace it.
 */
#ifndef IO_RUN_MEMORY_FILE_H
#define IO_RUN_MEMORY_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/engine/engine.h"
#include "io/run/statedir.h"

struct memory_file;

/* The files beside dir->path, or in its place if that is NULL: none, and no other call may follow.
 * NULL when memory is short. */
struct memory_file *memory_file_new(const struct statedir *dir, struct engine *engine);
/* What is being written is abandoned. */
void memory_file_free(struct memory_file *m);

/* Puts the file's content into the engine, which must be new; in a replay also the file's hash key,
 * if it has one. `why` is "" or one line for people: a warning after true. False: the file could
 * not be read. */
bool memory_file_restore(struct memory_file *m, bool replay, char *why, size_t why_cap);

enum memory_file_step {
	MEMORY_FILE_DONE = 0, /* nothing is being written any more */
	MEMORY_FILE_MORE,     /* the next step can be taken at once */
	MEMORY_FILE_WAITS,    /* for the disk; ask again later */
	MEMORY_FILE_FAILED,   /* errno; nothing is being written any more */
};

/* Begins a save, or takes the next step of the one that is under way: a few milliseconds. */
enum memory_file_step memory_file_step(struct memory_file *m);

/* Drops a save that is being written; one that waits for the disk goes on. Keeps errno. */
void memory_file_abandon(struct memory_file *m);

/* A whole save, from its beginning; waits for the disk. False with errno. */
bool memory_file_save(struct memory_file *m);

const char *memory_file_path(const struct memory_file *m);

#endif
