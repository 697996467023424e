/* memory_read.c - see memory.h: reads the file in two passes. The first pass checks every member
 * and every element of a list, and stores the members that are one value. The second pass copies
 * all members to the engine's memory. memory.c writes the file. */
#include "core/record/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/address.h"
#include "core/record/json_pieces.h"
#include "core/record/memory_client.h"
#include "core/record/memory_failures.h"
#include "core/record/memory_learned.h"
#include "core/record/memory_mass_ban.h"
#include "core/record/memory_names.h"
#include "core/record/memory_origins.h"
#include "core/record/memory_paths.h"
#include "core/record/memory_reasons.h"
#include "core/record/memory_silences.h"
#include "core/record/memory_unbans.h"
#include "core/record/memory_values.h"

/* A filter of teachers.h: its head and its cells. The list of cells in the file contains, for each
 * cell that is not 0, first its index and then its bits. */
struct filter {
	struct teachers_head head;
	uint64_t cells;
	uint64_t past; /* highest index in the list, plus 1 */
	uint64_t at;   /* index of the cell whose bits are the next element */
	bool has_at;   /* `at` has been read, and the next element is its bits */
};

struct reading {
	const struct memory_parts *parts; /* NULL in the first pass */
	uint32_t seen;                    /* a bit per enum member that has been read */
	uint64_t version, age, hour;
	struct site_sums today;
	struct site_hour hours[SITE_HOURS];
	struct visits_memory visits;
	struct heavy_hitters heavy, networks;
	struct mass_ban mass_ban;
	struct memory_silences silences;
	struct hash_key paths_key;
	struct filter taught, honest;
};

/* ---- members that are one value ---- */

static bool read_version(struct reading *r, const cJSON *value)
{
	return read_whole(value, 1e6, &r->version) && r->version == MEMORY_VERSION;
}

static bool read_age(struct reading *r, const cJSON *value)
{
	return read_whole(value, AGE_MAX, &r->age);
}

static bool read_hour(struct reading *r, const cJSON *value)
{
	return read_whole(value, (double)INSTANT_MAX.ms / 3600000, &r->hour);
}

static bool read_today(struct reading *r, const cJSON *value)
{
	return memory_read_sums(value, &r->today);
}

static bool read_hours(struct reading *r, const cJSON *value)
{
	return memory_read_hours(value, r->hours);
}

static bool read_learned(struct reading *r, const cJSON *value)
{
	return memory_read_ring(value, SITE_RING_LEARNED, r->parts ? r->parts->site : NULL);
}

static bool read_all(struct reading *r, const cJSON *value)
{
	return memory_read_ring(value, SITE_RING_ALL, r->parts ? r->parts->site : NULL);
}

static bool read_visits(struct reading *r, const cJSON *value)
{
	return memory_read_visits(value, &r->visits);
}

static bool read_heavy(struct reading *r, const cJSON *value)
{
	return memory_read_heavy_hitters(value, &r->heavy);
}

static bool read_networks(struct reading *r, const cJSON *value)
{
	return memory_read_heavy_hitters(value, &r->networks);
}

static bool read_taught(struct reading *r, const cJSON *value)
{
	return memory_read_teachers(value, &r->taught.head, &r->taught.cells);
}

static bool read_honest(struct reading *r, const cJSON *value)
{
	return memory_read_teachers(value, &r->honest.head, &r->honest.cells);
}

static bool read_mass_ban(struct reading *r, const cJSON *value)
{
	return memory_read_mass_ban(value, &r->mass_ban);
}

static bool read_silences(struct reading *r, const cJSON *value)
{
	return memory_read_silences(value, &r->silences);
}

static bool read_paths(struct reading *r, const cJSON *value)
{
	return read_key(value, &r->paths_key);
}

/* ---- elements of lists; if a table is full, elements are dropped, as at run time ---- */

/* `taught` is NULL if the cells are only checked. */
static bool read_filter(struct filter *f, const cJSON *item, struct teachers *taught)
{
	uint64_t bits;

	f->has_at = !f->has_at;
	if (f->has_at) {
		if (!read_whole(item, UINT32_MAX - 1, &f->at))
			return false;
		f->past = f->at >= f->past ? f->at + 1 : f->past;
		return true;
	}
	if (!read_whole(item, UINT32_MAX, &bits))
		return false;
	if (taught && f->at < teachers_cells(taught))
		teachers_restore_cell(taught, (uint32_t)f->at, (uint32_t)bits);
	return true;
}

