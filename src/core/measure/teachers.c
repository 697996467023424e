/* teachers.c - see teachers.h. */
#include "core/measure/teachers.h"

#include <stdlib.h>
#include <string.h>

#define DAY_S          86400
#define BITS_A_CLIENT  16 /* with 4 bits set per client, 0.24 % wrong answers when full */
#define PROBES         4  /* bits set per client */
#define BITS_MIN       (1u << 18)
#define NETWORK_V4     24
#define NETWORK_V6     48
#define NETWORK_PROBES 2 /* counters of each network */
#define BLOCK_LEN      64

/* A table is large, and most sites fill little of it in a day. So a block gets memory only at its
 * first use; `blocks` is in the order of first use. */
struct table {
	uint8_t (*blocks)[BLOCK_LEN];
	uint32_t *places; /* place of each block in `blocks`, + 1; 0: none */
	uint32_t n;       /* number of `blocks` in use */
	size_t places_n;
};

enum {
	GENERATION, /* bits; new clients are added here */
	DAY_BEFORE, /* the previous generation, which is only read */
	NETWORKS,   /* counters of one byte; as many as a generation has 64-bit words */
	TABLES
};

struct teachers {
	struct hash_key key;
	struct table tables[TABLES];
	uint64_t mask; /* number of bits of a generation - 1 */
	uint32_t per_network;
	int64_t turned; /* second of the last turn; 0: no client yet */
};

static bool table_init(struct table *t, size_t len)
{
	t->places_n = (len + BLOCK_LEN - 1) / BLOCK_LEN;
	/* A calloc this large returns fresh pages from the kernel. They use no memory until they
	 * are touched. */
	t->blocks = calloc(t->places_n, BLOCK_LEN);
	t->places = calloc(t->places_n, sizeof *t->places);
	return t->blocks && t->places;
}

static void table_free(struct table *t)
{
	free(t->blocks);
	free(t->places);
}

static uint8_t table_at(const struct table *t, size_t at)
{
	uint32_t place = t->places[at / BLOCK_LEN];

	return place ? t->blocks[place - 1][at % BLOCK_LEN] : 0;
}

/* The byte at `at`, for writing. */
static uint8_t *table_use(struct table *t, size_t at)
{
	uint32_t *place = &t->places[at / BLOCK_LEN];

	if (*place == 0) {
		memset(t->blocks[t->n], 0, BLOCK_LEN);
		*place = ++t->n;
	}
	return &t->blocks[*place - 1][at % BLOCK_LEN];
}

static void table_clear(struct table *t)
{
	if (t->n)
		memset(t->places, 0, t->places_n * sizeof *t->places);
	t->n = 0;
}

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
	if (!table_init(&t->tables[GENERATION], bits / 8) ||
		!table_init(&t->tables[DAY_BEFORE], bits / 8) ||
		!table_init(&t->tables[NETWORKS], bits / 64)) {
		teachers_free(t);
		return NULL;
	}
	return t;
}

void teachers_free(struct teachers *t)
{
	if (!t)
		return;
	for (int k = 0; k < TABLES; k++)
		table_free(&t->tables[k]);
	free(t);
}

static void turn_generation(struct teachers *t, int64_t second)
{
	struct table old = t->tables[DAY_BEFORE];

	if (t->turned == 0)
		t->turned = second;
	if (second - t->turned < DAY_S)
		return;
	if (second - t->turned >= 2 * DAY_S)
		table_clear(&t->tables[GENERATION]);
	table_clear(&old);
	t->tables[DAY_BEFORE] = t->tables[GENERATION];
	t->tables[GENERATION] = old;
	table_clear(&t->tables[NETWORKS]);
	t->turned = second;
}

/* The k-th place of a hash: its upper half, made odd, is added k times (A. Kirsch, M. Mitzenmacher
 * 2006). */
static uint64_t bit_place(uint64_t hash, unsigned k)
{
	return hash + k * (hash >> 32 | 1);
}

static bool has_bits(const struct teachers *t, int generation, uint64_t hash)
{
	for (unsigned k = 0; k < PROBES; k++) {
		uint64_t bit = bit_place(hash, k) & t->mask;
		if (!(table_at(&t->tables[generation], bit / 8) >> (bit % 8) & 1))
			return false;
	}
	return true;
}

static void put_bits(struct teachers *t, uint64_t hash)
{
	for (unsigned k = 0; k < PROBES; k++) {
		uint64_t bit = bit_place(hash, k) & t->mask;
		*table_use(&t->tables[GENERATION], bit / 8) |= (uint8_t)(1 << (bit % 8));
	}
}

/* Counts one more client of the network. False: the network has reached its maximum. */
static bool network_take(struct teachers *t, const struct address *client)
{
	struct address network = address_mask(client, NETWORK_V4, NETWORK_V6);
	uint64_t hash = hash_16(t->key, network.bytes);
	uint64_t mask = (t->mask + 1) / 64 - 1;
	uint32_t least = UINT32_MAX;

	for (unsigned k = 0; k < NETWORK_PROBES; k++) {
		uint32_t n = table_at(&t->tables[NETWORKS], bit_place(hash, k) & mask);
		least = n < least ? n : least;
	}
	if (least >= t->per_network)
		return false;
	for (unsigned k = 0; k < NETWORK_PROBES; k++) {
		uint8_t *n = table_use(&t->tables[NETWORKS], bit_place(hash, k) & mask);
		if (*n == least)
			*n = (uint8_t)(*n + 1);
	}
	return true;
}

bool teachers_admit(struct teachers *t, const struct address *client, int64_t second)
{
	uint64_t hash = hash_16(t->key, client->bytes);

	turn_generation(t, second);
	if (has_bits(t, GENERATION, hash) || has_bits(t, DAY_BEFORE, hash))
		return false;
	if (!network_take(t, client))
		return false;
	put_bits(t, hash);
	return true;
}

bool teachers_has(struct teachers *t, const struct address *client, int64_t second)
{
	uint64_t hash = hash_16(t->key, client->bytes);

	turn_generation(t, second);
	return has_bits(t, GENERATION, hash) || has_bits(t, DAY_BEFORE, hash);
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

/* The table that contains the cell, and the cell's place in this table. The cells of both
 * generations come first, then the networks' counters. */
static uint32_t table_of(const struct teachers *t, uint32_t i, size_t *at)
{
	uint32_t per_generation = (uint32_t)((t->mask + 1) / 32);

	*at = (size_t)(i % per_generation) * 4;
	return i / per_generation;
}

uint32_t teachers_cells(const struct teachers *t)
{
	return (uint32_t)((t->mask + 1) / 32 * 2 + (t->mask + 1) / 64 / 4);
}

/* The bytes are in the byte order of this machine: only machines with the same byte order can read
 * the memory file. No cell spans two blocks. */
uint32_t teachers_cell(const struct teachers *t, uint32_t i)
{
	uint32_t bits = 0;
	size_t at;
	const struct table *table = &t->tables[table_of(t, i, &at)];
	uint32_t place = table->places[at / BLOCK_LEN];

	if (place)
		memcpy(&bits, &table->blocks[place - 1][at % BLOCK_LEN], sizeof bits);
	return bits;
}

void teachers_restore_cell(struct teachers *t, uint32_t i, uint32_t bits)
{
	size_t at;
	struct table *table = &t->tables[table_of(t, i, &at)];

	memcpy(table_use(table, at), &bits, sizeof bits);
}
