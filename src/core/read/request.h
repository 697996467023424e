/* request.h - the facts that one log line states about a request. */
#ifndef CORE_READ_REQUEST_H
#define CORE_READ_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/address.h"
#include "core/base/instant.h"

#define REQUEST_METHOD_MAX 15
#define REQUEST_PATH_MAX   256
/* Maximum number of bytes of a path in an event or in the state, before they are escaped. */
#define REQUEST_PATH_SHOWN_MAX 100

struct request {
	struct address client; /* as logged; the engine masks it to a network */
	uint64_t hash;         /* of the masked client: hash_16 with the engine's key */
	/* hash of the path, with the key of the table of paths; 0: the log has no path */
	uint64_t path_hash;
	struct instant time; /* valid if has_time */
	bool has_time;
	bool behind_proxy; /* packets come from the address of a proxy, not of the client */
	/* the browser states that another site caused the request */
	bool cross_site;
	uint16_t status; /* 100..599, or 0: unknown */
	uint32_t count;  /* number of requests that the line stands for, at least 1 */
	/* True for counts from another host (core/record/counts_read.h). The struct then stands for
	 * requests of the client in one second, and `status` is 0. */
	bool summed;
	uint32_t errors; /* if summed: errors among `count` */
	uint32_t own;    /* if summed: own errors among `errors` */
	uint16_t host;   /* if summed: the host's index in core/measure/origins.h */
	/* NUL-terminated, as logged; "": the log has no method */
	char method[REQUEST_METHOD_MAX + 1];
	uint16_t path_len; /* 0: the log has no path */
	/* Normalised by request_path.h; no terminator. This is the last member, so that clearing a
	 * request can omit it. */
	char path[REQUEST_PATH_MAX];
};

/* An error that the client may have caused: a 4xx. A 5xx is an error of the site. */
static inline bool request_blames(const struct request *r)
{
	return r->status >= 400 && r->status <= 499;
}

/* The number of requests with an error that the client may have caused. */
static inline uint32_t request_own(const struct request *r)
{
	if (r->summed)
		return r->own;
	return request_blames(r) ? r->count : 0;
}

/* Whether the server delivered the content. A redirect delivers none. */
static inline bool request_is_served(const struct request *r)
{
	return (r->status >= 200 && r->status <= 299) || r->status == 304;
}

static inline bool request_is_error(const struct request *r)
{
	return r->status >= 400 && r->status <= 599;
}

/* The number of requests with an error. */
static inline uint32_t request_errors(const struct request *r)
{
	if (r->summed)
		return r->errors;
	return request_is_error(r) ? r->count : 0;
}

#endif
