/* test_blocks_plain.c - test_blocks_model.c once more, with blocks.c as it is built where there is
 * no SSE2.
 *
 * It is compiled in here, so that the one of libcore.a stays out.
 */
#undef __SSE2__

#include "core/read/blocks.c"

#include "test_blocks_model.c"
