/* path_entry.c - see path_entry.h and paths.h. */
#include "core/measure/path_entry.h"

#include <string.h>

#define NETWORK_V4  24 /* number of address bits that identify a network */
#define NETWORK_V6  48
#define MANY        PATH_ENTRY_MANY
#define FINGERPRINT 0x7fff /* of a network; 0: none */
/* number of honest networks that must be served before a path counts as served */
#define SERVED_MIN    2
#define DEAD_MIN      2 /* number of honest networks that must fail before a path is dead */
#define VERDICT_AGAIN 8 /* number of networks that must fail again before a new decision */

static uint64_t hash_network(struct hash_key key, const struct address *client)
{
	struct address network = address_mask(client, NETWORK_V4, NETWORK_V6);

	return hash_16(key, network.bytes);
}

/* The fingerprint of a network in one entry. Two networks with the same fingerprint on one path
 * usually have different fingerprints on another path. A fingerprint is the upper bits of a product
 * with an odd number: D. E. Knuth's multiplicative hashing. */
static uint16_t fingerprint_of(uint64_t network, uint64_t path)
{
	uint16_t fingerprint = network * (path | 1) >> 43 & FINGERPRINT;

	return fingerprint ? fingerprint : FINGERPRINT;
}

/* A client's bits in the bitmaps of one entry. */
struct bits {
	/* A network is divided into PATHS_NETWORK_PARTS parts. This is the bit of the part that
	 * contains the client. */
	uint64_t own;
	uint64_t near; /* the bits of all parts of the network */
};

static struct bits bits_of(
	struct hash_key key, const struct address *client, uint64_t network, uint64_t path)
{
	uint64_t own = hash_16(key, client->bytes);
	struct bits n = {0};

	for (uint64_t part = 0; part < PATHS_NETWORK_PARTS; part++) {
		uint64_t bit = (uint64_t)1 << ((network + part) * (path | 1) >> 58);
		n.near |= bit;
		if (part == own % PATHS_NETWORK_PARTS)
			n.own = bit;
	}
	return n;
}

/* Estimates the number of networks from the number of set bits k: -64 ln(1 - k / 64), rounded
 * down. */
static unsigned estimate_networks(uint64_t bitmap)
{
	static const uint8_t estimates[PATHS_FULL_BITS + 1] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12,
		13, 14, 15, 17, 18, 19, 21, 22, 23, 25, 26, 28, 30, 31, 33, 35, 36, 38, 40, 42, 44,
		46, 48, 50, 52, 55, 57, 60, 62, 65, 68, 71, 74, 77, 81, 84, 88};

	return estimates[__builtin_popcountll(bitmap)];
}

/* True if the path is dead according to its failures alone. */
static bool looks_dead(const struct path_entry *e)
{
	unsigned honest = estimate_networks(e->honest);

	if (e->aged)
		return e->dead;
	return honest >= DEAD_MIN && e->honest_n >= DEAD_MIN &&
	       2 * honest >= estimate_networks(e->failed);
}

static void note_failure(struct path_entry *e, uint64_t bit, bool honest_missing)
{
	e->failed |= bit;
	if (honest_missing)
		e->honest |= bit;
	if (__builtin_popcountll(e->failed) >= PATHS_FULL_BITS) {
		bool dead = looks_dead(e);
		path_entry_clear_failures(e);
		e->aged = 1;
		e->dead = dead;
	} else if (e->aged && estimate_networks(e->failed) >= VERDICT_AGAIN) {
		e->aged = e->dead = 0;
	}
}

/* Chooses the slot for a network that has none; PATHS_NETWORKS: there is no slot. There is a free
 * slot while there are fewer than MANY honest networks. Later, a served network replaces a network
 * that was not served. */
static int choose_slot(const struct path_entry *e, bool served)
{
	for (int k = 0; k < PATHS_NETWORKS; k++)
		if (e->networks[k] == 0)
			return k;
	for (int k = 0; k < PATHS_NETWORKS; k++)
		if (served && !(e->networks[k] & PATHS_NETWORK_SERVED))
			return k;
	return PATHS_NETWORKS;
}

/* Adds an honest network. When MANY networks were served, the slots are no longer needed. */
static void add_network(struct path_entry *e, uint16_t fingerprint, bool served)
{
	int k = choose_slot(e, served);

	e->honest_n += e->honest_n < MANY;
	e->served_n += served;
	if (k < PATHS_NETWORKS)
		e->networks[k] = fingerprint | (served ? PATHS_NETWORK_SERVED : 0);
	else if (served)
		memset(e->networks, 0, sizeof e->networks);
}

