/* run_key.c - see run_key.h. */
#include "io/run/run_key.h"

#include <sys/random.h>

_Static_assert(RUN_KEY_BYTES <= LINE_READER_AHEAD_MAX, "these bytes can be read before a line");

bool run_key_make(struct run_key *k, bool replay, const struct statedir *dir, struct hash_key *out)
{
	*out = (struct hash_key){{0, 0}};
	k->waits = replay && !dir->path;
	return k->waits || getrandom(out, sizeof *out, 0) == sizeof *out;
}

bool run_key_take(
	struct run_key *k, const struct line_reader *lines, bool ended, struct engine *engine)
{
	const char *bytes;

	if (!k->waits)
		return true;
	size_t n = line_reader_ahead(lines, &bytes);
	if (n < RUN_KEY_BYTES && !ended)
		return false;
	engine_set_key(engine, hash_key_from(bytes, n < RUN_KEY_BYTES ? n : RUN_KEY_BYTES));
	k->waits = false;
	return true;
}
