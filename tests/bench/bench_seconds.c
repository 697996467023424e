/* bench_seconds.c - the cost of the work that the engine does as the time in the log passes: it
 * closes seconds, ends visits and computes baselines. The cost of the lines is not included.
 *
 * The engine runs as in a replay, with the default options, line by line. Lines come in bursts of
 * one second. The first HEAD lines of each burst close the seconds before the burst. The next HEAD
 * lines close none. The difference between the times of these two parts is the cost of closing,
 * because the cost of the clock, the lines and their parsing cancels out. CPU time counts, because
 * other programs change the wall time.
 *
 * Each figure is measured in REPEATS new engines. The table shows the median and the worst of them.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/engine/engine.h"
#include "io/config/input.h"
#include "io/config/options.h"
#include "io/config/settings.h"

#define START_MS 1795341600000 /* 2026-11-22T10:00:00Z */
#define REPEATS  9
#define HEAD     8  /* more lines than core/measure/logclock delays when the time jumps */
#define PERIOD_S 50 /* between two lines of a client: all clients stay in the window of 60 s */
#define QUIET    130
#define BUSY     10000
/* longer than the first 10 minutes, in which only the worst clients are banned */
#define WARM_S       900
#define BURSTS       600
#define MINUTE_S     60
#define MINUTES      15
#define VISITS_PER_S 40
#define LINE_CAP     512

struct bench {
	struct engine *engine;
	int64_t second;
	uint32_t clients; /* number of clients that take turns */
	uint32_t turn;
	bool passing; /* clients do not take turns: each client makes one visit */
};

