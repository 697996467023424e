/* file_access.h - explains why a file could not be read, and what the user can do.
 *
 * Path:    errno of statefile_read, or of statefile_open_own -> [file_access] -> messages.
 * Method:  the file and the directories above it are examined again. Names of users and groups come
 *          only from /etc/passwd and /etc/group; an account that is not there is shown by its
 *          number.
 * Output:  the reason, as statefile_refusal returns it; then "; " and what to do, if that is known.
 */
#ifndef IO_HOST_FILE_ACCESS_H
#define IO_HOST_FILE_ACCESS_H

#include <stdbool.h>

/* Room for the names of a user and of a group, and for a long path. */
#define FILE_ACCESS_CAP 512

struct file_access {
	char s[FILE_ACCESS_CAP];
};

/* `own`: the file is a state or memory file, so no other user may have the right to write to it. */
struct file_access file_access_of(const char *path, int error, bool own);

#endif
