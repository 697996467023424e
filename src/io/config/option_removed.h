/* option_removed.h - options that 1.0.0 removed, and what their users do now.
 *
 * Path:    a name that options refuse -> [option_removed] -> the message.
 * A configuration of an earlier version names them. "Unknown option" would leave its reader with
 * the question whether the value still holds.
 */
#ifndef IO_CONFIG_OPTION_REMOVED_H
#define IO_CONFIG_OPTION_REMOVED_H

#define OPTION_REMOVED_CAP 160

struct option_removed {
	char s[OPTION_REMOVED_CAP];
};

/* The message on a removed option of anomdetect, which is given with or without dashes, and with or
 * without "=VALUE": "--burst was removed in 1.0.0; its value is 2 now: delete it". `advice` is its
 * end, such as "delete it". Empty: no such option was removed. */
struct option_removed option_removed(const char *given, const char *advice);

#endif