static void fail(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Sorts the values. */
static double median_of(double *values, size_t n)
{
	qsort(values, n, sizeof *values, compare_doubles);
	return values[n / 2];
}

/* ---- lines ---- */

static size_t write_line(char out[LINE_CAP], uint32_t client, int64_t second)
{
	char address[48];

	if (client % 4 == 3)
		snprintf(address, sizeof address, "2001:db8:%" PRIx32 ":%" PRIx32 "::7",
			client >> 16, client & 0xffff);
	else
		snprintf(address, sizeof address, "%" PRIu32 ".%" PRIu32 ".%" PRIu32 ".%" PRIu32,
			64 + (client >> 22), client >> 14 & 255, client >> 6 & 255,
			client << 2 & 255);
	return (size_t)snprintf(out, LINE_CAP,
		"{\"remote_addr\":\"%s\",\"msec\":%" PRId64
		".000,\"request\":\"GET /articles/%" PRIu32
		" HTTP/1.1\",\"status\":%d,\"bytes\":5120,\"rt\":0.004,"
		"\"host\":\"www.example.org\"}",
		address, second, client % 4000, client % 61 ? 200 : 404);
}

static uint32_t whose_turn(struct bench *b)
{
	uint32_t turn = b->turn++;

	/* every fourth number is a client whose requests are VISITS_PER_S * 8 lines apart */
	return b->passing ? turn - turn % 4 * (VISITS_PER_S * 8 + 1) : turn % b->clients;
}

/* Feeds `n` lines, at most HEAD, of the clients whose turn it is. Returns the CPU time in ns. */
static double ask_timed(struct bench *b, unsigned n)
{
	static char lines[HEAD][LINE_CAP];
	size_t lens[HEAD];

	for (unsigned i = 0; i < n; i++)
		lens[i] = write_line(lines[i], whose_turn(b) * 2654435761u & 0xffffff, b->second);
	double began = now_ns();
	for (unsigned i = 0; i < n; i++) {
		engine_queue(b->engine, lines[i], lens[i], false, (struct instant){0});
		engine_flush(b->engine);
	}
	return now_ns() - began;
}

/* A burst of at least 2 * HEAD lines, `gap` seconds after the previous one. Returns the cost of
 * closing these seconds, in ns. */
static double close_by_burst(struct bench *b, int64_t gap, unsigned lines)
{
	b->second += gap;
	double closed = ask_timed(b, HEAD);
	closed -= ask_timed(b, HEAD);
	for (unsigned left = lines - 2 * HEAD; left; left -= left < HEAD ? left : HEAD)
		ask_timed(b, left < HEAD ? left : HEAD);
	return closed;
}

/* ---- figures ---- */

/* Fills the window with requests of the clients that take turns. */
static void warm_up(struct bench *b, uint32_t clients)
{
	b->clients = clients;
	for (int s = 0; s < WARM_S; s += 5)
		close_by_burst(b, 5, clients * 5 / PERIOD_S + 2 * HEAD);
}

/* The gap before a burst is 2 s and 10 s in turn. The longer gap closes 8 more empty seconds. */
static double empty_in_window(struct bench *b, uint32_t clients)
{
	static double near[BURSTS / 2], far[BURSTS / 2];
	unsigned lines = clients * 6 / PERIOD_S; /* every 6 s on average */

	warm_up(b, clients);
	for (int i = 0; i < BURSTS / 2; i++) {
		near[i] = close_by_burst(b, 2, lines > 2 * HEAD ? lines : 2 * HEAD);
		far[i] = close_by_burst(b, 10, lines > 2 * HEAD ? lines : 2 * HEAD);
	}
	return (median_of(far, BURSTS / 2) - median_of(near, BURSTS / 2)) / 8;
}

static double empty_quiet(struct bench *b)
{
	return empty_in_window(b, QUIET);
}

static double empty_busy(struct bench *b)
{
	return empty_in_window(b, BUSY);
}

/* Silences of two lengths alternate. The result is the additional cost of the longer silence, so
 * the few visits that end in each silence cancel out. The result includes the baselines of the
 * additional time, one per 60 s. */
static double empty_in_silence(struct bench *b, int64_t shorter, int64_t longer)
{
	enum { SILENCES = 50 };
	double cost[2][SILENCES / 2];

	warm_up(b, QUIET);
	for (int i = 0; i < SILENCES; i++) {
		for (int k = 0; k < 4; k++) /* only a few visits are open when the silence begins */
			close_by_burst(b, 2 * MINUTE_S, 2 * HEAD);
		cost[i % 2][i / 2] = close_by_burst(b, i % 2 ? longer : shorter, 2 * HEAD);
	}
	return (median_of(cost[1], SILENCES / 2) - median_of(cost[0], SILENCES / 2)) /
	       (double)(longer - shorter);
}

static double empty_hour(struct bench *b)
{
	return empty_in_silence(b, 600, 3600);
}

static double empty_day(struct bench *b)
{
	return empty_in_silence(b, 3600, 86400);
}

/* The lines of 200 clients on average, each of which asks every 50 s. The number of lines varies
 * from second to second. So the site is judged again whenever its window has grown. */
static double close_busy(struct bench *b)
{
	unsigned swing = (unsigned)(b->second * 2654435761 >> 20 & 127);

	return close_by_burst(b, 1, BUSY / PERIOD_S - 64 + swing);
}

static double close_passing(struct bench *b)
{
	return close_by_burst(b, 1, VISITS_PER_S * 4);
}

/* The mean cost of a second. The two most expensive seconds of each minute are omitted: those of
 * the baseline and of the clients' limits. */
static double usual_second(struct bench *b, double (*close_one)(struct bench *))
{
	double minute[MINUTE_S], sum = 0;

	for (int m = 0; m < MINUTES; m++) {
		for (int s = 0; s < MINUTE_S; s++)
			minute[s] = close_one(b);
		(void)median_of(minute, MINUTE_S);
		for (int s = 0; s < MINUTE_S - 2; s++)
			sum += minute[s];
	}
	return sum / (MINUTES * (MINUTE_S - 2));
}

static double busy_second(struct bench *b)
{
	warm_up(b, BUSY);
	return usual_second(b, close_busy);
}

/* The additional cost of the two most expensive seconds of a minute. The baseline and the limits
 * may also be computed in the same second. */
static double new_baseline(struct bench *b)
{
	double minute[MINUTE_S], extra[MINUTES];

	warm_up(b, BUSY);
	for (int m = 0; m < MINUTES; m++) {
		for (int s = 0; s < MINUTE_S; s++)
			minute[s] = close_busy(b);
		double usual = median_of(minute, MINUTE_S);
		extra[m] = minute[MINUTE_S - 1] + minute[MINUTE_S - 2] - 2 * usual;
	}
	return median_of(extra, MINUTES);
}

/* Each second, as many visits end as begin. Each visit is of a new client with four requests within
 * 10 s. The result includes closing the second itself, which is under 1 %. */
static double ended_visit(struct bench *b)
{
	b->passing = true;
	for (int s = 0; s < WARM_S; s++)
		close_passing(b);
	return usual_second(b, close_passing) / VISITS_PER_S;
}

static const struct figure {
	bool calm; /* nothing is abnormal for the site */
	const char *text;
	double (*measure)(struct bench *b);
} figures[] = {
	{false, "an empty second, from the 2nd to the 24th hour of a silence", empty_day},
	{false, "an empty second, in the first hour of a silence", empty_hour},
	{true, "an empty second between lines, 130 clients in the window", empty_quiet},
	{true, "an empty second between lines, 10,000 clients in the window", empty_busy},
	{true, "a second with lines, 10,000 clients in the window", busy_second},
	{true, "an ended visit", ended_visit},
	{true, "a new baseline and new limits, once per minute", new_baseline},
};

/* ---- runs ---- */

static void sink(void *ctx, const struct event *e)
{
	(void)ctx;
	(void)e;
}

static double measure_once(const struct figure *f, const struct engine_config *config)
{
	struct bench b = {.engine = engine_new(config, sink, NULL), .second = START_MS / 1000};

	if (!b.engine)
		fail("bench_seconds: error");
	double ns = f->measure(&b);
	struct counters c = engine_counters(b.engine);
	if (c.bans || (f->calm && c.alerts) || c.late || c.ahead || c.requests != c.lines)
		fprintf(stderr,
			"bench_seconds: warning: %s: %" PRIu64 " bans, %" PRIu64 " alerts, %" PRIu64
			" of %" PRIu64 " lines counted\n",
			f->text, c.bans, c.alerts, c.requests, c.lines);
	engine_free(b.engine);
	return ns;
}

int main(void)
{
	struct options options;
	struct input input;
	struct allow *allow = allow_new();
	char why[512], *argv[] = {(char[]){"bench_seconds"}, (char[]){"--replay"}, NULL};

	if (!allow || !options_parse(&options, 2, argv, why, sizeof why) ||
		!input_open(&input, &options.input, &options.allow.trust_proxy, why, sizeof why)) {
		fprintf(stderr, "bench_seconds: error: %s\n", why);
		return EXIT_FAILURE;
	}
	allow_seal(allow);
	struct engine_config config = settings_engine(&options, &input.line, allow);
	printf("%-66s %8s %8s\n", "ns of CPU time", "median", "worst");
	for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
		double ns[REPEATS];
		for (int k = 0; k < REPEATS; k++)
			ns[k] = measure_once(&figures[i], &config);
		double median = median_of(ns, REPEATS);
		printf("%-66s %8.1f %8.1f\n", figures[i].text, median, ns[REPEATS - 1]);
		fflush(stdout);
	}
	allow_free(allow);
	input_close(&input);
	options_free(&options);
	return EXIT_SUCCESS;
}
