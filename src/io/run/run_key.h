/* run_key.h - the key of a run's hash tables. It is secret, so that nobody can choose addresses
 * that collide. In a replay it is a key that gives the same output again.
 *
 * live                         random, for each run
 * a replay with a memory file  the file's; random when the run makes the file (io/run/saver.h)
 * a replay without one         made of the input's first RUN_KEY_BYTES, or of a shorter input whole
 *
 * Why the first bytes: nobody who writes lines into a log can know all of them. Such an attacker
 * would have to write these lines alone, and to foresee each time and each number in them. The
 * number of bytes is fixed, so that the key does not depend on the pieces in which a pipe delivers
 * them. The price: a replay without files begins only when these bytes have arrived, or the input
 * has ended.
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

/* Makes the key that the run begins with. *out is all zeros while the key waits. False with
 * errno. */
bool run_key_make(struct run_key *k, bool replay, const struct statedir *dir, struct hash_key *out);

/* Gives the engine the key that it waits for, once enough bytes have been read. `ended`: no more
 * bytes will come. Call it after each read, before the first line is parsed. False: the key still
 * waits, and no line may be parsed. */
bool run_key_take(
	struct run_key *k, const struct line_reader *lines, bool ended, struct engine *engine);

#endif
