/* memory_mass_ban.c - see memory_mass_ban.h. */
#include "core/record/memory_mass_ban.h"

#include <string.h>

#include "core/base/address.h"
#include "core/base/instant.h"
#include "core/record/memory_values.h"

#define SECOND_MAX (INSTANT_MAX.ms / 1000)

void memory_put_mass_ban(struct buf *b, const struct mass_ban *m)
{
	const char *between = "";

	buf_put_text(b, ",\n\"mass_ban\":{\"step\":");
	buf_put_i64(b, m->step);
	buf_put_text(b, ",\"told\":");
	buf_put_i64(b, m->told);
	buf_put_text(b, ",\"known\":");
	for (int k = 0; k < MASS_BAN_STEPS; k++) {
		buf_put_char(b, k ? ',' : '[');
		buf_put_u64(b, m->known[k]);
	}
	buf_put_text(b, "],\"fresh\":[");
	for (uint32_t k = 0; k < MASS_BAN_FRESH_MAX; k++) {
		/* oldest first: the oldest entry is evicted first */
		const struct mass_ban_fresh *f = &m->fresh[(m->next + k) % MASS_BAN_FRESH_MAX];
		if (!f->second)
			continue;
		buf_put_text(b, between);
		between = ",";
		buf_put_char(b, '"');
		buf_put_address(b, &f->client);
		buf_put_char(b, ' ');
		buf_put_i64(b, f->second);
		buf_put_char(b, ' ');
		buf_put_i64(b, f->came);
		buf_put_char(b, '"');
	}
	buf_put_text(b, "]}");
}

static bool read_fresh(const cJSON *item, struct mass_ban_fresh *out)
{
	const char *s = item->valuestring, *word;
	uint64_t second, came;
	size_t len;

	if (!cJSON_IsString(item) || !next_word(&s, &word, &len) ||
		!address_parse_prefix(word, len, &out->client) ||
		!next_number(&s, (uint64_t)SECOND_MAX, &second) ||
		!next_number(&s, (uint64_t)SECOND_MAX, &came) || *s || second == 0)
		return false;
	out->second = (int64_t)second;
	out->came = (int64_t)came;
	return true;
}

bool memory_read_mass_ban(const cJSON *o, struct mass_ban *out)
{
	const cJSON *known = get_member(o, "known"), *fresh = get_member(o, "fresh");
	const cJSON *item = known ? known->child : NULL;
	uint64_t number;

	*out = (struct mass_ban){0};
	if (!read_whole(get_member(o, "step"), (double)SECOND_MAX, &number) ||
		!cJSON_IsArray(known) || !cJSON_IsArray(fresh) ||
		cJSON_GetArraySize(fresh) > MASS_BAN_FRESH_MAX)
		return false;
	out->step = (int64_t)number;
	if (!read_whole(get_member(o, "told"), (double)SECOND_MAX, &number))
		return false;
	out->told = (int64_t)number;
	for (int k = 0; k < MASS_BAN_STEPS; k++, item = item->next) {
		if (!item || !read_whole(item, UINT32_MAX, &number))
			return false;
		out->known[k] = (uint32_t)number;
	}
	for (const cJSON *f = fresh->child; f; f = f->next) {
		if (!read_fresh(f, &out->fresh[out->next]))
			return false;
		out->next = (out->next + 1) % MASS_BAN_FRESH_MAX;
	}
	return item == NULL;
}
