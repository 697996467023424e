/* engine_port.h - connects the engine to the firewall: passes calls on to enforce, and reports
 * refusals.
 *
 * Path:    engine -> [engine_port] -> enforce; refusals -> report, and a message on standard error.
 */
#ifndef IO_RUN_ENGINE_PORT_H
#define IO_RUN_ENGINE_PORT_H

#include "core/engine/engine.h"
#include "io/host/log.h"
#include "io/run/enforce.h"
#include "io/run/report.h"

/* The caller owns the objects that the members point to. */
struct engine_port {
	struct enforce *enforce;
	struct report *report;
	const struct instant *wall; /* wall clock, read once per batch of lines */
	struct log_repeat repeat;
};

/* Returns the calls for the engine's config. They use *p, which the caller fills before the first
 * line. */
struct engine_firewall engine_port_firewall(struct engine_port *p);

/* Reports that the firewall refused: prints the event and the message, each at most once per
 * minute. The engine counts every refusal. */
void engine_port_report_refusal(struct engine_port *p, const char *reason, struct instant time);

#endif