/* Returns the filter into which the cells are read. Returns NULL if its size differs from the size
 * in the file (--max-clients), or if the key in the file is not secret. After NULL, no client is
 * remembered in the filter, so every client may teach again. */
static struct teachers *usable_filter(const struct filter *f, struct teachers *t)
{
	return t && f->cells == teachers_cells(t) && is_secret(&f->head.key) ? t : NULL;
}

static bool read_cell(struct reading *r, const cJSON *item)
{
	struct teachers *t = r->parts ? visits_teachers(r->parts->visits) : NULL;

	return read_filter(&r->taught, item, usable_filter(&r->taught, t));
}

static bool read_honest_cell(struct reading *r, const cJSON *item)
{
	struct teachers *t = r->parts && r->parts->slow ? r->parts->honest : NULL;

	return read_filter(&r->honest, item, usable_filter(&r->honest, t));
}

/* Whether the file has a secret key for its hashes. Without the key, the hashes are useless. If the
 * key were not secret, an attacker could compute the hashes. */
static bool has_path_key(const struct reading *r)
{
	return r->parts && r->parts->paths && is_secret(&r->paths_key);
}

static bool read_path(struct reading *r, const cJSON *item)
{
	struct paths_record record;

	if (!memory_read_path(item, &record))
		return false;
	if (has_path_key(r))
		paths_restore(r->parts->paths, &record);
	return true;
}

static bool read_slow(struct reading *r, const cJSON *item)
{
	struct slow_client record;
	uint64_t client;

	if (!memory_read_slow(item, &client, &record))
		return false;
	if (has_path_key(r) && r->parts->slow)
		slow_failures_restore(r->parts->slow, client, &record);
	return true;
}

static bool read_written(struct reading *r, const cJSON *item)
{
	struct written_path record;

	if (!memory_read_written(item, &record))
		return false;
	if (has_path_key(r) && r->parts->slow)
		written_paths_restore(r->parts->written, &record);
	return true;
}

static bool read_unban(struct reading *r, const cJSON *item)
{
	struct unban unban;

	if (!memory_read_unban(item, &unban))
		return false;
	if (r->parts)
		(void)unbans_note(r->parts->unbans, &unban);
	return true;
}

static bool read_origin(struct reading *r, const cJSON *item)
{
	struct origin o;

	if (!memory_read_origin(item, &o))
		return false;
	if (r->parts && r->parts->origins)
		origins_restore(r->parts->origins, &o);
	return true;
}

static bool read_client(struct reading *r, const cJSON *item)
{
	struct ban ban;

	if (!memory_read_client(item, &ban))
		return false;
	if (r->parts)
		bans_restore(r->parts->bans, &ban);
	return true;
}

/* The reason of a ban that was not restored is dropped. */
static bool read_reason(struct reading *r, const cJSON *item)
{
	struct memory_reason reason;
	struct ban ban;

	if (!memory_read_reason(item, &reason))
		return false;
	if (!r->parts || !(reason.evidence.value > 0) ||
		!bans_find(r->parts->bans, &reason.client, &ban) || ban.form != BAN_ACTIVE)
		return true;
	bans_set_evidence(r->parts->bans, &reason.client, &reason.evidence);
	(void)ban_requests_note(r->parts->requests, &reason.client, &reason.request);
	return true;
}

/* ---- the file ---- */

enum member {
	MEMBER_VERSION,
	MEMBER_AGE,
	MEMBER_HOUR,
	MEMBER_TODAY,
	MEMBER_LEARNED,
	MEMBER_ALL,
	MEMBER_HOURS,
	MEMBER_VISITS,
	MEMBER_HEAVY,
	MEMBER_NETWORKS,
	MEMBER_TAUGHT,
	MEMBER_CELLS,
	MEMBER_MASS_BAN,
	MEMBER_SILENCES,
	MEMBER_UNBANS,
	MEMBER_ORIGINS,
	MEMBER_PATHS,
	MEMBER_PATH_LIST,
	MEMBER_SLOW_LIST,
	MEMBER_WRITTEN_LIST,
	MEMBER_HONEST,
	MEMBER_HONEST_CELLS,
	MEMBER_CLIENTS,
	MEMBER_REASONS,
	MEMBER_COUNT
};

