/* hash.c - see hash.h. This file hashes any number of bytes. The header hashes addresses, inline
 * for speed. */
#include "core/base/hash.h"

#include <endian.h>

static inline uint64_t load_word(const char *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof word);
	return le64toh(word);
}

/* Returns the last len % 8 bytes of a text of at least 8 bytes. Loads the last 8 bytes of the text
 * and shifts out the bytes that have already been hashed. A memcpy of a variable length would be a
 * function call. */
static inline uint64_t load_tail(const char *end, size_t len)
{
	return len % 8 ? load_word(end - 8) >> (64 - 8 * (len % 8)) : 0;
}

uint64_t hash_bytes(struct hash_key key, const void *bytes, size_t len)
{
	const char *at = bytes, *end = at + len;
	struct hash_state s = hash_begin(key);
	uint64_t tail = 0;

	if (len >= 8)
		tail = load_tail(end, len);
	for (size_t i = 0; len < 8 && i < len; i++)
		tail |= (uint64_t)(uint8_t)at[i] << 8 * i;
	for (; end - at >= 8; at += 8)
		s = hash_take(s, load_word(at));
	return hash_end(s, tail | (uint64_t)len << 56);
}

/* The two halves are hashes of the bytes under two different public keys. */
struct hash_key hash_key_from(const void *bytes, size_t len)
{
	const struct hash_key known[] = {{{0, 0}}, {{1, 0}}};

	return (struct hash_key){
		{hash_bytes(known[0], bytes, len), hash_bytes(known[1], bytes, len)}};
}
