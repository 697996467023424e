/* engine_paths.c - see engine_parts.h.
 *
 * What a request teaches about its path depends on the visit. Only honest visits show which paths
 * the site serves and which links are dead. A visit is honest from its third path on, so its first
 * paths wait in first_paths.h until then.
 */
#include "core/engine/engine_parts.h"

#include <string.h>

#include "core/measure/variety.h"

uint64_t engine_path_hash(struct engine *e, const struct request *r)
{
	if (!e->paths || r->path_len == 0)
		return 0;
	e->has_paths = true;
	uint64_t hash = paths_hash(e->paths, r->path, r->path_len);
	paths_prefetch(e->paths, hash);
	first_paths_prefetch(e->first_paths, r->hash);
	return hash;
}

uint32_t engine_variety(const struct request *r)
{
	static const char robots[] = "/robots.txt";
	uint32_t bits = 0;

	if (!r->path_hash)
		return 0;
	if (request_is_served(r) && !r->cross_site)
		bits = variety_bit(r->path_hash);
	if (r->path_len == sizeof robots - 1 && memcmp(r->path, robots, sizeof robots - 1) == 0)
		bits |= VARIETY_ROBOT;
	return bits;
}

enum paths_standing engine_serve_path(struct engine *e, const struct request *r)
{
	if (!r->path_hash || !request_is_served(r) || r->cross_site)
		return PATHS_NEW;
	return paths_serve(e->paths, r->path_hash, site_second(e->site));
}

uint32_t engine_page(const struct request *r)
{
	return (uint32_t)1 << (uint32_t)(r->path_hash >> 43) % VISIT_PAGES_BITS;
}

bool engine_is_dead_link(const struct engine *e, const struct request *r)
{
	return r->path_hash && paths_outcome_of(r->status) == PATHS_MISSING &&
	       paths_is_dead(e->paths, r->path_hash, site_second(e->site));
}

bool engine_is_honest(const struct visit *v)
{
	return variety_is_some(v->variety) && 2 * v->errors < v->requests;
}

/* Maximum number of own errors in a doubtful visit. In such a visit, the client was served a page,
 * but the visit is not honest yet. */
#define DOUBTFUL_ERRORS 5

/* True if it is possible that an honest visit was not yet honest before its newest request.
 * `count`: the number of requests that the newest request stands for. */
static bool was_dishonest(const struct visit *v, uint32_t count)
{
	return variety_is_three(v->variety) || 2 * v->errors >= v->requests - count;
}

/* Called when a visit has become honest: learns its first paths. Not inlined, because only a few
 * requests need the stack space. */
static __attribute__((noinline)) void learn_first_paths(
	struct engine *e, const struct request *r, const struct visit *v)
{
	struct first_path first[FIRST_PATHS_MAX];
	int n = first_paths_take(e->first_paths, r->hash, v->first, first);

	for (int i = 0; i < n; i++)
		paths_note(e->paths, first[i].hash, &r->client, first[i].outcome, true,
			site_second(e->site));
}

void engine_learn_path(struct engine *e, const struct request *r, const struct visit *v,
	enum ban_standing standing, enum paths_standing path)
{
	enum paths_outcome outcome = paths_outcome_of(r->status);
	bool failed = outcome != PATHS_SERVED;

	/* an error while the site fails is not a sign of a dead link */
	if (!r->path_hash || r->cross_site || outcome == PATHS_NEITHER ||
		(failed && (e->failing.site || e->failing.pages)))
		return;
	bool honest = standing == STANDING_CLEAR && engine_is_honest(v);
	/* A request that was served teaches only in an honest visit. The first errors of a doubtful
	 * visit teach nothing. They may be icons that a site of one page lacks, and icons
	 * must not become bait. */
	bool doubtful = !honest && v->variety != 0 && v->errors <= DOUBTFUL_ERRORS;
	if ((honest || (failed && !doubtful)) && path != PATHS_SETTLED)
		paths_note(
			e->paths, r->path_hash, &r->client, outcome, honest, site_second(e->site));
	if (!honest) {
		if (path != PATHS_SETTLED)
			first_paths_add(e->first_paths, r->hash, v->first, r->path_hash, outcome);
		return;
	}
	if (was_dishonest(v, r->count))
		learn_first_paths(e, r, v);
}
