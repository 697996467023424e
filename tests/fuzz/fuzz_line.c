/* fuzz_line.c - the result of a line depends only on its own bytes: not on bytes after it, and not
 * on earlier lines. The scanner and cJSON agree. If a line is plain JSON, cJSON finds the same
 * client. The object then contains the names of a row of format.h, and the client is the peer of
 * this row. So text in a string never becomes a member. A forwarded address is only used if a
 * trusted proxy sent it. */
#include <stdbool.h>

#include <cjson/cJSON.h>

#include "core/read/line.h"

#include "unit/same_result.h"
#include "fuzz.h"

#define DEPTH 64 /* depth of objects that are searched */

/* A line of nginx. It is parsed between other lines, and its result would reveal remains of the
 * line before it. */
static const char probe[] = "{\"remote_addr\":\"192.0.2.1\",\"status\":404,\"msec\":1795320960.343,"
			    "\"xff\":\"10.0.0.9\"}";

enum { PLAIN, BY_TREE, TRUSTING, ANY_PREFIX, COMBINED, PARSERS };
static struct line_parser *parsers[PARSERS];
static struct allow *trust; /* used by TRUSTING */

static int64_t utc(void *ctx, int64_t local_s)
{
	(void)ctx;
	(void)local_s;
	return 0;
}

static void make_parsers(void)
{
	static const struct timestamp_zone zone = {.east_s = utc};
	struct address network;

	trust = allow_new();
	FUZZ_HOLDS(trust && address_parse_prefix("0.0.0.0/1", 9, &network) &&
		   allow_add(trust, &network));
	allow_seal(trust);
	for (int i = 0; i < PARSERS; i++) {
		struct line_config c = {.extract = {.zone = &zone,
						.count = "count",
						.trusted = i == TRUSTING ? trust : NULL},
			.combined = i == COMBINED,
			.by_tree = i == BY_TREE,
			.prefix_any = i == ANY_PREFIX};
		parsers[i] = line_parser_new(&c);
		FUZZ_HOLDS(parsers[i]);
	}
}

/* The first member with this name, in the sequence of the text. A dot in the name either separates
 * an object from its member, or is part of a key. */
static const cJSON *first_member(const cJSON *object, const char *name)
{
	struct {
		const cJSON *item;
		const char *rest;
	} stack[DEPTH] = {{object->child, name}};
	int depth = 0;

	while (depth >= 0) {
		const cJSON *item = stack[depth].item;
		const char *rest = stack[depth].rest;
		if (!item) {
			depth--;
			continue;
		}
		stack[depth].item = item->next;
		size_t n = strlen(item->string);
		if (strcmp(item->string, rest) == 0)
			return item;
		if (n && cJSON_IsObject(item) && depth + 1 < DEPTH &&
			strncmp(item->string, rest, n) == 0 && rest[n] == '.') {
			depth++;
			stack[depth].item = item->child;
			stack[depth].rest = rest + n + 1;
		}
	}
	return NULL;
}

/* The number of these names that the object contains. The list ends at `max` or at NULL. */
static size_t count_there(const cJSON *object, const char *const *names, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < max && names[i]; i++)
		n += first_member(object, names[i]) != NULL;
	return n;
}

/* The number of forwarded members that are not headers of a client. */
static size_t count_flat(const cJSON *object)
{
	size_t n = 0;

	for (const char *const *name = format_forwarded; *name; name++)
		n += !strstr(*name, "headers.") && first_member(object, *name);
	return n;
}

/* The member with the peer's address, according to the row `f`. NULL: the object does not contain
 * the names of the row. */
static const cJSON *find_peer(const cJSON *object, const struct format *f)
{
	size_t marks = 0, peers = count_there(object, f->peers, FORMAT_NAMES_MAX);

	while (marks < 3 && f->marks[marks])
		marks++;
	if (count_there(object, f->marks, 3) != marks ||
		(f->any[0] && count_there(object, f->any, 3) == 0) || (f->one_peer && peers != 1) ||
		(f->no_forwarded && count_flat(object) != 0))
		return NULL;
	for (const char *const *name = f->peers; peers && *name; name++) {
		const cJSON *m = first_member(object, *name);
		if (m)
			return m;
	}
	return NULL;
}

/* Whether the address is in the comma-separated list. */
static bool is_in_list(const char *s, const struct address *client)
{
	struct address a;

	for (; s; s = strchr(s, ',')) {
		s += *s == ',';
		s += strspn(s, " \t");
		size_t n = strcspn(s, ",");
		while (n && (s[n - 1] == ' ' || s[n - 1] == '\t'))
			n--;
		if (address_parse_peer(s, n, &a) && address_equal(&a, client))
			return true;
	}
	return false;
}

/* Searches a text or an array of texts. */
static bool is_among(const cJSON *m, const struct address *client)
{
	const cJSON *item = cJSON_IsArray(m) ? m->child : m;
	bool found = false;

	for (; item; item = cJSON_IsArray(m) ? item->next : NULL)
		found |= is_in_list(cJSON_GetStringValue(item), client);
	return found;
}

