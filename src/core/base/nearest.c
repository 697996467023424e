/* nearest.c - see nearest.h. Only three rows of the table of distances are stored: the current row,
 * the previous row, and the row before that, which a swap needs. */
#include "core/base/nearest.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>

/* Minimum length of an abbreviation, because many words begin with the same two letters. */
#define PREFIX_MIN 3

static char lower_case(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool same_letters(const char *a, const char *b, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (lower_case(a[i]) != lower_case(b[i]))
			return false;
	return true;
}

static unsigned least_of(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static unsigned measure_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned rows[3][NEAREST_LEN_MAX + 1];

	for (size_t j = 0; j <= b_len; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= a_len; i++) {
		unsigned *row = rows[i % 3];
		const unsigned *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
		row[0] = (unsigned)i;
		for (size_t j = 1; j <= b_len; j++) {
			bool same = same_letters(a + i - 1, b + j - 1, 1);
			row[j] = least_of(above[j - 1] + !same, least_of(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && same_letters(a + i - 1, b + j - 2, 1) &&
				same_letters(a + i - 2, b + j - 1, 1))
				row[j] = least_of(row[j], two_above[j - 2] + 1);
		}
	}
	return rows[a_len % 3][b_len];
}

void nearest_init(struct nearest *n, const char *text, size_t len)
{
	*n = (struct nearest){.text = text, .len = len, .distance = UINT_MAX};
}

void nearest_try(struct nearest *n, const char *word, size_t len)
{
	size_t longer = n->len > len ? n->len : len;
	unsigned distance;

	if (n->len == 0 || len == 0 || longer > NEAREST_LEN_MAX)
		return;
	distance = measure_distance(n->text, n->len, word, len);
	if (3 * distance > longer + 1) {
		if (n->len < PREFIX_MIN || n->len > len || !same_letters(n->text, word, n->len))
			return;
		/* an abbreviation ranks after all words that are near by edit distance */
		distance = NEAREST_LEN_MAX;
	}
	if (distance >= n->distance)
		return;
	n->distance = distance;
	memcpy(n->best, word, len);
	n->best[len] = '\0';
}

const char *nearest_found(const struct nearest *n)
{
	return n->best[0] ? n->best : NULL;
}
