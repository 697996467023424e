/* blocks.h - the ends of strings, objects and arrays in JSON text, found 64 bytes at a time.
 *
 * Path:    the modules line.h, combined.h, scan_values.h and condense.h call [blocks]. Pure.
 * Method:  for each block of 64 bytes, bits mark the quotes, backslashes and brackets. Arithmetic
 *          on these bits finds all bytes that are escaped or inside strings (G. Langdale and D.
 *          Lemire, "Parsing Gigabytes of JSON per Second", 2019). So the time depends almost only
 *          on the length of the text. Bytes that a client chooses change the time by a constant
 *          factor at most.
 * Promise: brackets are counted, but not matched with each other, and the text between them is not
 *          checked. Later stages parse that text. No byte at `end` or after it is read.
 */
#ifndef CORE_READ_BLOCKS_H
#define CORE_READ_BLOCKS_H

/* The quote that ends the string whose text begins at s; NULL if there is none before `end`. */
const char *blocks_string_end(const char *s, const char *end);

/* The place after the bracket that closes the outermost open bracket. `open` is the number of
 * brackets that are open before s. NULL if the closing bracket is not before `end`. */
const char *blocks_nested_end(const char *s, const char *end, unsigned open);

#endif