static const char number[] = "a number is missing or out of range";
static const char path[] = "a path is not readable";
static const char failure[] = "a client that failed, or a path that was written, is not readable";

static const struct row {
	const char *name;
	/* reads the member, or one element of it */
	bool (*read)(struct reading *r, const cJSON *value);
	const char *why; /* text for people: why the file is refused if `read` fails */
	/* a list that is read element by element */
	bool is_long;
} rows[MEMBER_COUNT] = {
	[MEMBER_VERSION] = {"version", read_version, "its version is not known", false},
	[MEMBER_AGE] = {"age", read_age, number, false},
	[MEMBER_HOUR] = {"today_hour", read_hour, number, false},
	[MEMBER_TODAY] = {"today", read_today, number, false},
	[MEMBER_LEARNED] = {"learned", read_learned, number, false},
	[MEMBER_ALL] = {"all", read_all, number, false},
	[MEMBER_HOURS] = {"hours", read_hours, number, false},
	[MEMBER_VISITS] = {"visits", read_visits, number, false},
	[MEMBER_HEAVY] = {"heavy", read_heavy, number, false},
	[MEMBER_NETWORKS] = {"heavy_networks", read_networks, number, false},
	[MEMBER_TAUGHT] = {"taught", read_taught, number, false},
	[MEMBER_CELLS] = {"cells", read_cell, number, true},
	[MEMBER_MASS_BAN] = {"mass_ban", read_mass_ban, "a verdict on a client is not readable",
		false},
	[MEMBER_SILENCES] = {"silences", read_silences, "a silence is not readable", false},
	[MEMBER_UNBANS] = {MEMORY_UNBANS, read_unban, "an unban is not readable", true},
	[MEMBER_ORIGINS] = {MEMORY_ORIGINS, read_origin, "a host is not readable", true},
	[MEMBER_PATHS] = {"paths", read_paths, path, false},
	[MEMBER_PATH_LIST] = {MEMORY_PATH_LIST, read_path, path, true},
	[MEMBER_SLOW_LIST] = {MEMORY_SLOW_LIST, read_slow, failure, true},
	[MEMBER_WRITTEN_LIST] = {MEMORY_WRITTEN_LIST, read_written, failure, true},
	[MEMBER_HONEST] = {MEMORY_HONEST, read_honest, failure, false},
	[MEMBER_HONEST_CELLS] = {MEMORY_HONEST_CELLS, read_honest_cell, failure, true},
	[MEMBER_CLIENTS] = {"clients", read_client, "a client is not readable", true},
	[MEMBER_REASONS] = {MEMORY_REASONS, read_reason, "a ban's reason is not readable", true},
};

/* `required` contains the members that every version of the program writes. `together` contains
 * groups of members. All members of a group are present, or all are absent, because an older
 * program writes none of them. */
static const uint32_t required = 1u << MEMBER_VERSION | 1u << MEMBER_AGE | 1u << MEMBER_HOUR |
				 1u << MEMBER_TODAY | 1u << MEMBER_LEARNED | 1u << MEMBER_ALL |
				 1u << MEMBER_HOURS | 1u << MEMBER_VISITS | 1u << MEMBER_HEAVY |
				 1u << MEMBER_TAUGHT | 1u << MEMBER_CELLS | 1u << MEMBER_CLIENTS;
static const uint32_t together[] = {
	1u << MEMBER_PATHS | 1u << MEMBER_PATH_LIST,
	1u << MEMBER_SLOW_LIST | 1u << MEMBER_WRITTEN_LIST,
	1u << MEMBER_HONEST | 1u << MEMBER_HONEST_CELLS,
};

static int find_member(const char *name)
{
	for (int i = 0; i < MEMBER_COUNT; i++)
		if (strcmp(rows[i].name, name) == 0)
			return i;
	return -1;
}

/* An unknown list of a newer program is also read element by element, so that it may have any
 * length. */
