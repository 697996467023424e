/* nearest.h - of many words, the word that was probably meant.
 *
 * Path:    a word that is wrong -> [nearest] -> messages.   Pure.
 * Method:  edit distance: a letter is inserted, deleted or replaced, or two neighbours are swapped.
 *          Small and capital letters count as equal. A word is near if a third of the longer word
 *          differs at most, or if the wrong word is its beginning.
 * Cost:    at most NEAREST_LEN_MAX squared steps for a word.
 */
#ifndef CORE_BASE_NEAREST_H
#define CORE_BASE_NEAREST_H

#include <stddef.h>

/* Nothing is near to a longer word: options and names of formats are shorter. */
#define NEAREST_LEN_MAX 40

struct nearest {
	const char *text; /* the wrong word; the caller's */
	size_t len;
	unsigned distance; /* of `best` */
	char best[NEAREST_LEN_MAX + 1];
};

void nearest_init(struct nearest *n, const char *text, size_t len);
/* One of the words. The first of several that are equally near is kept. */
void nearest_try(struct nearest *n, const char *word, size_t len);
/* NULL: none is near. */
const char *nearest_found(const struct nearest *n);

#endif
