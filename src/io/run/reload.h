/* reload.h - SIGHUP: reads the options of a run again, with their file, and all lists.
 *
 * Path:    the command line and its file -> [reload] -> engine, exemptions, report, log.
 * Whole:   on a mistake anywhere, or if memory is short, every setting stays as it was. The options
 *          are checked as by --check-config, and used afterwards.
 * Restart: a warning names each changed option that cannot change at run time.
 */
#ifndef IO_RUN_RELOAD_H
#define IO_RUN_RELOAD_H

struct app;

/* Logs the result. */
void reload_options(struct app *a);

/* Call it once, when a run has given up its rights: warns when the file of its options cannot be
 * read again. */
void reload_foresee(const struct app *a);

/* Uses another list of clients that are never banned; NULL changes nothing. */
struct allow;
void reload_use_allow(struct app *a, struct allow *allow);

#endif
