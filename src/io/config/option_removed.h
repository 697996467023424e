/* option_removed.h - options that 1.0.0 removed, and advice for their users.
 *
 * Path:    a name that options refuse -> [option_removed] -> the message.
 * A configuration of an earlier version may name these options. The message "unknown option" would
 * not explain whether the values of these options still apply.
 */
#ifndef IO_CONFIG_OPTION_REMOVED_H
#define IO_CONFIG_OPTION_REMOVED_H

#include <stdbool.h>

#define OPTION_REMOVED_CAP 160

struct option_removed {
	char s[OPTION_REMOVED_CAP];
};

/* Writes the message for a removed option of anomdetect, given with or without dashes and "=VALUE":
 * "--burst was removed in 1.0.0; its value is 2 now: delete it". 0.1.0 also accepted the beginning
 * of a name. So three or more letters are enough if no option begins with them now. `advice` is the
 * end of the message, such as "delete it". Empty: no option of this name was removed. */
struct option_removed option_removed(const char *given, const char *advice);

/* True if `given` is the whole name of a removed option, with or without dashes and "=VALUE". */
bool option_removed_has(const char *given);

#endif