static bool is_long_list(const char *name)
{
	int i = find_member(name);

	return i < 0 || rows[i].is_long;
}

/* Returns NULL, or why the members that have been read are not a complete memory file. */
static const char *find_missing(const struct reading *r)
{
	for (int i = 0; i < MEMBER_COUNT; i++)
		if (required & ~r->seen & 1u << i)
			return rows[i].why;
	for (size_t i = 0; i < sizeof together / sizeof *together; i++)
		if ((r->seen & together[i]) && (r->seen & together[i]) != together[i])
			return i ? failure : path;
	if (r->taught.has_at || r->taught.past > r->taught.cells)
		return number;
	return r->honest.has_at || r->honest.past > r->honest.cells ? failure : NULL;
}

/* Returns NULL, or why this piece is refused. Unknown members of a newer program are skipped. */
static const char *take_piece(
	struct reading *r, enum json_piece_kind kind, const struct json_piece *piece)
{
	int i = find_member(piece->name);

	if (i < 0)
		return NULL;
	if (kind == JSON_PIECE_ELEMENT)
		return rows[i].read(r, piece->value) ? NULL : rows[i].why;
	if (r->seen & 1u << i)
		return "a member occurs twice";
	r->seen |= 1u << i;
	if (kind == JSON_PIECE_LIST)
		return NULL;
	return !rows[i].is_long && rows[i].read(r, piece->value) ? NULL : rows[i].why;
}

static enum memory_result read_pass(
	struct reading *r, const struct byte_source *source, const char **why)
{
	struct json_pieces *pieces = json_pieces_new(source, is_long_list);
	enum json_piece_kind kind = JSON_PIECE_FAILED;
	struct json_piece piece;

	*why = NULL;
	r->seen = 0;
	r->taught.has_at = r->honest.has_at = false;
	if (pieces && source->rewind(source->ctx))
		while (!*why && (kind = json_pieces_next(pieces, &piece)) < JSON_PIECE_END)
			*why = take_piece(r, kind, &piece);
	if (kind == JSON_PIECE_DAMAGED)
		*why = "not JSON, or cut off";
	else if (kind == JSON_PIECE_END)
		*why = find_missing(r);
	int saved = errno;
	json_pieces_free(pieces);
	errno = saved;
	return kind == JSON_PIECE_FAILED ? MEMORY_UNREAD : *why ? MEMORY_DAMAGED : MEMORY_OK;
}

/* Restores the members that are one value. This happens before the lists are read, because the
 * hashes in the lists need the keys. */
static void restore_members(const struct reading *r, const struct memory_parts *parts)
{
	struct teachers *taught = visits_teachers(parts->visits);

	for (int k = 0; k < SITE_HOURS; k++)
		site_hour_restore(parts->site, k, &r->hours[k]);
	site_today_restore(parts->site, &r->today, (int64_t)r->hour);
	site_age_restore(parts->site, r->age);
	visits_restore(parts->visits, &r->visits);
	*parts->heavy = r->heavy;
	*parts->heavy_networks = r->networks;
	*parts->mass_ban = r->mass_ban;
	memory_use_silences(&r->silences, parts->silences, parts->recent);
	if (usable_filter(&r->taught, taught))
		teachers_restore(taught, &r->taught.head);
	if (parts->paths && is_secret(&r->paths_key))
		paths_set_key(parts->paths, r->paths_key);
	if (parts->slow && usable_filter(&r->honest, parts->honest))
		teachers_restore(parts->honest, &r->honest.head);
}

enum memory_result memory_read(
	const struct byte_source *source, const struct memory_parts *parts, const char **why)
{
	struct reading *r = calloc(1, sizeof *r);

	*why = NULL;
	if (!r)
		return MEMORY_UNREAD;
	enum memory_result result = read_pass(r, source, why);
	if (result == MEMORY_OK) {
		restore_members(r, parts);
		r->parts = parts;
		result = read_pass(r, source, why);
		/* another program changed the file between the passes */
		if (result == MEMORY_DAMAGED) {
			errno = EBUSY;
			result = MEMORY_UNREAD;
		}
	}
	int saved = errno;
	free(r);
	errno = saved;
	return result;
}
