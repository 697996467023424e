/* address_members.c - see address_members.h.
 *
 * Names are compared in lower case, with _ for -, and without the prefixes that logs give to header
 * names (http_, x_). Every member below a member called `headers` is a header. */
#include "core/read/address_members.h"

#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/address.h"
#include "core/base/buf.h"
#include "core/read/fields.h"

/* Maximum number of members that are examined. A line of 64 KiB may contain more, but fewer than
 * 16,384. */
#define LOOKED_MAX 4096

/* Names of headers that contain a client's address, in the form of plain_name. ClientHost is
 * Traefik's name for the first value of X-Forwarded-For. */
static const char *const header_names[] = {"forwarded_for", "forwarded", "xff", "client_ip",
	"clientip", "real_ip", "realip", "cf_connecting_ip", "true_client_ip", "cluster_client_ip",
	"fastly_client_ip", "original_forwarded_for", "connecting_ip", "clienthost", NULL};

/* If a member's name contains one of these parts, its value is not the client's address. */
static const char *const server_parts[] = {"upstream", "server", "backend", "service", "local",
	"dst", "dest", "target", "listen", "bind", "version", NULL};

/* An object that is open during the walk. `name_len` is the length of the names of this object and
 * the objects around it, with their dots. */
struct level {
	const cJSON *item;
	size_t name_len;
	bool in_headers;
};

struct walk {
	struct address_members *out;
	struct level stack[FIELDS_DEPTH_MAX];
	int depth;
	char name[FIELDS_NAME_MAX + 1]; /* no terminator */
	int looked;
	const char *inner; /* the first string that begins with an object's brace, or NULL */
};

/* Copies the name in lower case, with _ for -. `out` has FIELDS_NAME_MAX + 1 bytes. */
static void plain_name(const char *name, size_t len, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < len && n < FIELDS_NAME_MAX; i++) {
		char c = name[i];
		if (c == '-')
			c = '_';
		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		out[n++] = c;
	}
	out[n] = '\0';
}

static const char *without_prefix(const char *name, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(name, prefix, len) == 0 ? name + len : name;
}

/* `name` is the member's key, without the names of the objects around it. */
static enum address_role role_of(const char *name, size_t len)
{
	char plain[FIELDS_NAME_MAX + 1];

	plain_name(name, len, plain);
	const char *bare = without_prefix(plain, "request_");
	if (strncmp(bare, "http_", 5) == 0 || strncmp(bare, "x_", 2) == 0)
		return ADDRESS_HEADER;
	for (const char *const *h = header_names; *h; h++)
		if (strcmp(bare, *h) == 0)
			return ADDRESS_HEADER;
	for (const char *const *s = server_parts; *s; s++)
		if (strstr(plain, *s))
			return ADDRESS_SERVER;
	if (strcmp(plain, "host") == 0 || strcmp(plain, "hostname") == 0 ||
		strcmp(plain, "requesthost") == 0 || strcmp(plain, "requestaddr") == 0)
		return ADDRESS_SERVER;
	return ADDRESS_PEER;
}

/* Whether every word between commas is an address. *list is set if there are several addresses. */
static bool holds_addresses(const char *text, bool *list)
{
	struct address a;

	*list = false;
	for (const char *at = text;; at++) {
		while (*at == ' ')
			at++;
		size_t len = strcspn(at, ",");
		size_t bare = len;
		while (bare && at[bare - 1] == ' ')
			bare--;
		if (!address_parse_peer(at, bare, &a))
			return false;
		at += len;
		if (!*at)
			return true;
		*list = true;
	}
}

/* Returns false if the name is too long, or if it cannot be quoted for a shell because it contains
 * a quote or control bytes. */
static bool put_name(struct line_member *m, const char *name, size_t len)
{
	struct buf b;

	if (len >= sizeof m->name || memchr(name, '\'', len))
		return false;
	buf_init(&b, m->name, sizeof m->name - 1);
	buf_put_plain(&b, name, len);
	return b.len == len && memcmp(m->name, name, len) == 0;
}

