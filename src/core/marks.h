/* marks.h - where the quotes of a JSON text stand, 64 bytes a step.
 *
 * Path:    line -> scan -> [marks].
 * Idea:    a text is searched for quotes and backslashes once, by vectors, into one bit a byte; who
 *          reads it then goes from quote to quote and never looks at what strings hold. After
 *          G. Langdale, D. Lemire, "Parsing Gigabytes of JSON per Second", VLDB Journal 2019,
 *          stage 1; there, strings are found without branches, here escapes are rare and are walked.
 * Chosen:  when compiled: SSE2 on x86-64, NEON on arm64, else eight bytes of a word at a time.
 */
#ifndef CORE_MARKS_H
#define CORE_MARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MARKS_STEP 64

/* Words for a text of so many bytes. */
#define MARKS_WORDS(len) (((len) + MARKS_STEP - 1) / MARKS_STEP)

/* Bit i of quotes[w] is set when byte 64 w + i is a quote that no backslash escapes; bits past `len`
 * are 0. *escapes: there is a backslash. False when one begins no escape that JSON has, or the
 * escape of a surrogate. */
bool marks_quotes(const char *text, size_t len, uint64_t *quotes, bool *escapes);

/* The same without vectors: for machines that have none, and for the test that compares. */
bool marks_quotes_plain(const char *text, size_t len, uint64_t *quotes, bool *escapes);

#endif
