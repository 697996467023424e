/* top_k.h - keeps, of many entries, the k entries with the highest counts, highest first.
 *
 * Method:  insertion into a sorted array: k is small, and most entries fail the first comparison.
 * Ties:    entries with equal counts stay in the order of insertion. If k entries are stored, a new
 *          entry is only inserted if its count is higher than the lowest stored count.
 */
#ifndef CORE_BASE_TOP_K_H
#define CORE_BASE_TOP_K_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Returns the count by which entries are sorted. */
typedef uint64_t top_k_count(const void *entry);

struct top_k {
	void *entries; /* owned by the caller; has room for k entries */
	size_t entry_size;
	top_k_count *count;
	size_t k; /* may be 0 */
	size_t n; /* entries so far; 0 at the start */
};

static inline char *top_k_entry(const struct top_k *t, size_t i)
{
	return (char *)t->entries + i * t->entry_size;
}

/* Whether an entry with this count would be inserted now. */
static inline bool top_k_accepts(const struct top_k *t, uint64_t count)
{
	return t->n < t->k || (t->k > 0 && count > t->count(top_k_entry(t, t->k - 1)));
}

/* Copies the entry to its place if its count is among the k highest. */
static inline void top_k_insert(struct top_k *t, const void *entry)
{
	uint64_t count = t->count(entry);

	if (!top_k_accepts(t, count))
		return;
	size_t i = t->n < t->k ? t->n++ : t->n - 1;
	for (; i > 0 && t->count(top_k_entry(t, i - 1)) < count; i--)
		memcpy(top_k_entry(t, i), top_k_entry(t, i - 1), t->entry_size);
	memcpy(top_k_entry(t, i), entry, t->entry_size);
}

#endif
