/* instead.h - the actions of anomdetect that replace a run: --doctor, --explain, --check-config and
 * --make-sets. */
#ifndef IO_CHECK_INSTEAD_H
#define IO_CHECK_INSTEAD_H

#include <stdbool.h>

#include "io/config/option_groups.h"

/* False: the options request a run. True: the action is done, and *code is the exit code (see
 * anomdetect(8)). */
bool instead_of_run(const struct options *o, int *code);

#endif
