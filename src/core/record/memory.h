/* memory.h - the facts that a restart needs, as JSON: the site's baselines, the limits that visits
 * taught, the site's paths, strikes and bans.
 *
 * Path:    engine -> [memory] -> io/host/statefile -> [memory] -> engine.
 * Format:  anomdetect(5), MEMORY FILE. One object, "version" first.
 * Writing: in chunks, so that a million strikes never delay the input. An entry that changes
 *          between two chunks is in the file as it was or as it is, whole.
 * Reading: in pieces, so that a start takes no more memory than the run. Twice: everything is
 *          checked before anything is used; a file that fails is refused whole.
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
/* Room that memory_write wants at each call. */
#define MEMORY_CHUNK_BYTES 65536
/* What a reader accepts: a million strikes take about 75 MB, a million paths at most 99 MB. */
#define MEMORY_BYTES_MAX (256u << 20)

/* What it is about; the engine's. */
struct memory_parts {
	struct site *site;
	struct visits *visits;
	struct heavy_hitters *heavy;
	struct heavy_hitters *heavy_networks; /* the same of networks (core/measure/voters) */
	struct bans *bans;
	struct ban_requests *requests; /* of the bans in force */
	struct mass_ban *mass_ban;
	struct unbans *unbans;
	struct silences *silences;   /* days alone */
	struct recent_lines *recent; /* what is usual alone */
	struct origins *origins;     /* NULL: not written, and not read */
	struct paths *paths;         /* the same */
	/* The same; all three are NULL, or none is, and then there are paths. */
	struct slow_failures *slow;
	struct written_paths *written;
	struct teachers *honest;
};

struct memory_writer {
	int part;          /* of the file: what comes next */
	bool opened;       /* the part's list is begun */
	uint32_t cursor;   /* within the part */
	uint32_t elements; /* of the part, written */
};

void memory_begin(struct memory_writer *w);

/* Appends the next chunk to out, which the caller has cleared and which has room for
 * MEMORY_CHUNK_BYTES. A chunk may be empty. False when the file is complete with this chunk. */
bool memory_write(struct memory_writer *w, const struct memory_parts *parts, struct instant now,
	struct buf *out);

enum memory_result {
	MEMORY_OK = 0,
	MEMORY_DAMAGED, /* the content is no memory */
	MEMORY_UNREAD,  /* it is not known what the content is: errno, such as ENOMEM or EIO */
};

/* Reads the file into parts that are new and empty. After MEMORY_DAMAGED *why is a fixed text for
 * people and the parts are as they were; after MEMORY_UNREAD they may hold a part of the file. */
enum memory_result memory_read(
	const struct byte_source *source, const struct memory_parts *parts, const char **why);

/* The hash key in the file, whose rest is not read. Not *found: there is none, or it is no secret
 * (all zeros, from a replay of an older program). Never MEMORY_DAMAGED. */
enum memory_result memory_key(const struct byte_source *source, struct hash_key *out, bool *found);

/* The table of paths alone, into `paths`, which is new and empty: its key is then the file's. The
 * file is read to its end. Not *found: it has none, or its key is no secret. After any other result
 * than MEMORY_OK `paths` may hold a part of the table. `stop`: NULL, or asked now and then; true
 * gives the reading up (MEMORY_UNREAD, ECANCELED). */
enum memory_result memory_find_paths(const struct byte_source *source, struct paths *paths,
	bool (*stop)(void *ctx), void *ctx, bool *found, const char **why);

/* What the file has of one client. */
struct memory_client {
	struct ban ban;
	struct request_text request; /* that its ban is for */
};

/* Searches for one client, or for the network that it is counted in, and checks only the text that
 * the search needs. If *found, then *out is filled. After MEMORY_DAMAGED *why is a fixed text for
 * people. */
enum memory_result memory_find(const struct byte_source *source, const struct address *client,
	struct memory_client *out, bool *found, const char **why);

#endif
