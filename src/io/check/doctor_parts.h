/* doctor_parts.h - shared by the files of io/check/doctor.h only:
 *
 * doctor.c         rights, sets, state, clock, allowed addresses
 * doctor_rule.c    the firewall rules
 * doctor_packet.c  a packet that is dropped
 * doctor_confine.c the confinement of a run
 * doctor_input.c   the lines on standard input, or of a service's log (doctor_lines.h judges them)
 * doctor_saved_rules.c  firewall rules that are loaded at boot
 * doctor_report.c  the line of each step
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

/* Prints a step's line; returns ok. */
bool doctor_report(bool ok, const char *link, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Prints a fact that a person should judge; or why a step was not tested. Neither is a failure. */
void doctor_warn(const char *link, const char *format, ...) __attribute__((format(printf, 2, 3)));
void doctor_skip(const char *link, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Without sets no rule names them, so the step is skipped. */
bool doctor_check_rules(const struct firewall_config *config, bool no_sets);

/* Runs in a network namespace of its own; skipped where none can be made. */
bool doctor_check_packet(const struct firewall_config *config);

/* Whether a run is confined and can still replace its state (state_ok: it can if unconfined). A
 * kernel without landlock is a warning. */
bool doctor_check_confinement(const struct statedir *dir, bool state_ok);

/* The log that a service follows, or standard input. It is opened before the user changes: the
 * service's tail has a group that the user may not have. A child of root tries to open the log as
 * that tail does: as the user, with the groups of the user and of the unit. */
struct doctor_log {
	const char *path; /* NULL: standard input */
	const char *user; /* --user, or NULL */
	int fd;           /* positioned at the last lines */
	int error;        /* errno; 0: it is open */
	int user_status; /* result of the child, for doctor_input.c; 0: the user may read the log */
};
void doctor_open_log(struct doctor_log *log, const char *path, const char *user);

/* Reads at most DOCTOR_LINES_MAX lines, for at most DOCTOR_WAIT_MS. */
#define DOCTOR_LINES_MAX 1000
#define DOCTOR_WAIT_MS   2000
bool doctor_check_input(const struct doctor_log *log, const struct input_options *o,
	const struct options_list *trust_proxy);

/* Checks files of firewall rules that the host loads at boot: rules in them may name our sets,
 * which do not exist then. */
void doctor_check_saved_rules(const struct firewall_config *config);

#endif
