/* state_advice.c - see state_advice.h. Searches only the beginning of the text for names of
 * members. Does not parse the text, because a file that is not a state may not be JSON. */
#include "core/record/state_advice.h"

#include <stdbool.h>
#include <string.h>

#include "core/base/num.h"
#include "core/base/version.h"
#include "core/read/input_kind.h"
#include "core/read/strangers.h"
#include "core/record/state.h"

/* Maximum number of bytes that are examined: the first members, or one line of a log. */
#define LOOKED_MAX 4096

struct start {
	const char *s;
	size_t len;
	size_t line_len; /* length of the first line */
};

static bool has_text(const struct start *t, const char *text)
{
	return memmem(t->s, t->len, text, strlen(text)) != NULL;
}

static size_t skip_space(const struct start *t, size_t at)
{
	while (at < t->len && memchr(" \t\r\n", t->s[at], 4))
		at++;
	return at;
}

static bool skip_text(const struct start *t, size_t *at, const char *text)
{
	size_t len = strlen(text);

	*at = skip_space(t, *at);
	if (t->len - *at < len || memcmp(t->s + *at, text, len) != 0)
		return false;
	*at += len;
	return true;
}

/* Reads the member "version", which is the first member of a state and of a memory file. An object
 * of another program may also begin with "version". So this function requires "saved" or "age",
 * too. */
static bool read_version(const struct start *t, uint64_t *version)
{
	size_t at = 0, len = 0;

	if (!skip_text(t, &at, "{") || !skip_text(t, &at, "\"version\"") || !skip_text(t, &at, ":"))
		return false;
	at = skip_space(t, at);
	while (at + len < t->len && t->s[at + len] >= '0' && t->s[at + len] <= '9')
		len++;
	return num_u64(t->s + at, len, version) &&
	       (has_text(t, "\"saved\"") || has_text(t, "\"age\""));
}

/* Writes a release such as "0.2.0" from the member program_version. */
static void put_release(struct buf *b, const struct start *t)
{
	static const char name[] = "\"program_version\"";
	const char *at = memmem(t->s, t->len, name, sizeof name - 1);
	const char *end = t->s + t->len;
	size_t len = 0;

	if (!at)
		return;
	at += sizeof name - 1;
	while (at < end && memchr(": \"", *at, 3))
		at++;
	while (at + len < end && len < 20 && memchr("0123456789.", at[len], 11))
		len++;
	buf_put_text(b, len ? " " : "");
	buf_put_bytes(b, at, len);
}

/* Writes the advice for a state or a memory file. */
static bool put_version(struct buf *b, const struct start *t, uint64_t version)
{
	if (has_text(t, "\"age\"")) {
		buf_put_text(b, "it is the memory file beside the state: leave out .memory");
		return true;
	}
	if (version == STATE_VERSION) {
		buf_put_text(b, "a running anomdetect replaces it within seconds");
		return false;
	}
	buf_put_text(b, version > STATE_VERSION ? "a newer anomdetect" : "an older anomdetect");
	put_release(b, t);
	buf_put_text(b, " has written it: install the same release of all programs"
			" (this is " ANOMDETECT_VERSION ")");
	return true;
}

bool state_advice_put(struct buf *b, const char *text, size_t len)
{
	struct start t = {text, len < LOOKED_MAX ? len : LOOKED_MAX, 0};
	struct input_kinds kinds = {.began = false};
	uint64_t version;

	while (t.line_len < t.len && text[t.line_len] != '\n')
		t.line_len++;
	enum input_kind kind = input_kinds_look(&kinds, t.s, t.line_len);
	if (len == 0) {
		buf_put_text(b, "it is empty, as after a full disk; a running anomdetect replaces "
				"it within seconds");
		return true;
	}
	if (read_version(&t, &version))
		return put_version(b, &t, version);
	if (kind >= INPUT_GZIP && kind <= INPUT_ZIP)
		buf_put_text(b, "it is compressed");
	else if (has_text(&t, "\"event\":\"") || has_text(&t, "\"event\": \""))
		buf_put_text(b, "it contains events, as anomdetect prints them");
	else if (stranger_is_request(t.s, t.line_len))
		buf_put_text(b, "it is an access log, which anomdetect reads on standard input");
	else
		buf_put_text(b, "it is not a state of anomdetect");
	buf_put_text(b, "; name the file of anomdetect --state");
	return true;
}
