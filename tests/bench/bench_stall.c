/* bench_stall.c - the longest time for which one line can delay the next one, whatever happens
 * meanwhile.
 *
 *     bench_stall DIRECTORY [SCENARIO...]     state and memory file are in DIRECTORY
 *
 * The live engine and the saver run as in anomdetect, but line by line, by the clock of the lines.
 * Each line is one measurement. Each pass between two batches is also one measurement. In a pass,
 * time advances and files are written. CPU time counts, because other programs on the machine
 * change the wall time. Waiting for a disk is only visible in the wall time. No client is banned in
 * a kernel.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/engine/engine.h"
#include "io/config/input.h"
#include "io/config/options.h"
#include "io/run/saver.h"
#include "io/config/settings.h"
#include "io/run/statedir.h"

#define START_MS 1795341600000 /* 2026-11-22T10:00:00Z */
#define BATCH    600           /* lines of one read */
#define BUCKETS  18            /* powers of two, from under 1 us to 65 ms and more */
#define GOAL_NS  5000000
#define PATH_CAP 4096

enum kind { LINE, PASS, KINDS };

struct time_used {
	int64_t cpu_ns, wall_ns;
};

struct tally {
	uint64_t counts[BUCKETS]; /* by CPU time */
	uint64_t over_goal;
	struct time_used worst, longest; /* `worst` by CPU time, `longest` by wall time */
	int64_t worst_second;            /* since the start */
	int64_t files;                   /* ns that files took in the worst measurement */
	char worst_in[160];
};

struct run {
	struct engine *engine;
	struct saver *saver;
	int64_t ms; /* the wall clock */
	unsigned batch;
	bool played;
	struct tally tallies[KINDS];
	char state_path[PATH_CAP];
	char memory_path[PATH_CAP + 8];
};

/* Values before or after a measurement. Their differences show what made a measurement long. */
struct mark {
	struct counters counters;
	int64_t second;
	ino_t state, memory;
	bool writing;
	struct time_used tick; /* the part of a pass before files are written */
};

static struct time_used now(void)
{
	struct timespec cpu, wall;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu);
	clock_gettime(CLOCK_MONOTONIC, &wall);
	return (struct time_used){
		cpu.tv_sec * 1000000000 + cpu.tv_nsec, wall.tv_sec * 1000000000 + wall.tv_nsec};
}

static struct time_used since(struct time_used began)
{
	struct time_used t = now();

	return (struct time_used){t.cpu_ns - began.cpu_ns, t.wall_ns - began.wall_ns};
}

static int64_t newest_second(const struct run *r)
{
	struct instant t = {START_MS};

	engine_now(r->engine, &t);
	return instant_second(t);
}

static ino_t inode(const char *path)
{
	struct stat s;

	return stat(path, &s) == 0 ? s.st_ino : 0;
}

/* Checks the files only for passes, because only passes write them. */
static struct mark mark(struct run *r, enum kind kind)
{
	struct mark m = {engine_counters(r->engine), newest_second(r), 0, 0, false, {0}};

	if (kind == PASS) {
		m.state = inode(r->state_path);
		m.memory = inode(r->memory_path);
		m.writing = saver_next(r->saver).ms == 0;
	}
	return m;
}

static void describe(const struct mark *a, const struct mark *b, char *out, size_t cap)
{
	const struct counters *c = &a->counters, *d = &b->counters;
	int64_t seconds = b->second - a->second;

	snprintf(out, cap, "%s%s%s%s%s%s%s%s", seconds ? "second closed, " : "",
		b->second / 60 != a->second / 60 ? "minute, " : "",
		b->second / 3600 != a->second / 3600 ? "hour, " : "",
		d->bans != c->bans ? "ban, " : "", d->unbans != c->unbans ? "unban, " : "",
		d->alerts != c->alerts ? "alert, " : "",
		a->state != b->state       ? "state written, "
		: a->memory != b->memory   ? "memory file in place, "
		: a->writing || b->writing ? "part of memory file, "
					   : "",
		d->clients != c->clients ? "new client, " : "");
	size_t len = strlen(out);
	if (len > 2)
		out[len - 2] = '\0';
}

