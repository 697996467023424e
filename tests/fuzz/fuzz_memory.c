/* fuzz_memory.c - any bytes as a memory file. The file is refused with a reason, and the engine
 * stays unchanged. Or the file is read, and a new file that the engine then writes gives the same
 * engine. Then the engine that read the first file reads further lines. The memory file and the
 * state that it writes after them can be read. */
#include <math.h>

#include "core/engine/engine.h"
#include "io/config/input.h"
#include "io/config/options.h"
#include "io/config/settings.h"

#include "unit/given_source.h"
#include "mutate_json.h"

#define TEXT_CAP   (1 << 20) /* enough for the memory file of tables this small */
#define LINES      40
#define CLIENTS_AT ((uint32_t)16)

/* Small tables, so that a file fills them. The corpus comes from a run with the same sizes. */
static char *words[] = {(char[]){"anomdetect"}, (char[]){"--max-clients=100"},
	(char[]){"--max-paths=40"}, (char[]){"--max-strikes=100"}, (char[]){"--tz=UTC"},
	(char[]){"--state=none"}, NULL};
#define WORDS_N ((int)(sizeof words / sizeof *words - 1))

static struct input input;
static struct allow *nobody;
static struct engine_config config;
static struct state state, shown;
static char first[TEXT_CAP], second[TEXT_CAP], third[TEXT_CAP], page[STATE_BYTES_MAX];

static void take_event(void *ctx, const struct event *e)
{
	char text[EVENT_BYTES_MAX];
	struct buf b;

	(void)ctx;
	buf_init(&b, text, sizeof text);
	event_write(e, &b);
	FUZZ_HOLDS(!b.full);
}

static void make_config(void)
{
	static struct options o;
	char why[512];

	FUZZ_HOLDS(options_parse(&o, WORDS_N, words, why, sizeof why));
	FUZZ_HOLDS(input_open(&input, &o.input, &o.allow.trust_proxy, why, sizeof why));
	nobody = allow_new();
	FUZZ_HOLDS(nobody);
	allow_seal(nobody);
	config = settings_engine(&o, &input.line, nobody);
	config.key = (struct hash_key){{11, 12}};
}

static struct engine *new_engine(void)
{
	struct engine *e = engine_new(&config, take_event, NULL);

	FUZZ_HOLDS(e);
	return e;
}

/* Calls memory_read, which gets the text in pieces. */
static enum memory_result read_pieces(struct engine *e, struct given_source text, const char **why)
{
	struct memory_parts parts = engine_memory(e);
	struct byte_source source = given_source(&text);
	enum memory_result result = memory_read(&source, &parts, why);

	FUZZ_HOLDS((result == MEMORY_DAMAGED) == (*why && result != MEMORY_UNREAD));
	return result;
}

static bool restore(struct engine *e, const char *text, size_t len, size_t piece)
{
	const char *why = NULL;
	enum memory_result result = read_pieces(
		e, (struct given_source){.text = text, .len = len, .most = piece}, &why);

	FUZZ_HOLDS(result != MEMORY_UNREAD);
	return result == MEMORY_OK;
}

static size_t save_parts(struct memory_parts parts, char text[TEXT_CAP])
{
	struct memory_writer w;
	struct buf b;
	size_t len = 0;
	bool more = true;

	for (memory_begin(&w); more; len += b.len) {
		buf_init(&b, text + len, TEXT_CAP - len);
		FUZZ_HOLDS(b.cap >= MEMORY_CHUNK_BYTES);
		more = memory_write(&w, &parts, (struct instant){1700000000123}, &b);
		FUZZ_HOLDS(!b.full);
	}
	return len;
}

static size_t save(struct engine *e, char text[TEXT_CAP])
{
	return save_parts(engine_memory(e), text);
}

/* Saves all parts but the two tables of a fixed size, and checks that these two are empty. Most
 * files are refused, and a walk over the 130,000 empty entries of the tables would take nearly all
 * of the time. */
static size_t save_small(struct engine *e, char text[TEXT_CAP])
{
	struct memory_parts parts = engine_memory(e);
	struct teachers_head honest = teachers_head(parts.honest);

	FUZZ_HOLDS(slow_failures_n(parts.slow) == 0);
	FUZZ_HOLDS(honest.turned == 0 && honest.key.k[0] == config.key.k[0] &&
		   honest.key.k[1] == config.key.k[1]);
	parts.slow = NULL;
	return save_parts(parts, text);
}

static void must_be_same(const char *a, size_t a_len, const char *b, size_t b_len)
{
	FUZZ_HOLDS(a_len == b_len && memcmp(a, b, a_len) == 0);
}

/* The file stores a float with three decimals. */
static bool is_as_written(const struct evidence *x, const struct evidence *y)
{
	return (x->rule == y->rule || x->value < 0.001) &&
	       fabs(x->value - y->value) <= 0.001 + 1e-6 * x->value &&
	       fabs(x->limit - y->limit) <= 0.001 + 1e-6 * x->limit;
}

