/* service_file.h - parses /etc/default/anomdetect as systemd does for contrib/systemd's unit.
 *
 * Path:    options -> [service_file] -> LOG, and OPTIONS as words.   Pure: it executes nothing and
 *          expands no variable.
 * Form:    NAME=VALUE, one per line (systemd.exec(5), EnvironmentFile=); ';' or '#' begins a
 *          comment. Quotes around a value are removed. A backslash quotes the next character; at
 *          the end of a line it joins the next line. The last assignment to a name counts.
 */
#ifndef IO_CONFIG_SERVICE_FILE_H
#define IO_CONFIG_SERVICE_FILE_H

#include <stdbool.h>
#include <stddef.h>

/* The log that the unit follows if the file does not set LOG. */
#define SERVICE_FILE_LOG "/var/log/nginx/access.json"

/* Room for a misspelt name; a longer name is not reported. */
#define SERVICE_FILE_NAME_CAP 41

struct service_file {
	char *log;     /* NULL: not set */
	char *options; /* NULL: not set */
	/* The first name in the file that resembles OPTIONS, if OPTIONS is not set or is empty;
	 * else the first name that resembles LOG, if LOG is not set or is empty. No program reads a
	 * variable of this name. Empty: there is no such name. */
	char misspelt[SERVICE_FILE_NAME_CAP];
	const char *meant; /* if `misspelt` is not empty: "LOG" or "OPTIONS", which it resembles */
};

/* Whether the text has this form, and not the form of a configuration file, whose options are in
 * lower case. In this form the first line that is not a comment assigns to a name in capital
 * letters, with or without `export`. A file of comments alone has this form, too: with it, the
 * service follows the default log of the unit, without options. */
bool service_file_is(const char *text);

/* Parses in place: the values point into `text`, and overwrite it. False if the text has a line
 * that systemd reads differently than a person; then `why` has the reason in one line. There are
 * two kinds of such lines:
 *
 *     export NAME=VALUE    systemd ignores the line
 *     # comment \          systemd before version 254 treats the next line as part of the comment
 */
bool service_file_parse(char *text, struct service_file *out, char *why, size_t why_cap);

/* Splits OPTIONS as the unit's shell splits $OPTIONS: only at blanks, because the shell does not
 * interpret quotes within a value. The words point into `options`. At most `max` words are written;
 * the return value is larger if there are more. A pattern such as * does not change, as in a shell
 * if no file matches. */
size_t service_file_words(char *options, char **words, size_t max);

#endif