static void count(struct run *r, enum kind kind, struct time_used t, const struct mark *before)
{
	struct tally *y = &r->tallies[kind];
	int k = 0;

	for (int64_t us = t.cpu_ns / 1000; us && k < BUCKETS - 1; us /= 2)
		k++;
	y->counts[k]++;
	y->over_goal += t.cpu_ns > GOAL_NS;
	if (t.wall_ns > y->longest.wall_ns)
		y->longest = t;
	if (t.cpu_ns <= y->worst.cpu_ns)
		return;
	struct mark after = mark(r, kind);
	y->files = kind == PASS ? t.cpu_ns - before->tick.cpu_ns : 0;
	y->worst = t;
	y->worst_second = after.second - START_MS / 1000;
	describe(before, &after, y->worst_in, sizeof y->worst_in);
}

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

/* Makes a pass, as pass_time in anomdetect.c does. */
static void pass(struct run *r)
{
	struct mark before = mark(r, PASS);
	struct time_used began = now();
	struct instant wall = {r->ms};

	engine_clock(r->engine, wall, (struct span){r->ms - START_MS + 1000000});
	engine_tick(r->engine, wall);
	before.tick = since(began);
	bool saved = saver_step(r->saver, wall);
	int error = errno;
	count(r, PASS, since(began), &before);
	r->batch = 0;
	if (saved)
		return;
	errno = error;
	if (error != ETIME)
		fail("bench_stall: error: unable to save");
	/* On a busy machine, the clock of the lines may be a minute ahead of the thread that
	 * writes. Give the thread time. */
	nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
}

/* Lets `seconds` go by without a request. Makes a pass when something is due, and at least one per
 * second, and further passes while a file is written. */
static void silence(struct run *r, int seconds)
{
	int64_t end = r->ms + (int64_t)seconds * 1000;

	while (r->ms < end) {
		int64_t due = engine_next(r->engine).ms;
		r->ms = due <= r->ms ? r->ms + 1 : due < r->ms + 1000 ? due : r->ms + 1000;
		do
			pass(r);
		while (saver_next(r->saver).ms == 0);
	}
}

/* A request of one of 2^24 clients, as nginx logs it. Every eighth client is IPv6. */
static void ask(struct run *r, uint32_t client, int status)
{
	char text[512], address[48];

	if (client % 8 == 7)
		snprintf(address, sizeof address, "2001:db8:%" PRIx32 ":%" PRIx32 "::7",
			client >> 16, client & 0xffff);
	else
		snprintf(address, sizeof address, "%" PRIu32 ".%" PRIu32 ".%" PRIu32 ".%" PRIu32,
			64 + (client >> 22), client >> 14 & 255, client >> 6 & 255,
			client << 2 & 255);
	int len = snprintf(text, sizeof text,
		"{\"remote_addr\":\"%s\",\"msec\":%" PRId64 ".%03d,\"request\":\"GET /articles/%u "
		"HTTP/1.1\",\"status\":%d,\"bytes\":5120,\"rt\":0.004,\"host\":\"www.example.org\","
		"\"ua\":\"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) "
		"Gecko/20100101 Firefox/140.0\"}",
		address, r->ms / 1000, (int)(r->ms % 1000), client, status);
	struct mark before = mark(r, LINE);
	struct time_used began = now();
	engine_queue(r->engine, text, (size_t)len, false, (struct instant){r->ms});
	engine_flush(r->engine);
	count(r, LINE, since(began), &before);
	if (++r->batch == BATCH)
		pass(r);
}

static uint32_t scatter(uint32_t i)
{
	return i * 2654435761u & 0xffffff; /* Knuth's factor gives each number its own place */
}

/* ---- scenarios ---- */

/* `n` clients ask one after the other, each client once. */
static void come(struct run *r, uint32_t first, uint32_t n, uint32_t per_s)
{
	int64_t start = r->ms;

	for (uint32_t i = 0; i < n; i++) {
		r->ms = start + (int64_t)i * 1000 / per_s;
		ask(r, scatter(first + i), i % 50 ? 200 : 404);
	}
	pass(r);
}

