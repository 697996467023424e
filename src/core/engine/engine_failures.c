/* engine_failures.c - see engine_parts.h.
 *
 * A client's failures and writes are counted in tables of their own, because a visit of clients.h
 * is too short for them. Many probing clients request only a few paths per minute, and go on for
 * months.
 */
#include "core/engine/engine_parts.h"

#include <string.h>

#include "core/measure/variety.h"

/* The filter of clients with an honest visit, which remembers a client for 24 to 48 h (teachers.h),
 * has room for this many clients. */
#define HONEST_CLIENTS 65536
/* A browser requests a page and its files within this many seconds. */
#define PAGE_S 2
/* A client is slow if it has at most this many requests in the window, and few own errors. */
#define SLOW_REQUESTS 3

bool engine_failures_init(struct engine *e)
{
	e->slow = slow_failures_new();
	e->written = written_paths_new();
	e->honest = teachers_new(HONEST_CLIENTS, UINT8_MAX, e->config.key);
	return e->slow && e->written && e->honest;
}

void engine_failures_fini(struct engine *e)
{
	slow_failures_free(e->slow);
	written_paths_free(e->written);
	teachers_free(e->honest);
}

void engine_failures_shift(struct engine *e, int64_t seconds)
{
	if (!e->slow)
		return;
	slow_failures_shift(e->slow, seconds);
	written_paths_shift(e->written, seconds);
	teachers_shift(e->honest, seconds);
}

/* True if the client was never banned, or was banned only by the rule repeats. A client that was
 * banned only for its writes may be a program that works for the site. */
static bool may_be_honest(const struct engine *e, const struct address *client)
{
	struct ban ban;

	return !bans_find(e->bans, client, &ban) || ban.strikes == 0 ||
	       (ban.rules & ~(1u << RULE_REPEATS | RULES_MARKS)) == 0;
}

static uint64_t hash_client(const struct engine *e, const struct address *client)
{
	return hash_16(paths_key(e->paths), client->bytes);
}

static struct slow_visit slow_visit_of(const struct visit *v)
{
	/* Estimated number of different pages if k of the m = 6 bits are set: -m ln(1 - k / m), as
	 * in variety.h. If all bits are set, k is assumed to be 5.5. */
	static const uint8_t pages_n[VISIT_PAGES_BITS + 1] = {0, 1, 2, 4, 7, 11, 15};

	return (struct slow_visit){
		.first = v->first,
		.requests = v->requests,
		.own = v->errors,
		.pages = pages_n[__builtin_popcount(v->pages)],
		.read = variety_n(v->variety),
		.robot = (v->variety & VARIETY_ROBOT) != 0,
	};
}

void engine_failures_told(struct engine *e, const struct address *client, const struct visit *v,
	uint32_t last, int64_t now)
{
	if (!e->slow)
		return;
	struct slow_visit visit = slow_visit_of(v);
	slow_failures_told(e->slow, hash_client(e, client), &visit, last);
	if (engine_is_honest(v) && may_be_honest(e, client))
		teachers_admit(e->honest, client, now);
}

void engine_failures_banned(struct engine *e, const struct address *client)
{
	if (e->slow)
		slow_failures_banned(e->slow, hash_client(e, client));
}

/* True for a status 4xx that is not the client's fault: 408 (the request took too long), 429 (too
 * many requests), 499 (the client closed the connection). */
static bool is_no_fault(unsigned status)
{
	return status == 408 || status == 429 || status == 499;
}

static bool is_write(const struct request *r)
{
	static const char *const methods[] = {"POST", "PUT", "PATCH", "DELETE"};

	if (r->method[0] != 'P' && r->method[0] != 'D') /* nearly all requests return here */
		return false;
	/* a server does not answer a wrong password with 201 Created, 202 Accepted, 204 No Content
	 * or 207 Multi-Status, so a request with one of these answers is no guess */
	if (r->status == 0 || r->status >= 500 || r->status == 201 || r->status == 202 ||
		r->status == 204 || r->status == 207)
		return false;
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
		if (strcmp(r->method, methods[i]) == 0)
			return true;
	return false;
}

/* True if the request asks for a tunnel through a proxy. Such a request names a host, and no path
 * (RFC 9110, 9.3.6). */
static bool is_tunnel(const struct request *r)
{
	return strcmp(r->method, "CONNECT") == 0;
}

/* True if the failed request is a probe, provided that the site never served its path. A request
 * with the status 401 is never a probe. A request for the path "/" is not a probe, because every
 * visit begins there. A request without a path is a probe in two cases only: its method is CONNECT;
 * or its status is 400 and it has a method, so the server could not parse what the client sent. A
 * 400 without path and method is from a browser that opened a connection and sent nothing. With any
 * other status, the log may contain no paths. */