/* Both engines have the same bans, in the same order. */
static void must_have_same_bans(struct engine *a, struct engine *b)
{
	uint32_t at_a = 0, at_b = 0;
	struct ban x, y;
	bool more = true;

	while (more) {
		more = bans_walk(engine_bans(a), &at_a, &x);
		FUZZ_HOLDS(bans_walk(engine_bans(b), &at_b, &y) == more);
		FUZZ_HOLDS(!more || (address_equal(&x.client, &y.client) && x.form == y.form &&
					    x.strikes == y.strikes && x.rules == y.rules));
		FUZZ_HOLDS(!more || (x.since.ms == y.since.ms && x.until.ms == y.until.ms &&
					    x.struck.ms == y.struck.ms));
		FUZZ_HOLDS(!more || is_as_written(&x.evidence, &y.evidence));
		FUZZ_HOLDS(
			!more || (x.temporary == y.temporary && x.paroled == y.paroled &&
					 x.was_enforced == y.was_enforced && x.tried == y.tried));
	}
}

/* memory_find finds each client, or a network that contains it, in the text. */
static void find_all(struct engine *e, const char *text, size_t len)
{
	struct memory_parts parts = engine_memory(e);
	uint32_t cursor = 0, n = 0;
	struct memory_client found;
	struct ban ban;
	const char *why;
	bool is_there;

	while (n++ < CLIENTS_AT && bans_walk(parts.bans, &cursor, &ban)) {
		struct given_source all = {.text = text, .len = len, .most = 100};
		struct byte_source source = given_source(&all);
		FUZZ_HOLDS(memory_find(&source, &ban.client, &found, &is_there, &why) == MEMORY_OK);
		FUZZ_HOLDS(is_there && address_covers(&found.ban.client, &ban.client));
		if (!address_equal(&found.ban.client, &ban.client))
			continue;
		FUZZ_HOLDS(found.ban.strikes == ban.strikes);
		FUZZ_HOLDS(found.ban.until.ms == ban.until.ms);
		FUZZ_HOLDS(ban.form != BAN_ACTIVE ||
			   is_as_written(&ban.evidence, &found.ban.evidence));
	}
}

/* Feeds lines of a site with little traffic over a day, so that all parts of a memory are used. */
static void go_on(struct engine *e)
{
	static const int64_t steps_ms[] = {0, 1000, 61000, 3600000, 86400000};
	struct instant at = {1795320960000};

	for (size_t k = 0; k < sizeof steps_ms / sizeof *steps_ms; k++) {
		at.ms += steps_ms[k];
		for (int i = 0; i < LINES; i++) {
			char line[256];
			int len = snprintf(line, sizeof line,
				"{\"msec\":%lld.%03d,\"remote_addr\":\"198.51.100.%d\","
				"\"status\":%d,\"request\":\"%s /page/%d HTTP/1.1\"}",
				(long long)(at.ms / 1000), (int)(at.ms % 1000), i % 7,
				i % 5 ? 200 : 404, i % 3 ? "GET" : "POST", i % 11);
			engine_queue(e, line, (size_t)len, false, at);
			engine_flush(e);
		}
		engine_tick(e, at);
	}
}

static void show(struct engine *e)
{
	const char *why;
	struct buf b;

	memset(&state, 0, sizeof state);
	state.interval_s = 3;
	engine_snapshot(e, &state);
	buf_init(&b, page, sizeof page);
	state_write(&state, &b);
	FUZZ_HOLDS(!b.full && state_read(b.data, b.len, &shown, &why));
}

/* A file that cannot be read to its end does not count as damaged. */
static void check_unread(const char *text, size_t len)
{
	struct engine *e = new_engine();
	const char *why = NULL;
	struct given_source fails = {.text = text, .len = len, .most = 64, .fails_at = len / 2 + 1};

	FUZZ_HOLDS(read_pieces(e, fails, &why) == MEMORY_UNREAD);
	engine_free(e);
}

static void check_restored(struct engine *e)
{
	struct engine *again = new_engine(), *later = new_engine();
	size_t len = save(e, first);

	FUZZ_HOLDS(restore(again, first, len, 1 + len % 5000));
	must_be_same(first, len, second, save(again, second));
	must_have_same_bans(e, again);
	find_all(e, first, len);
	check_unread(first, len);
	go_on(e);
	show(e);
	FUZZ_HOLDS(restore(later, third, save(e, third), 0));
	engine_free(later);
	engine_free(again);
}

/* A refused file leaves the engine unchanged, so the next file gets the same engine. */
static void check_refused(struct engine *e)
{
	static char empty[TEXT_CAP];
	static size_t empty_len;

	if (!empty_len) {
		struct engine *new = new_engine();
		empty_len = save_small(new, empty);
		engine_free(new);
	}
	must_be_same(empty, empty_len, first, save_small(e, first));
}

static void find_key(const char *text, size_t len)
{
	struct given_source all = {.text = text, .len = len, .most = 1 + len % 7};
	struct byte_source source = given_source(&all);
	struct hash_key key;
	bool found;

	FUZZ_HOLDS(memory_key(&source, &key, &found) == MEMORY_OK);
	FUZZ_HOLDS(!found || key.k[0] || key.k[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct engine *unused;
	char *text = fuzz_exact(data, size);

	if (!nobody)
		make_config();
	struct engine *e = unused ? unused : new_engine();
	unused = NULL;
	find_key(text, size);
	if (restore(e, text, size, 1 + size % 11)) {
		check_restored(e);
		engine_free(e);
	} else {
		check_refused(e);
		FUZZ_HOLDS(!restore(e, text, size, 0));
		unused = e;
	}
	free(text);
	return 0;
}