/* The same `n` clients ask in turn, again and again. */
static void stay(struct run *r, uint32_t n, int seconds, uint32_t per_s)
{
	int64_t start = r->ms, lines = (int64_t)seconds * per_s;

	for (int64_t i = 0; i < lines; i++) {
		r->ms = start + i * 1000 / per_s;
		ask(r, scatter((uint32_t)(i % n)), i % 50 ? 200 : 404);
	}
	pass(r);
}

static void a_million_come_and_go(struct run *r)
{
	come(r, 0, 1000000, 20000);
	silence(r, 200);
	come(r, 0, 200000, 20000);
}

static void table_is_full(struct run *r)
{
	come(r, 0, 2000000, 20000);
}

static void hours_go_by(struct run *r)
{
	stay(r, 20000, 3 * 3600 + 60, 100);
	silence(r, 3 * 3600);
	come(r, 0, 1000, 100);
}

/* 200,000 clients that ask every few seconds. These are more busy clients than the engine has
 * rings, in which window.h stores 60 s exactly. */
static void many_are_busy(struct run *r)
{
	stay(r, 200000, 60, 40000);
}

static void a_hundred_thousand_are_banned(struct run *r)
{
	stay(r, 5000, 130, 500);
	int64_t start = r->ms;
	for (int i = 0; i < 400000; i++) {
		r->ms = start + i * 3 / 40;
		ask(r, scatter(1000000 + (uint32_t)i / 4), 200);
	}
	stay(r, 5000, 200, 500);
	silence(r, 700); /* all bans expire */
	stay(r, 5000, 10, 500);
}

/* All bans but the last one are forgotten. To find this last ban, the table then searches a million
 * empty places. */
static void a_million_bans_are_forgotten(struct run *r)
{
	int64_t start = r->ms;

	for (int i = 0; i < 4000000; i++) {
		r->ms = start + i / 80;
		ask(r, scatter((uint32_t)i / 4), 200);
	}
	silence(r, 1000);
	start = r->ms;
	for (int i = 0; i < 100; i++) {
		r->ms = start + i * 100;
		ask(r, i < 50 ? 1 : 2, 200);
	}
	silence(r, 130);
}

/* This floor lowers the cold limit to 1.67 requests in 60 s. A burst leads to a ban above twice the
 * limit, 3.33 requests. So a client is banned at the fourth request of a burst. */
#define BAN_AT_ONCE                                                                                \
	"--requests-floor", "1", "--learn", "0s", "--max-bans-per-minute", "1000000000",           \
		"--mass-share", "1", "--proxy-share", "1"

static const struct scenario {
	const char *name, *what;
	void (*play)(struct run *r);
	const char *options[24];
} scenarios[] = {
	{"million", "1,000,000 clients in 50 s, then silence, then 200,000 again",
		a_million_come_and_go, {NULL}},
	{"full", "2,000,000 clients with room for 100,000", table_is_full,
		{"--max-clients", "100000", NULL}},
	{"hours", "20,000 clients for 3 hours, 3 hours of silence", hours_go_by, {NULL}},
	{"busy", "200,000 clients, each asks every 5 s", many_are_busy, {NULL}},
	{"bans", "100,000 bans in 30 s, written to files, then expired",
		a_hundred_thousand_are_banned, {BAN_AT_ONCE, NULL}},
	{"strikes", "1,000,000 bans of 60 s, forgotten after 60 s", a_million_bans_are_forgotten,
		{"--schedule", "60s", "--forget", "60s", BAN_AT_ONCE, NULL}},
};
#define SCENARIOS (sizeof scenarios / sizeof *scenarios)

static void sink(void *ctx, const struct event *e)
{
	(void)ctx;
	(void)e;
}

