/* memory_file.c - see memory_file.h. */
#include "io/run/memory_file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/record/memory.h"
#include "io/host/statefile.h"

#define SUFFIX ".memory"

enum phase { IDLE, WRITING, SYNCING, LETTING_GO };

struct memory_file {
	enum phase phase;
	int uid, gid; /* as in struct statedir */
	struct engine *engine;
	struct statefile *file; /* NULL when no save is in progress */
	struct memory_writer writer;
	char path[PATH_MAX + sizeof SUFFIX];
	char kept[PATH_MAX + sizeof SUFFIX STATEFILE_KEPT];
	char chunk[MEMORY_CHUNK_BYTES];
};

struct memory_file *memory_file_new(const struct statedir *dir, struct engine *engine)
{
	struct memory_file *m = calloc(1, sizeof *m);

	if (!m)
		return NULL;
	m->uid = dir->uid;
	m->gid = dir->gid;
	m->engine = engine;
	/* if the path is too long, the calls that use it fail */
	snprintf(m->path, sizeof m->path, "%s" SUFFIX, dir->path ? dir->path : "");
	snprintf(m->kept, sizeof m->kept, "%s" STATEFILE_KEPT, m->path);
	return m;
}

/* ---- writing ---- */

/* Waits for the thread, if there is one, and drops the save. */
static void abandon_save(struct memory_file *m)
{
	if (m->phase == WRITING)
		statefile_abandon(m->file);
	else if (m->phase == LETTING_GO ||
		 (m->phase == SYNCING && statefile_published(m->file, true) == STATEFILE_DONE))
		while (!statefile_let_go(m->file))
			;
	m->file = NULL;
	m->phase = IDLE;
}

void memory_file_abandon(struct memory_file *m)
{
	int saved = errno;

	if (m->phase == WRITING)
		abandon_save(m);
	errno = saved;
}

void memory_file_free(struct memory_file *m)
{
	if (m)
		abandon_save(m);
	free(m);
}

static enum memory_file_step fail_save(struct memory_file *m)
{
	m->file = NULL;
	m->phase = IDLE;
	return MEMORY_FILE_FAILED;
}

static enum memory_file_step begin_save(struct memory_file *m)
{
	m->file = statefile_begin(m->path, m->gid);
	if (!m->file)
		return fail_save(m);
	memory_begin(&m->writer);
	m->phase = WRITING;
	return MEMORY_FILE_MORE;
}

static enum memory_file_step write_chunk(struct memory_file *m)
{
	struct memory_parts parts = engine_memory(m->engine);
	struct instant now = {0};
	struct buf b;

	engine_now(m->engine, &now);
	buf_init(&b, m->chunk, sizeof m->chunk);
	bool more = memory_write(&m->writer, &parts, now, &b);
	if (!statefile_put(m->file, b.data, b.len)) {
		statefile_abandon(m->file);
		return fail_save(m);
	}
	if (more)
		return MEMORY_FILE_MORE;
	statefile_publish_safely(m->file);
	m->phase = SYNCING;
	return MEMORY_FILE_WAITS;
}

static enum memory_file_step check_disk(struct memory_file *m)
{
	enum statefile_progress progress = statefile_published(m->file, false);

	if (progress == STATEFILE_BUSY)
		return MEMORY_FILE_WAITS;
	if (progress == STATEFILE_FAILED)
		return fail_save(m);
	m->phase = LETTING_GO;
	return MEMORY_FILE_MORE;
}

enum memory_file_step memory_file_step(struct memory_file *m)
{
	switch (m->phase) {
	case IDLE:
		return begin_save(m);
	case WRITING:
		return write_chunk(m);
	case SYNCING:
		return check_disk(m);
	case LETTING_GO:
		break;
	}
	if (!statefile_let_go(m->file))
		return MEMORY_FILE_MORE;
	m->file = NULL;
	m->phase = IDLE;
	return MEMORY_FILE_DONE;
}

bool memory_file_save(struct memory_file *m)
{
	enum memory_file_step step;

	abandon_save(m); /* a half-written file lacks what was learned since it was begun */
	do
		step = memory_file_step(m);
	while (m->phase == WRITING);
	if (step == MEMORY_FILE_FAILED)
		return false;
	if (statefile_published(m->file, true) == STATEFILE_FAILED) {
		fail_save(m);
		return false;
	}
	m->phase = LETTING_GO;
	abandon_save(m);
	return true;
}

/* ---- reading ---- */

enum reading {
	READING_DONE,
	READING_NO_FILE,
	READING_REFUSED, /* refused: a wrong kind of file, or wrong content */
	READING_FAILED,  /* failed, with errno */
};

/* A replay hashes with the file's key, so that the same file gives the same output. A live run
 * keeps its own key, which nobody can read. */
static enum memory_result read_content(
	struct memory_file *m, const struct byte_source *source, bool replay, const char **reason)
{
	struct memory_parts parts = engine_memory(m->engine);
	struct hash_key key, own;
	bool adopt = false;

	if (replay && memory_key(source, &key, &adopt) != MEMORY_OK)
		return MEMORY_UNREAD;
	if (adopt)
		own = engine_set_key(m->engine, key);
	enum memory_result result = memory_read(source, &parts, reason);
	if (adopt && result != MEMORY_OK)
		engine_set_key(m->engine, own);
	return result;
}

static enum reading read_file(
	struct memory_file *m, const char *path, bool replay, const char **reason)
{
	int fd = statefile_open_own(path, MEMORY_BYTES_MAX, m->uid);

	if (fd < 0) {
		*reason = statefile_refusal(errno);
		return errno == ENOENT               ? READING_NO_FILE
		       : statefile_is_refusal(errno) ? READING_REFUSED
						     : READING_FAILED;
	}
	struct byte_source source = statefile_source(&fd);
	enum memory_result result = read_content(m, &source, replay, reason);
	int saved = errno;
	close(fd);
	errno = saved;
	return result == MEMORY_OK        ? READING_DONE
	       : result == MEMORY_DAMAGED ? READING_REFUSED
					  : READING_FAILED;
}

static bool explain_failure(const char *path, char *why, size_t why_cap)
{
	snprintf(why, why_cap,
		"unable to read '%.200s': %s; the file is kept, and the run does not start "
		"without it",
		path, strerror(errno));
	return false;
}

bool memory_file_restore(struct memory_file *m, bool replay, char *why, size_t why_cap)
{
	const char *reason, *kept_reason;
	enum reading kept;

	why[0] = '\0';
	switch (read_file(m, m->path, replay, &reason)) {
	case READING_DONE:
	case READING_NO_FILE: /* somebody has removed it, to start afresh */
		return true;
	case READING_FAILED:
		return explain_failure(m->path, why, why_cap);
	case READING_REFUSED:
		break;
	}
	kept = read_file(m, m->kept, replay, &kept_reason);
	if (kept == READING_FAILED)
		return explain_failure(m->kept, why, why_cap);
	/* the bad file is kept for examination under another name, so no save replaces it */
	bool aside = statefile_set_aside(m->path);
	/* the predecessor becomes the memory file now, because this run may end before its first
	 * save */
	if (aside && kept == READING_DONE && rename(m->kept, m->path) < 0)
		return explain_failure(m->kept, why, why_cap);
	snprintf(why, why_cap, "'%.200s' is not readable (%s): %s; %s", m->path, reason,
		aside ? "set aside as .bad" : "unable to set it aside",
		kept == READING_DONE ? "its predecessor (.old) is used" : "starting fresh");
	return true;
}

const char *memory_file_path(const struct memory_file *m)
{
	return m->path;
}
