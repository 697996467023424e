/* memory_values.h - reads and writes values of the memory file. Only the file's writer and readers
 * use it.
 *
 * The reader refuses a value over its maximum. A run adds to the values that it has read, so a
 * value may exceed its maximum. So the writer clamps each value, and the reader accepts every file
 * that was written.
 */
#ifndef CORE_RECORD_MEMORY_VALUES_H
#define CORE_RECORD_MEMORY_VALUES_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/buf.h"
#include "core/base/hash.h"
#include "core/base/num.h"

/* 2^53 - 1: a double represents every whole number up to this value exactly. */
#define WHOLE_MAX 9007199254740991.0
/* Maximum number of seconds of log time: 30 million years. */
#define AGE_MAX 1e15
/* Maximum number of seconds in one sum: two days. The sum consists of the seconds of today and of
 * the earlier seconds, which are halved each day. */
#define SECONDS_MAX 172800.0
/* Maximum of a sum: SITE_PER_S_MAX squared, for each second of two days. */
#define SUM_MAX 2e19
/* WEIGHT_MAX: maximum number of visits in one bucket of the histograms from which limits are
 * learned. LIMIT_MAX: maximum value of a limit. Both are far more than any site needs. */
#define WEIGHT_MAX 1e12
#define LIMIT_MAX  1e12

static inline const cJSON *get_member(const cJSON *object, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(object, name);
}

/* Reads a number from 0 to max. */
static inline bool read_number(const cJSON *item, double max, double *out)
{
	if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0 && item->valuedouble <= max))
		return false;
	*out = item->valuedouble;
	return true;
}

static inline bool read_whole(const cJSON *item, double max, uint64_t *out)
{
	double v;

	if (!read_number(item, max, &v) || v != floor(v))
		return false;
	*out = (uint64_t)v;
	return true;
}

/* Writes a number clamped to the range that read_number and read_whole accept: 0 to max. */
static inline void put_number(struct buf *b, double v, double max)
{
	buf_put_exact(b, fmin(fmax(v, 0), max));
}

static inline void put_whole(struct buf *b, uint64_t v, double max)
{
	buf_put_u64(b, v < (uint64_t)max ? v : (uint64_t)max);
}

/* Reads the next word of a string and moves *s past it. */
static inline bool next_word(const char **s, const char **word, size_t *len)
{
	*word = *s;
	*len = strcspn(*s, " ");
	*s += *len;
	*s += **s == ' ';
	return *len > 0;
}

static inline bool next_number(const char **s, uint64_t max, uint64_t *out)
{
	const char *word;
	size_t len;

	return next_word(s, &word, &len) && num_u64(word, len, out) && *out <= max;
}

static inline bool is_secret(const struct hash_key *key)
{
	return key->k[0] || key->k[1];
}

/* Writes a hash key as the member "key" of an object: four numbers of 32 bits. */
static inline void put_key(struct buf *b, struct hash_key key)
{
	const uint64_t parts[] = {
		key.k[0] >> 32, key.k[0] & UINT32_MAX, key.k[1] >> 32, key.k[1] & UINT32_MAX};

	buf_put_text(b, "\"key\":");
	for (int k = 0; k < 4; k++) {
		buf_put_char(b, k ? ',' : '[');
		buf_put_u64(b, parts[k]);
	}
	buf_put_char(b, ']');
}

static inline bool read_key(const cJSON *object, struct hash_key *out)
{
	const cJSON *list = get_member(object, "key");
	const cJSON *item = list ? list->child : NULL;
	uint64_t parts[4];

	if (!cJSON_IsArray(list))
		return false;
	for (int k = 0; k < 4; k++, item = item->next)
		if (!item || !read_whole(item, UINT32_MAX, &parts[k]))
			return false;
	*out = (struct hash_key){{parts[0] << 32 | parts[1], parts[2] << 32 | parts[3]}};
	return item == NULL;
}

#endif
