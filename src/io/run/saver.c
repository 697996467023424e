/* saver.c - see saver.h. */
#include "io/run/saver.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/version.h"
#include "io/host/process.h"
#include "io/host/statefile.h"
#include "io/run/memory_file.h"

#define PATH_MAX_LEN 4096

/* The same as the default interval at which anomstat --follow redraws the screen. */
static const struct span state_interval = {3000};
/* A change that engine_lasting counts, such as a permanent ban, is saved within 5 s, including this
 * interval, the rest of the previous save and the disk's delay. A save of a million strikes takes
 * 0.26 s of CPU time. */
static const struct span urgent_interval = {4000};
/* If a save waits longer than this for the disk, a message reports it. */
static const struct span slow = {60 * 1000};
/* How often a save that waits for the disk is polled. */
static const struct span disk_interval = {100};

struct saver {
	bool enabled;
	bool replay;
	struct statedir *dir;
	int gid; /* group of `dir` */
	struct engine *engine;
	struct span memory_interval;
	struct instant state_due;
	struct instant memory_due;
	struct memory_file *memory;
	enum memory_file_step step;  /* of the memory file's save: done, more or waits */
	struct instant memory_begun; /* when the last save of the memory file began */
	bool urgent;                 /* saver_hurry was called after memory_begun */
	bool hurried;                /* saver_hurry had been called when the last save began */
	struct instant last_wall;    /* time of the previous state, for rates */
	double last_cpu;
	uint64_t last_lines;
	const struct report *report;
	const char *failed_path;
	char path[PATH_MAX_LEN];
	struct state state;
	char text[STATE_BYTES_MAX];
};

struct saver *saver_new(struct statedir *dir, const struct state_options *o, struct engine *engine,
	const struct saver_run *run)
{
	struct saver *s = calloc(1, sizeof *s);

	if (!s)
		return NULL;
	s->memory = memory_file_new(dir, engine);
	if (!s->memory) {
		free(s);
		return NULL;
	}
	s->enabled = dir->path != NULL;
	s->replay = run->replay;
	s->dir = dir;
	s->gid = dir->gid;
	s->engine = engine;
	s->memory_interval = o->memory_interval;
	s->memory_due = instant_add(run->started, o->memory_interval);
	s->last_wall = run->started;
	snprintf(s->path, sizeof s->path, "%s", dir->path ? dir->path : "");
	s->report = run->report;
	s->state.started = run->started;
	s->state.pid = (uint32_t)getpid();
	s->state.interval_s = (double)state_interval.ms / 1000;
	snprintf(s->state.program_version, sizeof s->state.program_version, "%s",
		ANOMDETECT_VERSION);
	/* gethostname cuts a longer name */
	if (gethostname(s->state.host, sizeof s->state.host - 1) < 0)
		s->state.host[0] = '\0';
	snprintf(s->state.firewall, sizeof s->state.firewall, "%s", run->firewall);
	snprintf(s->state.set_name, sizeof s->state.set_name, "%s", run->set_name);
	s->state.ipv4_prefix = run->ipv4_prefix;
	s->state.ipv6_prefix = run->ipv6_prefix;
	return s;
}

void saver_free(struct saver *s)
{
	if (s)
		memory_file_free(s->memory);
	free(s);
}

bool saver_restore(struct saver *s, char *why, size_t why_cap)
{
	why[0] = '\0';
	return !s->enabled || memory_file_restore(s->memory, s->replay, why, why_cap);
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

/* Call it before each write to `path`. Checks that this run still has the lock. If another run has
 * the lock, or the directory was made again, a half-written memory file is dropped, because it
 * could not be finished. */
static bool hold_place(struct saver *s, const char *path)
{
	bool held = statedir_hold(s->dir);

	if (!held || s->dir->made)
		memory_file_abandon(s->memory);
	return held || note_failure(s, path);
}

static bool save_state(struct saver *s, struct instant wall, bool running)
{
	struct state *t = &s->state;
	double seconds = (double)instant_since(wall, s->last_wall).ms / 1000;
	uint64_t lines = engine_counters(s->engine).lines;
	double cpu = process_cpu_seconds();
	struct buf b;

	if (!hold_place(s, s->path))
		return false;
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
	if (s->report)
		report_add_counters(s->report, &t->counters);
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

/* Begins or continues a save of the memory file. False with errno when it failed. */
static bool save_memory(struct saver *s, struct instant wall)
{
	if (s->step == MEMORY_FILE_DONE) {
		s->memory_begun = wall;
		s->hurried = s->urgent;
		s->urgent = false;
	}
	s->step = hold_place(s, memory_file_path(s->memory)) ? memory_file_step(s->memory)
							     : MEMORY_FILE_FAILED;
	if (s->step == MEMORY_FILE_WAITS)
		s->memory_due = instant_add(wall, disk_interval);
	else if (s->step == MEMORY_FILE_DONE)
		s->memory_due = instant_add(s->memory_begun, s->memory_interval);
	else if (s->step == MEMORY_FILE_FAILED)
		s->memory_due = instant_add(wall, s->memory_interval);
	if (s->step == MEMORY_FILE_WAITS && instant_since(wall, s->memory_begun).ms > slow.ms) {
		errno = ETIME;
		return note_failure(s, memory_file_path(s->memory));
	}
	if (s->step != MEMORY_FILE_FAILED)
		return true;
	s->step = MEMORY_FILE_DONE;
	s->urgent |= s->hurried;
	return note_failure(s, memory_file_path(s->memory));
}

/* The time at which the next step of a save of the memory file is due. */
static struct instant memory_next(const struct saver *s)
{
	struct instant soon = instant_add(s->memory_begun, urgent_interval);

	if (s->step == MEMORY_FILE_MORE)
		return (struct instant){0};
	return s->step == MEMORY_FILE_DONE && s->urgent && instant_before(soon, s->memory_due)
		       ? soon
		       : s->memory_due;
}

/* Moves a due time closer if it is too far ahead. Otherwise, a clock that was set back would delay
 * saves. */
static void keep_near(struct instant *due, struct span interval, struct instant wall)
{
	if (instant_since(*due, wall).ms > interval.ms)
		*due = wall;
}

bool saver_step(struct saver *s, struct instant wall)
{
	if (!s->enabled)
		return true;
	keep_near(&s->state_due, state_interval, wall);
	keep_near(&s->memory_due, s->memory_interval, wall);
	keep_near(&s->memory_begun, (struct span){0}, wall);
	if (!instant_before(wall, s->state_due)) {
		s->state_due = instant_add(wall, state_interval);
		return save_state(s, wall, true); /* the memory file follows in another step */
	}
	return instant_before(wall, memory_next(s)) || save_memory(s, wall);
}

void saver_hurry(struct saver *s)
{
	s->urgent = true;
}

struct instant saver_next(const struct saver *s)
{
	if (!s->enabled)
		return INSTANT_MAX;
	struct instant next = memory_next(s);
	return instant_before(s->state_due, next) ? s->state_due : next;
}

bool saver_finish(struct saver *s, struct instant wall)
{
	if (!s->enabled)
		return true;
	const char *memory = memory_file_path(s->memory);
	/* the state is saved first, so that anomstat shows the end of the run even if the disk is
	 * slow */
	bool ok = save_state(s, wall, false);
	int saved = errno;
	if (!hold_place(s, memory))
		return false;
	if (!memory_file_save(s->memory))
		return note_failure(s, memory);
	errno = saved;
	return ok;
}

const char *saver_failed_path(const struct saver *s)
{
	return s->failed_path;
}
