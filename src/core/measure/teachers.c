/* teachers.c - see teachers.h. */
#include "core/measure/teachers.h"

#include <stdlib.h>
#include <string.h>

#define DAY_S          86400
#define BITS_A_CLIENT  16 /* with 4 probes: 0.24 % err when full */
#define PROBES         4
#define BITS_MIN       (1u << 18)
#define NETWORK_V4     24
#define NETWORK_V6     48
#define NETWORK_PROBES 2

struct teachers {
	struct hash_key key;
	uint64_t *generation[2]; /* [0] takes; [1] is the day before */
	uint8_t *networks;       /* counters; as many as there are 64-bit words in a generation */
	uint64_t mask;           /* bits of a generation - 1 */
	uint32_t per_network;
	int64_t turned; /* second of the last turn; 0: none yet */
};

struct teachers *teachers_new(uint32_t clients, uint32_t per_network, struct hash_key key)
{
	struct teachers *t = calloc(1, sizeof *t);
	uint64_t bits = BITS_MIN;

	while (bits < (uint64_t)clients * BITS_A_CLIENT)
		bits *= 2;
	if (!t)
		return NULL;
	t->key = key;
	t->mask = bits - 1;
	t->per_network = per_network;
	t->generation[0] = calloc(bits / 64, 8);
	t->generation[1] = calloc(bits / 64, 8);
	t->networks = calloc(bits / 64, 1);
	if (!t->generation[0] || !t->generation[1] || !t->networks) {
		teachers_free(t);
		return NULL;
	}
	return t;
}

void teachers_free(struct teachers *t)
{
	if (!t)
		return;
	free(t->generation[0]);
	free(t->generation[1]);
	free(t->networks);
	free(t);
}

static void turn_generation(struct teachers *t, int64_t second)
{
	size_t words = (size_t)(t->mask + 1) / 64;
	uint64_t *old = t->generation[1];

	if (t->turned == 0)
		t->turned = second;
	if (second - t->turned < DAY_S)
		return;
	if (second - t->turned >= 2 * DAY_S)
		memset(t->generation[0], 0, words * 8);
	t->generation[1] = t->generation[0];
	t->generation[0] = old;
	memset(old, 0, words * 8);
	memset(t->networks, 0, words);
	t->turned = second;
}

/* The k-th place of a hash: two halves, added k times (A. Kirsch, M. Mitzenmacher 2006). */
static uint64_t bit_place(uint64_t hash, unsigned k)
{
	return hash + k * (hash >> 32 | 1);
}

static bool has_bits(const struct teachers *t, const uint64_t *generation, uint64_t hash)
{
	for (unsigned k = 0; k < PROBES; k++) {
		uint64_t bit = bit_place(hash, k) & t->mask;
		if (!(generation[bit / 64] >> (bit % 64) & 1))
			return false;
	}
	return true;
}

static void put_bits(const struct teachers *t, uint64_t *generation, uint64_t hash)
{
	for (unsigned k = 0; k < PROBES; k++) {
		uint64_t bit = bit_place(hash, k) & t->mask;
		generation[bit / 64] |= (uint64_t)1 << (bit % 64);
	}
}

/* One more of the network; false when it had its share. */
static bool network_take(struct teachers *t, const struct address *client)
{
	struct address network = address_mask(client, NETWORK_V4, NETWORK_V6);
	uint64_t hash = hash_16(t->key, network.bytes);
	uint64_t mask = (t->mask + 1) / 64 - 1;
	uint32_t least = UINT32_MAX;

	for (unsigned k = 0; k < NETWORK_PROBES; k++) {
		uint32_t n = t->networks[bit_place(hash, k) & mask];
		least = n < least ? n : least;
	}
	if (least >= t->per_network)
		return false;
	for (unsigned k = 0; k < NETWORK_PROBES; k++) {
		uint8_t *n = &t->networks[bit_place(hash, k) & mask];
		if (*n == least)
			*n = (uint8_t)(*n + 1);
	}
	return true;
}

bool teachers_admit(struct teachers *t, const struct address *client, int64_t second)
{
	uint64_t hash = hash_16(t->key, client->bytes);

	turn_generation(t, second);
	if (has_bits(t, t->generation[0], hash) || has_bits(t, t->generation[1], hash))
		return false;
	if (!network_take(t, client))
		return false;
	put_bits(t, t->generation[0], hash);
	return true;
}

bool teachers_has(struct teachers *t, const struct address *client, int64_t second)
{
	uint64_t hash = hash_16(t->key, client->bytes);

	turn_generation(t, second);
	return has_bits(t, t->generation[0], hash) || has_bits(t, t->generation[1], hash);
}

void teachers_shift(struct teachers *t, int64_t seconds)
{
	if (t->turned)
		t->turned += seconds;
}

struct teachers_head teachers_head(const struct teachers *t)
{
	return (struct teachers_head){t->key, t->turned};
}

void teachers_restore(struct teachers *t, const struct teachers_head *head)
{
	t->key = head->key;
	t->turned = head->turned;
}

/* Where a cell lies: both generations, then the networks' counters. */
static unsigned char *cell_at(const struct teachers *t, uint32_t i)
{
	uint32_t per_generation = (uint32_t)((t->mask + 1) / 32);

	if (i < per_generation)
		return (unsigned char *)t->generation[0] + (size_t)i * 4;
	if (i < 2 * per_generation)
		return (unsigned char *)t->generation[1] + (size_t)(i - per_generation) * 4;
	return t->networks + (size_t)(i - 2 * per_generation) * 4;
}

uint32_t teachers_cells(const struct teachers *t)
{
	return (uint32_t)((t->mask + 1) / 32 * 2 + (t->mask + 1) / 64 / 4);
}

/* Bytes in the order of memory: a file is of the machine that wrote it, or of one of its kind. */
uint32_t teachers_cell(const struct teachers *t, uint32_t i)
{
	uint32_t bits;

	memcpy(&bits, cell_at(t, i), sizeof bits);
	return bits;
}

void teachers_restore_cell(struct teachers *t, uint32_t i, uint32_t bits)
{
	memcpy(cell_at(t, i), &bits, sizeof bits);
}
