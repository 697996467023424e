/* test_blocks_plain.c - test_blocks_model.c again, with blocks.c as it is built without SSE2.
 *
 * blocks.c is compiled into this program and replaces the copy in libcore.a.
 */
#undef __SSE2__

#include "core/read/blocks.c"

#include "test_blocks_model.c"