static bool is_probe(const struct request *r)
{
	if (r->status == 401) /* the server asks for a password,
			       * which browsers do not send unasked */
		return false;
	if (!r->path_hash)
		return is_tunnel(r) || (r->status == 400 && r->method[0]);
	return is_tunnel(r) || r->path_len > 1;
}

/* Stores a write in the table of written paths. Sets c->feature if the path is a feature of the
 * site, such as an editor: many writes to it are usual (written_paths.h). */
static void note_write(struct engine *e, const struct request *r, enum ban_standing standing,
	const struct slow_request *slow, struct path_rules_case *c)
{
	struct written_request w = {
		.path = r->path_hash,
		.client = &r->client,
		.writes = c->counts.writes,
		.second = slow->second,
		.guesser = standing != STANDING_CLEAR || c->counts.probes > 0,
		.known = c->known,
	};

	c->feature = written_paths_note(e->written, paths_key(e->paths), &w, &c->usual);
}

/* Describes the request by bits of enum slow_bits. */
static unsigned describe_request(const struct engine *e, const struct request *r, bool own)
{
	bool has_path = r->path_hash != 0;
	unsigned bits = has_path && is_write(r) ? SLOW_WRITE : 0;

	if (!own)
		return bits;
	bits |= SLOW_OWN;
	if (!is_probe(r) || (has_path && !is_tunnel(r) && paths_is_served(e->paths, r->path_hash)))
		return bits;
	bits |= SLOW_PROBE;
	if ((r->status == 400 && !is_write(r)) || is_tunnel(r))
		bits |= SLOW_MALFORMED;
	if (has_path && paths_is_bait(e->paths, r->path_hash, &r->client))
		bits |= SLOW_BAIT;
	return bits;
}

/* True if the detection rules of path_rules.h skip this request, because a page of another site
 * caused it. A hash with a secret key selects the requests that are skipped. */
static bool is_passed_over(const struct engine *e, const struct request *r)
{
	uint8_t bytes[16];

	if (!r->cross_site)
		return false;
	uint64_t words[2] = {hash_client(e, &r->client) ^ r->path_hash, (uint64_t)r->time.ms};
	memcpy(bytes, words, sizeof bytes);
	return hash_16(paths_key(e->paths), bytes) % ENGINE_CROSS_SITE_ONE != 0;
}

/* `bits` must not be 0. Not inlined, because hardly any request needs the stack space. */
static __attribute__((noinline)) void note_request(struct engine *e, const struct request *r,
	const struct client_counts *counts, unsigned bits, enum ban_standing standing,
	struct path_rules_case *c)
{
	const struct visit *v = &counts->visit;
	bool fast = counts->window.own > PATH_RULES_FAST || e->failing.pages;
	bits |= fast ? SLOW_BURST : 0;
	struct slow_request slow = {
		.path = r->path_hash,
		.second = (uint32_t)site_second(e->site),
		.tenth = (uint16_t)(r->time.ms % 1000 / 100),
		.bits = (uint16_t)bits,
		.count = r->count,
	};
	struct slow_visit visit = slow_visit_of(v);
	slow_failures_note(e->slow, hash_client(e, &r->client), &slow, &visit, &c->counts);
	c->own = bits & SLOW_OWN;
	c->probe = bits & SLOW_PROBE;
	c->bait = bits & SLOW_BAIT;
	c->fast = fast;
	c->slow = counts->window.requests <= SLOW_REQUESTS && v->errors <= RULES_FEW;
	c->parole = standing == STANDING_PAROLE;
	c->known = teachers_has(e->honest, &r->client, site_second(e->site));
	c->burst = slow.second - v->first <= PAGE_S && c->counts.requests <= v->requests;
	c->learned = visits_known(e->visits);
	c->failing = e->failing.site;
	c->pages_fail = e->failing.pages;
	if (bits & SLOW_WRITE)
		note_write(e, r, standing, &slow, c);
}

bool engine_note_failure(struct engine *e, const struct request *r,
	const struct client_counts *counts, bool blames, enum ban_standing standing,
	struct path_rules_case *c)
{
	bool passed = is_passed_over(e, r);

	if (passed || r->status >= 500)
		slow_failures_except(e->slow, hash_client(e, &r->client), r->count);
	unsigned bits = passed ? 0 : describe_request(e, r, blames && !is_no_fault(r->status));
	if (bits == 0) /* returns here for almost every request */
		return false;
	note_request(e, r, counts, bits, standing, c);
	return true;
}
