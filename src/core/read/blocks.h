/* blocks.h - the ends of strings, objects and arrays in JSON text, found 64 bytes at a time.
 *
 * Path:    line, combined, scan_values, condense [blocks]. Pure.
 * Method:  a bit for each of 64 bytes says whether it is a quote, a backslash or a bracket. Which
 *          of them are escaped, and which lie inside strings, is arithmetic on these bits (G.
 *          Langdale and D. Lemire, "Parsing Gigabytes of JSON per Second", 2019). So the time
 *          depends on the length alone: no bytes that a visitor chooses make it longer by more than
 *          a factor.
 * Promise: brackets are counted, not compared, and nothing between them is checked: what the text
 *          holds is for others to read. No byte at or behind `end` is read.
 */
#ifndef CORE_READ_BLOCKS_H
#define CORE_READ_BLOCKS_H

/* The quote that ends the string whose text begins at s; NULL: there is none before `end`. */
const char *blocks_string_end(const char *s, const char *end);

/* Behind the bracket at or behind s at which none is open any more; NULL: there is none before
 * `end`. `open` brackets are open before s. */
const char *blocks_nested_end(const char *s, const char *end, unsigned open);

#endif
