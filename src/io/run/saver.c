/* saver.c - see saver.h. */
#include "io/run/saver.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/record/memory.h"
#include "core/base/version.h"
#include "io/host/process.h"
#include "io/host/statefile.h"

#define PATH_MAX_LEN 4096

struct saver {
	bool enabled;
	bool replay;
	int uid, gid; /* as in struct statedir */
	struct engine *engine;
	struct span state_interval;
	struct span memory_interval;
	struct instant state_due;
	struct instant memory_due;
	struct statefile *file; /* the memory file being written, or NULL */
	struct statefile *gone; /* the one that it has replaced, while that is let go of, or NULL */
	struct memory_writer writer;
	struct instant last_wall; /* of the state before, for rates */
	double last_cpu;
	uint64_t last_lines;
	const struct report *report;
	const char *failed_path;
	char path[PATH_MAX_LEN];
	char memory_path[PATH_MAX_LEN + 8];
	struct state state;
	char chunk[MEMORY_CHUNK_BYTES];
	char text[STATE_BYTES_MAX];
};

struct saver *saver_new(const struct statedir *dir, const struct state_options *o,
	struct engine *engine, const struct saver_run *run)
{
	struct saver *s = calloc(1, sizeof *s);

	if (!s)
		return NULL;
	s->enabled = dir->path != NULL;
	s->replay = run->replay;
	s->uid = dir->uid;
	s->gid = dir->gid;
	s->engine = engine;
	s->state_interval = o->interval;
	s->memory_interval = o->memory_interval;
	s->memory_due = instant_add(run->started, o->memory_interval);
	s->last_wall = run->started;
	snprintf(s->path, sizeof s->path, "%s", dir->path ? dir->path : "");
	snprintf(s->memory_path, sizeof s->memory_path, "%s.memory", s->path);
	s->report = run->report;
	s->state.started = run->started;
	s->state.pid = (uint32_t)getpid();
	s->state.interval_s = (double)o->interval.ms / 1000;
	snprintf(s->state.program_version, sizeof s->state.program_version, "%s",
		ANOMDETECT_VERSION);
	/* a longer name than there is room for is cut */
	if (gethostname(s->state.host, sizeof s->state.host - 1) < 0)
		s->state.host[0] = '\0';
	snprintf(s->state.firewall, sizeof s->state.firewall, "%s", run->firewall);
	snprintf(s->state.set_name, sizeof s->state.set_name, "%s", run->set_name);
	return s;
}

static void let_go(struct saver *s)
{
	if (s->gone && statefile_let_go(s->gone))
		s->gone = NULL;
}

void saver_free(struct saver *s)
{
	if (s && s->file)
		statefile_abandon(s->file);
	while (s && s->gone)
		let_go(s);
	free(s);
}

/* Nothing is lost: the file can be looked at, and the next save does not overwrite it. */
static void set_aside(const struct saver *s, const char *reason, char *why, size_t why_cap)
{
	snprintf(why, why_cap, "'%.200s' is not readable (%s): %s; starting fresh", s->memory_path,
		reason,
		statefile_set_aside(s->memory_path) ? "set aside as .bad"
						    : "unable to set it aside");
}

/* A replay hashes under the file's key, so that the same file gives the same output. A live run
 * keeps its own, which nobody can read anywhere. */
static bool read_memory(struct saver *s, const char *text, size_t len, const char **reason)
{
	struct memory_parts parts = engine_memory(s->engine);
	struct hash_key key, own;
	bool adopt = s->replay && memory_key(text, len, &key);

	if (adopt)
		own = engine_set_key(s->engine, key);
	if (memory_read(text, len, &parts, reason))
		return true;
	if (adopt)
		engine_set_key(s->engine, own);
	return false;
}

bool saver_restore(struct saver *s, char *why, size_t why_cap)
{
	size_t len;
	const char *reason;
	char *text;
	bool ok;

	why[0] = '\0';
	if (!s->enabled)
		return false;
	text = statefile_read_own(s->memory_path, MEMORY_BYTES_MAX, s->uid, &len);
	if (!text && errno != ENOENT)
		set_aside(s, statefile_refusal(errno), why, why_cap);
	if (!text)
		return false;
	ok = read_memory(s, text, len, &reason);
	free(text);
	if (!ok)
		set_aside(s, reason, why, why_cap);
	return ok;
}

