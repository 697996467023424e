/* site_ring.c - see site_ring.h. */
#include "core/measure/site_ring.h"

#include <stdlib.h>
#include <string.h>

static size_t words_of(uint32_t cap)
{
	return (cap + 63) / 64;
}

bool site_ring_init(struct site_ring *r, uint32_t cap)
{
	*r = (struct site_ring){.cells = calloc(cap, sizeof *r->cells),
		.busy = calloc(words_of(cap), sizeof *r->busy),
		.cap = cap};
	return r->cells && r->busy;
}

void site_ring_fini(struct site_ring *r)
{
	free(r->cells);
	free(r->busy);
}

void site_ring_copy(struct site_ring *to, const struct site_ring *from)
{
	struct site_cell *cells = to->cells;
	uint64_t *busy = to->busy;

	memcpy(cells, from->cells, from->cap * sizeof *cells);
	memcpy(busy, from->busy, words_of(from->cap) * sizeof *busy);
	*to = *from;
	to->cells = cells;
	to->busy = busy;
}

static uint64_t square_of(uint32_t v)
{
	return (uint64_t)v * v;
}

void site_ring_set(struct site_ring *r, uint32_t place, struct site_cell to)
{
	struct site_cell *c = &r->cells[place];
	uint64_t bit = (uint64_t)1 << (place % 64), *word = &r->busy[place / 64];

	r->requests += (uint64_t)to.requests - c->requests;
	r->requests_squared += square_of(to.requests) - square_of(c->requests);
	r->errors += (uint64_t)to.errors - c->errors;
	r->errors_squared += square_of(to.errors) - square_of(c->errors);
	*c = to;
	*word = site_cell_is_empty(to) ? *word & ~bit : *word | bit;
}

/* Empties the places from `begin` up to `end`, which is excluded. */
static void clear_places(struct site_ring *r, uint32_t begin, uint32_t end)
{
	for (uint32_t at = begin; at < end; at = (at / 64 + 1) * 64) {
		uint64_t busy = r->busy[at / 64] >> (at % 64) << (at % 64);
		if (end - at / 64 * 64 < 64)
			busy &= ((uint64_t)1 << (end % 64)) - 1;
		for (; busy; busy &= busy - 1)
			site_ring_set(r, at / 64 * 64 + (uint32_t)__builtin_ctzll(busy),
				(struct site_cell){0, 0});
	}
}

void site_ring_push_empty(struct site_ring *r, uint64_t n)
{
	uint32_t some = n < r->cap ? (uint32_t)n : r->cap;
	uint32_t end = r->next + some;

	if (end <= r->cap) {
		clear_places(r, r->next, end);
	} else {
		clear_places(r, r->next, r->cap);
		clear_places(r, 0, end - r->cap);
	}
	r->next =
		(uint32_t)(n < r->cap ? end < r->cap ? end : end - r->cap : (r->next + n) % r->cap);
	r->n = r->n + some < r->cap ? r->n + some : r->cap;
}
