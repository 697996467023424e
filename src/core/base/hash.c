/* hash.c - see hash.h. What is hashed seldom; addresses are hashed in the header, for speed. */
#include "core/base/hash.h"

#include <endian.h>

uint64_t hash_bytes(struct hash_key key, const void *bytes, size_t len)
{
	const char *at = bytes;
	struct hash_state s = hash_begin(key);
	size_t left = len;
	uint64_t word;

	for (; left >= sizeof word; at += sizeof word, left -= sizeof word) {
		memcpy(&word, at, sizeof word);
		s = hash_take(s, le64toh(word));
	}
	word = 0;
	if (left)
		memcpy(&word, at, left);
	return hash_end(s, le64toh(word) | (uint64_t)len << 56);
}

/* Two hashes under two keys that are known and differ. */
struct hash_key hash_key_from(const void *bytes, size_t len)
{
	const struct hash_key known[] = {{{0, 0}}, {{1, 0}}};

	return (struct hash_key){
		{hash_bytes(known[0], bytes, len), hash_bytes(known[1], bytes, len)}};
}
