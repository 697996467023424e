/* dead_links.c - see dead_links.h. */
#include "io/run/dead_links.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/record/memory.h"
#include "core/base/figure.h"
#include "io/host/log.h"
#include "io/host/statefile.h"
#include "io/host/thread.h"
#include "io/run/statedir.h"

#define SUFFIX  ".memory"
#define WHY_MAX 200
/* The maximum of --max-paths. The table uses memory only for paths that are inserted. */
#define PATHS_MAX 1000000
/* cJSON recurses once per level of nesting, and accepts 1000 levels. */
#define THREAD_STACK_BYTES (1 << 20)

/* Identifies a file, even if another file had the same name before. */
struct file_id {
	bool there;
	dev_t dev;
	ino_t ino;
	off_t size;
	/* `modified`: last change of the content; `changed`: last change of content, owner or
	 * mode */
	struct timespec modified, changed;
};

enum reading_result {
	READING_DONE,    /* success: `paths`, or NULL if the file has none */
	READING_MISSING, /* no file, or no right to read it */
	READING_FAILED,  /* failed; `why` has the reason */
	READING_AGAIN,   /* failed, but a retry may succeed */
};

struct dead_links {
	char path[PATH_MAX + sizeof SUFFIX]; /* "": no file */
	bool is_default;
	struct file_id last;  /* the file that was read last */
	struct span due;      /* time of the next check, on the monotonic clock */
	struct paths *paths;  /* the paths in use */
	struct paths *before; /* the paths in use before; freed in the next call */
	bool warned;          /* a warning was logged since the file was last readable */
	bool reading;         /* the thread runs, or has ended and was not joined */
	pthread_t thread;
	atomic_bool stop, ended; /* `stop` is set for the thread; `ended` is set by the thread */
	/* Only the thread uses the following members until it has ended. */
	enum reading_result result;
	struct paths *found;
	char why[WHY_MAX];
};

struct dead_links *dead_links_new(const char *state)
{
	struct dead_links *d = calloc(1, sizeof *d);
	char found[PATH_MAX];

	if (!d)
		return NULL;
	d->is_default = !state;
	if (!state && statefile_default_path(true, found, sizeof found))
		state = found;
	/* if the path is too long, reading the file fails */
	if (state && strcmp(state, "none") != 0)
		snprintf(d->path, sizeof d->path, "%s" SUFFIX, state);
	return d;
}

/* ---- one reading ---- */

static bool is_told_to_stop(void *ctx)
{
	const struct dead_links *d = ctx;

	return atomic_load_explicit(&d->stop, memory_order_relaxed);
}

static enum reading_result explain_failure(
	struct dead_links *d, enum reading_result result, const char *why)
{
	snprintf(d->why, sizeof d->why, "%s", why);
	return result;
}

static enum reading_result read_content(struct dead_links *d, int fd)
{
	struct byte_source source = statefile_source(&fd);
	struct hash_key none = {{0, 0}};
	const char *why;
	bool found;

	d->found = paths_new(PATHS_MAX, none);
	if (!d->found)
		return explain_failure(d, READING_AGAIN, strerror(errno));
	switch (memory_find_paths(&source, d->found, is_told_to_stop, d, &found, &why)) {
	case MEMORY_OK:
		if (found)
			return READING_DONE;
		break;
	case MEMORY_DAMAGED:
		paths_free(d->found);
		d->found = NULL;
		return explain_failure(d, READING_FAILED, why);
	case MEMORY_UNREAD:
		explain_failure(d, READING_AGAIN, strerror(errno));
		paths_free(d->found);
		d->found = NULL;
		return READING_AGAIN;
	}
	paths_free(d->found);
	d->found = NULL;
	return READING_DONE;
}

static enum reading_result read_file(struct dead_links *d)
{
	int fd = statefile_open_own(d->path, MEMORY_BYTES_MAX, statedir_owner(d->path));