void saver_set_trouble(struct saver *s, const char *why)
{
	snprintf(s->state.trouble, sizeof s->state.trouble, "%s", why);
}

static bool note_failure(struct saver *s, const char *path)
{
	s->failed_path = path;
	return false;
}

static bool save_state(struct saver *s, struct instant wall, bool running)
{
	struct state *t = &s->state;
	double seconds = (double)instant_since(wall, s->last_wall).ms / 1000;
	uint64_t lines = engine_counters(s->engine).lines;
	double cpu = process_cpu_seconds();
	struct buf b;

	t->saved = wall;
	t->running = running;
	t->cpu_seconds = cpu;
	t->memory_bytes = process_memory_bytes();
	if (seconds > 0) {
		t->cpu_percent = 100 * (cpu - s->last_cpu) / seconds;
		t->lines_per_s = (double)(lines - s->last_lines) / seconds;
	}
	s->last_wall = wall;
	s->last_cpu = cpu;
	s->last_lines = lines;
	engine_snapshot(s->engine, t);
	t->events_n = s->report ? recent_events_list(&s->report->recent, t->events) : 0;
	if (s->report) {
		ban_requests_fill(&s->report->requests, t);
		report_add_counters(s->report, &t->counters);
	}
	if (strcmp(t->firewall, "none") == 0)
		t->bans_not_enforced = 0;
	buf_init(&b, s->text, sizeof s->text);
	state_write(t, &b);
	if (b.full) {
		errno = EFBIG;
		return note_failure(s, s->path);
	}
	return statefile_replace(s->path, s->gid, b.data, b.len) || note_failure(s, s->path);
}

/* One chunk of the memory file; *done when it is in place. */
static bool save_chunk(struct saver *s, bool *done)
{
	struct memory_parts parts = engine_memory(s->engine);
	struct instant now = {0};
	struct buf b;

	*done = true;
	if (!s->file) {
		s->file = statefile_begin(s->memory_path, s->gid);
		if (!s->file)
			return note_failure(s, s->memory_path);
		memory_begin(&s->writer);
	}
	engine_now(s->engine, &now);
	buf_init(&b, s->chunk, sizeof s->chunk);
	bool more = memory_write(&s->writer, &parts, now, &b);
	struct statefile *file = s->file;
	if (!statefile_put(file, b.data, b.len)) {
		int saved = errno;
		s->file = NULL;
		statefile_abandon(file);
		errno = saved;
		return note_failure(s, s->memory_path);
	}
	*done = !more;
	if (more)
		return true;
	s->file = NULL;
	if (!statefile_publish(file))
		return note_failure(s, s->memory_path);
	s->gone = file;
	let_go(s);
	return true;
}

bool saver_step(struct saver *s, struct instant wall)
{
	if (!s->enabled)
		return true;
	/* a clock that was set back must not keep us from saving */
	if (instant_since(s->state_due, wall).ms > s->state_interval.ms)
		s->state_due = wall;
	if (instant_since(s->memory_due, wall).ms > s->memory_interval.ms)
		s->memory_due = wall;
	if (!instant_before(wall, s->state_due)) {
		s->state_due = instant_add(wall, s->state_interval);
		return save_state(s, wall, true); /* the other in a step of its own */
	}
	if (s->gone) {
		let_go(s);
		return true;
	}
	if (!s->file && instant_before(wall, s->memory_due))
		return true;
	bool done, ok = save_chunk(s, &done);
	if (done)
		s->memory_due = instant_add(wall, s->memory_interval);
	return ok;
}

struct instant saver_next(const struct saver *s)
{
	if (!s->enabled)
		return INSTANT_MAX;
	if (s->file || s->gone)
		return (struct instant){0};
	return instant_before(s->state_due, s->memory_due) ? s->state_due : s->memory_due;
}

bool saver_finish(struct saver *s, struct instant wall)
{
	bool done = false, ok = true;

	if (!s->enabled)
		return true;
	if (s->file) /* one that is half written is of an older time: it is begun anew */
		statefile_abandon(s->file);
	s->file = NULL;
	while (s->gone)
		let_go(s);
	while (!done)
		ok = save_chunk(s, &done);
	return save_state(s, wall, false) && ok;
}

const char *saver_failed_path(const struct saver *s)
{
	return s->failed_path;
}
