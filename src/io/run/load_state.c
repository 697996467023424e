/* load_state.c - see load_state.h. */
#include "io/run/load_state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "io/host/statefile.h"
#include "io/run/statedir.h"

struct file_access load_state_reason(const char *path, int error)
{
	struct file_access reason = file_access_of(path, error, true);

	if (error == ENOENT)
		snprintf(reason.s, sizeof reason.s, "no such file; is anomdetect running?");
	return reason;
}

/* `reason`: as state_read returns it. */
static void refuse_text(const char *path, const char *text, size_t len, const char *reason,
	char *why, size_t why_cap)
{
	char advice[STATE_ADVICE_CAP];
	struct buf b;

	buf_init(&b, advice, sizeof advice);
	bool other = state_advice_put(&b, text, len);
	snprintf(why, why_cap, "unable to use '%s': %s%s%.*s", path, other ? "" : reason,
		other ? "" : "; ", (int)b.len, advice);
}

/* A detector with --user writes as the owner of the directory. So a file of this owner is
 * accepted. */
bool load_state(const char *path, struct state *out, char *why, size_t why_cap)
{
	const char *reason;
	size_t len = 0;
	char *text = statefile_read_own(path, STATE_BYTES_MAX, statedir_owner(path), &len);

	if (!text) {
		struct file_access access = load_state_reason(path, errno);
		snprintf(why, why_cap, "unable to read '%s': %s", path, access.s);
		return false;
	}
	bool valid = state_read(text, len, out, &reason);
	if (!valid)
		refuse_text(path, text, len, reason, why, why_cap);
	free(text);
	return valid;
}
