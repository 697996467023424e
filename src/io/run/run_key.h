/* run_key.h - the key of a run's hash tables. It is secret, so that nobody can choose addresses
 * that collide. In a replay, the same input and the same memory file give the same key, so that the
 * output is the same.
 *
 * live                         random, for each run
 * a replay with a memory file  the key in the file; random when the run makes the file (saver.h)
 * any other replay             from the input's first RUN_KEY_BYTES, or from all of a shorter input
 *
 * Why the first bytes: nobody who writes lines into a log can know all of them. An attacker would
 * have to write all these lines, and predict each time and each number in them. The number of bytes
 * is fixed, so that the key does not depend on how a pipe splits the input. The disadvantage is
 * that a replay without a memory file begins only when these bytes have arrived, or the input has
 * ended.
 */
#ifndef IO_RUN_RUN_KEY_H
#define IO_RUN_RUN_KEY_H

#include <stdbool.h>

#include "core/engine/engine.h"
#include "io/host/line_reader.h"
#include "io/run/statedir.h"

#define RUN_KEY_BYTES 4096

struct run_key {
	bool waits; /* the key waits for the input's first bytes */
};

/* Makes the key for the start of the run. *out is all zeros while the key waits. False with
 * errno. */
bool run_key_make(struct run_key *k, bool replay, const struct statedir *dir, struct hash_key *out);

/* Sets the engine's key from the input's first bytes, when enough bytes have been read. `ended`: no
 * more bytes will come. Call it after each read, before the first line is parsed. False: the key
 * still waits, and no line may be parsed. */
bool run_key_take(
	struct run_key *k, const struct line_reader *lines, bool ended, struct engine *engine);

#endif
