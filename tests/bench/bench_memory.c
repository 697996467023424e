/* bench_memory.c - memory per client, strike and path: resident memory of the engine's own tables
 * before and after they are filled. Each table has a process of its own.
 *
 * Two sizes: the default limit, and the worst size. At the worst size, a hash table whose number of
 * buckets is a power of two has two buckets per entry. The benchmark counts resident pages, so
 * memory that a table reserves and does not touch is not counted.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/judge/bans.h"
#include "core/measure/clients.h"
#include "core/measure/paths.h"
#include "core/measure/slow_failures.h"
#include "core/measure/teachers.h"

#define NOW_S       1795341600
#define RINGS_SHARE 8 /* as in core/engine/engine.c: one client in 8 can be busy */
#define USUAL       1000000
#define WORST       1048577 /* 2^20 + 1 */
#define PATHS_USUAL 65536
#define PATHS_WORST 524289 /* 2^19 + 1 */
#define PER_NETWORK 8

static const struct hash_key key = {{0x0123456789abcdef, 0xfedcba9876543210}};

static void fail(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

/* Omits the pages of files, because a child maps them again one by one. */
static double resident_bytes(void)
{
	unsigned long size, pages = 0, shared = 0;
	FILE *f = fopen("/proc/self/statm", "re");

	if (!f || fscanf(f, "%lu %lu %lu", &size, &pages, &shared) != 3)
		fail("bench_memory: error: unable to read /proc/self/statm");
	fclose(f);
	return (double)(pages - shared) * (double)sysconf(_SC_PAGESIZE);
}

/* Scattered over 2001:db8::/32, so that the order of the clients saves no memory. */
static struct address client_of(uint32_t n)
{
	struct address a = {.bytes = {0x20, 0x01, 0x0d, 0xb8}, .prefix_len = 64};
	uint32_t place = n * 2654435761u; /* Knuth's factor gives each number its own place */

	memcpy(a.bytes + 4, &place, sizeof place);
	return a;
}

static void *taken(void *table)
{
	if (!table)
		fail("bench_memory: error");
	return table;
}

/* ---- tables, filled with n entries ---- */

static void ask(struct clients *c, uint32_t n, int64_t second)
{
	struct address a = client_of(n);
	struct clients_hit hit = {.second = second, .requests = 1};

	clients_add(c, &a, clients_hash_prefetch(c, &a), second, &hit);
}

static struct clients *new_clients(uint32_t n)
{
	struct clients_config config = {.max = n, .rings = n / RINGS_SHARE, .key = key};

	return taken(clients_new(&config));
}

static void fill_quiet(uint32_t n)
{
	struct clients *c = new_clients(n);

	for (uint32_t i = 0; i < n; i++)
		ask(c, i, NOW_S);
}

/* One client in RINGS_SHARE makes requests in twelve different seconds. Such a client is busy: the
 * table also stores its count in each second. */
static void fill_busy(uint32_t n)
{
	struct clients *c = new_clients(n);

	for (uint32_t i = 0; i < n; i++)
		ask(c, i, NOW_S);
	for (int64_t s = 1; s < 12; s++)
		for (uint32_t i = 0; i < n / RINGS_SHARE; i++)
			ask(c, i, NOW_S + s);
}

static void fill_teachers(uint32_t n)
{
	struct teachers *t = taken(teachers_new(n, PER_NETWORK, key));

	/* clients of two days, because the filter stores two days */
	for (uint32_t i = 0; i < 2 * n; i++) {
		struct address a = client_of(i);
		teachers_admit(t, &a, i < n ? NOW_S : NOW_S + 86400);
	}
}

static struct bans *banned(uint32_t n)
{
	struct bans_config config = {.max = n,
		.key = key,
		.schedule = {{600 * 1000}, SPAN_MAX},
		.schedule_n = 2,
		.forget = {7 * 86400 * (int64_t)1000}};
	struct bans *b = taken(bans_new(&config));
	struct ban ban;

	for (uint32_t i = 0; i < n; i++) {
		struct address a = client_of(i);
		bans_strike(
			b, &a, (struct instant){NOW_S * INT64_C(1000) + i}, 1, TERM_SCHEDULE, &ban);
	}
	return b;
}

static void fill_bans(uint32_t n)
{
	banned(n);
}

static void fill_strikes(uint32_t n)
{
	struct bans *b = banned(n);
	struct ban ban;

	while (bans_end_one(b, (struct instant){(NOW_S + 86400) * INT64_C(1000)}, &ban))
		;
}

static void fill_paths(uint32_t n)
{
	struct paths *p = taken(paths_new(n, key));

	for (uint32_t i = 0; i < n; i++) {
		struct address a = client_of(i);
		paths_note(p, paths_hash(p, (const char *)&i, sizeof i), &a, PATHS_SERVED, true,
			NOW_S);
	}
}

static void fill_slow(uint32_t n)
{
	struct slow_failures *s = taken(slow_failures_new());
	struct slow_visit visit = {.first = (uint32_t)NOW_S, .requests = 1, .own = 1};
	struct slow_counts counts;

	/* twice as many clients as the table can store, so that all its entries are used */
	for (uint32_t i = 0; i < 2 * n; i++) {
		struct slow_request r = {.path = i + 1,
			.second = (uint32_t)NOW_S,
			.bits = SLOW_OWN | SLOW_PROBE,
			.count = 1};
		slow_failures_note(s, (uint64_t)(i + 1) * 0x9e3779b97f4a7c15, &r, &visit, &counts);
	}
}

/* ---- rows ---- */

/* Returns the growth of a new process that calls `fill`, in bytes per entry. */
static double measure_table(void (*fill)(uint32_t), uint32_t n)
{
	double bytes = 0;
	int end[2];

	if (pipe(end) < 0)
		fail("bench_memory: error: unable to make a pipe");
	pid_t child = fork();
	if (child < 0)
		fail("bench_memory: error: unable to fork");
	if (child == 0) {
		double before = resident_bytes();
		fill(n);
		bytes = (resident_bytes() - before) / n;
		_exit(write(end[1], &bytes, sizeof bytes) == sizeof bytes ? 0 : 1);
	}
	close(end[1]);
	if (read(end[0], &bytes, sizeof bytes) != sizeof bytes || waitpid(child, NULL, 0) < 0)
		fail("bench_memory: error: unable to measure");
	close(end[0]);
	return bytes;
}

struct row {
	double usual, worst; /* bytes per entry */
};

static struct row print_row(
	const char *text, void (*fill)(uint32_t), uint32_t usual, uint32_t worst)
{
	struct row r = {measure_table(fill, usual), measure_table(fill, worst)};

	printf("%-66s %8.1f %8.1f\n", text, r.usual, r.worst);
	fflush(stdout);
	return r;
}

static struct row print_entries(const char *text, void (*fill)(uint32_t))
{
	return print_row(text, fill, USUAL, WORST);
}

int main(void)
{
	printf("%-66s %8s %8s\n", "bytes for each, table of", "1000000", "1048577");
	struct row quiet = print_entries("client of one request", fill_quiet);
	struct row busy = print_entries("client, one in 8 is busy", fill_busy);
	struct row taught = print_entries("client in the filter of teachers", fill_teachers);
	printf("%-66s %8.1f %8.1f\n", "client, one in 8 busy, and in the filter of teachers",
		busy.usual + taught.usual, busy.worst + taught.worst);
	printf("%-66s %8.1f %8.1f\n", "busy client, more than a quiet one",
		(busy.usual - quiet.usual) * RINGS_SHARE, (busy.worst - quiet.worst) * RINGS_SHARE);
	print_entries("strike, while its ban lasts", fill_bans);
	print_entries("strike, after all bans were in force together and have ended", fill_strikes);
	printf("%-66s %8d %8d\n", "bytes for each, table of", PATHS_USUAL, PATHS_WORST);
	print_row("path", fill_paths, PATHS_USUAL, PATHS_WORST);
	printf("%-66s %8d\n", "bytes for each, table of", SLOW_FAILURES_MAX);
	printf("%-66s %8.1f\n", "client that fails or writes",
		measure_table(fill_slow, SLOW_FAILURES_MAX));
	return EXIT_SUCCESS;
}
