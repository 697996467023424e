/* app.h - opens all parts of a run of anomdetect in the necessary order, and closes them.
 *
 * Path:    options -> [app] -> the loop in src/anomdetect.c.
 * Order:   first the options are checked. Then the helper processes are forked, which keep some
 *          privileges. Next, the run locks the state; helper processes that were forked later would
 *          share this lock. Then it allocates the large memory and opens the firewall. It drops
 *          privileges last. A failed start leaves no set and no firewall rule that did not exist
 *          before.
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
	struct options reread; /* options of the last SIGHUP; `options` points into their texts */
	int argc;              /* main's argc, needed at a SIGHUP */
	char **argv;
	struct input input;
	struct exemptions exempt;
	struct engine *engine;
	struct settings_chain chain;
	struct firewall_config bans_in; /* points into options and chain */
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
	struct instant wall;    /* wall clock, read once per batch of lines */
	struct instant started; /* wall clock */
	bool took_over;         /* firewall rules of an earlier run were found and removed */
	bool stop;
	bool in_failed;
	int64_t checked;  /* second in which the bans were last checked */
	uint64_t lasting; /* engine_lasting at the last check */
	struct log_repeat save_repeat, taken_repeat;
};

/* Opens everything for `options`, which must be parsed already. On failure the reason is logged,
 * and app_close closes the parts that were opened. */
enum exit_code app_open(struct app *a);

/* Logs once that the state's directory was made, either at the start or after somebody had removed
 * it. */
void app_report_made(struct app *a);

/* Closes everything that is open. */
void app_close(struct app *a);

/* Logs why a run must not begin. The exit code depends on errno: either the options are wrong, or
 * this host lacks a resource at the moment. */
enum exit_code app_refuse(const char *why);

#endif
