/* kept_reasons.c - see kept_reasons.h. */
#include "io/run/kept_reasons.h"

#include <stdlib.h>
#include <string.h>

#include "core/record/state.h"
#include "io/host/statefile.h"

static bool read_kept(const struct statedir *dir, struct state *out)
{
	const char *why;
	size_t len = 0;
	char *text =
		statefile_read_own(dir->path, STATE_BYTES_MAX, statedir_owner(dir->path), &len);
	bool valid = text && state_read(text, len, out, &why);

	free(text);
	return valid;
}

void kept_reasons_restore(struct engine *engine, const struct statedir *dir, const char *set_name)
{
	struct state *s;

	if (!dir->path || !(s = calloc(1, sizeof *s)))
		return;
	if (read_kept(dir, s) && !s->replay && strcmp(s->set_name, set_name) == 0)
		for (size_t i = 0; i < s->bans_n; i++)
			engine_restore_reason(engine, &s->bans[i]);
	free(s);
}
