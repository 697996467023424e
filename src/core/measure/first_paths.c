/* first_paths.c - see first_paths.h. */
#include "core/measure/first_paths.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Size of a cache line: a visit's slot costs one cache miss. */
#define LINE_BYTES 64

struct slot {
	uint64_t client;
	uint64_t paths[FIRST_PATHS_MAX];
	uint32_t first; /* first second of the visit */
	uint8_t n;      /* 0: the slot is free */
	uint8_t outcomes[FIRST_PATHS_MAX];
} __attribute__((aligned(LINE_BYTES)));

_Static_assert(sizeof(struct slot) * FIRST_PATHS_SLOTS == 512 * 1024,
	"the slots take 512 KiB, as in first_paths.h");

struct first_paths {
	void *memory;
	struct slot *slots; /* in `memory`, aligned to a cache line */
};

struct first_paths *first_paths_new(void)
{
	struct first_paths *f = calloc(1, sizeof *f);

	if (!f)
		return NULL;
	/* A calloc this large returns fresh pages from the kernel. They are zeroed and use no
	 * memory until they are touched. */
	f->memory = calloc(FIRST_PATHS_SLOTS + 1, sizeof *f->slots);
	if (!f->memory) {
		free(f);
		return NULL;
	}
	uintptr_t start = (uintptr_t)f->memory;
	f->slots = (struct slot *)((start + LINE_BYTES - 1) / LINE_BYTES * LINE_BYTES);
	return f;
}

void first_paths_free(struct first_paths *f)
{
	if (f)
		free(f->memory);
	free(f);
}

/* Uses the upper bits of the hash, because the table of clients uses the lower ones. */
static size_t place_of(uint64_t client_hash)
{
	return (client_hash >> 32) % FIRST_PATHS_SLOTS;
}

static struct slot *slot_of(struct first_paths *f, uint64_t client_hash)
{
	return &f->slots[place_of(client_hash)];
}

void first_paths_prefetch(const struct first_paths *f, uint64_t client_hash)
{
	__builtin_prefetch(&f->slots[place_of(client_hash)], 1);
}

static bool is_of(const struct slot *s, uint64_t client_hash, uint32_t visit_first)
{
	return s->client == client_hash && s->first == visit_first;
}

void first_paths_add(struct first_paths *f, uint64_t client_hash, uint32_t visit_first,
	uint64_t path_hash, enum paths_outcome outcome)
{
	struct slot *s = slot_of(f, client_hash);
	int k = 0;

	if (outcome == PATHS_NEITHER)
		return;
	if (!is_of(s, client_hash, visit_first))
		*s = (struct slot){.client = client_hash, .first = visit_first};
	while (k < s->n && s->paths[k] != path_hash)
		k++;
	if (k == FIRST_PATHS_MAX)
		return;
	s->n += k == s->n;
	s->paths[k] = path_hash;
	s->outcomes[k] = (uint8_t)outcome;
}

int first_paths_take(struct first_paths *f, uint64_t client_hash, uint32_t visit_first,
	struct first_path out[FIRST_PATHS_MAX])
{
	struct slot *s = slot_of(f, client_hash);
	int n = is_of(s, client_hash, visit_first) ? s->n : 0;

	for (int k = 0; k < n; k++)
		out[k] = (struct first_path){s->paths[k], s->outcomes[k]};
	if (n)
		s->n = 0;
	return n;
}

void first_paths_clear(struct first_paths *f)
{
	memset(f->slots, 0, FIRST_PATHS_SLOTS * sizeof *f->slots);
}
