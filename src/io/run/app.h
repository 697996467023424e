/* app.h - all that a run has, opened in the order in which it must be, and closed.
 *
 * Path:    options -> [app] -> the loop in src/anomdetect.c.
 * Order:   what is wrong in the options, then the processes that keep a right, which would share
 *          the lock; then the lock, then large memory, then the firewall; what is given up last. A
 *          start that fails leaves no set and no rule behind that was not there before.
 */
#ifndef IO_RUN_APP_H
#define IO_RUN_APP_H

#include <stdbool.h>

#include "core/engine/engine.h"
#include "io/config/input.h"
#include "io/config/options.h"
#include "io/config/settings.h"
#include "io/host/line_reader.h"
#include "io/host/log.h"
#include "io/host/out.h"
#include "io/run/enforce.h"
#include "io/run/engine_port.h"
#include "io/run/exemptions.h"
#include "io/run/report.h"
#include "io/run/run_key.h"
#include "io/run/saver.h"
#include "io/run/statedir.h"

/* As in anomdetect(8), EXIT STATUS. */
enum exit_code { EXIT_OK = 0, EXIT_RUNTIME = 1, EXIT_USAGE = 2, EXIT_NO_BAN = 3 };

struct app {
	struct options options;
	struct options reread; /* those of the last SIGHUP; `options` points into its texts */
	int argc;              /* of main, for a SIGHUP */
	char **argv;
	struct input input;
	struct exemptions exempt;
	struct engine *engine;
	struct settings_chain chain;
	struct firewall_config bans_in; /* refers to both */
	struct firewall *firewall;
	struct rule_keeper *keeper;
	struct enforce enforce;
	struct engine_port port;
	struct line_reader *lines;
	struct out *out;
	struct report report;
	struct statedir dir;
	struct run_key key;
	struct saver *saver;
	int signal_fd;
	struct instant wall;    /* the batch's */
	struct instant started; /* wall clock */
	bool took_over;         /* from rules of an earlier run, which are gone now */
	bool stop;
	bool in_failed;
	int64_t checked;  /* second of the last check of the bans */
	uint64_t lasting; /* engine_lasting, as of the last look */
	struct log_repeat save_repeat, taken_repeat;
};

/* Opens all for `options`, which are parsed. On failure the reason is logged, and what was opened
 * is for app_close. */
enum exit_code app_open(struct app *a);

/* Logs that the directory of the state was made, at the start or when it was removed, once. */
void app_report_made(struct app *a);

/* Closes what is open. */
void app_close(struct app *a);

/* Logs why a run must not begin. By errno: what was asked for is wrong, or this host is short of
 * something at the moment. */
enum exit_code app_refuse(const char *why);

#endif