static void add_member(struct walk *w, size_t name_len, const char *text, enum address_role role)
{
	struct address_member found = {.role = role};
	struct buf b;

	if (w->out->n == ADDRESS_MEMBERS_MAX || !put_name(&found.member, w->name, name_len))
		return;
	buf_init(&b, found.member.value, sizeof found.member.value - 1);
	buf_put_plain(&b, text, strlen(text));
	w->out->at[w->out->n++] = found;
}

static void look_at_text(
	struct walk *w, const cJSON *item, size_t key_at, size_t name_len, bool in_headers)
{
	const char *text = item->valuestring;
	bool list, in_array = cJSON_IsArray(item);

	if (in_array)
		text = cJSON_IsString(item->child) ? item->child->valuestring : "";
	if (!text || !*text)
		return;
	if (*text == '{' && !in_array && !w->inner)
		w->inner = text;
	if (!holds_addresses(text, &list))
		return;
	enum address_role role = role_of(w->name + key_at, name_len - key_at);
	if (role != ADDRESS_SERVER && (in_headers || list || in_array))
		role = ADDRESS_HEADER;
	add_member(w, name_len, text, role);
}

static bool is_headers(const char *key, size_t len)
{
	char plain[FIELDS_NAME_MAX + 1];

	plain_name(key, len, plain);
	return strcmp(plain, "headers") == 0 || strcmp(plain, "request_headers") == 0 ||
	       strcmp(plain, "header") == 0;
}

static void look_at_next(struct walk *w)
{
	struct level *l = &w->stack[w->depth];
	const cJSON *item = l->item;

	if (!item) {
		w->depth--;
		return;
	}
	l->item = item->next;
	size_t key_len = item->string ? strlen(item->string) : 0;
	size_t at = l->name_len, name_len = at + key_len;
	if (!key_len || name_len >= FIELDS_NAME_MAX)
		return;
	memcpy(w->name + at, item->string, key_len);
	if (cJSON_IsString(item) || cJSON_IsArray(item)) {
		look_at_text(w, item, at, name_len, l->in_headers);
	} else if (cJSON_IsObject(item) && w->depth + 1 < FIELDS_DEPTH_MAX) {
		bool headers = l->in_headers || is_headers(item->string, key_len);
		w->name[name_len] = '.';
		w->stack[++w->depth] = (struct level){item->child, name_len + 1, headers};
	}
}

static void walk_object(struct walk *w, const cJSON *object)
{
	w->inner = NULL;
	w->depth = 0;
	w->stack[0] = (struct level){object->child, 0, false};
	while (w->depth >= 0 && w->looked++ < LOOKED_MAX)
		look_at_next(w);
}

/* Parses the object at the beginning of the text. Returns NULL if the text is not an object, or if
 * anything but blanks follows it. */
static cJSON *parse_object(const char *text, size_t len)
{
	const char *end = text;
	cJSON *object = cJSON_ParseWithLengthOpts(text, len, &end, 0);

	while (object && end < text + len && memchr(" \t\r\n", *end, 4))
		end++;
	if (object && end == text + len && cJSON_IsObject(object))
		return object;
	cJSON_Delete(object);
	return NULL;
}

bool address_members_find(const char *text, size_t len, bool wrapped, struct address_members *out)
{
	struct walk w = {.out = out};
	cJSON *object = parse_object(text, len), *inner = NULL;

	out->n = 0;
	if (!object)
		return false;
	walk_object(&w, object);
	if (wrapped && w.inner)
		inner = parse_object(w.inner, strlen(w.inner));
	if (inner) {
		out->n = 0;
		walk_object(&w, inner);
	}
	cJSON_Delete(inner);
	cJSON_Delete(object);
	return true;
}

const struct address_member *address_members_first(
	const struct address_members *m, enum address_role role)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->at[i].role == role)
			return &m->at[i];
	return NULL;
}

const struct address_member *address_members_named(
	const struct address_members *m, const char *name)
{
	for (size_t i = 0; i < m->n; i++)
		if (strcmp(m->at[i].member.name, name) == 0)
			return &m->at[i];
	return NULL;
}
