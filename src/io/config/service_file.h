/* service_file.h - /etc/default/anomdetect, as systemd reads it for contrib/systemd's unit.
 *
 * Path:    options -> [service_file] -> LOG, and OPTIONS as words.   Pure: nothing is executed, and
 *          no variable is expanded.
 * Form:    NAME=VALUE, one a line (systemd.exec(5), EnvironmentFile=); ';' or '#' begins a comment.
 *          A value in quotes loses them; a backslash quotes the next character, and at the end of a
 *          line it joins the next line. The last assignment to a name counts.
 */
#ifndef IO_CONFIG_SERVICE_FILE_H
#define IO_CONFIG_SERVICE_FILE_H

#include <stdbool.h>
#include <stddef.h>

/* What the unit sets when the file does not. */
#define SERVICE_FILE_LOG "/var/log/nginx/access.json"

/* How much of a name is kept. */
#define SERVICE_FILE_NAME_CAP 41

struct service_file {
	char *log;     /* NULL: not set */
	char *options; /* NULL: not set */
	/* The first name that is nearly LOG or OPTIONS, while that one is not set or empty: a
	 * variable that nobody reads. Empty: there is none. */
	char misspelt[SERVICE_FILE_NAME_CAP];
	const char *meant;
};

/* Whether the text is of this form and not of a configuration file, whose options are in lower
 * case: its first line that is no comment assigns to a name in capital letters, behind `export` or
 * not. Comments alone are of this form: the service then has the unit's log and no options. */
bool service_file_is(const char *text);

/* Works in place: the values point into `text`, and replace it. False when systemd does not read
 * what a person does, and `why` says so in one line:
 *
 *     export NAME=VALUE    systemd ignores the line
 *     # comment \          before version 254 systemd takes the next line as more of the comment
 */
bool service_file_parse(char *text, struct service_file *out, char *why, size_t why_cap);

/* Splits OPTIONS as the unit's shell does with $OPTIONS: at blanks alone, since quotes within a
 * value are no quotes there. The words point into `options`. At most `max`; the return value is
 * larger when there are more. A pattern such as * is left as it is, as in a shell that no file
 * matches. */
size_t service_file_words(char *options, char **words, size_t max);

#endif
