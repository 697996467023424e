/* request_text.c - see request_text.h. */
#include "core/record/request_text.h"

#include <stdio.h>
#include <string.h>

#define CUT "..."
/* Minimum number of bytes of a path before the three dots. With fewer bytes, too many different
 * paths would look the same. */
#define PATH_LEAST 5

/* Copies text; every byte below `least` or above '~' becomes '?'. */
static void copy_plain(char *out, size_t cap, char least, const char *s, size_t len)
{
	if (len > cap - 1)
		len = cap - 1;
	for (size_t i = 0; i < len; i++)
		out[i] = s[i] >= least && s[i] <= '~' ? s[i] : '?';
	memset(out + len, 0, cap - len);
}

void request_text_set(struct request_text *t, const struct request *r)
{
	memset(t, 0, sizeof *t);
	if (!r || (r->path_len == 0 && r->method[0] == '\0'))
		return;
	copy_plain(t->method, sizeof t->method, '!', r->method, strlen(r->method));
	copy_plain(t->path, sizeof t->path, ' ', r->path, r->path_len);
	t->status = r->status;
}

bool request_text_is_known(const struct request_text *t)
{
	return t->method[0] || t->path[0];
}

struct request_line request_text_line(const struct request_text *t, size_t room)
{
	struct request_line line = {""};
	size_t path_len = strlen(t->path), rest;
	char status[16] = "";

	if (!request_text_is_known(t))
		return line;
	if (t->status)
		snprintf(status, sizeof status, " %u", (unsigned)t->status);
	rest = strlen(t->method) + (t->method[0] && t->path[0]) + strlen(status);
	bool cut = rest + path_len > room;
	if (cut && (path_len == 0 || rest + PATH_LEAST + strlen(CUT) > room))
		return line;
	if (cut)
		path_len = room - rest - strlen(CUT);
	snprintf(line.s, sizeof line.s, "%s%s%.*s%s%s", t->method,
		t->method[0] && t->path[0] ? " " : "", (int)path_len, t->path, cut ? CUT : "",
		status);
	return line;
}