	d->found = NULL;
	if (fd < 0) {
		bool missing = errno == ENOENT || errno == EACCES || errno == ENOTDIR;
		bool final = missing || statefile_is_refusal(errno);
		return explain_failure(d,
			missing ? READING_MISSING
			: final ? READING_FAILED
				: READING_AGAIN,
			statefile_refusal(errno));
	}
	enum reading_result result = read_content(d, fd);
	close(fd);
	return result;
}

static void *run_thread(void *arg)
{
	struct dead_links *d = arg;

	d->result = read_file(d);
	atomic_store_explicit(&d->ended, true, memory_order_release);
	return NULL;
}

static bool start_thread(struct dead_links *d)
{
	atomic_store(&d->ended, false);
	return thread_start(&d->thread, THREAD_STACK_BYTES, run_thread, d);
}

/* ---- the result of a reading ---- */

static void tell_outcome(struct dead_links *d)
{
	if (d->result == READING_DONE) {
		unsigned n = d->paths ? paths_n(d->paths) : 0;
		log_info("%u path%s known from '%.300s'", n, figure_word(n, " is", "s are"),
			d->path);
		d->warned = false;
		return;
	}
	if (d->is_default && d->result == READING_MISSING) {
		log_info("no dead links are known: unable to read '%.300s': %s", d->path, d->why);
		return;
	}
	if (!d->warned)
		log_warning("unable to read '%.300s': %s; errors on dead links count against "
			    "clients",
			d->path, d->why);
	d->warned = true;
}

static void use_reading(struct dead_links *d)
{
	d->before = d->paths;
	d->paths = d->found;
	d->found = NULL;
	if (d->result == READING_AGAIN)
		d->last.there = false; /* the next check then reads the file again */
	tell_outcome(d);
}

static struct file_id identify_file(const char *path)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return (struct file_id){.there = false};
	return (struct file_id){.there = true,
		.dev = st.st_dev,
		.ino = st.st_ino,
		.size = st.st_size,
		.modified = st.st_mtim,
		.changed = st.st_ctim};
}

static bool is_same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool is_same_file(const struct file_id *a, const struct file_id *b)
{
	if (!a->there || !b->there)
		return a->there == b->there;
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	       is_same_time(&a->modified, &b->modified) && is_same_time(&a->changed, &b->changed);
}

const struct paths *dead_links_open(struct dead_links *d, struct span monotonic)
{
	d->due.ms = monotonic.ms + DEAD_LINKS_EVERY.ms;
	if (!d->path[0])
		return NULL;
	d->last = identify_file(d->path);
	d->result = read_file(d);
	use_reading(d);
	return d->paths;
}

static bool join_reading(struct dead_links *d, const struct paths **paths)
{
	if (!atomic_load_explicit(&d->ended, memory_order_acquire))
		return false;
	pthread_join(d->thread, NULL);
	d->reading = false;
	use_reading(d);
	*paths = d->paths;
	return true;
}

bool dead_links_look(struct dead_links *d, struct span monotonic, const struct paths **paths)
{
	paths_free(d->before);
	d->before = NULL;
	if (d->reading)
		return join_reading(d, paths);
	if (!d->path[0] || monotonic.ms < d->due.ms)
		return false;
	d->due.ms = monotonic.ms + DEAD_LINKS_EVERY.ms;
	struct file_id now = identify_file(d->path);
	if (is_same_file(&now, &d->last))
		return false;
	d->last = now;
	d->reading = start_thread(d);
	if (!d->reading) /* no thread could be started; the next check retries */
		d->last.there = false;
	return false;
}

void dead_links_free(struct dead_links *d)
{
	if (!d)
		return;
	if (d->reading) {
		atomic_store(&d->stop, true);
		pthread_join(d->thread, NULL);
		paths_free(d->found);
	}
	paths_free(d->before);
	paths_free(d->paths);
	free(d);
}
