/* request.h - what one log line says, as facts. */
#ifndef CORE_READ_REQUEST_H
#define CORE_READ_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/address.h"
#include "core/base/instant.h"

#define REQUEST_METHOD_MAX 15
#define REQUEST_PATH_MAX   256
/* Bytes of a path that an event and the state show, before they are escaped. */
#define REQUEST_PATH_SHOWN_MAX 100

struct request {
	struct address client; /* as logged; the engine masks it */
	uint64_t hash;         /* of the client then, hash_16 under the engine's key */
	uint64_t path_hash;    /* of the path, under the key of its table; 0: the log has none */
	struct instant time;   /* meaningful when has_time */
	bool has_time;
	bool behind_proxy; /* packets come from a proxy's address, not from the client's */
	bool cross_site;   /* a page of another site sent the client, as its browser says */
	uint16_t status;   /* 100..599, or 0: unknown */
	uint32_t count;    /* how many requests the line stands for, at least 1 */
	/* It sums up a second of one host (core/record/counts_read.h): its status says nothing. */
	bool summed;
	uint32_t errors; /* summed: of `count` */
	uint32_t own;    /* summed: of `errors`, those that are the client's own */
	uint16_t host;   /* summed: the place of that host in core/measure/origins.h */
	/* NUL-terminated, as it was logged; "": the log has none */
	char method[REQUEST_METHOD_MAX + 1];
	uint16_t path_len; /* 0: the log has none */
	/* As request_path.h normalises it; not terminated. Last, so that a request is cleared up to
	 * here. */
	char path[REQUEST_PATH_MAX];
};

/* An error that may be the client's own doing: a 4xx. A 5xx is the site's. */
static inline bool request_blames(const struct request *r)
{
	return r->status >= 400 && r->status <= 499;
}

/* How many of its requests are errors of that kind. */
static inline uint32_t request_own(const struct request *r)
{
	if (r->summed)
		return r->own;
	return request_blames(r) ? r->count : 0;
}

/* The server gave what was asked for. A redirect serves nothing. */
static inline bool request_is_served(const struct request *r)
{
	return (r->status >= 200 && r->status <= 299) || r->status == 304;
}

static inline bool request_is_error(const struct request *r)
{
	return r->status >= 400 && r->status <= 599;
}

/* How many of its requests are errors. */
static inline uint32_t request_errors(const struct request *r)
{
	if (r->summed)
		return r->errors;
	return request_is_error(r) ? r->count : 0;
}

#endif
