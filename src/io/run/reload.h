/* reload.h - SIGHUP: reads the options of a run again, with their file, and all lists.
 *
 * Path:    the command line and its file -> [reload] -> engine, exemptions, report, log.
 * Whole:   a mistake anywhere, or memory that fails, leaves every setting as it was. What is read
 *          is checked as --check-config does it, and used afterwards.
 * Restart: an option that is another one and cannot change at run time is named in a warning.
 */
#ifndef IO_RUN_RELOAD_H
#define IO_RUN_RELOAD_H

struct app;

/* Reports what came of it. */
void reload_options(struct app *a);

/* Once, when a run has given up its rights: warns when the file of its options cannot be read
 * again. */
void reload_foresee(const struct app *a);

/* Takes another list of who is never banned; nothing for NULL. */
struct allow;
void reload_use_allow(struct app *a, struct allow *allow);

#endif
