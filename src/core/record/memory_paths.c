/* memory_paths.c - see memory_paths.h. */
#include "core/record/memory_paths.h"

#include "core/record/memory_values.h"

#define TOUCHED 1u
#define AGED    2u
#define DEAD    4u

void memory_put_paths(struct buf *b, struct paths *p)
{
	buf_put_text(b, ",\n\"paths\":{");
	put_key(b, paths_key(p));
	buf_put_char(b, '}');
	paths_walk_begin(p);
}

bool memory_put_path(struct buf *b, struct paths *p, const char *before)
{
	struct paths_record r;

	if (!paths_walk(p, &r))
		return false;
	unsigned flags = (r.touched ? TOUCHED : 0) | (r.aged ? AGED : 0) | (r.dead ? DEAD : 0);
	const uint64_t numbers[] = {r.kind, flags, r.served_at, r.failed, r.honest};
	buf_put_text(b, before);
	buf_put_char(b, '"');
	buf_put_u64(b, r.hash);
	for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++) {
		buf_put_char(b, ' ');
		buf_put_u64(b, numbers[k]);
	}
	for (int k = 0; k < PATHS_NETWORKS && r.networks[k]; k++) {
		buf_put_char(b, ' ');
		buf_put_u64(b, r.networks[k]);
	}
	buf_put_char(b, '"');
	return true;
}

bool memory_read_path(const cJSON *item, struct paths_record *out)
{
	uint64_t kind, flags, served_at, network;
	const char *s = item->valuestring;

	*out = (struct paths_record){0};
	if (!cJSON_IsString(item) || !next_number(&s, UINT64_MAX, &out->hash) ||
		!next_number(&s, PATHS_KINDS - 1, &kind) ||
		!next_number(&s, TOUCHED | AGED | DEAD, &flags) ||
		!next_number(&s, UINT32_MAX, &served_at) ||
		!next_number(&s, UINT64_MAX, &out->failed) ||
		!next_number(&s, UINT64_MAX, &out->honest))
		return false;
	for (int k = 0; k < PATHS_NETWORKS && *s; k++) {
		if (!next_number(&s, UINT16_MAX, &network))
			return false;
		out->networks[k] = (uint16_t)network;
	}
	out->kind = (enum paths_kind)kind;
	out->served_at = (uint32_t)served_at;
	out->touched = flags & TOUCHED;
	out->aged = flags & AGED;
	out->dead = flags & DEAD;
	return *s == '\0' && paths_record_is_possible(out);
}