static void play(const struct scenario *s, const char *directory, struct run *r)
{
	struct options options;
	struct input input;
	struct allow *allow = allow_new();
	char why[512], old_path[PATH_CAP + 16], *argv[32] = {(char[]){"bench_stall"}};
	int argc = 1;

	for (const char *const *o = s->options; *o; o++)
		argv[argc++] = strdup(*o);
	if (!options_parse(&options, argc, argv, why, sizeof why) ||
		!input_open(&input, &options.input, &options.allow.trust_proxy, why, sizeof why)) {
		fprintf(stderr, "bench_stall: error: %s\n", why);
		exit(1);
	}
	allow_seal(allow);
	struct engine_config config = settings_engine(&options, &input.line, allow);
	struct statedir dir = {.path = r->state_path, .uid = -1, .gid = -1, .lock_fd = -1};
	struct saver_run saver_run = {.started = {START_MS}, .firewall = "none", .set_name = ""};
	r->ms = START_MS;
	snprintf(r->state_path, sizeof r->state_path, "%s/stall-state.json", directory);
	snprintf(r->memory_path, sizeof r->memory_path, "%s.memory", r->state_path);
	r->engine = engine_new(&config, sink, NULL);
	r->saver = r->engine ? saver_new(&dir, &options.state, r->engine, &saver_run) : NULL;
	if (!r->saver)
		fail("bench_stall: error: unable to start");
	pass(r);
	memset(r->tallies, 0, sizeof r->tallies); /* the first pass only starts the engine */
	s->play(r);
	if (strcmp(s->name, "bans") == 0 && engine_counters(r->engine).bans < 100000)
		fprintf(stderr, "bench_stall: warning: only %" PRIu64 " bans\n",
			engine_counters(r->engine).bans);
	saver_free(r->saver);
	engine_free(r->engine);
	allow_free(allow);
	input_close(&input);
	options_free(&options);
	for (int i = 1; i < argc; i++)
		free(argv[i]);
	unlink(r->state_path);
	unlink(r->memory_path);
	snprintf(old_path, sizeof old_path, "%s.old", r->memory_path);
	unlink(old_path);
}

/* ---- tables ---- */

static void print_counts(const struct run *runs, enum kind kind, const char *title)
{
	int last = 0;

	printf("%-28s", title);
	for (size_t s = 0; s < SCENARIOS; s++) {
		if (!runs[s].played)
			continue;
		printf("%10s", scenarios[s].name);
		for (int k = 0; k < BUCKETS; k++)
			last = runs[s].tallies[kind].counts[k] && k > last ? k : last;
	}
	for (int k = 0; k <= last; k++) {
		printf("\n  %s %6d us           ", k < BUCKETS - 1 ? "under" : "from ",
			1 << (k < BUCKETS - 1 ? k : k - 1));
		for (size_t s = 0; s < SCENARIOS; s++)
			if (runs[s].played)
				printf("%10" PRIu64, runs[s].tallies[kind].counts[k]);
	}
	puts("\n");
}

static void print_worst(const struct scenario *s, const struct run *r)
{
	static const char *const names[KINDS] = {"line", "pass"};

	for (int k = 0; k < KINDS; k++) {
		const struct tally *t = &r->tallies[k];
		printf("%-8s %s %8.2f %8.2f %9.2f %8" PRIu64 " %8.2f  at %" PRId64 " s: %s\n",
			s->name, names[k], (double)t->worst.cpu_ns / 1e6,
			(double)t->worst.wall_ns / 1e6, (double)t->longest.wall_ns / 1e6,
			t->over_goal, (double)t->files / 1e6, t->worst_second, t->worst_in);
	}
}

static bool is_wanted(const char *name, int argc, char **argv)
{
	for (int i = 2; i < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return true;
	return argc == 2;
}

int main(int argc, char **argv)
{
	static struct run runs[SCENARIOS];

	if (argc < 2) {
		fputs("usage: bench_stall DIRECTORY [SCENARIO...]\n", stderr);
		return 2;
	}
	struct time_used began = now();
	for (int i = 0; i < 100000; i++)
		(void)now();
	printf("reading the clocks takes, in each measurement, %" PRId64 " ns\n",
		since(began).cpu_ns / 100000);
	for (size_t s = 0; s < SCENARIOS; s++) {
		if (!is_wanted(scenarios[s].name, argc, argv))
			continue;
		printf("%-8s %s\n", scenarios[s].name, scenarios[s].what);
		fflush(stdout);
		play(&scenarios[s], argv[1], &runs[s]);
		runs[s].played = true;
	}
	putchar('\n');
	print_counts(runs, LINE, "CPU time of a line");
	print_counts(runs, PASS, "CPU time of a pass");
	puts("the worst       CPU ms  wall ms  most wall  over 5   files  what happened in it");
	for (size_t s = 0; s < SCENARIOS; s++)
		if (runs[s].played)
			print_worst(&scenarios[s], &runs[s]);
	return 0;
}
