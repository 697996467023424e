/* memory.h - the facts that a restart needs, as JSON: the site's baselines, the learned limits, the
 * site's paths, strikes and bans.
 *
 * Path:    engine -> [memory] -> io/host/statefile -> [memory] -> engine.
 * Format:  anomdetect(5), MEMORY FILE. One object, "version" first.
 * Writing: in chunks, so that a million strikes never delay the input. If an entry changes between
 *          two chunks, the file contains the old or the new value of the entry, never a mixture.
 * Reading: in pieces, so that a start needs no more memory than the run. The file is read twice:
 *          the first pass checks all of it, the second uses it. If any part is invalid, the whole
 *          file is refused.
 */
#ifndef CORE_RECORD_MEMORY_H
#define CORE_RECORD_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/judge/bans.h"
#include "core/base/buf.h"
#include "core/base/byte_source.h"
#include "core/judge/mass_ban.h"
#include "core/judge/unbans.h"
#include "core/measure/heavy_hitters.h"
#include "core/measure/origins.h"
#include "core/measure/recent_lines.h"
#include "core/measure/silences.h"
#include "core/measure/paths.h"
#include "core/measure/slow_failures.h"
#include "core/measure/teachers.h"
#include "core/measure/written_paths.h"
#include "core/measure/site.h"
#include "core/measure/visits.h"
#include "core/record/ban_requests.h"

#define MEMORY_VERSION 1
/* Number of bytes that each call of memory_write needs. */
#define MEMORY_CHUNK_BYTES 65536
/* A reader accepts files up to this size. A million strikes need about 75 MB, a million paths at
 * most 99 MB. */
#define MEMORY_BYTES_MAX (256u << 20)

/* The parts of the engine that the file stores; the engine owns them. */
struct memory_parts {
	struct site *site;
	struct visits *visits;
	struct heavy_hitters *heavy; /* the clients that make most of the requests */
	/* the networks that make most of the requests (core/measure/voters.h) */
	struct heavy_hitters *heavy_networks;
	struct bans *bans;
	struct ban_requests *requests; /* of the bans in force */
	struct mass_ban *mass_ban;
	struct unbans *unbans;
	struct silences *silences; /* the file stores only the longest silence of each day */
	/* the file stores only foreign_s and foreign_usual */
	struct recent_lines *recent;
	struct origins *origins; /* NULL: not written and not read */
	struct paths *paths;     /* NULL: not written and not read */
	/* `slow`, `written` and `honest`: either all three are NULL, or none of them. If they are
	 * NULL, they are not written and not read. If they are not NULL, `paths` must not be NULL
	 * either. */
	struct slow_failures *slow;
	struct written_paths *written;
	struct teachers *honest;
};

struct memory_writer {
	int part;          /* the part of the file that is written next */
	bool opened;       /* the opening bracket of the part's list has been written */
	uint32_t cursor;   /* within the part */
	uint32_t elements; /* elements of the part that have been written */
};

void memory_begin(struct memory_writer *w);

/* Appends the next chunk to out, which must be empty and have room for MEMORY_CHUNK_BYTES. A chunk
 * may be empty. Returns false if this chunk completes the file. */
bool memory_write(struct memory_writer *w, const struct memory_parts *parts, struct instant now,
	struct buf *out);

enum memory_result {
	MEMORY_OK = 0,
	MEMORY_DAMAGED, /* the content is invalid */
	MEMORY_UNREAD,  /* the content could not be read: see errno, for example ENOMEM or EIO */
};

/* Reads the file into parts that must be new and empty. After MEMORY_DAMAGED, *why is a fixed text
 * for people and the parts are unchanged. After MEMORY_UNREAD, the parts may contain some data of
 * the file. */
enum memory_result memory_read(
	const struct byte_source *source, const struct memory_parts *parts, const char **why);

/* Reads only the hash key of the file. *found is false if the file has no key, or if the key is all
 * zeros. Such a key is not secret. In a replay, older versions of anomdetect wrote such a key.
 * Never returns MEMORY_DAMAGED. */
enum memory_result memory_key(const struct byte_source *source, struct hash_key *out, bool *found);

/* Reads only the table of paths, into `paths`, which must be new and empty. Sets the key of the
 * hashes in `paths` to the key in the file. The file is read to its end. *found is false if the
 * file has no table of paths, or if its key is not secret (see memory_key). After any result other
 * than MEMORY_OK, `paths` may contain a part of the table. If `stop` is not NULL, it is called from
 * time to time. When `stop` returns true, reading ends with MEMORY_UNREAD and errno ECANCELED. */
enum memory_result memory_find_paths(const struct byte_source *source, struct paths *paths,
	bool (*stop)(void *ctx), void *ctx, bool *found, const char **why);

/* The entry of one client in the file. */
struct memory_client {
	struct ban ban;
	struct request_text request; /* the request that caused its ban */
};

/* Searches for the entry of the client, or of the network that contains the client. Checks only the
 * text that the search needs. If *found is true, *out is filled. After MEMORY_DAMAGED, *why is a
 * fixed text for people. */
enum memory_result memory_find(const struct byte_source *source, const struct address *client,
	struct memory_client *out, bool *found, const char **why);

#endif
