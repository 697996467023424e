/* test_counting_model.c - compares the counts that anomcount publishes with exact sums, on random
 * histories.
 *
 * For each client and second, the counts in all published lines add up to the requests that were
 * read. This is true for any --max-clients and --grace, for any order of the requests' times, and
 * for any number of requests that one log line stands for (--count).
 */
#include "unit/given_counts.h"

#include "unit/random.h"

#define CLIENTS 40
#define SECONDS 1500

struct sums {
	uint64_t requests, errors, own;
};

struct history {
	struct random r;
	struct sums want[CLIENTS][SECONDS], got[CLIENTS][SECONDS];
	uint64_t late, elements;
	int64_t now_ms; /* wall clock, ms since T0 */
	int64_t log_ms; /* newest time of a line; a replay uses it as the clock */
};

static struct history h;

/* Even numbers are IPv4 addresses, odd ones IPv6 networks. */
static void name_client(unsigned client, bool published, char *name, size_t cap)
{
	if (client % 2 == 0)
		snprintf(name, cap, "198.51.100.%u", client);
	else
		snprintf(name, cap, published ? "2001:db8:%x::/64" : "2001:db8:%x::%x", client,
			(unsigned)random_below(&h.r, 1000));
}

static int client_named(const char *name)
{
	char own[64];

	for (unsigned i = 0; i < CLIENTS; i++) {
		name_client(i, true, own, sizeof own);
		if (strcmp(own, name) == 0)
			return (int)i;
	}
	fail_msg("no client has the name %s", name);
	return -1;
}

static uint64_t whole_number(const cJSON *item, uint64_t least, uint64_t most)
{
	assert_true(cJSON_IsNumber(item));
	assert_true(item->valuedouble >= (double)least && item->valuedouble <= (double)most);
	uint64_t v = (uint64_t)item->valuedouble;
	assert_true((double)v == item->valuedouble);
	return v;
}

static void read_element(const cJSON *element, int64_t second)
{
	assert_int_equal(cJSON_GetArraySize(element), 4);
	int client = client_named(cJSON_GetArrayItem(element, 0)->valuestring);
	struct sums *got = &h.got[client][second];
	uint64_t requests = whole_number(cJSON_GetArrayItem(element, 1), 1, 1000000);
	uint64_t errors = whole_number(cJSON_GetArrayItem(element, 2), 0, requests);

	got->requests += requests;
	got->errors += errors;
	got->own += whole_number(cJSON_GetArrayItem(element, 3), 0, errors);
	h.elements++;
}

/* "2026-09-21T14:13:20.000Z" is T0; all times are on that day. */
static int64_t second_of(const char *time, bool beat)
{
	int hours, minutes, seconds, ms;

	assert_int_equal(
		sscanf(time, "2026-09-21T%d:%d:%d.%dZ", &hours, &minutes, &seconds, &ms), 4);
	assert_true(beat || ms == 0);
	return hours * 3600 + minutes * 60 + seconds - (14 * 3600 + 13 * 60 + 20);
}

/* Reads all published lines. Each is valid JSON, and they are numbered without a gap. */
static void read_lines(void)
{
	char *line = g_out.text, *end;

	for (uint64_t seq = 1; line && *line; line = end + 1, seq++) {
		end = strchr(line, '\n');
		assert_true(end && end - line < COUNTS_BYTES_MAX);
		*end = '\0';
		cJSON *o = cJSON_ParseWithOpts(line, NULL, true);
		assert_non_null(o);
		assert_int_equal(whole_number(cJSON_GetObjectItem(o, "seq"), 1, UINT32_MAX), seq);
		const cJSON *counts = cJSON_GetObjectItem(o, "counts"), *element;
		int64_t second = second_of(cJSON_GetObjectItem(o, "time")->valuestring,
			cJSON_GetArraySize(counts) == 0);
		assert_true(second >= 0 && second < SECONDS);
		for (element = counts->child; element; element = element->next)
			read_element(element, second);
		cJSON_Delete(o);
	}
}