/* `trusted`: addresses below 128.0.0.0 are trusted proxies. */
static bool is_client_of(
	const cJSON *object, const struct format *f, bool trusted, const struct address *client)
{
	const char *text = cJSON_GetStringValue(find_peer(object, f));
	struct address peer;
	bool found = false;

	if (!text || (!address_parse_peer(text, strlen(text), &peer) &&
			     !address_parse_network(text, strlen(text), &peer)))
		return false;
	if (address_equal(&peer, client))
		return true;
	if (trusted && allow_has(trust, &peer))
		for (const char *const *name = format_forwarded; *name; name++)
			found |= is_among(first_member(object, *name), client);
	return found;
}

static size_t without_end(const char *s, size_t len)
{
	while (len && strchr(" \t\r\n", s[len - 1]))
		len--;
	return len;
}

#define LAYERS 4 /* strings in strings */

static bool allows_object(
	const cJSON *object, bool trusted, const struct address *client, int layers);

/* True if the text is no object, or if the text is an object with this client. */
static bool allows(
	const char *s, size_t len, bool trusted, const struct address *client, int layers)
{
	const char *end = s;
	cJSON *object;

	len = without_end(s, len);
	object = cJSON_ParseWithLengthOpts(s, len, &end, 0);
	bool whole = cJSON_IsObject(object) && end == s + len;
	bool found = !whole || allows_object(object, trusted, client, layers);
	cJSON_Delete(object);
	return found;
}

/* Searches the text whose bytes are the numbers of the array. */
static bool allows_bytes(const cJSON *array, bool trusted, const struct address *client, int layers)
{
	size_t n = 0;
	char *text = malloc((size_t)cJSON_GetArraySize(array) + 1);

	FUZZ_HOLDS(text);
	for (const cJSON *item = array->child; item; item = item->next)
		text[n++] = (char)item->valueint;
	bool found = allows(text, n, trusted, client, layers);
	free(text);
	return found;
}

/* True if the object contains this client in the format of one of the products, or if a member
 * contains such an object. */
static bool allows_object(
	const cJSON *object, bool trusted, const struct address *client, int layers)
{
	static const char *const holders[] = {
		"log", "message", "MESSAGE", "line", "msg", "short_message", "log_processed"};

	for (const struct format *f = format_all(); f->name; f++)
		if (is_client_of(object, f, trusted, client))
			return true;
	for (size_t i = 0; layers && i < sizeof holders / sizeof *holders; i++) {
		const cJSON *m = cJSON_GetObjectItemCaseSensitive(object, holders[i]);
		if (cJSON_IsString(m) && *m->valuestring == '{' &&
			allows(m->valuestring, strlen(m->valuestring), trusted, client, layers - 1))
			return true;
		if (cJSON_IsObject(m) && i == 6 && allows_object(m, trusted, client, layers - 1))
			return true;
		if (cJSON_IsArray(m) && i == 2 && allows_bytes(m, trusted, client, layers - 1))
			return true;
	}
	return false;
}

static enum line_reason parse_twice(
	struct line_parser *p, const char *s, size_t len, struct line_result *out)
{
	char *behind = fuzz_followed(s, len, ",\"remote_addr\":\"192.0.2.2\"}");
	struct line_result first, again, between;
	enum line_reason reason = line_parse(p, s, len, false, out);

	FUZZ_HOLDS(reason < LINE_REASON_COUNT);
	FUZZ_HOLDS(line_parse(p, behind, len, false, &again) == reason &&
		   same_result(reason, out, &again));
	(void)line_parse(p, probe, sizeof probe - 1, false, &first);
	FUZZ_HOLDS(line_parse(p, behind, len, false, &again) == reason &&
		   same_result(reason, out, &again));
	enum line_reason probed = line_parse(p, probe, sizeof probe - 1, false, &between);
	FUZZ_HOLDS(p == parsers[COMBINED] ? probed == LINE_OTHER : probed == LINE_OK);
	FUZZ_HOLDS(same_result(probed, &first, &between));
	free(behind);
	return reason;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *s = fuzz_exact(data, len);
	struct line_result r, plain = {0};
	enum line_reason reasons[PARSERS];

	if (!parsers[0])
		make_parsers();
	for (int i = 0; i < PARSERS; i++) {
		reasons[i] = parse_twice(parsers[i], s, len, &r);
		if (i == PLAIN)
			plain = r;
		if (i == BY_TREE)
			FUZZ_HOLDS(reasons[i] == reasons[PLAIN] &&
				   same_result(reasons[i], &plain, &r));
		if (reasons[i] != LINE_OK)
			continue;
		FUZZ_HOLDS(r.request.count >= 1 && r.request.status <= 599);
		FUZZ_HOLDS(r.request.status == 0 || r.request.status >= 100);
		/* cJSON ends a text at \u0000, and the line parser does not */
		if ((i == PLAIN || i == TRUSTING) && s[0] == '{' && len <= LINE_BYTES_MAX &&
			!memmem(s, len, "\\u0000", 6))
			FUZZ_HOLDS(allows(s, len, i == TRUSTING, &r.request.client, LAYERS));
	}
	free(s);
	return 0;
}
