/* reload.h - at SIGHUP, reads the options of a run again, with the file of --config and the files
 * that --allow and --trust-proxy name.
 *
 * Path:    the command line and its file -> [reload] -> engine, exemptions, report, log.
 * Whole:   if there is any mistake, or memory is short, all settings stay unchanged. The options
 *          are checked as by --check-config before they are used.
 * Restart: a warning names each changed option that cannot change at run time.
 */
#ifndef IO_RUN_RELOAD_H
#define IO_RUN_RELOAD_H

struct app;

/* Logs the result. */
void reload_options(struct app *a);

/* Call it once, when the run has dropped its privileges. Warns if the run could not read the file
 * of its options again. */
void reload_foresee(const struct app *a);

/* Replaces the list of clients that are never banned. If `allow` is NULL, nothing changes. */
struct allow;
void reload_use_allow(struct app *a, struct allow *allow);

#endif
