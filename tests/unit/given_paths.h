/* given_paths.h - lines with paths, and an engine that has learned, for tests of the engine. */
#ifndef UNIT_GIVEN_PATHS_H
#define UNIT_GIVEN_PATHS_H

#include "unit/given_engine.h"
#include "unit/given_source.h"

/* A configuration with a table of paths, and with the default cold limits of the program. */
static inline struct engine_config config_with_paths(uint32_t max_paths)
{
	struct engine_config c = config_of(true);
	static const double cold[LIMIT_COUNT] = {200, 20, 600, 30, UINT32_MAX, UINT32_MAX};

	c.max_paths = max_paths;
	memcpy(c.visits.cold, cold, sizeof cold);
	return c;
}

/* As config_with_paths(1000), but the floor of each limit is equal to its cold limit. So the visits
 * that begin_learned makes do not change the limits. */
static inline struct engine_config config_that_stays_cold(void)
{
	struct engine_config c = config_with_paths(1000);

	memcpy(c.visits.floor, c.visits.cold, sizeof c.visits.floor);
	return c;
}

/* `path` may be NULL: the log contains no path. */
static inline void ask_at(const char *client, const char *path, int status, int64_t at_ms)
{
	char line[512];
	int len = snprintf(line, sizeof line,
		"{\"msec\":\"%lld.%03d\",\"remote_addr\":\"%s\",\"status\":%d%s%s%s}",
		(long long)(at_ms / 1000), (int)(at_ms % 1000), client, status,
		path ? ",\"request\":\"GET " : "", path ? path : "", path ? " HTTP/1.1\"" : "");

	say_line(g.engine, line, (size_t)len, false, (struct instant){at_ms});
}

static inline void ask_page(const char *client, int page, int64_t at_ms)
{
	char path[32];

	snprintf(path, sizeof path, "/page/%d", page);
	ask_at(client, path, 200, at_ms);
}

/* Starts an engine and feeds it 15 minutes of traffic: 300 clients make one request each, and
 * another request every 5 minutes. Afterwards the learning time is over, and all visits that can
 * teach have taught. Limits are learned if the configuration allows it. */
static inline int64_t begin_learned(struct engine_config config)
{
	int64_t second = T0;

	begin_with(config, NULL);
	traffic(&second, 900, 1, 300);
	return second;
}

/* Ends the engine, and starts a new one with the memory of the old one, as a restart of the program
 * does. */
static inline void restart(struct engine_config config)
{
	static char text[1 << 20];
	struct memory_parts parts = engine_memory(g.engine);
	struct memory_writer w;
	const char *why = NULL;
	struct buf b;
	size_t len = 0;
	struct instant now;
	bool more = true;

	assert_true(engine_now(g.engine, &now));
	for (memory_begin(&w); more; len += b.len) {
		buf_init(&b, text + len, sizeof text - len);
		more = memory_write(&w, &parts, now, &b);
		assert_false(b.full);
	}
	end(NULL);
	begin_with(config, NULL);
	parts = engine_memory(g.engine);
	struct given_source all = {.text = text, .len = len};
	struct byte_source source = given_source(&all);
	if (memory_read(&source, &parts, &why) != MEMORY_OK)
		fail_msg("refused: %s", why);
}

#endif