static void ask_once(bool replay, bool many)
{
	static const int statuses[] = {200, 200, 200, 304, 404, 403, 502, 0};
	unsigned client = (unsigned)random_below(&h.r, CLIENTS);
	int status = statuses[random_below(&h.r, sizeof statuses / sizeof *statuses)];
	uint64_t n = many ? 1 + random_below(&h.r, 1000000) : 1 + random_below(&h.r, 3);
	char name[64], line[300];

	h.now_ms += random_below(&h.r, 50) ? (int64_t)random_below(&h.r, 40)
					   : (int64_t)random_below(&h.r, 3000);
	int64_t ms = h.now_ms;
	if (random_below(&h.r, 4) == 0)
		ms -= (int64_t)random_below(&h.r, 80000); /* over 60 s back, the line is late */
	if (ms < 0)
		ms = 0;
	assert_true(h.now_ms / 1000 < SECONDS);
	name_client(client, false, name, sizeof name);
	int len = snprintf(line, sizeof line,
		"{\"msec\":%lld.%03d,\"remote_addr\":\"%s\",\"status\":\"%d\",\"n\":%llu}",
		(long long)(T0 + ms / 1000), (int)(ms % 1000), name, status, (unsigned long long)n);
	counting_queue(
		g_counting, line, (size_t)len, false, (struct instant){T0 * 1000 + h.now_ms});
	h.log_ms = ms > h.log_ms ? ms : h.log_ms;
	if (ms / 1000 <= (replay ? h.log_ms : h.now_ms) / 1000 - 60) {
		h.late++;
		return;
	}
	struct sums *want = &h.want[client][ms / 1000];
	want->requests += n;
	want->errors += status >= 400 ? n : 0;
	want->own += status >= 400 && status <= 499 ? n : 0;
}

static void tick_now(void)
{
	counting_flush(g_counting);
	counting_tick(g_counting, (struct instant){T0 * 1000 + h.now_ms},
		(struct span){5000000 + h.now_ms});
}

static void try_history(uint64_t salt, bool replay, uint32_t max_clients, bool many)
{
	struct counting_config config = counting_config_of(replay);
	struct random r = random_new(salt);

	memset(&h, 0, sizeof h);
	h.r = r;
	config.max_clients = max_clients;
	config.grace.ms = (int64_t)random_below(&h.r, 4) * 20000;
	config.line.extract.count = "n";
	begin_counting(config);
	if (!replay)
		counting_start(g_counting, (struct instant){T0 * 1000}, (struct span){5000000});
	for (int i = 0; i < 12000; i++) {
		ask_once(replay, many);
		if (!replay && random_below(&h.r, 20) == 0) {
			g_out.full = random_below(&h.r, 3) == 0;
			tick_now();
		}
	}
	g_out.full = false;
	assert_true(counting_end(g_counting, false));
	read_lines();
	struct counting_counters c = counting_counters(g_counting);
	assert_int_equal(c.late, h.late);
	assert_int_equal(c.lines, 12000);
	assert_int_equal(c.published, g_out.lines);
	assert_true(c.clients <= h.elements);
	assert_true(max_clients >= 1000 || c.early > 0);
	assert_memory_equal(h.got, h.want, sizeof h.got);
	end_counting();
}

static void no_request_is_lost_or_invented(void **state)
{
	(void)state;
	random_note();
	for (uint64_t salt = 0; salt < 6; salt++)
		for (int live = 0; live < 2; live++) {
			try_history(salt, live == 0, 100000, false);
			try_history(salt, live == 0, 1 + (uint32_t)salt * 3, false);
		}
}

static void many_requests_of_a_line_are_split(void **state)
{
	(void)state;
	for (uint64_t salt = 10; salt < 13; salt++)
		for (int live = 0; live < 2; live++)
			try_history(salt, live == 0, 20, true);
}

/* The same lines give the same output under any key. */
static void replay_does_not_depend_on_the_key(void **state)
{
	char *first = NULL;

	(void)state;
	for (uint64_t k = 0; k < 4; k++) {
		struct counting_config config = counting_config_of(true);
		memset(&h, 0, sizeof h);
		h.r = random_new(20);
		config.key = (struct hash_key){{k, ~k}};
		config.max_clients = 30;
		config.line.extract.count = "n";
		begin_counting(config);
		for (int i = 0; i < 5000; i++) {
			ask_once(true, false);
			if (k == 1 && i % 7 == 0)
				counting_flush(g_counting);
		}
		assert_true(counting_end(g_counting, false));
		if (!first)
			first = strdup(g_out.text);
		assert_string_equal(g_out.text, first);
		end_counting();
	}
	free(first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_request_is_lost_or_invented),
		cmocka_unit_test(many_requests_of_a_line_are_split),
		cmocka_unit_test(replay_does_not_depend_on_the_key),
	};

	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	free(g_out.text);
	return failed;
}
