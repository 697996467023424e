/* fuzz_layers.c - tests envelope.h, which skips the text before an object, such as a syslog header,
 * and unwrap.h, which extracts a log line from a member of an object. The skipped text contains no
 * quote, except in structured data of syslog. cJSON finds each extracted text in the same object.
 * The results of envelope.h and unwrap.h depend only on the bytes of the line. */
#include <stdbool.h>

#include <cjson/cJSON.h>

#include "core/read/envelope.h"
#include "core/read/unwrap.h"

#include "fuzz.h"

static const char *const holders[] = {
	"log", "message", "MESSAGE", "line", "msg", "short_message", "log_processed"};

static struct unwrap unwrap;

static void check_envelope(const char *s, size_t len)
{
	struct envelope e, rest;
	size_t n = envelope_peel(s, len, &e);
	size_t object = envelope_len(s, len, &rest);

	FUZZ_HOLDS(n <= len && e.layers_n <= ENVELOPE_LAYERS_MAX && (n == 0) == (e.layers_n == 0));
	FUZZ_HOLDS(object == (n < len && s[n] == '{' ? n : ENVELOPE_NONE));
	for (size_t i = 0; i < n; i++)
		FUZZ_HOLDS((s[i] != '"' && s[i] != '{') || memchr(s, '[', i));
	/* nothing is skipped: the remaining text begins with no layer */
	if (e.layers_n < ENVELOPE_LAYERS_MAX)
		FUZZ_HOLDS(envelope_peel(s + n, len - n, &rest) == 0);
}

/* The text as object.h reads it: each \u0000 is \u0001. */
static char *without_nuls(const char *s, size_t len)
{
	char *copy = fuzz_exact((const uint8_t *)s, len);

	for (size_t i = 0; i + 6 <= len; i++) {
		if (copy[i] != '\\')
			continue;
		if (memcmp(copy + i + 1, "u0000", 5) == 0)
			copy[i + 5] = '1';
		i++;
	}
	return copy;
}

static bool is_text(const cJSON *m, const char *text, size_t len)
{
	size_t n = m && m->valuestring ? strlen(m->valuestring) : 0;

	if (n < len || memcmp(m->valuestring, text, len) != 0)
		return false;
	return strcmp(m->valuestring + len, "") == 0 || strcmp(m->valuestring + len, "\n") == 0 ||
	       strcmp(m->valuestring + len, "\r\n") == 0 || strcmp(m->valuestring + len, "\r") == 0;
}

static bool is_bytes(const cJSON *m, const char *text, size_t len)
{
	const cJSON *item = m->child;

	for (; len && item; len--, item = item->next)
		if (item->valueint != (unsigned char)*text++ && item->valueint != 0)
			return false;
	return len == 0;
}

static bool is_held(const cJSON *object, const struct unwrapped *u)
{
	for (size_t i = 0; i < sizeof holders / sizeof *holders; i++) {
		const cJSON *m = cJSON_GetObjectItemCaseSensitive(object, holders[i]);
		if (cJSON_IsString(m) && is_text(m, u->text, u->len))
			return true;
		if (cJSON_IsArray(m) && is_bytes(m, u->text, u->len))
			return true;
		if (cJSON_IsObject(m) && i == 6) {
			/* compared as texts, because cJSON_Compare never calls objects with a
			 * repeated name equal */
			cJSON *inner = cJSON_ParseWithLength(u->text, u->len);
			char *got = cJSON_PrintUnformatted(inner),
			     *want = cJSON_PrintUnformatted(m);
			bool same = got && want && strcmp(got, want) == 0;
			cJSON_Delete(inner);
			cJSON_free(got);
			cJSON_free(want);
			if (same)
				return true;
		}
	}
	return false;
}

static bool has_name(const cJSON *object, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(object, name) != NULL;
}

static void check_unwrap(const char *s, size_t len)
{
	char *room = malloc(len + 1), *behind = fuzz_followed(s, len, "\",\"remote_addr\":1}");
	struct unwrapped u, again;

	FUZZ_HOLDS(room);
	for (int plain = 0; plain < 2; plain++) {
		char *clean = without_nuls(s, len);
		const char *end = clean;
		cJSON *object = cJSON_ParseWithLengthOpts(clean, len, &end, 0);
		bool found = unwrap_object(&unwrap, s, len, plain, room, len, &u);
		if (found) {
			FUZZ_HOLDS(u.text == room && u.len <= len);
			FUZZ_HOLDS(plain || *room == '{');
		}
		if (found && cJSON_IsObject(object) && end == clean + len) {
			FUZZ_HOLDS(is_held(object, &u));
			FUZZ_HOLDS(!has_name(object, "remote_addr") && !has_name(object, "status"));
			FUZZ_HOLDS(!has_name(object, "request") && !has_name(object, "client_ip"));
		}
		/* the result is the same in place and with other bytes after the line */
		FUZZ_HOLDS(
			unwrap_object(&unwrap, behind, len, plain, behind, len, &again) == found);
		FUZZ_HOLDS(!found || (again.len == u.len && memcmp(again.text, room, u.len) == 0));
		memcpy(behind, s, len);
		cJSON_Delete(object);
		free(clean);
	}
	free(behind);
	free(room);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *s = fuzz_exact(data, len);

	if (!unwrap.shut_n)
		FUZZ_HOLDS(unwrap_init(&unwrap, &(struct format_names){0}));
	check_envelope(s, len);
	if (!memchr(s, '\0', len))
		check_unwrap(s, len);
	free(s);
	return 0;
}