static void note_honest(struct path_entry *e, uint16_t fingerprint, bool served)
{
	if (e->served_n == MANY)
		return;
	for (int k = 0; k < PATHS_NETWORKS; k++) {
		if ((e->networks[k] & FINGERPRINT) != fingerprint)
			continue;
		if (served && !(e->networks[k] & PATHS_NETWORK_SERVED)) {
			e->networks[k] |= PATHS_NETWORK_SERVED;
			e->served_n++;
		}
		return;
	}
	add_network(e, fingerprint, served);
}

void path_entry_note(struct path_entry *e, struct hash_key key, const struct address *client,
	enum paths_outcome outcome, bool honest, uint32_t second)
{
	uint64_t network = hash_network(key, client);
	bool served = outcome == PATHS_SERVED;

	if (served) {
		path_entry_clear_failures(e);
		path_entry_set_served_at(e, second);
	} else {
		note_failure(e, bits_of(key, client, network, e->hash).own,
			honest && outcome == PATHS_MISSING);
	}
	if (honest)
		note_honest(e, fingerprint_of(network, e->hash), served);
}

enum paths_kind path_entry_kind(const struct path_entry *e)
{
	if (e->honest_n == 0)
		return e->failed & (e->failed - 1) ? PATHS_SEVERAL : PATHS_SINGLE;
	if (e->honest_n == 1)
		return PATHS_HONEST_SINGLE;
	return e->honest_n < MANY ? PATHS_HONEST_FEW : PATHS_HONEST_MANY;
}

bool path_entry_is_served(const struct path_entry *e)
{
	return e->served_n >= SERVED_MIN;
}

bool path_entry_is_dead(const struct path_entry *e, uint32_t second)
{
	if (e->served_n > 0 && (int32_t)(second - e->served_at) < PATHS_DEAD_AFTER_S)
		return false;
	return looks_dead(e);
}

bool path_entry_is_bait(
	const struct path_entry *e, struct hash_key key, const struct address *client)
{
	struct bits n = bits_of(key, client, hash_network(key, client), e->hash);
	uint64_t failed = e->failed & ~e->honest & ~n.own;
	int others = __builtin_popcountll(failed & ~n.near);
	int neighbours = __builtin_popcountll(failed & n.near);

	if (e->served_n > 0 || (e->aged && e->dead))
		return false;
	return e->aged || 2 * others + 3 * neighbours >= 2 * PATHS_BAIT;
}

struct slots {
	int used, served;
	bool in_order; /* no gap, no slot without a fingerprint, no network twice */
};

static struct slots count_slots(const uint16_t networks[PATHS_NETWORKS])
{
	struct slots s = {.in_order = true};

	for (int k = 0; k < PATHS_NETWORKS; k++) {
		if (networks[k] == 0)
			continue;
		s.in_order &= s.used == k && (networks[k] & FINGERPRINT) != 0;
		for (int before = 0; before < k; before++)
			s.in_order &= ((networks[k] ^ networks[before]) & FINGERPRINT) != 0;
		s.used++;
		s.served += (networks[k] & PATHS_NETWORK_SERVED) != 0;
	}
	return s;
}

bool paths_record_is_possible(const struct paths_record *r)
{
	static const int least[PATHS_KINDS] = {0, 0, 1, 2, PATHS_NETWORKS},
			 most[PATHS_KINDS] = {0, 0, 1, 3, PATHS_NETWORKS};
	struct slots s = count_slots(r->networks);
	bool all_served = r->kind == PATHS_HONEST_MANY && s.used == 0;

	if (!s.in_order || (unsigned)r->kind >= PATHS_KINDS)
		return false;
	if (!all_served && (s.used < least[r->kind] || s.used > most[r->kind]))
		return false;
	if (r->honest & ~r->failed || __builtin_popcountll(r->failed) >= PATHS_FULL_BITS)
		return false;
	return (r->aged || !r->dead) && (all_served || s.served > 0 || r->served_at == 0);
}

struct path_entry path_entry_restored(const struct paths_record *r)
{
	struct slots s = count_slots(r->networks);
	bool many = r->kind == PATHS_HONEST_MANY;
	struct path_entry e = {.hash = r->hash,
		.failed = r->failed,
		.honest = r->honest,
		.served_at = r->served_at,
		.kind = r->kind,
		.touched = r->touched,
		.aged = r->aged,
		.dead = r->dead,
		.honest_n = many ? MANY : s.used,
		.served_n = many && s.used == 0 ? MANY : s.served};

	memcpy(e.networks, r->networks, sizeof e.networks);
	return e;
}
