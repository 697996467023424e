/* instead.h - what anomdetect can be asked for in the place of a run: --doctor, --explain,
 * --check-config and --make-sets. */
#ifndef IO_CHECK_INSTEAD_H
#define IO_CHECK_INSTEAD_H

#include <stdbool.h>

#include "io/config/option_groups.h"

/* False: nothing was asked for but a run. True: it is done, and *code is the exit code, as in
 * anomdetect(8). */
bool instead_of_run(const struct options *o, int *code);

#endif
