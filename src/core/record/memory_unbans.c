/* memory_unbans.c - see memory_unbans.h. */
#include "core/record/memory_unbans.h"

#include "core/record/memory_values.h"

bool memory_put_unban(
	struct buf *b, const struct unbans *unbans, uint32_t *cursor, const char *between)
{
	struct unban u;

	if (!unbans_walk(unbans, cursor, &u))
		return false;
	buf_put_text(b, between);
	buf_put_char(b, '"');
	buf_put_address(b, &u.client);
	buf_put_char(b, ' ');
	buf_put_text(b, u.reason);
	buf_put_char(b, ' ');
	buf_put_u64(b, u.strike);
	buf_put_char(b, ' ');
	buf_put_i64(b, u.time.ms);
	buf_put_char(b, '"');
	return true;
}

bool memory_read_unban(const cJSON *item, struct unban *out)
{
	uint64_t strike, time;
	const char *s, *word;
	size_t len;

	if (!cJSON_IsString(item))
		return false;
	s = item->valuestring;
	if (!next_word(&s, &word, &len) || !address_parse_prefix(word, len, &out->client) ||
		!next_word(&s, &word, &len) || !(out->reason = unbans_reason(word, len)) ||
		!next_number(&s, UINT32_MAX, &strike) ||
		!next_number(&s, (uint64_t)INSTANT_MAX.ms, &time) || *s)
		return false;
	out->strike = (uint32_t)strike;
	out->time = (struct instant){(int64_t)time};
	return true;
}
