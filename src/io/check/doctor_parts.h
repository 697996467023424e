/* doctor_parts.h - functions that only the files of --doctor share.
 *
 * doctor.c         rights, sets, state, clock, allowed addresses
 * doctor_rule.c    the firewall rules
 * doctor_packet.c  a test packet, which must be dropped
 * doctor_confine.c the confinement of a run
 * doctor_input.c   the lines on standard input, or of a service's log (doctor_lines.h judges them)
 * doctor_saved_rules.c  firewall rules that are loaded at boot
 * doctor_report.c  prints the line of each step
 */
#ifndef IO_CHECK_DOCTOR_PARTS_H
#define IO_CHECK_DOCTOR_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "io/config/option_groups.h"
#include "io/firewall/firewall.h"
#include "io/run/statedir.h"

/* Room for a step's line; a longer text is cut. */
#define DOCTOR_TEXT_CAP 1024

/* Prints the line of a step, and returns `ok`. `link`: the name of the step. */
bool doctor_report(bool ok, const char *link, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* doctor_warn prints a fact that a person should judge. doctor_skip prints why a step was not
 * tested. Neither is a failure. */
void doctor_warn(const char *link, const char *format, ...) __attribute__((format(printf, 2, 3)));
void doctor_skip(const char *link, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* `no_sets`: the sets do not exist, so no firewall rule refers to them, and the step is skipped. */
bool doctor_check_rules(const struct firewall_config *config, bool no_sets);

/* Tests in a new network namespace. Skips the step if no namespace can be made. */
bool doctor_check_packet(const struct firewall_config *config);

/* True if a run is confined and can still replace its state. `state_ok`: it can replace the state
 * when it is not confined. A kernel without landlock causes a warning. */
bool doctor_check_confinement(const struct statedir *dir, bool state_ok);

/* The log that a service follows with tail(1), or standard input. The log is opened before the
 * process changes to the user of --user, because this user may lack a group that the service gives
 * to tail. If the process is root, a child also tries to open the log as tail does. The child
 * becomes that user, and has the groups of the user and of the systemd unit. */
struct doctor_log {
	const char *path; /* NULL: standard input */
	const char *user; /* --user, or NULL */
	int fd;           /* positioned at the last lines */
	int error;        /* errno; 0: the log is open */
	/* the child's exit code, for doctor_input.c; 0: the user may read the log */
	int user_status;
};
void doctor_open_log(struct doctor_log *log, const char *path, const char *user);

/* Reads at most DOCTOR_LINES_MAX lines, for at most DOCTOR_WAIT_MS. */
#define DOCTOR_LINES_MAX 1000
#define DOCTOR_WAIT_MS   2000
bool doctor_check_input(const struct doctor_log *log, const struct input_options *o,
	const struct options_list *trust_proxy);

/* Checks the files of firewall rules that the host loads at boot. Rules in them may refer to the
 * detector's sets, which do not exist at that time. */
void doctor_check_saved_rules(const struct firewall_config *config);

#endif
