/* nearest.h - finds the word that the user probably meant, among many words.
 *
 * Path:    a wrong word -> [nearest] -> messages.   Pure.
 * Method:  edit distance: a step inserts, deletes or replaces a letter, or swaps two adjacent
 *          letters. Small and capital letters count as equal. A candidate is near if its distance
 *          is at most (n + 1) / 3, where n is the length of the longer of the two words. A
 *          candidate that begins with the wrong word is also near.
 * Cost:    at most NEAREST_LEN_MAX * NEAREST_LEN_MAX steps per word.
 */
#ifndef CORE_BASE_NEAREST_H
#define CORE_BASE_NEAREST_H

#include <stddef.h>

/* Maximum length of a word that can be near: option names and format names are shorter. */
#define NEAREST_LEN_MAX 40

struct nearest {
	const char *text; /* the wrong word; owned by the caller */
	size_t len;
	unsigned distance; /* edit distance of `best` */
	char best[NEAREST_LEN_MAX + 1];
};

void nearest_init(struct nearest *n, const char *text, size_t len);
/* Compares one candidate. Of several equally near candidates, the first is kept. */
void nearest_try(struct nearest *n, const char *word, size_t len);
/* The nearest word; NULL if none is near. */
const char *nearest_found(const struct nearest *n);

#endif
