/* memory_find.c - see memory.h: reads only one part of the memory file. The part is one client, the
 * table of paths, or the secret key with which the clients that have taught are hashed. */
#include "core/record/memory.h"

#include <errno.h>
#include <string.h>

#include "core/base/address.h"
#include "core/record/json_pieces.h"
#include "core/record/memory_client.h"
#include "core/record/memory_learned.h"
#include "core/record/memory_paths.h"
#include "core/record/memory_reasons.h"
#include "core/record/memory_values.h"

/* All lists are read element by element, even lists of a newer program. */
static bool is_any_list(const char *name)
{
	(void)name;
	return true;
}

enum memory_result memory_key(const struct byte_source *source, struct hash_key *out, bool *found)
{
	struct json_pieces *pieces = json_pieces_new(source, is_any_list);
	enum json_piece_kind kind = JSON_PIECE_FAILED;
	struct teachers_head head;
	struct json_piece piece;
	uint64_t cells;

	*found = false;
	if (pieces && source->rewind(source->ctx))
		do
			kind = json_pieces_next(pieces, &piece);
		while (kind < JSON_PIECE_END && strcmp(piece.name, "taught") != 0);
	if (kind == JSON_PIECE_MEMBER && memory_read_teachers(piece.value, &head, &cells) &&
		is_secret(&head.key)) {
		*out = head.key;
		*found = true;
	}
	int saved = errno;
	json_pieces_free(pieces);
	errno = saved;
	return kind == JSON_PIECE_FAILED ? MEMORY_UNREAD : MEMORY_OK;
}

/* The search for one client. */
struct search {
	const struct address *client;
	bool version_known, listed, found;
	bool explained; /* the ban's reason has been found, or there is no ban with a reason */
	struct memory_client entry;
};

/* Returns NULL, or why the file is refused. */
static const char *search_reason(
	struct search *s, enum json_piece_kind kind, const struct json_piece *piece)
{
	struct memory_reason reason;

	if (kind == JSON_PIECE_LIST || !s->found || s->explained)
		return NULL;
	if (kind == JSON_PIECE_MEMBER || !memory_read_reason(piece->value, &reason))
		return "a ban's reason is not readable";
	if (!address_equal(&reason.client, &s->entry.ban.client))
		return NULL;
	s->explained = true;
	s->entry.ban.evidence = reason.evidence;
	s->entry.request = reason.request;
	return NULL;
}

/* Returns NULL, or why the file is refused. */
static const char *search_piece(
	struct search *s, enum json_piece_kind kind, const struct json_piece *piece)
{
	struct ban ban;
	uint64_t version;

	if (kind == JSON_PIECE_MEMBER && strcmp(piece->name, "version") == 0) {
		s->version_known =
			read_whole(piece->value, 1e6, &version) && version == MEMORY_VERSION;
		return s->version_known ? NULL : "its version is not known";
	}
	if (strcmp(piece->name, MEMORY_REASONS) == 0)
		return search_reason(s, kind, piece);
	if (strcmp(piece->name, "clients") != 0)
		return NULL;
	s->listed = kind != JSON_PIECE_MEMBER;
	if (!s->listed || (kind == JSON_PIECE_ELEMENT && !memory_read_client(piece->value, &ban)))
		return "a client is not readable";
	if (!s->found && kind == JSON_PIECE_ELEMENT && address_covers(&ban.client, s->client)) {
		s->found = true;
		s->explained = ban.form != BAN_ACTIVE;
		s->entry.ban = ban;
	}
	return NULL;
}

/* Called at the end of the file or when the search ends. Returns NULL, or why the file is
 * refused. */
static const char *find_fault(const struct search *s, enum json_piece_kind kind)
{
	if (kind == JSON_PIECE_DAMAGED)
		return "not JSON, or cut off";
	if (!s->version_known)
		return "its version is not known";
	return s->listed ? NULL : "a client is not readable";
}

