/* memory_failures.c - see memory_failures.h. */
#include "core/record/memory_failures.h"

#include "core/record/memory_values.h"

/* The last number of a client's entry consists of three fields. From the lowest bit on: `pages`,
 * `read`, and the flag ROBOT. */
#define SLOW_READ_MAX 7u
#define READ_SHIFT    3
#define ROBOT         0x40u
/* Bits of the flags of a written path: its members `aged` and `feature` (written_paths.h). */
#define AGED    1u
#define FEATURE 2u

static void put_numbers(struct buf *b, const char *before, const uint64_t *numbers, size_t n)
{
	buf_put_text(b, before);
	buf_put_char(b, '"');
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_put_char(b, ' ');
		buf_put_u64(b, numbers[i]);
	}
	buf_put_char(b, '"');
}

/* Reads a string of n numbers, each at most its `max`. */
static bool read_numbers(const cJSON *item, const uint64_t *max, size_t n, uint64_t *out)
{
	const char *s = item->valuestring;

	if (!cJSON_IsString(item))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!next_number(&s, max[i], &out[i]))
			return false;
	return *s == '\0';
}

enum { SLOW_NUMBERS = 16 };
static const uint64_t slow_max[SLOW_NUMBERS] = {UINT64_MAX, UINT64_MAX, UINT32_MAX, UINT16_MAX,
	UINT16_MAX, UINT16_MAX, UINT16_MAX, UINT16_MAX, UINT16_MAX, UINT16_MAX, UINT16_MAX,
	UINT16_MAX, UINT8_MAX, UINT8_MAX, ((uint64_t)1 << 8 * SLOW_FAILURES_BAIT) - 1,
	2 * ROBOT - 1};

bool memory_put_slow(struct buf *b, const struct slow_failures *s, uint32_t *at, const char *before)
{
	struct slow_client c;
	uint64_t client, bait = 0;

	if (!slow_failures_walk(s, at, &client, &c))
		return false;
	for (int k = 0; k < SLOW_FAILURES_BAIT; k++)
		bait |= (uint64_t)c.bait[k] << 8 * k;
	const uint64_t numbers[SLOW_NUMBERS] = {client, (uint64_t)c.probes[1] << 32 | c.probes[0],
		c.last, c.day, c.begin, c.day_requests, c.day_own, c.requests, c.own,
		c.visit_requests, c.writes[0], c.writes[1], c.tags[0], c.tags[1], bait,
		c.pages | (unsigned)c.read << READ_SHIFT | (c.robot ? ROBOT : 0)};
	put_numbers(b, before, numbers, SLOW_NUMBERS);
	return true;
}

bool memory_read_slow(const cJSON *item, uint64_t *client, struct slow_client *out)
{
	uint64_t v[SLOW_NUMBERS];

	if (!read_numbers(item, slow_max, SLOW_NUMBERS, v))
		return false;
	*client = v[0];
	*out = (struct slow_client){
		.probes = {(uint32_t)v[1], (uint32_t)(v[1] >> 32)},
		.last = (uint32_t)v[2],
		.day = (uint16_t)v[3],
		.begin = (uint16_t)v[4],
		.day_requests = (uint16_t)v[5],
		.day_own = (uint16_t)v[6],
		.requests = (uint16_t)v[7],
		.own = (uint16_t)v[8],
		.visit_requests = (uint16_t)v[9],
		.writes = {(uint16_t)v[10], (uint16_t)v[11]},
		.tags = {(uint8_t)v[12], (uint8_t)v[13]},
		.pages = v[15] & SLOW_READ_MAX,
		.read = v[15] >> READ_SHIFT & SLOW_READ_MAX,
		.robot = (v[15] & ROBOT) != 0,
	};
	for (int k = 0; k < SLOW_FAILURES_BAIT; k++)
		out->bait[k] = v[14] >> 8 * k & UINT8_MAX;
	return true;
}

enum { WRITTEN_NUMBERS = 10 };
static const uint64_t written_max[WRITTEN_NUMBERS] = {UINT64_MAX, UINT64_MAX, UINT64_MAX,
	UINT32_MAX, UINT32_MAX, UINT16_MAX, UINT16_MAX, UINT16_MAX, 63, AGED | FEATURE};

bool memory_put_written(
	struct buf *b, const struct written_paths *w, uint32_t *at, const char *before)
{
	struct written_path p;

	if (!written_paths_walk(w, at, &p))
		return false;
	const uint64_t numbers[WRITTEN_NUMBERS] = {p.hash, p.wrote, p.often, p.last, p.day, p.usual,
		p.highest, p.second, p.by, (p.aged ? AGED : 0) | (p.feature ? FEATURE : 0)};
	put_numbers(b, before, numbers, WRITTEN_NUMBERS);
	return true;
}

bool memory_read_written(const cJSON *item, struct written_path *out)
{
	uint64_t v[WRITTEN_NUMBERS];

	if (!read_numbers(item, written_max, WRITTEN_NUMBERS, v) || v[0] == 0 || v[2] & ~v[1])
		return false;
	*out = (struct written_path){
		.hash = v[0],
		.wrote = v[1],
		.often = v[2],
		.last = (uint32_t)v[3],
		.day = (uint32_t)v[4],
		.usual = (uint16_t)v[5],
		.highest = (uint16_t)v[6],
		.second = (uint16_t)v[7],
		.by = v[8] & 63,
		.aged = (v[9] & AGED) != 0,
		.feature = (v[9] & FEATURE) != 0,
	};
	return true;
}
