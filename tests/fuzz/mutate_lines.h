/* mutate_lines.h - a mutator for targets that read lines of words. It removes, doubles or moves a
 * line, or replaces a word, so most mutated texts are still lines of the same kind. One time in
 * four it changes bytes instead, as libFuzzer does without this mutator. The target supplies the
 * words:
 *
 *     static const char *mutate_word(void);
 */
#ifndef FUZZ_MUTATE_LINES_H
#define FUZZ_MUTATE_LINES_H

#include "mutate.h"

static const char *mutate_word(void);

/* A text that is changed in place. */
struct mutate_text {
	char *s;
	size_t len, cap;
};

/* Replaces `n` bytes at `at`. Does nothing if the result does not fit. */
static void mutate_put(
	struct mutate_text *t, size_t at, size_t n, const char *with, size_t with_len)
{
	if (t->len - n + with_len > t->cap)
		return;
	memmove(t->s + at + with_len, t->s + at + n, t->len - at - n);
	memcpy(t->s + at, with, with_len);
	t->len += with_len - n;
}

/* The number of bytes from `at` to the first byte of `ends`, or to the end of the text. */
static size_t mutate_span(const struct mutate_text *t, size_t at, const char *ends)
{
	size_t n = 0;

	while (at + n < t->len && !strchr(ends, t->s[at + n]))
		n++;
	return n;
}

static void mutate_line(struct mutate_text *t)
{
	size_t at = t->len ? mutate_below(t->len) : 0, n, other;
	char line[1024];

	while (at > 0 && t->s[at - 1] != '\n')
		at--;
	n = mutate_span(t, at, "\n");
	n += at + n < t->len;
	if (n > sizeof line)
		return;
	memcpy(line, t->s + at, n);
	switch (mutate_below(4)) {
	case 0:
		mutate_put(t, at, n, "", 0);
		break;
	case 1:
		mutate_put(t, at, 0, line, n);
		break;
	case 2:
		mutate_put(t, at, n, "", 0);
		mutate_put(t, 0, 0, line, n);
		break;
	default: /* a copy after another line */
		other = t->len ? mutate_below(t->len) : 0;
		other += mutate_span(t, other, "\n");
		other += other < t->len;
		mutate_put(t, other, 0, line, n);
	}
}

/* Replaces or removes a word, or inserts another word or line before it. */
static void mutate_one_word(struct mutate_text *t)
{
	size_t at = t->len ? mutate_below(t->len) : 0, n;
	const char *word = mutate_word();

	while (at > 0 && !strchr(" \n", t->s[at - 1]))
		at--;
	n = mutate_span(t, at, " \n");
	switch (mutate_below(6)) {
	case 0:
		mutate_put(t, at, 0, "\n", 1);
		mutate_put(t, at, 0, word, strlen(word));
		break;
	case 1:
		mutate_put(t, at, 0, " ", 1);
		mutate_put(t, at, 0, word, strlen(word));
		break;
	case 2:
		mutate_put(t, at, n, "", 0);
		break;
	default:
		mutate_put(t, at, n, word, strlen(word));
	}
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	struct mutate_text t = {(char *)data, size, max};

	mutate_begin(seed);
	if (mutate_below(4) == 0)
		return LLVMFuzzerMutate(data, size, max);
	for (size_t changes = 1 + mutate_below(4); changes; changes--) {
		if (mutate_below(3))
			mutate_one_word(&t);
		else
			mutate_line(&t);
	}
	return t.len;
}

#endif
