/* memory_origins.c - see memory_origins.h. */
#include "core/record/memory_origins.h"

#include "core/record/counts.h"
#include "core/record/memory_values.h"

bool memory_put_origin(struct buf *b, const struct origins *all, uint32_t *k, const char *before)
{
	if (*k >= origins_n(all))
		return false;
	const struct origin *o = origins_get(all, (*k)++);
	const int64_t ms = o->time.ms < 0 ? 0 : o->time.ms;
	buf_put_text(b, before);
	buf_put_char(b, '"');
	buf_put_text(b, o->name);
	buf_put_char(b, ' ');
	put_whole(b, o->run, WHOLE_MAX);
	buf_put_char(b, ' ');
	put_whole(b, o->seq, WHOLE_MAX);
	buf_put_char(b, ' ');
	put_whole(b, (uint64_t)ms, (double)INSTANT_MAX.ms);
	buf_put_char(b, '"');
	return true;
}

bool memory_read_origin(const cJSON *item, struct origin *out)
{
	const uint64_t whole_max = (uint64_t)WHOLE_MAX;
	const char *s = item->valuestring, *name;
	uint64_t ms;
	size_t len;

	*out = (struct origin){0};
	if (!cJSON_IsString(item) || !next_word(&s, &name, &len) || !counts_is_origin(name, len) ||
		!next_number(&s, whole_max, &out->run) || !next_number(&s, whole_max, &out->seq) ||
		!next_number(&s, (uint64_t)INSTANT_MAX.ms, &ms) || *s)
		return false;
	memcpy(out->name, name, len);
	out->time.ms = (int64_t)ms;
	return true;
}