enum memory_result memory_find(const struct byte_source *source, const struct address *client,
	struct memory_client *out, bool *found, const char **why)
{
	struct json_pieces *pieces = json_pieces_new(source, is_any_list);
	enum json_piece_kind kind = JSON_PIECE_FAILED;
	struct search s = {.client = client};
	struct json_piece piece;

	*why = NULL;
	if (pieces && source->rewind(source->ctx))
		while (!*why && !(s.found && s.explained && s.version_known) &&
			(kind = json_pieces_next(pieces, &piece)) < JSON_PIECE_END)
			*why = search_piece(&s, kind, &piece);
	int saved = errno;
	json_pieces_free(pieces);
	errno = saved;
	*found = false;
	if (kind == JSON_PIECE_FAILED)
		return MEMORY_UNREAD;
	if (!*why)
		*why = find_fault(&s, kind);
	*found = s.found && !*why;
	if (*found)
		*out = s.entry;
	return *why ? MEMORY_DAMAGED : MEMORY_OK;
}

/* The table of paths, as far as it has been read. */
struct path_reading {
	struct paths *paths;
	bool version_known, has_key, listed;
	bool secret; /* the key is not all zeros */
};

/* Returns NULL, or why the file is refused. */
static const char *read_path_piece(
	struct path_reading *r, enum json_piece_kind kind, const struct json_piece *piece)
{
	static const char unreadable[] = "a path is not readable";
	struct paths_record record;
	struct hash_key key;
	uint64_t version;

	if (kind == JSON_PIECE_MEMBER && strcmp(piece->name, "version") == 0) {
		r->version_known =
			read_whole(piece->value, 1e6, &version) && version == MEMORY_VERSION;
		return r->version_known ? NULL : "its version is not known";
	}
	if (strcmp(piece->name, "paths") == 0) {
		if (kind != JSON_PIECE_MEMBER || r->has_key || !read_key(piece->value, &key))
			return unreadable;
		r->has_key = true;
		r->secret = is_secret(&key);
		/* the stored records contain finished hashes, so the key may be set after them */
		paths_set_key(r->paths, key);
		return NULL;
	}
	if (strcmp(piece->name, MEMORY_PATH_LIST) != 0)
		return NULL;
	r->listed = kind != JSON_PIECE_MEMBER;
	if (!r->listed || (kind == JSON_PIECE_ELEMENT && !memory_read_path(piece->value, &record)))
		return unreadable;
	if (kind == JSON_PIECE_ELEMENT)
		paths_restore(r->paths, &record);
	return NULL;
}

static const char *find_path_fault(const struct path_reading *r, enum json_piece_kind kind)
{
	if (kind == JSON_PIECE_DAMAGED)
		return "not JSON, or cut off";
	if (!r->version_known)
		return "its version is not known";
	return r->has_key == r->listed ? NULL : "a path is not readable";
}

enum memory_result memory_find_paths(const struct byte_source *source, struct paths *paths,
	bool (*stop)(void *ctx), void *ctx, bool *found, const char **why)
{
	struct json_pieces *pieces = json_pieces_new(source, is_any_list);
	enum json_piece_kind kind = JSON_PIECE_FAILED;
	struct path_reading r = {.paths = paths};
	struct json_piece piece;
	bool stopped = false;

	*why = NULL;
	if (pieces && source->rewind(source->ctx))
		while (!*why && !(stopped = stop && stop(ctx)) &&
			(kind = json_pieces_next(pieces, &piece)) < JSON_PIECE_END)
			*why = read_path_piece(&r, kind, &piece);
	int saved = stopped ? ECANCELED : errno;
	json_pieces_free(pieces);
	errno = saved;
	*found = false;
	if (stopped || kind == JSON_PIECE_FAILED)
		return MEMORY_UNREAD;
	if (!*why)
		*why = find_path_fault(&r, kind);
	*found = !*why && r.has_key && r.secret;
	return *why ? MEMORY_DAMAGED : MEMORY_OK;
}
